"""The ready boards that may get another batch."""

from __future__ import annotations


class BoardQueue:
    """Ready boards, the longest waiting first, and idle boards, for which there was no work.

    Both are dictionaries for their order; their values mean nothing.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, None] = {}
        self._idle: dict[str, None] = {}

    def put(self, board: str) -> None:
        """Append a board that may get another batch."""
        self._waiting[board] = None

    def put_unless_idle(self, board: str) -> None:
        """Append a board, unless there was no work for it."""
        if board not in self._idle:
            self._waiting[board] = None

    def set_idle(self, board: str) -> None:
        """Set a board aside until `wake`, since there is no work for it."""
        self._idle[board] = None

    def pop(self) -> str | None:
        """Take the first board; None without any."""
        if not self._waiting:
            return None
        board = next(iter(self._waiting))
        del self._waiting[board]
        return board

    def remove(self, board: str) -> None:
        """Forget a board."""
        self._waiting.pop(board, None)
        self._idle.pop(board, None)

    def wake(self) -> None:
        """Let boards for which there was no work look again."""
        if self._idle:
            self._waiting |= self._idle
            self._idle.clear()
