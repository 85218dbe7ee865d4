"""What the tests of the archive share: a clock that stands still, and archives on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import import_module
from itertools import count
from pathlib import Path
from shutil import copyfile

import pytest

from archive.database import TABLES
from archive.storage.fetching import choose
from archive.store import Archive
from tests.databases import DATABASES, new_database
from tests.warm import parsers_forked

_buckets = count(1)


@pytest.fixture(scope="package", autouse=True)
def _forked_parsers() -> Iterator[None]:
    """Documents are opened in processes of their own, forked as those of the crawls are."""
    with parsers_forked():
        yield


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
def bucket_server() -> Iterator[str]:
    """The address of an S3-compatible storage on this machine."""
    from moto.server import ThreadedMotoServer

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "invented")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "invented")
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        host, port = server.get_host_and_port()
        patch.setenv("FSSPEC_S3_ENDPOINT_URL", f"http://{host}:{port}")  # for the programs that tests start
        yield f"http://{host}:{port}"
        server.stop()


@pytest.fixture(params=["folder", "bucket"])
def storage_url(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of an empty shared storage: a folder, and a bucket."""
    if request.param == "folder":
        (tmp_path / "shared").mkdir()
        return f"file://{tmp_path}/shared"
    fsspec = import_module("fsspec")
    monkeypatch.setitem(fsspec.config.conf, "s3", {"endpoint_url": request.getfixturevalue("bucket_server")})
    name = f"reports-{next(_buckets)}"
    fsspec.filesystem("s3").mkdir(name)
    return f"s3://{name}/xxgk"


@pytest.fixture
def two_machines(place: Place, storage_url: str, tmp_path: Path) -> tuple[Place, Place]:
    """Two folders with the same tables, on each database, and a shared storage of each kind."""
    database = place.database or f"sqlite:///{tmp_path}/tables.sqlite3"
    machines = tuple(Place(tmp_path / name, database, place.clock) for name in ("first", "second"))
    for each in machines:
        with each.open() as archive:
            choose(archive, storage_url)
    return machines[0], machines[1]


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
