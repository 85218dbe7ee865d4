"""Lines: a panel and its numbers as programs read them, on the command line and over the API alike."""

from __future__ import annotations

from typing import Any

from archive.divisions import Book
from archive.panels.drawing import Drawn, Row
from archive.panels.measures import LeftOut
from archive.panels.panels import Language, Panel

COLUMNS = (
    "panel", "series", "label", "year", "division", "division_name", "kind", "of", "level", "first_year", "last_year",
    "value", "unit", "numerator", "denominator", "mean", "reports", "identities_failing", "identities_unjudged",
)  # fmt: skip
LEFT_OUT = tuple(f"left_out_{reason}" for reason in LeftOut)  # the further columns of a table


def panel_line(panel: Panel, language: Language) -> dict[str, Any]:
    """What a panel is."""
    return {
        "panel": panel.name,
        "title": panel.title[language],
        "unit": panel.unit[language],
        "measure": panel.measure,
        "first_year": panel.first_year,
        "last_year": panel.last_year,
        "formula": panel.formula[language],
        "source": panel.source[language],
        "series": [{"series": one.name, "label": one.label[language]} for one in panel.series],
    }


def facts_of(drawn: Drawn, row: Row, language: Language, book: Book) -> dict[str, Any]:
    """What stands in a line of JSON and in a row of a table alike, under :data:`COLUMNS`."""
    group = row.group
    return {
        "panel": drawn.panel.name,
        "series": row.series.name,
        "label": row.series.label[language],
        "year": group.year,
        "division": group.division or None,
        "division_name": None if group.division is None else _place(group.division, book),
        "kind": group.kind,
        "of": drawn.of,
        "level": drawn.level,
        "first_year": min(drawn.years, default=None),
        "last_year": max(drawn.years, default=None),
        "value": row.value,
        "unit": drawn.panel.unit[language],
        "numerator": row.numerator,
        "denominator": row.denominator,
        "mean": row.mean,
        "reports": row.reports,
        "identities_failing": row.failing,
        "identities_unjudged": row.unjudged,
    }


def line_of(drawn: Drawn, row: Row, language: Language, book: Book) -> dict[str, Any]:
    """A number of a panel; ``left_out`` counts by reason the reports it does not rest on."""
    return {**facts_of(drawn, row, language, book), "left_out": row.left_out}


def left_out_of(row: Row) -> dict[str, int]:
    """The reports a number does not rest on, under :data:`LEFT_OUT`."""
    return {f"left_out_{reason}": row.left_out.get(reason, 0) for reason in LeftOut}


def name_of(code: str, book: Book) -> str:
    """A division's own name, without those above it."""
    division = book.get(code) if code else None
    return "division unknown" if division is None else division.name


def _place(code: str, book: Book) -> str:
    return book.label(code) or code or "division unknown"
