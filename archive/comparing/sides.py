"""Sides: the reports and versions that are compared, each with its record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, undefer

from archive.errors import UnknownPublisher
from archive.registry.publishers import resolve
from archive.reports import find, record_of, show
from archive.schema import Report, Version
from archive.store import Archive
from parser.record import Record


@dataclass(frozen=True)
class Side:
    """A report in one of its versions; ``year`` is what its record, its title or its list says."""

    report_id: int
    version_id: int
    url: str  # of the report
    document_url: str  # of what this version was read from
    publisher: str | None
    year: int | None
    state: str
    current: bool
    first_seen_at: datetime
    record: Record

    @property
    def forms(self) -> dict[str, str]:
        """The form each of its tables is printed on."""
        return {name: table.template for name, table in self.record.tables.items()}


@dataclass(frozen=True)
class VersionAt:
    """A version of a report in a list; ``digest`` is of its meaning, the same in every archive of the report."""

    id: int
    digest: str
    first_seen_at: datetime
    current: bool


def two_years(archive: Archive, publisher: str | int, years: Sequence[int]) -> tuple[Side, ...]:
    """The reports of a publisher on these years, by its name or number.

    Raises :class:`UnknownPublisher` where there is no such name or report.
    """
    with archive.session() as session:
        found = _of_years(session, archive, publisher)
    for year in years:
        if year not in found:
            raise UnknownPublisher(
                f"there is no report of {publisher} on {year}: `reports --publisher {publisher}` lists them"
            )
    return tuple(found[year] for year in years)


def every_year(archive: Archive, publisher: str | int) -> tuple[Side, ...]:
    """All reports of a publisher, the oldest first. Raises :class:`UnknownPublisher` as :func:`two_years`."""
    with archive.session() as session:
        found = _of_years(session, archive, publisher)
    if not found:
        raise UnknownPublisher(f"there is no report of {publisher}: `publishers` lists those that are known")
    return tuple(found[year] for year in sorted(found))


def every_version(archive: Archive, reference: str, year: int | None) -> tuple[Side, ...]:
    """The versions of a report, the oldest first; the reference is an id or an address, or a publisher's name beside a year.

    Raises :class:`UnknownPublisher` where there is no such report.
    """
    view = show(archive, reference) if year is None else find(archive, reference, year)
    if view is None:
        what = f"report {reference!r}" if year is None else f"report of {reference} on {year}"
        raise UnknownPublisher(f"there is no {what}: `reports` lists them")
    with archive.session() as session:
        query = _sides().where(Report.id == view.line.id).order_by(Version.first_seen_at, Version.id)
        return tuple(_side(report, version) for report, version in session.execute(query))


def version_sides(archive: Archive, report_id: int, numbers: Sequence[int]) -> tuple[Side, ...]:
    """These versions of a report, in this order. Raises :class:`UnknownPublisher` where there is no such report or version."""
    query = _sides().where(Report.id == report_id, Version.id.in_(numbers))
    with archive.session() as session:
        found = {version.id: _side(report, version) for report, version in session.execute(query)}
    for number in numbers:
        if number not in found:
            raise UnknownPublisher(f"there is no version {number} of report {report_id}: `show {report_id}` lists them")
    return tuple(found[number] for number in numbers)


def versions_of(archive: Archive, report_id: int) -> tuple[VersionAt, ...]:
    """The versions of a report, the oldest first, without what they say; nothing where there is no such report."""
    query = select(Version.id, Version.digest, Version.first_seen_at, Report.version_id)
    query = query.join(Report, Report.id == Version.report_id).where(Report.id == report_id)
    with archive.session() as session:
        rows = session.execute(query.order_by(Version.first_seen_at, Version.id))
        return tuple(VersionAt(number, digest, seen, number == current) for number, digest, seen, current in rows)


def _of_years(session: Session, archive: Archive, publisher: str | int) -> dict[int, Side]:
    """The current version of the report on each year; of several reports on one, the first."""
    number = publisher if isinstance(publisher, int) else resolve(session, publisher, archive.book).id
    query = _sides().where(Report.publisher_id == number, Report.version_id == Version.id)
    query = query.where(Report.report_year.is_not(None)).order_by(Report.report_year, Report.id.desc())
    return {report.report_year or 0: _side(report, version) for report, version in session.execute(query)}


def _sides() -> Select[Report, Version]:
    return select(Report, Version).join(Version, Version.report_id == Report.id).options(undefer(Version.record))


def _side(report: Report, version: Version) -> Side:
    """A title may name no year; list and page did, or the report would not stand under it."""
    record, year = record_of(version), report.report_year
    if record.report_year is None and year is not None:
        record = record.model_copy(update={"report_year": year})
    return Side(
        report_id=report.id,
        version_id=version.id,
        url=report.url,
        document_url=version.document_url,
        publisher=version.publisher,
        year=year if year is not None else record.report_year,
        state=report.state,
        current=report.version_id == version.id,
        first_seen_at=version.first_seen_at,
        record=record,
    )
