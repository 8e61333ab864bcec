"""All that differs between databases: opening, transactions, inserts that meet an existing row, words for errors."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, insert, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from farm.core.errors import StoreError
from farm.store.columns import to_json

BUSY_SECONDS = 30
WRITING = "farm_writing"
MIGRATING = "farm_migrating"
SCHEMA_LOCK = 0x6661726D
"""Any number that every farm takes and nobody else."""

_INSERTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}

_ADVICE = {
    "database is locked": "is locked by another process: wait for it, or name another file with --store",
    "file is not a database": "is no results store (not an SQLite database): name another file with --store",
    "unable to open database file": "can't be opened: does its directory exist, and may you write there?",
    "attempt to write a readonly database": "is read-only: name a file you may write with --store",
    "database or disk is full": "can't grow: the disk is full",
}


@contextmanager
def speaking(place: str) -> Iterator[None]:
    """Turns a database's errors into a `StoreError` of one line that names the place."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        cause = str(getattr(error, "orig", None) or error).strip() or type(error).__name__
        line = cause.splitlines()[0]
        raise StoreError(f"results store {place} {_ADVICE.get(line, f'failed: {line}')}") from error


def shown(place: str | Path) -> str:
    """`place` as it may be printed: without the password of a URL."""
    text = str(place)
    try:
        return make_url(text).render_as_string(hide_password=True) if "://" in text else text
    except ArgumentError:
        return text


def open_engine(place: str | Path) -> Engine:
    """Makes the engine for a URL or a path of an SQLite file; its directory is made.

    Raises:
        StoreError: the URL is no database's, or its driver isn't installed.
    """
    text = str(place)
    try:
        url = (
            make_url(text) if "://" in text else URL.create("sqlite", database=str(Path(text).expanduser().absolute()))
        )
        arguments: dict[str, Any] = (
            {"connect_args": {"timeout": BUSY_SECONDS}} if _is_sqlite(url) else {"pool_pre_ping": True}
        )
        engine = create_engine(url, json_serializer=to_json, **arguments)
    except ModuleNotFoundError as error:
        raise StoreError(
            f"results store {shown(text)} needs the Python package {error.name}: pip install it"
        ) from error
    except (ArgumentError, NoSuchModuleError) as error:
        raise StoreError(f"results store {shown(text)} is neither a path nor the URL of a known database") from error
    if engine.dialect.name not in _INSERTS:
        raise StoreError(f"results store {shown(text)}: only SQLite and PostgreSQL are supported")
    if _is_sqlite(url):
        with speaking(shown(text)):
            if url.database:
                Path(url.database).parent.mkdir(parents=True, exist_ok=True)
            _prepare_sqlite(engine)
    return engine


def _is_sqlite(url: URL) -> bool:
    return url.get_backend_name() == "sqlite"


def _prepare_sqlite(engine: Engine) -> None:
    """Makes SQLite durable at every commit, readable while written, and strict about foreign keys."""

    @event.listens_for(engine, "connect")
    def _connected(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # the BEGIN is ours, below
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        options = connection.get_execution_options()
        if options.get(MIGRATING, False):
            # a table that is altered is copied and dropped, which would break the keys that refer to it
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        # A transaction that will write takes the lock at once, and waits for it: taken later it can't be waited for.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get(WRITING, False) else "BEGIN")

    raw = engine.raw_connection()
    try:
        # Two first openings at once may refuse each other; the mode is only for speed, and one of them sets it.
        with suppress(sqlite3.OperationalError):
            raw.cursor().execute("PRAGMA journal_mode=WAL")
    finally:
        raw.close()


@contextmanager
def migrating(engine: Engine) -> Iterator[Connection]:
    """A transaction that creates or changes tables: all of it, or nothing. One process at a time has it.

    Args:
        engine: one whose transactions write.
    """
    with engine.execution_options(**{MIGRATING: True}).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({SCHEMA_LOCK})")
        yield connection
    engine.dispose()  # the connections of SQLite that don't check foreign keys


def insert_all(_connection: Connection, table: Table) -> Any:
    """An insert that takes every row."""
    return insert(table)


def insert_new(connection: Connection, table: Table) -> Any:
    """An insert that leaves rows alone whose primary key is there."""
    return _insert_new(connection.dialect.name, table)


def insert_or_replace(connection: Connection, table: Table) -> Any:
    """An insert that overwrites rows whose primary key is there."""
    return _insert_or_replace(connection.dialect.name, table)


# each is made once: that takes as long as inserting a hundred rows


@cache
def _insert_new(dialect: str, table: Table) -> Any:
    return _INSERTS[dialect](table).on_conflict_do_nothing(index_elements=[column.name for column in table.primary_key])


@cache
def _insert_or_replace(dialect: str, table: Table) -> Any:
    replacing = _INSERTS[dialect](table)
    return replacing.on_conflict_do_update(
        index_elements=[column.name for column in table.primary_key],
        set_={column.name: replacing.excluded[column.name] for column in table.columns if not column.primary_key},
    )
