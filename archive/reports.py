"""Reports, asked for: lists, one report with its versions and captures, and what could not be read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Any, NamedTuple

from sqlalchemy import Row, Select, or_, select
from sqlalchemy.orm import Session, undefer

from archive.addresses import canonical, with_fragment
from archive.captures import Capture, from_row, select_captures
from archive.deriving.changes import Changes, compare
from archive.deriving.derive import Derived, derive
from archive.deriving.documents import Outcome
from archive.divisions import Book
from archive.errors import AddressRefused, ArchiveError
from archive.registry.publishers import naming, resolve
from archive.schema import (
    Article,
    Attachment,
    CaptureRow,
    Portal,
    Report,
    Sighting,
    Version,
)
from archive.store import Archive
from parser.record import PublishedSource, Record

__all__ = [
    "Derived",
    "ReportLine",
    "ReportView",
    "Trouble",
    "VersionLine",
    "VersionRead",
    "derive",
    "find",
    "iterate_reports",
    "line_of",
    "list_reports",
    "narrowed",
    "read_version",
    "select_lines",
    "show",
    "troubles",
]


@dataclass(frozen=True)
class ReportLine:
    """A report in a list. ``url`` is its article's, or the file's where a list links straight to one."""

    id: int
    url: str
    publisher: str | None
    report_year: int | None
    published_on: date | None
    title: str | None
    state: str
    template: str | None
    figures: int
    errors: int
    warnings: int
    infos: int

    def to_data(self) -> dict[str, Any]:
        """Plain values, as JSON has them."""
        return {
            "id": self.id,
            "url": self.url,
            "publisher": self.publisher,
            "report_year": self.report_year,
            "published_on": self.published_on.isoformat() if self.published_on is not None else None,
            "title": self.title,
            "state": self.state,
            "template": self.template,
            "figures": self.figures,
            "findings": {"error": self.errors, "warning": self.warnings, "info": self.infos},
        }


@dataclass(frozen=True)
class VersionLine:
    """One version of a report; ``digest`` is of its meaning, ``url`` and ``capture_id`` of the document it was read from.

    ``changes`` is what it says otherwise than the version seen before it; null for the first.
    """

    id: int
    digest: str
    first_seen_at: datetime
    last_seen_at: datetime
    title: str | None
    published_on: date | None
    template: str | None
    figures: int
    url: str
    capture_id: int
    current: bool
    changes: Changes | None


@dataclass(frozen=True)
class ReportView:
    """One report with all that is known of it; ``record`` is that of its current version.

    ``withdrawn_because`` says in words how it was found gone; null while it is published.
    """

    line: ReportLine
    record: Record
    state: str
    withdrawn_at: datetime | None
    withdrawn_because: str | None
    first_seen_at: datetime
    versions: tuple[VersionLine, ...]
    captures: tuple[Capture, ...]
    addresses: tuple[str, ...]


class VersionRead(NamedTuple):
    """A version with what was read: ``capture_id`` is of the document it was read from."""

    id: int
    capture_id: int
    record: Record


@dataclass(frozen=True)
class Trouble:
    """An article that gave no figures: ``failed``, ``unread``, ``uncaptured`` or ``refused``, and why."""

    url: str
    outcome: str
    detail: str | None


def list_reports(
    archive: Archive, *, year: int | None = None, publisher: str | None = None, portal: str | None = None
) -> list[ReportLine]:
    """The reports, by id; ``publisher`` is a name in any spelling of its government, ``portal`` an address."""
    return list(iterate_reports(archive, year=year, publisher=publisher, portal=portal))


def iterate_reports(
    archive: Archive, *, year: int | None = None, publisher: str | None = None, portal: str | None = None
) -> Iterator[ReportLine]:
    """As :func:`list_reports`, one after the other: two million fit in no list."""
    query = narrowed(select_lines(), archive.book, year, publisher, portal).order_by(Report.id)
    with archive.session() as session:
        for row in session.execute(query.execution_options(yield_per=500)):
            yield line_of(row)


def show(archive: Archive, reference: str) -> ReportView | None:
    """The report of that id, or the one any address of which (article, attachment, redirect, copy) this is."""
    with archive.session() as session:
        report_id = report_at(session, reference)
        return None if report_id is None else _view(session, report_id)


def find(archive: Archive, publisher: str, year: int) -> ReportView | None:
    """The report of a publisher on a year. Raises :class:`UnknownPublisher` for no name or several of them."""
    with archive.session() as session:
        wanted = resolve(session, publisher, archive.book)
        query = select(Report.id).where(Report.publisher_id == wanted.id, Report.report_year == year)
        report_id = session.scalars(query.order_by(Report.id).limit(1)).first()
        return None if report_id is None else _view(session, report_id)


def read_version(archive: Archive, report_id: int, version_id: int | None = None) -> VersionRead | None:
    """A version of a report, the current one where none is named; null where there is none of that number.

    Raises :class:`ArchiveError` where its record is damaged.
    """
    query = select(Version).join(Report, Report.id == Version.report_id).where(Report.id == report_id)
    query = query.where(Version.id == (Report.version_id if version_id is None else version_id))
    with archive.session() as session:
        found = session.scalars(query.options(undefer(Version.record))).first()
        return None if found is None else VersionRead(found.id, found.capture_id, record_of(found))


def troubles(archive: Archive, *, outcome: Outcome | None = None) -> Iterator[Trouble]:
    """What is archived and gave no report, or none with figures, and why."""
    query = select(Article.url, Article.outcome, Article.detail)
    query = query.where(Article.outcome == outcome if outcome is not None else Article.outcome != Outcome.REPORT)
    with archive.session() as session:
        for url, what, why in session.execute(query.order_by(Article.id).execution_options(yield_per=500)):
            yield Trouble(url, what or "", why)


def narrowed(query: Any, book: Book, year: int | None, publisher: str | None, portal: str | None) -> Any:
    """A query over reports, narrowed to a year, a publisher's name in any spelling, and a portal's address."""
    if year is not None:
        query = query.where(Report.report_year == year)
    if publisher is not None:
        query = query.where(Report.publisher_id.in_(naming(publisher, book)))
    if portal is not None:
        here = (
            select(Version.report_id)
            .join(Sighting, Sighting.version_id == Version.id)
            .join(Article, Article.id == Sighting.article_id)
            .join(Portal, Portal.id == Article.portal_id)
            .where(Portal.url == with_fragment(portal))
        )
        query = query.where(Report.id.in_(here))
    return query


def record_of(version: Version) -> Record:
    """A version's record, with the best date of publication any of its addresses gave.

    Raises :class:`ArchiveError` where its bytes have changed in the database.
    """
    if not version.record:
        raise ArchiveError(f"the record of version {version.id} is damaged: `xxgk reparse` makes it anew")
    source = PublishedSource(version.published_source) if version.published_source is not None else None
    return Record.from_json(version.record).model_copy(
        update={"published_on": version.published_on, "published_source": source}
    )


def select_lines() -> Select[Report, Version]:
    """A query for reports with their current versions, for :func:`line_of`."""
    return select(Report, Version).join(Version, Version.id == Report.version_id)


def line_of(row: Row[Report, Version]) -> ReportLine:
    """A row of :func:`select_lines`."""
    report, version = row
    return ReportLine(
        id=report.id,
        url=report.url,
        publisher=version.publisher,
        report_year=version.report_year,
        published_on=version.published_on,
        title=version.title,
        state=report.state,
        template=version.template,
        figures=version.figures,
        errors=version.errors,
        warnings=version.warnings,
        infos=version.infos,
    )


def report_at(session: Session, reference: str) -> int | None:
    """The number of a report: its own, not looked for, or that of the one any address of which this is; null for none."""
    if reference.isdecimal():
        return int(reference)
    try:
        address = canonical(reference)
    except AddressRefused:
        return None
    articles = select(Article.id).where(or_(Article.address == address, Article.requested_address == address))
    owners = select(Attachment.article_id).where(Attachment.address == address)
    for ids in (articles, owners):
        query = select(Version.report_id).join(Sighting, Sighting.version_id == Version.id)
        query = query.join(Article, Article.id == Sighting.article_id).where(Article.id.in_(ids))
        shown_first = (Article.version_id == Version.id).desc()
        found = session.scalars(query.order_by(shown_first, Sighting.last_seen_at.desc()).limit(1)).first()
        if found is not None:
            return found
    return None


def _view(session: Session, report_id: int) -> ReportView | None:
    found = session.execute(select_lines().where(Report.id == report_id)).first()
    if found is None:
        return None
    report, current = found
    versions = session.scalars(
        select(Version)
        .where(Version.report_id == report_id)
        .order_by(Version.first_seen_at, Version.id)
        .options(undefer(Version.record))
    ).all()
    articles = session.scalars(
        select(Article)
        .join(Sighting, Sighting.article_id == Article.id)
        .join(Version, Version.id == Sighting.version_id)
        .where(Version.report_id == report_id)
        .distinct()
        .order_by(Article.id)
    ).all()
    places = _places(session, articles)
    captures = session.execute(
        select_captures()
        .where(CaptureRow.address.in_(sorted(set().union(*places.values()))))
        .order_by(CaptureRow.fetched_at, CaptureRow.id)
    ).all()
    again: dict[int, datetime] = {}  # when a version was last seen again without a record of its own
    for article in articles:
        times = [row.same_at for row, _ in captures if row.same_at is not None and row.address in places[article.id]]
        if times and article.version_id is not None:
            again[article.version_id] = max([*times, again.get(article.version_id, times[0])])
    return ReportView(
        line=line_of(found),
        record=record_of(current),
        state=report.state,
        withdrawn_at=report.withdrawn_at,
        withdrawn_because=report.withdrawn_because,
        first_seen_at=report.first_seen_at,
        versions=tuple(_version_lines(versions, current.id, again)),
        captures=tuple(from_row(*row) for row in captures),
        addresses=tuple(article.url for article in articles),
    )


def _places(session: Session, articles: Sequence[Article]) -> dict[int, set[str]]:
    """The addresses of each article: its own, and its files'."""
    places = {article.id: {article.address, article.requested_address} for article in articles}
    links = select(Attachment.article_id, Attachment.address).where(Attachment.article_id.in_(places))
    for article_id, address in session.execute(links):
        places[article_id].add(address)
    return places


def _version_lines(versions: Sequence[Version], current_id: int, again: dict[int, datetime]) -> Iterator[VersionLine]:
    records = [record_of(version) for version in versions]
    changes = [None, *(compare(before, after) for before, after in pairwise(records))]
    for version, change in zip(versions, changes, strict=True):
        seen = max(version.last_seen_at, again.get(version.id, version.last_seen_at))
        yield _version_line(version, seen, current=version.id == current_id, changes=change)


def _version_line(version: Version, last_seen_at: datetime, *, current: bool, changes: Changes | None) -> VersionLine:
    return VersionLine(
        id=version.id,
        digest=version.digest,
        first_seen_at=version.first_seen_at,
        last_seen_at=last_seen_at,
        title=version.title,
        published_on=version.published_on,
        template=version.template,
        figures=version.figures,
        url=version.document_url,
        capture_id=version.capture_id,
        current=current,
        changes=changes,
    )
