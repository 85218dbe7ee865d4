"""Rows of tables as strips: the cells that begin in a row, in order, with what a form's label or header makes of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from parser.cells import read_cell
from parser.documents.document import UNREAD, Cell, Document, Grid, Line
from parser.labels import core, squeeze
from parser.record import Figure, Finding, Place, Severity, State

MAX_LABEL_CELLS = 5  # an empty first column and three levels of labels


@dataclass(frozen=True)
class Strip:
    """One row of one grid; ``cells`` begin in it, ``texts`` are their cores."""

    grid: Grid
    cells: tuple[Cell, ...]
    texts: tuple[str, ...]

    @property
    def place(self) -> Place:
        """Where the row stands."""
        if self.grid.number == 0:
            return Place(line=self.cells[0].row if self.cells else None)
        return Place(table=self.grid.number, row=self.cells[0].row if self.cells else None)


def strips(grid: Grid) -> Iterator[Strip]:
    """The rows of a grid; empty rows and columns that are empty in every row are left out."""
    empty = _empty_columns(grid)
    for row in grid.rows:
        cells = tuple(cell for cell in row if not (cell.column in empty and cell.colspan == 1)) if empty else row
        if cells and not all(cell.is_blank for cell in cells):
            yield Strip(grid, cells, tuple(core(cell.text) for cell in cells))
        elif cells and len(cells) > 1:
            yield Strip(grid, cells, ("",) * len(cells))


def stream(document: Document) -> Iterator[Strip | Line]:
    """All rows of all tables and the lines between them, in reading order."""
    for block in document.article:
        if isinstance(block, Line):
            yield block
        else:
            yield from strips(block)


def _empty_columns(grid: Grid) -> frozenset[int]:
    """Leading and trailing grid columns in which no cell of its own prints anything (quirk 15)."""
    if not grid.aligned or any(not cell.is_blank for row in grid.rows for cell in row[:1] if cell.column == 1):
        return frozenset()
    used = {
        column
        for row in grid.rows
        for cell in row
        if not cell.is_blank or cell.colspan > 1 or cell.rowspan > 1
        for column in range(cell.column, cell.column + cell.colspan)
    }
    if not used:
        return frozenset()
    first = min(used)
    return frozenset(range(1, first))


@dataclass
class Placement:
    """The cells of one row by column name, and why others have none."""

    cells: dict[str, Cell] = field(default_factory=dict)
    problem: str | None = None


def place(values: Sequence[Cell], columns: Sequence[str], leaves: Mapping[int, str]) -> Placement:
    """Give each value cell of a row its column, or none.

    ``columns`` is the order of the header, ``leaves`` maps grid columns to names where the grid is aligned and the
    header could be read. As many cells as columns: their order decides (spans differ from row to row, quirk 95).
    Else the grid column decides; else the one reading in which the surplus cells are blank padding on one side.
    """
    wanted = len(columns)
    known = len(set(leaves.values()) & set(columns)) == wanted
    if len(values) == wanted:
        if known and values[0].is_blank and values[0].column < min(leaves):  # cut short, its first cells are a label's
            return Placement(problem=f"blank cells of labels may be among the {wanted} cells")
        return Placement(dict(zip(columns, values, strict=True)))
    if known:
        return _by_column(values, columns, leaves)
    surplus = len(values) - wanted
    if surplus < 0:
        return Placement(problem=f"{len(values)} cells stand where the form has {wanted}")
    trailing = all(cell.is_blank for cell in values[wanted:])
    leading = all(cell.is_blank for cell in values[:surplus])
    if trailing and not leading:
        return Placement(dict(zip(columns, values[:wanted], strict=True)))
    if leading and (not trailing or all(cell.is_blank for cell in values)):
        return Placement(dict(zip(columns, values[surplus:], strict=True)))
    return Placement(problem=f"{len(values)} cells stand where the form has {wanted}")


def _by_column(values: Sequence[Cell], columns: Sequence[str], leaves: Mapping[int, str]) -> Placement:
    placed: dict[str, Cell] = {}
    merged: list[str] = []
    for cell in values:
        covered = [leaves[at] for at in range(cell.column, cell.column + cell.colspan) if at in leaves]
        covered = [name for name in covered if name in columns]
        if not covered and not cell.is_blank:
            return Placement(problem=f"the cell {cell.text!r} stands under no column of the form")
        alone = len(set(covered)) == 1 and covered[0] not in merged
        if alone and covered[0] not in placed:
            placed[covered[0]] = cell
        elif alone and placed[covered[0]].text == cell.text:
            continue  # one cell printed again in each column it spans
        elif covered:
            merged.extend(covered)
            for name in covered:
                placed.pop(name, None)
    missing = [name for name in columns if name not in placed and name not in merged]
    if missing:  # a cell is lacking somewhere in the row, and whatever stands right of it is in the wrong place
        return Placement(problem=f"no cell stands under {', '.join(missing)}")
    if merged:
        return Placement(placed, f"cells and columns do not match at {', '.join(dict.fromkeys(merged))}")
    return Placement(placed)


RUNNING_TEXT = Grid(0, (), aligned=False)  # no table: the ``row`` of such a cell is the line it stands on


def figure(cell: Cell, unit: str | None, grid: Grid, text: str | None = None) -> Figure:
    """The figure one cell prints; ``unit`` is the form's and gives way to a printed one."""
    printed = cell.text if text is None else text
    reading = read_cell(printed)
    if grid.number == 0:
        at = Place(line=cell.row, page=cell.page)
    else:
        at = Place(
            table=grid.number,
            row=cell.row,
            column=cell.column,
            page=cell.page,
            box=cell.box,
            confidence=cell.confidence,
        )
    shown = " ".join(printed.split()) if reading.state is State.TEXT else squeeze(printed)
    return Figure(
        value=reading.value,
        text=shown,
        state=reading.state,
        unit=reading.unit if reading.unit is not None else unit,
        note=reading.note,
        at=at,
    )


def unplaced(table: str, row: str | None, problem: str, strip: Strip) -> Finding:
    """The finding that cells of a row got no key."""
    printed = " | ".join(" ".join(cell.text.split()) for cell in strip.cells[:12])
    return Finding(
        rule="cells.unplaced",
        severity=Severity.WARNING,
        table=table,
        row=row,
        message=f"{problem}: {printed[:200]}",
        at=strip.place,
    )


def unknown_label(table: str, strip: Strip, label: str) -> Finding:
    """The finding that a row or header carries a label that is on no form: its values get no key."""
    return Finding(
        rule="labels.unknown",
        severity=Severity.WARNING,
        table=table,
        message=f"the label {squeeze(label)[:80]!r} is not on the form",
        at=strip.place,
    )


def adds_up(cells: Sequence[Cell]) -> bool:
    """Whether the last of some cells is the sum of the others, all of them numbers.

    In running text a lost blank and a stray page number could trade places; only a row that adds up is certain there.
    """
    values = [read_cell(cell.text).value for cell in cells]
    numbers = [value for value in values if value is not None]
    return len(numbers) == len(values) > 1 and sum(numbers[:-1]) == numbers[-1]


NOT_CERTAIN = "in running text a row is certain only if it adds up"


def is_value(text: str) -> bool:
    """Whether a cell could be a value: anything but words."""
    return read_cell(text).state is not State.TEXT or UNREAD in text
