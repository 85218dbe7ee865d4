"""The last step before the network: a resting host is not asked, certificates are checked, each exchange is recorded."""

from __future__ import annotations

import copy
from typing import Any

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.crawler import Crawler
from scrapy.http import Response
from twisted.web.iweb import IPolicyForHTTPS
from zope.interface import implementer

from crawler.politeness import Politeness
from crawler.wire import EXCHANGE, Tape, TapedPool, recording


class Fetching(HTTP11DownloadHandler):
    """Scrapy's download handler. A request may have waited long for its turn, so the host is looked at once more.

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
        """Fetch, unless the host rests by now."""
        request.meta.pop(EXCHANGE, None)  # of the try or the hop before this one
        refusal = self._politeness.refusal(request.url) if self._politeness is not None else None
        if refusal is not None:
            raise refusal
        if request.meta.get("role") == "attachment":
            request.meta["download_timeout"] = max(request.meta.get("download_timeout", 0), self._patience)
        return await self._recorded(request)

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
