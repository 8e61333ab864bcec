"""Functions of ttnn that would crash on the board: while a model is traced, they do nothing.

A mock board has no device traces, for example. What a model calls between `begin_trace_capture` and
`end_trace_capture` is called all the same, and traced; `execute_trace` would only repeat it.

An operation is traced like any other, and its output is like its first tensor, or is the tensor that it was to write.
"""

from __future__ import annotations

import functools
import itertools
import os
from collections.abc import Callable
from typing import Any

from tracer.capture.replacing import Replacements, is_operation

LACKING_VARIABLE = "FARM_BOARD_LACKING"
"""Names these functions as they are in `ttnn`, separated by commas."""

_BEGINS_TRACE = "begin_trace_capture"


class Lacking:
    """Replaces the functions while installed.

    Attributes:
        note: gets the name of each function that was called, once.
    """

    def __init__(self, note: Callable[[str], None]) -> None:
        self.note = note
        self._noted: set[str] = set()
        self._trace_ids = itertools.count()
        self._replacements = Replacements()

    def install(self) -> None:
        """Start replacing the functions that the environment names."""
        names = [name for name in os.environ.get(LACKING_VARIABLE, "").split(",") if name]
        if not names:
            return
        import ttnn

        self._replacements.replace_named(ttnn, names, self._stand_in)

    def remove(self) -> None:
        """Restore ttnn's own functions."""
        self._replacements.undo()

    def _stand_in(self, name: str, original: Any) -> Any:
        if is_operation(original):
            return functools.partial(self._operated, name)
        return functools.partial(self._began if name == _BEGINS_TRACE else self._called, name)

    def _called(self, name: str, *_arguments: Any, **_keywords: Any) -> None:
        """Note a call."""
        if name not in self._noted:
            self._noted.add(name)
            self.note(name)

    def _operated(
        self, name: str, input_tensor: Any, *_arguments: Any, output_tensor: Any = None, **_keywords: Any
    ) -> Any:
        """Note an operation; return an output of its shape and layout."""
        import ttnn

        self._called(name)
        return ttnn.clone(input_tensor) if output_tensor is None else output_tensor

    def _began(self, name: str, *_arguments: Any, **_keywords: Any) -> Any:
        """Note that a trace begins; return an id of its own, as ttnn does."""
        import ttnn

        self._called(name)
        return ttnn.MeshTraceId(next(self._trace_ids))
