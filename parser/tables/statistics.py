"""The 统计表 of 2014 and the annex of 2008: one value a row, told by its label and the rows above it, never by its number."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from parser.documents.document import Cell
from parser.forms import Form, Row, form
from parser.labels import core, normal
from parser.record import Figure, Finding, Severity, State
from parser.tables.strips import Strip, figure, is_value, unknown_label

_UNIT_WORDS = frozenset({"条", "件", "次", "篇", "个", "人", "人次", "万元", "元"})
_UNIT_CELLS = _UNIT_WORDS | {"--", "---", "——", "-", "/", ""}
_LABELS_WIDE = 3


@dataclass
class StatisticsTable:
    """One table of indicators as it is met row by row; ``table`` names the form."""

    table: str
    figures: dict[str, Figure] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    open: bool = False
    met: list[str] = field(default_factory=list)
    wide: int = 0  # cells of the header: a row of the annex with fewer may lack its value

    @cached_property
    def form(self) -> Form:
        """The form of this table."""
        return form(self.table)

    @cached_property
    def _by_label(self) -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = {}
        for row in self.form.rows:
            for label in row.labels:
                found.setdefault(label, []).append(row)
        return found

    def offer(self, strip: Strip) -> bool:
        """Take the header, a heading or a row of the form."""
        if self._is_header(strip):
            if self.figures and len(self.figures) == len(self.form.rows):
                return False
            self.open = True
            self.wide = len(strip.cells)
            return True
        if not self.open:
            return False
        return self._offer_row(strip)

    def finish(self) -> tuple[dict[str, Figure], str | None, list[Finding]]:
        """The figures, the template, and what could not be read."""
        return self.figures, self.table.removeprefix("statistics_") if self.figures else None, self.findings

    def _is_header(self, strip: Strip) -> bool:
        texts = {normal(cell.text) for cell in strip.cells}
        words = self.form.header
        return len(texts & words) >= len(words) - 1 and bool(texts & {"统计指标", "指标名称", "指标"})

    def _offer_row(self, strip: Strip) -> bool:
        index = next((i for i, text in enumerate(strip.texts[:_LABELS_WIDE]) if text and not is_value(text)), None)
        if index is None:
            return False
        label = strip.texts[index]
        if label in self.form.groups:
            return True
        row = self._row(label)
        if row is None:
            return False
        if row.name in self.met:
            return False
        short = self.table == "statistics_2008" and len(strip.cells) < self.wide
        value = self._value(strip.cells[index + 1 :]) if not short else None
        if value is None:
            self.findings.append(
                Finding(
                    rule="cells.unplaced", severity=Severity.WARNING, table=self.table, row=row.name, at=strip.place,
                    message=f"no single cell of the row {label[:40]!r} can be its value",
                )
            )  # fmt: skip
            return True
        item = figure(value, row.unit, strip.grid)
        if item.state is State.DASH and len(normal(value.text)) > 1:
            return True  # —— marks a heading row
        self.met.append(row.name)
        self.figures[f"{self.table}.{row.name}.value"] = item
        return True

    def _row(self, label: str) -> Row | None:
        """The row of a label; of several with the same label, the one whose block is open."""
        text = core(label.removeprefix("其中:"))
        rows = self._by_label.get(label) or self._by_label.get(text) or []
        rows = [row for row in rows if row.under is None or row.under in self.met]
        if len(rows) <= 1:
            return rows[0] if rows else None
        under = [row.under for row in rows if row.under is not None]
        last = next((name for name in reversed(self.met) if name in under), None)
        return next((row for row in rows if row.under == last), None)

    def _value(self, cells: tuple[Cell, ...]) -> Cell | None:
        """The value behind a label: after the unit (and the code), the one cell that is left, or the first of two periods."""
        rest = list(cells)
        if rest and normal(rest[0].text) in _UNIT_CELLS and len(rest) > 1:
            rest = rest[1:]
        if self.table == "statistics_2008" and len(rest) > 1:
            rest = rest[1:]  # the code
            return rest[-1] if len(rest) == 1 or normal(rest[0].text) == normal(rest[-1].text) else None
        return rest[0] if len(rest) == 1 and normal(rest[0].text) not in _UNIT_WORDS else None

    def complain(self, strip: Strip) -> Finding | None:
        """A row with a value and a label that is not on the form."""
        label = strip.cells[0]
        if (
            label.is_blank
            or is_value(label.text)
            or not any(is_value(cell.text) and not cell.is_blank for cell in strip.cells[1:])
        ):
            return None
        return unknown_label(self.table, strip, label.text)
