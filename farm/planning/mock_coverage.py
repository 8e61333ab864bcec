"""The mock boards that are enough for a plan, where nobody said which to use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from farm.board.backends.mock import mock_boards
from farm.board.kinds import KINDS
from farm.core.board import Board, BoardKind
from farm.core.verdicts import Reason

if TYPE_CHECKING:
    from farm.planning.vectors import Vector

Plan = Callable[[Iterable[BoardKind]], "Sequence[Vector]"]


def add_needed_mocks(
    boards: Sequence[Board], plan: Plan, planned: Sequence[Vector] | None = None
) -> tuple[list[Board], Sequence[Vector]]:
    """Adds a mock board of each kind that some vector can't do without: those that serve most vectors, the smallest.

    Args:
        boards: what is there.
        plan: makes the vectors for the kinds of boards that are there.
        planned: what it makes for `boards`, where that is known already.

    Returns:
        All boards, and the vectors planned for them.
    """
    enough = list(boards)
    kinds = list(dict.fromkeys(board.kind for board in enough))
    vectors = plan(kinds) if planned is None else planned
    while unserved := {vector.id for vector in vectors if _unserved(vector)}:
        able = Counter(name for vector in plan(KINDS.values()) if vector.id in unserved for name in vector.kinds)
        missing = [KINDS[name] for name in able if KINDS[name] not in kinds]
        if not missing:
            break  # no kind there is can serve them, and the report says so
        kinds.append(max(missing, key=lambda kind: (able[kind.name], -kind.chips)))
        enough += mock_boards(kinds[-1], 1)
        vectors = plan(kinds)
    return enough, vectors


def _unserved(vector: Vector) -> bool:
    return vector.unrunnable is not None and vector.unrunnable[0] is Reason.UNSATISFIABLE
