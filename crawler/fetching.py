"""The last step before the network: a host's turn is taken, certificates are checked, each exchange is recorded."""

from __future__ import annotations

import copy
from typing import Any

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.crawler import Crawler
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
)
from scrapy.http import Response
from twisted.web.iweb import IPolicyForHTTPS
from zope.interface import implementer

from crawler.politeness import Politeness
from crawler.wire import EXCHANGE, Tape, TapedPool, recording

_NO_ANSWER = (CannotResolveHostError, DownloadConnectionRefusedError, DownloadFailedError, DownloadTimeoutError)


class Fetching(HTTP11DownloadHandler):
    """Scrapy's download handler, which waits for the host's turn and holds it to the end of the answer.

    ``Request.meta["xxgk_exchange"]`` is then the :class:`crawler.wire.Exchange`, and missing where no answer came.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._politeness = crawler.get_extension(Politeness)
        self._most = crawler.settings.getint("DOWNLOAD_MAXSIZE")
        self._patience = crawler.settings.getfloat("XXGK_ATTACHMENT_TIMEOUT")
        self._pool = TapedPool(self._pool)
        insecure = frozenset(crawler.settings.getlist("XXGK_INSECURE_TLS"))
        if insecure:
            certificates: Any = _Certificates(self._contextFactory, insecure)
            self._contextFactory = certificates

    async def download_request(self, request: Request) -> Response:
        """Fetch when it is the host's turn, unless it rests by then."""
        request.meta.pop(EXCHANGE, None)  # of the try or the hop before this one
        if request.meta.get("role") == "attachment":
            request.meta["download_timeout"] = max(request.meta.get("download_timeout", 0), self._patience)
        if self._politeness is None:
            return await self._recorded(request)
        async with self._politeness.turn(request.url, request.meta.get("download_timeout")) as turn:
            try:
                response = await self._recorded(request)
            except _NO_ANSWER:
                self._politeness.silent(request.url)
                raise
            self._politeness.heard(response, turn)
        return response

    async def _recorded(self, request: Request) -> Response:
        tape = Tape.for_answers_of(self._most)
        recording.set(tape)
        whole = False
        try:
            response = await super().download_request(request)
            whole = "download_stopped" not in response.flags
        finally:
            exchange = tape.hand_over(whole=whole)
            if exchange is not None:
                request.meta[EXCHANGE] = exchange
        return response


@implementer(IPolicyForHTTPS)
class _Certificates:
    """Checks every certificate but those of the hosts named."""

    def __init__(self, strict: Any, insecure: frozenset[str]) -> None:
        self._strict = strict
        self._lenient = copy.copy(strict)
        self._lenient._verify_certificates = False  # noqa: SLF001 - Scrapy has one switch for all hosts, and no other way
        self._insecure = insecure

    def creatorForNetloc(self, hostname: bytes, port: int) -> Any:  # noqa: N802 - Twisted's name
        """The TLS options for a connection."""
        policy = self._lenient if hostname.decode("ascii") in self._insecure else self._strict
        return policy.creatorForNetloc(hostname, port)
