"""Inserts that another process may race: ``ON CONFLICT``, which SQLite and PostgreSQL both have."""

from __future__ import annotations

from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session


def insert_new(session: Session, table: type[Any], values: dict[str, Any], *unique: str) -> None:
    """Insert a row unless one with the same ``unique`` columns is there already."""
    columns = list(unique)
    if session.get_bind().dialect.name == "sqlite":
        session.execute(sqlite.insert(table).values(**values).on_conflict_do_nothing(index_elements=columns))
    else:
        session.execute(postgresql.insert(table).values(**values).on_conflict_do_nothing(index_elements=columns))
