"""Functions of ttnn replaced by others that watch them, wherever an imported module holds them."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from typing import Any


class Replacements:
    """The functions that are replaced now."""

    def __init__(self) -> None:
        self._undo: list[Callable[[], None]] = []

    def replace(self, module: str, name: str, wrap: Callable[[Any], Any]) -> None:
        """Replace a function, in all modules that hold it, by what `wrap` makes of it; do nothing if there is none."""
        original = getattr(importlib.import_module(module), name, None)
        if original is None:
            return  # this ttnn has no such function
        wrapped = wrap(original)
        for holder in list(sys.modules.values()):
            if getattr(holder, "__dict__", {}).get(name) is original:
                setattr(holder, name, wrapped)
                self._undo.append(lambda holder=holder: setattr(holder, name, original))  # type: ignore[misc]

    def undo(self) -> None:
        """Put all functions back."""
        while self._undo:
            self._undo.pop()()
