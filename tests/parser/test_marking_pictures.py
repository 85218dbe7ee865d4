"""Pages as pictures: a box of the record lies over what it is the box of, however the page is turned, cropped or scaled."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import pdfplumber
import pypdfium2 as pdfium
import pytest
from PIL import Image, ImageChops, ImageDraw
from reportlab.pdfgen.canvas import Canvas

from parser import Hints, UnreadableDocument, parse
from parser.documents import album, ocr, read
from parser.marking import Box, mark, picture
from parser.marking.sheets import MAX_PIXELS
from tests.papers.pages import pdf
from tests.papers.paper import paper
from tests.papers.render import html

WIDE, HIGH = 500, 700
STAIN = (120.0, 200.0, 60.0, 40.0)  # left, bottom, width, height in the PDF's own coordinates


def stained(pages: int = 1, **options: object) -> bytes:
    """A PDF of white pages with one black area each."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(WIDE, HIGH), **options)
    for _ in range(pages):
        canvas.rect(*STAIN, stroke=0, fill=1)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def turned(data: bytes, rotation: int, crop: Box | None) -> bytes:
    with pdfium.PdfDocument(data) as document:
        page = document[0]
        page.set_rotation(rotation)
        if crop is not None:
            page.set_cropbox(*crop)
        out = io.BytesIO()
        document.save(out)
        return out.getvalue()


def image(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


def dark(page: Image.Image) -> tuple[int, int, int, int] | None:
    return page.convert("L").point(lambda value: 255 if value < 60 else 0).getbbox()


def changed(one: Image.Image, other: Image.Image) -> tuple[int, int, int, int] | None:
    return ImageChops.difference(one, other).getbbox()


def rect(data: bytes) -> Box:
    """The area's box in the coordinates the reader of PDFs has."""
    with pdfplumber.open(io.BytesIO(data)) as document:
        (found,) = document.pages[0].rects
    return float(found["x0"]), float(found["top"]), float(found["x1"]), float(found["bottom"])


@pytest.mark.parametrize("crop", [None, (30, 50, 450, 600)], ids=["whole", "cropped"])
@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_a_box_lies_over_what_it_is_the_box_of(rotation: int, crop: Box | None) -> None:
    data = turned(stained(), rotation, crop)
    plain, boxed = (image(picture(data, Hints(), 1, boxes)) for boxes in ([], [rect(data)]))
    stain, over = dark(plain), changed(plain, boxed)
    assert stain is not None
    assert over is not None
    assert plain.size == boxed.size
    assert all(abs(side - other) <= 5 for side, other in zip(stain, over, strict=True))
    assert over[0] < stain[0]
    assert over[3] > stain[3]


def test_the_boxes_of_a_report_lie_over_cells_of_their_own_page() -> None:
    data = pdf(paper(busy=9))
    record = parse(data)
    sheets = mark(data, Hints()).sheets
    assert {figure.at.page for figure in record.figures.values()} <= set(range(1, len(sheets) + 1))
    for page, (width, height) in enumerate(sheets, 1):
        boxes = [figure.at.box for figure in record.figures.values() if figure.at.page == page and figure.at.box]
        assert all(0 <= box[0] < box[2] <= width and 0 <= box[1] < box[3] <= height for box in boxes)
        if boxes:
            drawn = image(picture(data, Hints(), page, boxes, scale=1.0))
            middle = drawn.getpixel((round(boxes[0][0]) + 3, round(boxes[0][1]) + 3))
            assert isinstance(middle, tuple)
            assert middle[0] - middle[2] > 40


def test_an_excerpt_is_as_wide_as_the_page_and_no_higher_than_it_must_be() -> None:
    cut = image(picture(stained(), Hints(), 1, [(120, 460, 180, 500)], scale=1.0, excerpt=True))
    assert cut.width == WIDE
    assert 40 < cut.height < 200
    whole = image(picture(stained(), Hints(), 1, [], scale=1.0, excerpt=True))
    assert whole.size == (WIDE, HIGH)


@pytest.mark.parametrize("scale", [0.0, 0.5, 2.0, 1_000.0])
def test_a_picture_never_has_more_pixels_than_allowed(scale: float) -> None:
    drawn = image(picture(stained(), Hints(), 1, scale=scale))
    assert 0 < drawn.width * drawn.height <= MAX_PIXELS + 2 * (drawn.width + drawn.height)


@pytest.mark.parametrize(
    "boxes",
    [
        [(-500, -500, 5_000, 5_000)],
        [(10, 10, 10, 10)],
        [(400, 600, 100, 200)],
        [(1e9, 1e9, 2e9, 2e9)],
        [(0, 0, 1, 1)] * 500,
    ],
    ids=["larger than the page", "a point", "turned over", "far away", "many"],
)
def test_any_boxes_give_a_picture(boxes: Sequence[Box]) -> None:
    for excerpt in (False, True):
        drawn = image(picture(stained(), Hints(), 1, boxes, scale=1.0, excerpt=excerpt))
        assert min(drawn.size) >= 1


def scan(width: int, height: int) -> bytes:
    page = Image.new("RGB", (width, height), "white")
    ImageDraw.Draw(page).rectangle((width // 4, height // 4, width // 2, height // 3), fill="black")
    out = io.BytesIO()
    page.save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "sheets"),
    [
        (scan(1190, 1684), [(595.0, 842.0)]),
        (album.bind([scan(1190, 1684), scan(595, 595)]), [(595.0, 842.0), (595.0, 595.0)]),
        (stained(2), [(500.0, 700.0)] * 2),
    ],
    ids=["picture", "album", "pdf"],
)
def test_the_pages_of_a_document_are_counted_and_measured(data: bytes, sheets: list[tuple[float, float]]) -> None:
    shown = mark(data, Hints())
    assert (shown.html, [*shown.sheets]) == (None, sheets)
    for number in range(1, len(sheets) + 1):
        plain = image(picture(data, Hints(), number, scale=1.0))
        assert plain.size == (round(sheets[number - 1][0]), round(sheets[number - 1][1]))
    with pytest.raises(UnreadableDocument, match=f"no page {len(sheets) + 1}: it has {len(sheets)}"):
        picture(data, Hints(), len(sheets) + 1)


def test_a_box_lies_over_its_place_on_a_picture_of_any_size() -> None:
    for side in (595, 1190, 2380):
        data = scan(side, side)
        plain, boxed = (image(picture(data, Hints(), 1, boxes)) for boxes in ([], [(148.75, 148.75, 297.5, 198.3)]))
        stain, over = dark(plain), changed(plain, boxed)
        assert stain is not None
        assert over is not None
        assert all(abs(side - other) <= 6 for side, other in zip(stain, over, strict=True))


@pytest.mark.skipif(not ocr.is_installed(), reason="the ocr extra is not installed (pip install 'xxgk[ocr]')")
@pytest.mark.parametrize("kind", ["picture", "pdf"])
def test_a_box_lies_over_its_cell_though_the_scan_is_turned(kind: str) -> None:
    from tests.papers.scans import file, ruled, scanned_pdf, spoilt

    page = spoilt(ruled([["123", "456", "789"] * 3] * 3), "turned 1.8")
    data = scanned_pdf([page]) if kind == "pdf" else file(page)
    cells = [cell for grid in read(data, Hints()).grids for row in grid.rows for cell in row]
    assert {cell.text for cell in cells} == {"123", "456", "789"}
    boxes = [cell.box for cell in cells if cell.box is not None]
    drawn = image(picture(data, Hints(), 1, boxes, scale=3.0, recognised=True))
    for x0, top, x1, bottom in boxes:
        inside = drawn.crop((round(3 * x0) + 6, round(3 * top) + 6, round(3 * x1) - 6, round(3 * bottom) - 6))
        ink = dark(inside)
        assert ink is not None  # the digits, clear of the rules around them
        assert ink[0] > 0
        assert ink[1] > 0
        assert ink[2] < inside.width
        assert ink[3] < inside.height


@pytest.mark.parametrize(
    ("data", "page", "said"),
    [
        (stained(), 0, "no page 0: it has 1"),
        (stained(), -1, "no page -1"),
        (stained()[:200], 1, "cannot be opened"),
        (stained(encrypt="secret"), 1, "cannot be opened"),
        (scan(100, 100)[:80], 1, "cut or damaged"),
        (html(paper()).encode(), 1, "a html document has no pages"),
        (b"", 1, "is empty"),
    ],
    ids=["page 0", "page -1", "cut", "locked", "cut picture", "no pages", "nothing"],
)
def test_what_cannot_be_drawn_is_said_in_a_sentence(data: bytes, page: int, said: str) -> None:
    with pytest.raises(UnreadableDocument, match=said):
        picture(data, Hints(), page)


@pytest.mark.real
def test_each_figure_of_a_real_pdf_stands_in_its_box(real_documents: Path) -> None:
    file = next(iter(sorted(real_documents.glob("*.pdf"))))
    record = parse(file.read_bytes(), Hints(name=file.name))
    assert record.figures
    with pdfplumber.open(file) as document:
        for key, figure in record.figures.items():
            assert figure.at.page is not None
            assert figure.at.box is not None
            text = document.pages[figure.at.page - 1].within_bbox(figure.at.box, strict=False).extract_text()
            assert (key, "".join(text.split())) == (key, "".join(figure.text.split()))
