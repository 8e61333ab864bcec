"""The state of a process, read from outside: whether it is stopped, and whether it is active."""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from farm.core.process_stat import stat_fields

STOPPED_SECONDS = 2.0
"""How long a process may be stopped (SIGSTOP, a debugger) before it counts as hung."""
LOOK_SECONDS = 0.5
"""Seconds between two checks of a process whose reply is awaited."""
_STOPPED = "Tt"
_COMPILER = re.compile(r"riscv|cc1|collect2|lto")
"""The names of tt-metal's compiler and of the programs that it starts."""
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class ProcessState:
    """The state of a process at one moment.

    Attributes:
        stopped: whether it is stopped by a signal or a debugger.
        cpu: seconds of processor time that it has used.
        children: seconds of processor time that processes which it has started and that have ended used.
    """

    stopped: bool
    cpu: float
    children: float = 0.0


def read_state(pid: int) -> ProcessState | None:
    """Read the state of a process; None if it or /proc doesn't exist."""
    fields = stat_fields(pid)
    if fields is None:
        return None
    own, children = ((int(fields[place]) + int(fields[place + 1])) / _TICKS for place in (11, 13))
    return ProcessState(fields[0] in _STOPPED, own, children)


def _is_active(before: ProcessState, now: ProcessState) -> bool:
    return now.cpu > before.cpu or now.children > before.children


def compiles(group: int) -> bool:
    """Whether a compiler of tt-metal's runs in a process group."""
    for file in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, IndexError):
            head, _, rest = file.read_text(encoding="utf-8", errors="replace").rpartition(")")
            if rest.split()[2] == str(group) and _COMPILER.match(head.partition("(")[2]):
                return True
    return False


class Watch:
    """Detects that a process which owes a reply can't give it: it is stopped, or inactive.

    Attributes:
        silence: seconds for which the process may neither print nor use its processor.
    """

    def __init__(
        self,
        pid: int,
        printed: Callable[[], int],
        silence: float,
        clock: Callable[[], float] = time.monotonic,
        group: int | None = None,
    ) -> None:
        """Begin to watch.

        Args:
            pid: the process.
            printed: returns how many bytes it has printed.
            silence: see above.
            clock: returns seconds.
            group: its process group; None for the one that it leads.
        """
        self.silence = silence
        self._group = pid if group is None else group
        self._pid, self._printed, self._clock = pid, printed, clock
        self._last: tuple[ProcessState, int] | None = None
        state = read_state(pid)
        self._compiled = 0.0 if state is None else state.children
        self._stopped_since: float | None = None
        self._quiet_since = clock()

    @property
    def stopped(self) -> bool:
        """Whether the process is stopped at this moment."""
        state = read_state(self._pid)
        return state is not None and state.stopped

    def compile_seconds(self) -> float:
        """The seconds that a process which passed its limit may go on, since it compiled meanwhile; 0 if it didn't.

        That is the processor time of compilers that have ended since the last call. While one runs, it is a second.
        """
        state = read_state(self._pid)
        ended = 0.0 if state is None else state.children - self._compiled
        self._compiled += ended
        return ended or float(compiles(self._group))

    def complaint(self) -> str | None:
        """Check the process; return what is wrong with it, or None."""
        now = self._clock()
        state = read_state(self._pid)
        if state is None:
            return None  # it ended, and its pipe will show that
        if not state.stopped:
            self._stopped_since = None
        elif self._stopped_since is None:
            self._stopped_since = now
        elif now - self._stopped_since >= STOPPED_SECONDS:
            return f"its process was stopped for {now - self._stopped_since:.0f} s"
        printed = self._printed()
        if self._last is None or _is_active(self._last[0], state) or printed != self._last[1]:
            self._quiet_since = now
        self._last = state, printed
        if now - self._quiet_since >= self.silence and compiles(self._group):
            self._quiet_since = now
        if now - self._quiet_since >= self.silence:
            return f"its process neither printed nor computed for {now - self._quiet_since:.0f} s"
        return None
