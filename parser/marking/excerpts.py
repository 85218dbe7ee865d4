"""What stands around a place: rows of its table with their heads, or the lines beside it, as plain texts to be drawn anew."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from pydantic import BaseModel, ConfigDict

from parser.cells import read_cell
from parser.documents.document import Block, Cell, Grid, Line
from parser.marking.places import line_anchor, table_anchor
from parser.marking.safe import harmless
from parser.record import State

AROUND = 1  # rows above and below a marked one
_HEADS = 4  # rows: the longest head of a form has as many
_LONGEST = 600  # characters of a cell or line


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class ExcerptCell(_Part):
    """A printed cell: ``column`` counts from 1; ``rowspan`` and ``colspan`` as it is drawn among the rows that are here."""

    text: str
    column: int
    rowspan: int
    colspan: int
    marked: bool


class ExcerptRow(_Part):
    """A row of a table, by its number in the source; ``head`` where it says what the columns of a marked one mean."""

    number: int
    head: bool
    cells: tuple[ExcerptCell, ...]


class ExcerptLine(_Part):
    """A line of text, by its number in the source."""

    number: int
    text: str
    marked: bool


class Excerpt(_Part):
    """Part of a document: rows of one table (``table``, ``width`` in columns), or lines; ``page`` where it has pages.

    ``aligned`` says that columns are known, else only the order of a row's cells counts.
    """

    table: int | None = None
    page: int | None = None
    width: int = 0
    aligned: bool = True
    rows: tuple[ExcerptRow, ...] = ()
    lines: tuple[ExcerptLine, ...] = ()


def excerpts(blocks: Sequence[Block], marks: Collection[str]) -> Iterator[Excerpt]:
    """Around what is marked: an excerpt for each table, and for each run of lines, in the document's order."""
    for at, block in enumerate(blocks):
        if isinstance(block, Grid):
            wanted = [row[0].row for row in block.rows if any(_is_marked(block, cell, marks) for cell in row)]
            if wanted:
                yield _of_grid(block, wanted, marks)
        elif line_anchor(block.number) in marks:
            around = blocks[max(0, at - AROUND) : at + AROUND + 1]
            lines = [each for each in around if isinstance(each, Line)]
            yield Excerpt(page=block.page, lines=tuple(_line(each, marked=each is block) for each in lines))


def _is_marked(grid: Grid, cell: Cell, marks: Collection[str]) -> bool:
    names = (table_anchor(grid.number, cell.row, cell.column), table_anchor(grid.number, cell.row))
    return any(name in marks for name in names)


def _of_grid(grid: Grid, wanted: Collection[int], marks: Collection[str]) -> Excerpt:
    rows = dict(_numbered(grid))
    heads = {number for row in wanted for number in _heads(rows, row)}
    near = {number for row in wanted for number in range(row - AROUND, row + AROUND + 1)}
    kept = [number for number in rows if number in near | heads]
    placed: dict[int, list[ExcerptCell]] = {number: [] for number in kept}
    for row in grid.rows:
        for cell in row:
            covered = [number for number in kept if cell.row <= number < cell.row + cell.rowspan]
            if covered:
                placed[covered[0]].append(_cell(cell, len(covered), marked=_is_marked(grid, cell, marks)))
    page = next((cell.page for number in wanted for cell in rows[number]), None)
    return Excerpt(
        table=grid.number,
        page=page,
        width=grid.width,
        aligned=grid.aligned,
        rows=tuple(
            ExcerptRow(
                number=number,
                head=number in heads,
                cells=tuple(sorted(cells, key=lambda cell: cell.column)),
            )
            for number, cells in placed.items()
        ),
    )


def _numbered(grid: Grid) -> Iterator[tuple[int, Sequence[Cell]]]:
    """The rows with their numbers in the source, those too in which no cell begins."""
    base = next((row[0].row - index for index, row in enumerate(grid.rows) if row), 1)
    return ((base + index, row) for index, row in enumerate(grid.rows))


def _heads(rows: Mapping[int, Sequence[Cell]], row: int) -> Iterator[int]:
    """The rows above one that say what its columns mean: the next ones that print words only."""
    above = [number for number in rows if number < row]
    found = 0
    for number in reversed(above):
        if _is_head(rows[number]):
            found += 1
            yield number
        elif found:
            return
        if found == _HEADS:
            return


def _is_head(row: Sequence[Cell]) -> bool:
    states = [read_cell(cell.text).state for cell in row]
    return 2 * states.count(State.TEXT) >= len(states) and not {State.NUMBER, State.DASH} & {*states}


def _cell(cell: Cell, rowspan: int, *, marked: bool) -> ExcerptCell:
    text = harmless(cell.text)[:_LONGEST]
    return ExcerptCell(text=text, column=cell.column, rowspan=rowspan, colspan=cell.colspan, marked=marked)


def _line(line: Line, *, marked: bool) -> ExcerptLine:
    return ExcerptLine(number=line.number, text=harmless(line.text)[:_LONGEST], marked=marked)
