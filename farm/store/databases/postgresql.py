"""PostgreSQL: one store for a team, on a server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import URL, Connection, Engine, Table, create_engine
from sqlalchemy.dialects.postgresql import insert

from farm.store.databases.base import (
    ENGINE_OPTIONS,
    WRITING,
    insert_or_skip_on_conflict,
    insert_or_update_on_conflict,
)

SCHEMA_LOCK = 0x6661726D
"""The number of the advisory lock that every farm takes before it creates or changes tables."""


class PostgreSql:
    """PostgreSQL."""

    name = "postgresql"
    title = "PostgreSQL"
    advice: Mapping[str, str] = {}
    errors: tuple[type[Exception], ...] = ()

    def create_engine(self, url: URL) -> Engine:
        """See `Database`."""
        return create_engine(url, pool_pre_ping=True, **ENGINE_OPTIONS)

    @contextmanager
    def migrating(self, engine: Engine) -> Iterator[Connection]:
        """See `Database`."""
        with engine.execution_options(**{WRITING: True}).begin() as connection:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({SCHEMA_LOCK})")
            yield connection

    def insert_new(self, table: Table) -> Any:
        """See `Database`."""
        return insert_or_skip_on_conflict(insert, table)

    def insert_or_replace(self, table: Table) -> Any:
        """See `Database`."""
        return insert_or_update_on_conflict(insert, table)
