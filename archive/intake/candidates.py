"""Candidates: which documents of a foreign file may be a report at all, told by their type and bytes without reading them.

A file of a general crawl holds thousands of pages of no interest. What speaks nowhere of 公开 is none of ours; what
does is read, and the parser decides.
"""

from __future__ import annotations

from archive.errors import PayloadRefused
from archive.warcs.codings import decode

_NEVER = (
    "image/",
    "video/",
    "audio/",
    "font/",
    "text/css",
    "text/javascript",
    "application/javascript",
    "application/x-javascript",
    "application/font",
    "application/x-font",
)
_FILES = (b"%PDF-", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"{\\rtf", b"\xef\xbb\xbf%PDF-")
_MAIL = b"MIME-Version:"  # a saved page, its text as base64
_HEAD = 1024  # bytes in which a file says what it is
_WORDS = ("公开", "公開")


def _marks() -> tuple[bytes, ...]:
    """The words as pages write them: in the encodings of the portals, in addresses, scripts and entities."""
    marks: set[bytes] = set()
    for word in _WORDS:
        marks |= {word.encode(encoding) for encoding in ("utf-8", "gb18030", "utf-16-le", "utf-16-be")}
        escaped = "".join(f"\\u{ord(sign):04x}" for sign in word)
        hexadecimal = "".join(f"&#x{ord(sign):x};" for sign in word)
        quoted = "".join(f"%{byte:02X}" for byte in word.encode())
        mailed = "".join(f"={byte:02X}" for byte in word.encode())
        written = [escaped, escaped.upper().replace("\\U", "\\u"), hexadecimal, hexadecimal.upper().replace("X", "x")]
        written += ["".join(f"&#{ord(sign)};" for sign in word), quoted, quoted.lower(), mailed]
        marks |= {text.encode() for text in written}
    return tuple(sorted({*marks, "公開".encode("big5")}))


_MARKS = _marks()


def is_never(content_type: str | None) -> bool:
    """Whether nothing of that type is a report: pictures, sounds, fonts, styles and scripts of a page."""
    return (content_type or "").lower().startswith(_NEVER)


def may_be_report(content_type: str | None, coding: str | None, body: bytes) -> bool:
    """Whether a body of that type and content coding is worth reading."""
    if not body or is_never(content_type):
        return False
    try:
        plain = decode(body, coding, "")
    except PayloadRefused:  # deriving says so, with its address
        return True
    start = plain[:_HEAD]
    if _MAIL in start or any(sign in start for sign in _FILES):
        return True
    return any(mark in plain for mark in _MARKS)
