"""Totals: how the divisions and the classes of publishers stand, counted from the standings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from archive.divisions import Book
from archive.monitor.standings import Standing, Status

Level = Literal["province", "prefecture", "county"]
Tally = Mapping[str, Counter[Status]]  # by scope, how many publishers stand how
_JUDGED = (Status.ON_TIME, Status.LATE, Status.MISSING, Status.WITHDRAWN)
_RANKS = {"province": 0, "prefecture": 1, "county": 2, "township": 3}
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

    @property
    def judged(self) -> int:
        """How many were judged: what the rate is a share of."""
        return sum(self.counts.get(status, 0) for status in _JUDGED)


def total(standings: Iterable[Standing]) -> Total:
    """All of them in one."""
    return total_of("", "all", Counter(standing.status for standing in standings))


def tally(standings: Iterable[Standing]) -> Tally:
    """How many stand how in each scope: all that the totals of divisions need of a nation."""
    counts: dict[str, Counter[Status]] = {}
    for standing in standings:
        counts.setdefault(standing.scope, Counter())[standing.status] += 1
    return counts


def by_division(standings: Iterable[Standing], book: Book, level: Level) -> list[Total]:
    """By province, prefecture or county; the agencies of what lies above that level stand under it, as its own (本级)."""
    return of_divisions(tally(standings), book, level)


def of_divisions(scopes: Tally, book: Book, level: Level) -> list[Total]:
    """As :func:`by_division`, of what was counted before."""
    counts: dict[str, Counter[Status]] = {}
    for scope, counted in scopes.items():
        counts.setdefault(_at(scope, book, level), Counter()).update(counted)
    return [total_of(code, _label(code, book, level), counts[code]) for code in sorted(counts)]


def by_class(standings: Iterable[Standing]) -> list[Total]:
    """By the class of the publisher."""
    counts: dict[str, Counter[Status]] = {}
    for standing in standings:
        counts.setdefault(standing.kind, Counter())[standing.status] += 1
    return [total_of(kind, kind.replace("_", " "), counts[kind]) for kind in sorted(counts)]


def level_below(division: str | None, book: Book) -> Level:
    """The level at which a division is best looked at: its provinces, its prefectures, its counties."""
    found = book.get(division) if division is not None else None
    if found is None:
        return "province"
    return "prefecture" if found.level == "province" else "county"


def _label(code: str, book: Book, level: Level) -> str:
    """The names of a division; 本级 behind them where only its own agencies are meant, those below it apart."""
    division = book.get(code)
    if division is None:
        return "division unknown"
    return f"{book.label(code)}本级" if _RANKS[division.level] < _RANKS[level] else book.label(code)


def _at(scope: str, book: Book, level: Level) -> str:
    path = book.path(scope) if scope.isdecimal() else ()
    best = NOWHERE
    for division in path:
        best = division.code
        if division.level == level:
            break
    return best


def total_of(key: str, label: str, counts: Counter[Status]) -> Total:
    """Of what was counted."""
    judged = sum(counts[status] for status in _JUDGED)
    rate = counts[Status.ON_TIME] / judged if judged else None
    return Total(key, label, counts.total(), {status: counts[status] for status in Status if counts[status]}, rate)
