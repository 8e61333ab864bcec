"""The databases that can hold a results store: one file each, behind the protocol `Database`.

A new one is one file with a class and one line in `DATABASES`. Nothing outside this folder may depend on which
database a store uses.
"""

from __future__ import annotations

from sqlalchemy import Connection, Engine

from farm.store.databases.base import Database
from farm.store.databases.postgresql import PostgreSql
from farm.store.databases.sqlite import Sqlite

DATABASES: dict[str, Database] = {database.name: database for database in (Sqlite(), PostgreSql())}
"""The databases by name. A place that isn't a URL is a file of SQLite."""


def database_of(bind: Engine | Connection) -> Database:
    """Return the database that an engine or a connection belongs to."""
    return DATABASES[bind.dialect.name]


__all__ = ["DATABASES", "Database", "database_of"]
