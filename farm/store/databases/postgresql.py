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
        # both drivers name their errors by PostgreSQL's codes
        return error.connection_invalidated or type(error.orig).__name__ == "ReadOnlySqlTransaction"

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
