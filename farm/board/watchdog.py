"""A process seen from outside: whether it is stopped and whether it does anything."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

STOPPED_SECONDS = 2.0
"""How long a process may be stopped (SIGSTOP, a debugger) before it counts as hung."""
LOOK_SECONDS = 0.5
"""How often a process is looked at while an answer is awaited."""
MOST_PRINTED = 64 << 20
"""Bytes of log at which it begins anew: a process that prints without end must not fill the disk."""
_STOPPED = "Tt"
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Sign:
    """One look at a process.

    Attributes:
        stopped: it is stopped by a signal or a debugger.
        cpu: seconds of processor time it used so far.
        printed: bytes in its log.
    """

    stopped: bool
    cpu: float
    printed: int


def look(pid: int, log: Path) -> Sign | None:
    """Looks at a process; None where there is none, or no /proc."""
    try:
        # the command's name stands in brackets and may hold anything: what follows the last one counts
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        printed = log.stat().st_size if log.exists() else 0
        return Sign(fields[0] in _STOPPED, (int(fields[11]) + int(fields[12])) / _TICKS, printed)
    except (OSError, IndexError, ValueError):
        return None


class Watch:
    """Tells whether a process that owes an answer still lives up to it.

    Attributes:
        silence: seconds for which it may neither print nor use its processor.
    """

    def __init__(self, pid: int, log: Path, silence: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.silence = silence
        self._pid, self._log, self._clock = pid, log, clock
        self._last: Sign | None = None
        self._stopped_since: float | None = None
        self._quiet_since = clock()

    @property
    def stopped(self) -> bool:
        """Whether the process is stopped right now."""
        sign = look(self._pid, self._log)
        return sign is not None and sign.stopped

    def complaint(self) -> str | None:
        """Looks at the process; what is wrong with it, in words."""
        now = self._clock()
        sign = look(self._pid, self._log)
        if sign is None:
            return None  # it ended, and the end of its pipe will say so
        if not sign.stopped:
            self._stopped_since = None
        elif self._stopped_since is None:
            self._stopped_since = now
        elif now - self._stopped_since >= STOPPED_SECONDS:
            return f"its process was stopped for {now - self._stopped_since:.0f} s"
        if sign.printed > MOST_PRINTED:
            with contextlib.suppress(OSError):
                os.truncate(self._log, 0)  # it is written at its end, wherever that is
        if self._last is None or sign.cpu > self._last.cpu or sign.printed != self._last.printed:
            self._quiet_since = now
        self._last = sign
        if now - self._quiet_since >= self.silence:
            return f"its process neither printed nor computed for {now - self._quiet_since:.0f} s"
        return None
