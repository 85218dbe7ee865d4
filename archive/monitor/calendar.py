"""The calendar of a campaign: on which day how many reports on a year arrived, from the New Year after it on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from archive.days import day_of
from archive.monitor.standings import Standing

_REFUTED = frozenset({"date.reset", "date.contradicted"})


@dataclass(frozen=True)
class Day:
    """The reports that arrived on a day: ``stated`` are those whose page or list says it, ``seen`` those first seen then.

    ``so_far`` are all that had arrived at its end, those before the first day included.
    """

    day: date
    stated: int
    seen: int
    so_far: int

    @property
    def reports(self) -> int:
        """How many arrived."""
        return self.stated + self.seen


@dataclass(frozen=True)
class Calendar:
    """The days from the first of January on, and how many reports arrived before the first and after the last."""

    days: tuple[Day, ...]
    before: int
    after: int

    @property
    def most(self) -> int:
        """The reports of the day with most of them."""
        return max((day.reports for day in self.days), default=0)


def calendar(standings: Iterable[Standing], year: int, until: date) -> Calendar:
    """The calendar of a report year from 1 January after it to 30 April, or to ``until`` where that is earlier.

    A report arrives on the day it states, unless it was seen before that day, or its column did not have it then; one
    without such a day arrives when it is first seen.
    """
    first, last = date(year + 1, 1, 1), min(until, date(year + 1, 4, 30))
    stated: Counter[date] = Counter()
    seen: Counter[date] = Counter()
    for one in standings:
        if one.first_seen_at is None:
            continue
        said = one.published_on
        if said is not None and _REFUTED.isdisjoint(finding.rule for finding in one.findings):
            stated[said] += 1
        else:
            seen[day_of(one.first_seen_at)] += 1
    arrived = stated + seen
    before = sum(count for day, count in arrived.items() if day < first)
    days, so_far = [], before
    for day in (first + timedelta(days=each) for each in range((last - first).days + 1)):
        so_far += arrived[day]
        days.append(Day(day, stated[day], seen[day], so_far))
    return Calendar(tuple(days), before, arrived.total() - so_far)
