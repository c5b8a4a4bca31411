"""Alembic's entry: it is handed a connection and migrates on it, in one transaction."""

from alembic import context

from holdfast.records.tables import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=True,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
