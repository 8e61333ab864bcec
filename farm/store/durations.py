"""How long vectors took in earlier runs, for the planner's estimates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from farm.core.verdicts import Verdict
from farm.store import schema
from farm.store.aliases import alias_of, current_hash_of

RUNS = 64
"""How many runs are read, newest first."""
OPENINGS = 32
"""How many openings of boards are read."""
MAX_NAMED = 500
"""Databases limit how many values a condition may name."""

_TIMED = [verdict.value for verdict in Verdict if verdict.traits.timed]


class Duration(NamedTuple):
    """The seconds of one attempt in an earlier run, and its backend and kind of board (`mock:n300`).

    The content hash is today's, whatever the run recorded.
    """

    content_hash: str
    operation: str
    kind: str
    seconds: float


def read_durations(
    connection: Connection, operations: Sequence[str], kinds: Sequence[str], most: int
) -> Iterator[Duration]:
    """Read attempts of some operations on some kinds of boards, newest runs first, about `most` at most."""
    runs, vectors, attempts, boards = schema.runs, schema.vectors, schema.attempts, schema.boards
    kind = (boards.c.backend + ":" + boards.c.kind).label("kind")
    newest = connection.scalars(select(runs.c.id).order_by(runs.c.started.desc()).limit(RUNS)).all()
    for run_id in newest:
        statement = (
            select(current_hash_of(vectors), vectors.c.operation, kind, attempts.c.seconds)
            .join(vectors, (vectors.c.run_id == attempts.c.run_id) & (vectors.c.vector_id == attempts.c.vector_id))
            .outerjoin(schema.vector_aliases, alias_of(vectors))
            .join(boards, (boards.c.run_id == attempts.c.run_id) & (boards.c.board == attempts.c.board))
            .where(attempts.c.run_id == run_id, attempts.c.verdict.in_(_TIMED), kind.in_(kinds))
            .limit(most)
        )
        if len(operations) <= MAX_NAMED:
            statement = statement.where(vectors.c.operation.in_(operations))
        for row in connection.execute(statement):
            most -= 1
            yield Duration(*row)
        if most <= 0:
            return


def read_openings(connection: Connection, kinds: Sequence[str]) -> list[float]:
    """Read how many seconds opening boards of some kinds took lately."""
    attempts, boards = schema.attempts, schema.boards
    kind = boards.c.backend + ":" + boards.c.kind
    newest = select(func.max(schema.runs.c.started)).scalar_subquery()
    last = connection.scalars(
        select(schema.runs.c.id).where(schema.runs.c.started <= newest).order_by(schema.runs.c.started.desc()).limit(4)
    ).all()
    seconds = attempts.c.details["open_seconds"].as_float()
    statement = (
        select(seconds)
        .join(boards, (boards.c.run_id == attempts.c.run_id) & (boards.c.board == attempts.c.board))
        .where(attempts.c.run_id.in_(last), kind.in_(kinds), seconds.is_not(None))
        .limit(OPENINGS)
    )
    return list(connection.scalars(statement))
