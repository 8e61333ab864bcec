"""Index vectors by operation, so that the history of an operation is found without reading every vector."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the index."""
    op.create_index("vectors_by_operation", "vectors", ["operation", "run_id"])
