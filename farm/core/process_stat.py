"""What the kernel tells of a process in `/proc/PID/stat`; see proc(5). Needs only the standard library."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path


def stat_fields(pid: int | str) -> list[str] | None:
    """Return the fields from the third one on, which is the state; None if there is no such process.

    The second field, the command's name, is in brackets and may hold anything.

    Args:
        pid: the process's id, or `self`.
    """
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return text.rpartition(")")[2].split() or None


def pids() -> Iterator[int]:
    """Return the id of every process that can be seen here."""
    return (int(entry.name) for entry in os.scandir("/proc") if entry.name.isdecimal())
