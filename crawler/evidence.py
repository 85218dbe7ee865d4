"""What happens with a page that blocks: it is kept as evidence, refused, and its host rests when it goes on blocking."""

from __future__ import annotations

import logging
from collections import Counter
from typing import Self
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response

from crawler.blocked import Kind, judge, signs
from crawler.keeping import Keeper, keep
from crawler.politeness import Politeness
from crawler.restoring import ARCHIVED
from spiders.outcomes import INCOMPLETE, Blocked, FetchRefused

logger = logging.getLogger(__name__)

PATIENCE = 3  # blocked answers until a host rests: one may be a bad address, more is hammering
_NOT_MODIFIED = 304  # it says of a page that passed before that it is still so
GONE = "soft-404"  # the flag of a page that came with 200 and says that it is not there


class BlockedPages:
    """Downloader middleware above the network: no challenge page gets past it, neither as document nor as robots.txt."""

    def __init__(self, crawler: Crawler) -> None:
        self._keeper = Keeper.of(crawler)
        self._politeness = crawler.get_extension(Politeness)
        self._blocks: Counter[str] = Counter()
        signs()  # a table that is not well formed stops the crawl here, and is no fault of a portal later

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's way to build it."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Nothing is queued for a host that rests."""
        refusal = self._politeness.refusal(request.url) if self._politeness is not None else None
        if refusal is not None:
            raise refusal

    async def process_response(self, request: Request, response: Response) -> Response:
        """Let an answer pass, or keep it as evidence and raise :class:`Blocked`."""
        if ARCHIVED in response.flags or response.status == _NOT_MODIFIED:
            return response
        verdict = judge(response, role=str(request.meta.get("role", "")))
        if verdict.kind is Kind.BLOCKED:
            self._count(request.url, verdict.system)
            await keep(self._keeper, request, response, role="blocked")
            logger.warning("Blocked by %s: %s (%s)", verdict.system, request.url, verdict.sign)
            raise Blocked(verdict.system, f"{verdict.system} blocks {request.url}: {verdict.sign}")
        if verdict.kind is Kind.SUSPECT:
            await keep(self._keeper, request, response, role="blocked")
            raise FetchRefused(f"{request.url} answered with a page that shows nothing: suspect", outcome=INCOMPLETE)
        if verdict.kind is Kind.GONE:
            response.flags.append(GONE)
        return response

    def _count(self, url: str, system: str) -> None:
        host = urlsplit(url).hostname or ""
        self._blocks[host] += 1
        if self._blocks[host] >= PATIENCE and self._politeness is not None:
            self._politeness.rest(
                host, lambda: Blocked(system, f"{host} blocked {PATIENCE} times ({system}) and rests")
            )
