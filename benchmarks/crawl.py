"""One crawl in this process, measured: ``python -m benchmarks.crawl KIND PORT HOSTS COLUMNS ROWS FOLDER`` prints JSON.

KIND is ``bare`` (Scrapy alone), ``kept`` (the same spider and everything of :mod:`crawler.settings`), ``fetched`` (our
spider instead) or ``whole`` (and then the records).
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

import scrapy
from scrapy import Request, signals
from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.http import Response, TextResponse
from scrapy.settings import Settings

from archive.reports import derive
from archive.store import Archive
from benchmarks.portal import ROOT, Site
from parser.isolation import IsolatedParser
from spiders.items import ArticleRead, Row

FIRST, SAMPLE = 10, 500  # answers until the first look at the memory, and between two
_SPEED = {
    "DOWNLOAD_DELAY": 0,
    "AUTOTHROTTLE_MAX_DELAY": 0,  # it runs, and finds that no wait is allowed
    "CONCURRENT_REQUESTS": 64,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
    "LOG_LEVEL": "WARNING",
    "TELNETCONSOLE_ENABLED": False,
    "REMOTE_CONTROL_ENABLED": False,
}
_BARE = {**_SPEED, "DOWNLOAD_DELAY_JITTER": 0, "ROBOTSTXT_OBEY": False}


@dataclass
class Measured:
    """A crawl: answers, seconds from the spider's opening to the end of its closing (all is on the disk), and memory.

    ``peaks`` are the peaks of resident memory in MiB, by the number of answers so far; ``deriving`` is seconds too.
    """

    answers: int = 0
    articles: int = 0
    seconds: float = 0.0
    deriving: float = 0.0
    peaks: dict[int, float] = field(default_factory=dict)

    @property
    def page(self) -> float:
        """Seconds to a page."""
        return self.seconds / self.answers


class Minimal(scrapy.Spider):
    """Follows the links of entry pages, lists and their further pages, and hands on an item for each article."""

    name = "minimal"

    def __init__(self, addresses: list[str], **arguments: Any) -> None:
        super().__init__(**arguments)
        self.addresses = addresses

    async def start(self) -> Any:
        """The portals' addresses."""
        for address in self.addresses:
            yield Request(address, meta={"role": "entry", "portal": address})

    def parse(self, response: Response, **_: Any) -> Iterator[Any]:
        """An entry page."""
        assert isinstance(response, TextResponse)
        for link in response.css("ul.menu a"):
            yield self._onward(response, link, "list", self.parse_list)

    def parse_list(self, response: Response) -> Iterator[Any]:
        """A page of a list."""
        assert isinstance(response, TextResponse)
        for link in response.css("ul.list a"):
            yield self._onward(response, link, "article", self.parse_article)
        for link in response.css("a.next"):
            yield self._onward(response, link, "list", self.parse_list)

    def parse_article(self, response: Response) -> ArticleRead:
        """A report."""
        assert isinstance(response, TextResponse)
        title = response.css("h1::text").get()
        portal = response.meta["portal"]
        column = response.url.rpartition("/ndbg/")[0] + "/ndbg/"
        row = Row(response.url, title or "", None)
        return ArticleRead(
            portal, response.url, response.url, column, row, "trs", title, None, None, (), None, gone=False
        )

    def _onward(self, response: TextResponse, link: Any, role: str, callback: Any) -> Request:
        return response.follow(link, callback, meta={"role": role, "portal": response.meta["portal"]})


class _Watch:
    """Counts and times a crawl."""

    def __init__(self, crawler: Crawler) -> None:
        self.measured = Measured()
        self._started = 0.0
        crawler.signals.connect(self._opened, signal=signals.spider_opened)
        crawler.signals.connect(self._answered, signal=signals.response_received)
        crawler.signals.connect(self._scraped, signal=signals.item_scraped)
        crawler.signals.connect(self._ended, signal=signals.engine_stopped)

    def _opened(self) -> None:
        self._started = perf_counter()

    def _answered(self) -> None:
        self.measured.answers += 1
        if self.measured.answers == FIRST or self.measured.answers % SAMPLE == 0:
            self.measured.peaks[self.measured.answers] = peak()

    def _scraped(self, item: Any) -> None:
        self.measured.articles += isinstance(item, ArticleRead)

    def _ended(self) -> None:
        self.measured.seconds = perf_counter() - self._started
        self.measured.peaks[self.measured.answers] = peak()


def peak() -> float:
    """The most memory this process had so far, MiB."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) / 1024


def measure_crawl(kind: str, port: int, site: Site, folder: Path) -> Measured:
    """Crawl a portal in a child process."""
    arguments = [kind, str(port), str(site.hosts), str(site.columns), str(site.rows), str(folder)]
    command = [sys.executable, "-m", "benchmarks.crawl", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - our own module
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    measured = Measured(**{**said, "peaks": {int(answers): memory for answers, memory in said["peaks"].items()}})
    assert measured.articles == site.articles, f"{kind}: {measured.articles} of {site.articles} reports\n{done.stderr}"
    return measured


def settings_of(kind: str, site: Site, folder: Path) -> Settings:
    """The settings of a crawl."""
    if kind == "bare":
        return Settings(_BARE)
    settings = Settings()
    settings.setmodule("crawler.settings", priority="project")
    ours = {
        "XXGK_ARCHIVE": str(folder),
        "XXGK_DERIVE": False,
        "XXGK_ALLOW": [f"127.0.0.{number + 1}" for number in range(site.hosts)],
    }
    for name, value in {**_SPEED, **ours}.items():
        settings.set(name, value, priority="cmdline")
    return settings


def main() -> None:
    """Run one crawl and print what it took."""
    kind, port = sys.argv[1], int(sys.argv[2])
    site, folder = Site(*map(int, sys.argv[3:6])), Path(sys.argv[6])
    process = AsyncCrawlerProcess(settings_of(kind, site, folder))
    addresses, ours = site.addresses(port), kind in {"fetched", "whole"}
    crawler = process.create_crawler("reports" if ours else Minimal)
    watch = _Watch(crawler)
    if ours:
        process.crawl(crawler, portal=addresses)
    else:
        process.crawl(crawler, addresses=addresses)
    process.start()
    if kind == "whole":
        started = perf_counter()
        with Archive.open(folder, write=True) as archive, IsolatedParser() as parser:
            derive(archive, parse=parser.parse)
        watch.measured.deriving = perf_counter() - started
    print(json.dumps(asdict(watch.measured)))


if __name__ == "__main__":
    main()
