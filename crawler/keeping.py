"""Every answer is kept before anything reads it: raw, as it was transferred, in the archive of this crawl."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from functools import partial
from http.client import responses
from pathlib import Path
from typing import Any, Self

import scrapy
import twisted
from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import StopDownload
from scrapy.http import Headers, Response
from scrapy.settings import BaseSettings

from archive import captures
from archive.addresses import canonical
from archive.captures import RENDERED as AS_RENDERED
from archive.captures import SUBRESOURCE, Answer, Capture, Making, Pending, Wire
from archive.crawling import crawls, duework
from archive.errors import AddressRefused, ArchiveError
from archive.journal.notes import ColumnNote, Note, PortalNote, SameNote
from archive.store import Archive
from archive.warcs.records import digest, http_head, http_request, read_head, status_of
from crawler.deriving import derive_pending, words
from crawler.gathering import Gatherer
from crawler.lifeline import LEASED
from crawler.politeness import Politeness
from crawler.restoring import ARCHIVED, restore
from crawler.wire import EXCHANGE, Exchange
from spiders.answers import RENDERED, TURNED, UNCHANGED
from spiders.outcomes import INCOMPLETE, FetchRefused
from spiders.outcomes import AddressRefused as FetchOfAddressRefused

logger = logging.getLogger(__name__)

EVIDENCE = 2048  # bytes of a page that is kept as evidence and never as a document
KNOWN = "xxgk_known"  # in Request.meta: the capture of this address that an answer may say is still so
UNCONDITIONAL = "xxgk_unconditional"  # in Request.meta: asked again, since what the archive has cannot be read
REPEATS = timedelta(days=7)  # so long an unchanged answer is only noted; then it gets a record of its own again
MAKING = "xxgk_making"  # in Request.meta: how a rendered page was made
_ROLES = frozenset({"robots", "entry", "list", "article", "attachment", "roster", SUBRESOURCE})
_SECRET = frozenset(
    {"proxy-authorization", "authorization", "cookie"}
)  # of whoever crawls: not the portal's to be kept
_BODY_SEEN = "xxgk_bytes"
_OK, _NOT_MODIFIED = 200, 304


def description(settings: BaseSettings) -> tuple[tuple[str, str], ...]:
    """What the WARC files say of the crawler that wrote them (``warcinfo``, WARC 1.1, 6.2)."""
    return (
        ("http-header-user-agent", str(settings["USER_AGENT"])),
        ("robots", "obey"),
        ("fetched-with", f"Scrapy/{scrapy.__version__} Twisted/{twisted.__version__}"),
        ("download-delay", f"{settings.getfloat('DOWNLOAD_DELAY'):g} s"),
        ("download-maxsize", f"{settings.getint('DOWNLOAD_MAXSIZE')} bytes"),
    )


class Keeper:
    """Extension: opens the archive, begins the crawl or goes on with it, and ends it.

    ``XXGK_CRAWL`` names a crawl that was begun already; without it (``scrapy crawl reports``) the spider's arguments
    are the crawl's.
    """

    def __init__(self, crawler: Crawler) -> None:
        settings = crawler.settings
        self._crawler = crawler
        self._open = ExitStack()
        self.trouble: ArchiveError | None = None
        self.archive = self._open.enter_context(
            Archive.open(
                Path(settings["XXGK_ARCHIVE"]).absolute(),
                settings["XXGK_DATABASE"],
                create=True,
                write=True,
                description=description(settings),
            )
        )
        self.gatherer = Gatherer(self.archive, self.fail)
        self.began_empty = not captures.any_yet(self.archive)  # nothing can be known of any address
        self.crawl_id: int = settings.getint("XXGK_CRAWL")
        self.resumed: bool = settings.getbool("XXGK_RESUMED")
        self._derives = settings.getbool("XXGK_DERIVE")
        self.last_words: list[Callable[[], Sequence[Note]]] = []  # what is to be noted when the crawl ends
        self._late: list[Note] = []  # what was read after the crawl was stopped, and how that ended
        self.judgements: list[Callable[[], Sequence[Note]]] = []  # and once all of a finished one is in the tables
        if not self.crawl_id:
            self._begin(crawler)
        crawler.signals.connect(self._spider_closed, signal=signals.spider_closed)
        crawler.signals.connect(self._close, signal=signals.engine_stopped)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's way to build it."""
        return cls(crawler)

    @classmethod
    def of(cls, crawler: Crawler) -> Keeper:
        """The keeper of a running crawl."""
        keeper = crawler.get_extension(cls)
        if keeper is None:
            raise RuntimeError("nothing is fetched that is not kept: EXTENSIONS must hold crawler.keeping.Keeper")
        return keeper

    def note(self, note: Note) -> None:
        """Keep a note, soon. How reading ended is kept at the end where the crawl was stopped, if it is still its to say."""
        politeness = self._crawler.get_extension(Politeness)
        if isinstance(note, PortalNote | ColumnNote) and politeness is not None and politeness.stopping:
            self._late.append(note)
        else:
            self.gatherer.note(note)

    def fail(self, error: ArchiveError) -> None:
        """The archive cannot keep: nothing more may be fetched."""
        if self.trouble is None:
            self.trouble = error
            logger.error("%s", error)
            politeness = self._crawler.get_extension(Politeness)
            if politeness is not None:
                politeness.stop()  # who waits for the night waits no longer
            asyncio.ensure_future(self._crawler.engine.close_spider_async(reason="archive"))  # noqa: RUF006 - the engine holds it

    def _begin(self, crawler: Crawler) -> None:
        spider: Any = crawler.spider
        portals = [str(portal) for portal in getattr(spider, "addresses", ())]
        crawl = crawls.begin(self.archive, {"spider": spider.name, "year": getattr(spider, "year", None)}, portals)
        self.crawl_id, self.resumed = crawl.id, crawl.resumed

    async def _spider_closed(self, spider: Spider, reason: str) -> None:
        del spider
        try:
            if self.trouble is None:
                state = crawls.FINISHED if reason == "finished" else crawls.STOPPED
                if await self._may_say(reason):
                    self._note([lambda: self._late, *self.last_words])
                self.gatherer.note(crawls.ended(self.archive, self.crawl_id, state))
            await self.gatherer.drain()
            if self.trouble is None and reason == "finished":
                self._note(self.judgements)
                await self.gatherer.drain()
        except ArchiveError as error:
            self.fail(error)
        if self.trouble is None and self._derives:
            logger.info("%s", words(derive_pending(self.archive)))

    async def _may_say(self, reason: str) -> bool:
        """Whether it is ours to say how the portals were read: not where another machine goes on with the crawl."""
        if reason in {"finished", "lease"} or self.archive.engine.dialect.name != "postgresql":
            return reason != "lease"
        from crawler.sharedturns import lease_of  # noqa: PLC0415 - its driver is an extra

        lease = lease_of(os.environ.get(LEASED, ""))
        if lease is None:
            return True
        held = partial(duework.holds, self.archive, lease.task, lease.attempt)
        return await asyncio.to_thread(self.archive.patiently, held)

    def _note(self, tellers: list[Callable[[], Sequence[Note]]]) -> None:
        for tell in tellers:
            for note in tell():
                self.gatherer.note(note)

    def _close(self) -> None:
        self._open.close()


class Keeping:
    """Downloader middleware nearest to the network: stores each answer before any other part of the crawler sees it."""

    def __init__(self, crawler: Crawler) -> None:
        self._keeper = Keeper.of(crawler)
        self._most = crawler.settings.getint("DOWNLOAD_MAXSIZE")
        crawler.signals.connect(self._headers_received, signal=signals.headers_received)
        crawler.signals.connect(self._bytes_received, signal=signals.bytes_received)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's way to build it."""
        return cls(crawler)

    async def process_response(self, request: Request, response: Response) -> Request | Response:
        """Keep it; a cut one as evidence only, since it is not what the portal published."""
        if ARCHIVED in response.flags:
            return response
        if RENDERED in response.flags:
            for body in (response.body, *request.meta.get(TURNED, ())):
                await keep(self._keeper, request, response.replace(body=body), role=AS_RENDERED)
            return response
        if "dataloss" in response.flags:
            await keep(self._keeper, request, response, role="blocked", why="disconnect")
            return response
        known: Capture | None = request.meta.get(KNOWN)
        role = role_of(request, response)
        unmodified = known if response.status == _NOT_MODIFIED else None
        same = known is not None and (unmodified is not None or is_same(response, known))
        if same and known is not None and self._is_repeat(known, role):
            self._keeper.gatherer.note(self._repeat(request, response, role))
        else:
            await keep(self._keeper, request, response, role=role, unmodified=unmodified)
        if unmodified is not None:
            return await self._unchanged(request, unmodified)
        if same:
            response.flags.append(UNCHANGED)
        return response

    def _is_repeat(self, known: Capture, role: str) -> bool:
        """Whether an unchanged answer needs no record of its own: its address has one that is young.

        The pages by which a portal is entered always get one: they show that the portal was there.
        """
        young = self._keeper.archive.clock() - known.fetched_at < REPEATS
        return young and role == known.role and role != "entry"

    def _repeat(self, request: Request, response: Response, role: str) -> SameNote:
        answer = answer_of(request, response, self._keeper.archive)
        return SameNote(
            answer.fetched_at,
            self._keeper.crawl_id,
            url=answer.url,
            role=role,
            status=answer.status,
            request=http_request(answer).decode("latin-1"),
            head=http_head(answer).decode("latin-1"),
        )

    async def _unchanged(self, request: Request, known: Capture) -> Request | Response:
        """What the portal says is still so; where the archive cannot give it back, the portal is asked without condition."""
        try:
            archive = self._keeper.archive
            again = partial(restore, archive, request, known, self._most)
            restored = await asyncio.to_thread(archive.patiently, again)
        except ArchiveError as error:
            logger.warning("%s is unchanged, and what was kept of it cannot be read: %s", request.url, error)
            restored = None
        if restored is None:
            return request.replace(meta={**request.meta, UNCONDITIONAL: True}, dont_filter=True)
        restored.flags.append(UNCHANGED)
        return restored

    async def process_exception(self, request: Request, exception: Exception) -> None:
        """Keep the head of an answer that was too large to be read."""
        if isinstance(exception, StopDownload) and exception.response is not None:
            await keep(self._keeper, request, exception.response, role="blocked", why="length")
            detail = f"{request.url} is larger than {self._most >> 20} MiB and was not read"
            raise FetchRefused(detail, outcome=INCOMPLETE) from exception

    def _headers_received(self, request: Request, body_length: Any, **_: Any) -> None:
        request.meta[_BODY_SEEN] = 0
        if isinstance(body_length, int) and body_length > self._most:
            raise StopDownload(fail=True)

    def _bytes_received(self, request: Request, data: bytes, **_: Any) -> None:
        seen = request.meta.get(_BODY_SEEN, 0) + len(data)
        request.meta[_BODY_SEEN] = seen
        if seen > self._most:
            raise StopDownload(fail=True)


def is_same(response: Response, known: Capture) -> bool:
    """Whether an answer brought the body that was kept the last time."""
    same_length = len(response.body) == known.payload_length
    return response.status == _OK and same_length and digest(response.body) == known.payload_digest


async def keep(
    keeper: Keeper,
    request: Request,
    response: Response,
    *,
    role: str,
    why: str = "length",
    unmodified: Capture | None = None,
) -> Capture:
    """Store an answer. With the role ``blocked`` only the first 2 KB of its body, cut for the reason ``why``.

    Raises :class:`FetchRefused` where it cannot be kept.
    """
    answer = answer_of(request, response, keeper.archive)
    if role == "blocked":
        answer = evidence_of(answer, why)
    try:
        canonical(answer.url)
        return await keeper.gatherer.keep(Pending(answer, role, keeper.crawl_id, unmodified))
    except AddressRefused as error:
        raise FetchOfAddressRefused(str(error)) from error
    except ArchiveError as error:
        raise FetchRefused(str(error), outcome=INCOMPLETE) from error


def answer_of(request: Request, response: Response, archive: Archive) -> Answer:
    """What went over the wire, byte for byte where it was recorded; what says who crawls is left out."""
    exchange: Exchange | None = request.meta.pop(EXCHANGE, None)
    moment = archive.clock()
    making: Making | None = request.meta.get(MAKING)
    if making is not None:
        said = _lines(response.headers)
        return Answer(response.url, response.status, "", said, response.body, moment, making=making)
    if exchange is None:
        asked = tuple((name, value) for name, value in _lines(request.headers) if name.lower() not in _SECRET)
        return Answer(
            url=response.url,
            status=response.status,
            reason=responses.get(response.status, ""),
            headers=_lines(response.headers),
            body=response.body,
            fetched_at=moment,
            method=request.method,
            request_headers=asked,
            request_body=request.body,
        )
    line, headers = read_head(exchange.head)
    return Answer(
        url=response.url,
        status=response.status,
        reason=status_of(line)[2],
        headers=headers,
        body=response.body,
        fetched_at=moment,
        method=request.method,
        wire=Wire(exchange.head, exchange.body, without_secrets(exchange.request)),
    )


def evidence_of(answer: Answer, why: str) -> Answer:
    """The beginning of an answer, as it was transferred."""
    stored = answer.stored
    wire = None if answer.wire is None else replace(answer.wire, body=stored[:EVIDENCE])
    cut = why if len(stored) > EVIDENCE or why == "disconnect" else None
    return replace(answer, body=stored[:EVIDENCE], wire=wire, truncated=cut)


def without_secrets(request: bytes) -> bytes:
    """A request without the lines that say who crawls; the others as they were sent."""
    head, blank, body = request.partition(b"\r\n\r\n")
    lines = [
        line for line in head.split(b"\r\n") if line.partition(b":")[0].strip().lower().decode("latin-1") not in _SECRET
    ]
    return b"\r\n".join(lines) + blank + body


def role_of(request: Request, response: Response) -> str:
    """What an answer is kept as."""
    if 300 <= response.status < 400 and "Location" in response.headers:
        return "redirect"
    role = str(request.meta.get("role", "entry"))
    return role if role in _ROLES else "entry"


def _lines(headers: Headers) -> tuple[tuple[str, str], ...]:
    return tuple(
        (name.decode("latin-1"), value.decode("latin-1")) for name in headers for value in headers.getlist(name)
    )
