"""Sweep modules: finding them, their vectors, and the traced configurations they load."""

from __future__ import annotations

from farm.sweeps.loader import MasterConfigLoader, unpack_binary_traced_config, unpack_traced_config

__all__ = ["MasterConfigLoader", "unpack_binary_traced_config", "unpack_traced_config"]
