"""Alembic's environment: runs on the connection it is given, or on ``-x database=URL`` from its own command line."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection, create_engine

from archive.schema import Base


def run(connection: Connection) -> None:
    """Apply the revisions; SQLite alters tables by copying them, hence the batches."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
    )
    with context.begin_transaction():
        context.run_migrations()


given: Connection | None = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with create_engine(context.get_x_argument(as_dictionary=True)["database"]).begin() as own:
        run(own)
