"""Rows cut by a page break are put together again, where the label says for certain that they are one row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache

from parser.cells import read_cell
from parser.documents.document import Cell, Line
from parser.forms import form
from parser.labels import core
from parser.record import State
from parser.tables.strips import Strip

_LEVELS = 3  # labels of a row: level 1, level 2, its own


def mended(items: Iterable[Strip | Line]) -> Iterator[Strip | Line]:
    """The stream with the two halves of a cut row as one strip.

    The last row of a page and the first row of the next are one row if their labels together are a label of a form,
    one of them alone is none, and no column holds a value in both; or if one holds nothing but a label and the other
    nothing but values.
    """
    held: Strip | None = None
    for item in items:
        if held is not None and isinstance(item, Strip) and _page(item) == _page(held, last=True) + 1:
            whole = _joined(held, item)
            if whole is not None:
                held = whole
                continue
        if held is not None:
            yield held
            held = None
        if isinstance(item, Strip) and _page(item):
            held = item
        else:
            yield item
    if held is not None:
        yield held


def _page(strip: Strip, *, last: bool = False) -> int:
    pages = [cell.page for cell in strip.cells if cell.page is not None]
    return (max if last else min)(pages, default=0)


def _joined(above: Strip, below: Strip) -> Strip | None:
    pairs = [(cell, _under(cell, below.cells)) for cell in above.cells]
    label = max(
        (index for index, (top, rest) in enumerate(pairs) if rest is not None and _is_words(top) and _is_words(rest)),
        default=None,
    )
    if label is None:
        return _label_and_values_apart(above, below, pairs)
    top, rest = pairs[label]
    if rest is None or core(top.text + rest.text) not in _labels():
        return None
    if core(top.text) in _labels() and core(rest.text) in _labels():
        return None
    cells: list[Cell] = []
    for index, (cell, other) in enumerate(pairs):
        if other is None or other.is_blank:
            cells.append(cell)
        elif index == label or (_is_words(cell) and _is_words(other)):
            cells.append(replace(cell, text=cell.text + other.text))
        elif cell.is_blank:
            cells.append(replace(other, column=cell.column, colspan=cell.colspan))
        else:
            return None  # a value on both pages: two rows
    return Strip(above.grid, tuple(cells), tuple(core(cell.text) for cell in cells))


def _label_and_values_apart(above: Strip, below: Strip, pairs: list[tuple[Cell, Cell | None]]) -> Strip | None:
    """A cut row whose label stands on one page and all its values on the other."""
    if not any(_is_label_alone(one) and _is_values_alone(other) for one, other in ((above, below), (below, above))):
        return None
    cells = tuple(
        replace(rest, column=top.column, colspan=top.colspan) if top.is_blank and rest is not None else top
        for top, rest in pairs
    )
    return Strip(above.grid, cells, tuple(core(cell.text) for cell in cells))


def _is_label_alone(strip: Strip) -> bool:
    printed = [cell for cell in strip.cells if not cell.is_blank]
    label = core(printed[-1].text) if printed else ""
    return (
        len(printed) <= _LEVELS and all(_is_words(cell) for cell in printed) and len(label) > 2 and label in _labels()
    )


def _is_values_alone(strip: Strip) -> bool:
    return any(not cell.is_blank for cell in strip.cells) and not any(_is_words(cell) for cell in strip.cells)


def _under(cell: Cell, row: tuple[Cell, ...]) -> Cell | None:
    """The cell of the next page's row that stands under a cell: by its place on the page, else by its column."""
    for other in row:
        if cell.box is not None and other.box is not None:
            middle = (other.box[0] + other.box[2]) / 2
            if cell.box[0] <= middle <= cell.box[2]:
                return other
        elif cell.column == other.column:
            return other
    return None


def _is_words(cell: Cell) -> bool:
    return read_cell(cell.text).state is State.TEXT


@cache
def _labels() -> frozenset[str]:
    tables = [form(name) for name in ("disclosure", "requests", "statistics_2014", "statistics_2008")]
    return frozenset(label for table in tables for row in table.rows for label in row.labels)
