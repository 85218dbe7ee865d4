"""Word (.docx): paragraphs and tables in document order, merged cells resolved, deleted text left out."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from typing import Any, Final

import docx
from docx.opc.exceptions import PackageNotFoundError
from lxml import etree

from parser.documents.container import check_zip
from parser.documents.document import Block, Document, Grid, GridLimits, Line, RawCell, resolve
from parser.documents.layout import holds_marker, unwrap
from parser.errors import UnreadableDocument
from parser.labels import normal

_W: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MC: Final = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_TRANSPARENT: Final = frozenset(
    {
        f"{_W}sdt",
        f"{_W}sdtContent",
        f"{_W}ins",
        f"{_W}smartTag",
        f"{_W}customXml",
        f"{_W}hyperlink",
        f"{_MC}AlternateContent",
        f"{_MC}Choice",
    }
)
_HIDDEN: Final = frozenset({f"{_W}del", f"{_W}moveFrom", f"{_MC}Fallback", f"{_W}instrText", f"{_W}pPr", f"{_W}rPr"})
_HEADING_STYLES: Final = ("heading", "title", "标题", "1", "2", "3")
_PROSE: Final = 400


def read_docx(data: bytes) -> Document:
    """A document from the bytes of a ``.docx``; UnreadableDocument where the package is damaged."""
    check_zip(data)
    try:
        package = docx.Document(io.BytesIO(data))
    except (
        PackageNotFoundError,
        zipfile.BadZipFile,
        KeyError,
        ValueError,
        etree.LxmlError,
        OSError,
        AttributeError,
    ) as error:
        message = f"the Word file is damaged ({error}); ask for it again or open and save it in Word"
        raise UnreadableDocument(message) from error
    reader = _Reader()
    reader.walk(package.element.body)
    notes = (
        (("grid.limits", "a table claims more cells than a report can have; it was cut"),)
        if reader.limits.exceeded
        else ()
    )
    return Document("docx", tuple(reader.blocks), notes=notes)


class _Reader:
    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.limits = GridLimits()
        self._grids = 0
        self._lines = 0

    def walk(self, parent: Any) -> None:
        for child in parent:
            if child.tag == f"{_W}p":
                self._paragraph(child)
            elif child.tag == f"{_W}tbl":
                self._table(child)
            elif child.tag in _TRANSPARENT:
                self.walk(child)

    def _paragraph(self, paragraph: Any) -> None:
        style = paragraph.find(f"{_W}pPr/{_W}pStyle")
        name = (style.get(f"{_W}val") or "").lower() if style is not None else ""
        heading = any(name == known or (len(known) > 1 and known in name) for known in _HEADING_STYLES)
        for text in _text(paragraph).split("\n"):
            if text.strip():
                self._lines += 1
                self.blocks.append(Line(text.strip(), self._lines, heading))
        for box in paragraph.iter(f"{_W}txbxContent"):
            if next(box.iterancestors(f"{_MC}Fallback"), None) is None:
                self.walk(box)

    def _table(self, table: Any) -> None:
        rows = [list(_cells(row)) for row in _children(table, f"{_W}tr")]
        cells = [cell for row in rows for cell in row]
        if _is_layout(cells):
            for cell in cells:
                self.walk(cell)
            return
        self._grids += 1
        for piece in unwrap(_grid(self._grids, rows, self.limits)):
            if isinstance(piece, Grid):
                self.blocks.append(piece)
                continue
            for text in piece.text.split("\n"):
                self._lines += 1
                self.blocks.append(Line(text, self._lines))


def _is_layout(cells: list[Any]) -> bool:
    """Whether a table only arranges the page: it holds other tables or paragraphs, and none of the forms' words."""
    texts = [_cell_text(cell) for cell in cells]
    own = normal("".join(text for text in texts if len(text) <= _PROSE))
    nested = any(next(cell.iterdescendants(f"{_W}tbl"), None) is not None for cell in cells)
    if nested or any(len(text) > _PROSE for text in texts):
        return nested or not holds_marker(own)
    return len(cells) == 1


def _grid(number: int, rows: list[list[Any]], limits: GridLimits) -> Grid:
    """Vertical merges become rowspans: a ``vMerge`` that restarts, and the cells that go on below it."""
    raw: list[list[RawCell]] = []
    open_cells: dict[int, RawCell] = {}
    for row in rows:
        line: list[RawCell] = []
        column = _skipped(row)
        line.extend(RawCell("") for _ in range(column))
        for cell in row:
            span = max(1, min(_number(cell, "gridSpan"), 1_000))
            merge = cell.find(f"{_W}tcPr/{_W}vMerge")
            above = open_cells.get(column)
            if merge is not None and merge.get(f"{_W}val") != "restart" and above is not None:
                above.rowspan += 1
                more = _cell_text(cell)
                if more:
                    above.text = f"{above.text}\n{more}".strip()
            else:
                item = RawCell(_cell_text(cell), 1, span)
                line.append(item)
                for covered in range(column, column + span):
                    open_cells.pop(covered, None)
                if merge is not None:
                    open_cells[column] = item
            column += span
        raw.append(line)
    return resolve(number, raw, limits)


def _skipped(row: list[Any]) -> int:
    """Grid columns a row leaves out at its beginning (w:gridBefore)."""
    if not row:
        return 0
    before = row[0].getparent().find(f"{_W}trPr/{_W}gridBefore")
    value = before.get(f"{_W}val") if before is not None else None
    return min(int(value), 100) if value is not None and value.isdigit() else 0


def _number(cell: Any, name: str) -> int:
    element = cell.find(f"{_W}tcPr/{_W}{name}")
    value = element.get(f"{_W}val") if element is not None else None
    return int(value) if value is not None and value.isdigit() else 1


def _children(parent: Any, tag: str) -> Iterator[Any]:
    for child in parent:
        if child.tag == tag:
            yield child
        elif child.tag in _TRANSPARENT:
            yield from _children(child, tag)


def _cells(row: Any) -> Iterator[Any]:
    yield from _children(row, f"{_W}tc")


def _cell_text(cell: Any) -> str:
    parts = (_text(paragraph).strip() for paragraph in cell.iter(f"{_W}p"))
    return "\n".join(part for part in parts if part)


def _text(paragraph: Any) -> str:
    parts: list[str] = []
    _gather(paragraph, parts)
    return "".join(parts)


def _gather(element: Any, parts: list[str]) -> None:
    for child in element:
        tag = child.tag
        if tag in _HIDDEN or tag == f"{_W}txbxContent" or not isinstance(tag, str):
            continue
        if tag == f"{_W}t":
            parts.append(child.text or "")
        elif tag == f"{_W}tab":
            parts.append(" ")
        elif tag in {f"{_W}br", f"{_W}cr"}:
            parts.append("\n")
        elif tag == f"{_W}noBreakHyphen":
            parts.append("-")
        else:
            _gather(child, parts)
