"""XLSX: a workbook to a table, with a second sheet that says what the columns are; further files where a sheet is full."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.writer.excel import ExcelWriter

from archive.corpus.columns import Column, Kind, Table
from archive.corpus.rows import Columns
from archive.corpus.selection import Part
from archive.corpus.values import Left, plain
from archive.corpus.writing import Files, Manner, cleaned, moment
from archive.formulas import defuse_printed

ROWS = 1_048_576  # of a sheet, the headings among them
LONGEST = 32_767  # characters of a cell
_DIGITS = 10**15  # from here on a spreadsheet rounds whole numbers
_MADE = datetime(1980, 1, 1)  # noqa: DTZ001 - what a zip file can say; when it was made would change its bytes
_OF_COLUMNS = ("name", "title", "type", "unit", "description")


class _Books:
    """The workbooks of one table."""

    def __init__(self, path: Path, table: Table, manner: Manner, left: Left, rows: int) -> None:
        self._path = path
        self._table = table
        self._chinese = manner.chinese
        self._left = left
        self._most = rows
        self._closed: list[tuple[Path, int]] = []
        self._begin()

    def write(self, columns: Columns) -> None:
        cells = [
            _cells(column, values, self._text) for column, values in zip(self._table.columns, columns, strict=True)
        ]
        for row in zip(*cells, strict=True):
            if self._rows + 1 == self._most:
                self._end()
                self._begin()
            self._sheet.append(row)
            self._rows += 1

    def close(self) -> list[tuple[Path, int]]:
        self._end()
        return self._closed

    def abandon(self) -> None:
        """Let go of the file that openpyxl keeps beside."""
        if not self._sheet.closed:
            self._sheet.close()
        self._sheet._writer.cleanup()  # noqa: SLF001 - nothing public removes it

    def _begin(self) -> None:
        self._rows = 0
        self._book = Workbook(write_only=True)
        self._book.properties.created = self._book.properties.modified = _MADE
        self._book.properties.creator = "xxgk"
        self._sheet: Any = self._book.create_sheet(self._table.name)
        self._sheet.freeze_panes = "A2"
        self._sheet.append(_bold(self._sheet, self._table.headings(chinese=self._chinese)))

    def _end(self) -> None:
        last = get_column_letter(len(self._table.columns))
        self._sheet.auto_filter.ref = f"A1:{last}{self._rows + 1}"
        _describe(self._book, self._table)
        number = len(self._closed)
        path = self._path if not number else self._path.with_stem(f"{self._path.stem}-{number + 1}")
        ExcelWriter(self._book, _Dateless(path)).save()
        self._closed.append((path, self._rows))

    def _text(self, text: str) -> str:
        safe = defuse_printed(cleaned(text))
        if len(safe) > LONGEST:
            self._left.cut += 1
            safe = safe[:LONGEST]
        return safe


class _Dateless(ZipFile):
    """A zip file that does not say when it was made."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, "w", ZIP_DEFLATED, allowZip64=True)

    def writestr(self, zinfo_or_arcname: ZipInfo | str, data: Any, *_: Any, **__: Any) -> None:
        name = zinfo_or_arcname.filename if isinstance(zinfo_or_arcname, ZipInfo) else zinfo_or_arcname
        super().writestr(_info(name), data)

    def write(self, filename: Any, arcname: Any = None, *_: Any, **__: Any) -> None:
        source = Path(filename)
        info = _info(str(arcname or source.name))
        info.file_size = source.stat().st_size  # so that it knows whether it needs the large form
        with source.open("rb") as file, self.open(info, "w") as member:
            while piece := file.read(1 << 20):
                member.write(piece)


def writer(folder: Path, manner: Manner, left: Left, *, rows: int = ROWS) -> Files:
    """What writes a workbook to a table, of ``rows`` to a sheet at most; ``left`` counts the texts that were cut."""

    def opener(path: Path, table: Table, part: Part | None) -> _Books:
        del part
        return _Books(path, table, manner, left, rows)

    return Files(folder, ".xlsx", opener, parted=False)


def _info(name: str) -> ZipInfo:
    info = ZipInfo(name, _MADE.timetuple()[:6])
    info.compress_type = ZIP_DEFLATED
    return info


def _describe(book: Any, table: Table) -> None:
    sheet = book.create_sheet("columns")
    sheet.freeze_panes = "A2"
    sheet.append(_bold(sheet, _OF_COLUMNS))
    for column in table.columns:
        sheet.append([column.name, column.title, str(column.kind), column.unit, column.description])


def _bold(sheet: Any, headings: Any) -> Iterator[Any]:
    for heading in headings:
        cell = WriteOnlyCell(sheet, value=heading)
        cell.font = Font(bold=True)
        yield cell


def _cells(column: Column, values: Any, text: Callable[[str], str]) -> Iterator[Any]:
    match column.kind:
        case Kind.TEXT:
            return (None if value is None else text(value) for value in values)
        case Kind.WHOLE | Kind.DECIMAL:
            return (None if value is None else _number(value) for value in values)
        case Kind.MOMENT:
            return (None if value is None else moment(value) for value in values)
        case Kind.DAY:
            return iter(values)


def _number(value: int | Decimal) -> Any:
    """The number, or its digits as text where a spreadsheet would round them: it keeps fifteen."""
    if isinstance(value, int):
        return value if -_DIGITS < value < _DIGITS else str(value)
    return value if len(value.normalize().as_tuple().digits) <= 15 else plain(value)
