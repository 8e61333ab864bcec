"""Inserts that meet existing rows, each built once: building one takes as long as inserting a hundred rows."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Connection, Table, insert

from farm.store.databases import DATABASES


def insert_all(_connection: Connection, table: Table) -> Any:
    """Return an insert that takes every row."""
    return insert(table)


def insert_new(connection: Connection, table: Table) -> Any:
    """Return an insert that skips rows whose primary key exists."""
    return _insert_new(connection.dialect.name, table)


def insert_or_replace(connection: Connection, table: Table) -> Any:
    """Return an insert that overwrites rows whose primary key exists."""
    return _insert_or_replace(connection.dialect.name, table)


@cache
def _insert_new(database: str, table: Table) -> Any:
    return DATABASES[database].insert_new(table)


@cache
def _insert_or_replace(database: str, table: Table) -> Any:
    return DATABASES[database].insert_or_replace(table)
