"""Keeps ttnn from importing torch, where it is installed, for its graph tracer: that takes five times as long."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import ModuleSpec

TTNN_CONFIG_VARIABLES = {"TTNN_CONFIG_PATH", "TTNN_CONFIG_OVERRIDES"}
"""The variables that configure ttnn."""


@contextmanager
def torch_hidden() -> Iterator[None]:
    """Hide torch from ttnn while that is imported, unless torch is imported already or ttnn is configured.

    What needs torch later, a model or ttnn's own conversions, imports it then. With its fast runtime mode configured
    off, ttnn can't call an operation without the graph tracer.
    """
    find = importlib.util.find_spec

    def find_spec(name: str, package: str | None = None) -> ModuleSpec | None:
        hidden = name == "torch" and "torch" not in sys.modules and not TTNN_CONFIG_VARIABLES & os.environ.keys()
        return None if hidden and _ttnn_is_importing() else find(name, package)

    importlib.util.find_spec = find_spec
    try:
        yield
    finally:
        importlib.util.find_spec = find


def _ttnn_is_importing() -> bool:
    spec = getattr(sys.modules.get("ttnn"), "__spec__", None)
    return bool(getattr(spec, "_initializing", False))
