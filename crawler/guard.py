"""What may be fetched: http and https, hosts under .gov.cn and those allowed by name, and never a private address.

The address is checked here, for every request and every redirect; what its name resolves to is checked in
:mod:`crawler.resolver` when the connection is made. What comes back is bounded in :mod:`crawler.wire` as it arrives,
and here as it would inflate.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Any, Self
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import CannotResolveHostError
from twisted.web.client import URI

from archive.addresses import LONGEST
from crawler.allowance import HOST_NAME, Allowance
from crawler.resolver import installed_resolver
from crawler.wire import AnswerRefused
from spiders.outcomes import INCOMPLETE, UNREACHABLE, AddressRefused, FetchRefused

_DEFAULT_PORTS = {"http": 80, "https": 443}
# Ports of other protocols, to which no browser speaks HTTP either (WHATWG Fetch, 2.9): mail, shells, databases, chat.
_OTHER_PROTOCOLS = frozenset(
    {
        0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109, 110,
        111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532,
        540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3306, 3389, 3659, 4045, 4190,
        5060, 5061, 5432, 6000, 6379, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080, 11211, 27017,
    }
)  # fmt: skip
# Every spelling inet_aton understands: 2130706433, 0x7f.1, 0177.0.0.1 …
_NUMBERS = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)(?:\.(?:0x[0-9a-f]*|[0-9]+)){0,3}")


def judge(url: str, allowance: Allowance) -> str | None:
    """Why an address must not be fetched, in a sentence; null if it may be."""
    if len(url) > LONGEST:
        return f"an address of {len(url)} characters is not fetched: {url[:80]}…"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return f"{url[:80]!r} is no address"
    if parts.scheme not in _DEFAULT_PORTS:
        return f"only http and https are fetched, not {parts.scheme or 'an address without a scheme'}"
    if "@" in parts.netloc:
        return f"the address carries a user name, which can hide its host: {host}"
    if HOST_NAME.fullmatch(host) is None or not _is_read_alike(url, parts.scheme, host, port):
        return f"{parts.netloc[:80]!r} is no host name that every program reads alike"
    port = port if port is not None else _DEFAULT_PORTS[parts.scheme]
    if allowance.permits(host, port):
        return None
    if port in _OTHER_PROTOCOLS:
        return (
            f"port {port} of {host} is another protocol's; allow it with --allow {_written(host, port)} if it is meant"
        )
    if _is_number(host):
        return f"{host} is a bare address, not a portal's name; allow it with --allow {_written(host, port)} if it is meant"
    if host == "gov.cn" or host.endswith(".gov.cn"):
        return None
    return f"{host} is not under .gov.cn; allow it with --allow {_written(host, port)} if it is official"


class Guard:
    """Downloader middleware: refuses a request before anything else sees it, robots.txt and redirects included."""

    def __init__(self, allowance: Allowance) -> None:
        self.allowance = allowance

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's way to build it."""
        return cls(Allowance.of(crawler.settings.getlist("XXGK_ALLOW")))

    def process_request(self, request: Request) -> None:
        """Raise :class:`AddressRefused` for an address that must not be fetched."""
        refusal = judge(request.url, self.allowance)
        if refusal is not None:
            raise AddressRefused(refusal)


class ConnectionGuard:
    """Downloader middleware below the proxy's: what is known only when a connection is made.

    Without a proxy every name is resolved by :class:`GuardedResolver`, or nothing is fetched. Failures that no second
    try can mend (a name that leads into a private network, a certificate that does not hold, a head without end) are
    told at once.
    """

    def process_request(self, request: Request) -> None:
        """Refuse to connect where nobody would check what the name resolves to."""
        if not request.meta.get("proxy") and installed_resolver() is None:
            raise AddressRefused(
                "names are not checked here: TWISTED_DNS_RESOLVER must be crawler.resolver.GuardedResolver"
            )

    def process_exception(self, request: Request, exception: Exception) -> None:
        """Turn what is a refusal in truth into one, before it is tried again."""
        host = urlsplit(request.url).hostname or ""
        resolver = installed_resolver()
        if isinstance(exception, CannotResolveHostError) and resolver is not None and host in resolver.refused:
            raise AddressRefused(f"{host} resolves to {resolver.refused[host]}") from exception
        if "certificate verify failed" in str(exception) or "VerificationError" in str(exception):
            detail = f"the certificate of {host} does not hold; its registry entry must say insecure_tls to read it all the same"
            raise FetchRefused(detail, outcome=UNREACHABLE) from exception
        for reason in getattr(exception.__cause__, "reasons", ()):
            if isinstance(reason.value, AnswerRefused):
                raise FetchRefused(f"{request.url} {reason.value}", outcome=INCOMPLETE) from exception


def _is_read_alike(url: str, scheme: str, host: str, port: int | None) -> bool:
    """Whether Twisted, which connects, reads the same host and port out of the address as we do, who judge it."""
    try:
        seen: Any = URI.fromBytes(url.encode("ascii"))  # type: ignore[no-untyped-call]
        seen_host: str = seen.host.decode("ascii").strip("[]").lower()
    except (UnicodeError, ValueError):
        return False
    return bool(seen_host == host and seen.port == (port if port is not None else _DEFAULT_PORTS[scheme]))


def _is_number(host: str) -> bool:
    if _NUMBERS.fullmatch(host) is not None:
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _written(host: str, port: int) -> str:
    shown = f"[{host}]" if ":" in host else host
    return shown if port in _DEFAULT_PORTS.values() else f"{shown}:{port}"
