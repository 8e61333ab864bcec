"""PostgreSQL: one store for a team, on a server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import URL, ColumnElement, Connection, Engine, Float, Table, cast, create_engine, extract, func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from farm.store.databases.base import (
    ENGINE_OPTIONS,
    WRITING,
    insert_or_skip_on_conflict,
    insert_or_update_on_conflict,
)

_READ_ONLY = "ReadOnlySqlTransaction"
_NO_RIGHT = "InsufficientPrivilege"
# both drivers name their errors by PostgreSQL's codes

SCHEMA_LOCK = 0x6661726D
"""The number of the advisory lock that every farm takes before it creates or changes tables."""


_CONNECTING = {"connect_timeout": 10, "tcp_user_timeout": 30_000, "keepalives_idle": 10, "keepalives_interval": 5}
"""libpq's options: a server whose host is gone is an error after seconds, not after hours."""


class PostgreSql:
    """PostgreSQL."""

    name = "postgresql"
    title = "PostgreSQL"
    has_own_clock = True
    advice: Mapping[str, str] = {}
    read_only_advice = "open it once with this farm as the user that owns its tables, or name another with --store"
    errors: tuple[type[Exception], ...] = ()

    def create_engine(self, url: URL) -> Engine:
        """See `Database`."""
        connecting = {name: value for name, value in _CONNECTING.items() if name not in url.query}
        return create_engine(url, pool_pre_ping=True, connect_args=connecting, **ENGINE_OPTIONS)

    def is_away(self, error: Exception) -> bool:
        """See `Database`: it restarts, can't be reached, has no connection to spare, or is a standby for now."""
        if isinstance(error, (OperationalError, InterfaceError)):
            return True
        if not isinstance(error, DBAPIError):
            return False
        return error.connection_invalidated or type(error.orig).__name__ == _READ_ONLY

    def is_read_only(self, error: Exception) -> bool:
        """See `Database`: the user has no right to it, or the server or the user's transactions only read."""
        return isinstance(error, DBAPIError) and type(error.orig).__name__ in {_READ_ONLY, _NO_RIGHT}

    @contextmanager
    def migrating(self, engine: Engine) -> Iterator[Connection]:
        """See `Database`."""
        with engine.execution_options(**{WRITING: True}).begin() as connection:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({SCHEMA_LOCK})")
            yield connection

    def now(self) -> ColumnElement[float]:
        """See `Database`: the server's clock, whose `now()` would be that of the transaction's begin."""
        return cast(extract("epoch", func.clock_timestamp()), Float(53))

    def insert_new(self, table: Table) -> Any:
        """See `Database`."""
        return insert_or_skip_on_conflict(insert, table)

    def insert_or_replace(self, table: Table) -> Any:
        """See `Database`."""
        return insert_or_update_on_conflict(insert, table)
