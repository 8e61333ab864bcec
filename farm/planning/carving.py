"""Which parts of a box a run uses: planned once, at its start, by the boards that its vectors can run on. No IO.

A vector that a part can run is best run on the smallest such part, so that others run beside it. The largest parts that
are needed are laid out first, as many as their share of the estimated seconds asks for, at least one; the rest of the
box is split further for the vectors that need less, which may run on the larger parts, too. Vectors that only the whole
box can run come last: the box is one board once its parts have nothing left to do.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from farm.core.board import Board
from farm.planning.estimates import Estimates
from farm.planning.vectors import Vector


@dataclass(frozen=True, slots=True)
class Demand:
    """What vectors need that the same kinds of boards can run.

    Attributes:
        kinds: the names of these kinds.
        seconds: how long the vectors take together.
    """

    kinds: frozenset[str]
    seconds: float


def demands_of(vectors: Iterable[Vector], estimates: Estimates) -> list[Demand]:
    """What the vectors of a run need."""
    seconds: defaultdict[frozenset[str], float] = defaultdict(float)
    for vector in vectors:
        if vector.unrunnable is None:
            seconds[vector.kinds] += estimates.of(vector).seconds * vector.number
    return [Demand(kinds, each) for kinds, each in seconds.items()]


def shares_any(boards: Collection[Board]) -> bool:
    """Whether some boards share chips, so that a run must choose among them."""
    names = [(board.host, chip) for board in boards for chip in board.chips]
    return len({*names}) < len(names)


def chosen_boards(boards: Sequence[Board], demands: Collection[Demand]) -> list[Board]:
    """The boards that a run uses, of boxes and the parts that they can be split into.

    Args:
        boards: what it may use; those that share no chip are all used.
        demands: what its vectors need.

    Returns:
        The chosen boards in their order. No two parts of a box share chips; a box that is used whole after its parts
        follows them.
    """
    chosen: list[Board] = []
    for group in _sharing(boards):
        chosen += _of_box(group, demands) if len(group) > 1 else group
    return chosen


def _sharing(boards: Sequence[Board]) -> list[list[Board]]:
    """The boards in groups that share chips with no other group."""
    groups: list[list[Board]] = []
    for board in boards:
        joined = [each for each in groups if any(map(board.shares_chips, each))]
        groups = [each for each in groups if each not in joined]
        groups.append([*(member for group in joined for member in group), board])
    order = {board.id: number for number, board in enumerate(boards)}
    return sorted(groups, key=lambda group: min(order[board.id] for board in group))


def _of_box(boards: Sequence[Board], demands: Collection[Demand]) -> list[Board]:
    """The boards of one box that a run uses: parts, and the box itself if some vectors need it."""
    wholes = [board for board in boards if not board.box]
    sizes = {board.kind.name: board.kind.chips for board in boards}
    parts_by_kind: dict[str, list[Board]] = {}
    for board in sorted((each for each in boards if each.box), key=lambda each: (-each.kind.chips, each.kind.name)):
        parts_by_kind.setdefault(board.kind.name, []).append(board)
    weights: defaultdict[str, float] = defaultdict(float)
    whole_needed = False
    for demand in demands:
        fitting = [kind for kind in parts_by_kind if kind in demand.kinds]
        if fitting:
            weights[min(fitting, key=lambda kind: (sizes[kind], kind))] += demand.seconds
        else:
            whole_needed = whole_needed or any(board.kind.name in demand.kinds for board in wholes)
    parts = _laid_out({kind: parts_by_kind[kind] for kind in parts_by_kind if kind in weights}, weights)
    present = {part.kind.name for part in parts}
    unserved = any(not present & demand.kinds for demand in demands)
    return [*parts, *(wholes if whole_needed or unserved or not parts else ())]


def _laid_out(by_kind: Mapping[str, Sequence[Board]], weights: Mapping[str, float]) -> list[Board]:
    """Disjoint parts, the largest kinds first.

    Args:
        by_kind: the parts of each kind that is needed, the largest first.
        weights: the seconds of the vectors whose smallest part is of a kind.
    """
    chosen: list[Board] = []
    kinds = list(by_kind)
    for index, kind in enumerate(kinds):
        free = [part for part in by_kind[kind] if not any(map(part.shares_chips, chosen))]
        later = [other for other in kinds[index + 1 :] if _fits_beside(by_kind[other], free)]
        rest = sum(weights[other] for other in later)
        share = weights[kind] / (weights[kind] + rest) if weights[kind] + rest else 1.0
        count = len(free) if not later else max(1, min(len(free) - 1, math.floor(len(free) * share + 0.5)))
        chosen += free[:count]
    return chosen


def _fits_beside(parts: Iterable[Board], free: Sequence[Board]) -> bool:
    """Whether one of some smaller parts lies in the last of the larger ones, which may be split for it."""
    return len(free) > 1 and any({*part.chips} <= {*free[-1].chips} for part in parts)
