"""A plan's vectors, placed again for boards of other kinds: nothing is read or encoded again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from farm.core.board import BoardKind
from farm.core.verdicts import Reason
from farm.planning.placement import Placements
from farm.planning.spool import spooled
from farm.planning.vectors import Vector


def placed_again(vectors: Iterable[Vector], kinds: Iterable[BoardKind]) -> Sequence[Vector]:
    """Return the vectors with how boards of these kinds, and no others, are opened for them.

    A vector that can't run for another reason than its boards stays as it is.
    """
    placements = Placements(kinds)
    return spooled(_placed(vector, placements) if _may_run(vector) else vector for vector in vectors)


def _may_run(vector: Vector) -> bool:
    return vector.unrunnable is None or vector.unrunnable.reason is Reason.UNSATISFIABLE


def _placed(vector: Vector, placements: Placements) -> Vector:
    placement = placements.find(vector.needs, vector.openings)
    return replace(vector, device_config=placement.config, setup=placement.setup, unrunnable=placement.unrunnable)
