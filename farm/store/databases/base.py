"""What a database must offer to hold a results store."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

from sqlalchemy import URL, ColumnElement, Connection, Engine, Table

from farm.store.columns import to_json

ENGINE_OPTIONS: dict[str, Any] = {"json_serializer": to_json}
"""What every database passes to `create_engine`."""

WRITING = "farm_writing"
"""The execution option of transactions that write."""


class Database(Protocol):
    """All that differs between one database and another.

    Attributes:
        name: SQLAlchemy's name of it, the first word of a URL.
        title: its name as people write it.
        has_own_clock: whether `now` is one clock for all hosts that use the store, rather than that of each host.
        advice: for the first line of an error message, how the sentence "results store PLACE ..." goes on: what is
            wrong and what to do.
        read_only_advice: what to do where tables must be changed and may not be.
        errors: the driver's own exceptions, which are raised where SQLAlchemy doesn't replace them by its own.
    """

    name: str
    title: str
    has_own_clock: bool
    advice: Mapping[str, str]
    read_only_advice: str
    errors: tuple[type[Exception], ...]

    def create_engine(self, url: URL) -> Engine:
        """Make the engine for a URL. Its commits are durable, and its transactions see `WRITING`.

        Raises:
            ModuleNotFoundError: the database's driver isn't installed.
            SQLAlchemyError, OSError, or an error of the driver: the database can't be opened.
        """

    def is_away(self, error: Exception) -> bool:
        """Whether an error means that the database can't be used now, and that a later try may succeed."""

    def is_read_only(self, error: Exception) -> bool:
        """Whether an error means that nothing may be written, or no table changed, by this user or at all."""

    def migrating(self, engine: Engine) -> AbstractContextManager[Connection]:
        """Open a transaction that creates or changes tables: all of it, or nothing.

        Other processes that want the same wait. Foreign keys are not checked where altering a table would break them.
        """

    def now(self) -> ColumnElement[float]:
        """Return an expression of the present time by the store's clock, in Unix seconds."""

    def insert_new(self, table: Table) -> Any:
        """Return an insert that skips rows whose primary key exists."""

    def insert_or_replace(self, table: Table) -> Any:
        """Return an insert that overwrites rows whose primary key exists."""


def insert_or_skip_on_conflict(insert: Any, table: Table) -> Any:
    """Return an `INSERT ... ON CONFLICT DO NOTHING`, for databases that have it."""
    return insert(table).on_conflict_do_nothing(index_elements=[column.name for column in table.primary_key])


def insert_or_update_on_conflict(insert: Any, table: Table) -> Any:
    """Return an `INSERT ... ON CONFLICT DO UPDATE` of all other columns, for databases that have it."""
    statement = insert(table)
    return statement.on_conflict_do_update(
        index_elements=[column.name for column in table.primary_key],
        set_={column.name: statement.excluded[column.name] for column in table.columns if not column.primary_key},
    )
