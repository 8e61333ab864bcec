"""SQLite: the store is one file."""

from __future__ import annotations

import logging
import os
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL, ColumnElement, Connection, Engine, Table, create_engine, event, func
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from farm.core.errors import StoreError
from farm.store.databases.base import (
    ENGINE_OPTIONS,
    WRITING,
    insert_or_skip_on_conflict,
    insert_or_update_on_conflict,
)

BUSY_SECONDS = 30
"""How long a transaction waits for another process that writes."""
LONG_WAIT_SECONDS = 1.0
"""Waits longer than this are logged."""

_READ_ONLY = "attempt to write a readonly database"
_EPOCH = 2_440_587.5  # the Unix epoch as a Julian day
_MIGRATING = "farm_migrating"
_LOG = logging.getLogger(__name__)


class Sqlite:
    """SQLite, durable at every commit, readable while it is written, and strict about foreign keys."""

    name = "sqlite"
    title = "SQLite"
    has_own_clock = False
    advice: Mapping[str, str] = {
        "database is locked": "is locked by another process: wait for it, or name another file with --store",
        "file is not a database": "is no results store (not an SQLite database): name another file with --store",
        "unable to open database file": "can't be opened: does its directory exist, and may you write there?",
        _READ_ONLY: "is read-only: name a file you may write with --store",
        "database or disk is full": "can't grow: the disk is full",
    }
    read_only_advice = "copy the file to where you may write, and name the copy with --store"
    errors: tuple[type[Exception], ...] = (sqlite3.Error,)

    def create_engine(self, url: URL) -> Engine:
        """See `Database`. The file is created, its folder isn't: a misspelt path must not become a new store.

        Raises:
            StoreError: there is no such folder.
        """
        path = None if "uri" in url.query else url.database  # a file: URI is no path
        if path and not (folder := Path(path).parent).is_dir():
            raise StoreError(f"results store {url.database}: there is no folder {folder}: make it, or name another")
        engine = create_engine(readable_url(url), connect_args={"timeout": BUSY_SECONDS}, **ENGINE_OPTIONS)
        event.listen(engine, "connect", _set_up)
        event.listen(engine, "begin", _begin)
        raw = engine.raw_connection()
        try:
            # When two processes open a new file at once, one of them may be refused. The mode only matters for speed,
            # and the other process sets it.
            with suppress(sqlite3.OperationalError):
                raw.cursor().execute("PRAGMA journal_mode=WAL")
        finally:
            raw.close()
        return engine

    def is_away(self, error: Exception) -> bool:
        """See `Database`: another process has locked it, or its disk is full; not if it may never be written."""
        raw = _raw(error)
        return isinstance(raw, sqlite3.OperationalError) and not self.is_read_only(error)

    def is_read_only(self, error: Exception) -> bool:
        """See `Database`: the file, its folder or the file system can't be written."""
        raw = _raw(error)
        # Python 3.10 has no code of the error
        return isinstance(raw, sqlite3.OperationalError) and str(raw) == _READ_ONLY

    @contextmanager
    def migrating(self, engine: Engine) -> Iterator[Connection]:
        """See `Database`. Writers wait for each other in SQLite, so the transaction itself is the lock."""
        with engine.connect().execution_options(**{WRITING: True, _MIGRATING: True}) as connection:
            try:
                with connection.begin():
                    yield connection
            finally:
                # The connection goes back to the pool. The pragma has no effect inside a transaction.
                connection.connection.cursor().execute("PRAGMA foreign_keys=ON")

    def now(self) -> ColumnElement[float]:
        """See `Database`: the clock of the host, since SQLite has no server."""
        return (func.julianday("now") - _EPOCH) * 86_400.0

    def insert_new(self, table: Table) -> Any:
        """See `Database`."""
        return insert_or_skip_on_conflict(insert, table)

    def insert_or_replace(self, table: Table) -> Any:
        """See `Database`."""
        return insert_or_update_on_conflict(insert, table)


def _raw(error: Exception) -> BaseException | None:
    """The driver's own error."""
    return error.orig if isinstance(error, OperationalError) else error


def file_url(path: str) -> URL:
    """Return the URL of a file."""
    return URL.create(Sqlite.name, database=str(Path(path).expanduser().absolute()))


def readable_url(url: URL) -> URL:
    """Return the URL that opens a file: of one that can't be written, a URL that asks for reading alone.

    Readers in WAL mode make two files beside the store. Where its folder can't be written either, and no writer has
    left anything in these files, the store is opened as one that nobody changes.
    """
    file = Path(url.database or "")
    if url.query or not file.is_file():
        return url
    log = Path(f"{file}-wal")
    has_log = log.is_file() and log.stat().st_size > 0
    folder_is_writable = os.access(file.parent, os.W_OK)
    if os.access(file, os.W_OK) and (folder_is_writable or has_log):
        return url
    unchanging = {} if folder_is_writable or has_log else {"immutable": "1"}
    _LOG.info("opening the results store %s for reading alone", file)
    return URL.create(Sqlite.name, database=file.absolute().as_uri(), query={"uri": "true", "mode": "ro", **unchanging})


def _set_up(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # `_begin` begins transactions, not the driver
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")


def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get(_MIGRATING, False):
        # A table that is altered is copied and dropped, which would break the foreign keys that refer to it.
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
    if not options.get(WRITING, False):
        connection.exec_driver_sql("BEGIN")
        return
    # A transaction that will write takes the lock at once and waits for it. A reader that later becomes a writer
    # can't wait: SQLite refuses it.
    started = time.monotonic()
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    waited = time.monotonic() - started
    if waited > LONG_WAIT_SECONDS:
        _LOG.warning("waited %.1f s for another process to finish writing to the store", waited)
