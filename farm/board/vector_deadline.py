"""The time limit of a vector that has run before."""

from __future__ import annotations

from farm.core.board import Board
from farm.core.payload import EncodedVector


def with_deadline(vector: EncodedVector, board: Board, limit: float) -> EncodedVector:
    """Return the vector with the deadline from its earlier runs as its own limit, if that is sooner.

    Not on a board that computes: there, tt-metal's own timer, which knows the core that hangs, must expire first.

    Args:
        vector: the vector.
        board: the board that runs it.
        limit: the seconds that a vector without a limit of its own may take.
    """
    deadline = vector.deadline
    if deadline is None or vector.timeout or board.computes or deadline >= limit:
        return vector
    return vector._replace(timeout=deadline)
