"""The Chinese labels of a figure's table, row and column, as the form prints them, and the order of the forms."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from parser.forms import form

TABLES = ("disclosure", "requests", "review", "statistics_2014", "statistics_2008")
OWN_FORM = {"statistics_2014": "2014", "statistics_2008": "2008"}  # tables that one form alone has
_ADDED = ("disclosure", "published", "total")  # the row some provinces add below 表二


@dataclass(frozen=True)
class Label:
    """What stands before and above a figure; the column is empty where a table has one of values only."""

    table: str
    row: str
    column: str

    def __str__(self) -> str:
        return f"{self.row} · {self.column}" if self.column else self.row


@cache
def label(key: str, template: str | None = None) -> Label:
    """The labels of a figure on a form, on the newest one that has it where none is named; the key's own words if unknown."""
    table, row, column = _parts(key)
    if table in OWN_FORM:
        return Label(_printed()["tables"][table], _statistic(table, row), "")
    words = _printed().get(table, {})
    return Label(
        _printed()["tables"].get(table, table),
        _of(words.get("rows", {}).get(row, row), template),
        _of(words.get("columns", {}).get(column, column), template),
    )


@cache
def keys_of(template: str) -> tuple[str, ...]:
    """Every key a form prints, in its order."""
    return tuple(key for key in order() if template in _forms_of(key))


@cache
def order() -> dict[str, int]:
    """Every key of every form, with its place among them."""
    keys: list[str] = []
    for table in TABLES:
        rows = [*form(table).row_names, *(["published"] if table == "disclosure" else [])]
        columns = [column.name for column in form(table).columns] or ["value"]
        columns += [] if "total" in columns or table in OWN_FORM else ["total"]
        keys += [f"{table}.{row}.{column}" for row in rows for column in columns]
    return {key: place for place, key in enumerate(key for key in keys if _forms_of(key))}


def _forms_of(key: str) -> tuple[str, ...]:
    """The forms that print a key."""
    table, row, column = _parts(key)
    if table in OWN_FORM:
        return (OWN_FORM[table],)
    if (table, row, column) == _ADDED:
        return ("2019", "2021")
    if table == "disclosure":
        return tuple(block.template for block in form(table).blocks if row in block.rows and column in block.columns)
    return form(table).row(row).templates


def _statistic(table: str, name: str) -> str:
    rows = {row.name: row for row in form(table).rows}
    if name not in rows:
        return name
    row = rows[name]
    above = rows.get(row.under) if row.under is not None else None
    return row.labels[0] if above is None else f"{above.labels[0]} · {row.labels[0]}"


def _of(words: str | dict[str, str], template: str | None) -> str:
    if isinstance(words, str):
        return words
    return words.get(template or "2021") or words["2021"]


def _parts(key: str) -> tuple[str, str, str]:
    table, row, column = (*key.split("."), "", "")[:3]
    return table, row, column


@cache
def _printed() -> dict[str, Any]:
    return tomllib.loads(files("archive.comparing").joinpath("labels.toml").read_text(encoding="utf-8"))
