"""表四 政府信息公开行政复议、行政诉讼情况: five values under each of three groups, in one table or in two or three."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from parser.documents.document import Cell
from parser.forms import Form, form
from parser.record import Figure, Finding
from parser.tables.strips import (
    NOT_CERTAIN,
    Placement,
    Strip,
    adds_up,
    figure,
    is_value,
    place,
    unknown_label,
    unplaced,
)

TABLE = "review"


@cache
def _groups() -> Mapping[str, str]:
    return {label: row.name for row in form(TABLE).rows for label in row.labels}


@cache
def _columns() -> Mapping[str, str]:
    return {label: column.name for column in form(TABLE).columns for label in column.labels["*"]}


@dataclass
class ReviewTable:
    """One 表四 as it is met row by row."""

    figures: dict[str, Figure] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    header: list[Strip] = field(default_factory=list)
    named: list[str] = field(default_factory=list)  # the groups named since the last row of values
    by_row: bool = False  # the columns stand above, and each row is a group

    @property
    def form(self) -> Form:
        """The form of this table."""
        return form(TABLE)

    def offer(self, strip: Strip) -> bool:
        """Take a header row or a row of values; a group that is filled already is refused."""
        if is_header(strip):
            return self._offer_header(strip)
        if not self.header and not self.named:
            return False
        return self._offer_values(strip)

    def finish(self) -> tuple[dict[str, Figure], str | None, list[Finding]]:
        """The figures and what could not be read; the form of 表四 is the same in 2019 and 2021."""
        return self.figures, None, self.findings

    def _offer_header(self, strip: Strip) -> bool:
        groups = [_groups()[text] for text in strip.texts if text in _groups()]
        if self.figures and any(f"{TABLE}.{group}.total" in self.figures for group in groups):
            return False
        columns = any(text in _columns() for above in self.header for text in above.texts)
        labelled = (
            (columns or self.by_row) and strip.texts[0] in _groups() and len(strip.cells) > len(self.form.columns)
        )
        values = [cell for cell in strip.cells if is_value(cell.text)]
        if labelled and len(groups) == 1 and len(values) == len(self.form.columns):
            self.by_row = True
            self._fill(strip, groups, tuple(values))  # one group a row: its label, then five values
            return True
        self.header.append(strip)
        self.named.extend(group for group in groups if group not in self.named)
        return True

    def _offer_values(self, strip: Strip) -> bool:
        if not all(is_value(cell.text) or _has_digit(cell.text) for cell in strip.cells):
            return False
        groups = self._open_groups()
        wanted = len(groups) * len(self.form.columns)
        if all(cell.is_blank for cell in strip.cells) and len(strip.cells) < wanted:
            return False  # an empty row that is no row of values
        self._fill(strip, groups, strip.cells)
        return True

    def _open_groups(self) -> list[str]:
        """The groups the next row of values is for: those named above it, all three where none is named."""
        order = [row.name for row in self.form.rows]
        named = [name for name in order if name in self.named]
        if not named or "litigation_direct" in named or "litigation_after_reconsideration" in named:
            return named or order
        return named

    def _fill(self, strip: Strip, groups: list[str], values: tuple[Cell, ...]) -> None:
        keys = [f"{group}.{column.name}" for group in groups for column in self.form.columns]
        placement = self._place(strip, keys, values)
        wide = len(self.form.columns)
        if strip.grid.number == 0 and not all(adds_up(values[at : at + wide]) for at in range(0, len(values), wide)):
            placement = Placement(problem=NOT_CERTAIN)
        if placement.problem is not None:
            self.findings.append(unplaced(TABLE, groups[0] if len(groups) == 1 else None, placement.problem, strip))
        for key, cell in placement.cells.items():
            unit = self.form.column(key.split(".")[1]).unit("*")
            self.figures.setdefault(f"{TABLE}.{key}", figure(cell, unit, strip.grid))
        self.header.clear()
        self.named.clear()

    def _place(self, strip: Strip, keys: list[str], values: tuple[Cell, ...]) -> Placement:
        if self._disordered():
            return Placement(problem="the header names the groups in another order than the form")
        return place(values, keys, self._leaves(strip))

    def _disordered(self) -> bool:
        order = [row.name for row in self.form.rows]
        for strip in self.header:
            found = [order.index(_groups()[text]) for text in strip.texts if text in _groups()]
            if found != sorted(found):
                return True
            columns = [_columns()[text] for text in strip.texts if text in _columns()]
            expected = [column.name for column in self.form.columns] * 3
            if len(columns) in {5, 10, 15} and columns != expected[: len(columns)]:
                return True
        return False

    def _leaves(self, values: Strip) -> dict[int, str]:
        """Grid column to group and column, where the grid is aligned and both header levels stand over it."""
        leaves: dict[int, str] = {}
        if not values.grid.aligned:
            return leaves
        for strip in self.header:
            if strip.grid.number != values.grid.number:
                continue
            for cell, text in zip(strip.cells, strip.texts, strict=True):
                if text in _columns() and cell.colspan == 1:
                    group = self._group_over(cell, values.grid.number)
                    if group is not None:
                        leaves[cell.column] = f"{group}.{_columns()[text]}"
        return leaves

    def _group_over(self, leaf: Cell, grid: int) -> str | None:
        for strip in reversed(self.header):
            if strip.grid.number != grid:
                continue
            for cell, text in zip(strip.cells, strip.texts, strict=True):
                if (
                    text in _groups()
                    and cell.row < leaf.row
                    and cell.column <= leaf.column < cell.column + cell.colspan
                ):
                    return _groups()[text]
        return None

    def complain(self, strip: Strip) -> Finding | None:
        """Any row between the header and its values is a surprise."""
        return unknown_label(TABLE, strip, strip.cells[0].text) if self.named and len(strip.cells) > 1 else None


def is_header(strip: Strip) -> bool:
    """A header row of 表四: a group's label, or at least two of its columns' labels that no other table has."""
    texts = [text for text in strip.texts if text]
    if any(text in _groups() or text in form(TABLE).header for text in texts):
        return True
    own = {label for label, name in _columns().items() if name != "total"}
    return len([text for text in texts if text in own]) >= 2


def _has_digit(text: str) -> bool:
    return any(char.isdigit() for char in text)
