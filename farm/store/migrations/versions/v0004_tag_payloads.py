"""Tag payloads with what they are; before, the keys in them told."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

CHUNK = 500
"""Databases limit how many values a condition may name."""

configurations = sa.table("configurations", sa.column("hash", sa.Text), sa.column("payload", sa.JSON))


def upgrade() -> None:
    """Rewrite every payload; its hash, under which vectors name it, stays."""
    connection = op.get_bind()
    statement = (
        configurations.update()
        .where(configurations.c.hash == sa.bindparam("key", type_=sa.Text))
        .values(payload=sa.bindparam("tagged", type_=sa.JSON))
    )
    hashes = connection.scalars(sa.select(configurations.c.hash)).all()
    for start in range(0, len(hashes), CHUNK):
        chosen = configurations.c.hash.in_(hashes[start : start + CHUNK])
        rows = connection.execute(sa.select(configurations).where(chosen))
        connection.execute(statement, [{"key": row.hash, "tagged": tagged(row.payload)} for row in rows])


def tagged(payload: dict[str, Any]) -> dict[str, Any]:
    """An untagged payload in its tagged form, the tag first."""
    common = {"id": "", "operation": "", **payload}
    if "model" in payload:
        model = dict(common.pop("model"))
        archive = model.pop("packed", None)
        return {"tag": "model_trace", **common, **model, "archive": archive}
    if "module" in payload:
        module = {"paths": [], "environment": {}, "seconds": 120.0, **payload["module"]}
        return {"tag": "module_vector", **common, "module": module}
    if "arguments" in payload:
        return {"tag": "traced_call", **common}
    return {"tag": "unreadable", "suite": "model_traced", "problem": "", "raw": None, **common}
