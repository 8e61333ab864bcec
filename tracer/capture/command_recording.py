"""When ttnn itself records: commands for a later replay, or a graph of calls.

While it records commands it refuses to read tensors, and a graph would have the tracer's own reads in it.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from tracer.capture.replacing import Replacements

_TRACE, _GRAPH = "ttnn._ttnn.operations.trace", "ttnn.graph"
_BEGINS = ((_TRACE, "begin_trace_capture"), (_GRAPH, "begin_graph_capture"))
_ENDS = ((_TRACE, "end_trace_capture"), (_GRAPH, "end_graph_capture"), (_GRAPH, "end_graph_capture_to_file"))


class CommandRecording:
    """Watches the calls that begin and end a recording of ttnn's own, while installed."""

    def __init__(self) -> None:
        self._running = 0
        self._replacements = Replacements()

    @property
    def runs(self) -> bool:
        """Whether ttnn records now, on any device."""
        return self._running > 0

    def install(self) -> None:
        """Start watching."""
        for module, name in _BEGINS:
            self._replacements.replace(module, name, partial(self._watched, begins=True))
        for module, name in _ENDS:
            self._replacements.replace(module, name, partial(self._watched, begins=False))

    def remove(self) -> None:
        """Stop watching and restore ttnn's own functions."""
        self._replacements.undo()
        self._running = 0

    def _watched(self, original: Any, *, begins: bool) -> Any:
        def watched(*args: Any, **kwargs: Any) -> Any:
            if begins:
                result = original(*args, **kwargs)
                self._running += 1
                return result
            try:
                return original(*args, **kwargs)
            finally:
                # a recording whose end fails, as for want of memory, has ended, too
                self._running = max(self._running - 1, 0)

        return watched
