"""Record every change of a board's state as an event of kind `state`, with the states before and after.

Before, the start, loss, restart, retirement and leaving of a board were events of kinds of their own.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

TRANSITIONS = {
    "joined": ("starting", "unverified", "answered"),
    "opened": ("unverified", "healthy", "check_passed"),
    "batch": ("healthy", "busy", "work_began"),
    "reset": ("suspect", "resetting", "reset_needed"),
    "restarted": ("lost", "starting", "started"),
    "lost": ("healthy", "lost", "connection_lost"),
    "retired": ("lost", "retired", "budget_spent"),
    "left": ("leaving", "left", "withdrawn"),
}
"""Of each kind that is gone: the states before and after, and the cause."""

events = sa.table("board_events", sa.column("kind", sa.Text), sa.column("details", sa.JSON))


def upgrade() -> None:
    """Rewrite the events of each kind that is gone."""
    for kind, (before, after, cause) in TRANSITIONS.items():
        details = {"before": before, "after": after, "cause": cause, "seconds": 0.0}
        op.execute(events.update().where(events.c.kind == kind).values(kind="state", details=details))
