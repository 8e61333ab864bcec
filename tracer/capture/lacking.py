"""Functions of ttnn that would crash on the board: while a model is traced, they do nothing.

A mock board has no device traces, for example. What a model calls between `begin_trace_capture` and
`end_trace_capture` is called all the same, and traced; `execute_trace` would only repeat it.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import Any

LACKING_VARIABLE = "FARM_BOARD_LACKING"
"""Names these functions as they are in `ttnn`, separated by commas."""


class Lacking:
    """Replaces the functions while installed.

    Attributes:
        note: gets the name of each function that was called, once.
    """

    def __init__(self, note: Callable[[str], None]) -> None:
        self.note = note
        self._noted: set[str] = set()
        self._undo: list[Callable[[], None]] = []

    def install(self) -> None:
        """Start replacing the functions that the environment names."""
        import ttnn

        for name in filter(None, os.environ.get(LACKING_VARIABLE, "").split(",")):
            *holders, function = name.split(".")
            holder = functools.reduce(lambda parent, part: getattr(parent, part, None), holders, ttnn)
            original = getattr(holder, function, None)
            if original is not None:  # another ttnn may have no such function
                setattr(holder, function, functools.partial(self._called, name))
                self._undo.append(functools.partial(setattr, holder, function, original))

    def remove(self) -> None:
        """Restore ttnn's own functions."""
        while self._undo:
            self._undo.pop()()

    def _called(self, name: str, *_arguments: Any, **_keywords: Any) -> int:
        """Note a call; return what may be the number of a trace."""
        if name not in self._noted:
            self._noted.add(name)
            self.note(name)
        return 0
