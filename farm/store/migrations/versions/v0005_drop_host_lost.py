"""Rename the reason `host_lost`, which no farm wrote any more, to `board_lost`: the board was lost with its host."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Rename it in attempts and verdicts."""
    for name in ("attempts", "verdicts"):
        table = sa.table(name, sa.column("reason", sa.Text))
        op.execute(table.update().where(table.c.reason == "host_lost").values(reason="board_lost"))
