"""How long to wait before something that ended is started again."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Backoff:
    """The waits before a process is started again: twice as long after each failure, until one lived for a while.

    Attributes:
        shortest: the first wait, in seconds.
        longest: no wait is longer.
        steady: one that lived for so many seconds is no failure of its start.
        failures: failures in a row.
    """

    shortest: float = 1.0
    longest: float = 30.0
    steady: float = 60.0
    failures: int = 0

    def failed(self) -> float:
        """Count a failure; return the seconds to wait."""
        self.failures += 1
        return min(self.longest, self.shortest * 2.0 ** min(self.failures - 1, 16))

    def lived(self, seconds: float) -> None:
        """Take how long it lived."""
        if seconds >= self.steady:
            self.failures = 0
