"""The database of the tables: SQLite in the archive's folder, or PostgreSQL. Who writes takes turns; trouble is one sentence."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from archive import patience
from archive.errors import ArchiveError, ConnectionLost, DatabaseAway

TABLES = "archive.sqlite3"
WRITES = "xxgk_writes"  # the execution option of connections that write
TURN = 0x7878676B  # the number of PostgreSQL's advisory lock that a writer holds
BUSY_TIMEOUT = 60  # seconds; a batch of derived reports is written in well under one
CACHE = (
    4 << 20
)  # bytes a connection keeps: twice SQLite's own, for the indexes' upper pages; more shows in a crawl's memory
WAL_KEPT = 64 << 20  # bytes SQLite's log may keep on the disk after a long reader let it grow
_RETRY = 0.02  # seconds
# PostgreSQL: compiling a statement takes longer than any of ours, a nation is sorted in memory, and no disk turns any more.
# The server looks for a client whose machine is gone: what that held, others wait for.
_SETTINGS = (
    "-c jit=off -c work_mem=64MB -c random_page_cost=1.1 -c timezone=UTC "
    "-c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3"
)
_CONNECTION = {  # as libpq names them; seconds, and milliseconds
    "options": _SETTINGS,
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
IDLE = 300  # seconds a transaction that writes may stand still: all others wait for it


def url_of(folder: Path, database: str | None) -> URL:
    """Where the tables of the archive in ``folder`` stand. Raises :class:`ArchiveError` for what is no such place."""
    if database is None:
        return URL.create("sqlite", database=str(folder / TABLES))
    try:
        url = make_url(database)
    except ArgumentError as error:
        raise ArchiveError("the database must be a URL like postgresql://user@host/name") from error
    if url.drivername in {"postgres", "postgresql"}:
        return url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() not in {"postgresql", "sqlite"}:
        raise ArchiveError(f"tables can stand in SQLite or PostgreSQL, not in {url.get_backend_name()}")
    return url


def engine_of(url: URL) -> Engine:
    """The engine of a database. Raises :class:`ArchiveError` where its driver is lacking, or the right to its file."""
    sqlite = url.get_backend_name() == "sqlite"
    if sqlite:
        _check_rights(Path(url.database or ""))
    try:
        if sqlite:
            engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT, "check_same_thread": False})
        else:
            given = {name: value for name, value in _CONNECTION.items() if name not in url.query}
            engine = create_engine(url, pool_pre_ping=True, connect_args=given)
            event.listen(engine, "do_connect", patience.connect)
    except (ImportError, SQLAlchemyError) as error:
        raise ArchiveError(
            f"the database cannot be used: {_first_line(error)} (the extra `postgresql` has its driver)"
        ) from error
    if sqlite:
        event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite if sqlite else _begin_postgresql)
    return engine


@contextmanager
def held(engine: Engine, folder: Path, name: str) -> Iterator[Callable[[], None]]:
    """A lock of this name over all machines, as long as the block runs; waits for whoever has it.

    It is gone where its connection broke: the function that the block gets raises :class:`ConnectionLost` then. With
    SQLite there is one machine, and nothing to hold.
    """
    if engine.dialect.name != "postgresql":
        yield lambda: None
        return
    key = int.from_bytes(sha256(f"xxgk {name}".encode()).digest()[:8], signed=True)

    def take() -> Connection:
        with explained(folder):
            connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            try:
                connection.exec_driver_sql(f"SELECT pg_advisory_lock({key})")
            except BaseException:
                connection.close()
                raise
        return connection

    def check() -> None:
        if connection.invalidated:  # asked again, it would connect anew, and hold nothing
            raise ConnectionLost(f"the lock {name} of the archive {folder} was lost: run the same command again")
        with explained(folder):
            connection.exec_driver_sql("SELECT 1")

    connection = patience.again(take)
    try:
        yield check
    finally:
        with closing(connection), suppress(DBAPIError):  # then the server has released it
            if not connection.invalidated:
                connection.exec_driver_sql(f"SELECT pg_advisory_unlock({key})")


@contextmanager
def explained(folder: Path) -> Iterator[None]:
    """What a database says of its troubles, as an :class:`ArchiveError` that a user can act on."""
    try:
        yield
    except DBAPIError as error:
        raise _explain(folder, error) from error


def _check_rights(file: Path) -> None:
    """A file that must not be written would leave a log that must not be written either, for whoever comes next."""
    if file.exists() and not os.access(file, os.W_OK) and os.access(file.parent, os.W_OK):
        raise ArchiveError(f"{file} cannot be written: give this user the right to, then run the same command again")


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver begins no transactions behind our back; _begin_sqlite does
    cursor = connection.cursor()
    _use_log(cursor)
    cursor.execute(f"PRAGMA journal_size_limit={WAL_KEPT}")
    cursor.execute(f"PRAGMA cache_size={-CACHE // 1024}")  # negative: in KiB
    cursor.execute("PRAGMA synchronous=NORMAL")  # a row lost to a power cut is found again by the writer's recovery
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _use_log(cursor: Any) -> None:
    """Turn the write-ahead log on. Where others open the file at the same moment SQLite says busy without waiting."""
    end = monotonic() + BUSY_TIMEOUT
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if _sqlite_code(error) != sqlite3.SQLITE_BUSY or monotonic() > end:
                raise
            sleep(_RETRY)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _begin_postgresql(connection: Connection) -> None:
    """One writer at a time, as with SQLite: no deadlocks, and nobody inserts what another is about to insert."""
    if connection.get_execution_options().get(WRITES, False):
        wait = BUSY_TIMEOUT * 1000
        connection.exec_driver_sql(
            f"SELECT set_config('lock_timeout', '{wait:.0f}', true), "
            f"set_config('idle_in_transaction_session_timeout', '{IDLE * 1000}', true), pg_advisory_xact_lock({TURN})"
        )


_SQLITE = {
    sqlite3.SQLITE_BUSY: "busy",
    sqlite3.SQLITE_LOCKED: "busy",
    sqlite3.SQLITE_FULL: "full",
    sqlite3.SQLITE_READONLY: "closed",
    sqlite3.SQLITE_PERM: "closed",
    sqlite3.SQLITE_CANTOPEN: "closed",
    sqlite3.SQLITE_IOERR: "failing",
    sqlite3.SQLITE_CORRUPT: "damaged",
    sqlite3.SQLITE_NOTADB: "damaged",
}
_POSTGRESQL = {  # by state, or by the class its first two characters are
    "55P03": "busy",
    "40": "busy",
    "57014": "busy",
    "53100": "full",
    "53300": "busy",
    "25006": "closed",
    "42501": "closed",
    "58030": "failing",
    "XX001": "broken",
    "XX002": "broken",
}
_SENTENCES = {
    "busy": "were held by another process for more than {wait:g} s: run the same command again when it has ended",
    "full": "cannot be written, the disk is full: free some of it, then run the same command again",
    "closed": "cannot be opened or written ({said}): give this user the rights to them, then run the same command again",
    "failing": "cannot be read or written ({said}): look after the disk and its limits, then run the same command again",
    "damaged": "are damaged ({said}): move {tables} and what lies beside it of that name away, xxgk reindex makes them again",
    "broken": "are damaged ({said}): restore the database, or empty it, then xxgk reindex makes them again",
    "away": "cannot be opened ({said}): see that PostgreSQL runs and its URL is right, then run the same command again",
    "other": "cannot be used: {said}",
}


def _explain(folder: Path, error: DBAPIError) -> ArchiveError:
    said = _first_line(error)
    if error.connection_invalidated:
        return ConnectionLost(
            f"the connection to the tables of the archive {folder} broke ({said}): run the same command again when PostgreSQL is there"
        )
    cause = error.orig
    if isinstance(cause, sqlite3.Error):
        kind = _SQLITE.get(_sqlite_code(cause), "other")
    else:
        state = getattr(cause, "sqlstate", None)
        kind = "away" if state is None else _POSTGRESQL.get(state) or _POSTGRESQL.get(state[:2], "other")
    sentence = _SENTENCES[kind].format(wait=BUSY_TIMEOUT, said=said, tables=TABLES)
    found = DatabaseAway if kind == "away" else ArchiveError
    return found(f"the tables of the archive {folder} {sentence}")


def _sqlite_code(error: BaseException) -> int:
    """The primary result code: the extended ones say more in their higher bytes."""
    code: int = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF


def _first_line(error: Exception) -> str:
    return str(getattr(error, "orig", error)).strip().partition("\n")[0]
