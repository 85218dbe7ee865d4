"""Databases of the tests: SQLite, and a real PostgreSQL server of our own."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from shutil import disk_usage

from sqlalchemy import Connection, create_engine, text

from archive import migrations

DATABASES = ("sqlite", "postgresql")
_TEMPLATE = "archive_tables"
_numbers = count(1)
_PLENTY = 16 << 30  # bytes


def memory() -> Path | None:
    """A folder that stands in memory, where there is plenty: hundreds of databases of ten megabytes come and go."""
    folder = Path("/dev/shm")
    try:
        available = next(line for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemAvail"))
        plenty = min(disk_usage(folder).free, int(available.split()[1]) << 10) > _PLENTY
    except (OSError, StopIteration):
        return None
    return folder if plenty else None


def new_database(server: str, *, tables: bool = False) -> str:
    """A database of its own for one test, empty, or with our tables: copying them costs less than making them."""
    name = f"archive_{next(_numbers)}"
    engine = create_engine(_driver(server), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        if tables:
            _make_template(server, connection)
        connection.execute(text(f"CREATE DATABASE {name}{f' TEMPLATE {_TEMPLATE}' if tables else ''}"))
    engine.dispose()
    return engine.url.set(database=name).render_as_string(hide_password=False)


def make_fast(server: str) -> None:
    """Let a server that lives no longer than the tests spare the disk; a killed client loses nothing by it."""
    engine = create_engine(_driver(server), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
        connection.execute(text("SELECT pg_reload_conf()"))
    engine.dispose()


def _make_template(server: str, connection: Connection) -> None:
    known = text("SELECT count(*) FROM pg_database WHERE datname = :name")
    if connection.execute(known, {"name": _TEMPLATE}).scalar():
        return
    connection.execute(text(f"CREATE DATABASE {_TEMPLATE}"))
    engine = create_engine(create_engine(_driver(server)).url.set(database=_TEMPLATE))
    with engine.begin() as tables:
        migrations.upgrade(tables)
    engine.dispose()


def _driver(server: str) -> str:
    return server.replace("postgresql://", "postgresql+psycopg://")
