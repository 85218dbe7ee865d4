"""One article at one moment: which of its documents is the report, and what the parser makes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from email.message import Message
from enum import StrEnum
from functools import cached_property

from archive.captures import Capture, head, payload
from archive.deriving.emptied import only_passing
from archive.deriving.versions import Meaning, meaning
from archive.errors import ArchiveError, ConnectionLost, DatabaseAway, OutOfReach, StorageTrouble
from archive.figures import Figures, figures_of
from archive.schema import Ready, storable
from archive.store import Archive
from archive.warcs.records import digest, header
from parser.documents.album import bind, is_picture
from parser.errors import NotAReport, ParserError, UnsupportedFormat
from parser.hints import Hints
from parser.record import Finding, PublishedSource, Record, Severity, State
from parser.stubs import Body, Stub
from parser.titles import judge
from parser.titles import read as read_title

Parse = Callable[[bytes, Hints], Record]
_DATABASE = (ConnectionLost, DatabaseAway)
_AWAY = (OutOfReach, StorageTrouble, *_DATABASE)
_PICTURES = ("image/", "application/octet-stream")
_SAID = {
    Body.IMAGE: "it shows pictures only, and none was read",
    Body.ATTACHMENT: "its text is a file, and none was read as a report",
    Body.EMPTY: "it has the title of a report and no text",
}


class Outcome(StrEnum):
    """What became of an article."""

    REPORT = "report"
    UNREAD = (
        "unread"  # a report by its title; its text is a file or pictures that were not read or not fetched, or nowhere
    )
    REFUSED = "refused"  # something else than a report
    FAILED = "failed"  # damaged, or a fault of ours: to be looked at
    UNCAPTURED = "uncaptured"  # known, and nothing of it was fetched


@dataclass(frozen=True)
class Known:
    """What is known of an article besides its bytes, from its list row, its page and its column.

    ``encoding`` is the charset of its portal's pages where the registry says that they declare a wrong one.
    """

    listed_title: str | None
    listed_on: date | None
    page_title: str | None
    page_date: date | None
    agency: str | None
    refused: str | None
    encoding: str | None = None


@dataclass(frozen=True)
class Documents:
    """The captures an article consisted of at one moment; ``unfetched`` says that it links to a file nobody ever got."""

    page: Capture | None
    attachments: tuple[Capture, ...]
    unfetched: bool = False

    def basis(self, known: Known) -> str:
        """A digest of all that a reading is made from: while it stays the same, nothing needs to be read again."""
        page = self.page.payload_digest if self.page is not None else None
        files = [(capture.url, capture.payload_digest) for capture in self.attachments]
        return digest(repr((page, files, self.unfetched, known)).encode("utf-8", "replace"))


@dataclass(frozen=True)
class Reading:
    """The reading of an article. ``publisher`` and ``report_year`` fall back on what list and page say.

    ``holds_none``: everything was there, was read, and is no report, or an empty one. ``hollow``: there is nothing of a
    report but what its page says of it.
    """

    outcome: Outcome
    detail: str | None = None
    record: Record | None = None
    capture: Capture | None = None
    publisher: str | None = None
    report_year: int | None = None
    document_digest: str | None = None  # of a document that could not be read
    holds_none: bool = False
    hollow: bool = False

    @cached_property
    def line(self) -> str:
        """The record as it is stored, packed already."""
        return Ready(storable(self._record.to_json()))

    @cached_property
    def meant(self) -> Meaning:
        """What the record means."""
        return meaning(self._record, self.document_digest)

    @cached_property
    def cells(self) -> Figures:
        """What the record's figures say."""
        return figures_of(self._record.figures)

    def prepare(self) -> None:
        """Work out now what filing takes: others wait for their turns meanwhile."""
        if self.record is not None:
            _ = self.line, self.meant, self.cells.packed

    @property
    def _record(self) -> Record:
        if self.record is None:
            raise ValueError("a reading without a record means nothing")
        return self.record


@dataclass(frozen=True)
class _Tried:
    """A document and what the parser made of it; several pictures are one document."""

    captures: tuple[Capture, ...]
    record: Record | None
    error: Exception | None
    is_picture: bool = False

    @property
    def capture(self) -> Capture:
        """Where it begins."""
        return self.captures[0]

    @property
    def digest(self) -> str:
        """Of its bytes."""
        digests = [capture.payload_digest for capture in self.captures]
        return digests[0] if len(digests) == 1 else digest(repr(digests).encode())

    @property
    def is_markup(self) -> bool:
        """Whether it is a page, which may have come where a file was asked for."""
        return "html" in (self.capture.content_type or "html").lower()

    @property
    def has_figures(self) -> bool:
        """Whether it is a report with figures."""
        return self.record is not None and bool(self.record.figures)

    @property
    def stub(self) -> Stub | None:
        """What it says of a report whose text it does not have."""
        return self.error.stub if isinstance(self.error, NotAReport) else None


def read_documents(archive: Archive, documents: Documents, known: Known, parse: Parse) -> Reading:
    """The report among the documents: the page if it carries figures, else the attachment with the most of them.

    No document can stop the others: what the parser says or suffers is the reading's ``detail``. Bytes that
    another machine may reach are no fault of a document: raises :class:`archive.errors.ArchiveError`.
    """
    if known.refused is not None:
        return Reading(Outcome.REFUSED, known.refused, holds_none=not _may_be_passing(archive, documents.page))
    tried = _try_all(archive, documents, known, parse)
    for attempt in tried:
        if isinstance(attempt.error, _AWAY):
            raise attempt.error
    read = [(attempt.record, attempt.capture) for attempt in tried if attempt.record is not None]
    if read:
        # the first of equals: the page, then the links in their order
        record, capture = max(read, key=lambda pair: len(pair[0].figures))
        reading = _report(Outcome.REPORT, record, capture, known)
        return reading if _is_somebodys(reading) else Reading(Outcome.REFUSED, "a blank form", holds_none=True)
    if not tried:
        return Reading(Outcome.UNCAPTURED, "nothing of it was fetched")
    return _unread(documents, tried, known) or _no_report(archive, documents, tried)


def _try_all(archive: Archive, documents: Documents, known: Known, parse: Parse) -> list[_Tried]:
    """The page, where it does not say it all the files, and where these have no figures the pictures, which take longest."""
    tried: list[_Tried] = []
    if documents.page is not None:
        tried.append(_try(archive, (documents.page,), known, parse, of_page=True))
        if tried[0].has_figures:
            return tried
    pictures = tuple(capture for capture in documents.attachments if _is_picture(archive, capture))
    tried += [_try(archive, (file,), known, parse) for file in documents.attachments if file not in pictures]
    if pictures and not any(attempt.has_figures for attempt in tried):
        tried.append(replace(_try(archive, pictures, known, parse), is_picture=True))
    return tried


def _try(
    archive: Archive, captures: tuple[Capture, ...], known: Known, parse: Parse, *, of_page: bool = False
) -> _Tried:
    try:
        hints = _hints(archive, captures[0], known, of_page=of_page)
        payloads = (payload(archive, capture) for capture in captures)
        return _Tried(captures, parse(next(payloads) if len(captures) == 1 else bind(payloads), hints), None)
    except _DATABASE:  # it says nothing of the document
        raise
    except Exception as error:  # noqa: BLE001 - a document no library foresaw must not stop the other two million
        return _Tried(captures, None, error)


def _is_picture(archive: Archive, capture: Capture) -> bool:
    if not (capture.content_type or "").lower().startswith(_PICTURES):
        return False
    try:
        return is_picture(payload(archive, capture))
    except _DATABASE:
        raise
    except ArchiveError:  # it is told where it is read
        return False


def _hints(archive: Archive, capture: Capture, known: Known, *, of_page: bool) -> Hints:
    content_type = header(head(archive, capture), "Content-Type")
    message = Message()
    message["Content-Type"] = content_type or ""
    return Hints(
        name=capture.url,
        content_type=content_type,
        charset=message.get_content_charset(),
        encoding=known.encoding if capture.kind != "conversion" else None,  # what we wrote ourselves says it rightly
        listed_title=known.listed_title,
        listed_on=known.listed_on,
        page_title=None if of_page else known.page_title,  # the page speaks for itself
        page_date=None if of_page else known.page_date,
        shown_on=known.page_date if of_page else None,
        agency=known.agency,
    )


def _report(outcome: Outcome, record: Record, capture: Capture, known: Known) -> Reading:
    titles = [read_title(title) for title in (known.listed_title, known.page_title) if title is not None]
    publisher = record.publisher or next((title.publisher for title in titles if title.publisher), None) or known.agency
    year = record.report_year
    if year is None:
        year = next((title.report_year for title in titles if title.report_year is not None), None)
    return Reading(outcome, None, record, capture, publisher, year)


def _is_somebodys(reading: Reading) -> bool:
    """The form of the notices circulates empty: no publisher, no year, no number."""
    figures = reading.record.figures.values() if reading.record is not None else ()
    named = reading.publisher is not None or reading.report_year is not None
    return named or any(figure.state is State.NUMBER for figure in figures)


def _report_title(known: Known) -> str | None:
    titles = (known.listed_title, known.page_title)
    return next((title for title in titles if title is not None and judge(title).is_report), None)


def _unread(documents: Documents, tried: list[_Tried], known: Known) -> Reading | None:
    """A report of which only its title is known, until its text can be read; null where there is none, or may be none."""
    page, title = tried[0], _report_title(known)
    unsupported = next((attempt for attempt in tried if isinstance(attempt.error, UnsupportedFormat)), None)
    if unsupported is not None and (page.stub is not None or title is not None):
        record = page.stub.record if page.stub is not None else _of_title(title or "", known)
        body = Body.IMAGE if unsupported.is_picture else Body.ATTACHMENT
        reading = _stubbed(record, body, f"{unsupported.capture.url}: {unsupported.error}", unsupported, known)
        return replace(reading, hollow=unsupported.is_picture and documents.unfetched)
    if page.stub is None or not _lacks_its_text(documents, tried):
        return None
    pictures = next((attempt for attempt in tried if attempt.is_picture), None)
    if pictures is not None:
        reading = _stubbed(page.stub.record, Body.IMAGE, f"{pictures.capture.url}: {pictures.error}", pictures, known)
        return replace(reading, hollow=documents.unfetched)
    body = page.stub.body
    if body is Body.EMPTY and (documents.attachments or documents.unfetched):
        body = Body.ATTACHMENT
    said = "a file it leads to could not be fetched" if documents.unfetched else _SAID[body]
    reading = _stubbed(page.stub.record, body, f"{page.capture.url}: {said}", page, known)
    kept = [capture.payload_digest for capture in documents.attachments]
    shown = page.digest if not page.is_markup else digest(repr(kept).encode()) if kept else None
    hollow = documents.unfetched or all(attempt.is_markup for attempt in tried)
    return replace(reading, document_digest=shown, hollow=hollow, holds_none=body is Body.EMPTY)


def _lacks_its_text(documents: Documents, tried: list[_Tried]) -> bool:
    """Whether the text may stand in what was not fetched or not read: no fault hides it, and no file was read that is another."""
    if any(not isinstance(attempt.error, NotAReport) and not attempt.is_picture for attempt in tried):
        return False
    others = [attempt for attempt in tried[1:] if not attempt.is_markup and attempt.stub is None]
    return documents.unfetched or not others or any(attempt.is_picture for attempt in tried)


def _of_title(title: str, known: Known) -> Record:
    parts = read_title(title)
    listed = known.listed_on is not None
    published_on = known.listed_on or known.page_date
    source = (PublishedSource.LIST if listed else PublishedSource.PAGE) if published_on is not None else None
    return Record(
        title=parts.title,
        publisher=parts.publisher,
        report_year=parts.report_year,
        published_on=published_on,
        published_source=source,
    )


def _stubbed(stub: Record, body: Body, said: str, attempt: _Tried, known: Known) -> Reading:
    """The reading of a report without its text; the finding says what stands in the text's place, and why it is not read."""
    finding = Finding(rule="document.unread", severity=Severity.INFO, message=f"body {body}: {said}")
    record = stub.model_copy(update={"findings": (finding,)})
    reading = _report(Outcome.UNREAD, record, attempt.capture, known)
    return replace(reading, detail=finding.message, document_digest=attempt.digest)


def _no_report(archive: Archive, documents: Documents, tried: list[_Tried]) -> Reading:
    """Why there is no report: a fault weighs more than a refusal, since it may hide one."""
    faults = [attempt for attempt in tried if not isinstance(attempt.error, NotAReport)]
    attempt = (faults or tried)[0]
    if isinstance(attempt.error, NotAReport):
        holds_none = not documents.unfetched and not _may_be_passing(archive, documents.page)
        return Reading(Outcome.REFUSED, attempt.error.reason, holds_none=holds_none)
    expected = isinstance(attempt.error, ParserError | ArchiveError)
    said = str(attempt.error) if expected else f"{type(attempt.error).__name__}: {attempt.error}"
    return Reading(Outcome.FAILED, f"{attempt.capture.url}: {said}")


def _may_be_passing(archive: Archive, page: Capture | None) -> bool:
    if page is None:
        return True
    try:
        return only_passing(payload(archive, page))
    except _DATABASE:
        raise
    except ArchiveError:  # what cannot be read proves nothing
        return True
