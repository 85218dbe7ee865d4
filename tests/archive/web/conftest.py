"""What the tests of the dashboard share: an archive of the replay city, one of a hostile portal, and visitors of both."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from archive.store import Archive
from archive.study import study
from archive.web.queries import keep
from archive.web.settings import LOOPBACK, Settings
from tests.archive.web.hostile import attack
from tests.archive.web.site import PASSWORD, Site, opened
from tests.crawler.commands import xxgk
from tests.replay.city import City
from tests.replay.server import serve

CITY = "XXGK_CITY"  # a folder: the archive that `make demo` left, or another run of these tests; saves the crawl


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an archive of the replay city, crawled, silently edited in one place, and crawled again.

    For reading only: it is one for all.
    """
    return _made_once(tmp_path_factory, "city", _crawl)


@pytest.fixture(scope="session")
def city_app(city: Path) -> Iterator[FastAPI]:
    """The dashboard over it, one for all."""
    with opened(city) as site:
        yield site.app


@pytest.fixture
def site(city_app: FastAPI) -> Site:
    """A visitor of it who comes for the first time."""
    return Site(city_app)


@pytest.fixture
def own_city(city: Path, tmp_path: Path) -> Path:
    """A copy of the archive, for a test that changes something."""
    return Path(shutil.copytree(city, tmp_path / "city"))


@pytest.fixture
def own_site(own_city: Path) -> Iterator[Site]:
    """A visitor of that copy."""
    with opened(own_city) as site:
        yield site


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an archive of a portal that attacks in every field it fills (hostile.py); for reading only."""
    return _made_once(tmp_path_factory, "hostile", attack)


@pytest.fixture(scope="session")
def hostile_app(hostile: Path) -> Iterator[FastAPI]:
    """The dashboard over it, one for all."""
    with opened(hostile) as site:
        yield site.app


@pytest.fixture
def attacked(hostile_app: FastAPI) -> Site:
    """A visitor of it who comes for the first time."""
    return Site(hostile_app)


def _crawl(folder: Path) -> None:
    """Make it; crawling takes a quarter of a minute on a machine that does nothing else."""
    ready = os.environ.get(CITY)
    if ready:
        shutil.copytree(ready, folder)
    else:
        _crawl_twice(folder)
    with Archive.open(folder, write=True) as archive:
        study(archive)  # else the first who searches begins it
        keep(folder, name="大数据", path="/search?words=公开", note="", by="王敏", at=archive.clock())


def _crawl_twice(folder: Path) -> None:
    city = City()
    with serve(city) as address:
        crawl = ("--archive", str(folder), "crawl", f"{address}/jlszn/", "--allow", address.removeprefix("http://"))
        for edited in (False, True):
            city.edited = edited
            ran = xxgk(*crawl, "--delay", "0", folder=folder.parent)
            assert ran.status == 0, ran.err


@pytest.fixture
def shut(city: Path) -> Iterator[Site]:
    """A dashboard that asks everybody for the password."""
    with opened(city, Settings(PASSWORD, closed=True, hosts=LOOPBACK | {"archive.example"})) as site:
        yield site


@pytest.fixture
def fresh(city: Path) -> Iterator[Site]:
    """A dashboard of its own, whose passwords nobody else tries."""
    with opened(city) as site:
        yield site


def _made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder that is made by the first worker who asks; the others wait for it."""
    base = factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "web"
    shared.mkdir(exist_ok=True)
    folder = shared / name
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            making = shared / f"{name}.making"
            shutil.rmtree(making, ignore_errors=True)
            make(making)
            making.rename(folder)
    return folder
