"""Showing a document with its places findable: as safe markup, as pictures of its pages, as rows around a place.

Bytes and hints in, text or bytes out, as the parser itself; untrusted documents are opened by :mod:`parser.isolation`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from pydantic import BaseModel, ConfigDict

from parser.documents import decoded, kind_of, read
from parser.hints import Hints
from parser.marking.excerpts import Excerpt, ExcerptCell, ExcerptLine, ExcerptRow, excerpts
from parser.marking.places import anchor_of

__all__ = [
    "MAX_MARKUP",
    "PAGED",
    "Box",
    "Excerpt",
    "ExcerptCell",
    "ExcerptLine",
    "ExcerptRow",
    "Marked",
    "anchor_of",
    "excerpt",
    "mark",
    "picture",
]

Box = tuple[float, float, float, float]
PAGED = frozenset({"pdf", "image", "album"})  # kinds that are shown as pictures of their pages
MAX_MARKUP = 4_000_000  # characters; a report's page has some 200,000


class Marked(BaseModel):
    """A document to be shown.

    ``kind`` is its format. ``html`` is a whole page without scripts, addresses and names of its own, in which each place has
    the id :func:`anchor_of` says; null where the document is shown as pictures of its ``sheets`` (width and height in points).
    ``missing`` are the marks that no element carries.
    """

    model_config = ConfigDict(frozen=True)

    kind: str
    html: str | None = None
    sheets: tuple[tuple[float, float], ...] = ()
    missing: tuple[str, ...] = ()


def mark(
    data: bytes, hints: Hints, marks: Collection[str] = (), *, as_read: bool = False, limit: int = MAX_MARKUP
) -> Marked:
    """The document with some places marked: a page as it is, others drawn from what was read (with ``as_read`` all of them).

    UnreadableDocument and UnsupportedFormat as :func:`parser.parse` has them.
    """
    kind = kind_of(data, hints)
    if kind in PAGED and not as_read:
        from parser.marking.sheets import sheets_of  # noqa: PLC0415  Pillow; web pages do not need it

        return Marked(kind=kind, sheets=sheets_of(data, kind))
    if kind == "html" and not as_read:
        from parser.marking.page import mark_page  # noqa: PLC0415  trafilatura costs 300 ms

        drawing = mark_page(decoded(data, hints), marks, limit)
    else:
        from parser.marking.reading import draw  # noqa: PLC0415  as above

        drawing = draw(read(data, hints).blocks, marks, limit)
    return Marked(kind=kind, html=drawing.html, missing=tuple(sorted({*marks} - drawing.names)))


def excerpt(data: bytes, hints: Hints, marks: Collection[str]) -> tuple[Excerpt, ...]:
    """The rows and lines around what is marked, as plain texts; errors as :func:`mark` has them."""
    return tuple(excerpts(read(data, hints).blocks, marks))


def picture(
    data: bytes,
    hints: Hints,
    page: int,
    boxes: Sequence[Box] = (),
    *,
    scale: float = 2.0,
    excerpt: bool = False,
    recognised: bool = False,
) -> bytes:
    """A page of a PDF or of pictures as a PNG with boxes drawn over it: :func:`parser.marking.sheets.picture`.

    UnreadableDocument where the document has no pages, or not that one.
    """
    from parser.marking import sheets  # noqa: PLC0415  as above

    kind = kind_of(data, hints)
    return sheets.picture(data, kind, page, boxes, scale=scale, excerpt=excerpt, recognised=recognised)
