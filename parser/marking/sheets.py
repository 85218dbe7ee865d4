"""Pages of a PDF or of pictures as pictures, with the boxes of places drawn over them."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from PIL import Image, ImageChops, ImageDraw

from parser.documents import album, ocr
from parser.documents.frames import A4_WIDTH, frames
from parser.errors import UnreadableDocument

if TYPE_CHECKING:
    import pypdfium2 as pdfium

Box = tuple[float, float, float, float]

MAX_PIXELS = 6_000_000  # of one picture: A4 at 240 dots an inch
MAX_SHEETS = 300  # as many pages as a PDF may have that is read
_LEAST_SIDE = 4.0  # points: a box thinner than this is widened, else nobody sees it
_FILL = (255, 224, 138)  # as a marker pen: what is printed below stays as dark as it is
_RIM = (138, 75, 0)
_PAD = 1.5  # points between the rim and what is printed
_AROUND = 60.0  # points of the page above and below the boxes of an excerpt; it is as wide as the page


class Sheet(NamedTuple):
    """The size of a page in points."""

    width: float
    height: float


def sheets_of(data: bytes, kind: str) -> tuple[Sheet, ...]:
    """The pages of a PDF (``pdf``), a picture (``image``) or several (``album``), in order."""
    if kind == "pdf":
        with _pdf(data) as document:
            return tuple(Sheet(*document.get_page_size(index)) for index in range(min(len(document), MAX_SHEETS)))
    return tuple(Sheet(A4_WIDTH, A4_WIDTH * frame.height / frame.width) for frame in frames(_files(data, kind)))


def picture(
    data: bytes,
    kind: str,
    page: int,
    boxes: Sequence[Box] = (),
    *,
    scale: float = 2.0,
    excerpt: bool = False,
    recognised: bool = False,
) -> bytes:
    """A page (counted from 1) as a PNG, ``scale`` pixels to a point, never more than :data:`MAX_PIXELS`.

    ``boxes`` are drawn over it (x0, top, x1, bottom in points, as in a place); with ``excerpt`` only what is around them is kept.
    ``recognised`` says that the boxes were read from the page as a picture, which was turned upright first.
    UnreadableDocument where there is no such page.
    """
    if kind not in {"pdf", "image", "album"}:
        message = f"a {kind} document has no pages to be drawn; it is shown as markup"
        raise UnreadableDocument(message)
    drawn = _pdf_page(data, page, scale) if kind == "pdf" else _frame(data, kind, page, scale)
    image = _upright(drawn.image) if boxes and (recognised or kind != "pdf") else drawn.image
    areas = [drawn.pixels(box, framed=kind == "pdf" and not recognised) for box in boxes]
    image = _marked(image, areas, drawn.scale)
    if excerpt and areas:
        image = image.crop(_around(areas, drawn))
    out = io.BytesIO()
    image.save(out, "PNG", optimize=False, compress_level=6)
    return out.getvalue()


class _Drawn(NamedTuple):
    """A page drawn: pixels to a point, and where the visible part of the page begins in the reader's coordinates."""

    image: Image.Image
    scale: float
    left: float = 0.0
    top: float = 0.0

    def pixels(self, box: Box, *, framed: bool) -> Box:
        """A box on the picture, a little wider than it is."""
        dx, dy = (self.left, self.top) if framed else (0.0, 0.0)
        x0, top, x1, bottom = box[0] - dx, box[1] - dy, box[2] - dx, box[3] - dy
        wide, high = max(_PAD, (_LEAST_SIDE - (x1 - x0)) / 2), max(_PAD, (_LEAST_SIDE - (bottom - top)) / 2)
        sides = (x0 - wide, top - high, x1 + wide, bottom + high)
        limits = (self.image.width - 1, self.image.height - 1) * 2
        scaled = [min(max(0.0, side * self.scale), float(most)) for side, most in zip(sides, limits, strict=True)]
        return scaled[0], scaled[1], scaled[2], scaled[3]


def _marked(image: Image.Image, areas: Iterable[Box], scale: float) -> Image.Image:
    layer = Image.new("RGB", image.size, "white")
    pen = ImageDraw.Draw(layer)
    for area in areas:
        pen.rectangle(area, fill=_FILL, outline=_RIM, width=max(2, round(1.2 * scale)))
    return ImageChops.multiply(image, layer)


def _around(areas: Sequence[Box], drawn: _Drawn) -> tuple[int, int, int, int]:
    more = _AROUND * drawn.scale
    top, bottom = min(area[1] for area in areas) - more, max(area[3] for area in areas) + more
    return 0, round(max(0.0, top)), drawn.image.width, round(min(float(drawn.image.height), bottom))


def _bounded(scale: float, width: float, height: float) -> float:
    """The scale, or the largest one whose picture is small enough."""
    return min(max(scale, 0.1), math.sqrt(MAX_PIXELS / max(1.0, width * height)))


def _pdf(data: bytes) -> pdfium.PdfDocument:
    import pypdfium2 as pdfium  # noqa: PLC0415  pictures need no PDFium

    try:
        return pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        message = f"the PDF cannot be opened ({error}); fetch it again or open it in a viewer"
        raise UnreadableDocument(message) from error


def _pdf_page(data: bytes, number: int, scale: float) -> _Drawn:
    import pypdfium2 as pdfium  # noqa: PLC0415  as above

    with _pdf(data) as document:
        if not 1 <= number <= len(document):
            raise _no_page(number, len(document))
        try:
            page = document[number - 1]
            width, height = page.get_size()
            fine = _bounded(scale, width, height)
            image = page.render(scale=fine).to_pil().convert("RGB")
            return _Drawn(image, fine, *_corner(page))
        except pdfium.PdfiumError as error:
            message = f"page {number} of the PDF cannot be drawn ({error}); open it in a viewer"
            raise UnreadableDocument(message) from error


def _corner(page: pdfium.PdfPage) -> tuple[float, float]:
    """Where the shown part of a page (its crop box) begins in pdfplumber's coordinates, which know the media box only."""
    _, low, right, high = page.get_mediabox()
    left, below, beside, above = page.get_cropbox()
    return {
        0: (left, high - low - above),
        90: (below, left),
        180: (right - beside, below),
        270: (high - above, right - beside),
    }[page.get_rotation()]


def _files(data: bytes, kind: str) -> Iterator[bytes]:
    return album.pictures(data) if kind == "album" else iter((data,))


def _frame(data: bytes, kind: str, number: int, scale: float) -> _Drawn:
    count = 0
    for count, frame in enumerate(frames(_files(data, kind)), 1):
        if count == number:
            fine = _bounded(scale, A4_WIDTH, A4_WIDTH * frame.height / frame.width)
            size = (max(1, round(A4_WIDTH * fine)), max(1, round(A4_WIDTH * frame.height / frame.width * fine)))
            return _Drawn(frame.resize(size, Image.Resampling.LANCZOS), fine)
    raise _no_page(number, count)


def _upright(image: Image.Image) -> Image.Image:
    """The picture as it was turned before it was read; as it is where nothing can be read from pictures here."""
    if not ocr.is_installed():
        return image
    from parser.documents.raster import straightened  # noqa: PLC0415  an extra

    return straightened(image)


def _no_page(number: int, count: int) -> UnreadableDocument:
    return UnreadableDocument(f"the document has no page {number}: it has {count}; ask for one of them")
