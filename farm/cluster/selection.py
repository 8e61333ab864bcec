"""The boards of a farm that a run may use: the `--boards` and `--ttnn` of a sweep that has `--address`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from farm.board.selectors import BoardSelector, parse_boards
from farm.core.board import AUTO, Board
from farm.core.ttnn_choice import TtnnChoice


@dataclass(frozen=True, slots=True)
class FarmSelection:
    """A run's choice of boards, which may join at any time.

    Attributes:
        selectors: boards must match one of these, each up to its count; without any, all boards are chosen.
        ttnn: the versions of ttnn that may open them.
        text: the value of `--boards`.
    """

    selectors: tuple[BoardSelector, ...] = ()
    ttnn: TtnnChoice = field(default_factory=TtnnChoice)
    text: str = AUTO

    @classmethod
    def parse(cls, text: str, ttnn: str | None = None) -> FarmSelection:
        """Parse the values of `--boards` and `--ttnn`.

        Raises:
            FarmError: see `parse_boards` and `TtnnChoice.parse`.
        """
        return cls(parse_boards(text), TtnnChoice() if ttnn is None else TtnnChoice.parse(ttnn), text)

    def accepts(self, board: Board, present: Iterable[Board] = ()) -> bool:
        """Whether a run that has some boards takes another one; never one that shares chips with them."""
        boards = list(present)
        return self._may_have(board, boards) and not any(map(board.shares_chips, boards))

    def pick(self, boards: Iterable[Board]) -> list[Board]:
        """The chosen ones of some boards, boxes before their parts.

        A box is there with its parts, for the run to choose from, unless the selectors name one of them.
        """
        picked: list[Board] = []
        for board in sorted(boards, key=lambda each: bool(each.box)):
            carves = not self.selectors or any(each.carves and each.matches(board) for each in self.selectors)
            if self._may_have(board, picked) if carves else self.accepts(board, picked):
                picked.append(board)
        return picked

    def _may_have(self, board: Board, boards: Sequence[Board]) -> bool:
        if not self.ttnn.accepts(board.ttnn):
            return False
        selectors = [selector for selector in self.selectors if selector.matches(board)]
        return not self.selectors or any(selector.has_room(board, boards) for selector in selectors)

    def left_out(self, boards: Iterable[Board]) -> Sequence[Board]:
        """The boards that only their version of ttnn keeps out of the run."""
        _, others = self.ttnn.split(boards)
        if not self.selectors:
            return others
        return [board for board in others if any(selector.matches(board) for selector in self.selectors)]
