"""A plan, told before it is run: what, on which boards, and about how long."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from farm.boards.base import Board
from farm.report.tally import duration
from farm.vectors import Vector

USUAL_SECONDS = 0.02
"""What a vector is taken to cost that has never been run."""


def plan_lines(vectors: Sequence[Vector], boards: Sequence[Board], past: Mapping[str, float]) -> Iterator[str]:
    """A plan in lines.

    Args:
        vectors: what would be run.
        boards: where.
        past: the seconds that vectors have taken before, by content hash.
    """
    runnable = [vector for vector in vectors if vector.unrunnable is None]
    counts = Counter((vector.operation, str(vector.payload.get("suite", "model_traced"))) for vector in runnable)
    for (operation, suite), count in counts.items():
        yield f"{count:8}  {operation}  {suite}"
    for reason, count in Counter(vector.unrunnable[0].value for vector in vectors if vector.unrunnable).items():
        yield f"{count:8}  not to be run: {reason}"
    for vector in vectors:
        if vector.unrunnable is not None and vector.unrunnable[0].value == "broken_module":
            yield f"          {vector.unrunnable[1]}"
    configs = Counter(vector.device_config for vector in runnable)
    able = [board for board in boards if any(board.kind.name in vector.kinds for vector in runnable)]
    seconds = sum(past.get(vector.content_hash, USUAL_SECONDS) for vector in runnable) / max(len(able), 1)
    known = sum(vector.content_hash in past for vector in runnable)
    ways = f"{len(configs)} way{'' if len(configs) == 1 else 's'}"
    yield (
        f"{len(runnable)} vectors on {len(able)} board{'' if len(able) == 1 else 's'}, opened in {ways}: about "
        f"{duration(seconds)} once the boards are open ({known} of them have been timed before)"
    )
