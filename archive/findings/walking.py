"""Walking: the findings that reports have in themselves, from any place on, without reading those before it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import and_, or_, select

from archive.among import among
from archive.findings.lines import ALL, FindingLine, Wanted, own_asked_for, own_line, own_query, with_note
from archive.journal.acknowledging import Acknowledgements
from archive.schema import FindingRow, Publisher, Report
from archive.store import Archive

Place = tuple[int, int]  # the report's number, and which of its findings
BEGINNING: Place = (0, -1)
_LEAST, _MOST = 100, 5_000  # rows of a query: few for a page, many for all of them
_REPORTS = 500  # asked for together where they are named
_ADDRESS = "address:"


def walk(
    archive: Archive,
    wanted: Wanted,
    known: Acknowledgements,
    *,
    after: Place = BEGINNING,
    reports: Sequence[int] | None = None,
) -> Iterator[tuple[Place, FindingLine]]:
    """The findings behind a place, by report and in the order of its record, each with its acknowledgement.

    With ``reports``, numbers in their order, only theirs. Raises :class:`archive.errors.ArchiveError`.
    """
    if reports is None:
        yield from _behind(archive, own_query(archive, wanted), known, after)
        return
    for begin in range(bisect_left(reports, after[0]), len(reports), _REPORTS):
        few = among(Report.id, reports[begin : begin + _REPORTS])
        yield from _behind(archive, own_query(archive, wanted).where(few), known, after)


def reports_with(archive: Archive, wanted: Wanted) -> list[int]:
    """The numbers of the reports that have a finding that is asked for, in their order. Raises as :func:`walk`."""
    query = (
        select(Report.id)
        .join(FindingRow, FindingRow.version_id == Report.version_id)
        .outerjoin(Publisher, Publisher.id == Report.publisher_id)
        .distinct()
    )
    with archive.session() as session:
        return sorted(session.scalars(own_asked_for(query, archive, wanted)))


def reports_noted(archive: Archive, known: Acknowledgements) -> list[int]:
    """The numbers of the reports that an acknowledgement may be of, in their order."""
    subjects = {subject for subject, _ in known}
    owners = {subject.rpartition("/")[0] for subject in subjects}
    keys = {owner.partition("/")[2] for owner in owners}
    by_address = select(Report.id).where(among(Report.identity, sorted(_ADDRESS + subject for subject in subjects)))
    publishers = select(Publisher.id, Publisher.scope, Publisher.key).where(among(Publisher.key, sorted(keys)))
    with archive.session() as session:
        found = set(session.scalars(by_address))
        named = {row.id: f"{row.scope}/{row.key}" for row in session.execute(publishers)}
        theirs = sorted(number for number, name in named.items() if name in owners)
        query = select(Report.id, Report.publisher_id, Report.report_year).where(among(Report.publisher_id, theirs))
        for report_id, publisher_id, year in session.execute(query):
            if f"{named[publisher_id]}/{year}" in subjects:
                found.add(report_id)
    return sorted(found)


def noted(archive: Archive, wanted: Wanted, known: Acknowledgements) -> list[tuple[Place, FindingLine]]:
    """The acknowledged findings of reports that are asked for, with their places. Raises as :func:`walk`."""
    if not known:
        return []
    reports = reports_noted(archive, known)
    return [each for each in walk(archive, wanted, known, reports=reports) if each[1].acknowledged is not None]


def own_called(archive: Archive, report_id: int, name: str, known: Acknowledgements) -> FindingLine | None:
    """The finding of a report by its whole id; null where there is none, or none any more."""
    found = walk(archive, ALL, known, reports=[report_id])
    return next((line for _, line in found if line.id == name), None)


def _behind(archive: Archive, query: Any, known: Acknowledgements, after: Place) -> Iterator[tuple[Place, FindingLine]]:
    """Row by row from one query after the other, each of them short, so that no session waits for who reads."""
    size = _LEAST
    while True:
        report, position = after
        further = or_(Report.id > report, and_(Report.id == report, FindingRow.position > position))
        part = query.where(Report.id >= report, further).order_by(Report.id, FindingRow.position).limit(size)
        with archive.session() as session:
            rows = session.execute(part).all()
        for row in rows:
            after = row.id, row.position
            yield after, with_note(own_line(row), known)
        if len(rows) < size:
            return
        size = min(size * 2, _MOST)
