"""What an answer inflates to is known before anything keeps or reads it: a bomb is evidence, and no document."""

from __future__ import annotations

import asyncio
from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response

from archive.errors import PayloadRefused, PayloadTooLarge
from archive.warcs import codings
from crawler.keeping import Keeper, keep
from crawler.restoring import ARCHIVED
from spiders.outcomes import INCOMPLETE, FetchRefused

_STEEPEST = 1032  # how often its own length deflate holds at most
_DEFLATE = frozenset({"gzip", "x-gzip", "deflate"})


class Inflation:
    """Downloader middleware nearest to the network: refuses what would inflate beyond ``DOWNLOAD_MAXSIZE``.

    Scrapy sees to the limit as well, but above the archive, which would hold the bomb for the document by then.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._keeper = crawler.get_extension(Keeper)  # none where captures come from a web archive
        self._most = crawler.settings.getint("DOWNLOAD_MAXSIZE")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's way to build it."""
        return cls(crawler)

    async def process_response(self, request: Request, response: Response) -> Response:
        """Let an answer pass, or keep its beginning as evidence and raise :class:`FetchRefused`."""
        coding = b",".join(response.headers.getlist("Content-Encoding")).decode("latin-1")
        if ARCHIVED in response.flags or not may_be_a_bomb(len(response.body), coding, self._most):
            return response
        try:
            await asyncio.to_thread(codings.decode, response.body, coding, request.url, self._most)
        except PayloadTooLarge as refused:
            if self._keeper is not None:
                await keep(self._keeper, request, response, role="blocked")
            raise FetchRefused(f"{refused} and was not read", outcome=INCOMPLETE) from refused
        except PayloadRefused:
            pass  # damaged, which is no attack: it is kept as it came, and whoever reads it says so
        return response


def may_be_a_bomb(length: int, coding: str, most: int) -> bool:
    """Whether a body of so many bytes could inflate beyond ``most``: nearly every page is told apart by its length."""
    names = [name for part in coding.split(",") if (name := part.strip().lower()) not in {"", "identity"}]
    if len(names) == 1 and names[0] in _DEFLATE:
        return length * _STEEPEST > most
    return bool(names)
