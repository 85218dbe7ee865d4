"""An evidence sheet: a claim, what it rests on, and a picture of the place, on one page of A4.

The same archive gives the same bytes: nothing on it is of the moment when it was drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from threading import Lock

from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from archive.viewing.showing import Cutting, Evidence
from archive.web.evidence.fonts import font_for
from archive.web.evidence.paper import Grid, Pen, leading, wrapped
from parser.marking import Excerpt
from parser.marking.safe import harmless

_MARGIN = 42.0
_WIDTH = A4[0] - 2 * _MARGIN
_NAMES = 92.0  # the column of names
_HEADING, _CLAIM, _PLAIN, _SMALL = 15.0, 10.5, 8.5, 7.5
_GAP = 7.0
_VALUE_LINES, _CLAIM_LINES = 3, 6
_SIZES = (7.5, 6.5, 5.5, 4.8)  # of a table, until it fits
_MARK = (1.0, 0.88, 0.54)
_MOST_COLUMNS = 40  # of a table that anybody could read here
_DRAWING = Lock()


@dataclass(frozen=True)
class Words:
    """The sheet's own words in one language; ``page`` says which page of the document a picture is of."""

    heading: str
    place: str
    verify: str
    cut: str
    page: Callable[[int], str]


@dataclass(frozen=True)
class Claim:
    """What a sheet says. ``facts`` are names with values; ``shown`` is the place, or a sentence why it is not drawn."""

    title: str
    said: str
    facts: tuple[tuple[str, str], ...]
    shown: Evidence | str
    how: str


def draw(claim: Claim, words: Words) -> bytes:
    """The sheet as a PDF; one at a time, since a font that is embedded is read from one place for all."""
    with _DRAWING:
        return _drawn(claim, words)


def _drawn(claim: Claim, words: Words) -> bytes:
    out = BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=1)
    canvas.setTitle(harmless(claim.title))
    canvas.setCreator("xxgk")
    pen = Pen(canvas, font_for(_text_of(claim, words)))
    top = pen.text(f"{words.heading} · {harmless(claim.title)}", _MARGIN, A4[1] - _MARGIN, _WIDTH, _HEADING, 2)
    top = _boxed(pen, harmless(claim.said), top - _GAP)
    for name, value in claim.facts:
        top = _fact(pen, name, harmless(value), top)
    how = wrapped(claim.how, pen.font, _SMALL, _WIDTH)
    bottom = _MARGIN + len(how) * leading(_SMALL)
    pen.lines(how, _MARGIN, bottom, _SMALL)
    bottom = bottom + leading(_PLAIN)
    pen.lines([words.verify], _MARGIN, bottom, _PLAIN)
    _rule(canvas, bottom + _GAP / 2)
    _rule(canvas, top - _GAP / 2)
    top = pen.lines([words.place], _MARGIN, top - _GAP, _PLAIN) - _GAP / 2
    _place(pen, claim.shown, words, top, bottom + _GAP)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def _text_of(claim: Claim, words: Words) -> str:
    """Every character that is set in it."""
    own = (words.heading, words.place, words.verify, words.cut, words.page(0), "0123456789…")
    said = (claim.title, claim.said, claim.how, *(part for fact in claim.facts for part in fact))
    shown = [claim.shown] if isinstance(claim.shown, str) else list(_texts(claim.shown.excerpts))
    return harmless("".join((*own, *said, *shown)))


def _texts(excerpts: Sequence[Excerpt]) -> Iterator[str]:
    for excerpt in excerpts:
        yield from (cell.text for row in excerpt.rows for cell in row.cells)
        yield from (line.text for line in excerpt.lines)


def _boxed(pen: Pen, said: str, top: float) -> float:
    """The claim in a box."""
    lines = wrapped(said, pen.font, _CLAIM, _WIDTH - 12, _CLAIM_LINES)
    height = len(lines) * leading(_CLAIM) + 8
    pen.canvas.setFillColorRGB(0.95, 0.96, 0.98)
    pen.canvas.setStrokeColorRGB(0.11, 0.31, 0.57)
    pen.canvas.rect(_MARGIN, top - height, _WIDTH, height, stroke=1, fill=1)
    pen.canvas.setFillColorRGB(0, 0, 0)
    pen.lines(lines, _MARGIN + 6, top - 4, _CLAIM)
    return top - height - _GAP


def _fact(pen: Pen, name: str, value: str, top: float) -> float:
    pen.canvas.setFillColorRGB(0.3, 0.35, 0.4)
    pen.lines([name], _MARGIN, top, _PLAIN)
    pen.canvas.setFillColorRGB(0, 0, 0)
    return pen.text(value, _MARGIN + _NAMES, top, _WIDTH - _NAMES, _PLAIN, _VALUE_LINES)


def _rule(canvas: Canvas, y: float) -> None:
    canvas.setStrokeColorRGB(0.6, 0.65, 0.7)
    canvas.setLineWidth(0.5)
    canvas.line(_MARGIN, y, _MARGIN + _WIDTH, y)


def _place(pen: Pen, shown: Evidence | str, words: Words, top: float, bottom: float) -> None:
    """The picture of the place, as much of it as there is room for."""
    if isinstance(shown, str):
        pen.text(shown, _MARGIN, top, _WIDTH, _PLAIN, 4)
        return
    parts: tuple[Cutting | Excerpt, ...] = (*shown.cuttings, *shown.excerpts)
    for at, part in enumerate(parts):
        room = top - bottom - leading(_SMALL) * 2
        lower = (
            _cutting(pen, part, words, top, room)
            if isinstance(part, Cutting)
            else _excerpt(pen, part, words, top, room)
        )
        if lower is None:
            pen.lines([f"{words.cut} +{len(parts) - at}"], _MARGIN, top, _SMALL)
            return
        top = lower - _GAP


def _cutting(pen: Pen, cutting: Cutting, words: Words, top: float, room: float) -> float | None:
    """A strip of a page, fitted into the room; null where there is none."""
    image = ImageReader(BytesIO(cutting.png))
    wide, high = image.getSize()
    scale = float(min(_WIDTH / wide, (room - leading(_SMALL)) / high))
    if scale * wide < _WIDTH / 4:  # nobody could read it
        return None
    top = pen.lines([words.page(cutting.page)], _MARGIN, top, _SMALL)
    pen.canvas.drawImage(image, _MARGIN, top - high * scale, wide * scale, high * scale)
    pen.canvas.setStrokeColorRGB(0.46, 0.46, 0.46)
    pen.canvas.rect(_MARGIN, top - high * scale, wide * scale, high * scale, stroke=1, fill=0)
    return top - float(high) * scale


def _excerpt(pen: Pen, excerpt: Excerpt, words: Words, top: float, room: float) -> float | None:
    """Rows of a table, or lines; null where there is no room."""
    if excerpt.rows:
        return _grid(pen, excerpt, words, top, room)
    for line in excerpt.lines:
        lines = wrapped(line.text, pen.font, _PLAIN, _WIDTH - 8, 8)
        height = len(lines) * leading(_PLAIN) + 2
        if height > room:
            return None
        if line.marked:
            pen.canvas.setFillColorRGB(*_MARK)
            pen.canvas.rect(_MARGIN, top - height, _WIDTH, height, stroke=1, fill=1)
            pen.canvas.setFillColorRGB(0, 0, 0)
        pen.lines(lines, _MARGIN + 4, top - 1, _PLAIN)
        top, room = top - height, room - height
    return top


def _grid(pen: Pen, excerpt: Excerpt, words: Words, top: float, room: float) -> float | None:
    """In the largest size in which it fits; where it fits in none, the rows that are marked alone, as many as go in."""
    if excerpt.width > _MOST_COLUMNS:
        return None
    for size in _SIZES:
        grid = Grid(excerpt, pen.font, size, _WIDTH)
        if grid.height <= room:
            grid.draw(pen, _MARGIN, top)
            return top - grid.height
    rows = [row for row in excerpt.rows if row.head or any(cell.marked for cell in row.cells)]
    while rows:
        rows = rows[: len(rows) * 3 // 4]
        grid = Grid(excerpt.model_copy(update={"rows": tuple(rows)}), pen.font, _SIZES[-1], _WIDTH)
        if rows and grid.height <= room - leading(_SMALL):
            grid.draw(pen, _MARGIN, top)
            return pen.lines([words.cut], _MARGIN, top - grid.height, _SMALL)
    return None
