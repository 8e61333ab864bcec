"""The tables. Portable SQL: what differs between databases is in `farm.store.databases`.

Times are Unix seconds. `configurations` has each payload once, by the hash of its text, since runs repeat them.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Table,
)

from farm.store.columns import RawText

metadata = MetaData()

# Alembic's table: one row, the revision of the schema; see `farm.store.migrations`.
revision = Table("farm_revision", metadata, Column("version_num", String(32), primary_key=True))

runs = Table(
    "runs",
    metadata,
    Column("id", RawText, primary_key=True),
    Column("started", Float(53), nullable=False),
    Column("finished", Float(53)),
    Column("ended", RawText),
    Column("message", RawText, nullable=False),
    Column("command", RawText, nullable=False),
    Column("suite", RawText, nullable=False),
    Column("farm_version", RawText, nullable=False),
    Column("host", RawText, nullable=False),
    Column("details", JSON, nullable=False),
)

boards = Table(
    "boards",
    metadata,
    Column("run_id", ForeignKey("runs.id"), primary_key=True),
    Column("board", RawText, primary_key=True),
    Column("backend", RawText, nullable=False),
    Column("kind", RawText, nullable=False),
    Column("arch", RawText, nullable=False),
    Column("chips", Integer, nullable=False),
    Column("computes", Boolean, nullable=False),
    Column("host", RawText, nullable=False),
    Column("ttnn_version", RawText),
    Column("details", JSON, nullable=False),
)

configurations = Table(
    "configurations",
    metadata,
    Column("hash", RawText, primary_key=True),
    Column("payload", JSON, nullable=False),
)

vectors = Table(
    "vectors",
    metadata,
    Column("run_id", ForeignKey("runs.id"), primary_key=True),
    Column("vector_id", RawText, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("operation", RawText, nullable=False),
    Column("config_hash", RawText, nullable=False),
    Column("content_hash", RawText, nullable=False),
    Column("configuration", ForeignKey("configurations.hash"), nullable=False),
    Column("device_config", JSON, nullable=False),
    Column("device_config_inferred", Boolean, nullable=False),
    Column("sources", JSON, nullable=False),
    Column("lost", JSON, nullable=False),
    Index("vectors_by_content", "content_hash", "run_id"),
)

# Hashes that an earlier version of farm recorded, with those of today, and what vector ids of both begin with. Where
# the hash of today of a module's vector is still unknown, the recorded one is in its place.
vector_aliases = Table(
    "vector_aliases",
    metadata,
    Column("content_hash", RawText, primary_key=True),
    Column("current_hash", RawText, nullable=False),
    Column("beginning", RawText, nullable=False),
    Column("current_beginning", RawText, nullable=False),
    Index("vector_aliases_by_current", "current_hash"),
)

attempts = Table(
    "attempts",
    metadata,
    Column("run_id", RawText, primary_key=True),
    Column("vector_id", RawText, primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("board", RawText, nullable=False),
    Column("verdict", RawText, nullable=False),
    Column("reason", RawText, nullable=False),
    Column("message", RawText, nullable=False),
    Column("started", Float(53), nullable=False),
    Column("seconds", Float(53), nullable=False),
    Column("inexact", JSON, nullable=False),
    Column("metrics", JSON, nullable=False),
    Column("details", JSON, nullable=False),
    ForeignKeyConstraint(["run_id", "vector_id"], ["vectors.run_id", "vectors.vector_id"]),
)

verdicts = Table(
    "verdicts",
    metadata,
    Column("run_id", RawText, primary_key=True),
    Column("vector_id", RawText, primary_key=True),
    Column("verdict", RawText, nullable=False),
    Column("reason", RawText, nullable=False),
    Column("message", RawText, nullable=False),
    ForeignKeyConstraint(["run_id", "vector_id"], ["vectors.run_id", "vectors.vector_id"]),
)

board_events = Table(
    "board_events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run_id", ForeignKey("runs.id"), nullable=False),
    Column("board", RawText, nullable=False),
    Column("at", Float(53), nullable=False),
    Column("kind", RawText, nullable=False),
    Column("message", RawText, nullable=False),
    Column("details", JSON, nullable=False),
    Index("board_events_by_run", "run_id", "at"),
)

# Who drives a run. The row stays when its driver is done, so that fences only grow. `renewed` is by the store's clock.
run_leases = Table(
    "run_leases",
    metadata,
    Column("run_id", ForeignKey("runs.id"), primary_key=True),
    Column("fence", Integer, nullable=False),
    Column("beat", Integer, nullable=False),
    Column("batch", Integer, nullable=False),
    Column("holder", JSON(none_as_null=True)),
    Column("since", Float(53), nullable=False),
    Column("renewed", Float(53), nullable=False),
)

vectors_by_operation = Index("vectors_by_operation", vectors.c.operation, vectors.c.run_id)
