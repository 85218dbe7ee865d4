"""How far the answers of an endpoint have come: what a list said it has, what came, and whether it still moves on."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from spiders.families.asks import Ask

_FACTS = ("size", "seen", "first", "total")


@dataclass(frozen=True)
class Tally:
    """One answer among those of its list. Counts are rows as the endpoint sends them, links or not."""

    number: int
    size: int  # rows of the first answer, by which the number of pages is reckoned
    seen: int  # rows of the answers before this one
    count: int  # rows of this one
    first: str  # what this one begins with
    before: str  # what the one before began with
    total: int | None  # rows the list says it has

    @property
    def pages(self) -> int | None:
        """How many answers the list has, where it says how many rows."""
        return -(-self.total // self.size) if self.total is not None and self.size else None

    @property
    def repeats(self) -> bool:
        """Whether this answer is the one before again: the endpoint does not heed what it is asked."""
        return self.count > 0 and self.first == self.before

    @property
    def ended(self) -> bool:
        """Whether nothing is left to ask for."""
        return self.count == 0 or self.repeats or (self.total is not None and self.seen + self.count >= self.total)

    @property
    def shortfall(self) -> str | None:
        """Why rows are missing that the list says it has."""
        if self.total is None or self.seen >= self.total:
            return None
        if self.repeats:
            return f"the same rows come again after {self.seen} of {self.total}"
        if self.number == 1 and self.count == 0:
            return f"none of {self.total} rows came"
        if self.count == 0:
            return f"no more rows came after {self.seen} of {self.total}"
        return None

    def onward(self, ask: Ask, url: str | None = None) -> Ask:
        """The next question, with what the tally of its answer needs."""
        kept = tuple(fact for fact in ask.facts if fact[0] not in _FACTS)
        facts = (("size", str(self.size)), ("seen", str(self.seen + self.count)), ("first", self.first))
        said = (("total", str(self.total)),) if self.total is not None else ()
        return ask.onward(url=url or ask.url, facts=(*kept, *facts, *said))


def tally(ask: Ask, parts: Sequence[str], total: int | None) -> Tally:
    """The tally of an answer whose rows are ``parts``; a total below one answer's rows is none."""
    said = total if total is not None else _whole(ask.fact("total"))
    size = _whole(ask.fact("size")) or len(parts)
    first = hashlib.sha256(parts[0].encode("utf-8", "replace")).hexdigest()[:16] if parts else ""
    return Tally(
        number=ask.number,
        size=size,
        seen=_whole(ask.fact("seen")) or 0,
        count=len(parts),
        first=first,
        before=ask.fact("first"),
        total=said if said is not None and said >= size else None,
    )


def _whole(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 10 else None
