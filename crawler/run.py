"""One crawl from beginning to end, in this process: fetch, keep, note, and derive the records.

A crawl that was killed goes on when it is called again with the same portals and year: what it captured is not
fetched twice. Twisted's reactor runs once in a process, so a process runs one crawl.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.settings import Settings

from archive import listings
from archive.crawling import crawls
from archive.crawling.live import live_articles
from archive.deriving.derive import Derived
from archive.errors import ConnectionLost, DatabaseAway
from archive.listings import PortalState
from archive.storage.pushing import Pushed, push
from archive.store import Archive
from crawler import process
from crawler.allowance import Allowance
from crawler.chromium import missing
from crawler.deriving import derive_pending
from crawler.entries import PortalEntry
from crawler.environment import check as check_environment
from crawler.environment import words
from crawler.errors import CrawlerError
from crawler.hours import check as check_hours
from crawler.keeping import Keeper, description
from crawler.politeness import WAITS
from crawler.portals import registered
from spiders.items import ArticleRead
from spiders.outcomes import OK
from spiders.reports import ReportsSpider
from spiders.scripted import Scripted

Progress = Callable[[str], None]


@dataclass(frozen=True)
class CrawlSummary:
    """How a crawl went. ``derived`` is null where it was stopped early: the next run derives."""

    crawl_id: int
    resumed: bool
    stopped: bool
    portals: tuple[PortalState, ...]
    answers: int
    warnings: int
    log: Path
    derived: Derived | None

    @property
    def needs_attention(self) -> bool:
        """Whether a portal was not read to its end, or something could not be derived."""
        failed = self.derived is not None and self.derived.failed > 0
        return failed or any(portal.outcome != OK for portal in self.portals)


def crawl(
    archive_folder: Path,
    database: str | None,
    portals: Sequence[PortalEntry],
    *,
    given: Mapping[str, str] | None = None,
    year: int | None = None,
    full: bool = False,
    render: bool = False,
    delay: float | None = None,
    allow: Sequence[str] = (),
    hours: str | None = None,
    ask_resting: bool = False,
    progress: Progress = lambda _: None,
    remark: Progress = lambda _: None,
    overrides: dict[str, Any] | None = None,
) -> CrawlSummary:
    """Crawl portals side by side into an archive, which is made if absent; SIGINT and SIGTERM stop it cleanly.

    ``given`` has the addresses that were typed, by the portal's own. ``full`` asks for every page of every list, also where the first page is as it was lately. ``render`` shows lists
    that only a script fills to a browser, of every portal; without it, of those whose registry entry says so.
    ``delay`` is the least gap between two requests to one host, in seconds; ``allow`` names hosts beside .gov.cn;
    ``hours`` are those of the day at which portals may be asked (:mod:`crawler.hours`); ``ask_resting`` asks hosts too
    that blocked lately. ``remark`` is told what a person must know while it runs; ``overrides`` are settings of Scrapy.
    Raises :class:`CrawlerError` and :class:`archive.errors.ArchiveError`: of a crawl that had begun and lost its tables
    :class:`archive.errors.ConnectionLost`.
    """
    folder = archive_folder.absolute()
    allow = [*allow, *(allowed.host for portal in portals for allowed in portal.allow)]
    Allowance.of([*words("XXGK_ALLOW"), *allow])  # what is wrong is said before anything is made
    check_environment()
    scripted = _scripted(portals, render=render)
    entries = {portal.url: portal.entries for portal in portals}
    urls = list(entries)
    settings = _settings(
        folder,
        {
            "XXGK_DATABASE": database,
            "XXGK_FULL": full,
            "XXGK_RENDER": scripted.can_render,
            "XXGK_INSECURE_TLS": sorted({host for portal in portals if portal.insecure_tls for host in portal.hosts}),
            "XXGK_DELAYS": _delays(portals),
            "XXGK_PORTAL_HOURS": _hours(portals),
            "XXGK_ASK_RESTING": ask_resting,
            **({} if hours is None else {"XXGK_HOURS": hours}),
            **({} if delay is None else {"DOWNLOAD_DELAY": delay}),
            **(overrides or {}),
        },
        allow,
    )
    check_hours(settings["XXGK_HOURS"], settings.getdict("XXGK_PORTAL_HOURS"))
    said = description(settings)
    with Archive.open(folder, database, create=True, write=True, description=said) as archive:
        arguments = {"year": year, **({"full": True} if full else {}), **({"render": True} if render else {})}
        known = partial(registered, portals, archive.clock(), given=given)  # from now on, however the crawl ends
        begun = crawls.begin(archive, arguments, urls, known)
        live = archive.patiently(partial(live_articles, archive, urls))
    log = process.begin_log(folder, f"crawl-{begun.id}")
    ours = {"XXGK_CRAWL": begun.id, "XXGK_RESUMED": begun.resumed, "LOG_FILE": str(log)}
    for name, value in ours.items():
        settings.set(name, value, priority="cmdline")
    encodings = {portal.url: portal.encoding.charset for portal in portals if portal.encoding is not None}
    with _going_on():
        crawler = _run(
            settings,
            progress,
            remark,
            portal=urls,
            year=year,
            entries=entries,
            scripted=scripted,
            encodings=encodings,
            live=live,
        )
    stats = crawler.stats
    stopped = stats.get_value("finish_reason") != "finished"
    with _going_on(), Archive.open(folder, database, write=True, description=said) as archive:
        reached = None if archive.storage is None else list(urls)  # what others fetch now may be on their machines only
        stale = 0 if stopped else _store(archive, drop=False).stale  # what is killed from now on costs no crawl
        derived = None if stopped else derive_pending(archive, progress, portals=reached)
        read = archive.patiently(partial(listings.portals, archive))
        states = tuple(state for state in read if state.url in urls)
        pushed = _store(archive)
        for problem in pushed.problems:
            remark(problem)
        if stale + pushed.stale and not stopped:  # another machine met what was only here
            derive_pending(archive, progress)
    return CrawlSummary(
        crawl_id=begun.id,
        resumed=begun.resumed,
        stopped=stopped,
        portals=states,
        answers=stats.get_value("response_received_count", 0),
        warnings=stats.get_value("log_count/WARNING", 0) + stats.get_value("log_count/ERROR", 0),
        log=log,
        derived=derived,
    )


def _store(archive: Archive, *, drop: bool | None = None) -> Pushed:
    """Store what was fetched, where the archive has a storage, and enter which crawls are safe by it."""
    pushed = push(archive, drop=drop)
    if archive.storage is not None:
        archive.patiently(partial(crawls.secure, archive))
    return pushed


@contextmanager
def _going_on() -> Iterator[None]:
    """Within a crawl that has begun, a database that cannot be reached is one that was lost."""
    try:
        yield
    except DatabaseAway as error:
        raise ConnectionLost(str(error)) from error


def _delays(portals: Sequence[PortalEntry]) -> dict[str, float]:
    """The least gap of each host whose portal asks for one; the largest where several do."""
    delays: dict[str, float] = {}
    for portal in portals:
        for host in portal.hosts if portal.delay is not None else ():
            delays[host] = max(portal.delay or 0, delays.get(host, 0))
    return delays


def _hours(portals: Sequence[PortalEntry]) -> dict[str, list[str]]:
    """The hours of each host whose portal has some, of each portal that has."""
    hours: dict[str, list[str]] = {}
    for portal in portals:
        for host in portal.hosts if portal.hours is not None else ():
            hours.setdefault(host, []).append(portal.hours or "")
    return hours


def _scripted(portals: Sequence[PortalEntry], *, render: bool) -> Scripted:
    """What is to be rendered. Raises :class:`CrawlerError` where that was asked for by hand and cannot be done."""
    lacking = missing()
    if render and lacking is not None:
        raise CrawlerError(lacking)
    return Scripted([portal.url for portal in portals if render or portal.scripted is not None], lacking)


def _run(settings: Settings, progress: Progress, remark: Progress, **arguments: Any) -> Crawler:
    def watch(crawler: Crawler) -> None:
        seen = _Seen(progress, remark)
        crawler.signals.connect(seen.waits, signal=WAITS, weak=False)  # nobody else holds it
        crawler.signals.connect(seen.answer, signal=signals.response_received, weak=False)
        crawler.signals.connect(seen.item, signal=signals.item_scraped, weak=False)

    crawler = process.run(settings, ReportsSpider, watch, **arguments)
    keeper = crawler.get_extension(Keeper)
    if keeper is not None and keeper.trouble is not None:
        raise keeper.trouble
    return crawler


class _Seen:
    """Counts what a crawl sees, and says so."""

    def __init__(self, progress: Progress, remark: Progress) -> None:
        self._progress = progress
        self._remark = remark
        self._answers = 0
        self._reports = 0

    def answer(self, response: Response, **_: Any) -> None:
        self._answers += 1
        self._progress(f"{self._answers} answers, {self._reports} reports; {response.url}")

    def item(self, item: Any, **_: Any) -> None:
        self._reports += isinstance(item, ArticleRead)

    def waits(self, sentence: str, **_: Any) -> None:
        self._remark(sentence)


def _settings(folder: Path, ours: dict[str, Any], allow: list[str]) -> Settings:
    settings = Settings()
    settings.setmodule("crawler.settings", priority="project")
    settings.set("XXGK_ARCHIVE", str(folder), priority="cmdline")
    settings.set("XXGK_DERIVE", value=False, priority="cmdline")
    settings.set("XXGK_ALLOW", [*settings.getlist("XXGK_ALLOW"), *allow], priority="cmdline")
    for name, value in ours.items():
        settings.set(name, value, priority="cmdline")
    return settings
