"""Writing and reading runs."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count, islice
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

import platformdirs
from sqlalchemy import Connection, Engine, Table, delete, func, insert, inspect, select, update
from sqlalchemy.exc import OperationalError, StatementError

from farm.core.attempt import Attempt, Conclusion
from farm.core.errors import StoreError
from farm.store import dialect, rows, schema
from farm.store.columns import json_text
from farm.store.copying import copy_run
from farm.store.migrations import REVISION, read_revision, upgrade
from farm.store.past import PastVector, RunTally, read_alike, read_past
from farm.store.records import BoardEvent, Ended, Plannable, RunBoard, RunInfo
from farm.store.rows import Row
from farm.store.view import RunHead, RunView, read_heads, read_run

PLAN_CHUNK = 1000


def default_place() -> str:
    """Where results go unless told: FARM_STORE, else `farm.db` in the user's data directory."""
    return os.environ.get("FARM_STORE") or str(Path(platformdirs.user_data_dir("farm")) / "farm.db")


class Store:
    """A results store. Everything is on disk when a method returns. Threads and processes may share one.

    Every method raises StoreError when the database can't do it.
    """

    def __init__(self, engine: Engine, place: str) -> None:
        self.place = place
        self._reading = engine
        self._writing = engine.execution_options(**{dialect.WRITING: True})

    @classmethod
    def open(cls, place: str | Path | None = None, *, create: bool = True) -> Store:
        """Opens the store at a path (an SQLite file) or database URL; None means `default_place()`.

        Args:
            place: where it is.
            create: make it where there is none; otherwise that is an error.
        """
        text = str(place if place is not None else default_place())
        if not create and "://" not in text and not Path(text).expanduser().exists():
            raise StoreError(
                f"there is no results store at {text}: run `farm sweep` first, or name another with --store"
            )
        store = cls(dialect.open_engine(text), dialect.shown(text))
        try:
            store._prepare()
        except BaseException:
            store.close()
            raise
        return store

    def close(self) -> None:
        """Lets go of the database."""
        self._reading.dispose()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Runs

    def start_run(self, info: RunInfo) -> str:
        """Records a run and returns its id."""
        with self.writing() as connection:
            connection.execute(insert(schema.runs), rows.run_row(info))
        return info.id

    def finish_run(self, run_id: str, ended: Ended, *, finished: float, message: str = "") -> None:
        """Records that a run ended, how, and when (Unix seconds)."""
        statement = update(schema.runs).where(schema.runs.c.id == run_id)
        with self.writing() as connection:
            connection.execute(statement.values(finished=finished, ended=ended.value, message=message))

    def remove(self, run_id: str) -> None:
        """Removes a run and all that hangs off it; nothing where there is none."""
        with self.writing() as connection:
            for table in (schema.board_events, schema.verdicts, schema.attempts, schema.vectors, schema.boards):
                connection.execute(delete(table).where(table.c.run_id == run_id))
            connection.execute(delete(schema.runs).where(schema.runs.c.id == run_id))

    # Boards

    def board(self, run_id: str, board: RunBoard) -> None:
        """Records a board of a run, or what is now known of it."""
        with self.writing() as connection:
            connection.execute(dialect.insert_or_replace(connection, schema.boards), rows.board_row(run_id, board))

    def events(self, run_id: str, events: Sequence[BoardEvent]) -> None:
        """Records what happened to boards."""
        self.record(run_id, events=events)

    # Vectors and what came of them

    def plan(self, run_id: str, vectors: Iterable[Plannable]) -> int:
        """Records planned vectors, in order, and returns how many. May be called again with more.

        Vectors are taken in chunks, each durable before the next is asked for.

        Raises:
            StoreError: a vector id is planned already: ids must be unique, so that none is dropped.
        """
        remaining, planned = iter(vectors), 0
        while chunk := list(islice(remaining, PLAN_CHUNK)):
            self._plan_chunk(run_id, chunk)
            planned += len(chunk)
        return planned

    def record(
        self,
        run_id: str,
        attempts: Sequence[Attempt] = (),
        conclusions: Sequence[Conclusion] = (),
        events: Sequence[BoardEvent] = (),
    ) -> None:
        """Records what came of vectors and what happened to boards: all of it at once, or nothing.

        Where something of it can't be stored it doesn't cost the others, and each is recorded by itself.

        Args:
            run_id: the run.
            attempts: one that is there already is left as it was.
            conclusions: how vectors ended; the last one counts.
            events: of boards.

        Raises:
            StoreError: something can't be stored (its vector isn't planned, say); all else is.
        """
        self._write_each(
            [
                _Rows(dialect.insert_new, schema.attempts, [rows.attempt_row(run_id, each) for each in attempts]),
                _Rows(
                    dialect.insert_or_replace,
                    schema.verdicts,
                    [rows.conclusion_row(run_id, each) for each in conclusions],
                ),
                _Rows(dialect.insert_all, schema.board_events, [rows.event_row(run_id, each) for each in events]),
            ]
        )

    def conclude(self, run_id: str, conclusions: Sequence[Conclusion]) -> None:
        """Records how vectors ended; see `record`."""
        self.record(run_id, conclusions=conclusions)

    # Reading

    def runs(self) -> list[RunHead]:
        """Every run, newest first."""
        with self.reading() as connection:
            return read_heads(connection)

    def find(self, text: str) -> str:
        """The id of the run that `text` means: an id, the beginning of one, or `last`.

        Raises:
            StoreError: none or several match.
        """
        with self.reading() as connection:
            newest_first = select(schema.runs.c.id).order_by(schema.runs.c.started.desc(), schema.runs.c.id.desc())
            ids: list[str] = list(connection.scalars(newest_first))
        if text == "last" and ids:
            return ids[0]
        found = [text] if text in ids else [run_id for run_id in ids if run_id.startswith(text)]
        if len(found) == 1:
            return found[0]
        what = f"matches {len(found)} runs ({', '.join(found[:3])}, ...)" if found else "matches no run"
        raise StoreError(f"run {text!r} {what} of results store {self.place}: see `farm runs`")

    def head(self, run_id: str) -> RunHead:
        """What is known of a run in a line.

        Raises:
            StoreError: there is no such run.
        """
        for head in self.runs():
            if head.id == run_id:
                return head
        raise StoreError(f"there is no run {run_id!r} in results store {self.place}: see `farm runs`")

    def view(self, run_id: str) -> RunView:
        """Everything about a run.

        Raises:
            StoreError: there is no such run.
        """
        with self.reading() as connection:
            view = read_run(connection, run_id)
        if view is None:
            raise StoreError(f"there is no run {run_id!r} in results store {self.place}: see `farm runs`")
        return view

    def payload(self, run_id: str, vector_id: str) -> dict[str, Any]:
        """What the worker got for a vector.

        Raises:
            StoreError: there is no such vector.
        """
        vectors, configurations = schema.vectors, schema.configurations
        statement = (
            select(configurations.c.payload)
            .join(vectors, vectors.c.configuration == configurations.c.hash)
            .where(vectors.c.run_id == run_id, vectors.c.vector_id == vector_id)
        )
        with self.reading() as connection:
            payload: dict[str, Any] | None = connection.scalar(statement)
        if payload is None:
            raise StoreError(f"run {run_id} has no vector {vector_id!r}")
        return payload

    def payloads(self, run_id: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Every vector's id and what the worker got for it, in the plan's order."""
        vectors, configurations = schema.vectors, schema.configurations
        statement = (
            select(vectors.c.vector_id, configurations.c.payload)
            .join(configurations, vectors.c.configuration == configurations.c.hash)
            .where(vectors.c.run_id == run_id)
            .order_by(vectors.c.position)
        )
        with self.reading() as connection:
            for row in connection.execute(statement):
                yield row.vector_id, row.payload

    def operations(self) -> list[str]:
        """Every operation that any run planned, sorted."""
        with self.reading() as connection:
            return sorted(connection.scalars(select(schema.vectors.c.operation).distinct()))

    def alike(self, run_id: str, limit: int = 20) -> list[RunTally]:
        """A run and the newest finished ones before it of the same selection on the same kinds, oldest first."""
        with self.reading() as connection:
            return read_alike(connection, run_id, limit)

    def past(
        self, run_ids: Sequence[str], *, vector_id: str | None = None, operation: str | None = None
    ) -> list[PastVector]:
        """How vectors ended in some runs, oldest run first; only those of an id's beginning, or of an operation."""
        with self.reading() as connection:
            return read_past(connection, run_ids, vector_id=vector_id, operation=operation)

    # Connections

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only reads."""
        with dialect.speaking(self.place), self._reading.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that writes: all of it, or nothing."""
        with dialect.speaking(self.place), self._writing.begin() as connection:
            yield connection

    def copy_to(self, other: Store, run_id: str) -> None:
        """Copies a run to another store, replacing what that one has of it.

        Raises:
            StoreError: there is no such run.
        """
        self.head(run_id)
        with self.reading() as source, other.writing() as target:
            copy_run(source, target, run_id)

    # How it is done

    def _prepare(self) -> None:
        """Create the tables of a new store, migrate an older one, and refuse that of a newer farm."""
        with self.reading() as connection:
            revision = read_revision(connection)
        if revision is None or revision < REVISION:
            with dialect.speaking(self.place), dialect.migrating(self._writing) as connection:
                revision = read_revision(connection)  # another process may have been first
                if revision is None:
                    self._create(connection)
                elif revision < REVISION:
                    upgrade(connection, revision)
        if revision is not None and revision > REVISION:
            raise StoreError(
                f"results store {self.place} has schema revision {revision}, this farm knows {REVISION}: "
                "use the farm that wrote it, or name another with --store"
            )

    def _create(self, connection: Connection) -> None:
        if inspect(connection).get_table_names():
            raise StoreError(f"{self.place} is a database of something else: name another with --store")
        schema.metadata.create_all(connection)
        connection.execute(insert(schema.revision), {"version_num": REVISION})

    def _plan_chunk(self, run_id: str, chunk: list[Plannable]) -> None:
        texts = [json_text(vector.text) for vector in chunk]
        hashes = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
        payloads = dict(zip(hashes, texts, strict=True))
        with self.writing() as connection:
            position = connection.scalar(
                select(func.coalesce(func.max(schema.vectors.c.position) + 1, 0)).where(
                    schema.vectors.c.run_id == run_id
                )
            )
            connection.execute(
                dialect.insert_new(connection, schema.configurations),
                # in one order, so that two drivers never wait for each other's rows
                [{"hash": key, "payload": payload} for key, payload in sorted(payloads.items(), key=itemgetter(0))],
            )
            planned = zip(chunk, count(position or 0), hashes, strict=False)
            connection.execute(insert(schema.vectors), [rows.vector_row(run_id, *row) for row in planned])

    def _write_each(self, wanted: Iterable[_Rows]) -> None:
        """Writes rows in one transaction; if the database refuses it, each row in its own."""
        written = [each for each in wanted if each.rows]
        if not written:
            return
        with dialect.speaking(self.place):
            try:
                with self._writing.begin() as connection:
                    for each in written:
                        connection.execute(each.statement(connection, each.table), each.rows)
                return
            except OperationalError:
                raise  # locked, full, gone: no row is to blame
            except StatementError:
                if sum(len(each.rows) for each in written) == 1:
                    raise
        refused = [error for each in written for row in each.rows if (error := self._refusal(each, row))]
        if refused:
            raise refused[0]

    def _refusal(self, into: _Rows, row: Row) -> StoreError | None:
        """Writes one row; returns why it can't be written."""
        try:
            with self.writing() as connection:
                connection.execute(into.statement(connection, into.table), row)
        except StoreError as error:
            about = f"vector {row['vector_id']}" if "vector_id" in row else f"board {row['board']}"
            return StoreError(f"{error} ({about})")
        return None


class _Rows(NamedTuple):
    """Rows to be written, and the statement that writes them."""

    statement: Callable[[Connection, Table], Any]
    table: Table
    rows: list[Row]
