"""Ending processes: a ladder of signals, each harder than the one before. Only SIGINT lets ttnn release a board."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass


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


QUICK_LADDER = SignalLadder(interrupt=2.0, terminate=1.0)
"""For boards without a device that has to be released with care."""


def end_process(process: subprocess.Popen[bytes], patience: float, ladder: SignalLadder) -> int | None:
    """End a process and its group, gently first.

    A stopped process can't follow a signal, so it is continued after each.

    Args:
        process: the leader of its process group.
        patience: seconds that it may take to end by itself, before the first signal.
        ladder: the signals.

    Returns:
        Its exit code; None where even SIGKILL didn't end it in time.
    """
    with contextlib.suppress(subprocess.TimeoutExpired):
        code: int | None = process.wait(patience)
        signal_group(process.pid, signal.SIGKILL)  # its children, if it left any behind
        return code
    for number, seconds in ladder.steps():
        signal_group(process.pid, number)
        signal_group(process.pid, signal.SIGCONT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            code = process.wait(seconds)
            signal_group(process.pid, signal.SIGKILL)
            return code
    return None


def signal_group(group: int, number: signal.Signals) -> None:
    """Send a signal to a process group, if it is still there and ours."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def signal_processes(pids: Iterable[int], number: signal.Signals) -> None:
    """Send a signal to each of these processes that is still there and ours."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)
