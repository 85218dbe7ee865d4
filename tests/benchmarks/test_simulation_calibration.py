"""A small portal crawled for real, against what the simulation says of it."""

from __future__ import annotations

from pathlib import Path
from random import Random
from time import monotonic
from typing import Any

from benchmarks.portal import Site, serving
from benchmarks.simulation import measuring
from benchmarks.simulation.crawls import Wanted, work
from benchmarks.simulation.figures import figures
from benchmarks.simulation.nation import Habits, Portal
from tests.crawler.commands import xxgk
from tests.replay.server import Asked, Reply, serve

DELAY = 0.3  # seconds
LATENCY = 0.01
SLOWER = 5  # times what was reckoned: other things may be going on here
SITE = Site(hosts=1, columns=1, rows=8)
PORTAL = Portal("http://127.0.0.1/", "127.0.0.1", 1, 1, 1, SITE.articles, 0, Habits(LATENCY, DELAY))


class Timed:
    """The benchmarks' portal, which remembers when it was asked."""

    def __init__(self) -> None:
        self.asked: list[float] = []

    def answer(self, asked: Asked) -> Reply:
        self.asked.append(monotonic())
        body = SITE.answer(0, asked.path)
        return Reply(b"", 404) if body is None else Reply(body)


def crawled(portal: Timed, address: str, folder: Path, delay: float) -> list[float]:
    """When a crawl asked."""
    before = len(portal.asked)
    done = xxgk("crawl", f"{address}/", "--delay", str(delay), "--allow", "127.0.0.1", folder=folder)
    assert done.status == 0, done.err
    return portal.asked[before:]


def test_a_real_crawl_asks_as_often_and_takes_as_long_as_the_simulation_says(tmp_path: Path) -> None:
    phase = next(
        phase for phase in work(PORTAL, Wanted(SITE.articles), figures(), Random(0)).phases if phase.host == PORTAL.host
    )
    portal = Timed()
    with serve(portal) as address:
        first = crawled(portal, address, tmp_path, DELAY)
        again = crawled(portal, address, tmp_path, 0)
    assert len(first) == len(again) == PORTAL.exchanges == phase.exchanges
    assert 0.9 < (first[-1] - first[0]) / phase.seconds < SLOWER


def test_what_a_crawl_costs_is_measured_with_the_real_command(tmp_path: Path, postgresql: str) -> None:
    with serving(SITE) as port:
        cost = measuring.Measuring(SITE, port, tmp_path, postgresql, "measured").crawl()
    assert cost.answers == PORTAL.exchanges
    assert 0 < cost.busy < sum(cost.turns) < cost.wall
    assert cost.processor > cost.busy
    assert cost.connections >= 1
    assert cost.commits > len(cost.turns)
    assert {"reports", "versions", "captures"} <= set(cost.tables)
    assert cost.database == sum(cost.tables.values()) > cost.rows > SITE.articles
    assert cost.warc > 1000 * SITE.articles


def test_figures_are_what_a_large_crawl_costs_beyond_a_small_one() -> None:
    little = cost(answers=4, processor=3.0, turns=(0.1,), busy=0.1, rows=20, tables={"reports": 1000}, warc=1000)
    first = cost(answers=104, processor=11.0, turns=(1.1,), busy=0.6, rows=520, tables={"reports": 51000}, warc=101000)
    again = cost(answers=104, processor=7.0, turns=(0.5,), busy=0.3, rows=560, tables={"reports": 53000}, warc=103000)
    said = list(measuring.derived([little, little], [first, again], Site(hosts=1, columns=1, rows=50)))
    for wanted in (
        "an unchanged page: 40.0 to 40.0 ms of processors",
        "a report, filed: 80.0 ms of processors beside its page",
        "the writers' turn for a page that is unchanged: 5.00 ms, of it 2.00 at work; 0.01 writings",
        "a report in the tables: 1,000 bytes, 10.0 rows",
        "a report in the WARC files: 2,000 bytes",
        "an unchanged crawl of 100 pages: 2,000 bytes, 40 rows; 2,000 of WARC",
    ):
        assert wanted in said


def cost(**values: Any) -> measuring.Cost:
    """A crawl that cost nothing but this."""
    nothing = {"server": 0.0, "wall": 1.0, "memory": 0.0, "connections": 0, "commits": 0}
    return measuring.Cost(**{**nothing, **values})
