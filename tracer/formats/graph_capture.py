"""ttnn's graph capture: `graph_capture.python_io.json`, which `ttnn.graph.end_graph_capture_to_file` leaves.

A JSON array with an object for each operation that Python called: its name, the text of each argument by position or
name, the ids of its tensors, the error that it raised.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tracer.formats.base import UNNAMED, RecordedCall
from tracer.formats.json_stream import elements
from tracer.formats.printed_calls import METHOD, alike, printed_configuration
from tracer.formats.recognition import CAPTURE
from tracer.names import canonical
from tracer.values.configuration import BrokenConfiguration, Execution
from tracer.values.text import brief, error_line


class GraphCapture:
    """The Python side of ttnn's graph capture."""

    name = CAPTURE.name
    omits = ("the model's test", "the machine", "what calls returned", "tiles other than 32 x 32")

    def read(self, path: Path) -> Iterator[RecordedCall | BrokenConfiguration]:
        """Yield the calls."""
        for index, raw in enumerate(elements(path)):
            if not _is_wrapper(raw):
                yield _call(index, raw)


def _is_wrapper(raw: Any) -> bool:
    """Return whether a record is of a method that called an operation, whose own record follows."""
    name = raw.get("name") if isinstance(raw, dict) else None
    return isinstance(name, str) and name.startswith(METHOD) and not raw.keys() & {"output_tensor_ids", "error"}


def _call(index: int, raw: Any) -> RecordedCall | BrokenConfiguration:
    name = raw.get("name") if isinstance(raw, dict) else None
    arguments = raw.get("arguments") if isinstance(raw, dict) else None
    if not isinstance(name, str) or not name or not isinstance(arguments, dict):
        message = f"must be an object with a name and arguments, not {brief(raw)}"
        return BrokenConfiguration(canonical(name) if isinstance(name, str) and name else UNNAMED, index, "", message)
    if not all(isinstance(text, str) for text in arguments.values()):
        return BrokenConfiguration(canonical(name), index, "", "every argument must be text")
    error = raw.get("error")
    raised = error_line(str(error.get("type")), str(error.get("message"))) if isinstance(error, dict) else None
    texts = tuple((key, alike(text)) for key, text in arguments.items())
    configuration, losses = printed_configuration(canonical(name), texts, raised)
    return RecordedCall(configuration, Execution("", None, 1), losses)
