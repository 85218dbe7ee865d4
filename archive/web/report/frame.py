"""The archived copy as the frame shows it: a page with a line above it that says what it is and from when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import escape

from archive.captures import Capture
from archive.errors import ArchiveError
from archive.viewing.documents import Document, document_of
from archive.viewing.showing import places_of, view
from archive.web.asking import Asking
from archive.web.report.shown import finding_called
from archive.web.templating import moment
from parser.errors import ParserError
from parser.marking import Marked
from parser.marking.safe import harmless
from parser.record import Place, Record

_BODY = "<body>"  # the first one is the marker's own: before it stands nothing of the portal's


@dataclass(frozen=True)
class Sheet:
    """A page of a copy that is shown as a picture: its number and size in points, and whether a mark is drawn into it."""

    number: int
    width: float
    height: float
    is_marked: bool


def document(asking: Asking, capture_id: int) -> Document | str:
    """The document of a capture, or a sentence why there is none."""
    try:
        return document_of(asking.archive, capture_id)
    except ArchiveError as error:
        return asking.word("report.copy_lost", why=str(error))


def marked(asking: Asking, found: Document, places: Sequence[Place]) -> Marked | str:
    """The document with places marked, or a sentence why it cannot be shown."""
    try:
        return view(asking.house.opener, found, places)
    except ParserError as error:
        return asking.word("report.copy_unreadable", why=str(error))


def places(
    asking: Asking, report_id: int, record: Record, figure: str | None, finding: str | None
) -> tuple[Place, ...]:
    """What is to be marked: the cell of a figure, or those that a finding rests on; nothing where there is none."""
    if figure is not None and figure in record.figures:
        return (record.figures[figure].at,)
    line = None if finding is None else finding_called(asking, report_id, record, finding)
    return () if line is None else places_of(record, line)


def page_of(asking: Asking, html: str, capture: Capture) -> str:
    """The copy with a line at its head: that it is one, from when, from where, and its digest."""
    told = escape(harmless(origin(asking, capture)))
    return html.replace(_BODY, f'{_BODY}<div class="xxgk-frame" role="note"><p>{told}</p></div>', 1)


def origin(asking: Asking, capture: Capture) -> str:
    """What a copy is, in a line."""
    return asking.word(
        "report.copy_line",
        moment=moment(capture.fetched_at, asking.language),
        url=capture.url,
        digest=capture.payload_digest,
    )


def sheets(found: Marked, chosen: Sequence[Place]) -> tuple[Sheet, ...]:
    """The pages of a copy that is shown as pictures."""
    on = {place.page for place in chosen if place.box is not None}
    return tuple(Sheet(number, width, height, number in on) for number, (width, height) in enumerate(found.sheets, 1))
