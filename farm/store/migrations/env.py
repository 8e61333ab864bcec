"""What Alembic runs for each command: the migrations, on the connection of `farm.store.migrations.upgrade`."""

from alembic import context

from farm.store import schema

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=schema.metadata,
    version_table=schema.revision.name,
    render_as_batch=True,
)
context.run_migrations()
