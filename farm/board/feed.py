"""The vectors that still have to be sent to a worker."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from itertools import islice

from farm.board.protocol import LookAhead
from farm.core.frames import MAX_BODY_BYTES
from farm.core.payload import EncodedVector

LONGEST_TEXTS = MAX_BODY_BYTES - 1024
"""The bytes of the vectors of one request: the rest of a frame is for what is around them."""


def text_bytes(texts: Iterable[str]) -> int:
    """The bytes of texts, at most, in a request: exact where they might be too many."""
    texts = list(texts)
    most = 4 * sum(map(len, texts))  # in UTF-8
    return most if most <= LONGEST_TEXTS else sum(len(text.encode()) for text in texts)


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
        """Take the next vectors for the process, at most `limit` and what one request can hold; empty without any."""
        if not self._waiting and self._look_ahead:
            self._waiting.extend(filter(self._accepts, self._look_ahead()))
            if self._waiting:
                self._look_ahead = None
        piece = list(islice(self._waiting, limit))
        if text_bytes(vector.text for vector in piece) > LONGEST_TEXTS:
            piece = piece[:1]
        for _ in piece:
            self._waiting.popleft()
        return piece
