"""Writing many rows: whole plans, and batches of results of which a bad one must not cost the others."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from itertools import count
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, Table, func, insert, select
from sqlalchemy.exc import OperationalError, StatementError

from farm.core.errors import StoreError
from farm.core.store_place import StorePlace
from farm.store import rows, schema
from farm.store.aliases import resolve_aliases
from farm.store.columns import json_text
from farm.store.inserts import insert_new
from farm.store.opening import store_errors
from farm.store.records import Plannable
from farm.store.rows import Row

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


def write_rows(engine: Engine, place: StorePlace, insertions: Sequence[Insertion]) -> None:
    """Insert rows in one transaction; if the database refuses it, insert each row in its own.

    Args:
        engine: one whose transactions write.
        place: where the store is.
        insertions: the rows.

    Raises:
        StoreError: a row was refused (the first such row is named), or the database can't be written at all.
    """
    insertions = [insertion for insertion in insertions if insertion.rows]
    if not insertions:
        return
    with store_errors(place):
        try:
            with engine.begin() as connection:
                for insertion in insertions:
                    connection.execute(insertion.statement(connection, insertion.table), insertion.rows)
            return
        except OperationalError:
            raise  # locked, full, gone: no row is to blame
        except StatementError:
            if sum(len(insertion.rows) for insertion in insertions) == 1:
                raise
    errors = [
        error
        for insertion in insertions
        for row in insertion.rows
        if (error := _refusal(engine, place, insertion, row)) is not None
    ]
    if errors:
        raise errors[0]


def _refusal(engine: Engine, place: StorePlace, insertion: Insertion, row: Row) -> StoreError | None:
    """Insert one row; return why the database refused it, None if it didn't."""
    try:
        with store_errors(place), engine.begin() as connection:
            connection.execute(insertion.statement(connection, insertion.table), row)
    except StoreError as error:
        subject = f"vector {row['vector_id']}" if "vector_id" in row else f"board {row['board']}"
        _LOG.warning("not recorded: %s of %s (%s)", insertion.table.name, subject, error)
        return StoreError(f"{error} ({subject})")
    return None
