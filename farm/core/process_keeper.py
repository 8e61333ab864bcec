"""The keeper: the process between a supervisor and a worker, or the process of a traced model.

Whatever the process below it starts stays below the keeper, in sessions of their own, orphaned, with an environment of
their own or ignoring signals. When the process ends, the keeper ends the rest and then ends the same way itself. When
its supervisor dies, whatever the cause, it ends the process first: gently, since only SIGINT lets ttnn release a board.

It is started by `farm.board.kept_process`, and needs only the standard library:

    python -I -c "... from farm.core.process_keeper import main; main()" LIFELINE STATUS ATTACHED COMMAND...

LIFELINE is the descriptor of a pipe that only supervisors hold open at its other end. The keeper writes to STATUS: the
process's pid, or `!ERRNO` if it can't be started, in one line; and in the end, the number of processes that it left.
"""

from __future__ import annotations

import contextlib
import os
import resource
import select
import signal
import sys
import time
from pathlib import Path
from typing import NoReturn

from farm.core.process_tree import (
    adopt_orphans,
    below,
    end_below,
    leave_no_core_dump,
    signal_at_parents_end,
)

LADDER = ((signal.SIGINT, 10.0), (signal.SIGTERM, 10.0), (signal.SIGKILL, 10.0))
"""The signals that a process gets whose supervisor died, and the seconds that it has after each."""
GRACE_SECONDS = 0.3
"""How long what a process leaves may take to end by itself: helpers that notice its end do."""
_IGNORED = (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU)


def main() -> NoReturn:
    """Start the command, and stay until it has ended and nothing is left of it."""
    lifeline, status, attached = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "1"
    adopt_orphans()
    signal_at_parents_end(signal.SIGCONT)  # a keeper that is stopped couldn't end what its supervisor leaves
    for descriptor in (lifeline, status):
        os.set_inheritable(descriptor, False)  # noqa: FBT003 - the command has neither
    process = _start(sys.argv[4:], status, attached=attached)
    code = _Keeper(process, lifeline, status, attached=attached).wait()
    left = _end_rest()
    with contextlib.suppress(OSError):  # the supervisor may be gone
        os.write(status, f"{left}\n".encode())
    _end_like(code)


def _start(command: list[str], status: int, *, attached: bool) -> int:
    """Start the command in a group of its own, unless it is attached to a terminal; return its pid.

    The keeper leads the session. If the keeper ends while a process of the group is stopped, the kernel continues the
    group, so that it can follow the SIGINT that comes at that moment, too. The SIGHUP that comes with it is ignored.
    """
    keeper = os.getpid()
    reader, writer = os.pipe()  # both are closed where the command starts
    process = os.fork()
    if process == 0:
        try:
            if not attached:
                os.setpgid(0, 0)
                signal.signal(signal.SIGHUP, signal.SIG_IGN)
            for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores them, and the command would, too
                signal.signal(number, signal.SIG_DFL)
            adopt_orphans()  # it keeps this when it executes the command
            signal_at_parents_end(signal.SIGINT)
            if os.getppid() == keeper:
                os.execvp(command[0], command)  # noqa: S606 - a command without a shell
        except OSError as error:
            os.write(writer, str(error.errno).encode())
        os._exit(127)
    os.close(writer)
    problem = os.read(reader, 32)
    os.close(reader)
    os.write(status, (b"!" + problem if problem else str(process).encode()) + b"\n")
    if problem:
        os._exit(127)
    return process


class _Keeper:
    """Waits for the end of the process, and ends it when its supervisor dies."""

    def __init__(self, process: int, lifeline: int, status: int, *, attached: bool) -> None:
        self._process = process
        self._lifeline = lifeline
        self._attached = attached
        self._code: int | None = None
        for number in _IGNORED:
            signal.signal(number, signal.SIG_IGN)
        self._woken, wake = os.pipe()
        os.set_blocking(self._woken, False)
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, _note)
        signal.signal(signal.SIGTERM, _note)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD, signal.SIGTERM})
        self._let_go({lifeline, status, self._woken, wake})

    def _let_go(self, needed: set[int]) -> None:
        """Close what the process below has: its pipes must end with it, and this one holds no folder."""
        os.chdir("/")
        null = os.open(os.devnull, os.O_RDWR)
        for output in (0, 1, 2):
            os.dup2(null, output)
        for descriptor in [int(entry.name) for entry in Path("/proc/self/fd").iterdir()]:
            if descriptor not in needed | {0, 1, 2}:
                with contextlib.suppress(OSError):
                    os.close(descriptor)

    def wait(self) -> int:
        """Return the exit code of the process, negative for a signal."""
        steps = list(LADDER)
        deadline: float | None = None
        while not self._ended():
            timeout = None if deadline is None else max(0.0, deadline - time.monotonic())
            watched = [self._woken] if deadline is not None else [self._woken, self._lifeline]
            ready = select.select(watched, [], [], timeout)[0]
            alone = self._lifeline in ready
            if self._woken in ready:
                with contextlib.suppress(BlockingIOError):
                    alone = alone or signal.SIGTERM in os.read(self._woken, 1 << 12)
            over = deadline is not None and time.monotonic() >= deadline
            if (alone and deadline is None) or over:
                if not steps:
                    break  # not even SIGKILL ends it
                number, seconds = steps.pop(0)
                self._send(number)
                deadline = time.monotonic() + seconds
        return -signal.SIGKILL if self._code is None else self._code

    def _ended(self) -> bool:
        """Wait for the children that have ended, the adopted ones among them; return whether the process is one."""
        while (ended := _reap()) is not None:
            if ended[0] == self._process:
                self._code = os.waitstatus_to_exitcode(ended[1])
        return self._code is not None

    def _send(self, number: signal.Signals) -> None:
        send = os.kill if self._attached else os.killpg  # it leads a group, and has not been waited for
        for each in (number, signal.SIGCONT):  # a stopped process can't follow a signal
            with contextlib.suppress(ProcessLookupError, PermissionError):
                send(self._process, each)


def _note(_signal: int, _frame: object) -> None:
    """The handler that makes a signal wake up `select`."""


def _reap() -> tuple[int, int] | None:
    """Wait for a child that has ended; return its pid and status, or None if there is none."""
    try:
        ended = os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return None
    return ended if ended[0] else None


def _end_rest() -> int:
    """End what the process left; return how many processes that were."""
    own = os.getpid()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # from here on, the kernel waits for them
    while _reap() is not None:
        pass
    grace = time.monotonic() + GRACE_SECONDS
    while below(own) and time.monotonic() < grace:
        time.sleep(0.01)
    with contextlib.suppress(OSError):  # before processes that multiply, where the host permits it
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    return end_below(own)


def _end_like(code: int) -> NoReturn:
    """End as the process did."""
    if code < 0:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # there is one core dump at most: the process's own
            leave_no_core_dump()
            if -code not in (signal.SIGKILL, signal.SIGSTOP):
                signal.signal(-code, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {-code})
            os.kill(os.getpid(), -code)
    os._exit(code & 0xFF)
