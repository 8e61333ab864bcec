"""The ready boards that may get another batch."""

from __future__ import annotations


class BoardQueue:
    """Ready boards, the longest waiting first; apart from them, those for which there was no work.

    Both are dictionaries for their order; their values mean nothing.
    """

    def __init__(self) -> None:
        self._hungry: dict[str, None] = {}
        self._starved: dict[str, None] = {}

    def put(self, board: str) -> None:
        """Append a board that may get another batch."""
        self._hungry[board] = None

    def put_unless_starved(self, board: str) -> None:
        """Append a board, unless there was no work for it."""
        if board not in self._starved:
            self._hungry[board] = None

    def starve(self, board: str) -> None:
        """Set a board aside until `wake`: there is no work for it."""
        self._starved[board] = None

    def pop(self) -> str | None:
        """Take the first board; None without any."""
        if not self._hungry:
            return None
        board = next(iter(self._hungry))
        del self._hungry[board]
        return board

    def remove(self, board: str) -> None:
        """Forget a board."""
        self._hungry.pop(board, None)
        self._starved.pop(board, None)

    def wake(self) -> None:
        """Let boards for which there was no work look again."""
        if self._starved:
            self._hungry |= self._starved
            self._starved.clear()
