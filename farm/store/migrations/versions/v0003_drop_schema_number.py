"""Drop the table that held the schema's number: from here on, Alembic's table holds the revision."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Drop the table."""
    op.drop_table("farm_schema")
