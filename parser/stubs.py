"""Stubs: what a document says of a report whose text it does not have, since that is a picture, a file, or nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from parser.documents import ocr
from parser.documents.document import Document, Line
from parser.documents.shown import ENOUGH_PROSE, prose
from parser.hints import Hints
from parser.labels import squeeze
from parser.metadata import find_title, read_metadata
from parser.record import Record
from parser.refusal import refusal_of_publisher
from parser.titles import judge

_FIELD_ROWS = 14  # a table with more is no header of fields
_LIST = 5  # links to reports; fewer are the one before, the next, and what is shown beside an article


class Body(StrEnum):
    """What stands where the text of a report should."""

    IMAGE = "image"
    ATTACHMENT = "attachment"
    EMPTY = "empty"


@dataclass(frozen=True)
class Stub:
    """A report without its text: its title, publisher, year and date, and what stands in the text's place."""

    record: Record
    body: Body


def read_stub(document: Document, hints: Hints) -> Stub | None:
    """The stub of a document that was refused for want of a text; null where it has one, or does not say whose and of which year.

    A page must bear the title itself: what a list says of it may have been said of another page.
    """
    if not _is_read_from_pictures(document) and not _is_textless(document):
        return None
    if document.kind == "html" and find_title(document, Hints()) is None:
        return None
    metadata = read_metadata(document, hints)
    if metadata.publisher is None or metadata.report_year is None or refusal_of_publisher(metadata) is not None:
        return None
    body = _body(document)
    if body is Body.EMPTY and sum(line.link and judge(line.text).is_report for line in _lines(document)) >= _LIST:
        return None
    record = Record(
        title=metadata.title,
        publisher=metadata.publisher,
        report_year=metadata.report_year,
        published_on=metadata.published_on,
        published_source=metadata.published_source,
    )
    return Stub(record, body)


def _lines(document: Document) -> Iterator[Line]:
    return (block for block in document.blocks if isinstance(block, Line))


def _body(document: Document) -> Body:
    if document.kind == "html":
        return Body(document.shows) if document.shows is not None else Body.EMPTY
    return Body.IMAGE if document.kind == "image" else Body.ATTACHMENT


def _is_read_from_pictures(document: Document) -> bool:
    """What recognition makes of a page says little of what stands on it."""
    return ocr.NOTE in document.notes


def _is_textless(document: Document) -> bool:
    cells = [cell.text for grid in document.grids for row in grid.rows for cell in row]
    if any(len(grid.rows) > _FIELD_ROWS and squeeze(grid.text) for grid in document.grids):
        return False
    return prose(line.text for line in document.lines if not line.link) + prose(cells) < ENOUGH_PROSE
