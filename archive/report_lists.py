"""Lists of reports, narrowed by all that is known of them, some at a time."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Select, func, select

from archive.divisions import Book
from archive.reports import ReportLine, line_of, narrowed, select_lines
from archive.schema import Publisher, Report, Version
from archive.store import Archive

NONE = "none"  # of what a report may lack
SEVERITIES = ("error", "warning", "info")
_TOWN = 9  # digits of a town's code
_LAST = 2**31 - 1  # above the numbers of publishers
_FIRST, _FURTHER = 60, 500  # reports taken from the database at once: a page, then the rest of a download
_Query = TypeVar("_Query", bound=Select[*tuple[Any, ...]])


@dataclass(frozen=True)
class Wanted:
    """Which reports are wanted; null asks for all.

    ``publisher`` is a number or a name in any spelling, ``division`` a code, ``kind`` a class, ``portal`` an address.
    ``template`` may be ``none``, and so may ``severity``, which is that of the weightiest finding in the report itself.
    """

    year: int | None = None
    publisher: str | None = None
    division: str | None = None
    kind: str | None = None
    template: str | None = None
    state: str | None = None
    severity: str | None = None
    portal: str | None = None

    def narrow(self, query: _Query, book: Book) -> _Query:
        """Narrow a query over reports and their current versions."""
        number = int(self.publisher) if self.publisher is not None and _is_number(self.publisher) else None
        query = narrowed(query, book, self.year, None if number is not None else self.publisher, self.portal)
        if number is not None:
            query = query.where(Report.publisher_id == min(number, _LAST))
        if self.division is not None or self.kind is not None:
            query = query.where(Report.publisher_id.in_(self._publishers(book)))
        if self.state is not None:
            query = query.where(Report.state == self.state)
        if self.template is not None:
            query = query.where(Version.template == (None if self.template == NONE else self.template))
        if self.severity is not None:
            columns = (Version.errors, Version.warnings, Version.infos)
            place = len(columns) if self.severity == NONE else SEVERITIES.index(self.severity)
            heavier, own = columns[:place], columns[place : place + 1]
            query = query.where(*(column == 0 for column in heavier), *(column > 0 for column in own))
        return query

    @property
    def of_versions(self) -> bool:
        """Whether every version has to be looked at: then nobody counts them for a page."""
        return self.template is not None or self.severity is not None

    def _publishers(self, book: Book) -> Select[int]:
        query = select(Publisher.id)
        if self.kind is not None:
            query = query.where(Publisher.kind == self.kind)
        if self.division is not None:
            digits = book.prefix(self.division)
            column = Publisher.township if len(digits) == _TOWN else Publisher.scope
            query = query.where(column >= digits, column < f"{digits}:")  # ':' comes after the digits
        return query


def walk_reports(
    archive: Archive, wanted: Wanted, after: int = 0
) -> Generator[tuple[ReportLine, int | None], None, None]:
    """The reports that are wanted, by id, those behind a number; each with the number of its publisher.

    No session is open while they are handed on.
    """
    size = _FIRST
    while True:
        query = wanted.narrow(select_lines(), archive.book).where(Report.id > after).order_by(Report.id).limit(size)
        with archive.session() as session:
            found = [(line_of(row), row[0].publisher_id) for row in session.execute(query)]
        yield from found
        if len(found) < size:
            return
        after, size = found[-1][0].id, _FURTHER


def count_reports(archive: Archive, wanted: Wanted) -> int | None:
    """How many reports are wanted; null where that takes more than a look at their rows."""
    if wanted.of_versions:
        return None
    query = wanted.narrow(select(func.count()).select_from(Report), archive.book)
    with archive.session() as session:
        return session.scalar(query) or 0


def _is_number(written: str) -> bool:
    return written.isascii() and written.isdecimal() and len(written) <= len(str(_LAST))
