"""The archive as one thing: a folder of WARC files and the tables that point into them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Self

from sqlalchemy import Connection, DateTime, Engine, func, or_, select
from sqlalchemy.orm import Session

from archive import card, migrations, patience
from archive.database import WRITES, engine_of, explained, held, url_of
from archive.divisions import Book
from archive.errors import ArchiveError, ReadOnlyArchive
from archive.registry.deadlines import Rules
from archive.registry.deadlines import load as load_rules
from archive.registry.identity import book_of
from archive.schema import JournalRow, WarcFile
from archive.storage.objects import Storage
from archive.storage.shipping import Shipper
from archive.warcs import files
from archive.warcs.locks import locked
from archive.writer import Writer

CLOCK_TOLERANCE = timedelta(minutes=5)  # clocks are set right by some seconds all the time


def utc_now() -> datetime:
    """The clock, read at the edge only."""
    return datetime.now(UTC)


class Archive:
    """An opened archive; several may be open on one folder, each writing to WARC files of its own."""

    def __init__(
        self,
        folder: Path,
        engine: Engine,
        *,
        write: bool,
        clock: Callable[[], datetime],
        description: tuple[tuple[str, str], ...] = (),
    ) -> None:
        self.folder = folder
        self.engine = engine
        self.clock = clock
        self._write = write
        self._description = description
        self._writer: Writer | None = None
        self._newest: datetime | None = None
        self._judged = clock is utc_now and engine.dialect.name == "postgresql"  # by the server's clock: one for all
        self._compared = False
        self._moves = card.moves(folder)

    @classmethod
    @contextmanager
    def open(
        cls,
        folder: Path,
        database: str | None = None,
        *,
        create: bool = False,
        write: bool = False,
        rebuild: bool = False,
        description: Iterable[tuple[str, str]] = (),
        clock: Callable[[], datetime] = utc_now,
    ) -> Iterator[Self]:
        """Open the archive in ``folder``; ``database`` is the SQLAlchemy URL of its tables if they stand in PostgreSQL.

        ``create`` makes it where there is none. ``write`` allows captures to be stored, after what a killed process
        left half-written was cut; ``description`` is what our WARC files say of the settings. ``rebuild`` lets the
        tables be empty although there are WARC files. Raises :class:`ArchiveError`.
        """
        folder = Path(folder)
        url = url_of(folder, database)
        card.check(folder, url.get_backend_name(), create=create, rebuild=rebuild)
        engine = engine_of(url)
        archive = cls(folder, engine, write=write, clock=clock, description=tuple(description))
        try:
            archive.patiently(lambda: archive._migrate(rebuild=rebuild))
            if write and not rebuild:
                archive.patiently(archive._check_reach)
                archive.patiently(archive.now)
                archive.patiently(archive.writer.recover)
            yield archive
        finally:
            archive._close()

    @property
    def writer(self) -> Writer:
        """What appends to our WARC file."""
        if not self._write:
            raise ReadOnlyArchive(f"the archive {self.folder} was opened for reading: open it with write=True")
        if self._writer is None:
            storage, home = self.storage, self.home
            shipper = None if storage is None else Shipper(storage, self.folder, home, self.session)
            self._writer = Writer(self.folder, self.writing, self.clock, self._description, home=home, shipper=shipper)
        return self._writer

    @cached_property
    def home(self) -> str:
        """The name of our folder among all that share the tables."""
        return card.home(self.folder)

    @cached_property
    def storage(self) -> Storage | None:
        """The shared storage that sealed WARC files go to; null where they stay in the folder."""
        place = card.storage(self.folder)
        return None if place is None else Storage(place.url)

    @cached_property
    def book(self) -> Book:
        """The administrative divisions, with what the archive's own ``divisions.csv`` adds."""
        return book_of(self.folder)

    @cached_property
    def rules(self) -> Rules:
        """The deadlines, with what the archive's own ``deadlines.toml`` adds."""
        return load_rules(self.folder / "deadlines.toml")

    def now(self) -> datetime:
        """The time, for what is kept now.

        Raises :class:`ArchiveError` where the clock went back: what is newer could no longer be told. With PostgreSQL it is
        compared with the server's instead, since a clock that is fast elsewhere says nothing of ours.
        """
        moment = self.clock()
        if self._newest is None or (self._judged and moment < self._newest - CLOCK_TOLERANCE):
            self._newest = self._last_written(moment)
        if moment < self._newest - CLOCK_TOLERANCE:
            raise ArchiveError(
                f"the clock says {moment:%Y-%m-%d %H:%M} UTC, and the archive {self.folder} was written to at "
                f"{self._newest:%Y-%m-%d %H:%M}: set the clock right"
            )
        self._newest = max(self._newest, moment)
        return self._newest

    def _last_written(self, moment: datetime) -> datetime:
        """When the archive was written to last; the moment where it never was, or where another's clock was wrong then."""
        with self.session() as session:
            self._compare(session)
            journal, begun = JournalRow.written_at, WarcFile.begun_at
            times = (
                session.scalar(select(journal).order_by(JournalRow.id.desc()).limit(1)),
                session.scalar(select(begun).order_by(WarcFile.id.desc()).limit(1)),
            )
        newest = max((time for time in times if time is not None), default=moment)
        return moment if self._judged and newest > moment + CLOCK_TOLERANCE else newest

    def _compare(self, session: Session) -> None:
        """Raise :class:`ArchiveError` where our clock and the server's are not the same."""
        if not self._judged:
            return
        before = self.clock()
        there = session.execute(select(func.clock_timestamp(type_=DateTime(timezone=True)))).scalar_one()
        if not before - CLOCK_TOLERANCE <= there <= self.clock() + CLOCK_TOLERANCE:
            raise ArchiveError(
                f"this machine's clock says {before:%Y-%m-%d %H:%M} UTC, and that of PostgreSQL, where the tables of "
                f"{self.folder} stand, {there:%Y-%m-%d %H:%M} UTC: set the wrong one right"
            )
        self._compared = True

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A session to read in. Nothing is committed."""
        with explained(self.folder), Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session to write in: committed at the end of the block, rolled back on an error; writers take turns.

        The turn is taken at the beginning: a reader that turns writer would fail at once instead of waiting. Raises
        :class:`ArchiveError`, also where the tables were moved since the archive was opened, and where our clock is wrong.
        """
        engine = self.engine.execution_options(**{WRITES: True})
        with explained(self.folder), Session(engine, expire_on_commit=False) as session, session.begin():
            session.connection()
            card.check_moves(self.folder, self._moves)
            if not self._compared:
                self._compare(session)
            yield session

    def patiently(self, work: Callable[[], patience.Result]) -> patience.Result:
        """Do what may be done twice, and do it again where the connection broke, as long as ``XXGK_PATIENCE`` says.

        Raises :class:`archive.errors.ConnectionLost` where it breaks still.
        """
        return patience.again(work)

    @contextmanager
    def alone(self, name: str) -> Iterator[Callable[[], None]]:
        """Be the only one at something: on this machine, and with PostgreSQL on all. Waits for whoever is at it.

        The block gets a function that raises :class:`archive.errors.ConnectionLost` where others may be at it by now.
        """
        with locked(self.folder, f"{name}.lock"), held(self.engine, self.folder, name) as check:
            yield check

    def _migrate(self, *, rebuild: bool) -> None:
        try:
            with explained(self.folder):
                with self.engine.connect() as connection:
                    if migrations.current(connection) == migrations.head():
                        return
                with locked(self.folder), self.engine.execution_options(**{WRITES: True}).begin() as connection:
                    self._upgrade(connection, rebuild=rebuild)
        except OSError as error:
            raise ArchiveError(f"the archive {self.folder} cannot be opened: {files.reason(error)}") from error

    def _upgrade(self, connection: Connection, *, rebuild: bool) -> None:
        """Make the tables, or bring them to the newest form; another process may have done it meanwhile."""
        standing = migrations.current(connection)
        if standing is None and not rebuild and (any(files.names(self.folder)) or self._has_stored()):
            raise ArchiveError(
                f"the tables of the archive {self.folder} are gone, its WARC files are there: xxgk reindex makes them again"
            )
        if standing != migrations.head():
            migrations.upgrade(connection)

    def _has_stored(self) -> bool:
        """Whether WARC files of ours were stored, and perhaps left the folder."""
        place = card.storage(self.folder)
        return place is not None and place.used

    def _check_reach(self) -> None:
        """Whoever writes without the storage that others have would take what it cannot read for damaged."""
        if self.storage is not None:
            return
        away = select(WarcFile.name, WarcFile.stored_at).where(
            or_(WarcFile.stored_at.is_not(None), WarcFile.home != self.home)
        )
        with self.session() as session:
            found = session.execute(away.order_by(WarcFile.stored_at.is_(None), WarcFile.id.desc()).limit(1)).first()
        if found is not None and (found.stored_at is not None or not files.is_here(self.folder, found.name)):
            raise ArchiveError(
                f"{found.name} is in a shared storage or with another machine, and the card of the archive {self.folder} names no storage: name it with xxgk storage set, then run the same command again"
            )

    def _close(self) -> None:
        try:
            if self._writer is not None:
                self._writer.close()
        finally:
            self.engine.dispose()
