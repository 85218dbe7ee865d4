"""The last step before the network: a host that rests is not asked, and broken certificates pass only where registered."""

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


class Fetching(HTTP11DownloadHandler):
    """Scrapy's download handler. A request may have waited long for its turn, so the host is looked at once more."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._politeness = crawler.get_extension(Politeness)
        self._patience = crawler.settings.getfloat("XXGK_ATTACHMENT_TIMEOUT")
        insecure = frozenset(crawler.settings.getlist("XXGK_INSECURE_TLS"))
        if insecure:
            certificates: Any = _Certificates(self._contextFactory, insecure)
            self._contextFactory = certificates

    async def download_request(self, request: Request) -> Response:
        """Fetch, unless the host rests by now."""
        refusal = self._politeness.refusal(request.url) if self._politeness is not None else None
        if refusal is not None:
            raise refusal
        if request.meta.get("role") == "attachment":
            request.meta["download_timeout"] = max(request.meta.get("download_timeout", 0), self._patience)
        return await super().download_request(request)


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
