"""How often somebody may do something: buckets of tries that fill again with time. Callers bring their own lock."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

MOST = 1000
"""How many names are remembered; the one that asked longest ago is forgotten."""


class Rates:
    """A bucket for each name: `burst` tries at once, then `per_second`."""

    def __init__(self, per_second: float, burst: float, clock: Callable[[], float]) -> None:
        """Make full buckets.

        Args:
            per_second: how many tries come back in a second.
            burst: how many a bucket holds.
            clock: seconds, of a clock that never jumps.
        """
        self._per_second = per_second
        self._burst = burst
        self._clock = clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tries left, and when that was

    def take(self, name: str) -> bool:
        """Take a try out of a name's bucket; False if it is empty."""
        now = self._clock()
        left, at = self._left.pop(name, (self._burst, now))
        left = min(self._burst, left + (now - at) * self._per_second)
        is_allowed = left >= 1
        self._left[name] = (left - 1 if is_allowed else left, now)
        if len(self._left) > MOST:
            self._left.popitem(last=False)
        return is_allowed
