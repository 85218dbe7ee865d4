"""A crawl that goes on after a kill: what it has already is answered from the archive, without asking the portal again."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response

from archive import captures
from archive.captures import DELIVERED
from archive.errors import ArchiveError
from crawler.keeping import Keeper
from crawler.restoring import restore

_ONCE = frozenset({"article", "attachment", "roster"})  # lists are read again: rows may have come meanwhile


class Resuming:
    """Downloader middleware: articles, attachments and the redirects to them, where this crawl captured them before."""

    def __init__(self, crawler: Crawler) -> None:
        self._keeper = Keeper.of(crawler)
        self._most = crawler.settings.getint("DOWNLOAD_MAXSIZE")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's way to build it."""
        return cls(crawler)

    async def process_request(self, request: Request) -> Response | None:
        """The captured answer, if there is one."""
        role = request.meta.get("role")
        if not self._keeper.resumed or role not in _ONCE or request.method != "GET":
            return None
        try:
            return await asyncio.to_thread(self._keeper.archive.patiently, partial(self._restored, request, role))
        except ArchiveError:
            return None  # what cannot be read back is fetched again

    def _restored(self, request: Request, role: str) -> Response | None:
        archive, crawl_id = self._keeper.archive, self._keeper.crawl_id
        capture = captures.latest(archive, request.url, crawl_id=crawl_id, role=role, status=DELIVERED)
        if capture is None:
            capture = captures.latest(archive, request.url, crawl_id=crawl_id, role="redirect")
        return None if capture is None else restore(archive, request, capture, self._most)
