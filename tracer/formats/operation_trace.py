"""The files of tt-metal's own tracer, `ttnn.operation_tracer`: a folder with one JSON object per call.

Beside the calls of a test lies `_status.json`, which says how it ended; there or in a folder above lies
`_trace_metadata.json`, which says what was traced, and on which machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from tracer.errors import CaptureError, ConfigurationError
from tracer.formats.base import HEAD_BYTES, Outcome, Problem, RecordedCall, TraceItem
from tracer.formats.json_stream import loads
from tracer.formats.recognition import OPERATION_TRACE
from tracer.names import canonical
from tracer.values import decode
from tracer.values.configuration import Configuration, Execution

_METADATA, _STATUS = "_trace_metadata.json", "_status.json"

PASSED = "passed"
_MOST_LOOKED_AT = 3
"""Files whose beginning says whether a folder holds calls."""


class OperationTrace:
    """A folder of calls, and of such folders, one for each test."""

    name = OPERATION_TRACE.name
    omits = ("what calls returned",)

    def read(self, path: Path) -> Iterator[TraceItem]:
        """Yield the calls of the tests that passed, or of which no file says how they ended."""
        for folder in call_folders(path):
            traced = read_folder(folder, path)
            if traced.outcome not in (None, PASSED):
                yield Outcome(traced.source, str(traced.outcome))
                continue
            for file in call_files(folder):
                yield _item(file, traced)


def _item(file: Path, traced: TracedFolder) -> TraceItem:
    try:
        return RecordedCall(read_call(file), Execution(traced.source, traced.machine, 1, traced.trace_uid))
    except CaptureError as error:
        return Problem(str(error))


def _holds_calls(folder: Path) -> bool:
    return any(_is_call(file) for file in islice(call_files(folder), _MOST_LOOKED_AT))


def _is_call(file: Path) -> bool:
    try:
        with file.open("rb") as opened:
            return b'"operation_name"' in opened.read(HEAD_BYTES)
    except OSError:
        return False


@dataclass(frozen=True)
class TracedFolder:
    """What the files beside a folder's calls say.

    Attributes:
        source: the test's node id; "" if no file says so.
        outcome: how the test ended, in pytest's words; None if no file says so.
        machine: tt-metal's `machine_info`.
        trace_uid: the trace it belongs to.
    """

    source: str
    outcome: str | None
    machine: dict[str, Any] | None
    trace_uid: str | None


def call_folders(top: Path) -> list[Path]:
    """Return the folders that hold calls, sorted."""
    folders = {path.parent for path in top.rglob("*.json") if not path.name.startswith("_")}
    return sorted(filter(_holds_calls, folders))


def call_files(folder: Path) -> Iterator[Path]:
    """Yield the files of calls in a folder, sorted."""
    return (path for path in sorted(folder.glob("*.json")) if not path.name.startswith("_"))


def read_folder(folder: Path, top: Path) -> TracedFolder:
    """Read what lies beside a folder's calls.

    Args:
        folder: the folder of the calls.
        top: the highest folder that is looked in for metadata.

    Raises:
        CaptureError: a file is no JSON object; names it.
    """
    status, metadata = _nearest(folder, folder, _STATUS), _nearest(folder, top, _METADATA)
    machine, outcome = metadata.get("machine_info"), status.get("status")
    return TracedFolder(
        str(status.get("test_nodeid") or metadata.get("test_source") or ""),
        None if outcome is None else str(outcome),
        machine if isinstance(machine, dict) else None,
        metadata.get("trace_uid"),
    )


def read_call(path: Path) -> Configuration:
    """Read one call.

    Raises:
        CaptureError: the file holds no call; names it.
    """
    raw = _load(path)
    try:
        arguments = {f"arg{each['position']}": decode(each["value"]) for each in raw.get("args", [])}
        arguments |= {name: decode(part) for name, part in raw.get("kwargs", {}).items()}
        return Configuration(canonical(raw["operation_name"]), arguments)
    except (ConfigurationError, KeyError, TypeError, AttributeError) as error:
        raise CaptureError(f"{path}: is no call of a raw trace: {error}") from error


def _nearest(folder: Path, top: Path, name: str) -> dict[str, Any]:
    """Return the object in the nearest file of a name, in a folder or those above it up to the top one."""
    for place in (folder, *folder.parents):
        if (place / name).is_file():
            return _load(place / name)
        if place == top:
            break
    return {}


def _load(path: Path) -> dict[str, Any]:
    try:
        raw = loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CaptureError(f"{path}: is no whole JSON file: {error}") from error
    if not isinstance(raw, dict):
        raise CaptureError(f"{path}: is no call of a raw trace: not an object")
    return raw
