"""A marker in the environment of a stage's processes, by which those that outlive it are known."""

from __future__ import annotations

import contextlib
import time
import uuid
from pathlib import Path

NAME = "CHAOS_RUN"
"""The environment variable that has the marker."""
END_SECONDS = 30.0
"""How long the processes of a killed Ray may take to notice, and to end."""


def new_marker() -> str:
    """Return a marker that no process has."""
    return uuid.uuid4().hex


def left_behind(marker: str, patience: float = 0.0) -> list[str]:
    """Return the command lines of all processes that carry a marker, in their environment or their command line.

    A process without any environment can't be told otherwise, which is why the hostile module writes the marker into
    the command lines of its programs.

    Args:
        marker: what `new_marker` returned.
        patience: seconds that they may take to end by themselves.
    """
    deadline = time.monotonic() + patience
    while (processes := _carrying(marker.encode())) and time.monotonic() < deadline:
        time.sleep(0.2)
    return processes


def _carrying(marker: bytes) -> list[str]:
    processes = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        with contextlib.suppress(OSError):
            command = (entry / "cmdline").read_bytes()
            if marker in command or marker in (entry / "environ").read_bytes():
                processes.append(f"{entry.name}: {command.replace(bytes(1), b' ').decode(errors='replace')[:200]}")
    return processes
