"""How reading a portal, a column or a page ended, and the exceptions by which the crawler refuses a fetch."""

from __future__ import annotations

from typing import ClassVar

from scrapy.exceptions import IgnoreRequest

OK = "ok"
INCOMPLETE = "incomplete"
UNREACHABLE = "unreachable"
DISALLOWED = "disallowed"
_BLOCKED = "blocked:"


def blocked(system: str) -> str:
    """The outcome of a page that a protection system kept back (``blocked:wzws``)."""
    return f"{_BLOCKED}{system}"


def is_blocked(outcome: str) -> bool:
    """Whether an outcome names a protection system."""
    return outcome.startswith(_BLOCKED)


class FetchRefused(IgnoreRequest):
    """A fetch that was not made, or whose answer must not be read; ``outcome`` is the vocabulary above.

    Raised by the crawler's middlewares; the spider's errback reads ``outcome`` and ``detail``.
    """

    default_outcome: ClassVar[str] = UNREACHABLE

    def __init__(self, detail: str, *, outcome: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.outcome = self.default_outcome if outcome is None else outcome


class Blocked(FetchRefused):
    """A challenge page came instead of the document; it is recorded and never solved."""

    def __init__(self, system: str, detail: str | None = None) -> None:
        super().__init__(detail or f"{system} answered with a challenge", outcome=blocked(system))
        self.system = system


class Disallowed(FetchRefused):
    """robots.txt forbids the address."""

    default_outcome = DISALLOWED


class AddressRefused(FetchRefused):
    """The guard forbids the address: another scheme, a host that is no government's, a private network."""

    default_outcome = DISALLOWED


class Postponed(FetchRefused):
    """The host asked to be left alone for now (5xx or a challenge as robots.txt, Retry-After)."""

    default_outcome = UNREACHABLE
