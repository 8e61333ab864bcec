"""The vectors that still have to be sent to a worker."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

from farm.board.protocol import LookAhead
from farm.core.payload import EncodedVector


class Feed:
    """The vectors of a call in order, followed by those of the next call once they are known."""

    def __init__(
        self,
        vectors: Iterable[EncodedVector],
        look_ahead: LookAhead,
        accepts: Callable[[EncodedVector], bool],
        already_sent: int,
    ) -> None:
        """Begin with a call's vectors.

        Args:
            vectors: the vectors of this call.
            look_ahead: returns those of the next call; not called again once it returned any.
            accepts: whether the process should run a vector.
            already_sent: how many of the accepted vectors were sent before.
        """
        self._waiting = deque(filter(accepts, vectors))
        for _ in range(already_sent):
            self._waiting.popleft()
        self._look_ahead: LookAhead | None = look_ahead
        self._accepts = accepts

    def take(self, limit: int) -> list[EncodedVector]:
        """Take the next vectors for the process, at most `limit`; empty if there are none yet."""
        if not self._waiting and self._look_ahead:
            self._waiting.extend(filter(self._accepts, self._look_ahead()))
            if self._waiting:
                self._look_ahead = None
        return [self._waiting.popleft() for _ in range(min(limit, len(self._waiting)))]
