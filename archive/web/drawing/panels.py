"""Charts of panels: lines over years, or bars, as places in a picture; the template only sets them down.

Nothing is told by colour alone: lines differ by mark and stroke, bars stand in fields of their own, and every number stands
in the table beneath. A year without a number is a gap.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from archive.panels.drawing import Drawn, Row
from archive.panels.groups import By, Group
from archive.panels.panels import Language, Series
from archive.web.drawing.scales import Scale, scale
from archive.web.templating import number, share
from parser.record import Number

MOST_LINES = 8  # in one field: more cannot be told apart
MOST_FIELDS = 40
MOST_BARS = 240
LARGE, SMALL = (360.0, 230.0), (220.0, 150.0)  # width and height of a field
_LEFT, _RIGHT, _TOP, _BOTTOM = 52.0, 20.0, 12.0, 36.0
_TEXT = 17.0  # of a line of text
_BAR = 12.0
_NAMED = 300.0  # how far bars go
_YEAR = 34.0  # how much room the name of a year takes

Words = Callable[[str], str]


class TooMuch(Exception):
    """It does not fit one chart."""


@dataclass(frozen=True)
class Mark:
    """A place on an axis, and what stands there."""

    at: float
    label: str
    below: str = ""


@dataclass(frozen=True)
class Point:
    """A number in the picture; ``said`` names it in words."""

    x: float
    y: float
    said: str


@dataclass(frozen=True)
class Line:
    """A series: its strokes, each of the points in one run of years, and its points. ``style`` tells it from the others."""

    style: int
    strokes: tuple[str, ...]
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Bar:
    """A bar of ``width``, below what it is called; ``said`` is its number."""

    y: float
    name: str
    width: float
    said: str


@dataclass(frozen=True)
class Field:
    """One picture of a chart: lines between two axes, or bars."""

    title: str
    width: float
    height: float
    lines: tuple[Line, ...] = ()
    bars: tuple[Bar, ...] = ()
    across: tuple[Mark, ...] = ()
    up: tuple[Mark, ...] = ()
    left: float = _LEFT
    right: float = _RIGHT

    @property
    def floor(self) -> float:
        """Where 0 lies."""
        return self.height - _BOTTOM


@dataclass(frozen=True)
class Chart:
    """The pictures of a panel. ``legend`` names the styles of the lines where there are several."""

    kind: Literal["lines", "bars"]
    fields: tuple[Field, ...]
    legend: tuple[tuple[int, str], ...]


def chart(drawn: Drawn, language: Language, place: Words, kind: Words) -> Chart | None:
    """A panel as pictures, null where there is nothing to draw; ``place`` and ``kind`` name divisions and classes.

    Raises :class:`TooMuch`.
    """
    if not any(row.value is not None for row in drawn.rows):
        return None
    return _Drawing(drawn, language, place, kind).chart()


class _Drawing:
    def __init__(self, drawn: Drawn, language: Language, place: Words, kind: Words) -> None:
        self._drawn = drawn
        self._language = language
        self._place = place
        self._kind = kind
        self._rows = {(row.group, row.series.name): row for row in drawn.rows}
        self._groups = list(dict.fromkeys(row.group for row in drawn.rows))
        self._years = sorted({group.year for group in self._groups if group.year is not None})
        self._share = drawn.panel.is_share

    def chart(self) -> Chart:
        by, series = self._drawn.asked.by, self._drawn.panel.series
        if By.YEAR not in by:
            return self._bars()
        places = list(dict.fromkeys(group._replace(year=None) for group in self._groups))
        if len(places) == 1:
            if len(series) <= MOST_LINES:
                whole = self._field(places[0], series, self._called(places[0]), LARGE, self._scale(series))
                return Chart("lines", (whole,), self._legend(series))
            self._check(len(series))
            one = self._scale(series)
            fields = [self._field(places[0], (each,), each.label[self._language], SMALL, one) for each in series]
            return Chart("lines", tuple(fields), ())
        if len(series) > MOST_LINES:
            raise TooMuch
        self._check(len(places))
        one = self._scale(series)
        fields = [self._field(group, series, self._called(group), SMALL, one) for group in places]
        return Chart("lines", tuple(fields), self._legend(series))

    def _check(self, fields: int) -> None:
        if fields > MOST_FIELDS:
            raise TooMuch

    def _legend(self, series: Sequence[Series]) -> tuple[tuple[int, str], ...]:
        if len(series) == 1:
            return ()
        return tuple((at, each.label[self._language]) for at, each in enumerate(series))

    def _scale(self, series: Sequence[Series]) -> Scale:
        """One for all fields, since they are to be compared."""
        names = {each.name for each in series}
        values = [float(row.value) for row in self._drawn.rows if row.series.name in names and row.value is not None]
        return scale(max(values, default=0.0), whole=not self._share)

    def _field(
        self, group: Group, series: Sequence[Series], title: str, size: tuple[float, float], one: Scale
    ) -> Field:
        width, height = size
        room, tall = width - _LEFT - _RIGHT, height - _TOP - _BOTTOM
        gap = room / max(1, len(self._years) - 1)

        def across(at: int) -> float:
            return round(_LEFT + (gap * at if len(self._years) > 1 else room / 2), 1)

        def up(value: float) -> float:
            return round(_TOP + tall * (1 - one.share(value)), 1)

        lines = []
        for style, each in enumerate(series):
            strokes: list[list[str]] = [[]]
            points = []
            for at, year in enumerate(self._years):
                row = self._rows.get((group._replace(year=year), each.name))
                if row is None or row.value is None:
                    strokes.append([])
                    continue
                x, y = across(at), up(float(row.value))
                strokes[-1].append(f"{x},{y}")
                points.append(Point(x, y, f"{each.label[self._language]} {year}: {self._said(row)}"))
            runs = tuple(" ".join(run) for run in strokes if len(run) > 1)
            lines.append(Line(style if len(series) > 1 else 0, runs, tuple(points)))
        step = max(1, -int(-_YEAR * len(self._years) // room))
        counted = len(self._drawn.asked.by) == 1 and self._drawn.panel.together and size == LARGE
        marks = [
            Mark(
                across(at),
                str(year) if at % step == 0 else "",
                self._count(group._replace(year=year)) if counted and at % step == 0 else "",
            )
            for at, year in enumerate(self._years)
        ]
        ups = [Mark(up(value), self._number(value)) for value in one.marks()]
        return Field(title, width, height, tuple(lines), across=tuple(marks), up=tuple(ups))

    def _count(self, group: Group) -> str:
        row = self._rows.get((group, self._drawn.panel.series[0].name))
        return "" if row is None else f"n={row.reports:,}"

    def _bars(self) -> Chart:
        series = self._drawn.panel.series
        if len(self._groups) * len(series) > MOST_BARS:
            raise TooMuch
        together = self._scale(series) if self._share else None
        fields = []
        for each in series:
            one = together or self._scale((each,))
            bars = []
            for at, group in enumerate(self._groups):
                row = self._rows[group, each.name]
                length = 0.0 if row.value is None else round(_NAMED * one.share(float(row.value)), 1)
                bars.append(Bar(at * (_TEXT + _BAR + 8), self._called(group), length, self._said(row)))
            height = len(self._groups) * (_TEXT + _BAR + 8)
            fields.append(Field(each.label[self._language], LARGE[0], height, bars=tuple(bars)))
        return Chart("bars", tuple(fields), ())

    def _called(self, group: Group) -> str:
        named = (
            None if group.division is None else self._place(group.division),
            None if group.kind is None else self._kind(group.kind),
        )
        return " · ".join(each for each in named if each is not None)

    def _said(self, row: Row) -> str:
        return f"{self._number(row.value)} (n={row.reports:,})"

    def _number(self, value: Number | float | None) -> str:
        if value is None:
            return "–"
        if self._share:
            return share(float(value))
        return number(int(value) if float(value).is_integer() else value)
