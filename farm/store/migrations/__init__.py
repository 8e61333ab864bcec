"""Migrations of the store's schema, run by Alembic when an older store is opened.

Each file in `versions/` is one step: `revision` is the next number, `down_revision` the one before, and `upgrade()`
changes the store. A new step also sets `REVISION` here and, where tables change, `farm.store.schema`. Steps name their
tables and columns themselves and never import `farm.store.schema`, which describes the newest store only. Where SQLite
can't alter a table in place, use `op.batch_alter_table`.

All steps that are due run in one transaction, while other processes wait. A new store is made from
`farm.store.schema` and marked with `REVISION`.
"""

from __future__ import annotations

import logging
from pathlib import Path

from sqlalchemy import Connection, column, func, inspect, select, table

from farm.store import schema

REVISION = "0009"
"""The newest revision in `versions/`. Revisions are numbers of four digits, so that they compare as text."""

_numbered_schema = table("farm_schema", column("version"))
"""What held the schema's version before Alembic: 1 or 2, which are the revisions 0001 and 0002."""

_LOG = logging.getLogger(__name__)


def read_revision(connection: Connection) -> str | None:
    """Return the revision of a store; None for a database that holds no store."""
    tables = inspect(connection)
    if tables.has_table(schema.revision.name):
        revision: str | None = connection.scalar(select(func.max(schema.revision.c.version_num)))
        return revision
    if tables.has_table(_numbered_schema.name):
        return f"{connection.scalar(select(func.max(_numbered_schema.c.version))):04}"
    return None


def upgrade(connection: Connection, revision: str) -> None:
    """Bring an older store to `REVISION`, in the caller's transaction.

    Args:
        connection: a transaction that writes, with foreign keys unchecked, while no other process migrates.
        revision: the store's present revision.
    """
    # imported only when a migration is due: Alembic takes longer to import than most commands to run
    from alembic import command
    from alembic.config import Config

    _LOG.info("migrating the store from revision %s to %s", revision, REVISION)
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    if not inspect(connection).has_table(schema.revision.name):
        command.stamp(config, revision)
    command.upgrade(config, REVISION)
