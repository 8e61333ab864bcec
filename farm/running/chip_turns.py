"""The turns of a run's boards that share chips: a box waits until all of its parts have been given up. No IO."""

from __future__ import annotations

from collections.abc import Callable

from farm.core.board import Board


class ChipTurns:
    """Which boards of a run may be started, so that no chip is in two of them at once.

    Boards take turns in the order in which they were added.
    """

    def __init__(self) -> None:
        self._active: dict[str, Board] = {}
        self._waiting: dict[str, Board] = {}

    def begin(self, board: Board) -> bool:
        """Add a board; return whether it may be started now."""
        ahead = [*self._active.values(), *self._waiting.values()]
        if any(map(board.shares_chips, ahead)):
            self._waiting[board.id] = board
            return False
        self._active[board.id] = board
        return True

    def end(self, board: str) -> list[Board]:
        """Take away a board that was given up; return those that may be started in its place."""
        self._active.pop(board, None)
        self._waiting.pop(board, None)
        waiting, self._waiting = self._waiting, {}
        return [each for each in waiting.values() if self.begin(each)]

    def finished(self, is_idle: Callable[[str], bool]) -> list[Board]:
        """The boards that others wait for and that have nothing left to do, if that holds for all that one waits for.

        Args:
            is_idle: whether a board runs nothing, and nothing waits that it may run.
        """
        finished: dict[str, Board] = {}
        for waiting in self._waiting.values():
            ahead = [each for each in self._active.values() if waiting.shares_chips(each)]
            if all(is_idle(each.id) for each in ahead):
                finished |= {each.id: each for each in ahead}
        return list(finished.values())
