"""Scans and pictures: ruled lines give the cells, each cell's own pixels are read, what stands around them is detected.

A cell is read alone, so that no number reaches over a rule; and a value that two readings or the count of its glyphs
do not agree on gets confidence 0. A number is never wrong; it may be missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pypdfium2 as pdfium
from PIL import Image

from parser.documents import ocr
from parser.documents.document import UNREAD, Document
from parser.documents.drawn import Box, Drawn, DrawnPage, blocks, edge, tables
from parser.documents.frames import A4_WIDTH, MAX_PAGES, frames
from parser.documents.raster import (
    Area,
    Gray,
    Mask,
    grain,
    gray,
    groups,
    ink,
    rules,
    smooth,
    specks,
    straightened,
    text_lines,
)
from parser.documents.recognition import Character, Recogniser, recogniser
from parser.effort import Effort, announce
from parser.errors import UnreadableDocument

RESOLUTION = 200.0  # dots an inch: a digit of the forms is 15 pixels high
_COARSEST = 36.0
_MAX_WORK = 16_000_000  # of the page as it is read
_LEAST_ACROSS = 30.0  # points: shorter strokes belong to characters; a table's rules run over several columns
_LEAST_DOWN = 8.0  # points: the rows of a table are higher
_THICKEST = 3.0
_TOUCH = 2.0  # points between the end of a rule and the rule it ends at
_INSET = 1.6  # points: a cell's box runs along the middle of its rules
_SEARCHED = 110.0  # dots an inch are enough to find lines of text
_MARGIN = 0.18  # of a line's height: what is left around it
_CLOSE, _WIDE = 0.12, 0.3  # the margins of the two readings of a value
_LONE = {_CLOSE: 3, _WIDE: 2}  # how often a lone glyph is shown in each
_GRAIN = 0.02  # of the scale from black to white: paper this rough is smoothed before it is read
_LEAST_HIGH = 6  # pixels of the picture as it came: 8-point digits at 80 dots an inch
_LEAST_INK = 6  # pixels: fewer are dust
_WIDEST_STEP = 1.05  # times their height: digits further apart may have a point between them that faded
_NUMBERLIKE = re.compile(r"[-+－—–]?\d[\d.,，．]*")
_DIGIT = re.compile(r"\d")
_LONE_STROKES = {"一", "_", "ー", "~", "－", "–", "-"}


def read_pictures(files: Iterable[bytes]) -> Document:
    """A document from pictures in their order, several pages where one is a TIFF; UnreadableDocument where one is damaged."""
    announce(Effort.RECOGNITION)
    found = blocks(recognised(page, number, A4_WIDTH) for number, page in enumerate(frames(files), 1))
    return Document("image", tuple(found), notes=(ocr.NOTE,))


def scanned_page(data: bytes, number: int, already: int, dots: float = RESOLUTION) -> DrawnPage:
    """A page of a PDF, drawn by PDFium and recognised.

    ``already`` counts those of the document, this one among them; ``dots`` an inch is what its own picture has.
    """
    if already > MAX_PAGES:
        message = f"the PDF has more than {MAX_PAGES} pages that are pictures; ask its publisher for one with text"
        raise UnreadableDocument(message)
    if already == 1:
        announce(Effort.RECOGNITION)
    try:
        with pdfium.PdfDocument(data) as document:
            page = document[number - 1]
            width, height = page.get_size()
            scale = min(max(_COARSEST, dots), RESOLUTION) / 72
            scale = min(scale, (_MAX_WORK / max(1.0, width * height)) ** 0.5)
            picture = page.render(scale=scale).to_pil().convert("RGB")
    except pdfium.PdfiumError as error:
        message = f"page {number} of the PDF cannot be drawn ({error}); open it in a viewer"
        raise UnreadableDocument(message) from error
    return recognised(picture, number, width)


def recognised(picture: Image.Image, number: int, width: float) -> DrawnPage:
    """One page as drawn; ``width`` is that of the page in points."""
    scale = min(width * RESOLUTION / 72 / picture.width, (_MAX_WORK / (picture.width * picture.height)) ** 0.5)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    points = width / size[0]
    upright = straightened(picture.resize(size, Image.Resampling.LANCZOS))
    page = _Scan(upright, points, round(_LEAST_HIGH * max(1.0, scale)))
    chars = [*page.cells(recogniser()), *page.prose(recogniser())]
    return DrawnPage(number, size[1] * points, chars, page.edges, recognised=True)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A line of text within a box of pixels it must not leave."""

    area: Area
    within: Area


class _Scan:
    """One page: its rules and tables, and the two ways its characters are found."""

    def __init__(self, picture: Image.Image, points: float, least_high: int) -> None:
        self._points = points  # a pixel
        self._least_high = least_high  # pixels: smaller digits are not borne out
        page = gray(picture).copy()
        if grain(page) > _GRAIN:
            page = smooth(page)
        dark = ink(page)
        dust = specks(dark)
        page[dust], dark[dust] = 1.0, False
        across, down = _framing(*self._rules(dark), self._pixels(_TOUCH), self._pixels(_LEAST_ACROSS))
        self.edges: list[Drawn] = [self._edge(rule) for rule in (*across, *down)]
        self._boxes = tables(self.edges)
        for rule in (*across, *down):
            _blank(page, dark, rule, 2)
        self._page, self._dark, self._soft = page, dark, smooth(page)
        self._faint: Mask = ink(self._soft, darker=0.9)
        for rule in (*across, *down):
            self._faint[max(0, rule.top - 3) : rule.bottom + 3, max(0, rule.left - 3) : rule.right + 3] = False

    def _rules(self, dark: Mask) -> tuple[list[Area], list[Area]]:
        return rules(dark, self._pixels(_LEAST_ACROSS), self._pixels(_LEAST_DOWN), self._pixels(_THICKEST))

    def _pixels(self, points: float) -> int:
        return max(2, round(points / self._points))

    def _edge(self, rule: Area) -> Drawn:
        x, y = (rule.left + rule.right) / 2 * self._points, (rule.top + rule.bottom) / 2 * self._points
        if rule.width >= rule.height:
            return edge(rule.left * self._points, y, rule.right * self._points, y)
        return edge(x, rule.top * self._points, x, rule.bottom * self._points)

    def cells(self, reader: Recogniser) -> Iterator[Drawn]:
        """The characters of all cells; a cell with ink that is not read holds one that says so."""
        inside = [self._inside(box) for table in self._boxes for box in table]
        pieces = [_Piece(line, cell) for cell in inside for line in text_lines(self._dark, cell) if self._printed(line)]
        read: set[Area] = set()
        for piece, characters in zip(pieces, self._read(reader, pieces), strict=True):
            if characters:
                read.add(piece.within)
                yield from self._drawn(piece.area, characters)
        for cell in inside:
            if cell not in read and self._faint[cell.top : cell.bottom, cell.left : cell.right].sum() >= _LEAST_INK:
                yield from self._drawn(cell, [Character(UNREAD, 0.5, 0.0)])

    def _inside(self, box: Box) -> Area:
        left, top, right, bottom = (round(value / self._points) for value in box)
        inset = self._pixels(_INSET)
        return Area(left + inset, top + inset, max(left + inset, right - inset), max(top + inset, bottom - inset))

    def _printed(self, line: Area) -> bool:
        return int(self._dark[line.top : line.bottom, line.left : line.right].sum()) >= _LEAST_INK

    def _read(self, reader: Recogniser, pieces: Sequence[_Piece]) -> list[list[Character]]:
        """The characters of each piece; what is no plain words is read twice and its glyphs are counted."""
        first = self._reading(reader, pieces, _CLOSE)
        doubtful = [index for index, found in enumerate(first) if _is_value(found)]
        again = self._reading(reader, [pieces[index] for index in doubtful], _WIDE)
        for index, other in zip(doubtful, again, strict=True):
            first[index] = self._agreed(pieces[index], first[index], other)
        return first

    def _reading(self, reader: Recogniser, pieces: Sequence[_Piece], margin: float) -> list[list[Character]]:
        """One reading; the wide one is of smoothed pixels. A lone glyph is shown several times over and must be read so."""
        page = self._page if margin == _CLOSE else self._soft
        copies = [_LONE[margin] if self._is_lone(piece.area) else 1 for piece in pieces]
        crops = [
            np.tile(self._crop(page, piece, margin if count == 1 else _CLOSE), (1, count))
            for piece, count in zip(pieces, copies, strict=True)
        ]
        return [
            found if count == 1 else _once(found, count)
            for found, count in zip(reader.read(crops), copies, strict=True)
        ]

    def _is_lone(self, area: Area) -> bool:
        """Whether a line is a single glyph: the models know lines, and take a lone 0 for the letter o."""
        return area.width <= 1.2 * area.height and len(self._glyphs(area)) == 1

    def _glyphs(self, area: Area) -> list[tuple[int, int]]:
        return list(groups(self._dark[area.top : area.bottom, area.left : area.right].any(axis=0), 1))

    def _crop(self, page: Gray, piece: _Piece, margin: float) -> Gray:
        area, room = piece.area, max(2, round(margin * max(piece.area.height, self._pixels(4))))
        high = room + max(0, self._pixels(7) - area.height) // 2  # a dash alone would fill the frame
        top, bottom = max(area.top - high, piece.within.top), min(area.bottom + high, piece.within.bottom)
        left, right = max(area.left - room, piece.within.left), min(area.right + room, piece.within.right)
        crop = page[top:bottom, left:right]
        lacking = (
            (top - (area.top - high), area.bottom + high - bottom),
            (left - (area.left - room), area.right + room - right),
        )
        return np.pad(crop, lacking, constant_values=float(np.quantile(crop, 0.9)))

    def _agreed(self, piece: _Piece, one: list[Character], other: list[Character]) -> list[Character]:
        """The characters of a value; confidence 0 where the readings or the pixels do not bear them out."""
        text = _text(one)
        if not one:
            return []
        if text in _LONE_STROKES and piece.area.height < 0.35 * piece.area.width:
            return [
                replace(one[0], text="—", confidence=1.0)
            ]  # a stroke alone in a cell is a dash, whatever it is called
        if text != _text(other) or not self._borne_out(piece, one):
            return [replace(item, confidence=0.0) for item in one]
        return [
            replace(item, confidence=min(item.confidence, twin.confidence))
            for item, twin in zip(one, other, strict=True)
        ]

    def _borne_out(self, piece: _Piece, characters: Sequence[Character]) -> bool:
        """Whether the glyphs of a number are as many as its characters, evenly set, and whole."""
        area, within = piece.area, piece.within
        if (
            area.left <= within.left
            or area.top <= within.top
            or area.right >= within.right
            or area.bottom >= within.bottom
        ):
            return False  # cut by a rule, or reaching in from the next cell
        number = _NUMBERLIKE.match(_text(characters))
        if number is not None and area.height < self._least_high:
            return False
        if number is None:
            return not any(_DIGIT.match(item.text) for item in characters)
        glyphs = self._glyphs(area)
        length = number.end()
        if length < len(characters):  # 21997万元: the glyphs left of the first word
            limit = (characters[length - 1].at + characters[length].at) / 2 * area.width
            glyphs = [glyph for glyph in glyphs if sum(glyph) / 2 < limit]
        if len(glyphs) != length:
            return False
        middles = [sum(glyph) / 2 for glyph in glyphs]
        return all(
            right - left <= _WIDEST_STEP * area.height
            for left, right, a, b in zip(middles, middles[1:], number[0], number[0][1:], strict=False)
            if a.isdigit() and b.isdigit()
        )

    def prose(self, reader: Recogniser) -> Iterator[Drawn]:
        """The characters of all lines of text that stand in no table."""
        page, dark = self._page.copy(), self._dark.copy()
        for table in self._boxes:
            for box in table:
                left, top, right, bottom = (round(value / self._points) for value in box)
                _blank(page, dark, Area(left, top, right, bottom), 3)
        found = [_trimmed(dark, area) for area in reader.lines(page, min(1.0, _SEARCHED * self._points / 72))]
        whole = Area(0, 0, page.shape[1], page.shape[0])
        pieces = [_Piece(area, whole) for area in found if area.width > 2 and area.height > 2]
        for piece, characters in zip(
            pieces, reader.read([self._crop(self._page, piece, _MARGIN) for piece in pieces]), strict=True
        ):
            yield from self._drawn(piece.area, characters)

    def _drawn(self, area: Area, characters: Sequence[Character]) -> Iterator[Drawn]:
        """Characters side by side over the box of their line."""
        if not characters:
            return
        middles = [area.left + item.at * area.width for item in characters]
        ends = [*((a + b) / 2 for a, b in pairwise(middles)), float(area.right)]
        start = float(area.left)
        for item, end in zip(characters, ends, strict=True):
            yield {
                "text": item.text, "size": area.height * self._points, "confidence": item.confidence,
                "x0": start * self._points, "x1": end * self._points,
                "top": area.top * self._points, "bottom": area.bottom * self._points,
            }  # fmt: skip
            start = end


def _framing(across: list[Area], down: list[Area], near: int, long: int) -> tuple[list[Area], list[Area]]:
    """The rules of tables: what ends at rules of the other direction, or is too long for a stroke of a character."""

    def holds(upright: Area) -> bool:
        crossed = [rule for rule in across if rule.left - near <= upright.right and upright.left <= rule.right + near]
        touched = [rule for rule in crossed if rule.top - near <= upright.bottom and upright.top <= rule.bottom + near]
        ends = sum(any(abs(rule.top - y) <= near for rule in touched) for y in (upright.top, upright.bottom))
        return ends == 2 or (bool(touched) and upright.height >= long)

    def meets(rule: Area) -> bool:
        return any(
            rule.left - near <= other.right and other.left <= rule.right + near
            and rule.top - near <= other.bottom and other.top <= rule.bottom + near
            for other in kept
        )  # fmt: skip

    kept = [rule for rule in down if holds(rule)]
    return [rule for rule in across if meets(rule)], kept


def _blank(page: Gray, dark: Mask, area: Area, more: int) -> None:
    """Take an area off the page."""
    place = (slice(max(0, area.top - more), area.bottom + more), slice(max(0, area.left - more), area.right + more))
    page[place] = 1.0
    dark[place] = False


def _trimmed(dark: Mask, area: Area) -> Area:
    """The area without empty margins."""
    inside = dark[area.top : area.bottom, area.left : area.right]
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    if not len(rows) or not len(columns):
        return Area(area.left, area.top, area.left, area.top)
    return Area(
        area.left + int(columns[0]),
        area.top + int(rows[0]),
        area.left + int(columns[-1]) + 1,
        area.top + int(rows[-1]) + 1,
    )


def _text(characters: Sequence[Character]) -> str:
    return "".join(item.text for item in characters)


def _once(found: Sequence[Character], times: int) -> list[Character]:
    """The one character that was shown several times, or none."""
    if len(found) != times or len({item.text for item in found}) != 1:
        return []
    return [Character(found[0].text, 0.5, min(item.confidence for item in found))]


def _is_value(characters: Sequence[Character]) -> bool:
    """Whether a piece may be a value: it begins with a digit or sign, or is one or two characters."""
    text = _text(characters)
    return len(text) <= 2 or _NUMBERLIKE.match(text) is not None
