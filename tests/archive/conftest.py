"""What the tests of the archive share: a clock that stands still, and archives on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copyfile

import pytest

from archive.database import TABLES
from archive.store import Archive
from tests.databases import DATABASES, new_database


@dataclass
class Clock:
    """A clock that goes only when it is told to."""

    now: datetime = field(default_factory=lambda: datetime(2024, 1, 20, 4, 0, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **span: float) -> datetime:
        self.now += timedelta(**span)
        return self.now


@dataclass(frozen=True)
class Place:
    """Where a test's archive stands; it may be opened as often as one likes."""

    folder: Path
    database: str | None
    clock: Clock

    def open(
        self, *, write: bool = True, settings: tuple[tuple[str, str], ...] = ()
    ) -> AbstractContextManager[Archive]:
        return Archive.open(
            self.folder, self.database, create=True, write=write, clock=self.clock, description=settings
        )


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=DATABASES)
def place(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Place:
    """A place for an archive, on each database."""
    database = (
        new_database(request.getfixturevalue("postgresql"), tables=True) if request.param == "postgresql" else None
    )
    return Place(tmp_path / "archive", database, clock)


@pytest.fixture(scope="session")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Our tables in SQLite, empty: as with PostgreSQL, copying them costs less than making them."""
    folder = tmp_path_factory.mktemp("tables")
    with Archive.open(folder, create=True):
        pass
    return folder / TABLES


def begin(folder: Path, tables: Path) -> None:
    """Lay the tables of a new archive into its folder."""
    folder.mkdir()
    copyfile(tables, folder / TABLES)


@pytest.fixture
def archive(place: Place, tables: Path) -> Iterator[Archive]:
    """An open archive, on each database."""
    if place.database is None:
        begin(place.folder, tables)
    with place.open() as opened:
        yield opened


@pytest.fixture
def table(tmp_path: Path, tables: Path) -> Iterator[Archive]:
    """An archive on SQLite, for what no database has a part in."""
    begin(tmp_path / "archive", tables)
    with Archive.open(tmp_path / "archive", create=True, write=True) as opened:
        yield opened
