"""Writing many rows: whole plans, and batches of results of which a bad one must not cost the others."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from itertools import count
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, func, insert, select

from farm.core.errors import RowRefused, StoreError
from farm.store import rows, schema
from farm.store.aliases import resolve_aliases
from farm.store.columns import json_text
from farm.store.inserts import insert_new
from farm.store.records import Plannable
from farm.store.rows import Row

Transactions = Callable[[], AbstractContextManager[Connection]]
"""Opens a transaction that writes."""

_LOG = logging.getLogger(__name__)


class Insertion(NamedTuple):
    """Rows to insert, and what makes the statement that inserts them."""

    statement: Callable[[Connection, Table], Any]
    table: Table
    rows: list[Row]


def plan_vectors(connection: Connection, run_id: str, vectors: Sequence[Plannable]) -> None:
    """Insert planned vectors after those that the run has; payloads that other vectors share are stored once.

    Vectors that an earlier version of farm recorded under other hashes are linked to the new ones.
    """
    texts = [json_text(vector.text) for vector in vectors]
    hashes = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
    payloads = dict(zip(hashes, texts, strict=True))
    table = schema.vectors
    position = connection.scalar(
        select(func.coalesce(func.max(table.c.position) + 1, 0)).where(table.c.run_id == run_id)
    )
    connection.execute(
        insert_new(connection, schema.configurations),
        # sorted, so that two drivers never wait for each other's rows
        [{"hash": key, "payload": payload} for key, payload in sorted(payloads.items(), key=itemgetter(0))],
    )
    planned = zip(vectors, count(position or 0), hashes, strict=False)
    connection.execute(insert(table), [rows.vector_row(run_id, *row) for row in planned])
    resolve_aliases(connection, vectors)


def write_rows(writing: Transactions, insertions: Sequence[Insertion]) -> None:
    """Insert rows in one transaction; if the database refuses one, insert the rows of each vector in their own.

    A vector whose attempt is refused gets no verdict either: a verdict always follows from recorded attempts.

    Args:
        writing: opens a transaction that writes.
        insertions: the rows.

    Raises:
        StoreError: a row was refused (the first such row is named), or the database can't be written at all.
    """
    insertions = [insertion for insertion in insertions if insertion.rows]
    if not insertions:
        return
    try:
        with writing() as connection:
            _insert(connection, insertions)
        return
    except RowRefused:
        parts = _parts(insertions)
        if len(parts) == 1:
            raise
    errors = [error for part in parts if (error := _refusal(writing, part)) is not None]
    if errors:
        raise errors[0]


def _insert(connection: Connection, insertions: Sequence[Insertion]) -> None:
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


def _refusal(writing: Transactions, part: Sequence[Insertion]) -> StoreError | None:
    """Insert rows that belong together; return why the database refused them, None if it didn't."""
    try:
        with writing() as connection:
            _insert(connection, part)
    except StoreError as error:
        row = part[0].rows[0]
        subject = f"vector {row['vector_id']}" if "vector_id" in part[0].table.c else f"board {row['board']}"
        _LOG.warning("not recorded: %s of %s (%s)", part[0].table.name, subject, error)
        return StoreError(f"{error} ({subject})")
    return None
