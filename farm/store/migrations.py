"""How a store of an older schema becomes one of this one: a step for each version, run once, in one transaction."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, update

from farm.store import schema

Step = Callable[[Connection], None]


def _index_operations(connection: Connection) -> None:
    """Version 2: the history of an operation is found without reading every vector."""
    schema.vectors_by_operation.create(connection, checkfirst=True)


STEPS: dict[int, Step] = {2: _index_operations}
"""What makes a store of the version before into one of this version."""


def migrate(connection: Connection, found: int) -> int:
    """Brings a store of version `found` to the current one; returns its version then, the same for a newer store."""
    for version in range(found + 1, schema.SCHEMA_VERSION + 1):
        STEPS[version](connection)
        connection.execute(update(schema.version).values(version=version))
        found = version
    return found
