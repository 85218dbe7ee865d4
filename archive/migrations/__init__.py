"""The history of the tables, and the one way to bring a database to its end."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

HERE = Path(__file__).resolve().parent


def configuration(connection: Connection | None = None) -> Config:
    """Alembic's settings without an ``alembic.ini``; the connection is handed over to ``env.py``."""
    config = Config()
    config.set_main_option("script_location", str(HERE).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


@cache
def head() -> str | None:
    """The newest revision."""
    return ScriptDirectory.from_config(configuration()).get_current_head()


def current(connection: Connection) -> str | None:
    """The revision the database stands at, null where it has no tables of ours."""
    return MigrationContext.configure(connection).get_current_revision()


def upgrade(connection: Connection) -> None:
    """Bring the database to the newest revision, within the connection's transaction."""
    command.upgrade(configuration(connection), "head")


def downgrade(connection: Connection) -> None:
    """Take all tables away, within the connection's transaction."""
    command.downgrade(configuration(connection), "base")
