"""A ladder of signals that end a process, from gentle to hard. Only SIGINT lets ttnn release a board."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from dataclasses import dataclass
from typing import Protocol

from farm.core.process_tree import is_alive, read_process


@dataclass(frozen=True, slots=True)
class SignalLadder:
    """The seconds a process is given after each signal, before the next harder one.

    Attributes:
        interrupt: after SIGINT, the only one that lets ttnn release a board.
        terminate: after SIGTERM.
        kill: after SIGKILL, until it is gone from the process table.
    """

    interrupt: float = 15.0
    terminate: float = 5.0
    kill: float = 10.0

    def steps(self) -> tuple[tuple[signal.Signals, float], ...]:
        """Each signal and the seconds it is given, gentlest first."""
        return (signal.SIGINT, self.interrupt), (signal.SIGTERM, self.terminate), (signal.SIGKILL, self.kill)


class Process(Protocol):
    """The part of `subprocess.Popen` that a supervisor uses."""

    @property
    def pid(self) -> int:
        """Its id."""

    def wait(self, timeout: float) -> int:
        """Wait for its end, and return its exit code.

        Raises:
            subprocess.TimeoutExpired: it still runs.
        """


QUICK_LADDER = SignalLadder(interrupt=2.0, terminate=1.0)
"""For boards without a device that has to be released with care."""


def ends_within(process: Process, seconds: float) -> bool:
    """Wait for the end of a process; return whether it came in time."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def end_process(process: Process, patience: float, ladder: SignalLadder, *, group: bool = True) -> int | None:
    """End a process and its group, gently first.

    What it leaves behind is its keeper's to end: its group's number may be another group's as soon as it has ended, so
    then it gets no signal. A stopped process can't follow a signal, so it is continued after each.

    Args:
        process: the process.
        patience: seconds that it may take to end by itself, before the first signal.
        ladder: the signals.
        group: whether it leads a process group, which is ended with it.

    Returns:
        Its exit code; None if even SIGKILL didn't end it in time.
    """
    send = signal_group if group else signal_process
    identity = read_process(process.pid)
    with contextlib.suppress(subprocess.TimeoutExpired):
        return process.wait(patience)
    for number, seconds in ladder.steps():
        for each in (number, signal.SIGCONT):
            if identity is not None and is_alive(identity):
                send(process.pid, each)
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(seconds)
    return None


def signal_group(group: int, number: signal.Signals) -> None:
    """Send a signal to a process group, if it is still there and ours."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def signal_process(pid: int, number: signal.Signals) -> None:
    """Send a signal to a process, if it is still there and ours."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)
