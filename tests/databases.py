"""Databases of the tests: SQLite, and a real PostgreSQL server of our own."""

from __future__ import annotations

from itertools import count

from sqlalchemy import create_engine, text

DATABASES = ("sqlite", "postgresql")
_numbers = count(1)


def new_database(server: str) -> str:
    """An empty database of its own for one test."""
    name = f"archive_{next(_numbers)}"
    engine = create_engine(server.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return engine.url.set(database=name).render_as_string(hide_password=False)
