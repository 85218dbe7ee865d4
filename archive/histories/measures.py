"""Measures: a few figures of a publisher over its years, joined across the forms; ``measures.toml`` names them.

A year without a number has none here: a blank, a dash and words stay what they are, and nothing is put between two years.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

import simplejson

from archive.comparing.equivalents import FORMS, Relation, equivalents
from archive.comparing.figures import Printed
from parser.record import Figure, Number, Record

NEWEST = FORMS[-1]


class Said(StrEnum):
    """What a report says for a measure: as the states of a cell, and two reasons more why there is no number."""

    NUMBER = "number"
    BLANK = "blank"
    DASH = "dash"
    TEXT = "text"
    ABSENT = "absent"  # its form has the cell, and it could not be read there
    ELSEWHERE = "elsewhere"  # its form has no such cell


@dataclass(frozen=True)
class Measure:
    """A measure: its names, and its cells on the newest form."""

    name: str
    zh: str
    en: str
    cells: tuple[str, ...]
    forms: tuple[str, ...]


@dataclass(frozen=True)
class Point:
    """What the report on a year says for a measure.

    ``keys`` are the cells on its own form; ``relation`` is what they are to those of the newest (near: not quite the same,
    ``because`` says why). ``text`` is as printed, and ``value`` is null unless ``said`` is a number.
    """

    year: int
    report_id: int
    said: Said
    value: Number | None = None
    unit: str | None = None
    text: str | None = None
    keys: tuple[str, ...] = ()
    relation: Relation = Relation.SAME
    because: str | None = None

    def to_data(self) -> dict[str, Any]:
        """Plain values, as JSON has them."""
        return {
            "report_year": self.year,
            "report": self.report_id,
            "said": self.said.value,
            "value": self.value,
            "unit": self.unit,
            "text": self.text,
            "keys": list(self.keys),
            "relation": self.relation.value if self.keys else None,
            "because": self.because,
        }


@dataclass(frozen=True)
class Series:
    """A measure over the years of a publisher, a point for each report."""

    measure: Measure
    points: tuple[Point, ...]

    @property
    def told(self) -> bool:
        """Whether any report has a number for it."""
        return any(point.value is not None for point in self.points)


@cache
def measures() -> tuple[Measure, ...]:
    """The table."""
    data = tomllib.loads(files("archive.histories").joinpath("measures.toml").read_text(encoding="utf-8"))
    return tuple(
        Measure(one["name"], one["zh"], one["en"], tuple(one["cells"]), tuple(one.get("forms", FORMS)))
        for one in data["measures"]
    )


def series(read: Sequence[tuple[int, int, Printed]]) -> tuple[Series, ...]:
    """Every measure over reports, of each its year, its number and what it prints."""
    return tuple(
        Series(measure, tuple(_point(measure, year, number, of) for year, number, of in read)) for measure in measures()
    )


def printed(line: str) -> Printed:
    """What a record prints of the measures; nothing where its line is damaged, which ``xxgk verify`` tells.

    The other parts of the record are not looked at: a page shows twenty years of them.
    """
    try:
        data = simplejson.loads(line, use_decimal=True) if line else {}
        figures: Mapping[str, Any] = data.get("figures", {})
        kept = {key: Figure.model_validate(figures[key]) for key in _keys() if key in figures}
        known = {"template": data.get("template"), "tables": data.get("tables", {})}
        return Printed(Record.model_validate({**known, "figures": kept}))
    except (ValueError, TypeError, AttributeError):
        return Printed(Record())


@cache
def on_form(measure: Measure, template: str) -> tuple[tuple[str, ...], Relation, str | None]:
    """The cells of a measure on a form, what they are to those of the newest, and why; no cells where it has none."""
    nothing: tuple[tuple[str, ...], Relation, str | None] = (), Relation.ONLY, None
    if template not in measure.forms:
        return nothing
    keys: list[str] = []
    relation, because = Relation.SAME, None
    for cell in measure.cells:
        found = equivalents(NEWEST, template).get(cell)
        if found is None or not found.theirs or not set(found.own) <= set(measure.cells):
            return nothing
        keys += [key for key in found.theirs if key not in keys]
        if found.relation is not Relation.SAME:
            relation, because = found.relation, found.reason
    return tuple(keys), relation, because


def _point(measure: Measure, year: int, number: int, report: Printed) -> Point:
    for template in _forms(measure, report):
        keys, relation, because = on_form(measure, template)
        if keys and any(key in report.figures for key in keys):
            return _read(keys, relation, because, Point(year, number, Said.ABSENT), report)
    told = any(on_form(measure, template)[0] for template in _forms(measure, report))
    return Point(year, number, Said.ABSENT if told or not report.forms else Said.ELSEWHERE)


def _forms(measure: Measure, report: Printed) -> Sequence[str]:
    """The forms on which a report may print a measure: that of the table it stands in, else all that the report has."""
    own = report.form_of(measure.cells[0])
    return [own] if own is not None else report.forms or FORMS[::-1]


def _read(keys: tuple[str, ...], relation: Relation, because: str | None, empty: Point, report: Printed) -> Point:
    figure = report.sum_of(keys)
    said, value = _said([report.figures.get(key) for key in keys], figure)
    text, unit = (figure.text, figure.unit) if figure is not None else (None, None)
    return Point(empty.year, empty.report_id, said, value, unit, text, keys, relation, because)


def _said(cells: Sequence[Figure | None], together: Figure | None) -> tuple[Said, Number | None]:
    """A number, or the reason of the first cell that has none."""
    if together is not None and together.value is not None:
        return Said.NUMBER, together.value
    for cell in cells:
        if cell is None:
            return Said.ABSENT, None
        if cell.value is None:
            return Said(cell.state.value), None
    return Said.TEXT, None  # numbers of different units


@cache
def _keys() -> frozenset[str]:
    return frozenset(key for measure in measures() for form in FORMS for key in on_form(measure, form)[0])
