"""Inserts where the databases differ: rows that another process may race for, and rows that bring their own numbers."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from archive.schema import Base


def insert_new(session: Session, table: type[Any], values: dict[str, Any], *unique: str) -> None:
    """Insert a row unless one with the same ``unique`` columns is there already."""
    columns = list(unique)
    if session.get_bind().dialect.name == "sqlite":
        session.execute(sqlite.insert(table).values(**values).on_conflict_do_nothing(index_elements=columns))
    else:
        session.execute(postgresql.insert(table).values(**values).on_conflict_do_nothing(index_elements=columns))


def set_sequences(session: Session) -> None:
    """After rows that brought their own numbers: PostgreSQL counts on from the highest only if it is told."""
    if session.get_bind().dialect.name != "postgresql":
        return
    for table in Base.metadata.sorted_tables:
        if "id" in table.columns:
            last = select(func.coalesce(func.max(table.columns["id"]), 0) + 1).scalar_subquery()
            session.execute(select(func.setval(func.pg_get_serial_sequence(table.name, "id"), last, False)))  # noqa: FBT003 - setval's own flag
