"""One article at one moment: which of its documents is the report, and what the parser makes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from email.message import Message
from enum import StrEnum
from functools import cached_property

from archive.captures import Capture, head, payload
from archive.emptied import only_passing
from archive.errors import ArchiveError
from archive.schema import storable
from archive.store import Archive
from archive.versions import Meaning, meaning
from archive.warc import digest, header
from parser.errors import NotAReport, ParserError, UnsupportedFormat
from parser.hints import Hints
from parser.record import Finding, PublishedSource, Record, Severity, State
from parser.titles import judge
from parser.titles import read as read_title

Parse = Callable[[bytes, Hints], Record]


class Outcome(StrEnum):
    """What became of an article."""

    REPORT = "report"
    UNREAD = "unread"  # a report by its title, in a format that is not read
    REFUSED = "refused"  # something else than a report
    FAILED = "failed"  # damaged, or a fault of ours: to be looked at
    UNCAPTURED = "uncaptured"  # known, and nothing of it was fetched


@dataclass(frozen=True)
class Known:
    """What is known of an article besides its bytes, from its list row, its page and its column."""

    listed_title: str | None
    listed_on: date | None
    page_title: str | None
    page_date: date | None
    agency: str | None
    refused: str | None


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

    ``holds_none``: everything was there, was read, and is no report.
    """

    outcome: Outcome
    detail: str | None = None
    record: Record | None = None
    capture: Capture | None = None
    publisher: str | None = None
    report_year: int | None = None
    document_digest: str | None = None  # of a document that could not be read
    holds_none: bool = False

    @cached_property
    def line(self) -> str:
        """The record as it is stored."""
        return storable(self._record.to_json())

    @cached_property
    def meant(self) -> Meaning:
        """What the record means."""
        return meaning(self._record, self.document_digest)

    @property
    def _record(self) -> Record:
        if self.record is None:
            raise ValueError("a reading without a record means nothing")
        return self.record


@dataclass(frozen=True)
class _Tried:
    capture: Capture
    record: Record | None
    error: Exception | None


def read_documents(archive: Archive, documents: Documents, known: Known, parse: Parse) -> Reading:
    """The report among the documents: the page if it carries figures, else the attachment with the most of them.

    No document can stop the others: what the parser says or suffers is the reading's ``detail``.
    """
    if known.refused is not None:
        return Reading(Outcome.REFUSED, known.refused, holds_none=not _may_be_passing(archive, documents.page))
    tried = []
    for attempt in _attempts(archive, documents, known, parse):
        tried.append(attempt)
        if attempt.record is not None and attempt.record.figures and attempt.capture is documents.page:
            break  # the page says it all
    read = [(attempt.record, attempt.capture) for attempt in tried if attempt.record is not None]
    if read:
        # the first of equals: the page, then the links in their order
        record, capture = max(read, key=lambda pair: len(pair[0].figures))
        reading = _report(Outcome.REPORT, record, capture, known)
        return reading if _is_somebodys(reading) else Reading(Outcome.REFUSED, "a blank form", holds_none=True)
    if not tried:
        return Reading(Outcome.UNCAPTURED, "nothing of it was fetched")
    unsupported = next((attempt for attempt in tried if isinstance(attempt.error, UnsupportedFormat)), None)
    title = _report_title(known)
    if unsupported is not None and title is not None:
        return _unread(unsupported, title, known)
    return _no_report(archive, documents, tried)


def _attempts(archive: Archive, documents: Documents, known: Known, parse: Parse) -> Iterator[_Tried]:
    captures = [documents.page] if documents.page is not None else []
    for capture in (*captures, *documents.attachments):
        try:
            hints = _hints(archive, capture, known, of_page=capture is documents.page)
            yield _Tried(capture, parse(payload(archive, capture), hints), None)
        except Exception as error:  # noqa: BLE001 - a document no library foresaw must not stop the other two million
            yield _Tried(capture, None, error)


def _hints(archive: Archive, capture: Capture, known: Known, *, of_page: bool) -> Hints:
    content_type = header(head(archive, capture), "Content-Type")
    message = Message()
    message["Content-Type"] = content_type or ""
    return Hints(
        name=capture.url,
        content_type=content_type,
        charset=message.get_content_charset(),
        listed_title=known.listed_title,
        listed_on=known.listed_on,
        page_title=None if of_page else known.page_title,  # the page speaks for itself
        page_date=None if of_page else known.page_date,
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


def _unread(attempt: _Tried, title: str, known: Known) -> Reading:
    """A report of which only its title is known, until its format can be read."""
    parts = read_title(title)
    listed = known.listed_on is not None
    published_on = known.listed_on or known.page_date
    source = (PublishedSource.LIST if listed else PublishedSource.PAGE) if published_on is not None else None
    finding = Finding(rule="document.unread", severity=Severity.INFO, message=f"{attempt.capture.url}: {attempt.error}")
    record = Record(
        title=parts.title,
        publisher=parts.publisher,
        report_year=parts.report_year,
        published_on=published_on,
        published_source=source,
        findings=(finding,),
    )
    reading = _report(Outcome.UNREAD, record, attempt.capture, known)
    return Reading(
        Outcome.UNREAD,
        str(attempt.error),
        record,
        attempt.capture,
        reading.publisher,
        reading.report_year,
        attempt.capture.payload_digest,
    )


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
    except ArchiveError:  # what cannot be read proves nothing
        return True
