"""The first schema: the tables as the first stores had them. Nothing to do, since such a store has them."""

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Do nothing."""
