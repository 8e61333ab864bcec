"""Each vector on one kind of board: what another kind does with a call must not look like a change of ttnn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from farm.board.kinds import kind_of_traced_cards
from farm.core.errors import FarmError
from farm.planning.board_setup import BoardSetup

if TYPE_CHECKING:
    from farm.core.board import Board
    from farm.planning.sweep_plan import Planned
    from farm.planning.vectors import Vector


def pinned(planned: Planned) -> Planned:
    """A plan whose vectors can each run on one kind of board.

    Raises:
        FarmError: some of its boards compute numbers and others don't, so that they judge differently.
    """
    if len({board.computes for board in planned.boards}) > 1:
        raise FarmError(
            f"--boards {planned.spec.boards}: some of these compute numbers and some don't: name boards of one backend"
        )
    return replace(planned, vectors=[_pinned(vector, planned.boards) for vector in planned.vectors])


def board_for(vector: Vector, boards: Sequence[Board]) -> Board | None:
    """The board that a vector runs on: one of the kind that it was traced on, else the first that can run it."""
    able = [board for board in boards if board.kind.name in vector.kinds]
    traced = {kind_of_traced_cards(opening.series, opening.cards) for opening in vector.openings}
    return next((board for board in able if board.kind in traced), able[0] if able else None)


def _pinned(vector: Vector, boards: Sequence[Board]) -> Vector:
    board = board_for(vector, boards)
    if board is None:
        return vector
    kind = board.kind.name
    return replace(vector, setup=BoardSetup.uniform(vector.config_for(kind), (kind,)))
