"""表三 收到和处理政府信息公开申请情况: rows by their labels, values by the header's columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import cache

from parser.documents.document import Cell, Grid
from parser.forms import Form, form
from parser.labels import ordinal
from parser.record import Figure, Finding, State
from parser.tables.strips import (
    MAX_LABEL_CELLS,
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

TABLE = "requests"
SIMILAR = 0.78  # how alike a misprinted label must be, where its place in the order confirms it (quirks 29, 76)
_ALSO_COLUMNS = frozenset({"other_else", "total"})  # their labels head columns too: a value must follow
_CLEARLY_MORE = 0.08
_AHEAD = 3  # how many rows of the form a misprinted label may skip


@dataclass(frozen=True)
class _Labels:
    """The form's labels turned round: text to row name."""

    exact: Mapping[str, str]
    groups: frozenset[str]
    columns: Mapping[str, str]
    header: frozenset[str]
    rows_only: frozenset[str]  # labels of rows that are not labels of columns too


@cache
def _labels() -> _Labels:
    requests = form(TABLE)
    exact = {label: row.name for row in requests.rows for label in row.labels}
    columns = {label: column.name for column in requests.columns for label in column.labels["*"]}
    return _Labels(
        exact, requests.groups, columns, requests.header, frozenset(exact) - frozenset(columns) - {"其他", "其它"}
    )


@dataclass
class _Row:
    strip: Strip
    name: str | None  # null for a row of values without a label
    values: tuple[Cell, ...]


@dataclass
class RequestsTable:
    """One 表三 as it is met row by row."""

    rows: list[_Row] = field(default_factory=list)
    leaves: dict[int, dict[int, str]] = field(default_factory=dict)  # grid number -> grid column -> column name
    header_order: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    group: str | None = None  # label of level 2 that is open
    labelled: set[str] = field(default_factory=set)
    ended: bool = False

    @property
    def form(self) -> Form:
        """The form of this table."""
        return form(TABLE)

    def offer(self, strip: Strip) -> bool:
        """Take a row if it is one of this table's; a row that begins the table anew is refused."""
        if is_header(strip):
            if self.rows and self.labelled and not self._continues_header():
                return False
            self._read_header(strip)
            return True
        found = self._label(strip)
        if found is not None:
            name, index = found
            if name in self.labelled:
                return False
            self._take(strip, name, strip.cells[index + 1 :])
            return True
        return bool(self.labelled) and not self.ended and self._take_unlabelled(strip)

    def finish(self) -> tuple[dict[str, Figure], str | None, list[Finding]]:
        """The figures, the template, and what could not be read."""
        template = self._template()
        self._name_unlabelled(template)
        figures: dict[str, Figure] = {}
        merged = self._one_value_for_all()
        order = self._order()
        for row in self.rows:
            if row.name is None:
                self.findings.append(
                    unplaced(TABLE, None, "a row of values has no label and no certain place", row.strip)
                )
                continue
            placement = self._place(row, order)
            if merged and _is_spanless(row.strip.grid):
                placement = Placement(problem="one cell stands for the seven columns")
            elif row.strip.grid.number == 0 and not adds_up(row.values):
                placement = Placement(problem=NOT_CERTAIN)
            if placement.problem is not None:
                self.findings.append(unplaced(TABLE, row.name, placement.problem, row.strip))
            for column, cell in placement.cells.items():
                unit = self.form.column(column).unit(template or "*")
                figures[f"{TABLE}.{row.name}.{column}"] = figure(cell, unit, row.strip.grid)
        return figures, template, self.findings

    def _continues_header(self) -> bool:
        """A header after rows: repeated on the next page as long as rows of the form are still to come."""
        return "carried_out" not in self.labelled

    def _read_header(self, strip: Strip) -> None:
        labels = _labels()
        order = [labels.columns[text] for text in strip.texts if text in labels.columns]
        if strip.grid.aligned:
            leaves = self.leaves.setdefault(strip.grid.number, {})
            for cell, text in zip(strip.cells, strip.texts, strict=True):
                if text in labels.columns and cell.colspan == 1:
                    leaves[cell.column] = labels.columns[text]
        self.header_order.extend(name for name in order if name not in self.header_order)
        if any(cell.text.strip() for cell in strip.cells):
            self._note_strange_headers(strip)

    def _note_strange_headers(self, strip: Strip) -> None:
        for cell, text in zip(strip.cells, strip.texts, strict=True):
            known = text in _labels().columns or text in _labels().header or "勾稽" in text or not text
            if not known and not _part_of_header(text):
                self.findings.append(unknown_label(TABLE, strip, cell.text))

    def complain(self, strip: Strip) -> Finding | None:
        """A row of seven values with a label that is not on the form."""
        values = strip.cells[-len(self.form.columns) :]
        label = next((cell for cell in strip.cells if not cell.is_blank), None)
        if label is None or label in values or is_value(label.text) or not all(is_value(cell.text) for cell in values):
            return None
        return unknown_label(TABLE, strip, label.text)

    def _label(self, strip: Strip) -> tuple[str, int] | None:
        """The row a strip's label names, and the index of the label cell (the last one that matches)."""
        labels = _labels()
        best: tuple[str, int] | None = None
        for index, text in enumerate(strip.texts[:MAX_LABEL_CELLS]):
            if not text:
                continue
            if text in labels.groups:
                self.group = text
                followed = any(later and not is_value(later) for later in strip.texts[index + 1 : MAX_LABEL_CELLS])
                if text not in labels.exact or followed:
                    continue
            name = self._named(text, strip.cells[index].text)
            if name in _ALSO_COLUMNS and not is_value(
                "".join(cell.text for cell in strip.cells[index + 1 : index + 2])
            ):
                continue
            if name is not None and index + 1 < len(strip.cells):
                best = (name, index)
            elif is_value(strip.cells[index].text):
                break
        return best

    def _named(self, text: str, printed: str) -> str | None:
        labels = _labels()
        name = labels.exact.get(text)
        if name == "other_else":  # 3.其他 is a row only under （六）其他处理, or with its number behind （五）
            under = self.group in {"其他处理", "其它处理"} or "other_unpaid" in self.labelled
            behind = ordinal(printed).startswith("3") and any(
                done.startswith("not_processed") for done in self.labelled
            )
            return name if under or behind else None
        if name == "total" and not self.labelled:
            return None
        if name is None and not is_value(printed):
            name = _ending(text) or self._similar(text)
        return name

    def _similar(self, text: str) -> str | None:
        """A misprinted label: alike enough, clearly more than any other, and in its place in the order.

        It begins and ends as the label does: half a label, cut by a page break, is no misprint.
        """
        if len(text) < 4:
            return None
        names = self.form.row_names
        last = max((names.index(row.name) for row in self.rows if row.name is not None), default=-1)
        ahead = self.form.rows[last + 1 : last + 2 + _AHEAD]
        alike = (
            (row.name, label) for row in ahead for label in row.labels if (label[0], label[-1]) == (text[0], text[-1])
        )
        scored = sorted(((SequenceMatcher(None, text, label).ratio(), name) for name, label in alike), reverse=True)
        if not scored or scored[0][0] < SIMILAR:
            return None
        rival = next((score for score, name in scored if name != scored[0][1]), 0.0)
        return scored[0][1] if scored[0][0] - rival >= _CLEARLY_MORE else None

    def _take(self, strip: Strip, name: str, values: tuple[Cell, ...]) -> None:
        self.rows.append(_Row(strip, name, values))
        self.labelled.add(name)
        self.ended = name == "carried_out"

    def _take_unlabelled(self, strip: Strip) -> bool:
        lost, values = strip.cells[: -len(self.form.columns)], strip.cells[-len(self.form.columns) :]
        known = len(values) == len(self.form.columns) and all(is_value(cell.text) for cell in values)
        if known and all(cell.is_blank for cell in lost) and any(not cell.is_blank for cell in values):
            self.rows.append(_Row(strip, None, values))
            return True
        return False

    def _template(self) -> str | None:
        if self.labelled & {"other_uncorrected", "other_unpaid", "other_else"}:
            return "2021"
        if "other_handling" in self.labelled:
            return "2019"
        return None

    def _name_unlabelled(self, template: str | None) -> None:
        """Rows without label between two labelled ones, exactly as many as the form has there (quirk 89)."""
        if template is None:
            return
        names = [row.name for row in self.form.rows_of(template)]
        start = 0
        while start < len(self.rows):
            if self.rows[start].name is not None:
                start += 1
                continue
            end = start
            while end < len(self.rows) and self.rows[end].name is None:
                end += 1
            before = self.rows[start - 1].name if start else None
            after = self.rows[end].name if end < len(self.rows) else None
            if before in names and after in names:
                between = names[names.index(before) + 1 : names.index(after)]
                if len(between) == end - start:
                    for row, name in zip(self.rows[start:end], between, strict=True):
                        row.name = name
                        self.labelled.add(name)
            start = end

    def _order(self) -> list[str] | None:
        """The order of the columns; null where the header's is not the form's and the rows do not tell which is right.

        A cell inserted into the header moves its labels and leaves the values in place: rows add up in one order only.
        """
        names = [column.name for column in self.form.columns]
        leaves = max(self.leaves.values(), key=len, default={})
        printed = [leaves[column] for column in sorted(leaves)]
        if sorted(printed) != sorted(names) or printed == names:
            return names
        rows = [row.values for row in self.rows if len(row.values) == len(names)]
        fits = {
            tuple(order): sum(adds_up([values[order.index(name)] for name in names]) for values in rows)
            for order in (names, printed)
        }
        best = max(fits.values())
        certain = [list(order) for order, fit in fits.items() if fit == best]
        return certain[0] if len(certain) == 1 else None

    def _place(self, row: _Row, order: list[str] | None) -> Placement:
        if order is None:
            return Placement(problem="the header names the columns in another order than the form")
        leaves = self.leaves.get(row.strip.grid.number, {})
        moved = [leaves[column] for column in sorted(leaves)] != order
        return place(row.values, order, {} if moved else leaves)

    def _one_value_for_all(self) -> bool:
        """In a grid without spans: every row prints its first cell only, so it stands for all columns (quirk 21)."""
        rows = [row.values for row in self.rows if row.name is not None and _is_spanless(row.strip.grid)]
        wide = len(self.form.columns)
        return len(rows) >= wide and all(_stands_alone(values, max(0, len(values) - wide)) for values in rows)


def _is_spanless(grid: Grid) -> bool:
    """Whether nothing says how wide a cell is: a 表三 whose spans were kept has wide cells in its header."""
    return not grid.aligned or all(cell.colspan == cell.rowspan == 1 for row in grid.rows for cell in row)


def _stands_alone(cells: tuple[Cell, ...], last: int) -> bool:
    """Whether one cell is printed, at an index up to ``last``, and all others are blank."""
    printed = [index for index, cell in enumerate(cells) if not cell.is_blank]
    return len(printed) == 1 and printed[0] <= last


def is_header(strip: Strip) -> bool:
    """A header row of 表三: the identity sentence, or labels of columns and no label of a row."""
    labels = _labels()
    if not labels.header.isdisjoint(strip.texts) or any(len(text) > 4 and "勾稽" in text for text in strip.texts):
        return True
    columns = {labels.columns[text] for text in strip.texts if text in labels.columns}
    return len(columns) >= 3 and not labels.rows_only.intersection(strip.texts[:MAX_LABEL_CELLS])


def _ending(text: str) -> str | None:
    """A label glued to the label of the level above it: 不予公开1.属于国家秘密."""
    for label, name in _labels().exact.items():
        if len(label) >= 4 and text.endswith(label):
            rest = text[: -len(label)]
            if any(group in rest for group in _labels().groups) and len(rest) <= 16:
                return name
    return None


def _part_of_header(text: str) -> bool:
    """A piece of a header label that lost its other pieces (vertical text of a PDF)."""
    whole = "".join(_labels().columns) + "".join(_labels().header)
    return len(text) <= 6 and set(text) <= set(whole)


def all_zero(figures: Mapping[str, Figure]) -> bool:
    """Whether a table prints nothing but zeros; such a table proves nothing by being alike (quirk 72)."""
    return all(item.state is not State.NUMBER or item.value == 0 for item in figures.values())
