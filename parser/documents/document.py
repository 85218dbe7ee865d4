"""The neutral document: what every format becomes before anything is understood of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from parser.labels import normal, squeeze

MAX_SPAN = 1_000  # HTML allows colspan up to 1000; rowspan is bounded by the rows that are there
MAX_SLOTS = 400_000  # a statutory table has some 400; a page that resolves to more is hostile
UNREAD = "\ufffd"  # stands in a cell of a picture that has ink nobody could read: it is not blank


@dataclass(frozen=True, slots=True)
class Cell:
    """A printed cell where it begins. ``row`` and ``column`` count from 1; ``column`` is the grid column after spans."""

    text: str
    row: int
    column: int
    rowspan: int = 1
    colspan: int = 1
    page: int | None = None
    box: tuple[float, float, float, float] | None = None
    confidence: float | None = None

    @property
    def normal(self) -> str:
        """The text in the one spelling labels are compared by."""
        return normal(self.text)

    @property
    def is_blank(self) -> bool:
        """Nothing is printed (white space, U+00A0 and U+3000 are nothing)."""
        return not self.text or not squeeze(self.text)


@dataclass(frozen=True)
class Grid:
    """A table: ``rows`` hold the cells that begin in each row, in their order.

    ``aligned`` says that columns are known (spans were resolved); else only the order of a row's cells means something.
    ``number`` counts the document's tables from 1.
    """

    number: int
    rows: tuple[tuple[Cell, ...], ...]
    aligned: bool

    @cached_property
    def width(self) -> int:
        """Grid columns of the widest row."""
        return max((cell.column + cell.colspan - 1 for row in self.rows for cell in row), default=0)

    @cached_property
    def text(self) -> str:
        """All cells' text in the one spelling labels are compared by."""
        return "".join(cell.normal for row in self.rows for cell in row)


@dataclass(frozen=True, slots=True)
class Line:
    """A paragraph, or the part of one up to a line break. ``number`` counts the document's lines from 1.

    ``heading`` is true where the markup says so (h1 to h4, a title class, a heading style), ``link`` where the whole line
    leads elsewhere: a menu, a crumb, a row of a list.
    """

    text: str
    number: int
    heading: bool = False
    page: int | None = None
    link: bool = False


Block = Line | Grid

FieldName = Literal["title", "published_on", "agency", "generated_at", "site"]


@dataclass(frozen=True, slots=True)
class Field:
    """Something the document says of itself in a place made for it; ``source`` names the place (``meta``, ``field``, ``page``)."""

    name: FieldName
    text: str
    source: str


@dataclass(frozen=True)
class Document:
    """One document as blocks in reading order, with what it says of itself.

    ``body`` bounds the article: the first and last index of ``blocks`` that belong to it (whole document by default).
    ``notes`` are findings of the reader as (rule, message). ``shows`` says what a page shows that is no text.
    """

    kind: str
    blocks: tuple[Block, ...]
    fields: tuple[Field, ...] = ()
    notes: tuple[tuple[str, str], ...] = ()
    body: tuple[int, int] | None = None
    shows: Literal["image", "attachment"] | None = None

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """The lines of the article, tables left out."""
        return tuple(block for block in self.article if isinstance(block, Line))

    @cached_property
    def grids(self) -> tuple[Grid, ...]:
        """All tables of the document."""
        return tuple(block for block in self.blocks if isinstance(block, Grid))

    @cached_property
    def article(self) -> tuple[Block, ...]:
        """The blocks of the article."""
        if self.body is None:
            return self.blocks
        return self.blocks[self.body[0] : self.body[1] + 1]

    def values(self, name: FieldName) -> Iterator[Field]:
        """The fields of one name, in the reader's order (best first)."""
        return (item for item in self.fields if item.name == name)


@dataclass(slots=True)
class RawCell:
    """A cell as markup gives it, spans not yet resolved."""

    text: str
    rowspan: int = 1
    colspan: int = 1
    page: int | None = None
    box: tuple[float, float, float, float] | None = None
    confidence: float | None = None


@dataclass
class GridLimits:
    """How far spans may reach; a page over them is cut there and says so."""

    max_span: int = MAX_SPAN
    max_slots: int = MAX_SLOTS
    exceeded: bool = field(default=False)


def resolve(number: int, rows: Sequence[Iterable[RawCell]], limits: GridLimits | None = None) -> Grid:
    """The grid a browser shows (HTML, 4.9.12 forming a table): each cell goes to the first free slots of its row.

    ``rowspan=0`` means to the end; spans are cut at the last row. Over the limits the grid ends, and ``limits`` says so.
    """
    limits = limits if limits is not None else GridLimits()
    open_until: dict[int, int] = {}  # grid column -> last row index that a cell from above still covers
    resolved: list[tuple[Cell, ...]] = []
    slots = 0
    for index, raw_row in enumerate(rows):
        column = 0
        cells: list[Cell] = []
        for raw in raw_row:
            while open_until.get(column, -1) >= index:
                column += 1
            colspan = min(max(raw.colspan, 1), limits.max_span)
            left = len(rows) - index
            rowspan = left if raw.rowspan == 0 else min(max(raw.rowspan, 1), left)
            limits.exceeded = limits.exceeded or raw.colspan > limits.max_span
            slots += colspan * rowspan
            if slots > limits.max_slots or column > limits.max_span:
                limits.exceeded = True
                return Grid(number, tuple(resolved), aligned=True)
            if rowspan > 1:
                for covered in range(column, column + colspan):
                    open_until[covered] = max(open_until.get(covered, -1), index + rowspan - 1)
            cells.append(
                Cell(raw.text, index + 1, column + 1, rowspan, colspan, raw.page, raw.box, raw.confidence),
            )
            column += colspan
        resolved.append(tuple(cells))
    return Grid(number, tuple(resolved), aligned=True)


def ragged(number: int, rows: Iterable[Iterable[str]]) -> Grid:
    """A grid of which only the order of the cells is known: merged cells appear once, nothing is lined up."""
    return Grid(
        number,
        tuple(
            tuple(Cell(text, index, column) for column, text in enumerate(row, 1)) for index, row in enumerate(rows, 1)
        ),
        aligned=False,
    )
