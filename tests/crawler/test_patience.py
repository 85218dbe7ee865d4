"""A crawl whose database is stopped and started again: the same result, and nothing asked for twice."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import delete, func, select

from archive.reports import list_reports
from archive.schema import CrawlRow, HostTurn
from archive.store import Archive
from archive.upkeep.verify import verify
from tests.crawler.commands import xxgk
from tests.databases import Server, new_database, own_server
from tests.replay.city import City
from tests.replay.server import Asked, Reply, serve

MODES = ("fast", "immediate")
LONG = "240"  # seconds: more than a start takes on a machine that has much to do


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with own_server() as own:
        yield own


class Restless:
    """A city whose visitors' database is restarted when so many pages were asked for."""

    def __init__(self, city: City, restart: Callable[[], None], *counts: int) -> None:
        self.city = city
        self.asked: Counter[str] = Counter()
        self._restart = restart
        self._counts = counts
        self._turn = threading.Lock()

    def answer(self, asked: Asked) -> Reply:
        with self._turn:
            self.asked[asked.path.replace(quote(asked.host, safe=""), "")] += 1  # its port is another each time
            if self.asked.total() in self._counts:
                self._restart()
        return self.city.answer(asked)


def crawled(database: str, folder: Path, site: Restless, **ours: str) -> tuple[int, str, list[tuple[object, ...]]]:
    with serve(site) as address:
        host = address.removeprefix("http://")
        ran = xxgk(
            *("crawl", f"{address}/jlszn/", "--allow", host, "--delay", "0", "--json"),
            folder=folder,
            timeout=600,
            XXGK_DATABASE=database,
            **ours,
        )
    with Archive.open(folder / "xxgk-archive", database) as archive:
        assert verify(archive) == []
        found = [(line.publisher, line.report_year, line.title, line.figures) for line in list_reports(archive)]
    return ran.status, ran.err, sorted(found, key=repr)


def test_a_crawl_goes_through_restarts_with_the_same_result_and_asks_for_nothing_twice(
    server: Server, tmp_path: Path
) -> None:
    (tmp_path / "calm").mkdir()
    (tmp_path / "restless").mkdir()
    calm = Restless(City(), lambda: None)
    status, _, expected = crawled(new_database(server.uri), tmp_path / "calm", calm)
    assert status == 0
    modes = iter(MODES * 2)
    site = Restless(City(), lambda: server.restart(next(modes)), 5, 25, 50)
    status, said, found = crawled(new_database(server.uri), tmp_path / "restless", site, XXGK_PATIENCE=LONG)
    assert status == 0, said
    assert found == expected
    assert len(found) == len(site.city.reports)
    assert site.asked == calm.asked


def test_a_crawl_that_loses_its_database_is_stopped_early_and_goes_on_later(server: Server, tmp_path: Path) -> None:
    database = new_database(server.uri)
    site = Restless(City(), server.stop, 25)
    with serve(site) as address:
        command = ("crawl", f"{address}/jlszn/", "--allow", address.removeprefix("http://"), "--delay", "0", "--json")
        lost = xxgk(*command, folder=tmp_path, timeout=600, XXGK_DATABASE=database)
        server.start()
        assert lost.status == 3, lost.err
        assert "run the same command again" in lost.err
        assert "Traceback" not in lost.err
        with Archive.open(tmp_path / "xxgk-archive", database) as archive, archive.writing() as session:
            session.execute(delete(HostTurn))  # it could not say that its turn ended: others would wait two minutes
        went_on = xxgk(*command, folder=tmp_path, timeout=600, XXGK_DATABASE=database)
        assert went_on.status == 0, went_on.err
    with Archive.open(tmp_path / "xxgk-archive", database) as archive:
        assert verify(archive) == []
        assert len(list_reports(archive)) == len(site.city.reports)
        with archive.session() as session:
            assert session.scalar(select(func.count()).select_from(CrawlRow)) == 1
