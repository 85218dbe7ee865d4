"""Addresses: the form that goes over the wire, and the canonical form under which copies of one page meet."""

from __future__ import annotations

import re
from functools import cache
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit, urlunsplit

from archive.errors import AddressRefused

if TYPE_CHECKING:
    from tldextract import TLDExtract

LONGEST = 2000  # bytes; a PostgreSQL index row holds 2704
_SAFE = "!#$%&'()*+,/:;=?@[]~"  # reserved characters and the percent sign: what is encoded stays encoded
_DEFAULT_PORTS = {"http": 80, "https": 443}
_TRADITIONAL = re.compile(r"^/gate/big5/([^/]+)(/.*|$)")
_HOST = re.compile(r"[a-z0-9.-]+\.(?:cn|com|net|org)(?::\d+)?", re.IGNORECASE)
_MOBILE_NAME = re.compile(r"(?<=/)mpost_(?=[^/]*$)")  # NFCMS
_MOBILE_COPY = re.compile(r"(/t\d+_\d+)_ext(?=\.s?html?$)")  # TRS
_SESSION = re.compile(r";jsessionid=[^/;]*", re.IGNORECASE)
_TRACKING = re.compile(
    r"^(?:utm_[a-z]+|spm|scm|share_token|isappinstalled|wx_share|hmsr|hmpl|hmcu|hmkw|hmci|gclid|fbclid|"
    r"from=(?:timeline|singlemessage|groupmessage|weixin|qq))(?:=|$)",
    re.IGNORECASE,
)
# A clock or a random number against caches: new at every answer, so that each crawl would find every page anew.
_STAMP = re.compile(
    r"^(?:(?:t|_|_t|tm|ts|rnd|ran|rand|random|time|nocache|timestamp)=(?:1[2-9]|2[01])\d{8}(?:\d{3})?|\w{1,12}=0\.\d{6,})$",
    re.IGNORECASE,
)


def wire(url: str) -> str:
    """The address as it stands in a request line and a WARC header: ASCII, no white space, no fragment.

    Raises :class:`AddressRefused` for an address without a scheme or longer than an index can hold.
    """
    text = quote(url.strip().encode("utf-8", "replace"), safe=_SAFE).partition("#")[0]
    if len(text) > LONGEST:
        raise AddressRefused(
            f"an address of {len(text)} characters is not kept: {text[:80]}… (the longest is {LONGEST})"
        )
    if not re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", text):
        raise AddressRefused(f"this is not an address: {text[:80]!r}")
    return text


def with_fragment(url: str) -> str:
    """The address of a portal or a column as it is known by: as :func:`wire` writes it, with a path and its fragment.

    Some systems name the category there alone (``/gkmlpt/annualreport#2629``): two fragments are two portals. Scheme
    and host are in small letters. Raises :class:`AddressRefused` as :func:`wire`.
    """
    bare = wire(url)
    fragment = quote(url.strip().partition("#")[2].encode("utf-8", "replace"), safe=_SAFE)
    try:
        parts = urlsplit(bare)
    except ValueError:  # half an IPv6 address
        return bare
    whole = urlunsplit((parts.scheme, parts.netloc.lower(), parts.path or "/", parts.query, fragment))
    if len(whole) > LONGEST:
        raise AddressRefused(
            f"an address of {len(whole)} characters is not kept: {whole[:80]}… (the longest is {LONGEST})"
        )
    return whole


def canonical(url: str) -> str:
    """One address for the copies of a page: traditional characters, mobile names, sessions, tracking and stamps are dropped.

    The scheme and ``www.`` stay: two hosts may hold two things, and the same report is known by publisher and year.
    The other parts of a query stay in their order.
    """
    try:
        parts = urlsplit(wire(url))
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:  # a port beyond 65535, half an IPv6 address
        return wire(url)
    if parts.scheme not in _DEFAULT_PORTS:
        return wire(url)
    path, netloc = parts.path or "/", f"[{host}]" if ":" in host else host
    if port is not None and port != _DEFAULT_PORTS[parts.scheme]:
        netloc = f"{netloc}:{port}"
    copied = _TRADITIONAL.match(path)
    if copied is not None and (_HOST.fullmatch(copied.group(1)) or copied.group(1).lower() == netloc):
        netloc, path = copied.group(1).lower(), copied.group(2) or "/"
    path = _MOBILE_COPY.sub(r"\1", _MOBILE_NAME.sub("post_", _SESSION.sub("", path)))
    query = "&".join(
        part for part in parts.query.split("&") if part and not _TRACKING.match(part) and not _STAMP.match(part)
    )
    return urlunsplit((parts.scheme, netloc, path, query, ""))


def host_of(url: str) -> str:
    """The host with its port, unless that is the scheme's own."""
    return urlsplit(canonical(url)).netloc


@cache
def _extract() -> TLDExtract:
    """With the bundled list: no fetch that is not the portal's."""
    from tldextract import TLDExtract  # noqa: PLC0415 - it brings an HTTP client, 0.15 s to import

    return TLDExtract(suffix_list_urls=(), cache_dir=None)


@cache
def site_of(url_host: str) -> str:
    """The registered domain of a host (``xxgk.jl.gov.cn`` → ``jl.gov.cn``), or host and port where there is none."""
    name = url_host.partition(":")[0] if not url_host.startswith("[") else url_host
    domain = _extract()(name).top_domain_under_public_suffix
    return domain or url_host


def asked_host(url: str) -> str:
    """Whose rest and whose turn it is: a name without its port; on loopback, where portals are tried out, with it."""
    parts = urlsplit(url)
    name = parts.hostname or ""
    try:
        here = ip_address(name).is_loopback
    except ValueError:
        here = name == "localhost"
    return f"{name}:{parts.port}" if here and parts.port is not None else name
