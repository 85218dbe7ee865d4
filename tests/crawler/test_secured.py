"""Crawls of machines that share a storage: what is stored counts whatever happens next, and nobody says what is another's to say."""

from __future__ import annotations

import signal
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import select

from archive.crawling import crawls, duework
from archive.crawling.duework import REGULAR, Planned
from archive.schema import CrawlRow, WarcFile
from archive.storage.fetching import choose
from archive.store import Archive
from crawler.campaign import campaign
from crawler.working.crew import Crew, Done
from tests.archive.notetaking import note_portal
from tests.crawler import pages
from tests.crawler.commands import start, xxgk_loaded
from tests.crawler.servers import Answer, Page, serve
from tests.databases import new_database

HOST = "xxgk.qinghe.gov.cn"
COLUMN = f"http://{HOST}{pages.COLUMN}"
PATIENCE = 60  # seconds until a test gives up
# The machine is switched off as soon as reports are to be derived.
SWITCHED_OFF = """
import os, signal
import crawler.run
crawler.run.derive_pending = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def database(postgresql: str) -> str:
    """The address of an empty archive's tables, as PostgreSQL's own programs take it."""
    return new_database(postgresql, tables=True).replace("+psycopg", "")


def plan(archive: Archive) -> None:
    at = datetime.now(UTC) - timedelta(minutes=1)
    duework.plan(archive, [Planned(COLUMN, REGULAR, at, at)], campaign().again)


def test_a_machine_that_is_switched_off_while_it_derives_has_stored_what_it_fetched(
    tmp_path: Path, database: str
) -> None:
    folder, shared = tmp_path / "xxgk-archive", tmp_path / "shared"
    shared.mkdir()
    with Archive.open(folder, database, create=True) as archive:
        choose(archive, f"{shared}")
        plan(archive)
        (lease,) = duework.claim(archive, "one", campaign().again, lease=timedelta(minutes=5))
    with serve(pages.portal(3, host=HOST)) as portal:
        crawl = ("crawl", COLUMN, "--delay", "0")
        ran = xxgk_loaded(*crawl, folder=tmp_path, prelude=SWITCHED_OFF, http_proxy=portal.url, XXGK_DATABASE=database)
    assert ran.status == -signal.SIGKILL, ran.err
    with Archive.open(folder, database) as archive:
        with archive.session() as read:
            assert read.execute(select(CrawlRow.state, CrawlRow.secured)).all() == [("finished", True)]
            files = read.execute(select(WarcFile.name, WarcFile.stored_at)).all()
        assert [(shared / name).exists() for name, at in files if at is not None] == [True]
        assert [(folder / name).exists() for name, _ in files] == [True]  # to be derived from without the storage
        assert duework.finish(archive, "one", lease, campaign().again, again_after=timedelta()) == "ok"


class Crawled:
    """A crawl that went well, and has ended."""

    ended = True

    def __init__(self, archive: Archive) -> None:
        begun = crawls.begin(archive, {"year": None}, [COLUMN])
        note_portal(archive, begun.id, portal=COLUMN, outcome="ok", detail=None)
        crawls.finish(archive, begun.id, crawls.FINISHED)

    def wait(self) -> int:
        return 0

    def end(self) -> None:
        raise AssertionError("it has ended")


def test_what_is_read_and_not_stored_yet_is_said_to_be(tmp_path: Path, database: str) -> None:
    folder, shared = tmp_path / "xxgk-archive", tmp_path / "shared"
    shared.mkdir()
    with Archive.open(folder, database, create=True) as archive:
        choose(archive, f"{shared}")
        plan(archive)
    said: list[str] = []

    def run(*_: Any) -> Crawled:
        with Archive.open(folder, database, write=True) as archive:
            return Crawled(archive)

    crew = Crew(folder, database, said.append, campaign().again, run=run)
    lease = crew.claim([COLUMN])
    assert lease is not None
    assert crew.crawl(lease, COLUMN) == Done(COLUMN, REGULAR, "unstored")
    assert said == [f"{COLUMN}: read, and kept on this machine until the storage answers"]


@pytest.mark.parametrize(
    ("told", "columns"),
    [
        ("by the turn that it asks for", [("ok",)]),  # by then the column was read to its end
        ("by whoever started it", []),
    ],
)
def test_a_crawl_that_goes_on_elsewhere_says_nothing_of_how_its_portal_was_read(
    tmp_path: Path, database: str, told: str, columns: list[tuple[str]]
) -> None:
    folder = tmp_path / "xxgk-archive"
    with Archive.open(folder, database, create=True) as archive:
        plan(archive)
        (lease,) = duework.claim(archive, "one", campaign().again, lease=timedelta(minutes=5))
    site: dict[str, Page] = dict(pages.portal(4, host=HOST))
    column, asked, answered = str(site[f"{HOST}{pages.COLUMN}"]), threading.Event(), threading.Event()

    def lose(_: int) -> Answer:
        with psycopg.connect(database) as connection:
            connection.execute("UPDATE tasks SET attempts = 2")
        asked.set()
        assert answered.wait(PATIENCE)
        return Answer(column)

    site[f"{HOST}{pages.COLUMN}"] = lose
    with serve(site) as portal:
        ours = {"http_proxy": portal.url, "XXGK_DATABASE": database, "XXGK_LEASE": f"{lease.task}:{lease.attempt}"}
        crawl = start("crawl", COLUMN, "--delay", "0", folder=tmp_path, **ours)
        assert asked.wait(PATIENCE)
        if told == "by whoever started it":
            crawl.send_signal(signal.SIGTERM)
            until_heard(folder)
        answered.set()
        _, said = crawl.communicate(timeout=PATIENCE)
    assert crawl.returncode == 3, said
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT outcome FROM portals").fetchall() == [(None,)]
        assert connection.execute("SELECT count(*) FROM portal_readings").fetchone() == (0,)
        assert connection.execute("SELECT outcome FROM column_readings").fetchall() == columns
        assert connection.execute("SELECT role FROM captures ORDER BY id").fetchall() == [("robots",), ("entry",)]


def until_heard(folder: Path) -> None:
    """Wait until a crawl has heard that it is to end."""
    waiting = threading.Event()
    for _ in range(PATIENCE * 20):
        if any("SIGTERM" in log.read_text(encoding="utf-8") for log in folder.glob("logs/crawl-*.log")):
            return
        waiting.wait(0.05)
    raise AssertionError("the crawl did not hear of it")
