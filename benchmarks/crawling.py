"""Fetching and archiving, against Scrapy alone on the same portal: each crawl in a process of its own, in turn."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.crawl import Measured, measure_crawl
from benchmarks.portal import Site, limit, serving
from benchmarks.timing import Ratio

SITE = Site(hosts=16, columns=32, rows=60)
ROUNDS = 3
LIMIT = 1.25  # of the bare spider's time to a page: at least 0.8 of its pages a second


def ratios(site: Site = SITE, rounds: int = ROUNDS) -> Iterator[Ratio | str]:
    """The same small spider without and with the archive; then our own spider, for comparison."""
    with serving(site) as port:
        yield f"the portal itself answers {limit(port, site.hosts, 100):,.0f} pages a second"
        bare, kept, whole = [], [], []
        for number in range(rounds):
            bare.append(_crawl("bare", port, site))
            kept.append(_crawl("kept", port, site))
            if number == 0:
                whole.append(_crawl("whole", port, site))
    alone = median(one.page for one in bare)
    archived = median(one.page for one in kept)
    yield _speeds("Scrapy alone", bare)
    yield _speeds("fetched and archived", kept)
    yield Ratio(f"a page of {site.pages:,} fetched and archived", archived, alone, LIMIT, "a bare Scrapy spider")
    fetched = median(one.page for one in whole)
    yield Ratio("a page read by our spider too", fetched, alone, None, "a bare Scrapy spider")
    derived = median((one.seconds + one.deriving) / one.answers for one in whole)
    yield Ratio("a page of xxgk crawl with its records", derived, alone, None, "a bare Scrapy spider")


def _crawl(kind: str, port: int, site: Site) -> Measured:
    with TemporaryDirectory() as folder:
        return measure_crawl(kind, port, site, Path(folder) / "archive")


def _speeds(name: str, crawls: list[Measured]) -> str:
    speeds = ", ".join(f"{1 / one.page:.0f}" for one in crawls)
    return f"{name}, pages a second in each round: {speeds}"
