"""What happens with a page that blocks: it is kept as evidence, refused, and its host rests when it goes on blocking."""

from __future__ import annotations

import logging
from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response

from archive.addresses import asked_host
from crawler.blocked import Kind, judge, signs
from crawler.keeping import Keeper, keep
from crawler.politeness import Politeness
from crawler.resting import Resting
from crawler.restoring import ARCHIVED
from spiders.outcomes import INCOMPLETE, Blocked, FetchRefused

logger = logging.getLogger(__name__)

_PAGES = frozenset(
    {"entry", "list", "article", "roster"}
)  # the roles that pages are asked for in; files often pass a block
_OK = 200
_NOT_MODIFIED = 304  # it says of a page that passed before that it is still so
_SAYS_NOTHING = frozenset({*range(300, 400), 429})  # of whether a host blocks: a redirect, or too many requests
GONE = "soft-404"  # the flag of a page that came with 200 and says that it is not there


class BlockedPages:
    """Downloader middleware above the network: no challenge page gets past it, neither as document nor as robots.txt."""

    def __init__(self, crawler: Crawler) -> None:
        self._keeper = Keeper.of(crawler)
        self._politeness = crawler.get_extension(Politeness)
        self.resting = Resting(self._keeper, ask=crawler.settings.getbool("XXGK_ASK_RESTING"))
        if self._politeness is not None:
            self._politeness.judge_by(self.resting.refusal)
        signs()  # a table that is not well formed stops the crawl here, and is no fault of a portal later

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's way to build it."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Nothing is queued for a host that rests."""
        await self.resting.look()
        refusal = self._politeness.refusal(request.url) if self._politeness is not None else None
        if refusal is not None:
            raise refusal

    async def process_response(self, request: Request, response: Response) -> Response:
        """Let an answer pass, or keep it as evidence and raise :class:`Blocked`."""
        if ARCHIVED in response.flags:
            return response
        host, role = asked_host(request.url), str(request.meta.get("role", ""))
        if response.status == _NOT_MODIFIED:
            self.resting.answered(host, page=role in _PAGES)
            return response
        verdict = judge(response, role=role)
        if verdict.kind is Kind.BLOCKED:
            self.resting.blocked(host, verdict.system, at_once=role == "robots")
            await keep(self._keeper, request, response, role="blocked")
            said = f"{verdict.system} blocks {request.url}: {verdict.sign}"
            logger.warning("%s", said)
            raise Blocked(verdict.system, said)
        if verdict.kind is Kind.SUSPECT:
            await keep(self._keeper, request, response, role="blocked")
            raise FetchRefused(f"{request.url} answered with a page that shows nothing", outcome=INCOMPLETE)
        if verdict.kind is Kind.GONE:
            response.flags.append(GONE)
        if role != "robots" and response.status not in _SAYS_NOTHING:
            ordinary = response.status == _OK and verdict.kind is Kind.ANSWER and role in _PAGES
            self.resting.answered(host, page=ordinary)
        return response
