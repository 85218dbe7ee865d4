"""What the tests of the archive share: a clock that stands still, and archives on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

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


@pytest.fixture
def archive(place: Place) -> Iterator[Archive]:
    """An open archive, on each database."""
    with place.open() as opened:
        yield opened


@pytest.fixture
def table(tmp_path: Path) -> Iterator[Archive]:
    """An archive on SQLite, for what no database has a part in."""
    with Archive.open(tmp_path / "archive", create=True, write=True) as opened:
        yield opened
