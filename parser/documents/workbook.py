"""Workbooks (.xlsx, .xls): each sheet from top to bottom, merged cells as spans, numbers as they are stored."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import ParseError

import openpyxl
import xlrd
from openpyxl.utils.exceptions import InvalidFileException

from parser.documents.container import check_zip
from parser.documents.document import Block, Cell, Document, Grid, Line
from parser.documents.layout import unwrap
from parser.errors import UnreadableDocument

MAX_ROWS = 2_000
MAX_COLUMNS = 60
Spans = Mapping[tuple[int, int], tuple[int, int]]  # (row, column) of the first cell -> (rows, columns)


def read_xlsx(data: bytes) -> Document:
    """A document from an ``.xlsx``; hidden sheets are left out."""
    check_zip(data)
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
    except (
        InvalidFileException,
        zipfile.BadZipFile,
        KeyError,
        ValueError,
        TypeError,
        AttributeError,
        OSError,
        ParseError,
        IndexError,
    ) as error:
        raise _damaged(error) from error
    sheets = []
    for sheet in book.worksheets:
        if sheet.sheet_state != "visible":
            continue
        spans = {
            (area.min_row, area.min_col): (area.max_row - area.min_row + 1, area.max_col - area.min_col + 1)
            for area in sheet.merged_cells.ranges
        }
        rows = sheet.iter_rows(
            max_row=min(sheet.max_row, MAX_ROWS), max_col=min(sheet.max_column, MAX_COLUMNS), values_only=True
        )
        sheets.append((rows, spans))
    return _document("xlsx", sheets)


def read_xls(data: bytes) -> Document:
    """A document from an ``.xls`` (or ``.et``); hidden sheets are left out."""
    try:
        book = xlrd.open_workbook(file_contents=data, formatting_info=True, logfile=io.StringIO())
    except (
        xlrd.XLRDError,
        ValueError,
        IndexError,
        KeyError,
        AssertionError,
        OSError,
        TypeError,
        AttributeError,
        NotImplementedError,
        ArithmeticError,
    ) as error:
        raise _damaged(error) from error
    except Exception as error:  # xlrd raises struct.error and compdoc errors of its own on damaged streams
        raise _damaged(error) from error
    sheets = []
    for sheet in book.sheets():
        if sheet.visibility != 0:
            continue
        spans = {(top + 1, left + 1): (bottom - top, right - left) for top, bottom, left, right in sheet.merged_cells}
        rows = (sheet.row_values(index)[:MAX_COLUMNS] for index in range(min(sheet.nrows, MAX_ROWS)))
        sheets.append((rows, spans))
    return _document("xls", sheets)


def _damaged(error: Exception) -> UnreadableDocument:
    return UnreadableDocument(
        f"the workbook is cut or damaged ({type(error).__name__}); fetch it again or open it in a spreadsheet"
    )


def _document(kind: str, sheets: Iterable[tuple[Iterable[Iterable[Any]], Spans]]) -> Document:
    blocks: list[Block] = []
    lines = 0
    for number, (rows, spans) in enumerate(sheets, 1):
        for piece in unwrap(_grid(number, rows, spans), every=True):
            if isinstance(piece, Grid):
                blocks.append(piece)
                continue
            for text in piece.text.split("\n"):
                if text.strip():
                    lines += 1
                    blocks.append(Line(text.strip(), lines))
    return Document(kind, tuple(blocks))


def _grid(number: int, rows: Iterable[Iterable[Any]], spans: Spans) -> Grid:
    """A sheet as a grid; the hidden cells of a merged area begin nothing."""
    covered = {
        (top + dy, left + dx)
        for (top, left), (height, width) in spans.items()
        if height <= MAX_ROWS and width <= MAX_COLUMNS
        for dy in range(height)
        for dx in range(width)
        if (dy, dx) != (0, 0)
    }
    made: list[tuple[Cell, ...]] = []
    for y, row in enumerate(rows, 1):
        cells = []
        for x, value in enumerate(row, 1):
            if (y, x) not in covered:
                height, width = spans.get((y, x), (1, 1))
                cells.append(Cell(_text(value), y, x, height, width))
        made.append(tuple(cells))
    return Grid(number, _trimmed(made), aligned=True)


def _trimmed(rows: list[tuple[Cell, ...]]) -> tuple[tuple[Cell, ...], ...]:
    """Without the blank columns right of everything printed: a sheet is wider than its table."""
    used = max((cell.column + cell.colspan - 1 for row in rows for cell in row if not cell.is_blank), default=0)
    return tuple(tuple(cell for cell in row if cell.column <= used) for row in rows)


def _text(value: Any) -> str:
    """A stored value as it would be printed: 3.0 is 3, 7730.28 keeps its digits."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, float):
        exact = Decimal(repr(value))
        return str(int(exact)) if exact == exact.to_integral_value() and abs(exact) < 10**15 else format(exact, "f")
    return str(value)
