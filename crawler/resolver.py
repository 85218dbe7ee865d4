"""Names are resolved here, for every connection: an answer that leads into a private network is not used.

A name can be checked and then resolve to something else a second later (DNS rebinding), so this stands at the only
place that cannot be passed: between the name and the connection.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Any, Self
from urllib.parse import urlsplit
from urllib.request import getproxies

from scrapy.resolver import CachingHostnameResolver
from twisted.internet.interfaces import IAddress, IHostnameResolver, IHostResolution, IResolutionReceiver
from zope.interface import implementer

from crawler.allowance import Allowance

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_PUBLIC_V6 = ipaddress.ip_network(
    "2000::/3"
)  # all that IANA gives out; what stands for IPv4 elsewhere is no address of a host
_ISATAP = frozenset(
    {0x00005EFE, 0x02005EFE}
)  # the third quarter of an address whose last one is an IPv4 address (RFC 5214)
# Cloud metadata services that stand at addresses which look public, or that no allowance should open.
_METADATA = frozenset(
    ipaddress.ip_address(text)
    for text in ("168.63.129.16", "100.100.100.200", "169.254.169.254", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254")
)


def kind_of_forbidden(text: str, *, allowed: bool) -> str | None:
    """What makes an address one not to connect to (``a loopback address`` …); null if it is public.

    ``allowed`` opens what stands on this machine or in a private network, and nothing else.
    """
    try:
        address = _embedded(ipaddress.ip_address(text.partition("%")[0]))
    except ValueError:
        return "something that is no address"
    if address in _METADATA:
        return "a metadata service's address"
    if address.is_link_local:
        return "a link-local address"
    if address.is_unspecified or address.is_multicast:
        return "an address of no host"
    if address.is_loopback:
        return None if allowed else "a loopback address"
    if not address.is_global or (isinstance(address, ipaddress.IPv6Address) and address not in _PUBLIC_V6):
        return None if allowed and address.is_private else "a private address"
    return None


@implementer(IHostnameResolver)
class GuardedResolver(CachingHostnameResolver):
    """Scrapy's caching resolver (IPv4 and IPv6), from whose answers, cached ones too, the forbidden are taken out."""

    def __init__(self, reactor: Any, cache_size: int, allowed: Sequence[str] = ()) -> None:
        super().__init__(reactor, cache_size)
        self._allowance = Allowance.of(allowed)
        self._proxies = frozenset(_proxies())
        self.refused: dict[str, str] = {}  # name -> what it resolved to

    @classmethod
    def from_crawler(cls, crawler: Any, reactor: Any) -> Self:
        """Scrapy's way to build it; ``crawler`` is the process."""
        return cls(reactor, crawler.settings.getint("DNSCACHE_SIZE"), crawler.settings.getlist("XXGK_ALLOW"))

    def resolveHostName(  # noqa: N802 - Twisted's name
        self,
        resolutionReceiver: IResolutionReceiver,  # noqa: N803 - Twisted's name
        hostName: str,  # noqa: N803 - Twisted's name
        portNumber: int = 0,  # noqa: N803 - Twisted's name
        addressTypes: Sequence[type[IAddress]] | None = None,  # noqa: N803 - Twisted's name
        transportSemantics: str = "TCP",  # noqa: N803 - Twisted's name
    ) -> IHostResolution:
        """Resolve a name for a connection to it."""
        receiver: Any = resolutionReceiver
        ports = {port for host, port in self._proxies if host == hostName}
        if not ports or portNumber not in {
            0,
            *ports,
        }:  # a proxy may stand anywhere: the user named it; 0 opens a tunnel
            allowed = self._allowance.permits(hostName.lower(), portNumber or None)
            receiver = _Sieve(resolutionReceiver, hostName, self.refused, allowed=allowed)
        return super().resolveHostName(receiver, hostName, portNumber, addressTypes, transportSemantics)


def installed_resolver() -> GuardedResolver | None:
    """The resolver the reactor uses, if it is ours."""
    from twisted.internet import reactor  # noqa: PLC0415 - importing it earlier would install another reactor

    found = getattr(reactor, "nameResolver", None)
    return found if isinstance(found, GuardedResolver) else None


@implementer(IResolutionReceiver)
class _Sieve:
    """Hands on the addresses that may be connected to."""

    def __init__(self, receiver: Any, name: str, refused: dict[str, str], *, allowed: bool) -> None:
        self._receiver = receiver
        self._name = name
        self._refused = refused
        self._allowed = allowed

    def resolutionBegan(self, resolution: IHostResolution) -> None:  # noqa: N802 - Twisted's name
        self._receiver.resolutionBegan(resolution)

    def addressResolved(self, address: Any) -> None:  # noqa: N802 - Twisted's name
        kind = kind_of_forbidden(address.host, allowed=self._allowed)
        if kind is None:
            self._receiver.addressResolved(address)
        else:
            self._refused[self._name] = f"{kind} ({address.host})"

    def resolutionComplete(self) -> None:  # noqa: N802 - Twisted's name
        self._receiver.resolutionComplete()


def _embedded(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for, where it does."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if int(address) >> 32 & 0xFFFFFFFF in _ISATAP:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo[1] if address.teredo is not None else None
    return address.ipv4_mapped or address.sixtofour or teredo or address


def _proxies() -> list[tuple[str, int]]:
    """Host and port of each proxy the environment names."""
    written = [
        url if "//" in url else f"//{url}" for scheme, url in getproxies().items() if scheme in {"http", "https"}
    ]
    parts = [urlsplit(url) for url in written]
    return [(part.hostname, part.port or (443 if part.scheme == "https" else 80)) for part in parts if part.hostname]
