"""robots.txt: read before any page of each host and obeyed, ``Crawl-delay`` included.

404 and 410 allow everything. Rules that could not be read (an error, a timeout, a challenge page) are not taken for
permission: the host is put off. Rules are never read out of HTML.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable
from typing import Self
from urllib.parse import urlsplit

from protego import Protego
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
)
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK

from crawler.politeness import LONGEST_WAIT, Politeness
from parser.documents.encoding import decode
from spiders.outcomes import Disallowed, FetchRefused, Postponed

logger = logging.getLogger(__name__)

_TIMEOUT = 30  # seconds; a file of a few lines
_LONGEST = 512 << 10  # bytes; RFC 9309, 2.5 asks for at least 500 KiB
_PRIORITY = 1000
# A rule with the whole address of a folder, against RFC 9309, 2.2.2: what it means is plain.
_WHOLE_ADDRESS = re.compile(
    r"^(?P<rule>[ \t]*(?:dis)?allow[ \t]*:[ \t]*)https?://(?:www\.)?(?P<host>[^/\s#]+)(?=/)",
    re.IGNORECASE | re.MULTILINE,
)
_DEFAULT_PORTS = {"http": 80, "https": 443}
# What portals do every day: where in the program it was met says nothing.
_OF_THE_NETWORK = (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
)


class Rules:
    """What a robots.txt says to us."""

    def __init__(self, text: str, agent: str) -> None:
        self._protego = Protego.parse(text)
        self._agent = agent

    def allow(self, url: str) -> bool:
        """Whether an address may be fetched."""
        return self._protego.can_fetch(url, self._agent)

    @property
    def gap(self) -> float | None:
        """The Crawl-delay, in seconds."""
        return self._protego.crawl_delay(self._agent)


Answer = Rules | Callable[[], FetchRefused]


class Robots:
    """Downloader middleware: asks each origin (scheme, host and port) for its rules once, and holds every request to them."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._agent: str = crawler.settings["ROBOTSTXT_USER_AGENT"]
        self._answers: dict[str, asyncio.Task[Answer]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's way to build it."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Raise :class:`Disallowed` or :class:`Postponed` for a request that must not go on."""
        if request.meta.get("role") == "robots":
            return
        origin = origin_of(request.url)
        if origin not in self._answers:
            self._answers[origin] = asyncio.ensure_future(self._ask(origin, request))
        answer = await asyncio.shield(self._answers[origin])
        if not isinstance(answer, Rules):
            raise answer()
        if not answer.allow(request.url):
            raise Disallowed(f"robots.txt of {origin} forbids {urlsplit(request.url).path}")

    async def _ask(self, origin: str, request: Request) -> Answer:
        meta = {"role": "robots", "portal": request.meta.get("portal"), "download_timeout": _TIMEOUT}
        asking = Request(f"{origin}/robots.txt", priority=_PRIORITY, meta=meta, callback=NO_CALLBACK, dont_filter=True)
        try:
            response = await self._crawler.engine.download_async(asking)
        except FetchRefused as refused:
            outcome, detail = refused.outcome, refused.detail
            return lambda: FetchRefused(f"robots.txt of {origin} could not be read: {detail}", outcome=outcome)
        except Exception as error:
            said = f"robots.txt of {origin} could not be read: {type(error).__name__}: {error}"
            logger.warning("%s", said, exc_info=None if isinstance(error, _OF_THE_NETWORK) else error)
            return lambda: Postponed(said)
        return self._judge(origin, response)

    def _judge(self, origin: str, response: Response) -> Answer:
        answer = judge(response, self._agent)
        if isinstance(answer, str):
            return lambda: Postponed(f"robots.txt of {origin} {answer}")
        politeness = self._crawler.get_extension(Politeness)
        if answer.gap is not None and politeness is not None:
            gap = answer.gap
            if gap > LONGEST_WAIT:
                return lambda: Disallowed(
                    f"robots.txt of {origin} asks for {gap:.0f} s between requests: that is no crawl"
                )
            politeness.widen(urlsplit(origin).hostname or "", gap)
        return answer


def judge(response: Response, agent: str) -> Rules | str:
    """The rules of an answer, or the rest of a sentence that says why there are none to go by."""
    if response.status in {404, 410}:
        return Rules("", agent)
    if not 200 <= response.status < 300:
        return f"was answered with status {response.status}"
    if is_html(response):
        return Rules("", agent)  # there is none, and a page is what this portal answers; challenges do not come so far
    return Rules(_with_paths(decode(response.body[:_LONGEST])[0], response.url), agent)


def _with_paths(text: str, url: str) -> str:
    own = urlsplit(url).netloc.removeprefix("www.")
    return _WHOLE_ADDRESS.sub(lambda match: match["rule"] if match["host"].lower() == own else match.group(), text)


def is_html(response: Response) -> bool:
    """Whether an answer is a page, whatever it was asked for as."""
    start = response.body[:512].lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0").lower()
    declared = (response.headers.get("Content-Type") or b"").lower()
    return start.startswith((b"<!", b"<html", b"<head", b"<script", b"<meta", b"<body")) or (
        b"html" in declared and start.startswith(b"<")
    )


def origin_of(url: str) -> str:
    """Scheme, host and port of an address, the port only where it is not the scheme's own."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    port = "" if parts.port in {None, _DEFAULT_PORTS.get(parts.scheme)} else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"
