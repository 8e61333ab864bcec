"""Reading runs.

A view has every planned vector: with its concluded verdict, or its last attempt's (the driver was killed, or is still
running), or `not_run`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timezone
from typing import Any

from sqlalchemy import Connection, Row, func, select

from farm.core.secret_texts import without_secrets
from farm.core.verdicts import Reason, Verdict
from farm.store import schema
from farm.store.aliases import alias_of, beginnings_of, current_hash_of, current_id
from farm.store.board_ttnn import earlier_ttnn
from farm.store.records import BoardEventKind
from farm.store.sweep_specs import read_spec
from farm.store.view import (
    AttemptView,
    BoardEventView,
    BoardLogView,
    BoardView,
    RunHead,
    RunPart,
    RunView,
    VectorView,
    ttnn_versions,
)

NEVER_TRIED = "the run had not come to this vector"


def moment(seconds: float) -> datetime:
    """Return Unix seconds as a time in UTC."""
    return datetime.fromtimestamp(seconds, tz=timezone.utc)


def _head(row: Row[Any]) -> dict[str, Any]:
    spec, details = read_spec(row.suite, row.details)
    return {
        "id": row.id,
        "started": moment(row.started),
        "finished": None if row.finished is None else moment(row.finished),
        "ended": row.ended,
        "message": row.message,
        "command": without_secrets(row.command),
        "suite": row.suite,
        "farm_version": row.farm_version,
        "host": row.host,
        "spec": spec,
        "details": details,
    }


def read_heads(connection: Connection) -> list[RunHead]:
    """Read every run, newest first."""
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
    """Read a whole run; None if there is none of this id."""
    row = connection.execute(select(schema.runs).where(schema.runs.c.id == run_id)).one_or_none()
    if row is None:
        return None
    boards = _read_boards(connection, run_id)
    part = RunPart(**_head(row), ttnn_version=", ".join(ttnn_versions(boards)) or None, boards=boards)
    several = len(part.ttnn_versions) > 1
    return RunView(run=part, vectors=_read_vectors(connection, run_id, boards if several else ()))


def find_board(connection: Connection, run_id: str, board: str) -> Row[Any] | None:
    """Read the row of a run's board; None if there is none."""
    table = schema.boards
    return connection.execute(select(table).where(table.c.run_id == run_id, table.c.board == board)).one_or_none()


def _read_boards(connection: Connection, run_id: str) -> list[BoardView]:
    table = schema.board_events
    events: dict[str, list[BoardEventView]] = defaultdict(list)
    logs: dict[str, BoardLogView] = {}
    for row in connection.execute(select(table).where(table.c.run_id == run_id).order_by(table.c.at, table.c.id)):
        event = BoardEventView(at=moment(row.at), kind=row.kind, message=row.message, details=row.details)
        if event.kind is BoardEventKind.LOG:
            logs[row.board] = BoardLogView(**event.details)
        else:
            events[row.board].append(event)
    boards = schema.boards
    views = [
        BoardView(
            id=row.board,
            backend=row.backend,
            kind=row.kind,
            arch=row.arch,
            chips=row.chips,
            computes=row.computes,
            host=row.host,
            ttnn_version=row.ttnn_version,
            driver=_text(row.details.get("driver")),
            firmware=_text(row.details.get("firmware")),
            earlier_ttnn=list(earlier_ttnn(row.details)),
            details=row.details,
            events=events[row.board],
            log=logs.get(row.board),
        )
        for row in connection.execute(select(boards).where(boards.c.run_id == run_id))
    ]
    return sorted(views, key=lambda board: board.id)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _read_vectors(connection: Connection, run_id: str, boards: Iterable[BoardView]) -> list[VectorView]:
    """Read the vectors of a run; their attempts on these boards say which ttnn ran them."""
    by_id = {board.id: board for board in boards}
    attempts, vectors, verdicts = schema.attempts, schema.vectors, schema.verdicts
    history: dict[str, list[AttemptView]] = defaultdict(list)
    for row in connection.execute(
        select(attempts).where(attempts.c.run_id == run_id).order_by(attempts.c.vector_id, attempts.c.attempt)
    ):
        history[row.vector_id].append(
            AttemptView(
                number=row.attempt,
                board=row.board,
                ttnn_version=by_id[row.board].ttnn_at(row.started) if row.board in by_id else None,
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
    rows = connection.execute(
        select(vectors, current_hash_of(vectors), *beginnings_of(vectors))
        .outerjoin(schema.vector_aliases, alias_of(vectors))
        .where(vectors.c.run_id == run_id)
        .order_by(vectors.c.position)
    )
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
    # An attempt names the arguments that it left out by their parameters; the plan may only have positions.
    inexact = last.inexact if last and (last.inexact or last.verdict.good) else row.lost
    return VectorView(
        vector_id=row.vector_id,
        operation=row.operation,
        config_hash=row.config_hash,
        content_hash=row.content_hash,
        current_hash=row.current_hash,
        current_id=current_id(row.vector_id, row.beginning, row.current_beginning),
        verdict=verdict,
        reason=reason,
        inexact=inexact,
        message=message,
        board=last.board if last else None,
        ttnn_version=last.ttnn_version if last else None,
        attempts=len(history),
        seconds=sum(attempt.seconds for attempt in history),
        concluded=conclusion is not None,
        device_config=row.device_config,
        device_config_inferred=row.device_config_inferred,
        sources=row.sources,
        metrics=last.metrics if last else {},
        history=history,
    )


def find_run(connection: Connection, text: str) -> list[str]:
    """Read the ids of the runs that `text` names: an id, the beginning of ids, `last`, or `last~N`, N runs before."""
    runs = schema.runs
    newest_first = select(runs.c.id).order_by(runs.c.started.desc(), runs.c.id.desc())
    ids: list[str] = list(connection.scalars(newest_first))
    if (back := re.fullmatch(r"last(?:~(\d{1,9}))?", text)) and ids:
        return ids[int(back[1] or 0) :][:1]
    return [text] if text in ids else [run_id for run_id in ids if run_id.startswith(text)]


def read_operations(connection: Connection) -> list[str]:
    """Read every operation that any run planned, sorted."""
    return sorted(connection.scalars(select(schema.vectors.c.operation).distinct()))


def read_payload(connection: Connection, run_id: str, vector_id: str) -> dict[str, Any] | None:
    """Read the payload of a vector; None if there is no such vector."""
    vectors, configurations = schema.vectors, schema.configurations
    payload: dict[str, Any] | None = connection.scalar(
        select(configurations.c.payload)
        .join(vectors, vectors.c.configuration == configurations.c.hash)
        .where(vectors.c.run_id == run_id, vectors.c.vector_id == vector_id)
    )
    return payload


def read_payloads(connection: Connection, run_id: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Read the id and the payload of every vector of a run, in the plan's order."""
    vectors, configurations = schema.vectors, schema.configurations
    rows = connection.execute(
        select(vectors.c.vector_id, configurations.c.payload)
        .join(configurations, vectors.c.configuration == configurations.c.hash)
        .where(vectors.c.run_id == run_id)
        .order_by(vectors.c.position)
    )
    for row in rows:
        yield row.vector_id, row.payload
