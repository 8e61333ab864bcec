"""Which of a farm's boards a run is to use: the `--boards` of a sweep that has `--address`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from farm.board.kinds import kind_named
from farm.core.board import Board
from farm.core.errors import FarmError

ALL = "auto"
_ENTRY = re.compile(r"(?P<backend>silicon|sim|mock|fake)(:(?P<kind>[A-Za-z0-9-]+))?(\*(?P<count>[1-9][0-9]{0,8}))?")


@dataclass(frozen=True, slots=True)
class BoardSelector:
    """Boards of a backend and kind ("" for any), at most so many (None for all)."""

    backend: str
    kind: str = ""
    count: int | None = None

    def fits(self, board: Board) -> bool:
        """Whether a board is one of these."""
        return board.backend == self.backend and self.kind in ("", board.kind.name)


@dataclass(frozen=True, slots=True)
class Selection:
    """A run's boards; no wishes mean any board.

    >>> Selection.parse("mock:n300*2,silicon").wishes
    (BoardSelector(backend='mock', kind='n300', count=2), BoardSelector(backend='silicon', kind='', count=None))
    """

    wishes: tuple[BoardSelector, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Selection:
        """Reads `auto`, or a list such as `mock:n300*2,silicon`.

        Raises:
            FarmError: it reads as neither, or names an unknown kind.
        """
        if text.strip() == ALL:
            return cls()
        wishes = []
        for entry in text.split(","):
            match = _ENTRY.fullmatch(entry.strip())
            if match is None:
                raise FarmError(
                    f"--boards {text}: {entry.strip()!r} is neither auto nor backend:kind*count, such as mock:n300*2"
                )
            kind = kind_named(match["kind"]).name if match["kind"] else ""
            wishes.append(BoardSelector(match["backend"], kind, int(match["count"]) if match["count"] else None))
        return cls(tuple(wishes))

    def takes(self, board: Board, have: Iterable[Board] = ()) -> bool:
        """Whether a board is wanted, beside those that a run has."""
        if not self.wishes:
            return True
        boards = list(have)
        return any(
            wish.fits(board) and (wish.count is None or sum(map(wish.fits, boards)) < wish.count)
            for wish in self.wishes
        )

    def pick(self, boards: Iterable[Board]) -> list[Board]:
        """The wanted ones of some boards, in their order."""
        picked: list[Board] = []
        for board in boards:
            if self.takes(board, picked):
                picked.append(board)
        return picked
