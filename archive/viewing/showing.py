"""A document shown: with its places marked, page by page, and cut out around the cells that a finding rests on.

Every document is opened by an ``Opener``: a process of its own with limits (:mod:`parser.isolation`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from archive.findings.lines import FindingLine
from archive.viewing.documents import Document
from parser import grounds
from parser.hints import Hints
from parser.marking import PAGED, Box, Excerpt, Marked, anchor_of
from parser.record import Finding, Place, Record

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"  # to be sent with Marked.html
_LONGEST = 40  # places in one piece of evidence


class Opener(Protocol):
    """What opens documents: :class:`parser.isolation.IsolatedParser`, or :class:`parser.isolation.ParserPool` for threads."""

    def mark(self, data: bytes, hints: Hints | None, marks: Collection[str] = (), *, as_read: bool = False) -> Marked:
        """The document with places marked."""

    def excerpt(self, data: bytes, hints: Hints | None, marks: Collection[str]) -> tuple[Excerpt, ...]:
        """What stands around marked places."""

    def picture(
        self,
        data: bytes,
        hints: Hints | None,
        page: int,
        boxes: Sequence[Box] = (),
        *,
        scale: float = 2.0,
        excerpt: bool = False,
        recognised: bool = False,
    ) -> bytes:
        """A page as a PNG."""


class Cutting(NamedTuple):
    """A strip of a page around some places, as a PNG."""

    page: int
    png: bytes


class Evidence(NamedTuple):
    """What places look like in their document: strips of its pages, or the rows and lines around them as plain texts."""

    cuttings: tuple[Cutting, ...] = ()
    excerpts: tuple[Excerpt, ...] = ()


def view(opener: Opener, document: Document, places: Iterable[Place] = (), *, as_read: bool = False) -> Marked:
    """The document as a page with places marked, or the sizes of its pages (:class:`parser.marking.Marked`).

    Raises :class:`parser.ParserError` where the document cannot be opened.
    """
    return opener.mark(document.data, document.hints, marks_of(places), as_read=as_read)


def page_picture(
    opener: Opener, document: Document, page: int, places: Iterable[Place] = (), *, scale: float = 2.0
) -> bytes:
    """A page of a PDF or of pictures as a PNG, the places that stand on it marked; errors as :func:`view` has them."""
    return _picture(opener, document, page, [place for place in places if place.page == page], scale, excerpt=False)


def picture_of_place(opener: Opener, document: Document, places: Iterable[Place], *, scale: float = 2.0) -> Evidence:
    """What stands around places: strips of the pages where boxes are known, else rows and lines; errors as :func:`view` has them."""
    chosen = list(places)[:_LONGEST]
    drawn = [place for place in chosen if place.box is not None and place.page is not None]
    if drawn and opener.mark(document.data, document.hints).kind in PAGED:
        pages = sorted({place.page for place in drawn if place.page is not None})
        cuttings = ((page, [place for place in drawn if place.page == page]) for page in pages)
        rest = marks_of(place for place in chosen if place.box is None)
        return Evidence(
            tuple(
                Cutting(page, _picture(opener, document, page, on_it, scale, excerpt=True)) for page, on_it in cuttings
            ),
            opener.excerpt(document.data, document.hints, rest) if rest else (),
        )
    return Evidence(excerpts=opener.excerpt(document.data, document.hints, marks_of(chosen)))


def marks_of(places: Iterable[Place]) -> tuple[str, ...]:
    """The ids of places, each once, in their order."""
    names = (anchor_of(place) for place in places)
    return tuple(dict.fromkeys(name for name in names if name is not None))


def cells_of(record: Record, finding: FindingLine | Finding) -> tuple[str, ...]:
    """The keys of the record's figures a finding rests on, of a finding between reports or versions those in this one."""
    if isinstance(finding, Finding):
        return grounds.cells_of(record, finding)
    if finding.rests_on is not None:
        return tuple(key for key in _rested_on(finding.rests_on, record.report_year) if key in record.figures)
    return grounds.cells_of(record, _plain(finding))


def places_of(record: Record, finding: FindingLine | Finding) -> tuple[Place, ...]:
    """Where a finding stands in the report's document: the line or row it names, then the cells it rests on."""
    own = finding if isinstance(finding, Finding) else _plain(finding)
    cells = [record.figures[key].at for key in cells_of(record, finding)]
    named = [own.at] if own.at is not None and own.at not in cells else []
    return (*named, *cells)


def _plain(line: FindingLine) -> Finding:
    """The finding without what only some rules say."""
    return Finding.model_validate({name: said for name, said in line.finding.items() if name in Finding.model_fields})


def _rested_on(rests_on: Mapping[str, Any], year: int | None) -> Iterable[str]:
    """The cells it was judged by: by year where it is about several reports, else those of every version."""
    figures: Mapping[str, Any] = rests_on.get("figures", {})
    return figures.get(str(year), {}) if "reports" in rests_on else figures


def _picture(
    opener: Opener, document: Document, page: int, places: Sequence[Place], scale: float, *, excerpt: bool
) -> bytes:
    return opener.picture(
        document.data,
        document.hints,
        page,
        [place.box for place in places if place.box is not None],
        scale=scale,
        excerpt=excerpt,
        recognised=any(place.confidence is not None for place in places),
    )
