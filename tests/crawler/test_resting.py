"""Hosts that block are left alone, by this crawl and by those after it, and are asked again when their rest is over."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from archive import captures
from archive.crawling import rests
from archive.crawling.rests import Rest, after
from archive.schema import CaptureRow
from archive.store import Archive
from crawler.gathering import Gatherer
from crawler.resting import PATIENCE, Resting
from tests.archive.conftest import Clock
from tests.crawler import pages
from tests.crawler.commands import xxgk
from tests.crawler.servers import Answer, Page, serve

HOST = "xxgk.qinghe.gov.cn"
URL = f"http://{HOST}{pages.COLUMN}"
CHALLENGE = "<html><script>$_ts=window['$_ts'];if(!$_ts)$_ts={};$_ts.nsd=1;</script></html>"
BLOCK = Answer(CHALLENGE, 412, {"Set-Cookie": "FSSBBIl1UgzbN7N80S=x; Path=/"})


def later(hours: float) -> str:
    """Python that sets the clock of every archive so many hours on."""
    return f"""
from datetime import timedelta
import archive.store
now = archive.store.utc_now
archive.store.Archive.open.__func__.__wrapped__.__kwdefaults__["clock"] = lambda: now() + timedelta(hours={hours})
"""


def known(folder: Path) -> dict[str, Rest]:
    with Archive.open(folder / "xxgk-archive") as archive:
        return rests.known(archive)


def test_a_host_that_blocks_is_not_asked_until_its_rest_is_over_and_rests_longer_each_time(tmp_path: Path) -> None:
    site: dict[str, Page] = pages.portal(2, host=HOST)
    column = site[f"{HOST}{pages.COLUMN}"]
    site[f"{HOST}{pages.COLUMN}"] = BLOCK
    with serve(site) as proxy:

        def crawl(hours: float, *options: str) -> tuple[list[str], dict[str, Any], int]:
            """What was asked of the host so many hours after the beginning, and how the portal is called then."""
            before = len(proxy.seen)
            command = ("crawl", URL, "--json", "--delay", "0", *options)
            ran = xxgk(*command, folder=tmp_path, prelude=later(hours), http_proxy=proxy.url)
            return [seen.path for seen in proxy.seen[before:]], ran.lines[0], ran.status

        asked, line, status = crawl(0)
        assert (asked, line["outcome"], status) == (["/robots.txt", pages.COLUMN], "blocked:ruishu", 1)
        first = known(tmp_path)[HOST]
        assert (first.system, first.times, first.until - first.since) == ("ruishu", 1, timedelta(hours=1))

        asked, line, status = crawl(0.9)
        assert (asked, line["outcome"], status) == ([], "blocked:ruishu", 1)
        said = f"{HOST} blocks since {first.since:%Y-%m-%d %H:%M} UTC (ruishu) and rests until {first.until:%Y-%m-%d %H:%M} UTC"
        assert said in line["detail"]
        assert known(tmp_path) == {HOST: first}

        asked, line, _ = crawl(1.5)
        assert (asked, line["outcome"]) == (["/robots.txt", pages.COLUMN], "blocked:ruishu")
        second = known(tmp_path)[HOST]
        assert (second.times, second.since) == (2, first.since)
        assert timedelta(hours=3.5) <= second.until - first.since < timedelta(hours=3.7)

        site[f"{HOST}{pages.COLUMN}"] = column
        assert crawl(2)[0] == []
        asked, line, status = crawl(2.1, "--ask-resting")
        assert (len(asked), line["outcome"], status) == (4, "ok", 0)
        assert known(tmp_path) == {}


def test_what_a_host_must_do_to_be_left_alone_by_the_next_crawl(tmp_path: Path) -> None:
    def portal(name: str, **answers: Answer) -> dict[str, Page]:
        """A portal with six reports; ``p0`` is the page of the first, ``robots`` its rules, ``column`` its list."""
        host = f"{name}.gov.cn"
        places = {"robots": "/robots.txt", "column": pages.COLUMN, **{f"p{n}": pages.address(n) for n in range(6)}}
        return {**pages.portal(6, host=host), **{f"{host}{places[name]}": answer for name, answer in answers.items()}}

    gone, many = Answer("", 404), Answer("", 429)
    cases = {
        "open": {},
        "once": {"p0": BLOCK},
        "twice": {"p0": BLOCK, "p1": BLOCK},
        "thrice": {"p0": BLOCK, "p1": BLOCK, "p2": BLOCK},
        "whole": {"column": BLOCK},
        "rules": {"robots": BLOCK},
        "hurried": {"column": many},
        "away": {"column": gone},
    }
    site = {address: page for name, answers in cases.items() for address, page in portal(name, **answers).items()}
    with serve(site) as proxy:
        urls = [f"http://{name}.gov.cn{pages.COLUMN}" for name in cases]
        xxgk("crawl", *urls, "--delay", "0.2", folder=tmp_path, http_proxy=proxy.url)
        assert proxy.paths("rules.gov.cn") == ["/robots.txt"]
        articles = [path for path in proxy.paths("thrice.gov.cn") if path.startswith(f"{pages.COLUMN}2")]
        assert PATIENCE <= len(articles) <= PATIENCE + 1  # the next may be on its way before the third is judged
    found = {host.removesuffix(".gov.cn"): rest.system for host, rest in known(tmp_path).items()}
    assert found == {"thrice": "ruishu", "whole": "ruishu", "rules": "ruishu", "hurried": "rate-limit"}
    with Archive.open(tmp_path / "xxgk-archive") as archive:
        capture = captures.latest(archive, f"http://whole.gov.cn{pages.COLUMN}")
        assert capture is not None
        assert (capture.role, capture.status) == ("blocked", 412)
        assert ("Set-Cookie", "FSSBBIl1UgzbN7N80S=x; Path=/") in captures.head(archive, capture)
        assert captures.payload(archive, capture) == CHALLENGE.encode()
        with archive.session() as session:
            documents = select(CaptureRow.url).where(CaptureRow.status == 412, CaptureRow.role != "blocked")
            assert session.scalars(documents).all() == []


@dataclass
class Keeping:
    """What a crawl's keeper has that is asked for here."""

    archive: Archive
    gatherer: Gatherer
    crawl_id: int | None = None
    last_words: list[Any] = field(default_factory=list)


def _fail(error: Exception) -> None:
    raise error


@contextmanager
def crawls(folder: Path, clock: Clock, count: int) -> Iterator[list[Keeping]]:
    """So many crawls of one archive."""
    with Archive.open(folder, create=True, write=True, clock=clock) as archive:
        yield [Keeping(archive, Gatherer(archive, _fail)) for _ in range(count)]


def test_a_crawl_learns_from_the_others_of_its_archive_and_counts_no_block_twice(tmp_path: Path, clock: Clock) -> None:
    async def run() -> None:
        with crawls(tmp_path / "archive", clock, 3) as (one, two, three):
            first, second = (Resting(keeping, ask=False) for keeping in (one, two))  # type: ignore[arg-type]
            first.blocked(HOST, "wzws", at_once=True)
            await one.gatherer.drain()
            rest = after(None, HOST, "wzws", clock())
            assert rests.known(one.archive) == {HOST: rest}
            assert second.refusal(HOST) is None
            clock.advance(seconds=29)
            await second.look()
            assert second.refusal(HOST) is None
            second.blocked(HOST, "wzws", at_once=True)  # it was on its way when the first crawl met the block
            await two.gatherer.drain()
            assert rests.known(one.archive) == {HOST: rest}
            third = Resting(three, ask=False)  # type: ignore[arg-type]
            refusal = third.refusal(HOST)
            assert refusal is not None
            assert refusal.outcome == "blocked:wzws"
            clock.advance(hours=1)
            assert third.refusal(HOST) is None
            assert first.refusal(HOST) is not None  # who met the block does not come back to it
            third.answered(HOST, page=False)
            await three.gatherer.drain()
            assert rests.known(one.archive) == {HOST: rest}
            third.answered(HOST, page=True)
            await three.gatherer.drain()
            assert rests.known(one.archive) == {}

    asyncio.run(run())


def test_who_asks_all_the_same_makes_the_rest_longer_if_it_is_blocked_again(tmp_path: Path, clock: Clock) -> None:
    async def run() -> None:
        with crawls(tmp_path / "archive", clock, 2) as (one, two):
            Resting(one, ask=False).blocked(HOST, "wzws", at_once=True)  # type: ignore[arg-type]
            await one.gatherer.drain()
            clock.advance(minutes=10)
            asking = Resting(two, ask=True)  # type: ignore[arg-type]
            assert asking.refusal(HOST) is None
            for _ in range(PATIENCE):
                asking.blocked(HOST, "wzws")
            assert asking.refusal(HOST) is not None
            await two.gatherer.drain()
            found = rests.known(one.archive)[HOST]
            assert (found.times, found.until - clock()) == (2, timedelta(hours=2))

    asyncio.run(run())


@pytest.fixture
def clock() -> Clock:
    return Clock()
