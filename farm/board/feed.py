"""What a worker is yet to be given."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

from farm.board.protocol import LookAhead
from farm.core.payload import EncodedVector


class Feed:
    """The vectors of a call in order, and behind them those of the next one, once they are known."""

    def __init__(
        self, parcels: Iterable[EncodedVector], behind: LookAhead, wanted: Callable[[EncodedVector], bool], given: int
    ) -> None:
        """Begins with a call's vectors.

        Args:
            parcels: of this call.
            behind: tells those of the next; asked no more once it did.
            wanted: whether the process is to run a vector at all.
            given: how many of those wanted it was given before.
        """
        self._waiting = deque(filter(wanted, parcels))
        for _ in range(given):
            self._waiting.popleft()
        self._behind: LookAhead | None = behind
        self._wanted = wanted

    def piece(self, most: int) -> list[EncodedVector]:
        """The next vectors that the process is to be given, at most so many; empty where there are none yet."""
        if not self._waiting and self._behind:
            self._waiting.extend(filter(self._wanted, self._behind()))
            if self._waiting:
                self._behind = None
        return [self._waiting.popleft() for _ in range(min(most, len(self._waiting)))]
