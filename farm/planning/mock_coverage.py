"""Mock boards of every kind that a plan needs, if the user named no boards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from farm.board.backends import backend_of
from farm.board.kinds import KINDS, kind_of_traced_cards
from farm.core.board import Board, BoardKind
from farm.core.verdicts import Reason

if TYPE_CHECKING:
    from farm.planning.vectors import Vector

Plan = Callable[[Iterable[BoardKind]], "Sequence[Vector]"]


def add_needed_mocks(
    boards: Sequence[Board], plan: Plan, planned: Sequence[Vector] | None = None
) -> tuple[list[Board], Sequence[Vector]]:
    """Add a mock board of each kind that some vector can't run without.

    The kind on which the most vectors were traced comes first; of equal ones, that which serves the most, then the
    smallest, then the first in the table of kinds.

    Args:
        boards: the boards so far.
        plan: plans the vectors for boards of some kinds.
        planned: the plan for `boards`, if it was made already.

    Returns:
        All boards, and the vectors planned for them.
    """
    boards = list(boards)
    kinds = list(dict.fromkeys(board.kind for board in boards))
    vectors = plan(kinds) if planned is None else planned
    while unserved := {vector.id for vector in vectors if _unserved(vector)}:
        served, traced = _possible_kinds(vector for vector in plan(KINDS.values()) if vector.id in unserved)
        missing = [kind for kind in KINDS.values() if kind not in kinds and served[kind.name]]
        if not missing:
            break  # no kind at all can run them, and the report says so
        kinds.append(max(missing, key=lambda kind: (traced[kind.name], served[kind.name], -kind.chips)))
        boards += (_opened_like(boards[0], each) for each in backend_of(boards[0]).boards(kinds[-1]))
        vectors = plan(kinds)
    return boards, vectors


def _opened_like(first: Board, board: Board) -> Board:
    """The board, opened by the interpreter of the first one and with what its environment has for measurements."""
    return replace(board, python=first.python, environment={**first.environment, **board.environment})


def _unserved(vector: Vector) -> bool:
    return vector.unrunnable is not None and vector.unrunnable.reason is Reason.UNSATISFIABLE


def _possible_kinds(vectors: Iterable[Vector]) -> tuple[Counter[str], Counter[str]]:
    """The number of vectors that each kind serves, and of those traced on it."""
    served: Counter[str] = Counter()
    traced: Counter[str] = Counter()
    for vector in vectors:
        served.update(vector.kinds)
        kinds = (kind_of_traced_cards(each.series, each.cards) for each in vector.openings)
        traced.update({kind.name for kind in kinds if kind is not None})
    return served, traced
