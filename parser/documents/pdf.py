"""PDF with a text layer: ruled tables as grids, the rest as paragraphs; page numbers and background boxes left out."""

from __future__ import annotations

import io
import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import replace
from statistics import median
from typing import Any

import pdfplumber
from pdfminer.pdfdocument import PDFPasswordIncorrect
from pdfplumber.utils.exceptions import MalformedPDFException, PdfminerException

from parser.documents.document import Block, Cell, Document, Grid, Line
from parser.documents.text import is_page_number
from parser.errors import UnreadableDocument, UnsupportedFormat
from parser.labels import squeeze

MAX_PAGES = 300  # a government's report with annexes has some 60
_NEAR = 3.0  # points: edges of one ruled line, drawn for neighbouring cells
_LEAST_CHARS = 20  # fewer on all pages together: a scan
_LEAST_RULES = 3  # so many vertical rules ending at one height are a table's
_WHITE = 0.97
_THIN = 3.0  # a filled rectangle thinner than this is a drawn line
_CID = re.compile(r"\(cid:\d+\)")
Box = tuple[float, float, float, float]


def read_pdf(data: bytes) -> Document:
    """A document from the bytes of a PDF.

    UnreadableDocument where it is damaged or locked, UnsupportedFormat where it has no text layer (a scan).
    """
    try:
        with pdfplumber.open(io.BytesIO(data)) as pdf:
            if len(pdf.pages) > MAX_PAGES:
                message = f"the PDF has {len(pdf.pages)} pages, more than {MAX_PAGES}; it is no report"
                raise UnreadableDocument(message)
            pages = [_page(page) for page in pdf.pages]
    except UnreadableDocument:
        raise
    except PdfminerException as error:
        if error.args and isinstance(error.args[0], PDFPasswordIncorrect):
            message = "the PDF is locked with a password; ask its publisher for an open copy"
            raise UnreadableDocument(message) from error
        raise _damaged(error) from error
    except (MalformedPDFException, ValueError, TypeError, KeyError, IndexError, AttributeError, OSError, RecursionError, AssertionError, ArithmeticError, LookupError) as error:
        # pdfminer lets whatever a broken object causes through (pdfminer.six issues 773, 1024)
        raise _damaged(error) from error
    text = "".join(piece for _, pieces in pages for piece, _ in _texts(pieces))
    readable = len(squeeze(_CID.sub("", text)))
    if readable < _LEAST_CHARS or len(_CID.findall(text)) > readable:
        raise UnsupportedFormat("scanned pdf", "it has no text layer; its pictures need the ocr extra (pip install 'xxgk[ocr]')")
    return Document("pdf", tuple(_joined(pages)))


def _damaged(error: Exception) -> UnreadableDocument:
    return UnreadableDocument(f"the PDF is cut or damaged ({type(error).__name__}); fetch it again or open it in a viewer")


Piece = Line | Grid


def _texts(pieces: Iterable[Piece]) -> Iterable[tuple[str, Piece]]:
    for piece in pieces:
        if isinstance(piece, Line):
            yield piece.text, piece
        else:
            for row in piece.rows:
                for cell in row:
                    yield cell.text, piece


def _page(page: Any) -> tuple[int, list[Piece]]:
    """The paragraphs and grids of one page, top to bottom."""
    number = page.page_number
    chars = [char for char in page.chars if char.get("upright", True)]
    ruled = page.filter(_is_ruling)
    grids: list[tuple[float, Box, Grid]] = []
    for table in ruled.find_tables({"explicit_horizontal_lines": _open_ends(ruled.edges)}):
        grid = _grid(table.cells, chars, number)
        if grid is not None:
            grids.append((table.bbox[1], table.bbox, grid))
    boxes = [box for _, box, _ in grids]
    free = [char for char in chars if not any(_inside(char, box) for box in boxes)]
    pieces: list[tuple[float, Piece]] = [(top, grid) for top, _, grid in grids]
    pieces.extend(_paragraphs(free, [top for top, _, _ in grids], number, page.height))
    page.close()
    return number, [piece for _, piece in sorted(pieces, key=lambda pair: pair[0])]


def _is_ruling(item: dict[str, Any]) -> bool:
    """Whether an object can draw a table: backgrounds (white or coloured areas without an outline) cannot."""
    if item.get("object_type") != "rect":
        return True
    if item["width"] <= _THIN or item["height"] <= _THIN:
        return not _is_white(item.get("non_stroking_color"))
    return bool(item.get("stroke")) and not _is_white(item.get("stroking_color"))


def _is_white(color: Any) -> bool:
    if isinstance(color, int | float):
        return color >= _WHITE
    if isinstance(color, list | tuple) and len(color) in {1, 3}:
        return all(isinstance(part, int | float) and part >= _WHITE for part in color)
    return isinstance(color, list | tuple) and len(color) == 4 and all(part == 0 for part in color)  # CMYK


def _open_ends(edges: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Lines to close tables with, where their vertical rules end at a page break and no horizontal one is drawn."""
    horizontal = [(edge["top"], edge["x0"], edge["x1"]) for edge in edges if edge["orientation"] == "h"]
    ends: dict[int, list[dict[str, Any]]] = {}
    for edge in edges:
        if edge["orientation"] == "v":
            for y in (edge["top"], edge["bottom"]):
                ends.setdefault(round(y / _NEAR), []).append({"x": edge["x0"], "y": y})
    closing: list[dict[str, Any]] = []
    for points in ends.values():
        x0, x1 = min(point["x"] for point in points), max(point["x"] for point in points)
        y = median(point["y"] for point in points)
        drawn = any(abs(top - y) <= _NEAR and left < x1 - _NEAR and right > x0 + _NEAR for top, left, right in horizontal)
        if len({round(point["x"] / _NEAR) for point in points}) >= _LEAST_RULES and not drawn:
            line = {"object_type": "line", "x0": x0, "x1": x1, "top": y, "bottom": y, "width": x1 - x0, "height": 0}
            closing.append({**line, "orientation": "h"})
    return closing


def _inside(char: dict[str, Any], box: Box) -> bool:
    x, y = (char["x0"] + char["x1"]) / 2, (char["top"] + char["bottom"]) / 2
    return bool(box[0] - 1 <= x <= box[2] + 1 and box[1] - 1 <= y <= box[3] + 1)


def _grid(boxes: Sequence[Box], chars: Sequence[dict[str, Any]], page: int) -> Grid | None:
    """The grid of a ruled table, each cell with its place; a single box or column is no table."""
    xs, ys = _edges([box[0] for box in boxes] + [box[2] for box in boxes]), _edges([box[1] for box in boxes] + [box[3] for box in boxes])
    if len(xs) < 3 or len(ys) < 2:
        return None
    inside: dict[int, list[dict[str, Any]]] = {index: [] for index in range(len(boxes))}
    placed = _Locator(boxes, xs, ys)
    for char in chars:
        index = placed.find((char["x0"] + char["x1"]) / 2, (char["top"] + char["bottom"]) / 2)
        if index is not None:
            inside[index].append(char)
    rows: list[list[Cell]] = [[] for _ in range(len(ys) - 1)]
    for index, box in enumerate(boxes):
        left, right, top, bottom = (_at(xs, box[0]), _at(xs, box[2]), _at(ys, box[1]), _at(ys, box[3]))
        text = _cell_text(inside[index], box)
        rounded = (round(box[0], 1), round(box[1], 1), round(box[2], 1), round(box[3], 1))
        rows[top].append(Cell(text, top + 1, left + 1, max(1, bottom - top), max(1, right - left), page, rounded))
    return Grid(0, tuple(tuple(sorted(row, key=lambda cell: cell.column)) for row in rows), aligned=True)


class _Locator:
    """Which cell a point lies in, by the slots of the grid."""

    def __init__(self, boxes: Sequence[Box], xs: Sequence[float], ys: Sequence[float]) -> None:
        self._xs, self._ys = xs, ys
        self._slots: dict[tuple[int, int], int] = {}
        for index, box in enumerate(boxes):
            for column in range(_at(xs, box[0]), _at(xs, box[2])):
                for row in range(_at(ys, box[1]), _at(ys, box[3])):
                    self._slots[column, row] = index

    def find(self, x: float, y: float) -> int | None:
        column, row = bisect_right(self._xs, x) - 1, bisect_right(self._ys, y) - 1
        return self._slots.get((column, row))


def _edges(values: Iterable[float]) -> list[float]:
    """Sorted positions, those nearer than a line is wide taken as one."""
    edges: list[float] = []
    for value in sorted(values):
        if not edges or value - edges[-1] > _NEAR:
            edges.append(value)
    return edges


def _at(edges: Sequence[float], value: float) -> int:
    return min(range(len(edges)), key=lambda index: abs(edges[index] - value))


def _cell_text(chars: Sequence[dict[str, Any]], box: Box) -> str:
    lines = _text_lines(chars)
    texts = [_line_text(line).strip() for line in lines]
    texts_with_ends = [(text, max(char["x1"] for char in line)) for text, line in zip(texts, lines, strict=True) if text]
    if len(texts_with_ends) > 1 and all(re.fullmatch(r"[\d.,]+", text) for text, _ in texts_with_ends):
        width = max((char["x1"] - char["x0"] for char in chars), default=0.0)
        full = all(box[2] - end < 2 * width for _, end in texts_with_ends[:-1])
        if full:  # a long number broken at the edge of a narrow cell, not two numbers
            return "".join(text for text, _ in texts_with_ends)
    return "\n".join(text for text, _ in texts_with_ends)


def _text_lines(chars: Sequence[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Characters in lines: those whose middles lie within half a character's height."""
    lines: list[list[dict[str, Any]]] = []
    middle = 0.0
    for char in sorted(chars, key=lambda item: ((item["top"] + item["bottom"]) / 2, item["x0"])):
        y = (char["top"] + char["bottom"]) / 2
        if lines and abs(y - middle) <= 0.5 * max(char["bottom"] - char["top"], 4.0):
            lines[-1].append(char)
        else:
            lines.append([char])
            middle = y
    return [sorted(line, key=lambda item: item["x0"]) for line in lines]


def _line_text(line: Sequence[dict[str, Any]]) -> str:
    parts: list[str] = []
    end: float | None = None
    for char in line:
        if end is not None and char["x0"] - end > 0.6 * char.get("size", 10.0) and parts and not parts[-1].isspace():
            parts.append(" ")
        parts.append(char["text"])
        end = char["x1"]
    return "".join(parts)


def _paragraphs(
    chars: Sequence[dict[str, Any]], cuts: Sequence[float], page: int, height: float
) -> list[tuple[float, Line]]:
    """Lines joined into paragraphs: a line goes on from one that reached the right margin, unless it is indented."""
    lines = [(line, _line_text(line).strip()) for line in _text_lines(chars)]
    lines = [(line, text) for line, text in lines if text and not _is_folio(line, text, height)]
    if not lines:
        return []
    left = min(line[0]["x0"] for line, _ in lines)
    right = max(line[-1]["x1"] for line, _ in lines)
    size = median(char.get("size", 10.0) for line, _ in lines for char in line)
    found: list[tuple[float, Line]] = []
    open_until: float | None = None  # where the previous line ended
    previous_top = 0.0
    for line, text in lines:
        top = line[0]["top"]
        goes_on = (
            open_until is not None
            and open_until > right - 2.2 * size
            and line[0]["x0"] < left + 1.2 * size
            and not any(previous_top < cut < top for cut in cuts)
        )
        if goes_on and found:
            found[-1] = (found[-1][0], replace(found[-1][1], text=found[-1][1].text + text))
        else:
            found.append((top, Line(text, 0, page=page)))
        open_until = line[-1]["x1"]
        previous_top = top
    return found


def _is_folio(line: Sequence[dict[str, Any]], text: str, height: float) -> bool:
    margin = line[0]["top"] > 0.88 * height or line[0]["top"] < 0.08 * height
    return margin and is_page_number(text)


def _joined(pages: Sequence[tuple[int, list[Piece]]]) -> list[Block]:
    """All pages in one stream: paragraphs and tables that go on over a page break are put together."""
    blocks: list[Block] = []
    grids = lines = 0
    for page, pieces in pages:
        for position, piece in enumerate(pieces):
            last = blocks[-1] if blocks else None
            if isinstance(piece, Grid):
                if position == 0 and isinstance(last, Grid) and page > 1 and _same_columns(last, piece):
                    blocks[-1] = _append(last, piece)
                    continue
                grids += 1
                blocks.append(replace(piece, number=grids))
            elif position == 0 and isinstance(last, Line) and page > 1 and _unfinished(last.text):
                blocks[-1] = replace(last, text=last.text + piece.text)
            else:
                lines += 1
                blocks.append(replace(piece, number=lines))
    return blocks


def _unfinished(text: str) -> bool:
    return len(text) > 40 and not text.rstrip().endswith(("。", "！", "？", "：", ":", "；", "”"))


def _same_columns(above: Grid, below: Grid) -> bool:
    """Whether two grids have the same outer edges and as many columns: halves of one table."""
    def edges(grid: Grid) -> tuple[float, float, int]:
        boxes = [cell.box for row in grid.rows for cell in row if cell.box is not None]
        return min(box[0] for box in boxes), max(box[2] for box in boxes), grid.width

    first, second = edges(above), edges(below)
    return abs(first[0] - second[0]) < 4 * _NEAR and abs(first[1] - second[1]) < 4 * _NEAR and first[2] == second[2]


def _append(above: Grid, below: Grid) -> Grid:
    """One grid of two halves; a row cut by the page break is put together again."""
    rows = list(above.rows)
    more = [tuple(replace(cell, row=cell.row + len(above.rows)) for cell in row) for row in below.rows]
    if rows and more and _is_rest(rows[-1], more[0]):
        rows[-1] = tuple(
            replace(cell, text="\n".join(part for part in (cell.text, rest.text) if part))
            for cell, rest in zip(rows[-1], more[0], strict=True)
        )
        more = more[1:]
    return replace(above, rows=(*rows, *more))


def _is_rest(last: Sequence[Cell], first: Sequence[Cell]) -> bool:
    """Whether the first row after a page break is the rest of the last one: words go on, and no value stands twice."""
    if len(last) != len(first) or any(a.column != b.column for a, b in zip(last, first, strict=True)):
        return False
    both = [(a, b) for a, b in zip(last, first, strict=True) if a.text and b.text]
    only_below = [b for a, b in zip(last, first, strict=True) if b.text and not a.text]
    values_twice = any(any(char.isdigit() for char in b.text[:1]) for _, b in both)
    if not both or values_twice:
        return False
    blank_values = [b for _, b in zip(last, first, strict=True) if not b.text]
    return len(blank_values) >= len(first) - len(both) and not only_below
