"""The statutory forms as data: rows, columns, label variants and units of 2008, 2014, 2019 and 2021.

Each ``.toml`` beside this module is one table, with the row and column names of the record; a domain expert reviews
those files, this module only turns them into typed values.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

from parser.labels import core

CURRENT = ("2019", "2021")  # the forms with 表二, 表三 and 表四


@dataclass(frozen=True)
class Column:
    """A column of a form. ``labels`` by template (key ``*`` for all); ``units`` likewise."""

    name: str
    labels: dict[str, tuple[str, ...]]
    units: dict[str, str]
    signed: bool = False
    decimal: bool = False

    def unit(self, template: str) -> str | None:
        """The unit the form prescribes."""
        return self.units.get(template, self.units.get("*"))

    def matches(self, text: str, template: str) -> bool:
        """Whether a header cell (its core) is this column's label."""
        return text in self.labels.get(template, ()) or text in self.labels.get("*", ())


@dataclass(frozen=True)
class Row:
    """A row of a form. ``group`` is the label of the level above, ``under`` the row that must stand above it."""

    name: str
    labels: tuple[str, ...]
    templates: tuple[str, ...] = CURRENT
    group: str | None = None
    under: str | None = None
    outcome: bool = False
    unit: str | None = None


@dataclass(frozen=True)
class Block:
    """A block of 表二 (条例第二十条第…项): its columns in order and the rows below them."""

    template: str
    item: str
    columns: tuple[str, ...]
    rows: tuple[str, ...]


@dataclass(frozen=True)
class Form:
    """One statutory table over all its templates."""

    table: str
    rows: tuple[Row, ...]
    columns: tuple[Column, ...]
    blocks: tuple[Block, ...] = ()
    extra: dict[str, str] = field(default_factory=dict)
    groups: frozenset[str] = frozenset()
    header: frozenset[str] = frozenset()
    sums: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def row_names(self) -> tuple[str, ...]:
        """The rows' names in the form's order."""
        return tuple(row.name for row in self.rows)

    def rows_of(self, template: str) -> tuple[Row, ...]:
        """The rows one template prints, in order."""
        return tuple(row for row in self.rows if template in row.templates)

    def row(self, name: str) -> Row:
        """The row of a name; KeyError where there is none."""
        return self._rows_by_name[name]

    def column(self, name: str) -> Column:
        """The column of a name; KeyError where there is none."""
        return self._columns_by_name[name]

    @cached_property
    def _rows_by_name(self) -> dict[str, Row]:
        return {row.name: row for row in self.rows}

    @cached_property
    def _columns_by_name(self) -> dict[str, Column]:
        return {column.name: column for column in self.columns}


@cache
def form(table: str) -> Form:
    """The form of a table: ``disclosure``, ``requests``, ``review``, ``statistics_2014`` or ``statistics_2008``."""
    data = tomllib.loads(files("parser.forms").joinpath(f"{table}.toml").read_text(encoding="utf-8"))
    unit = data.get("unit")
    return Form(
        table=data["table"],
        rows=tuple(_row(entry) for entry in data["rows"]),
        columns=tuple(_column(entry, unit) for entry in data.get("columns", ())),
        blocks=tuple(
            Block(entry["template"], entry["item"], tuple(entry["columns"]), tuple(entry["rows"]))
            for entry in data.get("blocks", ())
        ),
        extra=data.get("extra", {}),
        groups=frozenset(
            core(label) for entry in ("groups", "headings") for labels in _lists(data.get(entry)) for label in labels
        ),
        header=frozenset(core(word) for word in _words(data.get("header", ()))),
        sums=tuple((total, tuple(parts)) for total, parts in data.get("sums", {}).items()),
    )


def _row(entry: dict[str, Any]) -> Row:
    return Row(
        name=entry["name"],
        labels=tuple(dict.fromkeys(core(label) for label in entry["labels"])),
        templates=tuple(entry.get("templates", CURRENT)),
        group=entry.get("group"),
        under=entry.get("under"),
        outcome=entry.get("outcome", False),
        unit=entry.get("unit"),
    )


def _column(entry: dict[str, Any], unit: str | None) -> Column:
    labels = entry["labels"]
    by_template = labels if isinstance(labels, dict) else {"*": labels}
    units = dict(entry.get("units", {}))
    own = entry.get("unit", unit)
    if own is not None:
        units["*"] = own
    return Column(
        name=entry["name"],
        labels={key: tuple(core(label) for label in texts) for key, texts in by_template.items()},
        units=units,
        signed=entry.get("signed", False),
        decimal=entry.get("decimal", False),
    )


def _lists(value: dict[str, Any] | None) -> list[list[str]]:
    return [texts for texts in (value or {}).values() if isinstance(texts, list)]


def _words(value: dict[str, Any] | list[str] | tuple[str, ...]) -> list[str]:
    return list(value["words"]) if isinstance(value, dict) else list(value)
