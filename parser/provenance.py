"""Where a figure stands: the row of the source it was read from, found again from its place."""

from __future__ import annotations

from dataclasses import dataclass

from parser.documents import read
from parser.documents.document import Grid, Line
from parser.hints import Hints
from parser.record import Place


@dataclass(frozen=True)
class SourceRow:
    """A row as printed: the cells that begin in it, the index of the figure's cell, and the place in words."""

    cells: tuple[str, ...]
    index: int
    place: str


def source_row(data: bytes, hints: Hints, at: Place) -> SourceRow | None:
    """The row a place names in a document, or null where the document has no such place."""
    for block in read(data, hints).blocks:
        if isinstance(block, Line) and at.table is None and block.number == at.line:
            return SourceRow(
                (block.text,), 0, f"line {at.line}" + (f" of page {at.page}" if at.page is not None else "")
            )
        if isinstance(block, Grid) and block.number == at.table:
            found = _row(block, at)
            if found is not None:
                return found
    return None


def _row(grid: Grid, at: Place) -> SourceRow | None:
    for row in grid.rows:
        for index, cell in enumerate(row):
            if cell.row == at.row and cell.column == at.column:
                texts = tuple(" ".join(each.text.split()) for each in row)
                page = f" of page {cell.page}" if cell.page is not None else ""
                return SourceRow(texts, index, f"table {at.table}, row {at.row}, column {at.column}{page}")
    return None
