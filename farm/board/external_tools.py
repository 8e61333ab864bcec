"""Programs of others that farm asks: in a process group of their own, with a time limit."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from farm.board.signals import signal_group

_LONGEST_OUTPUT = 2**20
"""Bytes of a program's output that are read: a galaxy's snapshot has some 100 KB."""
_POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class ToolAnswer:
    """What became of a program.

    Attributes:
        output: what it printed on stdout.
        trouble: why the output may be missing or incomplete, in one line; "" if the program ended well.
        timed_out: whether it was killed at its limit.
    """

    output: str
    trouble: str = ""
    timed_out: bool = False


@dataclass(frozen=True, slots=True)
class ToolEnd:
    """How a program ended.

    Attributes:
        code: its exit code, or the negative number of the signal that ended it; None if it could not be started, or
            was killed at its limit.
        output: what it printed on stdout.
        errors: what it printed on stderr.
        trouble: why there is no exit code; "" if there is one.
        timed_out: whether it was killed at its limit.
    """

    code: int | None
    output: str = ""
    errors: str = ""
    trouble: str = ""
    timed_out: bool = False


def run_tool(command: Sequence[str], limit: float, environment: Mapping[str, str] | None = None) -> ToolEnd:
    """Run a program to its end. A failure is a result, not an error.

    What it leaves behind in its process group is killed.

    Args:
        command: the program and its arguments.
        limit: the seconds that it may take; then its process group is killed.
        environment: its environment; None for this process's.
    """
    # files, not pipes: a child of the program that lives on would keep a pipe open
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        try:
            process = subprocess.Popen(
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                env=environment,
                start_new_session=True,
            )
        except OSError as error:
            return ToolEnd(None, trouble=f"can't be started: {error.strerror or error}")
        try:
            ended = _ended_unreaped(process.pid, limit)
        finally:
            # as long as its leader is not waited for, the group's number can be no other group's
            signal_group(process.pid, signal.SIGKILL)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(5)
        printed = _text(output), _text(errors)
        if ended:
            return ToolEnd(process.returncode, *printed)
        return ToolEnd(None, *printed, f"did not end in {limit:g} s, and was killed", timed_out=True)


def ask_tool(command: Sequence[str], limit: float, environment: Mapping[str, str] | None = None) -> ToolAnswer:
    """Run a program to its end, and read what it prints. A failure is an answer, not an error.

    Args:
        command: the program and its arguments.
        limit: the seconds that it may take; then its process group is killed.
        environment: its environment; None for this process's.
    """
    name = Path(command[0]).name
    end = run_tool(command, limit, environment)
    if end.code is None:
        return ToolAnswer(end.output, f"{name} {end.trouble}", end.timed_out)
    return ToolAnswer(end.output, "" if end.code == 0 else _ending(name, end.code, end.errors))


def _ended_unreaped(pid: int, limit: float) -> bool:
    """Wait for the end of a child without taking it out of the process table; return whether it came in time."""
    deadline = time.monotonic() + limit
    with contextlib.suppress(ChildProcessError):  # this process waits for any child elsewhere
        while os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            if time.monotonic() >= deadline:
                return False
            time.sleep(_POLL_SECONDS)
    return True


def _ending(name: str, code: int, errors: str) -> str:
    how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
    lines = errors.strip().splitlines()
    return f"{name} {how}: {lines[-1].strip()}" if lines else f"{name} {how}"


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read(_LONGEST_OUTPUT).decode(errors="replace")
