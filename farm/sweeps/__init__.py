"""Sweep modules: finding them, their vectors and values, and the traced configurations they load.

Folders and files of modules come in, and vectors of live values; records of vectors and their written values go out. It
may use `farm.core`, the store and `tracer`; modules are imported by the worker, not here.
"""

from __future__ import annotations

from farm.sweeps.loader import MasterConfigLoader, unpack_binary_traced_config, unpack_traced_config

__all__ = ["MasterConfigLoader", "unpack_binary_traced_config", "unpack_traced_config"]
