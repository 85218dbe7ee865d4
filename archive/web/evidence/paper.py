"""Paper: text set into a width, and tables drawn cell by cell, from the top of a page downwards. Lengths are in points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from archive.web.evidence.fonts import BY_NAME
from parser.marking import Excerpt, ExcerptCell

_LATIN = "Helvetica"
_LEADING = 1.32  # of the size
_BACK = 24  # characters that may be carried over so that a word stays whole
_MARK = (1.0, 0.88, 0.54)
_RIM = (0.54, 0.29, 0.0)
_GRID = (0.46, 0.46, 0.46)
_HEAD = (0.94, 0.95, 0.97)
_PAD = 2.5
_NARROWEST, _WIDEST = 16.0, 150.0  # of a column before all of them are fitted into the page
_CELL_LINES = 6
_MATTERS = 60  # characters: more are wider than any column


def _width(sign: str, font: str, size: float) -> float:
    return float(stringWidth(sign, _of(sign, font), size))


def _of(sign: str, font: str) -> str:
    """The font of a character: letters and digits of ours are embedded in no reader's Chinese font alike."""
    return _LATIN if font == BY_NAME and sign.isascii() else font


def leading(size: float) -> float:
    """From one line to the next."""
    return size * _LEADING


def wrapped(text: str, font: str, size: float, width: float, most: int = 1000) -> list[str]:
    """The lines of a text no wider than that, at most so many; what is left out is told by an ellipsis."""
    lines: list[str] = []
    for paragraph in text.splitlines() or [""]:
        rest = paragraph.strip()
        while rest:
            line = _fitting(rest, font, size, width)
            lines.append(line.rstrip())
            rest = rest[len(line) :].lstrip()
            if len(lines) > most:
                return [*lines[: most - 1], f"{lines[most - 1][:-1]}…"]
    return lines or [""]


def _fitting(text: str, font: str, size: float, width: float) -> str:
    """As much of a text as goes into a line; a character at least."""
    used = 0.0
    for at, sign in enumerate(text):
        used += _width(sign, font, size)
        if used > width and at:
            space = text.rfind(" ", max(1, at - _BACK), at)
            return text[: space + 1] if space > 0 else text[:at]
    return text


@dataclass(frozen=True)
class Pen:
    """Draws in one font on one page."""

    canvas: Canvas
    font: str

    def lines(self, lines: Sequence[str], x: float, top: float, size: float) -> float:
        """Set lines below ``top``; where they end."""
        for line in lines:
            at = x
            for font, run in groupby(line, key=lambda sign: _of(sign, self.font)):
                words = "".join(run)
                self.canvas.setFont(font, size)
                self.canvas.drawString(at, top - size, words)
                at += stringWidth(words, font, size)
            top -= leading(size)
        return top

    def text(self, text: str, x: float, top: float, width: float, size: float, most: int = 1000) -> float:
        """Set a text into a width; where it ends."""
        return self.lines(wrapped(text, self.font, size, width, most), x, top, size)


@dataclass(frozen=True)
class _Set:
    cell: ExcerptCell
    row: int
    left: float
    right: float
    lines: tuple[str, ...]


class Grid:
    """Rows of a table, set into a width at a size; ``height`` is what they take."""

    def __init__(self, excerpt: Excerpt, font: str, size: float, width: float) -> None:
        self._size = size
        self._heads = [row.head for row in excerpt.rows]
        rows = [_placed(excerpt, row.cells) for row in excerpt.rows]
        edges = _edges(rows, font, size, width)
        self._cells = [
            _Set(cell, number, edges[at], edges[end], tuple(_lines(cell, font, size, edges[end] - edges[at])))
            for number, row in enumerate(rows)
            for cell, at in row
            for end in [min(at + max(1, cell.colspan), len(edges) - 1)]
        ]
        self._heights = self._row_heights(len(rows))
        self.height = sum(self._heights)

    def _row_heights(self, count: int) -> list[float]:
        heights = [leading(self._size) + 2 * _PAD] * count
        for each in sorted(self._cells, key=lambda each: each.cell.rowspan):
            span = range(each.row, min(each.row + max(1, each.cell.rowspan), count))
            lacking = len(each.lines) * leading(self._size) + 2 * _PAD - sum(heights[row] for row in span)
            if lacking > 0:
                heights[span[-1]] += lacking
        return heights

    def draw(self, pen: Pen, x: float, top: float) -> None:
        """Draw it, what is marked last so that its rim is whole."""
        for each in sorted(self._cells, key=lambda each: each.cell.marked):
            above = sum(self._heights[: each.row])
            height = sum(self._heights[each.row : each.row + max(1, each.cell.rowspan)])
            self._box(pen, each, x + each.left, top - above - height, height)

    def _box(self, pen: Pen, each: _Set, x: float, bottom: float, height: float) -> None:
        canvas, marked = pen.canvas, each.cell.marked
        canvas.setFillColorRGB(*(_MARK if marked else _HEAD if self._heads[each.row] else (1, 1, 1)))
        canvas.setStrokeColorRGB(*(_RIM if marked else _GRID))
        canvas.setLineWidth(1.8 if marked else 0.5)
        canvas.rect(x, bottom, each.right - each.left, height, stroke=1, fill=1)
        canvas.setFillColorRGB(0, 0, 0)
        pen.lines(each.lines, x + _PAD, bottom + height - _PAD, self._size)


def _placed(excerpt: Excerpt, cells: Sequence[ExcerptCell]) -> list[tuple[ExcerptCell, int]]:
    """The cells of a row with their column from 0; where the columns of a table are not known, their order."""
    if excerpt.aligned:
        return [(cell, cell.column - 1) for cell in cells]
    return [(cell.model_copy(update={"colspan": 1}), at) for at, cell in enumerate(cells)]


def _edges(rows: Sequence[Sequence[tuple[ExcerptCell, int]]], font: str, size: float, width: float) -> list[float]:
    """Where the columns begin and end: by what stands in them, together no wider than the page."""
    count = max((at + max(1, cell.colspan) for row in rows for cell, at in row), default=1)
    wide = [_NARROWEST] * count
    for cell, at in sorted((pair for row in rows for pair in row), key=lambda pair: pair[0].colspan):
        span = range(at, at + max(1, cell.colspan))  # the narrow cells first: a wide one takes what they leave
        natural = max((_natural(line, font, size) for line in cell.text.splitlines()), default=0.0)
        lacking = min(natural + 2 * _PAD + 1, _WIDEST) - sum(wide[column] for column in span)
        if lacking > 0:
            for column in span:
                wide[column] += lacking / len(span)
    total = sum(wide)
    shrunk = [each * min(1.0, width / total) for each in wide]
    edges = [0.0]
    for each in shrunk:
        edges.append(edges[-1] + each)
    return edges


def _natural(line: str, font: str, size: float) -> float:
    """The width of a line, as far as it matters."""
    return sum(_width(sign, font, size) for sign in line[:_MATTERS])


def _lines(cell: ExcerptCell, font: str, size: float, width: float) -> list[str]:
    return wrapped(cell.text, font, size, max(width - 2 * _PAD, size), _CELL_LINES)
