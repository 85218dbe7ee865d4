"""Asking only for what is new: validators of the last capture go with the request, and later pages of a list may rest."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response

from archive import captures
from archive.captures import Capture
from archive.crawling.freshness import is_fresh
from archive.errors import ArchiveError
from archive.warcs.records import header
from crawler.keeping import KNOWN, UNCONDITIONAL, Keeper
from crawler.restoring import restore
from spiders.answers import RENDER, REST, RESTED

_ROLES = frozenset({"robots", "entry", "list", "article", "attachment", "roster", captures.SUBRESOURCE})
_CONDITIONS = ("If-None-Match", "If-Modified-Since")


class Conditional:
    """Downloader middleware: ``ETag`` and ``Last-Modified`` of the last capture as conditions (RFC 9110, 13.1).

    Later pages of a list whose first page is unchanged are given from the archive where the column was lately read to
    its end (:mod:`archive.crawling.freshness`); ``XXGK_FULL`` asks for them all the same.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._keeper = Keeper.of(crawler)
        self._most = crawler.settings.getint("DOWNLOAD_MAXSIZE")
        self._full = crawler.settings.getbool("XXGK_FULL")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's way to build it."""
        return cls(crawler)

    async def process_request(self, request: Request) -> Response | None:
        """Set the conditions, or answer from the archive."""
        for name in _CONDITIONS:  # of the address that redirected here
            request.headers.pop(name, None)
        request.meta.pop(KNOWN, None)
        if request.meta.get(RENDER):
            return None  # the page below is asked for by itself
        if self._keeper.began_empty or request.method != "GET" or request.meta.get("role") not in _ROLES:
            return None
        try:
            return await asyncio.to_thread(self._keeper.archive.patiently, partial(self._prepare, request))
        except ArchiveError:
            return None  # what cannot be read back is asked for whole

    def _prepare(self, request: Request) -> Response | None:
        archive = self._keeper.archive
        known = captures.last_delivered(archive, request.url)
        if known is None:
            return None
        if request.meta.get(REST) and not self._full and self._may_rest(request):
            restored = restore(archive, request, known, self._most)
            if restored is not None:
                restored.flags.append(RESTED)
            return restored
        request.meta[KNOWN] = known
        if not request.meta.get(UNCONDITIONAL) and request.meta.get("role") != "robots":  # read whole each time
            self._set_conditions(request, known)
        return None

    def _may_rest(self, request: Request) -> bool:
        column = request.meta.get("column_url")
        return column is not None and is_fresh(self._keeper.archive, column, self._keeper.archive.clock())

    def _set_conditions(self, request: Request, known: Capture) -> None:
        headers = captures.head(self._keeper.archive, known)
        for validator, condition in zip(("ETag", "Last-Modified"), _CONDITIONS, strict=True):
            value = header(headers, validator)
            if value:
                request.headers[condition] = value.encode("latin-1")
