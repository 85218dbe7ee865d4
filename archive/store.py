"""The archive as one thing: a folder of WARC files and the tables that point into them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Session

from archive import migrations
from archive.errors import ArchiveError, NoArchive, ReadOnlyArchive
from archive.locks import locked
from archive.writer import WARC_FOLDER, Writer

CARD = "archive.json"  # says where the tables stand, so that nobody opens an empty second set of them
TABLES = "archive.sqlite3"
FORMAT = 1
BUSY_TIMEOUT = 60  # seconds; a batch of derived reports is written in well under one
_WRITES = "xxgk_writes"


def utc_now() -> datetime:
    """The clock, read at the edge only."""
    return datetime.now(UTC)


class Archive:
    """An opened archive; several may be open on one folder, each writing to WARC files of its own."""

    def __init__(self, folder: Path, engine: Engine, *, write: bool, clock: Callable[[], datetime]) -> None:
        self.folder = folder
        self.engine = engine
        self.clock = clock
        self._write = write
        self._writer: Writer | None = None

    @classmethod
    @contextmanager
    def open(
        cls,
        folder: Path,
        database: str | None = None,
        *,
        create: bool = False,
        write: bool = False,
        clock: Callable[[], datetime] = utc_now,
    ) -> Iterator[Self]:
        """Open the archive in ``folder``; ``database`` is the SQLAlchemy URL of its tables if they stand in PostgreSQL.

        ``create`` makes it where there is none. ``write`` allows captures to be stored, after what a killed process
        left half-written was cut. Raises :class:`ArchiveError`.
        """
        folder = Path(folder)
        url = _url(folder, database)
        _check_card(folder, url, create=create)
        engine = _engine(url)
        archive = cls(folder, engine, write=write, clock=clock)
        try:
            archive._migrate()
            if write:
                archive.writer.recover()
            yield archive
        finally:
            archive._close()

    @property
    def writer(self) -> Writer:
        """What appends to our WARC file."""
        if not self._write:
            raise ReadOnlyArchive(f"the archive {self.folder} was opened for reading: open it with write=True")
        if self._writer is None:
            self._writer = Writer(self.folder, self.writing, self.clock)
        return self._writer

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A session to read in. Nothing is committed."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session to write in: committed at the end of the block, rolled back on an error.

        SQLite takes the lock at the beginning: a reader that turns writer would fail at once instead of waiting.
        """
        with (
            Session(self.engine.execution_options(**{_WRITES: True}), expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    def _migrate(self) -> None:
        try:
            with self.engine.connect() as connection:
                if migrations.current(connection) == migrations.head():
                    return
            with locked(self.folder), self.engine.execution_options(**{_WRITES: True}).begin() as connection:
                migrations.upgrade(connection)
        except DBAPIError as error:
            raise ArchiveError(
                f"the tables of the archive {self.folder} cannot be opened: {_first_line(error)}"
            ) from error

    def _close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self.engine.dispose()


def _url(folder: Path, database: str | None) -> URL:
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


def _check_card(folder: Path, url: URL, *, create: bool) -> None:
    card = folder / CARD
    kind = url.get_backend_name()
    try:
        known: dict[str, Any] = json.loads(card.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if not create:
            raise NoArchive(
                f"there is no archive in {folder}: crawl or import makes one, --archive names another"
            ) from None
        _write_card(folder, kind)
        return
    except NotADirectoryError:
        raise NoArchive(f"{folder} is no folder: --archive must name one") from None
    except (OSError, ValueError) as error:
        raise ArchiveError(f"{card} cannot be read: {error}") from error
    if known.get("format") != FORMAT:
        raise ArchiveError(
            f"the archive {folder} has format {known.get('format')}, this program reads {FORMAT}: update it"
        )
    if known.get("tables") != kind:
        remedy = (
            "give the --database it was made with" if known.get("tables") == "postgresql" else "leave --database out"
        )
        raise NoArchive(f"the tables of the archive {folder} stand in {known.get('tables')}: {remedy}")


def _write_card(folder: Path, kind: str) -> None:
    try:
        (folder / WARC_FOLDER).mkdir(parents=True, exist_ok=True)
        with locked(folder):
            if not (folder / CARD).exists():
                fresh = folder / f"{CARD}.new"
                fresh.write_text(json.dumps({"format": FORMAT, "tables": kind}) + "\n", encoding="utf-8")
                fresh.replace(folder / CARD)
    except OSError as error:
        raise ArchiveError(f"no archive can be made in {folder}: {error.strerror or error}") from error


def _engine(url: URL) -> Engine:
    try:
        if url.get_backend_name() != "sqlite":
            return create_engine(url, pool_pre_ping=True)
        engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT, "check_same_thread": False})
    except (ImportError, SQLAlchemyError) as error:
        raise ArchiveError(
            f"the database cannot be used: {_first_line(error)} (the extra `postgresql` has its driver)"
        ) from error
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver begins no transactions behind our back; _begin_sqlite does
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")  # a row lost to a power cut is found again by the writer's recovery
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _first_line(error: Exception) -> str:
    return str(getattr(error, "orig", error)).strip().partition("\n")[0]
