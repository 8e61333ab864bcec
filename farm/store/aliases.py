"""Configurations whose content hash changed since a run recorded it: one vector, although it has two ids.

A run keeps the ids that it recorded. Where vectors of several runs are joined, the hash of today counts; the table
`vector_aliases` has it for each hash that changed.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, FromClause, func, or_, select
from sqlalchemy.sql.elements import ColumnElement, Label

from farm.store import schema

ID_LENGTH = 16
"""A vector id begins with this many digits of the content hash."""

_ALIASES = schema.vector_aliases


def current_id(vector_id: str, content_hash: str, current_hash: str) -> str:
    """Return the id that a recorded vector has today.

    Args:
        vector_id: as recorded; with `-2`, `-3`, ... where a plan had the configuration more than once.
        content_hash: as recorded.
        current_hash: as this farm computes it.
    """
    beginning = content_hash[:ID_LENGTH]
    if not vector_id.startswith(beginning):
        return vector_id
    return current_hash[:ID_LENGTH] + vector_id[len(beginning) :]


def alias_of(vectors: FromClause) -> ColumnElement[bool]:
    """Return the condition that joins a vector to its alias, in an outer join."""
    return _ALIASES.c.content_hash == vectors.c.content_hash


def current_hash_of(vectors: FromClause) -> Label[str]:
    """Return the column `current_hash` of vectors joined to their aliases: the recorded hash where it is today's."""
    return func.coalesce(_ALIASES.c.current_hash, vectors.c.content_hash).label("current_hash")


def of_same_configuration(vectors: FromClause, text: str) -> ColumnElement[bool]:
    """Return the condition that a vector's configuration has, or had, an id that begins like this one.

    It leaves out the number behind a `-`: see `has_number_of`.
    """
    current = select(_ALIASES.c.current_hash).where(_matches(text.partition("-")[0][:ID_LENGTH]))
    former = select(_ALIASES.c.content_hash).where(_ALIASES.c.current_hash.in_(current))
    return or_(vectors.c.content_hash.in_(current), vectors.c.content_hash.in_(former))


def has_number_of(vector_id: str, text: str) -> bool:
    """Return whether a vector id has the number behind the `-` of another one, or its beginning."""
    _, dash, number = text.partition("-")
    return not dash or vector_id.partition("-")[2].startswith(number)


def read_other_ids(connection: Connection, vector_ids: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return all ids of the same configuration, today's first, for those vectors that have several."""
    others = {}
    for vector_id in vector_ids:
        beginning = vector_id.partition("-")[0]
        if len(beginning) != ID_LENGTH:
            continue
        matches = _matches(beginning)
        rows = connection.execute(
            select(_ALIASES).where(_ALIASES.c.current_hash.in_(select(_ALIASES.c.current_hash).where(matches)))
        ).all()
        if rows:
            hashes = dict.fromkeys([*(row.current_hash for row in rows), *(row.content_hash for row in rows)])
            others[vector_id] = tuple(each[:ID_LENGTH] + vector_id[ID_LENGTH:] for each in hashes)
    return others


def read_aliases(connection: Connection) -> dict[str, str]:
    """Return today's hash of each configuration that has others."""
    return {row.content_hash: row.current_hash for row in connection.execute(select(_ALIASES))}


def _matches(beginning: str) -> ColumnElement[bool]:
    length = len(beginning)
    return or_(
        func.substr(_ALIASES.c.content_hash, 1, length) == beginning,
        func.substr(_ALIASES.c.current_hash, 1, length) == beginning,
    )
