"""Papers as a scanner leaves them: pages drawn by PDFium, turned, blurred, speckled, and put into pictures or a PDF."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
import pypdfium2 as pdfium
from PIL import Image, ImageFilter
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from tests.papers.pages import FONT, HEIGHT, WIDTH, pdf
from tests.papers.paper import Paper

NO_FONT = "PDFium finds no Chinese font on this machine to draw pages with (Debian: apt-get install fonts-arphic-uming)"


def drawn(data: bytes, dots: int = 200) -> list[Image.Image]:
    """The pages of a PDF as pictures."""
    with pdfium.PdfDocument(data) as document:
        return [page.render(scale=dots / 72).to_pil().convert("RGB") for page in document]


def can_draw_chinese() -> bool:
    """Whether two different characters look different."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(200, 100))
    pdf_font()
    canvas.setFont(FONT, 40)
    canvas.drawString(10, 40, "一国")
    canvas.save()
    (page,) = drawn(out.getvalue())
    gray = np.asarray(page.convert("L"))
    first, second = gray[:, 28:139], gray[:, 139:250]
    return bool((first < 128).sum() * 3 < (second < 128).sum())


def pdf_font() -> None:
    """Let reportlab know the font of the pages."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont

    if FONT not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(UnicodeCIDFont(FONT))


def scanned(item: Paper, flaw: str = "none") -> list[Image.Image]:
    """The pages of a paper with one flaw of :func:`spoilt`."""
    return [spoilt(page, flaw) for page in drawn(pdf(item))]


def spoilt(page: Image.Image, flaw: str) -> Image.Image:
    """A page with one flaw: ``turned 0.7`` degrees, ``100 dots`` an inch, ``blurred 2``, ``noisy 12``, ``jpeg 20``, ``pale``."""
    match flaw.split():
        case ["none"]:
            return page
        case ["turned", angle]:
            return page.rotate(float(angle), Image.Resampling.BICUBIC, fillcolor="white")
        case [dots, "dots"]:
            size = (page.width * int(dots) // 200, page.height * int(dots) // 200)
            return page.resize(size, Image.Resampling.LANCZOS)
        case ["blurred", radius]:
            return page.filter(ImageFilter.GaussianBlur(float(radius)))
        case ["noisy", spread]:
            gray = np.asarray(page.convert("L"), dtype=np.float64)
            gray = gray + np.random.default_rng(1).normal(0, float(spread), gray.shape)
            return Image.fromarray(gray.clip(0, 255).astype(np.uint8))
        case ["dusty", share]:
            gray = np.asarray(page.convert("L")).copy()
            gray[np.random.default_rng(1).random(gray.shape) < float(share)] = 0
            return Image.fromarray(gray)
        case ["jpeg", quality]:
            return Image.open(io.BytesIO(file(page, "JPEG", quality=int(quality))))
        case ["pale"]:
            return page.convert("L").point(lambda value: int(110 + value * 100 / 255))
    raise ValueError(flaw)


def file(page: Image.Image, kind: str = "PNG", **options: int) -> bytes:
    """The bytes of a picture file."""
    out = io.BytesIO()
    page.save(out, kind, **options)
    return out.getvalue()


def tiff(pages: Sequence[Image.Image]) -> bytes:
    """Pages in one file."""
    out = io.BytesIO()
    pages[0].save(out, "TIFF", save_all=True, append_images=list(pages[1:]), compression="tiff_deflate")
    return out.getvalue()


def scanned_pdf(pages: Sequence[Image.Image]) -> bytes:
    """A PDF of pictures without a text layer."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(WIDTH, HEIGHT), invariant=True)
    for page in pages:
        canvas.drawImage(ImageReader(page), 0, 0, WIDTH, HEIGHT)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def ruled(rows: Sequence[Sequence[str]], font: str = "Helvetica", size: float = 9.0) -> Image.Image:
    """A page with one ruled table in a font every PDF reader brings."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(WIDTH, HEIGHT))
    canvas.setLineWidth(0.5)
    left, top, wide, high = 40.0, 780.0, 56.0, 16.0
    right, bottom = left + wide * len(rows[0]), top - high * len(rows)
    for row in range(len(rows) + 1):
        canvas.line(left, top - row * high, right, top - row * high)
    for column in range(len(rows[0]) + 1):
        canvas.line(left + column * wide, top, left + column * wide, bottom)
    canvas.setFont(font, size)
    for y, row_texts in enumerate(rows):
        for x, text in enumerate(row_texts):
            canvas.drawCentredString(left + (x + 0.5) * wide, top - (y + 0.5) * high - 0.35 * size, text)
    canvas.save()
    (page,) = drawn(out.getvalue())
    return page
