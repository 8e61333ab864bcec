"""Keeps ttnn from importing torch, where it is installed, for its graph tracer: that takes five times as long."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import ModuleSpec


@contextmanager
def torch_kept_out() -> Iterator[None]:
    """While ttnn is imported, it finds no torch, unless someone imported that before.

    What needs torch later, a model or ttnn's own conversions, imports it then.
    """
    find = importlib.util.find_spec

    def find_spec(name: str, package: str | None = None) -> ModuleSpec | None:
        return None if name == "torch" and "torch" not in sys.modules and _ttnn_begins() else find(name, package)

    importlib.util.find_spec = find_spec
    try:
        yield
    finally:
        importlib.util.find_spec = find


def _ttnn_begins() -> bool:
    """Whether ttnn is being imported."""
    spec = getattr(sys.modules.get("ttnn"), "__spec__", None)
    return bool(getattr(spec, "_initializing", False))
