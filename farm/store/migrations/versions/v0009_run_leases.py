"""Add who drives each run, with the number that every write of a driver carries."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Create the table, empty: runs that a driver of an earlier farm still drives have no lease."""
    op.create_table(
        "run_leases",
        sa.Column("run_id", sa.Text, sa.ForeignKey("runs.id"), primary_key=True),
        sa.Column("fence", sa.Integer, nullable=False),
        sa.Column("beat", sa.Integer, nullable=False),
        sa.Column("batch", sa.Integer, nullable=False),
        sa.Column("holder", sa.JSON),
        sa.Column("since", sa.Float(53), nullable=False),
        sa.Column("renewed", sa.Float(53), nullable=False),
    )
