"""Small charts of a measure over the years: a dot for each number, a line between numbers of two years that follow each other.

Where a report has no number its sign stands on the axis, where there is no report nothing does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from archive.comparing.equivalents import Relation
from archive.histories.measures import Measure, Point, Said, Series
from parser.record import Number

WIDTH, HEIGHT = 300, 112
_LEFT, _RIGHT, _TOP, _BASE = 24, 24, 24, 88
_FEW = 8  # years of which each has its number beside it
_LONGEST = 10  # signs of a number in a chart
SIGNS = {Said.BLANK: "□", Said.DASH: "–", Said.TEXT: "※", Said.ABSENT: "?"}
_ALIKE = frozenset({Relation.SAME, Relation.SUM})


@dataclass(frozen=True)
class Dot:
    """A number: ``label`` is empty where there are too many to be written. ``near``: not quite the same as on the newest form."""

    x: float
    y: float
    label: str
    near: bool
    side: str  # on which side of the label the dot is, as SVG calls it


@dataclass(frozen=True)
class Sign:
    """A report without a number, or a year on the axis."""

    x: float
    text: str


@dataclass(frozen=True)
class Spark:
    """A chart; ``lines`` are pairs of places."""

    measure: Measure
    dots: tuple[Dot, ...]
    lines: tuple[tuple[float, float, float, float], ...]
    signs: tuple[Sign, ...]
    years: tuple[Sign, ...]
    base: float
    points: tuple[Point, ...]


def spark(series: Series, years: Sequence[int]) -> Spark:
    """The chart of a series on an axis of years, the earliest first."""
    across = {year: _across(place, len(years)) for place, year in enumerate(years)}
    numbers = [point for point in series.points if point.value is not None]
    least = min([0, *(point.value for point in numbers if point.value is not None)])
    most = max([0, *(point.value for point in numbers if point.value is not None)])

    def height(value: Number) -> float:
        span = Decimal(most) - Decimal(least)
        share = (Decimal(value) - Decimal(least)) / span if span else Decimal(0)
        return round(_BASE - float(share) * (_BASE - _TOP), 1)

    told = _told(numbers, many=len(years) > _FEW)
    dots = tuple(
        Dot(
            across[point.year],
            height(point.value),
            short(point.value) if point.year in told else "",
            point.relation not in _ALIKE,
            _side(across[point.year]),
        )
        for point in numbers
        if point.value is not None
    )
    lines = tuple(
        (across[one.year], height(one.value), across[other.year], height(other.value))
        for one, other in pairwise(series.points)
        if one.value is not None and other.value is not None and _follow(one, other)
    )
    signs = tuple(Sign(across[point.year], SIGNS[point.said]) for point in series.points if point.said in SIGNS)
    every = -(-len(years) // _FEW)  # so that no year stands upon another
    axis = tuple(Sign(across[year], f"{year}") for place, year in enumerate(reversed(years)) if place % every == 0)
    return Spark(series.measure, dots, lines, signs, axis, height(0), series.points)


def short(value: Number) -> str:
    """A number in few signs: 12,345, without its fraction where that makes it longer, and 1.2e+08 where it is longer yet."""
    plain = f"{value:,}" if abs(value) < 10**_LONGEST else ""
    if len(plain) > _LONGEST - 2 and isinstance(value, Decimal):
        plain = f"{value:,.0f}"
    return plain if plain and len(plain) <= _LONGEST else f"{Decimal(value):.1e}"


def _follow(one: Point, other: Point) -> bool:
    """Whether two numbers may be joined: of years that follow each other, of one meaning and one unit."""
    alike = one.keys == other.keys or {one.relation, other.relation} <= _ALIKE
    return other.year == one.year + 1 and alike and one.unit == other.unit


def _told(numbers: Sequence[Point], *, many: bool) -> frozenset[int]:
    """The years of which the number is written: of many the first, the last, the least and the most."""
    if not many:
        return frozenset(point.year for point in numbers)
    ranked = sorted(numbers, key=lambda point: point.value or 0)
    return frozenset(point.year for point in [*numbers[:1], *numbers[-1:], *ranked[:1], *ranked[-1:]])


def _side(x: float) -> str:
    """At the edges a label leans inwards."""
    if x <= _LEFT + 1:
        return "start"
    return "end" if x >= WIDTH - _RIGHT - 1 else "middle"


def _across(place: int, count: int) -> float:
    if count < 2:
        return WIDTH / 2
    return round(_LEFT + place * (WIDTH - _LEFT - _RIGHT) / (count - 1), 1)
