"""Totals: how the divisions and the classes of publishers stand, counted from the standings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from archive.divisions import Book
from archive.standings import Standing, Status

Level = Literal["province", "prefecture", "county"]
_JUDGED = (Status.ON_TIME, Status.LATE, Status.MISSING, Status.WITHDRAWN)
NOWHERE = ""  # publishers whose division is not known


@dataclass(frozen=True)
class Total:
    """How many publishers stand how. ``key`` is a division's code or a class, ``label`` its name.

    ``on_time_rate`` is the share of those on time among those judged (on time, late, missing, withdrawn), 0 to 1; null
    where nobody was: who is not due, unchecked or blocked says nothing of it.
    """

    key: str
    label: str
    publishers: int
    counts: dict[Status, int]
    on_time_rate: float | None


def total(standings: Iterable[Standing]) -> Total:
    """All of them in one."""
    return _total("", "all", Counter(standing.status for standing in standings))


def by_division(standings: Iterable[Standing], book: Book, level: Level) -> list[Total]:
    """By province, prefecture or county; one administered from further above stands under what is above it."""
    counts: dict[str, Counter[Status]] = {}
    places: dict[str, str] = {}
    for standing in standings:
        if standing.scope not in places:
            places[standing.scope] = _at(standing.scope, book, level)
        counts.setdefault(places[standing.scope], Counter())[standing.status] += 1
    return [_total(code, book.label(code) or "division unknown", counts[code]) for code in sorted(counts)]


def by_class(standings: Iterable[Standing]) -> list[Total]:
    """By the class of the publisher."""
    counts: dict[str, Counter[Status]] = {}
    for standing in standings:
        counts.setdefault(standing.kind, Counter())[standing.status] += 1
    return [_total(kind, kind.replace("_", " "), counts[kind]) for kind in sorted(counts)]


def level_below(division: str | None, book: Book) -> Level:
    """The level at which a division is best looked at: its provinces, its prefectures, its counties."""
    found = book.get(division) if division is not None else None
    if found is None:
        return "province"
    return "prefecture" if found.level == "province" else "county"


def _at(scope: str, book: Book, level: Level) -> str:
    path = book.path(scope) if scope.isdecimal() else ()
    best = NOWHERE
    for division in path:
        best = division.code
        if division.level == level:
            break
    return best


def _total(key: str, label: str, counts: Counter[Status]) -> Total:
    judged = sum(counts[status] for status in _JUDGED)
    rate = counts[Status.ON_TIME] / judged if judged else None
    return Total(key, label, counts.total(), {status: counts[status] for status in Status if counts[status]}, rate)
