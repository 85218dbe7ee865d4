"""The history of the tables, and the one way to bring a database to its end.

Alembic is imported when the tables are changed only: every command asks for their revision, and need not wait for it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, column, inspect, select, table

if TYPE_CHECKING:
    from alembic.config import Config

HERE = Path(__file__).resolve().parent
_STANDING = table("alembic_version", column("version_num"))  # Alembic's own


def configuration(connection: Connection | None = None) -> Config:
    """Alembic's settings without an ``alembic.ini``; the connection is handed over to ``env.py``."""
    from alembic.config import Config  # noqa: PLC0415 - see above

    config = Config()
    config.set_main_option("script_location", str(HERE).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


@cache
def head() -> str:
    """The newest revision: the files of the history begin with theirs, which are numbers in their order."""
    return max(file.name.partition("_")[0] for file in (HERE / "versions").glob("[0-9]*_*.py"))


def current(connection: Connection) -> str | None:
    """The revision the database stands at, null where it has no tables of ours."""
    if not inspect(connection).has_table(_STANDING.name):
        return None
    return connection.scalar(select(_STANDING.c.version_num))


def upgrade(connection: Connection) -> None:
    """Bring the database to the newest revision, within the connection's transaction."""
    from alembic import command  # noqa: PLC0415 - see above

    command.upgrade(configuration(connection), "head")


def downgrade(connection: Connection) -> None:
    """Take all tables away, within the connection's transaction."""
    from alembic import command  # noqa: PLC0415 - see above

    command.downgrade(configuration(connection), "base")
