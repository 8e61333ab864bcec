"""Record which content hash a configuration has today, where an earlier version of farm recorded another one.

Arguments are read more exactly than before, so the hashes of some configurations changed. Recorded runs keep theirs.
"""

import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op

from tracer.errors import TracerError
from tracer.schemas.former import in_current_encoding
from tracer.values import decode
from tracer.values.canonical import content_hash

revision = "0007"
down_revision = "0006"

CHUNK = 500
"""Databases limit how many values a condition may name."""
NOTED = 10_000
"""Progress is logged after this many configurations, which take 2 s."""

_LOG = logging.getLogger(__name__)

vectors = sa.table("vectors", sa.column("content_hash", sa.Text), sa.column("configuration", sa.Text))
configurations = sa.table("configurations", sa.column("hash", sa.Text), sa.column("payload", sa.JSON))


def upgrade() -> None:
    """Create the table, and fill it from the payloads of traced calls."""
    op.create_table(
        "vector_aliases",
        sa.Column("content_hash", sa.Text, primary_key=True),
        sa.Column("current_hash", sa.Text, nullable=False),
    )
    op.create_index("vector_aliases_by_current", "vector_aliases", ["current_hash"])
    aliases = sa.table("vector_aliases", sa.column("content_hash", sa.Text), sa.column("current_hash", sa.Text))
    connection = op.get_bind()
    for rows in _changed(connection):
        connection.execute(aliases.insert(), rows)


def _changed(connection: sa.Connection) -> Iterator[list[dict[str, str]]]:
    """Yield rows for the hashes that changed; the payloads of one hash all have the same arguments."""
    of_hash = sa.select(vectors.c.content_hash, sa.func.min(vectors.c.configuration).label("configuration"))
    recorded: defaultdict[str, set[str]] = defaultdict(set)
    for row in connection.execute(of_hash.where(vectors.c.content_hash != "").group_by(vectors.c.content_hash)):
        recorded[row.configuration].add(row.content_hash)
    keys, done = list(recorded), set[str]()
    if len(keys) > NOTED:
        _LOG.warning("migrating the store: the arguments of %d configurations are read again, once", len(keys))
    for start in range(0, len(keys), CHUNK):
        chosen = configurations.c.hash.in_(keys[start : start + CHUNK])
        rows = []
        for row in connection.execute(sa.select(configurations).where(chosen)):
            plain, current = hashes(row.payload) or ("", "")
            # a master that has such an argument as the payload has it is read as plainly as before
            former = {*recorded[row.hash], plain} - {current} if current else ()
            rows += [{"content_hash": each, "current_hash": current} for each in former if each not in done]
            done.update(former)
        if rows:
            yield rows
        if start and start % NOTED == 0:
            _LOG.info("read %d of %d configurations", start, len(keys))


def hashes(payload: object) -> tuple[str, str] | None:
    """Return two content hashes of a traced call: as its JSON is read today, and as its source is.

    None for other payloads, and for those that can't be read.
    """
    if not isinstance(payload, Mapping) or payload.get("tag") != "traced_call":
        return None
    operation: Any = payload.get("operation")
    arguments: Any = payload.get("arguments")
    if not isinstance(operation, str) or not isinstance(arguments, Mapping):
        return None
    try:
        plain = _hash(operation, arguments)
        rewritten = in_current_encoding(arguments)
        return plain, plain if rewritten == arguments else _hash(operation, rewritten)
    except (TracerError, RecursionError, ValueError, TypeError, KeyError):
        return None


def _hash(operation: str, arguments: Mapping[str, Any]) -> str:
    return content_hash(operation, {name: decode(raw) for name, raw in arguments.items()})
