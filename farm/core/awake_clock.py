"""A clock that stops while this process does: what others did meanwhile can't be told from their silence."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

GAP_SECONDS = 5.0
"""A process that waits for others reads the clock far more often than that."""


class AwakeClock:
    """Seconds, without the gaps between readings in which the process was stopped or starved."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, gap: float = GAP_SECONDS) -> None:
        """Start to count.

        Args:
            clock: seconds, as `time.monotonic` counts them.
            gap: a longer time between two readings is no time of this process.
        """
        self._clock = clock
        self._gap = gap
        self._lock = threading.Lock()
        self._read_at = clock()
        self._gaps = 0.0

    def __call__(self) -> float:
        """The seconds up to now."""
        with self._lock:
            now = self._clock()
            if now - self._read_at > self._gap:
                self._gaps += now - self._read_at
            self._read_at = now
            return now - self._gaps


awake_seconds = AwakeClock()
"""The clock of this process, which all parts that compare their times share."""
