"""Which reports are handed on, and in which order: by year, province and number, so that the same archive gives the same."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from archive.divisions import Book
from archive.registry.listing import Wanted as WantedPublishers
from archive.registry.listing import select_wanted
from archive.registry.publishers import naming
from archive.schema import Absence, CaptureRow, JournalRow, Publisher, Report, Sighting, Version, WarcFile

UNKNOWN = 0  # the province of what has none: Arrow reads no folder in which all are null
_ROWS = 2_000  # taken from the database at a time


class Part(NamedTuple):
    """What one file of a parted table holds: a report year, null where it is not known, and the number of a province."""

    report_year: int | None
    province: int


@dataclass(frozen=True)
class Wanted:
    """What narrows an export; null asks for all.

    ``publisher`` is a name in any spelling, ``division`` a code: that one and all below it, ``kind`` a class. ``since``
    leaves out reports of which nothing changed from then on: the current version was not seen first or brought in, and it was
    not withdrawn and did not come back. It may take too many, never too few.
    """

    year: int | None = None
    publisher: str | None = None
    division: str | None = None
    kind: str | None = None
    since: datetime | None = None


def plan(session: Session, book: Book, wanted: Wanted, only: Collection[Part] | None = None) -> dict[Part, array[int]]:
    """The numbers of the reports that are wanted, by part, both in order; eight bytes to a report.

    ``only`` are the parts that are asked for, where not all are.
    """
    provinces = Provinces(book)
    found: dict[Part, array[int]] = defaultdict(lambda: array("q"))
    query = _narrowed(select(Report.id, Report.report_year, Publisher.scope), book, wanted)
    if only is not None:
        years = {part.report_year for part in only}
        known = Report.report_year.in_(sorted(year for year in years if year is not None))
        query = query.where(or_(known, Report.report_year.is_(None)) if None in years else known)
    for number, year, scope in session.execute(query.order_by(Report.id).execution_options(yield_per=_ROWS)):
        part = Part(year, provinces.of(scope))
        if only is None or part in only:
            found[part].append(number)
    return dict(sorted(found.items(), key=lambda item: tuple((value is None, value or 0) for value in item[0])))


def portions(numbers: array[int], size: int) -> Iterator[array[int]]:
    """The numbers, so many at a time."""
    yield from (numbers[start : start + size] for start in range(0, len(numbers), size))


def publishers(book: Book, wanted: Wanted) -> Select[int]:
    """A query for the numbers of the publishers that are wanted, whatever they reported."""
    query = select_wanted(WantedPublishers(division=wanted.division, kind=wanted.kind), book)
    if wanted.publisher is not None:
        query = query.where(Publisher.id.in_(naming(wanted.publisher, book)))
    return query


class Provinces:
    """The province of a scope, as a number."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._known: dict[str, int] = {}

    def of(self, scope: str | None) -> int:
        """The first two digits of its division; UNKNOWN where it is no division's."""
        if scope is None or not (scope.isascii() and scope.isdecimal()):
            return UNKNOWN
        digits = scope[:2]
        if digits not in self._known:
            self._known[digits] = int(digits) if self._book.get(f"{digits}0000") is not None else UNKNOWN
        return self._known[digits]


def _narrowed(query: Any, book: Book, wanted: Wanted) -> Any:
    query = query.outerjoin(Publisher, Publisher.id == Report.publisher_id)
    query = query.join(Version, Version.id == Report.version_id)
    if wanted.year is not None:
        query = query.where(Report.report_year == wanted.year)
    if wanted.publisher is not None or wanted.division is not None or wanted.kind is not None:
        query = query.where(Report.publisher_id.in_(publishers(book, wanted)))
    if wanted.since is not None:
        query = query.where(_changed_since(wanted.since))
    return query


def _changed_since(moment: datetime) -> Any:
    """What was seen or changed its state since; and what was brought in since of what others, or a disk, had kept for long."""
    back = select(Version.report_id).join(Sighting, Sighting.version_id == Version.id)
    back = back.join(Absence, Absence.article_id == Sighting.article_id).where(Absence.until >= moment)
    written = select(JournalRow.file_id).where(JournalRow.written_at >= moment)
    brought = select(CaptureRow.id).join(WarcFile, WarcFile.id == CaptureRow.file_id)
    brought = brought.where(CaptureRow.fetched_at < WarcFile.begun_at)  # older than our file of it: not fetched by us
    brought = brought.where(or_(WarcFile.begun_at >= moment, WarcFile.id.in_(written)))
    seen = or_(Version.first_seen_at >= moment, Version.capture_id.in_(brought))
    return or_(seen, Report.withdrawn_at >= moment, Report.id.in_(back))
