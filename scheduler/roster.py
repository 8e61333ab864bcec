"""The boards of a run, and the keys they can take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable

from scheduler.board_record import BoardRecord
from scheduler.task import Resolution


class Roster:
    """The boards of a run by id, and how many of them can take each key.

    Attributes:
        boards: every board ever added, by id.
    """

    def __init__(self, fits: Callable[[Hashable, Hashable], bool]) -> None:
        """Start with no boards.

        Args:
            fits: whether a board of this kind can be set up for this key; asked once per pair.
        """
        self.boards: dict[str, BoardRecord] = {}
        self._fits = fits
        self._known_fits: dict[tuple[Hashable, Hashable], bool] = {}
        self._kinds: Counter[Hashable] = Counter()  # boards that take part, by kind
        self._refusing: Counter[Hashable] = Counter()  # of these, how many a key is kept from

    def add(self, board: BoardRecord) -> None:
        """Add a board, or replace one that left."""
        self.boards[board.id] = board
        self._kinds[board.kind] += 1

    def remove(self, board: BoardRecord) -> None:
        """Remove a board from the counts of those that may be given work."""
        self._kinds[board.kind] -= 1
        for key in board.refused:
            self._refusing[key] -= 1

    def refuse(self, board: BoardRecord, key: Hashable) -> None:
        """Keep a key from a board."""
        board.refused.add(key)
        self._refusing[key] += 1

    def fits(self, kind: Hashable, key: Hashable) -> bool:
        """Whether boards of this kind can be set up for this key."""
        fits = self._known_fits.get((kind, key))
        if fits is None:
            fits = self._known_fits[kind, key] = self._fits(kind, key)
        return fits

    def can_take(self, board: BoardRecord, key: Hashable) -> bool:
        """Whether this board may be given work of this key."""
        return board.state.takes_part and key not in board.refused and self.fits(board.kind, key)

    def able(self, key: Hashable) -> int:
        """Count the boards that may be given work of this key, starting ones included."""
        return sum(n for kind, n in self._kinds.items() if self.fits(kind, key)) - self._refusing[key]

    def why_none(self, key: Hashable) -> Resolution:
        """Return why no board can take this key."""
        fitting = [board for board in self.boards.values() if self.fits(board.kind, key)]
        if not fitting:
            return Resolution.UNSATISFIABLE
        return Resolution.REFUSED if any(key in board.refused for board in fitting) else Resolution.LOST
