"""The seam of the formats: what a file begins with, what one recorded call says, what a format loses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol, TypeAlias

from tracer.values.configuration import BrokenConfiguration, Configuration, Execution

HEAD_BYTES = 64 * 1024

UNNAMED = "(unnamed)"
"""In place of the operation of a call that doesn't say which."""


@dataclass(frozen=True)
class FileHead:
    """What a format is recognized by.

    Attributes:
        path: the file or folder.
        data: the first 64 KiB of a file; empty for a folder.
        is_folder: whether it is a folder.
    """

    path: Path
    data: bytes
    is_folder: bool

    @cached_property
    def text(self) -> str:
        """The beginning as text, without a byte order mark and white space; bytes that are no UTF-8 are replaced."""
        return self.data.decode("utf-8-sig", errors="replace").lstrip()


@dataclass(frozen=True, slots=True)
class Loss:
    """Something that a file does not say of a call.

    Attributes:
        operation: canonical name.
        argument: its name; "" if it is not about one argument.
        what: what is missing, such as `its fields` or `how it is spread over the mesh`.
    """

    operation: str
    argument: str
    what: str

    def __str__(self) -> str:
        return f"{self.operation}{f' {self.argument}' if self.argument else ''}: {self.what}"


@dataclass(slots=True)
class RecordedCall:
    """One call, or one line that stands for several.

    Attributes:
        configuration: without executions. A format may yield one object for many equal calls, which costs least.
        execution: where it was called; its `count` is how many calls this is (None: the file doesn't say), and its
            `device_times` those of these calls.
        losses: what the file does not say of it, beside the arguments that are `Lost` in the configuration.
    """

    configuration: Configuration
    execution: Execution
    losses: tuple[Loss, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a test ended that didn't pass, so that its calls don't count and are left out.

    Attributes:
        source: the test's node id.
        outcome: `failed`, `skipped`, `died`, in pytest's words.
    """

    source: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Problem:
    """Why part of a file is not read, in words; what is read counts."""

    message: str


TraceItem: TypeAlias = RecordedCall | BrokenConfiguration | Outcome | Problem


class TraceFormat(Protocol):
    """One format of traces. Each has a file here and a line in `tracer.formats.recognition`."""

    @property
    def name(self) -> str:
        """What the file is, for people: `ttnn graph capture`."""

    @property
    def omits(self) -> tuple[str, ...]:
        """What no file of this format says, of any call: `the machine`, `what calls returned`."""

    def read(self, path: Path) -> Iterator[TraceItem]:
        """Yield the calls in the order of the file, which is never in memory as a whole.

        Raises:
            TraceFormatError: the file can't be read, or not to its end.
        """
