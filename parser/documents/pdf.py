"""PDF: characters and rules of the text layer from pdfplumber, background boxes left out; scanned pages recognised."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterable
from typing import Any

import pdfplumber
from pdfminer.pdfdocument import PDFPasswordIncorrect
from pdfplumber.utils.exceptions import MalformedPDFException, PdfminerException

from parser.documents import ocr
from parser.documents.document import Document, Line
from parser.documents.drawn import DrawnPage, Piece, blocks
from parser.errors import UnreadableDocument, UnsupportedFormat
from parser.labels import squeeze

MAX_PAGES = 300  # a government's report with annexes has some 60
_TRIED = 2  # pictures of pages without any text, after which the rest is not tried: seconds a page
_LEAST_CHARS = 20  # fewer on all pages together: a scan
_MOST = 0.4  # of a page
_WHITE = 0.97
_THIN = 3.0  # a filled rectangle thinner than this is a drawn line
_CID = re.compile(r"\(cid:\d+\)")


def read_pdf(data: bytes) -> Document:
    """A document from the bytes of a PDF.

    UnreadableDocument where it is damaged or locked, UnsupportedFormat where it has no text layer (a scan) and the ocr
    extra is not installed.
    """
    scans = _Scans(data)
    try:
        with pdfplumber.open(io.BytesIO(data)) as pdf:
            pages = pdf.pages
            found = blocks(_page(page, scans) for page in pages) if len(pages) <= MAX_PAGES else []
            if found and ocr.is_installed() and not _has_text(found):  # drawn as outlines, or in a font without codes
                scans.every = True
                found = blocks(_page(page, scans) for page in pages)
    except PdfminerException as error:
        if error.args and isinstance(error.args[0], PDFPasswordIncorrect):
            message = "the PDF is locked with a password; ask its publisher for an open copy"
            raise UnreadableDocument(message) from error
        raise _damaged(error) from error
    except (
        MalformedPDFException,
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        AttributeError,
        OSError,
        RecursionError,
        AssertionError,
        ArithmeticError,
        LookupError,
    ) as error:
        # pdfminer lets whatever a broken object causes through
        raise _damaged(error) from error
    if len(pages) > MAX_PAGES:
        message = f"the PDF has {len(pages)} pages, more than {MAX_PAGES}; it is no report"
        raise UnreadableDocument(message)
    if not _has_text(found) and ocr.is_installed():
        message = "the PDF has neither a text layer nor a picture with readable text; open it in a viewer"
        raise UnreadableDocument(message)
    if not _has_text(found):
        raise UnsupportedFormat("scanned pdf", f"it has no text layer; {ocr.ADVICE}")
    return Document("pdf", tuple(found), notes=tuple(scans.notes()))


def _has_text(found: Iterable[Piece]) -> bool:
    text = "".join(_texts(found))
    readable = len(squeeze(_CID.sub("", text)))
    return readable >= _LEAST_CHARS and len(_CID.findall(text)) <= readable


def _damaged(error: Exception) -> UnreadableDocument:
    return UnreadableDocument(
        f"the PDF is cut or damaged ({type(error).__name__}); fetch it again or open it in a viewer"
    )


def _texts(pieces: Iterable[Piece]) -> Iterable[str]:
    for piece in pieces:
        if isinstance(piece, Line):
            yield piece.text
        else:
            yield from (cell.text for row in piece.rows for cell in row)


class _Scans:
    """The pages of a PDF that are pictures: recognised where the ocr extra is installed, counted where it is not."""

    def __init__(self, data: bytes) -> None:
        self.every = False
        self._data = data
        self._read = 0
        self._characters = 0
        self._unread: list[int] = []

    def page(self, page: Any) -> DrawnPage | None:
        """The page as recognised, or null where it is no picture or cannot be read here."""
        if not self.every and not _is_scan(page):
            return None
        if not ocr.is_installed():
            self._unread.append(page.page_number)
            return None
        from parser.documents.picture import scanned_page  # noqa: PLC0415  an extra

        self._read += 1
        drawn = scanned_page(self._data, page.page_number, self._read, _dots(page))
        self._characters += sum(not char["text"].isspace() for char in drawn.chars)
        if self._read >= _TRIED and self._characters < _LEAST_CHARS:
            message = f"its first {self._read} pages are pictures without readable text; open it in a viewer"
            raise UnreadableDocument(message)
        return drawn

    def notes(self) -> Iterable[tuple[str, str]]:
        """What a reader of the record must know of them."""
        if self._read:
            yield ocr.NOTE
        if self._unread:
            pages = ", ".join(str(number) for number in self._unread[:20])
            yield "ocr.missing", f"pages that are pictures were not read: {pages}; {ocr.ADVICE}"


def _is_scan(page: Any) -> bool:
    """Whether a page prints next to nothing but pictures over most of it."""
    covered = sum(float(image["width"]) * float(image["height"]) for image in page.images)
    return len(page.chars) < _LEAST_CHARS and covered >= _MOST * float(page.width) * float(page.height)


def _dots(page: Any) -> float:
    """Dots an inch of the page's pictures, the finest of them; without any (outlines) as fine as one likes."""
    return max(
        (72 * float(image["srcsize"][0]) / float(image["width"]) for image in page.images if image["width"]),
        default=math.inf,
    )


def _page(page: Any, scans: _Scans) -> DrawnPage:
    """One page as drawn; text that stands on its side is no part of the report."""
    recognised = scans.page(page)
    if recognised is not None:
        page.close()
        return recognised
    chars = [char for char in page.chars if char.get("upright", True)]
    drawn = DrawnPage(page.page_number, float(page.height), chars, page.filter(_is_ruling).edges)
    page.close()
    return drawn


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
