"""Hosts that were allowed by name, beside those under .gov.cn."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from crawler.errors import WrongUsage

# Letters, digits, hyphens and underscores between dots, or an IPv6 address; in lower case, without a last dot.
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?"
HOST_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*|[0-9a-f:.]*:[0-9a-f:.]*")


@dataclass(frozen=True)
class Allowance:
    """Hosts beside .gov.cn that somebody allowed by name, each with a port or (null) for all of its ports.

    To allow a host also opens it where it stands on this machine or in a private network: who names it knows it.
    """

    hosts: frozenset[tuple[str, int | None]] = frozenset()

    @classmethod
    def of(cls, entries: Iterable[str]) -> Self:
        """From entries written HOST or HOST:PORT. Raises :class:`WrongUsage`."""
        return cls(frozenset(_read_entry(entry) for entry in entries))

    def permits(self, host: str, port: int | None) -> bool:
        """Whether a host was allowed, at this port; a null port asks for any."""
        if port is None:
            return any(host == known for known, _ in self.hosts)
        return (host, port) in self.hosts or (host, None) in self.hosts


def _read_entry(entry: str) -> tuple[str, int | None]:
    try:
        parts = urlsplit(f"//{entry}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port = "", None
    if _holds_more(entry) or HOST_NAME.fullmatch(host) is None:
        raise WrongUsage(f"{entry!r} is no host to allow: write HOST or HOST:PORT, without http:// and without a path")
    return host, port


def _holds_more(entry: str) -> bool:
    """Whether an entry holds more than a host and a port."""
    return any(sign in entry for sign in "/@?#\\* \t\r\n")
