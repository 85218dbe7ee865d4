"""Rendering: a list that only its script fills is shown to a browser, and handed on as the browser shows it.

It is done where a request asks for it (:data:`spiders.answers.RENDER`), and only with an answer of this crawl that no
protection kept back. All that the browser needs goes through this crawler, so every guard holds for it.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Self

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.http import HtmlResponse, Response
from scrapy.http.request import NO_CALLBACK

from archive import captures
from archive.captures import DELIVERED, SUBRESOURCE, Capture, Making
from archive.errors import ArchiveError
from crawler.chromium import missing
from crawler.keeping import MAKING, Keeper
from crawler.politeness import Politeness
from crawler.restoring import ARCHIVED, restore
from spiders.answers import RENDER, RENDERED, TURNED, UNFINISHED, is_a_file, is_a_page
from spiders.outcomes import INCOMPLETE, FetchRefused

if TYPE_CHECKING:
    from crawler.browsing import Visit, Wanted

logger = logging.getLogger(__name__)

_PAGES = 4  # at once: each costs some 200 MB, and waits for its portal most of the time
_CLOSING = 30.0  # seconds the browser has to end; it is killed with the process that started it
_OK = 200
_TYPE = "text/html; charset=utf-8"


class Rendering:
    """Downloader middleware nearest to the network: answers what is to be rendered, and leaves the rest alone.

    scrapy-playwright's handler is used from here and does not take Scrapy's place: it would occupy the one turn of its
    host that the page's own requests need, and fetch by itself.
    """

    def __init__(self, crawler: Crawler) -> None:
        from scrapy_playwright.handler import ScrapyPlaywrightDownloadHandler  # noqa: PLC0415 - an extra

        self._crawler = crawler
        self._keeper = Keeper.of(crawler)
        self._most = crawler.settings.getint("DOWNLOAD_MAXSIZE")
        self._politeness = crawler.get_extension(Politeness)
        self._agent: str = crawler.settings["USER_AGENT"]
        self._handler: Any = ScrapyPlaywrightDownloadHandler.from_crawler(crawler)
        self._pages = asyncio.Semaphore(_PAGES)
        crawler.signals.connect(self._close, signal=signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's way to build it; not where nothing is to be rendered, or nothing is there to render with."""
        if not crawler.settings.getbool("XXGK_RENDER"):
            raise NotConfigured
        lacking = missing()
        if lacking is not None:
            raise NotConfigured(lacking)
        return cls(crawler)

    async def process_request(self, request: Request) -> Response | None:
        """The page as a browser shows it. Raises :class:`FetchRefused` where that cannot be had."""
        if not request.meta.get(RENDER):
            return None
        async with self._pages:
            refused = self._refusal(request)
            if refused is not None:
                raise refused
            document = await self._document(request)
            if document.status != _OK or is_a_file(document) or not is_a_page(document):
                document.flags.append(ARCHIVED)  # as it is, and kept already
                return document
            return await self._render(request, document)

    def _refusal(self, request: Request) -> FetchRefused | None:
        """Why the page may not go on: its host rests by now, or the crawl is being stopped."""
        return self._politeness.refusal(request.url) if self._politeness is not None else None

    async def _document(self, request: Request) -> Response:
        """The page as this crawl has it; asked for where it was not yet."""
        known = await asyncio.to_thread(self._known, request)
        if known is not None:
            return known
        meta = {name: request.meta.get(name) for name in ("role", "portal", "column_url")}
        asking = Request(request.url, headers=request.headers, meta=meta, callback=NO_CALLBACK, dont_filter=True)
        return await self._crawler.engine.download_async(asking)

    def _known(self, request: Request) -> Response | None:
        try:
            capture = self._capture(request.url)
            return None if capture is None else restore(self._keeper.archive, request, capture, self._most)
        except ArchiveError:
            return None  # what cannot be read back is asked for again

    def _capture(self, url: str) -> Capture | None:
        """What an address answered last in this crawl, unless it was kept back."""
        crawl_id = self._keeper.crawl_id
        found = captures.latest(self._keeper.archive, url, crawl_id=crawl_id, status=DELIVERED)
        return None if found is None or found.role == "blocked" else found

    async def _render(self, request: Request, document: Response) -> Response:
        from crawler.browsing import Unrendered, Visit, orders  # noqa: PLC0415 - an extra

        async def ask(wanted: Wanted) -> Response:
            return await self._ask(wanted, request)

        visit = Visit(document.url, document, ask)
        asking = Request(document.url, meta=orders(visit, self._agent), callback=NO_CALLBACK, dont_filter=True)

        async def read() -> Response:
            shown: Response = await self._handler.download_request(asking)
            await visit.read()
            return shown

        reading = asyncio.ensure_future(read())
        try:
            await visit.within_limits(reading, lambda: self._refusal(request))
            shown = reading.result()
        except FetchRefused:
            raise
        except Unrendered as error:
            raise FetchRefused(f"{document.url} could not be rendered: {error}", outcome=INCOMPLETE) from error
        except Exception as error:  # whatever the browser and its driver raise
            said = str(error).partition("\n")[0]
            raise FetchRefused(f"{document.url} could not be rendered: {said}", outcome=INCOMPLETE) from error
        finally:
            reading.cancel()
            await visit.close()
        if visit.blocked is not None:
            raise visit.blocked
        if shown.url.partition("#")[0] != document.url.partition("#")[0]:
            raise FetchRefused(
                f"{document.url} could not be rendered: the browser showed another page", outcome=INCOMPLETE
            )
        return await self._rendered(request, document, visit)

    async def _rendered(self, request: Request, document: Response, visit: Visit) -> Response:
        capture = await asyncio.to_thread(self._capture, document.url)
        if capture is None:
            raise FetchRefused(f"{document.url} was rendered and is not in the archive", outcome=INCOMPLETE)
        first, *turned = [state.encode("utf-8") for state in visit.states]
        request.meta[MAKING] = Making(capture.record_id, f"{visit.by} Playwright/{version('playwright')}")
        request.meta[TURNED] = tuple(turned)
        request.meta[UNFINISHED] = visit.shortfall
        logger.info("Rendered %s: %d states", document.url, len(visit.states))
        return HtmlResponse(document.url, headers={"Content-Type": _TYPE}, body=first, flags=[RENDERED])

    async def _ask(self, wanted: Wanted, request: Request) -> Response:
        """What a page's script asks for, as any request of this crawl; a script that was read in it is not asked for again."""
        asking = Request(
            wanted.url,
            method=wanted.method,
            headers=wanted.headers,
            body=wanted.body,
            meta={"role": SUBRESOURCE, "portal": request.meta.get("portal")},
            callback=NO_CALLBACK,
            dont_filter=True,
        )
        if wanted.lasts:
            known = await asyncio.to_thread(self._known, asking)
            if known is not None:
                return known
        return await self._crawler.engine.download_async(asking)

    async def _close(self) -> None:
        with suppress(Exception):  # the driver may be gone: a signal reaches it too
            await asyncio.wait_for(self._handler.close(), _CLOSING)
