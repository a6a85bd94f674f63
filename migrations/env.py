"""Runs migrations on the connection that portal.schema hands over; there is no offline mode."""

from alembic import context

from portal.database import Base, KeysBase

which = context.config.attributes["which"]
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata if which == "main" else KeysBase.metadata,
    render_as_batch=True,
    compare_server_default=False,
)
context.run_migrations()
