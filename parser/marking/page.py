"""A web page as it was archived: safe markup in which each cell and line that was read has a name of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from lxml import etree

from parser.documents.document import Line
from parser.documents.html import Page, walk_page
from parser.documents.walk import Text, Walker, cells_of, lines_of, rows_of
from parser.marking.frame import CUT, OPEN_ROW, SCRIPTED, Drawing, frame
from parser.marking.places import line_anchor, table_anchor
from parser.marking.safe import SafeMarkup


def mark_page(text: str, marks: Collection[str], limit: int) -> Drawing:
    """The page, its named places found by the very walk that reads it; UnreadableDocument where it is no markup."""
    page = walk_page(text)
    names = _Names(page.walker)
    safe = SafeMarkup(names.ids, names.lines, marks, limit)
    body = safe.of([page.tree, *page.fragments])
    return Drawing(frame(body, _notes(page, safe)), frozenset(safe.written))


def _notes(page: Page, safe: SafeMarkup) -> list[str]:
    return [note for note, holds in ((SCRIPTED, bool(page.fragments)), (OPEN_ROW, page.cut), (CUT, safe.cut)) if holds]


class _Names:
    """What is called how: an element where a line or cell has one to itself, else pieces of text."""

    def __init__(self, walker: Walker) -> None:
        self.ids: dict[etree._Element, str] = {}
        self.lines: dict[Text, str] = {}
        self._cells: dict[tuple[etree._Element, int, int], etree._Element] = {}
        for grid, table in zip(walker.grids, walker.lifted, strict=True):
            self.ids[table] = table_anchor(grid.number)
            for number, (row, cells) in enumerate(zip(rows_of(table), grid.rows, strict=False), 1):  # a grid may be cut
                self.ids[row] = table_anchor(grid.number, number)
                for element, cell in zip(cells_of(row), cells, strict=True):
                    self.ids[element] = table_anchor(grid.number, cell.row, cell.column)
                    self._cells[table, cell.row, cell.column] = element
        for told in walker.told:
            element = self._cells[told.table, told.cell.row, told.cell.column]
            for number, pieces in enumerate(lines_of(element), told.first):
                self.lines.update(dict.fromkeys(pieces, line_anchor(number)))
        self._name_lines(walker)

    def _name_lines(self, walker: Walker) -> None:
        held: Counter[etree._Element] = Counter()
        for element in walker.elements:
            if element is not None:
                held[element] += 1
                held.update(element.iterancestors())
        for block, element in zip(walker.blocks, walker.elements, strict=True):
            if not isinstance(block, Line) or block.number not in walker.texts:
                continue
            if element is not None and held[element] == 1 and element not in self.ids:
                self.ids[element] = line_anchor(block.number)
            else:
                pieces = (piece for piece in walker.texts[block.number] if piece.words.strip())
                self.lines.update(dict.fromkeys(pieces, line_anchor(block.number)))
