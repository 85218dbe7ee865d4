"""A crawl that was killed at any moment goes on with the same command: nothing lost, no report fetched twice."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import pytest

from archive import reports
from archive.store import Archive
from tests.crawler import pages
from tests.crawler.commands import ROOT, environment, start, turns, xxgk
from tests.crawler.servers import Answer, Page, Portal, serve

HOST = "xxgk.qinghe.gov.cn"
URL = f"http://{HOST}{pages.COLUMN}"
ARTICLES = [pages.address(number) for number in range(6)]


class Moment:
    """Holds the portal's answer to the n-th request for a report until the test has done what it wants to do then."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.reached = threading.Event()
        self.over = threading.Event()
        self._count = 0
        self._lock = threading.Lock()

    def watch(self, page: Page) -> Page:
        def answer(asked: int) -> Answer:
            with self._lock:
                self._count += 1
                here = self._count == self.number
            if here:
                self.reached.set()
                assert self.over.wait(60)
            return page(asked) if callable(page) else Answer(page) if isinstance(page, str) else page

        return answer


def site(moment: Moment) -> dict[str, Page]:
    found = pages.portal(6, host=HOST)
    return {address: moment.watch(page) if "/t2025" in address else page for address, page in found.items()}


def titles(folder: Path) -> Counter[str]:
    with Archive.open(folder / "xxgk-archive") as archive:
        return Counter(str(line.publisher) for line in reports.list_reports(archive))


def answered(portal: Portal) -> Counter[str]:
    return Counter(path for path in portal.paths() if path in ARTICLES)


@pytest.mark.parametrize("number", [1, 4])
def test_a_killed_crawl_goes_on_without_fetching_twice(tmp_path: Path, number: int) -> None:
    moment = Moment(number)
    with serve(site(moment)) as proxy:
        crawl = start("crawl", URL, "--delay", "0.05", folder=tmp_path, http_proxy=proxy.url)
        assert moment.reached.wait(60)
        crawl.send_signal(signal.SIGKILL)
        crawl.communicate(timeout=30)
        moment.over.set()
        held = proxy.paths()[-1]
        ran = xxgk("crawl", URL, "--json", "--delay", "0.05", folder=tmp_path, http_proxy=proxy.url)
        assert ran.status == 0, ran.err
        assert ran.lines[0]["outcome"] == "ok"
        asked = answered(proxy)
        assert set(asked) == set(ARTICLES)
        assert {path for path, times in asked.items() if times > 1} <= {held}  # its answer never came
        assert titles(tmp_path) == Counter(pages.AGENCIES)

        before = len(proxy.seen)
        again = xxgk("crawl", URL, "--json", "--delay", "0", folder=tmp_path, http_proxy=proxy.url)
        assert again.status == 0
        assert len(proxy.seen) - before == 8  # it had ended: everything is read again
        assert titles(tmp_path) == Counter(pages.AGENCIES)


def test_a_crawl_killed_behind_a_redirect_follows_it_without_asking(tmp_path: Path) -> None:
    moment = Moment(3)
    pages_of_site = site(moment)
    for number in range(6):
        pages_of_site[f"{HOST}/new{number}/t20250121_1.html"] = pages_of_site[f"{HOST}{ARTICLES[number]}"]
        pages_of_site[f"{HOST}{ARTICLES[number]}"] = Answer("", 302, {"Location": f"/new{number}/t20250121_1.html"})
    with serve(pages_of_site) as proxy:
        crawl = start("crawl", URL, "--delay", "0.05", folder=tmp_path, http_proxy=proxy.url)
        assert moment.reached.wait(60)
        crawl.send_signal(signal.SIGKILL)
        crawl.communicate(timeout=30)
        moment.over.set()
        held = proxy.paths()[-1]
        assert xxgk("crawl", URL, "--delay", "0.05", folder=tmp_path, http_proxy=proxy.url).status == 0
        twice = {path for path, times in Counter(proxy.paths()).items() if times > 1}
        assert twice <= {"/robots.txt", pages.COLUMN, held}
    assert titles(tmp_path) == Counter(pages.AGENCIES)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_crawl_that_is_asked_to_stop_stops_soon_and_goes_on_later(tmp_path: Path, number: signal.Signals) -> None:
    moment = Moment(2)
    with serve(site(moment)) as proxy:
        crawl = start("crawl", URL, "--json", "--delay", "3", folder=tmp_path, http_proxy=proxy.url)
        assert moment.reached.wait(90)
        crawl.send_signal(number)
        moment.over.set()
        crawl.communicate(timeout=10)  # four requests wait for their turns of 3 s: nobody waits for them
        assert crawl.returncode == 3
        assert sum(answered(proxy).values()) == 2
        ran = xxgk("crawl", URL, "--json", "--delay", "0", folder=tmp_path, http_proxy=proxy.url)
        assert (ran.status, ran.lines[0]["outcome"]) == (0, "ok")
        assert set(answered(proxy).values()) == {1}
    assert titles(tmp_path) == Counter(pages.AGENCIES)


def test_another_year_is_another_crawl(tmp_path: Path) -> None:
    with serve(pages.portal(2, host=HOST)) as proxy:
        assert xxgk("crawl", URL, "--year", "2023", "--delay", "0", folder=tmp_path, http_proxy=proxy.url).status == 0
        assert not answered(proxy)
        assert xxgk("crawl", URL, "--year", "2024", "--delay", "0", folder=tmp_path, http_proxy=proxy.url).status == 0
        assert len(answered(proxy)) == 2


def test_it_is_an_ordinary_scrapy_project_too(tmp_path: Path) -> None:
    with serve(pages.portal(3, host=HOST)) as proxy:
        settings = {"XXGK_ARCHIVE": str(tmp_path / "archive"), "XXGK_DOWNLOAD_DELAY": "0", **turns(tmp_path)}
        ours = environment(http_proxy=proxy.url, **settings)
        program = [sys.executable, "-m", "scrapy"]
        listed = subprocess.run([*program, "list"], cwd=ROOT, env=ours, capture_output=True, text=True, check=True)
        assert listed.stdout.split() == ["reports"]
        crawled = [*program, "crawl", "reports", "-a", f"portal={URL}"]
        done = subprocess.run(crawled, cwd=ROOT, env=ours, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr
    with Archive.open(tmp_path / "archive") as archive:
        assert len(reports.list_reports(archive)) == 3
