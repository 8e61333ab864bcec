"""The past: how vectors ended in earlier runs, and which runs planned the same."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime
from pathlib import PurePath

from pydantic import Field
from sqlalchemy import Connection, and_, func, or_, select

from farm.core.verdicts import Reason, Verdict
from farm.store import schema
from farm.store.aliases import alias_of, beginnings_of, current_id, has_number_of, of_same_configuration
from farm.store.board_ttnn import earlier_ttnn, ttnn_at
from farm.store.reading import moment, read_heads
from farm.store.sweep_specs import selected
from farm.store.view import Model, RunHead


class PastVector(Model):
    """How one vector ended in one run."""

    run_id: str
    started: datetime = Field(description="when the run started")
    vector_id: str = Field(description="as the run recorded it")
    current_id: str = Field(description="the vector's id as this farm computes it; another one only if it changed")
    operation: str
    verdict: Verdict
    reason: Reason
    seconds: float = Field(description="all attempts together")
    attempts: int
    kind: str = Field(description="of the board of the last attempt (mock:n300); empty if there was none")
    ttnn_version: str | None = Field(default=None, description="of that board's ttnn; null if none opened it")


class RunTally(Model):
    """A run's numbers: `planned`, and one per verdict that occurred."""

    run: RunHead
    counts: dict[str, int]


def _plan_key(run: RunHead, kinds: Sequence[str]) -> str:
    """Return what runs have in common that planned the same vectors for the same kinds of boards (`mock:n300`)."""
    recorded = run.recorded
    shard = recorded.shard.model_dump() if recorded.shard else None
    selection = None if run.spec is None else selected(run.spec)
    source = PurePath(recorded.master).name
    return json.dumps([run.suite, source, selection, shard, sorted(set(kinds))], sort_keys=True)


def read_similar_runs(connection: Connection, run_id: str, limit: int) -> list[RunTally]:
    """Read a run and the newest finished runs before it that planned the same, oldest first; at most `limit`."""
    heads = read_heads(connection)
    kinds: dict[str, list[str]] = defaultdict(list)
    boards = schema.boards
    for row in connection.execute(select(boards.c.run_id, boards.c.backend, boards.c.kind)):
        kinds[row.run_id].append(f"{row.backend}:{row.kind}")
    index = next((index for index, head in enumerate(heads) if head.id == run_id), None)
    if index is None:
        return []
    key = _plan_key(heads[index], kinds[run_id])
    similar = [heads[index]]
    for head in heads[index + 1 :]:
        if len(similar) == limit:
            break
        if head.finished is not None and _plan_key(head, kinds[head.id]) == key:
            similar.append(head)
    counts = _counts(connection, [head.id for head in similar])
    return [
        RunTally(run=head, counts={"planned": head.planned, **_ended(head, counts[head.id])}) for head in similar[::-1]
    ]


def read_past_vectors(
    connection: Connection, run_ids: Sequence[str], *, vector_id: str | None = None, operation: str | None = None
) -> list[PastVector]:
    """Read how vectors ended in some runs, in the order the runs started.

    Args:
        connection: the connection to read from.
        run_ids: the runs.
        vector_id: only vectors whose id begins with this: the recorded one, today's, or any that the same configuration
            had in another run. tt-metal's hash names its vectors, too.
        operation: only vectors of this operation.
    """
    vectors, attempts, verdicts, runs, boards = (
        schema.vectors,
        schema.attempts,
        schema.verdicts,
        schema.runs,
        schema.boards,
    )
    tried = (
        select(
            attempts.c.run_id,
            attempts.c.vector_id,
            func.sum(attempts.c.seconds).label("seconds"),
            func.max(attempts.c.attempt).label("last"),
            func.count().label("attempts"),
        )
        .where(attempts.c.run_id.in_(run_ids))
        .group_by(attempts.c.run_id, attempts.c.vector_id)
        .subquery()
    )
    same = and_(tried.c.run_id == vectors.c.run_id, tried.c.vector_id == vectors.c.vector_id)
    last = and_(
        attempts.c.run_id == tried.c.run_id,
        attempts.c.vector_id == tried.c.vector_id,
        attempts.c.attempt == tried.c.last,
    )
    statement = (
        select(
            vectors.c.run_id,
            vectors.c.vector_id,
            vectors.c.operation,
            *beginnings_of(vectors),
            runs.c.started,
            func.coalesce(verdicts.c.verdict, attempts.c.verdict, Verdict.NOT_RUN.value).label("verdict"),
            func.coalesce(verdicts.c.reason, attempts.c.reason, Reason.STOPPED.value).label("reason"),
            tried.c.seconds,
            tried.c.attempts,
            boards.c.backend,
            boards.c.kind,
            boards.c.ttnn_version,
            boards.c.details,
            attempts.c.started.label("tried_at"),
        )
        .join(runs, runs.c.id == vectors.c.run_id)
        .outerjoin(schema.vector_aliases, alias_of(vectors))
        .outerjoin(verdicts, and_(verdicts.c.run_id == vectors.c.run_id, verdicts.c.vector_id == vectors.c.vector_id))
        .outerjoin(tried, same)
        .outerjoin(attempts, last)
        .outerjoin(boards, and_(boards.c.run_id == attempts.c.run_id, boards.c.board == attempts.c.board))
        .where(vectors.c.run_id.in_(run_ids))
        .order_by(runs.c.started, vectors.c.position)
    )
    if vector_id is not None:
        is_alias = of_same_configuration(vectors, vector_id)
        begins = vectors.c.vector_id.startswith(vector_id, autoescape=True)
        statement = statement.add_columns(is_alias.label("is_alias"), vectors.c.config_hash)
        statement = statement.where(or_(begins, is_alias, vectors.c.config_hash == vector_id))
    if operation is not None:
        statement = statement.where(vectors.c.operation == operation)
    past = [
        PastVector(
            run_id=row.run_id,
            started=moment(row.started),
            vector_id=row.vector_id,
            current_id=current_id(row.vector_id, row.beginning, row.current_beginning),
            operation=row.operation,
            verdict=row.verdict,
            reason=row.reason,
            seconds=round(row.seconds or 0.0, 9),  # databases differ in the last bits of a sum
            attempts=row.attempts or 0,
            kind=f"{row.backend}:{row.kind}" if row.kind else "",
            ttnn_version=ttnn_at(row.tried_at, row.ttnn_version, earlier_ttnn(row.details)) if row.kind else None,
        )
        for row in connection.execute(statement)
        if vector_id is None
        or row.vector_id.startswith(vector_id)  # SQLite's LIKE ignores case
        or row.config_hash == vector_id
        or (row.is_alias and has_number_of(row.vector_id, vector_id))
    ]
    return sorted(past, key=lambda vector: (vector.started, vector.run_id))


def _counts(connection: Connection, run_ids: Sequence[str]) -> dict[str, Counter[str]]:
    verdicts = schema.verdicts
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    statement = select(verdicts.c.run_id, verdicts.c.verdict, func.count().label("count"))
    for row in connection.execute(
        statement.where(verdicts.c.run_id.in_(run_ids)).group_by(verdicts.c.run_id, verdicts.c.verdict)
    ):
        counts[row.run_id][row.verdict] = row._mapping["count"]  # noqa: SLF001 - SQLAlchemy's public name for it
    return counts


def _ended(head: RunHead, counts: Counter[str]) -> dict[str, int]:
    """Return a run's numbers by verdict; vectors without a verdict count as not run."""
    missing = head.planned - sum(counts.values())
    counts[Verdict.NOT_RUN.value] += missing
    return {verdict.value: counts[verdict.value] for verdict in Verdict if counts[verdict.value]}
