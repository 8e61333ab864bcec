"""Writing many rows: whole plans, and batches of results of which a bad one must not cost the others."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from itertools import count
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, func, insert, select, update

from farm.core.attempt import Attempt, Conclusion
from farm.core.errors import RowRefused, StoreError
from farm.core.store_place import StorePlace
from farm.store import rows, schema
from farm.store.aliases import resolve_aliases
from farm.store.columns import json_text
from farm.store.inserts import insert_all, insert_new, insert_or_replace
from farm.store.opening import store_errors
from farm.store.reading import find_board
from farm.store.records import Batch, BoardEvent, Plannable, RunBoard, RunEnd
from farm.store.rows import Row

Transactions = Callable[[], AbstractContextManager[Connection]]
"""Opens a transaction that writes."""

_LOG = logging.getLogger(__name__)


class Insertion(NamedTuple):
    """Rows to insert, and what makes the statement that inserts them."""

    statement: Callable[[Connection, Table], Any]
    table: Table
    rows: list[Row]


def next_position(connection: Connection, run_id: str) -> int:
    """Return the position of the next vector in the plan of a run, from 0."""
    table = schema.vectors
    return connection.scalar(select(func.max(table.c.position) + 1).where(table.c.run_id == run_id)) or 0


def plan_vectors(connection: Connection, run_id: str, vectors: Sequence[Plannable], position: int) -> None:
    """Insert planned vectors from a position on; payloads that other vectors share are stored once.

    Vectors that an earlier version of farm recorded under other hashes are linked to the new ones.
    """
    texts = [json_text(vector.text) for vector in vectors]
    hashes = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
    payloads = dict(zip(hashes, texts, strict=True))
    connection.execute(
        insert_new(connection, schema.configurations),
        # sorted, so that two drivers never wait for each other's rows
        [{"hash": key, "payload": payload} for key, payload in sorted(payloads.items(), key=itemgetter(0))],
    )
    planned = zip(vectors, count(position), hashes, strict=False)
    connection.execute(insert(schema.vectors), [rows.vector_row(run_id, *row) for row in planned])
    resolve_aliases(connection, vectors)


def insertions_of(
    run_id: str,
    attempts: Sequence[Attempt] = (),
    conclusions: Sequence[Conclusion] = (),
    events: Sequence[BoardEvent] = (),
) -> list[Insertion]:
    """Return the rows of results; attempts that exist are left as they are, verdicts are replaced."""
    return [
        Insertion(insert_new, schema.attempts, [rows.attempt_row(run_id, each) for each in attempts]),
        Insertion(insert_or_replace, schema.verdicts, [rows.conclusion_row(run_id, each) for each in conclusions]),
        Insertion(insert_all, schema.board_events, [rows.event_row(run_id, each) for each in events]),
    ]


def insert_board(connection: Connection, run_id: str, board: RunBoard) -> None:
    """Insert or replace a board; the versions of ttnn that opened it before are kept."""
    row = rows.board_row(run_id, board, replaced=find_board(connection, run_id, board.board.id))
    connection.execute(insert_or_replace(connection, schema.boards), row)


def insert_batch(connection: Connection, run_id: str, batch: Batch) -> None:
    """Insert all of a batch that an earlier driver could not record."""
    for board in batch.boards:
        insert_board(connection, run_id, board)
    insertions = insertions_of(run_id, batch.attempts, batch.conclusions, batch.events)
    insert_rows(connection, [insertion for insertion in insertions if insertion.rows])
    if batch.end is not None:
        connection.execute(end_of_run(run_id, batch.end))


def end_of_run(run_id: str, end: RunEnd) -> Any:
    """Return the statement that records the end of a run."""
    values = {"finished": end.finished, "ended": end.ended.value, "message": end.message}
    return update(schema.runs).where(schema.runs.c.id == run_id).values(values)


def write_rows(
    writing: Transactions,
    place: StorePlace,
    insertions: Sequence[Insertion],
    begin: Callable[[Connection], bool] = lambda _: True,
) -> None:
    """Insert rows in one transaction; if the database refuses one, leave out the rows of its vector alone.

    A vector whose attempt is refused gets no verdict either: a verdict always follows from recorded attempts.

    Args:
        writing: opens a transaction that writes.
        place: where the store is.
        insertions: the rows.
        begin: called in the transaction before the rows are inserted; False if they have been.

    Raises:
        StoreError: a row was refused (the first such row is named), or the database can't be written at all.
    """
    insertions = [insertion for insertion in insertions if insertion.rows]
    if not insertions:
        return
    try:
        with writing() as connection:
            if begin(connection):
                insert_rows(connection, insertions)
        return
    except RowRefused:
        parts = _parts(insertions)
        if len(parts) == 1:
            raise
    errors: list[StoreError] = []
    with writing() as connection:
        if begin(connection):
            errors = [error for part in parts if (error := _refusal(connection, place, part)) is not None]
    if errors:
        raise errors[0]


def insert_rows(connection: Connection, insertions: Sequence[Insertion]) -> None:
    """Insert rows in a transaction."""
    for insertion in insertions:
        connection.execute(insertion.statement(connection, insertion.table), insertion.rows)


def _parts(insertions: Sequence[Insertion]) -> list[list[Insertion]]:
    """Divide rows into the smallest parts that belong together: all of one vector, or one event of a board."""
    vectors: dict[str, list[Insertion]] = {}
    others: list[list[Insertion]] = []
    for insertion in insertions:
        for row in insertion.rows:
            single = insertion._replace(rows=[row])
            if "vector_id" in insertion.table.c:
                vectors.setdefault(row["vector_id"], []).append(single)
            else:
                others.append([single])
    return [*vectors.values(), *others]


def _refusal(connection: Connection, place: StorePlace, part: Sequence[Insertion]) -> StoreError | None:
    """Insert rows that belong together; return why the database refused them, None if it didn't."""
    try:
        with store_errors(place), connection.begin_nested():
            insert_rows(connection, part)
    except RowRefused as error:
        row = part[0].rows[0]
        subject = f"vector {row['vector_id']}" if "vector_id" in part[0].table.c else f"board {row['board']}"
        _LOG.warning("not recorded: %s of %s (%s)", part[0].table.name, subject, error)
        return StoreError(f"{error} ({subject})")
    return None
