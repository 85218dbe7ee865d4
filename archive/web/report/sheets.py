"""The tables of a report laid out as its form prints them, so that what is read can be held beside what was published."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from archive.comparing.labels import OWN_FORM, TABLES, label
from archive.web.speech import figure_name
from archive.web.words import Language, word
from parser.forms import Form, form
from parser.record import Figure, Record

_LATEST = "2021"
_PUBLISHED = "published"
_NUMERALS = "一二三四五六七八九"


@dataclass(frozen=True)
class Head:
    """A cell of a heading."""

    text: str
    span: int = 1


@dataclass(frozen=True)
class Cell:
    """A place of the form: the key of its figure, and the figure; null where the report does not print it."""

    key: str
    figure: Figure | None


@dataclass(frozen=True)
class Line:
    """A row of a form. ``level`` says how far it is indented, ``unit`` what the form asks for in it."""

    name: str
    cells: tuple[Cell, ...]
    level: int = 0
    unit: str | None = None


@dataclass(frozen=True)
class Block:
    """Rows below headings of their own: one row of ``heads``, or two where columns come in groups."""

    heads: tuple[tuple[Head, ...], ...]
    lines: tuple[Line, ...]
    title: str | None = None


@dataclass(frozen=True)
class Sheet:
    """One statutory table of a report. ``columns`` is its width without the names of the rows."""

    table: str
    template: str
    columns: int
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Sheets:
    """All of them, and the figures that stand on none: of a form other than the one the tables were judged to be."""

    sheets: tuple[Sheet, ...]
    others: tuple[Cell, ...]


def sheets_of(record: Record, language: Language) -> Sheets:
    """The tables of which a record has a figure, in the order of the forms."""
    found: list[Sheet] = []
    for table in TABLES:
        if any(key.startswith(f"{table}.") for key in record.figures):
            template = _template(record, table)
            blocks = tuple(_blocks(form(table), template, record.figures, language))
            found.append(Sheet(table, template, _width(blocks), blocks))
    shown = {cell.key for sheet in found for block in sheet.blocks for line in block.lines for cell in line.cells}
    rest = (Cell(key, figure) for key, figure in record.figures.items() if key not in shown)
    return Sheets(tuple(found), tuple(rest))


def _template(record: Record, table: str) -> str:
    """Which form a table is printed on."""
    if table in OWN_FORM:
        return OWN_FORM[table]
    judged = record.tables[table].template if table in record.tables else record.template
    return judged if judged in {"2019", _LATEST} else _LATEST


def _width(blocks: Sequence[Block]) -> int:
    return max((len(line.cells) for block in blocks for line in block.lines), default=1)


def _blocks(printed: Form, template: str, figures: Mapping[str, Figure], language: Language) -> Iterator[Block]:
    if printed.table == "review":
        yield _review(printed, template, figures, language)
    elif printed.blocks:
        yield from _disclosure(printed, template, figures, language)
    elif printed.columns:
        names = [column.name for column in printed.columns]
        rows = [row.name for row in printed.rows_of(template)]
        heads = tuple(Head(_column(f"{printed.table}.{rows[0]}.{name}", template, language)) for name in names)
        yield Block((heads,), tuple(_line(printed.table, row, names, template, figures, language) for row in rows))
    else:
        lines = (
            Line(
                figure_name(key, language).rpartition(" · ")[2] if language == "zh" else figure_name(key, language),
                (Cell(key, figures.get(key)),),
                int(row.under is not None),
                row.unit,
            )
            for row in printed.rows
            for key in [f"{printed.table}.{row.name}.value"]
        )
        yield Block((), tuple(lines))


def _disclosure(printed: Form, template: str, figures: Mapping[str, Figure], language: Language) -> Iterator[Block]:
    """The blocks of 表二, each with columns of its own, and the row that some provinces add."""
    for block in printed.blocks:
        if block.template == template:
            heads = tuple(
                Head(_column(f"{printed.table}.{block.rows[0]}.{name}", template, language)) for name in block.columns
            )
            lines = (_line(printed.table, row, block.columns, template, figures, language) for row in block.rows)
            yield Block((heads,), tuple(lines), _item(block.item, language))
    added = f"{printed.table}.{_PUBLISHED}.total"
    if added in figures:
        yield Block((), (_line(printed.table, _PUBLISHED, ("total",), template, figures, language),))


def _item(numeral: str, language: Language) -> str:
    number = numeral if language == "zh" else str(_NUMERALS.index(numeral) + 1)
    return word("report.item", language, item=number)


def _review(printed: Form, template: str, figures: Mapping[str, Figure], language: Language) -> Block:
    """表四 is one row of figures below three groups of the same columns."""
    names = [column.name for column in printed.columns]
    rows = [row.name for row in printed.rows]
    groups = tuple(Head(_row(f"review.{row}.total", template, language), len(names)) for row in rows)
    columns = tuple(Head(_column(f"review.{row}.{name}", template, language)) for row in rows for name in names)
    cells = tuple(Cell(key, figures.get(key)) for row in rows for name in names for key in [f"review.{row}.{name}"])
    return Block((groups, columns), (Line("", cells),))


def _line(
    table: str,
    row: str,
    columns: Sequence[str],
    template: str,
    figures: Mapping[str, Figure],
    language: Language,
) -> Line:
    keys = [f"{table}.{row}.{column}" for column in columns]
    return Line(_row(keys[0], template, language), tuple(Cell(key, figures.get(key)) for key in keys))


def _row(key: str, template: str, language: Language) -> str:
    return label(key, template).row if language == "zh" else key.split(".")[1].replace("_", " ")


def _column(key: str, template: str, language: Language) -> str:
    return label(key, template).column if language == "zh" else key.split(".")[2].replace("_", " ")
