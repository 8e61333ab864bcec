"""The line that a run prints before its first seconds, in which Ray and the boards start and nothing else is shown."""

from __future__ import annotations

from collections.abc import Sequence

from farm.core.board import Board
from farm.core.plain_words import counted
from farm.core.progress import Progress
from farm.core.sweep_spec import SweepSpec
from farm.planning.spool import kinds_of
from farm.planning.vectors import Vector


def note_start(spec: SweepSpec, boards: Sequence[Board], vectors: Sequence[Vector], progress: Progress) -> None:
    """Report what is about to start: the boards that some of the vectors can run on."""
    kinds = kinds_of(vectors)
    number = sum(board.kind.name in kinds for board in boards)
    if number:
        ray = "starting Ray" if spec.address is None else f"joining the farm at {spec.address}"
        progress.note(f"{ray}, then {counted(number, 'board')}")
