"""The spider of a backfill: it reads the index of a web archive question by question, and asks for the captures chosen."""

from __future__ import annotations

import logging
from collections import Counter, deque
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Self
from urllib.parse import urlsplit

import scrapy
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider, IgnoreRequest
from scrapy.http import Request, Response
from twisted.python.failure import Failure

from archive.errors import ArchiveError, PayloadRefused
from archive.warcs.codings import decode
from crawler import cdx
from crawler.blocked import Kind, judge
from crawler.cdx import Line
from crawler.harvest import UNFETCHED, Errand, Harvest
from crawler.politeness import Politeness
from crawler.replay import NO_CAPTURE, NotTaken, is_capture, of_range, of_replay
from crawler.resting import PATIENCE
from crawler.webarchives import WebArchive
from spiders.answers import why
from spiders.outcomes import UNREACHABLE, Blocked, Postponed

logger = logging.getLogger(__name__)

MOST_PAGES = 100  # of one question: an index that goes on without end is left
MOST_FAILURES = 10  # answers in a row that are errors: then their host is left alone
_INDEX, _CAPTURE, _RANGE = "index", "capture", "range"
_PARTIAL, _NOT_FOUND, _TOO_MANY = 206, 404, 429
_LONGER = 1 << 16  # bytes a range may have beyond what the index says


@dataclass(frozen=True)
class Asking:
    """A question on its way: to which index, which page of the answer, and with which key it goes on."""

    errand: Errand
    index: str
    pages: int | None = None
    page: int = 0
    resume: str | None = None
    keys: frozenset[str] = frozenset()


class BackfillSpider(scrapy.Spider):
    """Asks one question after the other; ``problems`` are sentences on what was not answered.

    The captures of an answer are fetched before the next question, so that no more of them wait than one answer named.
    """

    name = "backfill"

    def __init__(self, *, web: WebArchive, errands: Sequence[Errand], harvest: Harvest, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.problems: list[str] = []
        self.trouble: ArchiveError | None = None
        self._web = web
        self._errands = errands
        self._harvest = harvest
        self._waiting: deque[Asking] = deque()

    async def start(self) -> AsyncIterator[Request]:
        """The catalogue of indexes where there is one, else the first question."""
        if self._web.catalogue is not None:
            yield self._request(self._web.catalogue, _INDEX, self.read_catalogue)
            return
        self._waiting.extend(Asking(errand, self._web.index or "") for errand in self._errands)
        for request in self._next():
            yield request

    def read_catalogue(self, response: Response) -> Iterator[Request]:
        """The newest indexes that fit the time; every question goes to each."""
        try:
            indexes = cdx.read_catalogue(self._plain(response))
        except ValueError as error:
            self._problem(f"{response.url} is no catalogue of indexes (status {response.status}): {error}")
            return
        for errand in self._errands:
            query = errand.query
            for index in cdx.fitting(indexes, query.since, query.until, self._web.newest):
                self._waiting.append(Asking(errand, index.url))
        yield from self._next()

    def read_pages(self, response: Response, asking: Asking) -> Iterator[Request]:
        """How many pages an answer has."""
        pages = 0
        if response.status != _NOT_FOUND:
            try:
                pages = cdx.read_number_of_pages(self._plain(response))
            except ValueError as error:
                self._problem(f"{response.url} does not say how many pages it has (status {response.status}): {error}")
        if pages:
            yield self._ask(replace(asking, pages=pages))
        else:
            yield from self._next()

    def read_index(self, response: Response, asking: Asking) -> Iterator[Request]:
        """The lines of an answer: the captures chosen of them, then the rest of the answer, then the next question."""
        if response.status == _NOT_FOUND:  # some say so that they have nothing
            yield from self._next()
            return
        try:
            found = cdx.read(self._plain(response))
        except ValueError as error:
            self._problem(f"{response.url} answered no lines of an index (status {response.status}): {error}")
            yield from self._next()
            return
        with self._keeping():
            chosen = self._harvest.select(found.lines, asking.errand, self.settings.getint("DOWNLOAD_MAXSIZE"))
        self._harvest.damaged += found.refused
        logger.info("%s: %d lines, %d captures asked for", response.url, len(found.lines), len(chosen))
        yield from (request for line in chosen if (request := self._capture(line, asking.errand)) is not None)
        onward = self._onward(asking, found)
        if onward is not None and self._harvest.is_full:
            self._harvest.cut = True
        elif onward is not None:
            yield self._ask(onward)
        else:
            yield from self._next()

    def read_capture(self, response: Response, line: Line, errand: Errand) -> None:
        """What a web archive has for a line of its index."""
        try:
            if response.meta["role"] == _RANGE:
                if response.status != _PARTIAL:
                    raise NotTaken(NO_CAPTURE)  # noqa: TRY301 - as if it had been told so below
                answer = of_range(line, response.body)
            else:
                answer = of_replay(line, response)
        except NotTaken as reason:
            if response.status >= 500:
                detail = f"{UNREACHABLE}: {response.url} was answered with status {response.status}"
                self._failed(line, errand, detail)
            else:
                self._harvest.drop(line, errand, str(reason))
            return
        with self._keeping():
            self._harvest.take(line, answer, errand)

    def fail_index(self, fault: Failure) -> Iterator[Request]:
        """A question that was not answered."""
        failure, _ = why(fault, fault.request.url)  # type: ignore[attr-defined]  # Scrapy sets it
        self._problem(f"{failure.outcome}: {failure.detail}")
        yield from self._next()

    def fail_capture(self, fault: Failure) -> None:
        """A capture that did not come."""
        request = fault.request  # type: ignore[attr-defined]  # as above
        failure, _ = why(fault, request.url)
        named = request.cb_kwargs
        self._failed(named["line"], named["errand"], f"{failure.outcome}: {failure.detail}")

    def _failed(self, line: Line, errand: Errand, detail: str) -> None:
        logger.warning("%s", detail)
        self._harvest.drop(line, errand, UNFETCHED, detail)

    @contextmanager
    def _keeping(self) -> Iterator[None]:
        """Where the archive cannot keep, nothing more may be fetched."""
        try:
            yield
        except ArchiveError as error:
            self.trouble = self.trouble or error
            raise CloseSpider("archive") from error

    def _problem(self, sentence: str) -> None:
        logger.warning("%s", sentence)
        self.problems.append(sentence)

    def _plain(self, response: Response) -> bytes:
        """An answer unpacked: nothing does it on the way. Raises :class:`ValueError`."""
        coding = (response.headers.get("Content-Encoding") or b"").decode("latin-1")
        try:
            return decode(response.body, coding, response.url)
        except PayloadRefused as error:
            raise ValueError(str(error)) from error

    def _next(self) -> Iterator[Request]:
        """The next question, while captures may still be asked for."""
        if not self._waiting:
            return
        if self._harvest.is_full:
            self._harvest.cut = True
            return
        yield self._ask(self._waiting.popleft())

    def _onward(self, asking: Asking, found: cdx.Page) -> Asking | None:
        """The rest of an answer, where there is one and it does not go on without end."""
        said = len(found.lines) + found.refused
        query = asking.errand.query
        if asking.pages is not None:
            more, onward = asking.page + 1 < asking.pages, replace(asking, page=asking.page + 1)
        elif found.resume is None:
            if self._web.lines and said >= self._web.lines:
                self._problem(
                    f"the index of {query.url} has more than {said} lines and no way to go on: narrow it with --since or --until"
                )
            return None
        else:
            more = said > 0 and found.resume not in asking.keys
            keys = asking.keys | {found.resume}
            onward = replace(asking, page=asking.page + 1, resume=found.resume, keys=keys)
        if more and onward.page >= MOST_PAGES:
            self._problem(
                f"the index of {query.url} has more than {MOST_PAGES} pages: narrow it with --since or --until"
            )
            return None
        return onward if more else None

    def _ask(self, asking: Asking) -> Request:
        web, query = self._web, asking.errand.query
        if web.paging == "pages" and asking.pages is None:
            url = cdx.pages_address(asking.index, web.parameters, query)
            return self._request(url, _INDEX, self.read_pages, asking=asking)
        page = asking.page if asking.pages is not None else None
        url = cdx.address(asking.index, web.parameters, query, lines=web.lines, resume=asking.resume, page=page)
        return self._request(url, _INDEX, self.read_index, asking=asking)

    def _capture(self, line: Line, errand: Errand) -> Request | None:
        web = self._web
        if web.records is None:
            url = (web.replay or "").replace("{timestamp}", line.timestamp).replace("{url}", line.url)
            return self._request(url, _CAPTURE, self.read_capture, line=line, errand=errand)
        if line.length is None or line.offset is None or not line.filename:
            self._harvest.drop(line, errand, NO_CAPTURE)
            return None
        url = web.records.replace("{filename}", line.filename.lstrip("/"))
        request = self._request(url, _RANGE, self.read_capture, line=line, errand=errand)
        request.headers["Range"] = f"bytes={line.offset}-{line.offset + line.length - 1}"
        request.headers["Accept-Encoding"] = "identity"  # a range of what was packed for the way would be another
        request.meta["download_maxsize"] = line.length + _LONGER
        return request

    def _request(self, url: str, role: str, callback: Any, **named: Any) -> Request:
        index = role == _INDEX
        return Request(
            url,
            callback=callback,
            errback=self.fail_index if index else self.fail_capture,
            cb_kwargs=named,
            meta={"role": role, "handle_httpstatus_all": True, "dont_redirect": not index},
            priority=0 if index else 10,
            dont_filter=True,
        )


class Barrier:
    """Downloader middleware above the network: a web archive's own challenge page is a block and no answer.

    What it says is a capture is judged later: it may be the challenge page of a portal, kept by mistake. A host that
    gives nothing but errors is left alone: a question may name thousands of captures.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._politeness = crawler.get_extension(Politeness)
        self._blocks: Counter[str] = Counter()
        self._errors: Counter[str] = Counter()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's way to build it."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Nothing is queued for a host that rests."""
        refusal = self._politeness.refusal(request.url) if self._politeness is not None else None
        if refusal is not None:
            raise refusal

    def process_response(self, request: Request, response: Response) -> Response:
        """Let an answer pass, or raise :class:`Blocked`."""
        role = str(request.meta.get("role", ""))
        if is_capture(response) or (role == _RANGE and response.status == _PARTIAL):
            self._errors[_host(request)] = 0
            return response
        if response.status >= 500 or response.status == _TOO_MANY:
            self._count_error(request)
        else:
            self._errors[_host(request)] = 0
        # an index is a file of lines: a page in its place is a block
        verdict = judge(response, role="attachment" if role == _INDEX else role)
        if verdict.kind is Kind.BLOCKED:
            self._count_block(request, verdict.system)
            said = f"{verdict.system} blocks {request.url}: {verdict.sign}"
            logger.warning("%s", said)
            raise Blocked(verdict.system, said)
        return response

    def process_exception(self, request: Request, exception: Exception) -> None:
        """Count what did not come at all."""
        if not isinstance(exception, IgnoreRequest):
            self._count_error(request)

    def _count_error(self, request: Request) -> None:
        host = _host(request)
        self._errors[host] += 1
        if self._errors[host] >= MOST_FAILURES and self._politeness is not None:
            said = f"{host} answered {MOST_FAILURES} times in a row with an error and is left alone"
            self._politeness.rest(host, lambda: Postponed(said))

    def _count_block(self, request: Request, system: str) -> None:
        host = _host(request)
        self._blocks[host] += 1
        if self._blocks[host] >= PATIENCE and self._politeness is not None:
            self._politeness.rest(host, lambda: Blocked(system, f"{host} blocked {PATIENCE} times and rests"))


def _host(request: Request) -> str:
    return urlsplit(request.url).hostname or ""
