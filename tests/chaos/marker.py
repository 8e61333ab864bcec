"""A marker in the environment of a stage's processes, by which those that outlive it are known."""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

NAME = "CHAOS_RUN"


@contextlib.contextmanager
def marked() -> Iterator[str]:
    """Give what starts from here on a marker of its own; yield the marker."""
    marker = uuid.uuid4().hex
    before = os.environ.get(NAME)
    os.environ[NAME] = marker
    try:
        yield marker
    finally:
        if before is None:
            del os.environ[NAME]
        else:
            os.environ[NAME] = before


def left_behind(marker: str) -> list[str]:
    """Return the command lines of all processes that carry a marker, in their environment or their command line.

    A process without any environment can't be told otherwise, which is why the hostile module writes the marker into
    the command lines of its programs. This process isn't counted: its environment was set after it began.
    """
    sought = marker.encode()
    processes = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        with contextlib.suppress(OSError):
            command = (entry / "cmdline").read_bytes()
            if sought in command or sought in (entry / "environ").read_bytes():
                processes.append(f"{entry.name}: {command.replace(bytes(1), b' ').decode(errors='replace')[:200]}")
    return processes
