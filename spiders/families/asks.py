"""Asks: what a list's own script would ask of an endpoint, since the page does not hold the rows itself."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any

_MARK = "xxgk-ask"


@dataclass(frozen=True)
class Ask:
    """A request for the rows of a list. ``family`` reads the answer, ``origin`` is the page that asks (its ``Referer``).

    ``facts`` are what the family needs to ask for the next page: names and values, in any order.
    """

    url: str
    family: str
    origin: str
    method: str = "GET"
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    number: int = 1
    facts: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> str:
        """What tells it from other asks: the address, and the body where that says what is asked."""
        if self.method == "GET":
            return self.url
        digest = hashlib.sha256(self.body).hexdigest()[:16]
        return f"{self.url}{'&' if '?' in self.url else '?'}{_MARK}={self.method}-{digest}"

    def fact(self, name: str, default: str = "") -> str:
        """A fact by its name."""
        return dict(self.facts).get(name, default)

    def onward(self, **changed: Any) -> Ask:
        """The ask for the next page."""
        return replace(self, number=self.number + 1, **changed)
