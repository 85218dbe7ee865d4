"""A backfill from beginning to end: the captures that a web archive has of a portal are taken over, and derived.

What was taken over is in the archive for good: a run that was killed goes on when it is called again. A process runs
one, as with a crawl.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.settings import Settings

from archive.addresses import canonical
from archive.deposit import deposit
from archive.deriving.derive import Derived
from archive.intake import gaps
from archive.store import Archive
from crawler.allowance import Allowance
from crawler.backfilling import BackfillSpider
from crawler.cdx import Query
from crawler.deriving import derive_pending
from crawler.entries import PortalEntry
from crawler.environment import check as check_environment
from crawler.environment import words
from crawler.errors import CrawlerError
from crawler.harvest import Errand, Harvest
from crawler.keeping import description
from crawler.passed import Passed
from crawler.portals import registered
from crawler.process import begin_log, run
from crawler.webarchives import WebArchive, implied

Progress = Callable[[str], None]
_SHOWN = 10  # sentences of a kind
_FIRST_PAGE = re.compile(r"(?:index|default)[^/]*\.[a-z]{3,5}", re.IGNORECASE)
_ENDING = re.compile(r"\.(?:s?html?|jspx?|aspx?|php|do|action)$", re.IGNORECASE)
# What a crawl does with its own answers, and a backfill does not: nothing of a web archive's own is kept.
_NOT_OURS = {
    "crawler.resuming.Resuming": None,
    "crawler.conditional.Conditional": None,
    "crawler.keeping.Keeping": None,
    "crawler.evidence.BlockedPages": None,
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,  # a capture stays packed as it was
    "crawler.backfilling.Barrier": 960,
}


@dataclass(frozen=True)
class Found:
    """What was found of one portal: lines of the index, captures taken over, and those that were there before."""

    portal: str
    lines: int
    captures: int
    known: int


@dataclass(frozen=True)
class Backfilled:
    """How a backfill went. ``reasons`` count the lines of which nothing was kept; ``derived`` is null where it was stopped.

    ``more`` says that the limit was reached, ``unproven`` counts captures kept although their digest is not the index's,
    ``damaged`` lines of the index that say nothing; ``problems`` are sentences.
    """

    server: str
    portals: tuple[Found, ...]
    reasons: dict[str, int]
    unproven: int
    damaged: int
    more: bool
    stopped: bool
    problems: tuple[str, ...]
    log: Path
    derived: Derived | None

    @property
    def captures(self) -> int:
        """How many were taken over."""
        return sum(portal.captures for portal in self.portals)

    @property
    def needs_attention(self) -> bool:
        """Whether something is left, or could not be read."""
        failed = self.derived is not None and self.derived.failed > 0
        return bool(self.problems or self.more or self.unproven or failed)


def backfill(
    archive_folder: Path,
    database: str | None,
    portals: Sequence[PortalEntry],
    web: WebArchive,
    *,
    years: Collection[int] = (),
    since: date | None = None,
    until: date | None = None,
    limit: int,
    delay: float | None = None,
    allow: Sequence[str] = (),
    progress: Progress = lambda _: None,
) -> Backfilled:
    """Ask a web archive for captures of portals and take over what may be a report, into an archive that is made if absent.

    ``years`` are report years: captures of before the first of them was due, and pages whose title says another, are
    left out. ``since`` and ``until`` are days of capture (UTC), ``limit`` counts captures asked for. Nothing that is
    there is overwritten. Raises :class:`CrawlerError` and :class:`archive.errors.ArchiveError`.
    """
    folder = archive_folder.absolute()
    allow = [*implied(web), *allow]
    Allowance.of([*words("XXGK_ALLOW"), *allow])  # what is wrong is said before anything is made
    check_environment()
    settings = _settings(folder, database, allow, delay)
    first = None if not years else date(min(years) + 1, 1, 1)  # 条例 2019 第四十九条: a year's report comes in the next
    since = max((day for day in (since, first) if day is not None), default=None)
    with Archive.open(folder, database, create=True, write=True, description=description(settings)) as archive:
        moment = archive.now()
        deposit(archive, notes=registered(portals, moment, None))
        errands = [errand for portal in portals for errand in errands_of(archive, portal, years, since, until)]
        settings.set("LOG_FILE", str(log := begin_log(folder, "backfill")), priority="cmdline")
        with Passed.open(folder, web.id) as passed:
            harvest = Harvest(archive, passed, web.name, limit=limit, years=years)
            spider, finished = _run(settings, web, errands, harvest, progress)
        if spider.trouble is not None:
            raise spider.trouble
        harvest.flush()
        for portal in portals:
            harvest.tally(portal.url)
        harvest.note(errands)
        derived = derive_pending(archive, progress) if finished else None
    return Backfilled(
        web.name,
        tuple(Found(url, one.lines, one.captures, one.known) for url, one in harvest.tallies.items()),
        dict(harvest.reasons),
        harvest.unproven,
        harvest.damaged,
        harvest.cut,
        not finished,
        tuple(_problems(spider, harvest)),
        log,
        derived,
    )


def errands_of(
    archive: Archive,
    portal: PortalEntry,
    years: Collection[int] = (),
    since: date | None = None,
    until: date | None = None,
) -> list[Errand]:
    """What to ask for: the report columns known of a portal, then what was named there and never delivered.

    Where no column is known, all below the portal's own addresses.
    """
    known = gaps.of_portal(archive, portal.url, years)
    named = known.columns or portal.addresses
    lists = frozenset(canonical(url) for url in (*known.columns, *portal.addresses))
    below: list[str] = []
    for prefix in sorted({prefix_of(url) for url in named}, key=lambda url: (len(url), url)):
        if not any(_bare(prefix).startswith(_bare(shorter)) for shorter in below):
            below.append(prefix)
    alone = [url for url in known.addresses if not any(_bare(url).startswith(_bare(prefix)) for prefix in below)]
    queries = [
        *(Query(url, "prefix", since, until) for url in below),
        *(Query(url, "exact", since, until) for url in alone),
    ]
    return [Errand(portal.url, query, lists) for query in queries]


def prefix_of(column: str) -> str:
    """What the addresses of a column's pages and reports begin with: its folder, or its page's name without the ending."""
    parts = urlsplit(column)
    folder, slash, name = parts.path.rpartition("/")
    if parts.query:
        return urlunsplit((parts.scheme, parts.netloc, parts.path, parts.query, ""))
    if _FIRST_PAGE.fullmatch(name):
        name = ""
    return urlunsplit((parts.scheme, parts.netloc, f"{folder}{slash}{_ENDING.sub('', name)}", "", ""))


def _bare(url: str) -> str:
    """Indexes do not tell http from https, nor with www. from without."""
    return url.partition("://")[2].removeprefix("www.")


def _run(
    settings: Settings, web: WebArchive, errands: Sequence[Errand], harvest: Harvest, progress: Progress
) -> tuple[BackfillSpider, bool]:
    """The spider after its run, and whether it came to its end."""
    seen = 0

    def tell(response: Response, **_: Any) -> None:
        nonlocal seen
        seen += 1
        taken = sum(tally.captures for tally in harvest.tallies.values())
        progress(f"{seen} answers, {taken} captures taken over; {response.url}")

    def prepare(crawler: Crawler) -> None:
        crawler.signals.connect(tell, signal=signals.response_received, weak=False)

    crawler = run(settings, BackfillSpider, prepare, web=web, errands=errands, harvest=harvest)
    spider = crawler.spider
    if not isinstance(spider, BackfillSpider):
        raise CrawlerError("the backfill could not begin; its log says more")
    return spider, crawler.stats.get_value("finish_reason") == "finished"


def _problems(spider: BackfillSpider, harvest: Harvest) -> Iterator[str]:
    for sentences, what in ((spider.problems, "questions"), (harvest.unfetched, "captures")):
        yield from sentences[:_SHOWN]
        rest = len(sentences) - _SHOWN
        if rest > 0:
            yield f"{rest} more {what} were not answered: the same command asks again, and the log names them"


def _settings(folder: Path, database: str | None, allow: Sequence[str], delay: float | None) -> Settings:
    settings = Settings()
    settings.setmodule("crawler.settings", priority="project")
    middlewares = {**settings.getdict("DOWNLOADER_MIDDLEWARES"), **_NOT_OURS}
    extensions = {**settings.getdict("EXTENSIONS"), "crawler.keeping.Keeper": None}
    ours: dict[str, Any] = {
        "DOWNLOADER_MIDDLEWARES": middlewares,
        "EXTENSIONS": extensions,
        "ITEM_PIPELINES": {},
        "URLLENGTH_LIMIT": 0,  # a question holds an address, and a dropped one would end the run without a word
        "XXGK_ARCHIVE": str(folder),
        "XXGK_DATABASE": database,
        "XXGK_HOURS": None,  # they spare portals, and none is asked
        "REFERRER_POLICY": "no-referrer",  # no capture is come to from another
        "XXGK_ALLOW": [*settings.getlist("XXGK_ALLOW"), *allow],
        **({} if delay is None else {"DOWNLOAD_DELAY": delay}),
    }
    for name, value in ours.items():
        settings.set(name, value, priority="cmdline")
    return settings
