"""Bytes to text, in the order portals need it: BOM, HTTP header, the page's own word, UTF-8, GB18030."""

from __future__ import annotations

import codecs
import re

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DECLARED = re.compile(rb"<meta[^>]{0,200}?charset\s*+=\s*+[\"']?\s*+([A-Za-z0-9_\-]+)", re.IGNORECASE)
_XML_DECLARED = re.compile(rb"^\s*<\?xml[^>]{0,100}?encoding\s*+=\s*+[\"']([A-Za-z0-9_\-]+)", re.IGNORECASE)
_CHINESE = {
    "gb2312",
    "gbk",
    "gb18030",
    "gb_2312",
    "gb_2312-80",
    "x-gbk",
    "cp936",
    "ms936",
    "hz-gb-2312",
    "chinese",
    "csgb2312",
}
_LATIN = {"iso-8859-1", "iso8859-1", "latin1", "latin-1", "us-ascii", "ascii", "windows-1252", "cp1252"}
_NO_CHARSETS = {
    "idna",
    "punycode",
    "raw-unicode-escape",
    "undefined",
    "unicode-escape",
    "utf-7",
}  # of Python, not of pages
_MOST_LOST = 200  # bytes to each character that a known encoding may lose
_SNIFF = 4096  # how far into a page a charset declaration is looked for (HTML asks for the first 1024 bytes)


def decode(data: bytes, declared: str | None = None, known: str | None = None) -> tuple[str, str]:
    """The text and the encoding used; never fails (undecodable bytes become U+FFFD).

    gb2312 and gbk are read as gb18030, their superset. A BOM wins over everything. A declared encoding that does not
    fit gives way to UTF-8 where that fits strictly. UTF-16 without a BOM is told by its NUL bytes. ``known`` is what a
    person found the encoding to be where pages declare a wrong one: it wins over what they say, where it fits but for a
    few damaged characters.
    """
    for bom, name in _BOMS:
        if data.startswith(bom):
            return data[len(bom) :].decode(name, "replace"), name
    bare = _bare_utf16(data)
    if bare is not None:
        return data.decode(bare, "replace"), bare
    codec = codec_of(known)
    text = None if codec is None else _nearly(data, codec)
    if codec is not None and text is not None:
        return text, codec
    tried: list[str] = []
    for said in (declared, _page_says(data)):
        codec = codec_of(said)
        if codec is None or codec in tried:
            continue
        tried.append(codec)
        text = _strict(data, codec)
        if text is not None:
            return text, codec
    for codec in ("utf-8", "gb18030"):
        if codec not in tried:
            text = _strict(data, codec)
            if text is not None:
                return text, codec
    return _least_damaged(data, tried)


def _least_damaged(data: bytes, tried: list[str]) -> tuple[str, str]:
    """Damaged bytes: the candidate that loses the fewest characters."""
    candidates = [*tried, "utf-8", "gb18030"]
    texts = [(data.decode(codec, "replace"), codec) for codec in dict.fromkeys(candidates)]
    return min(texts, key=lambda pair: pair[0].count("\ufffd"))


def _strict(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except (UnicodeDecodeError, LookupError):
        return None


def _nearly(data: bytes, codec: str) -> str | None:
    """The text where the encoding fits, or loses some characters of bytes that are no UTF-8 either."""
    text = data.decode(codec, "replace")
    lost = text.count("\ufffd")
    fits = lost == 0 or (lost * _MOST_LOST <= len(data) and _strict(data, "utf-8") is None)
    return text if fits else None


def _page_says(data: bytes) -> str | None:
    match = _DECLARED.search(data[:_SNIFF]) or _XML_DECLARED.match(data[:_SNIFF])
    return match.group(1).decode("ascii") if match else None


def codec_of(name: str | None) -> str | None:
    """The encoding a charset's name stands for; null where none does, or where it says nothing (``iso-8859-1``)."""
    if name is None:
        return None
    clean = name.strip().strip("\"';,").lower()
    if clean in _CHINESE:
        return "gb18030"
    if clean in _LATIN or clean.startswith(("utf-16", "utf16")):
        return None  # the server's default, or a saved page's leftover: the bytes decide
    if clean in {"utf8", "utf-8", "utf_8"}:
        return "utf-8"
    try:
        found = codecs.lookup(clean).name
        b"".decode(found)  # zip, base64 and their like are found too
    except (LookupError, ValueError):
        return None
    return None if found in _NO_CHARSETS else found


def _bare_utf16(data: bytes) -> str | None:
    head = data[:400]
    if len(head) < 8 or b"\0" not in head:
        return None
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if odd > len(head) // 8 and odd > 4 * even:
        return "utf-16-le"
    if even > len(head) // 8 and even > 4 * odd:
        return "utf-16-be"
    return None
