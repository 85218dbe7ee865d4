"""The calendar of arrivals as bars, a day each, with the last days of the law."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from archive.monitor.calendar import Calendar

DAY, LEFT, TOP, PLOT, BOTTOM, RIGHT = 6, 52, 26, 150, 26, 6
_BAR = DAY - 1


@dataclass(frozen=True)
class Mark:
    """A place on an axis; ``value`` is what stands there."""

    at: float
    value: int


@dataclass(frozen=True)
class Line:
    """A last day: the line stands behind it."""

    at: float
    day: date


@dataclass(frozen=True)
class Bars:
    """A chart: ``stated`` and ``seen`` are paths, one upon the other; ``months`` and ``counts`` the marks of the axes."""

    width: int
    height: int
    base: int
    stated: str
    seen: str
    months: tuple[Mark, ...]
    counts: tuple[Mark, ...]
    lines: tuple[Line, ...]
    until: float | None


def bars(calendar: Calendar, year: int, until: date, last_days: Iterable[date]) -> Bars:
    """The chart from 1 January to 30 April after a report year; ``until`` is marked where it lies within."""
    first, end = date(year + 1, 1, 1), date(year + 1, 4, 30)
    top, base = _round(calendar.most), TOP + PLOT
    stated, seen = [], []
    for each in calendar.days:
        x = LEFT + (each.day - first).days * DAY
        lower, upper = (round(count / top * PLOT, 1) for count in (each.stated, each.reports))
        if each.stated:
            stated.append(f"M{x} {base}h{_BAR}v{-lower:g}h-{_BAR}z")
        if each.seen:
            seen.append(f"M{x} {base - lower:g}h{_BAR}v{lower - upper:g}h-{_BAR}z")
    width = LEFT + ((end - first).days + 1) * DAY + RIGHT

    def behind(day: date) -> float:
        return LEFT + ((day - first).days + 1) * DAY - 0.5

    return Bars(
        width,
        base + BOTTOM,
        base,
        "".join(stated),
        "".join(seen),
        tuple(Mark(LEFT + (date(year + 1, month, 1) - first).days * DAY, month) for month in range(1, 5)),
        tuple(Mark(base - PLOT * part / 2, top * part // 2) for part in range(3) if not top * part % 2),
        tuple(Line(behind(day), day) for day in sorted(set(last_days)) if first <= day <= end),
        behind(until) if first <= until < end else None,
    )


def _round(most: int) -> int:
    """The first of 1, 2, 4, 6, 8, 10, 20, … that is not less."""
    power = 1
    while most > 10 * power:
        power *= 10
    return next(step * power for step in (1, 2, 4, 6, 8, 10) if step * power >= most)
