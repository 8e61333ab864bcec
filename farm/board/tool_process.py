"""A program of others that farm runs: in a process group of its own, with a time limit."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO

from farm.board.signals import signal_group

_LONGEST_OUTPUT = 4 * 2**20
"""Bytes of the end of a program's output that are read."""
_POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class ToolEnd:
    """How a program ended.

    Attributes:
        code: its exit code, or the negative number of the signal that ended it; None if it could not be started, or
            was killed at its limit.
        output: what it printed, stdout and stderr together.
        trouble: why there is no exit code; "" if there is one.
        timed_out: whether it was killed at its limit.
    """

    code: int | None
    output: str = ""
    trouble: str = ""
    timed_out: bool = False


def run_tool(command: Sequence[str], limit: float) -> ToolEnd:
    """Run a program to its end. A failure is a result, not an error.

    What it leaves behind in its process group is killed.

    Args:
        command: the program and its arguments.
        limit: the seconds that it may take; then its process group is killed.
    """
    with tempfile.TemporaryFile() as output:  # no pipe: a child that lives on would keep it open
        try:
            process = subprocess.Popen(
                list(command), stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
            )
        except OSError as error:
            return ToolEnd(None, trouble=f"{command[0]}: {error.strerror or error}")
        ended = _ended_unreaped(process.pid, limit)
        # as long as its leader is not waited for, the group's number can be no other group's
        signal_group(process.pid, signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(5)
        text = _text(output)
        if ended:
            return ToolEnd(process.returncode, text)
        return ToolEnd(None, text, f"it did not end in {limit:g} s", timed_out=True)


def _ended_unreaped(pid: int, limit: float) -> bool:
    """Wait for the end of a child without taking it out of the process table; return whether it came in time."""
    deadline = time.monotonic() + limit
    while os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        if time.monotonic() >= deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def _text(file: IO[bytes]) -> str:
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _LONGEST_OUTPUT))
    return file.read().decode(errors="replace")
