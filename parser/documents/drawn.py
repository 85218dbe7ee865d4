"""Pages as they are drawn (PDF, OFD): characters and ruled lines become paragraphs and grids, over page breaks too."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

from pdfplumber.table import cells_to_tables, edges_to_intersections, intersections_to_cells, merge_edges

from parser.documents.document import Block, Cell, Grid, Line
from parser.documents.text import is_page_number

_NEAR = 3.0  # points: edges of one ruled line, drawn for neighbouring cells
_NUMBERS_AT_END = re.compile(r"(?:\s[\d,.]+){3}$")
_BEGINS = re.compile(r"[一二三四五六七八九十]{1,2}[、.．]|[（(][一二三四五六七八九十]{1,2}[)）]|第[一二三四五六]部分")
_LONG = 24  # characters of a line: one in the print of an official letter has 28, its first 26
_LEAST_RULES = 3  # so many vertical rules ending at one height are a table's
Box = tuple[float, float, float, float]
Drawn = dict[str, Any]  # pdfplumber's own shape: x0, x1, top, bottom, and text and size or orientation, width, height
Piece = Line | Grid


@dataclass(frozen=True)
class DrawnPage:
    """One page: its characters (``text``, ``size``, box) and the edges of its rules, in points from the top left."""

    number: int
    height: float
    chars: Sequence[Drawn]
    edges: Sequence[Drawn]
    recognised: bool = False  # by OCR: ``confidence`` stands with each character


def blocks(pages: Iterable[DrawnPage]) -> list[Block]:
    """All pages in one stream: paragraphs and tables that go on over a page break are put together."""
    return _joined([(page.number, _pieces(page)) for page in pages])


def edge(x0: float, top: float, x1: float, bottom: float) -> Drawn:
    """A rule as an edge; horizontal where it is wider than high."""
    orientation = "h" if x1 - x0 >= bottom - top else "v"
    return {
        "object_type": "line", "x0": x0, "x1": x1, "top": top, "bottom": bottom, "width": x1 - x0, "height": bottom - top,
        "orientation": orientation,
    }  # fmt: skip


def _pieces(page: DrawnPage) -> list[Piece]:
    """The paragraphs and grids of one page, top to bottom."""
    grids: list[tuple[float, Box, Grid]] = []
    for boxes in tables(page.edges):
        grid = _grid(boxes, page)
        if grid is not None:
            outer = (
                min(b[0] for b in boxes),
                min(b[1] for b in boxes),
                max(b[2] for b in boxes),
                max(b[3] for b in boxes),
            )
            grids.append((outer[1], outer, grid))
    free = [char for char in page.chars if not any(_inside(char, box) for _, box, _ in grids)]
    pieces: list[tuple[float, Piece]] = [(top, grid) for top, _, grid in grids]
    pieces.extend(_paragraphs(free, [top for top, _, _ in grids], page.number, page.height))
    return [piece for _, piece in sorted(pieces, key=lambda pair: pair[0])]


def tables(edges: Sequence[Drawn]) -> list[list[Box]]:
    """The cells of each ruled table, as pdfplumber finds them."""
    drawn = [item for item in edges if item["height" if item["orientation"] == "v" else "width"] >= 1]
    drawn += _open_ends(drawn)
    merged = merge_edges(
        drawn, snap_x_tolerance=_NEAR, snap_y_tolerance=_NEAR, join_x_tolerance=_NEAR, join_y_tolerance=_NEAR
    )
    long = [item for item in merged if item["height" if item["orientation"] == "v" else "width"] >= _NEAR]
    return cells_to_tables(intersections_to_cells(edges_to_intersections(long, _NEAR, _NEAR)))


def _open_ends(edges: Sequence[Drawn]) -> list[Drawn]:
    """Lines to close tables with, where their vertical rules end at a page break and no horizontal one is drawn."""
    horizontal = [(item["top"], item["x0"], item["x1"]) for item in edges if item["orientation"] == "h"]
    ends: dict[int, list[Drawn]] = {}
    for item in edges:
        if item["orientation"] == "v":
            for y in (item["top"], item["bottom"]):
                ends.setdefault(round(y / _NEAR), []).append({"x": item["x0"], "y": y})
    closing: list[Drawn] = []
    for points in ends.values():
        x0, x1 = min(point["x"] for point in points), max(point["x"] for point in points)
        y = median(point["y"] for point in points)
        drawn = any(
            abs(top - y) <= _NEAR and left < x1 - _NEAR and right > x0 + _NEAR for top, left, right in horizontal
        )
        if len({round(point["x"] / _NEAR) for point in points}) >= _LEAST_RULES and not drawn:
            closing.append(edge(x0, y, x1, y))
    return closing


def _inside(char: Drawn, box: Box) -> bool:
    x, y = (char["x0"] + char["x1"]) / 2, (char["top"] + char["bottom"]) / 2
    return bool(box[0] - 1 <= x <= box[2] + 1 and box[1] - 1 <= y <= box[3] + 1)


def _grid(boxes: Sequence[Box], page: DrawnPage) -> Grid | None:
    """The grid of a ruled table, each cell with its place; a single box or column is no table."""
    xs, ys = (
        _edges([box[0] for box in boxes] + [box[2] for box in boxes]),
        _edges([box[1] for box in boxes] + [box[3] for box in boxes]),
    )
    if len(xs) < 3 or len(ys) < 2:
        return None
    inside: dict[int, list[Drawn]] = {index: [] for index in range(len(boxes))}
    placed = _Locator(boxes, xs, ys)
    for char in page.chars:
        index = placed.find((char["x0"] + char["x1"]) / 2, (char["top"] + char["bottom"]) / 2)
        if index is not None:
            inside[index].append(char)
    rows: list[list[Cell]] = [[] for _ in range(len(ys) - 1)]
    for index, box in enumerate(boxes):
        left, right, top, bottom = (_at(xs, box[0]), _at(xs, box[2]), _at(ys, box[1]), _at(ys, box[3]))
        text = _cell_text(inside[index], box)
        rounded = (round(box[0], 1), round(box[1], 1), round(box[2], 1), round(box[3], 1))
        spans = (max(1, bottom - top), max(1, right - left))
        rows[top].append(Cell(text, top + 1, left + 1, *spans, page.number, rounded, _confidence(inside[index], page)))
    return Grid(0, tuple(tuple(sorted(row, key=lambda cell: cell.column)) for row in rows), aligned=True)


def _confidence(chars: Sequence[Drawn], page: DrawnPage) -> float | None:
    """How sure a cell's least sure character is; a cell of a picture without ink is blank for certain."""
    if not page.recognised:
        return None
    return round(min((float(char["confidence"]) for char in chars), default=1.0), 3)


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


def _cell_text(chars: Sequence[Drawn], box: Box) -> str:
    lines = _text_lines(chars)
    texts = [_line_text(line).strip() for line in lines]
    texts_with_ends = [
        (text, max(char["x1"] for char in line)) for text, line in zip(texts, lines, strict=True) if text
    ]
    if len(texts_with_ends) > 1 and all(re.fullmatch(r"[\d.,]+", text) for text, _ in texts_with_ends):
        width = max((char["x1"] - char["x0"] for char in chars), default=0.0)
        full = all(box[2] - end < 2 * width for _, end in texts_with_ends[:-1])
        if full:  # a long number broken at the edge of a narrow cell, not two numbers
            return "".join(text for text, _ in texts_with_ends)
    return "\n".join(text for text, _ in texts_with_ends)


def _text_lines(chars: Sequence[Drawn]) -> list[list[Drawn]]:
    """Characters in lines: those whose middles lie within half a character's height."""
    lines: list[list[Drawn]] = []
    middle = 0.0
    for char in sorted(chars, key=lambda item: ((item["top"] + item["bottom"]) / 2, item["x0"])):
        y = (char["top"] + char["bottom"]) / 2
        if lines and abs(y - middle) <= 0.5 * max(char["bottom"] - char["top"], 4.0):
            lines[-1].append(char)
        else:
            lines.append([char])
            middle = y
    return [sorted(line, key=lambda item: item["x0"]) for line in lines]


def _line_text(line: Sequence[Drawn]) -> str:
    parts: list[str] = []
    end: float | None = None
    for char in line:
        if end is not None and char["x0"] - end > 0.6 * char.get("size", 10.0) and parts and not parts[-1].isspace():
            parts.append(" ")
        parts.append(char["text"])
        end = char["x1"]
    return "".join(parts)


def _paragraphs(chars: Sequence[Drawn], cuts: Sequence[float], page: int, height: float) -> list[tuple[float, Line]]:
    """Lines joined into paragraphs: a line goes on from one that reached the right margin, unless it is indented."""
    lines = [(line, _line_text(line).strip()) for line in _text_lines(chars)]
    lines = [(line, text) for line, text in lines if text and not _is_folio(line, text, height)]
    if not lines:
        return []
    left = min(line[0]["x0"] for line, _ in lines)
    right = max(line[-1]["x1"] for line, _ in lines)
    size = median(char.get("size", 10.0) for line, _ in lines for char in line)
    found: list[tuple[float, Line]] = []
    previous: Sequence[Drawn] | None = None
    for line, text in lines:
        top = line[0]["top"]
        goes_on = (
            previous is not None
            and previous[-1]["x1"] > right - 2.2 * size
            and line[0]["x0"] < left + 1.2 * size
            and _same_size(previous, line)
            and not _is_row(found[-1][1].text)
            and not _is_row(text)
            and not any(previous[0]["top"] < cut < top for cut in cuts)
        )
        if goes_on:
            found[-1] = (found[-1][0], replace(found[-1][1], text=found[-1][1].text + text))
        else:
            found.append((top, Line(text, 0, page=page)))
        previous = line
    return found


def _same_size(above: Sequence[Drawn], below: Sequence[Drawn]) -> bool:
    """Whether two lines are printed in one size; a title does not go on in its first paragraph."""
    one, other = (median(char.get("size", 10.0) for char in line) for line in (above, below))
    return bool(abs(one - other) <= 0.15 * max(one, other))


def _is_row(text: str) -> bool:
    """Whether a line is a row of a table without rules: three numbers or more at its end."""
    return _NUMBERS_AT_END.search(text) is not None


def _is_folio(line: Sequence[Drawn], text: str, height: float) -> bool:
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
            elif position == 0 and isinstance(last, Line) and page > 1 and _goes_on(last.text, piece.text):
                blocks[-1] = replace(last, text=last.text + piece.text)
            else:
                lines += 1
                blocks.append(replace(piece, number=lines))
    return blocks


def _goes_on(above: str, below: str) -> bool:
    """Whether a line at the foot of a page goes on at the head of the next: it is long, ends in no sign and is no title."""
    ended = above.rstrip().endswith(("。", "！", "？", "：", ":", "；", "”", "报告"))
    return len(above) > _LONG and not ended and _BEGINS.match(below) is None


def _same_columns(above: Grid, below: Grid) -> bool:
    """Whether two grids have the same outer edges and as many columns: halves of one table."""

    def edges(grid: Grid) -> tuple[float, float, int]:
        boxes = [cell.box for row in grid.rows for cell in row if cell.box is not None]
        return min(box[0] for box in boxes), max(box[2] for box in boxes), grid.width

    first, second = edges(above), edges(below)
    return abs(first[0] - second[0]) < 4 * _NEAR and abs(first[1] - second[1]) < 4 * _NEAR and first[2] == second[2]


def _append(above: Grid, below: Grid) -> Grid:
    """One grid of two halves."""
    more = (tuple(replace(cell, row=cell.row + len(above.rows)) for cell in row) for row in below.rows)
    return replace(above, rows=(*above.rows, *more))
