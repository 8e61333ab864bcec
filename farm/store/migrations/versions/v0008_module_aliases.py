"""Record what vector ids begin with beside the hashes that changed, and mark vectors of sweep modules.

Their hash has another form now, which only the module can tell: their hash of today is recorded when a plan has them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

ID_LENGTH = 16

aliases = sa.table(
    "vector_aliases",
    sa.column("content_hash", sa.Text),
    sa.column("current_hash", sa.Text),
    sa.column("beginning", sa.Text),
    sa.column("current_beginning", sa.Text),
)
vectors = sa.table(
    "vectors",
    sa.column("vector_id", sa.Text),
    sa.column("content_hash", sa.Text),
    sa.column("configuration", sa.Text),
)
configurations = sa.table("configurations", sa.column("hash", sa.Text), sa.column("payload", sa.JSON))


def upgrade() -> None:
    """Add the columns, fill them, and add the vectors of modules."""
    for name in ("beginning", "current_beginning"):
        op.add_column("vector_aliases", sa.Column(name, sa.Text, nullable=False, server_default=""))
    op.execute(
        aliases.update().values(
            beginning=sa.func.substr(aliases.c.content_hash, 1, ID_LENGTH),
            current_beginning=sa.func.substr(aliases.c.current_hash, 1, ID_LENGTH),
        )
    )
    beginning = sa.func.substr(sa.func.min(vectors.c.vector_id), 1, ID_LENGTH)
    of_modules = (
        sa.select(vectors.c.content_hash, vectors.c.content_hash, beginning, beginning)
        .join(configurations, configurations.c.hash == vectors.c.configuration)
        .where(configurations.c.payload["tag"].as_string() == "module_vector", vectors.c.content_hash != "")
        .where(vectors.c.content_hash.not_in(sa.select(aliases.c.content_hash)))
        .group_by(vectors.c.content_hash)
    )
    op.execute(
        aliases.insert().from_select(["content_hash", "current_hash", "beginning", "current_beginning"], of_modules)
    )
