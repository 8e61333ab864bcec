"""A run as it reads: typed, complete, the one source of every report.

A vector that was planned is in it, always: with the verdict it was given, else its last attempt's (the driver was
killed, or is still running), else `not_run`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime, timezone
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, computed_field
from sqlalchemy import Connection, Row, func, select

from farm.core.verdicts import Reason, Verdict
from farm.store import schema
from farm.store.records import BoardEventKind, Ended

NEVER_TRIED = "the run had not come to this vector"


class Model(BaseModel):
    """What every part of a view has in common: read-only, nothing unknown in it."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")


class AttemptView(Model):
    """One try of one vector on one board."""

    number: int = Field(description="1 for the first")
    board: str = Field(description="the board's id")
    verdict: Verdict
    reason: Reason
    message: str
    started: datetime
    seconds: float
    inexact: list[str] = Field(description="arguments that the trace lost and that were left to their defaults")
    metrics: dict[str, float]
    details: dict[str, Any]


class VectorView(Model):
    """One planned vector and how it ended."""

    vector_id: str
    operation: str
    config_hash: str = Field(description="as tt-metal computes it")
    content_hash: str = Field(description="of operation and arguments, the same over runs")
    verdict: Verdict
    reason: Reason = Field(description="why, from a closed list; empty where the verdict says it all")
    inexact: list[str] = Field(description="arguments that the trace lost")
    message: str
    board: str | None = Field(description="where it was tried last; null if it never was")
    attempts: int = Field(description="how often it was tried")
    seconds: float = Field(description="all attempts together")
    concluded: bool = Field(description="false where the run hasn't given its verdict (yet)")
    device_config: dict[str, Any] = Field(description="how the board had to be opened")
    device_config_inferred: bool = Field(description="the trace didn't say how; it follows from the configuration")
    sources: list[str] = Field(description="the models it was seen in")
    metrics: dict[str, float] = Field(description="of the last attempt")
    history: list[AttemptView] = Field(description="every attempt, first to last")


class BoardEventView(Model):
    """Something that happened to a board."""

    at: datetime
    kind: BoardEventKind
    message: str
    details: dict[str, Any]


class BoardView(Model):
    """A board that took part."""

    id: str
    backend: str = Field(description="silicon, sim, mock or fake")
    kind: str
    arch: str
    chips: int
    computes: bool = Field(description="whether numbers come out; a mock only validates")
    host: str
    ttnn_version: str | None
    details: dict[str, Any]
    events: list[BoardEventView]


class Run(Model):
    """What is known of every run."""

    id: str
    started: datetime
    finished: datetime | None = Field(description="null while it runs, or if its driver was killed")
    ended: Ended | None
    message: str = Field(description="why it ended early")
    command: str
    suite: str
    farm_version: str
    host: str = Field(description="where the driver ran")
    details: dict[str, Any]


class RunHead(Run):
    """A run in a line."""

    planned: int


class RunPart(Run):
    """A run with its boards."""

    ttnn_version: str | None = Field(description="of the boards' processes; several are joined by a comma")
    boards: list[BoardView]


class RunView(Model):
    """A run: what was planned, how each vector ended, on which boards."""

    run: RunPart
    vectors: list[VectorView]

    @computed_field(description="planned, and one number per verdict; they add up")  # type: ignore[prop-decorator]
    @property
    def counts(self) -> dict[str, int]:
        """`planned`, and one number per verdict, zeros included; the verdicts add up to `planned`."""
        found = Counter(vector.verdict for vector in self.vectors)
        return {"planned": len(self.vectors), **{verdict.value: found[verdict] for verdict in Verdict}}

    @property
    def computes(self) -> bool:
        """Whether every board of the run computes numbers; on a mock, nothing is computed."""
        return all(board.computes for board in self.run.boards)


def moment(seconds: float) -> datetime:
    """Unix seconds as a time, UTC."""
    return datetime.fromtimestamp(seconds, tz=timezone.utc)


def _head(row: Row[Any]) -> dict[str, Any]:
    return {
        "id": row.id,
        "started": moment(row.started),
        "finished": None if row.finished is None else moment(row.finished),
        "ended": row.ended,
        "message": row.message,
        "command": row.command,
        "suite": row.suite,
        "farm_version": row.farm_version,
        "host": row.host,
        "details": row.details,
    }


def read_heads(connection: Connection) -> list[RunHead]:
    """Every run, newest first."""
    planned = (
        select(schema.vectors.c.run_id, func.count().label("planned")).group_by(schema.vectors.c.run_id).subquery()
    )
    rows = connection.execute(
        select(schema.runs, planned.c.planned).outerjoin(planned, planned.c.run_id == schema.runs.c.id)
    )
    heads = [RunHead(**_head(row), planned=row.planned or 0) for row in rows]
    # sorted here: databases differ in how they order text
    return sorted(heads, key=lambda head: (head.started, head.id), reverse=True)


def read_run(connection: Connection, run_id: str) -> RunView | None:
    """A whole run; None if there is none of this id."""
    row = connection.execute(select(schema.runs).where(schema.runs.c.id == run_id)).one_or_none()
    if row is None:
        return None
    boards = _read_boards(connection, run_id)
    versions = sorted({board.ttnn_version for board in boards if board.ttnn_version})
    part = RunPart(**_head(row), ttnn_version=", ".join(versions) or None, boards=boards)
    return RunView(run=part, vectors=_read_vectors(connection, run_id))


def _read_boards(connection: Connection, run_id: str) -> list[BoardView]:
    table = schema.board_events
    events: dict[str, list[BoardEventView]] = defaultdict(list)
    for row in connection.execute(select(table).where(table.c.run_id == run_id).order_by(table.c.at, table.c.id)):
        events[row.board].append(
            BoardEventView(at=moment(row.at), kind=row.kind, message=row.message, details=row.details)
        )
    boards = schema.boards
    found = [
        BoardView(
            id=row.board,
            backend=row.backend,
            kind=row.kind,
            arch=row.arch,
            chips=row.chips,
            computes=row.computes,
            host=row.host,
            ttnn_version=row.ttnn_version,
            details=row.details,
            events=events[row.board],
        )
        for row in connection.execute(select(boards).where(boards.c.run_id == run_id))
    ]
    return sorted(found, key=lambda board: board.id)


def _read_vectors(connection: Connection, run_id: str) -> list[VectorView]:
    attempts, vectors, verdicts = schema.attempts, schema.vectors, schema.verdicts
    history: dict[str, list[AttemptView]] = defaultdict(list)
    for row in connection.execute(
        select(attempts).where(attempts.c.run_id == run_id).order_by(attempts.c.vector_id, attempts.c.attempt)
    ):
        history[row.vector_id].append(
            AttemptView(
                number=row.attempt,
                board=row.board,
                verdict=row.verdict,
                reason=row.reason,
                message=row.message,
                started=moment(row.started),
                seconds=row.seconds,
                inexact=row.inexact,
                metrics=row.metrics,
                details=row.details,
            )
        )
    conclusions = {
        row.vector_id: row for row in connection.execute(select(verdicts).where(verdicts.c.run_id == run_id))
    }
    rows = connection.execute(select(vectors).where(vectors.c.run_id == run_id).order_by(vectors.c.position))
    return [_vector(row, conclusions.get(row.vector_id), history.get(row.vector_id, [])) for row in rows]


def _vector(row: Row[Any], conclusion: Row[Any] | None, history: list[AttemptView]) -> VectorView:
    last = history[-1] if history else None
    if conclusion is not None:
        verdict, reason = Verdict(conclusion.verdict), Reason(conclusion.reason)
        message = conclusion.message or (last.message if last else "")
    elif last is not None:
        verdict, reason, message = last.verdict, last.reason, last.message
    else:
        verdict, reason, message = Verdict.NOT_RUN, Reason.STOPPED, NEVER_TRIED
    # The attempt knows by its parameters' names what it had to leave out; the plan's names may be positions.
    inexact = last.inexact if last and (last.inexact or last.verdict.good) else row.lost
    return VectorView(
        vector_id=row.vector_id,
        operation=row.operation,
        config_hash=row.config_hash,
        content_hash=row.content_hash,
        verdict=verdict,
        reason=reason,
        inexact=inexact,
        message=message,
        board=last.board if last else None,
        attempts=len(history),
        seconds=sum(attempt.seconds for attempt in history),
        concluded=conclusion is not None,
        device_config=row.device_config,
        device_config_inferred=row.device_config_inferred,
        sources=row.sources,
        metrics=last.metrics if last else {},
        history=history,
    )
