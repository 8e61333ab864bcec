"""Recognizes what format a file is of, and reads it into configurations, each once.

Memory is needed for the distinct configurations of a file, however many calls it has.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from tracer.errors import TraceFormatError
from tracer.formats.base import HEAD_BYTES, FileHead, Loss, Outcome, RecordedCall, TraceFormat, TraceItem
from tracer.formats.recognition import FORMATS
from tracer.values.configuration import BrokenConfiguration, Configuration, Execution

MASTER = "master"
"""What a file of tt-metal's or this project's is called that `tracer.master` reads."""


def names() -> tuple[str, ...]:
    """Return what files are read."""
    return (MASTER, *(each.name for each in FORMATS))


@dataclass
class TraceContents:
    """What a file holds.

    Attributes:
        format: what it is: the name of its format.
        omits: what no file of this format says, of any call.
        configurations: each once, in the order they were called first, with their executions.
        calls: how many calls are recorded.
        broken: calls that can't be read.
        losses: what the file doesn't say, with the number of calls.
        left_out: tests that didn't pass, whose calls don't count.
        problems: why parts of the file are not read, in words.
    """

    format: str
    omits: tuple[str, ...] = ()
    configurations: list[Configuration] = field(default_factory=list)
    calls: int = 0
    broken: list[BrokenConfiguration] = field(default_factory=list)
    losses: Counter[Loss] = field(default_factory=Counter)
    left_out: list[Outcome] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def head_of(path: Path) -> FileHead:
    """Return what a file begins with.

    Raises:
        TraceFormatError: it can't be read.
    """
    try:
        if path.is_dir():
            return FileHead(path, b"", is_folder=True)
        if (path.is_fifo() or path.is_char_device()) and path != Path(os.devnull):  # may never end, and is read twice
            raise TraceFormatError(f"{path}: is a pipe or device; write what it gives to a file, and name that")
        with path.open("rb") as file:
            return FileHead(path, file.read(HEAD_BYTES), is_folder=False)
    except FileNotFoundError:
        raise TraceFormatError(f"{path}: no such file; name a master, or trace one with `farm trace`") from None
    except OSError as error:
        raise TraceFormatError(f"{path}: can't be read: {error.strerror or error}") from None


def is_missing(path: Path) -> bool:
    """Return whether there is no such path; one in a folder that can't be looked into may be there."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def recognize(path: Path) -> TraceFormat | None:
    """Return the format of a file or folder; None if it is a master, or of no format that is known.

    Raises:
        TraceFormatError: it can't be read.
    """
    head = head_of(path)
    line = next((each for each in FORMATS if each.matches(head)), None)
    return None if line is None else line.load()


def read_trace(path: Path, trace_format: TraceFormat) -> TraceContents:
    """Read a file of this format.

    Raises:
        TraceFormatError: it can't be read, or not to its end.
    """
    return gather(trace_format, trace_format.read(path))


def gather(trace_format: TraceFormat, items: Iterable[TraceItem]) -> TraceContents:
    """Make configurations of calls: one for each content, with an execution for each place it was called at.

    Args:
        trace_format: what the file is.
        items: its calls in the order they were made, and what else is in it.
    """
    contents = TraceContents(trace_format.name, trace_format.omits)
    places = _Places()
    for item in items:
        if isinstance(item, RecordedCall):
            calls = 1 if item.execution.count is None else item.execution.count
            places.add(item)
            contents.calls += calls
            for loss in item.losses:
                contents.losses[loss] += calls
        elif isinstance(item, BrokenConfiguration):
            contents.broken.append(item)
        elif isinstance(item, Outcome):
            contents.left_out.append(item)
        else:
            contents.problems.append(item.message)
    contents.configurations = list(places.configurations.values())
    return contents


class _Places:
    """The configurations of a file by content hash, with an execution for each place."""

    def __init__(self) -> None:
        self.configurations: dict[str, Configuration] = {}
        self._executions: dict[tuple[str, str, str], Execution] = {}

    def add(self, call: RecordedCall) -> None:
        """Add a call to those of its content and place."""
        key = call.configuration.content_hash
        if key not in self.configurations:
            self.configurations[key] = replace(call.configuration, executions=[])
        place = (key, call.execution.source, _way(call.execution))
        if place in self._executions:
            _count_in(self._executions[place], call.execution)
        else:
            self._executions[place] = replace(call.execution)
            self.configurations[key].executions.append(self._executions[place])


def _count_in(known: Execution, more: Execution) -> None:
    """Add the calls of one execution to those of another at the same place."""
    if more.count is not None:
        known.count = (known.count or 0) + more.count
    if more.device_times is not None:
        times = known.device_times
        known.device_times = more.device_times if times is None else times + more.device_times


def _way(execution: Execution) -> str:
    """Return the machine and the way its board was opened, as text."""
    if execution.machine is None and execution.device_config is None:
        return ""
    config = None if execution.device_config is None else execution.device_config.as_json()
    return json.dumps([execution.machine, config], sort_keys=True, default=str)
