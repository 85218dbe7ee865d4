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
        return _label_and_values_apart(above, pairs)
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


def _label_and_values_apart(above: Strip, pairs: list[tuple[Cell, Cell | None]]) -> Strip | None:
    """A cut row whose label stands on one page and all its values on the other."""
    tops = [top for top, _ in pairs]
    rests = [rest for _, rest in pairs if rest is not None]
    for one, other in ((tops, rests), (rests, tops)):
        printed = [cell for cell in one if not cell.is_blank]
        label_alone = printed and all(_is_words(cell) for cell in printed) and core(printed[-1].text) in _labels()
        values_alone = any(not cell.is_blank for cell in other) and not any(_is_words(cell) for cell in other)
        if label_alone and values_alone:
            break
    else:
        return None
    cells = tuple(
        replace(rest, column=top.column, colspan=top.colspan) if top.is_blank and rest is not None else top
        for top, rest in pairs
    )
    return Strip(above.grid, cells, tuple(core(cell.text) for cell in cells))


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
