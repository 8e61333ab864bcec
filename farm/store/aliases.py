"""Vectors whose hash changed since a run recorded it: one vector, although it has two ids.

A run keeps the ids that it recorded. Where vectors of several runs are joined, the hash of today counts; the table
`vector_aliases` has it for each hash that changed. A vector of a sweep module whose hash has a former form is in it
under its own hash, until a plan has the vector again and tells its hash of today: only its module knows that.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, FromClause, bindparam, exists, func, or_, select, update
from sqlalchemy.sql.elements import ColumnElement, Label

from farm.store import schema
from farm.store.records import Plannable

ID_LENGTH = 16
"""A vector id begins with this many digits of a hash."""

_ALIASES = schema.vector_aliases


def current_id(vector_id: str, beginning: str, current_beginning: str) -> str:
    """Return the id that a recorded vector has today.

    Args:
        vector_id: as recorded; with `-2`, `-3`, ... where a plan had the configuration more than once.
        beginning: the beginning of ids of the recorded hash.
        current_beginning: the beginning of ids of the present hash.
    """
    if not vector_id.startswith(beginning):
        return vector_id
    return current_beginning + vector_id[len(beginning) :]


def alias_of(vectors: FromClause) -> ColumnElement[bool]:
    """Return the condition that joins a vector to its alias, in an outer join."""
    return _ALIASES.c.content_hash == vectors.c.content_hash


def current_hash_of(vectors: FromClause) -> Label[str]:
    """Return the column `current_hash` of vectors joined to their aliases: the recorded hash where it is today's."""
    return func.coalesce(_ALIASES.c.current_hash, vectors.c.content_hash).label("current_hash")


def beginnings_of(vectors: FromClause) -> tuple[Label[str], Label[str]]:
    """Return the columns `beginning` and `current_beginning` of vectors joined to their aliases, see `current_id`."""
    own = func.substr(vectors.c.content_hash, 1, ID_LENGTH)
    return (
        func.coalesce(_ALIASES.c.beginning, own).label("beginning"),
        func.coalesce(_ALIASES.c.current_beginning, own).label("current_beginning"),
    )


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
    """Return all ids of the same configuration, the present one first, for vectors that have several.

    Args:
        connection: the connection to read from.
        vector_ids: the ids, or tt-metal's hashes.
    """
    others = {}
    for vector_id in vector_ids:
        beginning, _, number = vector_id.partition("-")
        beginning = beginning[:ID_LENGTH]
        if len(beginning) != ID_LENGTH:
            continue
        current = select(_ALIASES.c.current_hash).where(_matches(beginning))
        rows = connection.execute(select(_ALIASES).where(_ALIASES.c.current_hash.in_(current))).all()
        beginnings = dict.fromkeys([*(row.current_beginning for row in rows), *(row.beginning for row in rows)])
        if len(beginnings) > 1:
            others[vector_id] = tuple(f"{each}-{number}" if number else each for each in beginnings)
    return others


def read_aliases(connection: Connection) -> dict[str, str]:
    """Return today's hash of each configuration that has others."""
    changed = select(_ALIASES).where(_ALIASES.c.content_hash != _ALIASES.c.current_hash)
    return {row.content_hash: row.current_hash for row in connection.execute(changed)}


def read_former_modules(connection: Connection, vector_ids: Sequence[str] = ()) -> set[str]:
    """Return the sweep modules that have vectors in the store whose present hash is unknown.

    Args:
        connection: the connection to read from.
        vector_ids: modules of vectors that once had one of these ids are always included.
    """
    vectors = schema.vectors
    unresolved = _ALIASES.c.content_hash == _ALIASES.c.current_hash
    if not vector_ids and not connection.scalar(select(exists(select(_ALIASES).where(unresolved)))):
        return set()
    named = [_ALIASES.c.beginning == vector_id.partition("-")[0][:ID_LENGTH] for vector_id in vector_ids]
    modules = select(vectors.c.operation).join(_ALIASES, alias_of(vectors)).where(or_(unresolved, *named)).distinct()
    return set(connection.scalars(modules))


def resolve_aliases(connection: Connection, vectors: Iterable[Plannable]) -> None:
    """Record the present hashes of vectors that an earlier version of farm recorded under other hashes.

    Args:
        connection: the connection to write to.
        vectors: planned vectors. Of several with one former hash, the first counts.
    """
    statement = (
        update(_ALIASES)
        .where(_ALIASES.c.content_hash == bindparam("former"), _ALIASES.c.current_hash == bindparam("former"))
        .values(current_hash=bindparam("today"), current_beginning=bindparam("id"))
    )
    rows = [
        {"former": vector.former_content_hash, "today": vector.content_hash, "id": vector.id.partition("-")[0]}
        for vector in vectors
        if vector.former_content_hash
    ]
    if rows:
        connection.execute(statement, rows)


def _matches(beginning: str) -> ColumnElement[bool]:
    length = len(beginning)
    return or_(
        func.substr(_ALIASES.c.beginning, 1, length) == beginning,
        func.substr(_ALIASES.c.current_beginning, 1, length) == beginning,
    )
