"""Formats: each is turned into one neutral document of blocks and grids; the bytes tell the format, not the name."""

from __future__ import annotations

import re

from parser.documents import album, ocr
from parser.documents.container import check_zip
from parser.documents.document import Document, Grid
from parser.documents.encoding import decode
from parser.errors import UnreadableDocument, UnsupportedFormat
from parser.hints import Hints

MAX_BYTES = album.MAX_BYTES
MAX_LINES = 20_000  # a government's report with annexes has some 1500

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MARKUP = re.compile(
    r"<\s*(?:!doctype|html|head|body|div|p|table|span|meta|article|section|h[1-6]|font|center|br|ul|ol|li|tr|td|a|script)\b",
    re.IGNORECASE,
)


def read(data: bytes, hints: Hints) -> Document:
    """The document the bytes hold.

    UnreadableDocument where they are damaged, UnsupportedFormat where the format is known and cannot be read here.
    """
    document = _read(data, hints)
    size = sum(len(block.rows) if isinstance(block, Grid) else 1 for block in document.blocks)
    if size > MAX_LINES:
        message = f"the document has {size} lines and rows, more than {MAX_LINES}; it is no report"
        raise UnreadableDocument(message)
    return document


def kind_of(data: bytes, hints: Hints) -> str:
    """The format: ``html``, ``text``, ``pdf``, ``docx``, …; UnreadableDocument where there is nothing, or too much to be a report."""
    _check_size(data)
    kind = sniff(data, hints.name)
    return "html" if kind == "text" and _looks_like_markup(decoded(data, hints)) else kind


def decoded(data: bytes, hints: Hints) -> str:
    """The text of a page or a text file, in the encoding it is read in."""
    return decode(data, hints.charset, hints.encoding)[0]


def _check_size(data: bytes) -> None:
    if not data.strip(b"\0\t\r\n "):
        message = "the file is empty; fetch it again"
        raise UnreadableDocument(message)
    if len(data) > MAX_BYTES:
        message = f"the file has {len(data) // 1024 // 1024} MB, more than {MAX_BYTES // 1024 // 1024}; it is no report"
        raise UnreadableDocument(message)


def _read(data: bytes, hints: Hints) -> Document:
    _check_size(data)
    kind = sniff(data, hints.name)
    if kind == "docx":
        from parser.documents.docx import read_docx  # noqa: PLC0415  python-docx costs 80 ms; HTML pages do not need it

        return read_docx(data)
    if kind == "pdf":
        from parser.documents.pdf import read_pdf  # noqa: PLC0415

        return read_pdf(data)
    if kind == "ofd":
        from parser.documents.ofd import read_ofd  # noqa: PLC0415

        return read_ofd(data)
    if kind in {"xlsx", "xls"}:
        from parser.documents.workbook import read_xls, read_xlsx  # noqa: PLC0415

        return read_xlsx(data) if kind == "xlsx" else read_xls(data)
    if kind in {"image", "album"}:
        if not ocr.is_installed():
            raise UnsupportedFormat("image", ocr.ADVICE)
        from parser.documents.picture import read_pictures  # noqa: PLC0415

        return read_pictures(album.pictures(data) if kind == "album" else [data])
    if kind == "doc":
        from parser.documents.legacy import read_doc  # noqa: PLC0415

        return read_doc(data)
    if kind in _CONTAINERS:
        raise UnsupportedFormat(kind, _CONTAINERS[kind])
    text = decoded(data, hints)
    if _looks_like_markup(text):
        from parser.documents.html import read_html  # noqa: PLC0415  trafilatura costs 300 ms; text does not need it

        return read_html(text)
    from parser.documents.text import read_text  # noqa: PLC0415

    return read_text(text)


_CONTAINERS = {
    "zip": "unpack it and give the files in it",
    "rar": "unpack it and give the files in it",
    "rtf": "save it as .docx",
}


def sniff(data: bytes, name: str | None) -> str:
    """The format by the first bytes; the name decides only between formats the bytes cannot tell apart."""
    head = data[:1024].lstrip(b"\0\t\r\n \xef\xbb\xbf")
    if head.startswith(b"%PDF") or b"%PDF-" in data[:1024]:
        return "pdf"
    if data.startswith(b"PK\x03\x04"):
        return _zip_kind(data)
    if data.startswith(_OLE):
        return "xls" if (name or "").lower().endswith((".xls", ".et")) else "doc"
    if data.startswith(b"Rar!"):
        return "rar"
    if head.startswith(b"{\\rtf"):
        return "rtf"
    if album.is_picture(data):
        return "image"
    return "text"  # or markup, which only the decoded text tells


def _zip_kind(data: bytes) -> str:
    names = check_zip(data)
    if "word/document.xml" in names or any(name.startswith("word/") for name in names):
        return "docx"
    if any(name.startswith("xl/") for name in names):
        return "xlsx"
    if "OFD.xml" in names:
        return "ofd"
    return "album" if album.is_album(names) else "zip"


def _looks_like_markup(text: str) -> bool:
    return _MARKUP.search(text[:20_000]) is not None
