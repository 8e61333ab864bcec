"""The boards of a farm that a run may use: the `--boards` of a sweep that has `--address`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from farm.board.selectors import BoardSelector, parse_boards
from farm.core.board import Board


@dataclass(frozen=True, slots=True)
class FarmSelection:
    """A run's choice of boards, which may join at any time.

    Attributes:
        selectors: boards must match one of these, each up to its count; without any, all boards are chosen.
    """

    selectors: tuple[BoardSelector, ...] = ()

    @classmethod
    def parse(cls, text: str) -> FarmSelection:
        """Parse the value of `--boards`.

        Raises:
            FarmError: see `parse_boards`.
        """
        return cls(parse_boards(text))

    def accepts(self, board: Board, present: Iterable[Board] = ()) -> bool:
        """Whether a run that has some boards takes another one."""
        if not self.selectors:
            return True
        boards = list(present)
        return any(
            selector.matches(board) and (selector.count is None or sum(map(selector.matches, boards)) < selector.count)
            for selector in self.selectors
        )

    def pick(self, boards: Iterable[Board]) -> list[Board]:
        """The chosen ones of some boards, in their order."""
        picked: list[Board] = []
        for board in boards:
            if self.accepts(board, picked):
                picked.append(board)
        return picked
