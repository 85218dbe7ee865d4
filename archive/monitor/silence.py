"""Silence: what it means that no report is found. Nobody is called missing whose column was not really read.

All questions are asked for many publishers at once: a nation has 140,000.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, and_, func, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from archive.among import among
from archive.days import day_of, end_of
from archive.deriving.documents import Outcome
from archive.monitor.standings import Status
from archive.registry.deadlines import Due
from archive.registry.identity import key
from archive.schema import (
    FAILED,
    Article,
    ColumnPublisher,
    ColumnReading,
    ListRow,
    PortalReading,
    Report,
    ReportColumn,
    RosterRow,
    RosterUnit,
    UnitRow,
    Version,
)
from parser.titles import read as read_title

READ = "ok"  # the outcome of a column that was followed to its end
_BLOCKED = "blocked"


class Absent(NamedTuple):
    """A publisher without a report, after its deadline."""

    publisher_id: int
    key: str
    due: Due


class Silence(NamedTuple):
    """What the absence of a report means; ``column_id`` and ``read_at`` are the reading that shows it."""

    status: Status
    basis: str
    column_id: int | None = None
    read_at: datetime | None = None


class _Good(NamedTuple):
    column_id: int
    crawl_id: int | None
    read_at: datetime


@dataclass
class _Columns:
    """The columns that speak for a publisher: those of its own, and those it shares with others."""

    own: list[int] = field(default_factory=list)
    shared: list[int] = field(default_factory=list)

    @property
    def all(self) -> list[int]:
        return self.own + self.shared


def judge(session: Session, absent: Sequence[Absent], year: int, day: date) -> dict[int, Silence]:
    """What the absence of each publisher's report on a year means on a day, by its number.

    ``missing`` needs a good reading of a column that speaks for it after the deadline (条例 2019 第四十九条), without a row that
    could not be read and without a part that failed.
    """
    end = end_of(day)
    columns = _columns(session, [one.publisher_id for one in absent], year)
    good = _last_good(session, {number for one in columns.values() for number in one.all}, end)
    found: dict[int, Silence] = {}
    looked: list[tuple[Absent, _Columns, _Good]] = []
    unread: list[tuple[Absent, _Columns]] = []
    for one in absent:
        speaking = columns.get(one.publisher_id) or _Columns()
        readings = [good[number] for number in speaking.all if number in good]
        last = max(readings, key=lambda reading: reading.read_at, default=None)
        if last is not None and day_of(last.read_at) > one.due.day:
            looked.append((one, speaking, last))
            continue
        unread.append((one, speaking))
        found[one.publisher_id] = Silence(Status.UNCHECKED, _unchecked(speaking, last, one.due))
    for number, said in _blocked(session, unread, end):
        found[number] = Silence(Status.BLOCKED, said)
    listed = _listed_unread(session, looked, year)
    failed = _failed_parts(session, looked)
    for one, _, last in looked:
        number, on = one.publisher_id, day_of(last.read_at)
        if number in listed:
            found[number] = Silence(Status.UNCHECKED, listed[number])
        elif number in failed:
            said = f"its column was read on {on}, but a part of it was not: {failed[number]}"
            found[number] = Silence(Status.UNCHECKED, said)
        else:
            said = f"not in its column on {on}; due by {one.due.basis}"
            found[number] = Silence(Status.MISSING, said, last.column_id, last.read_at)
    return found


def _unchecked(columns: _Columns, last: _Good | None, due: Due) -> str:
    if not columns.all:
        return "no column is known to be this publisher's"
    if last is None:
        return "its column was never read to the end"
    return f"its column was last read to the end on {day_of(last.read_at)}, before the deadline passed ({due.day})"


def _columns(session: Session, publishers: Sequence[int], year: int) -> dict[int, _Columns]:
    """Which columns speak for whom: by the reports found in them, else by the agency they name.

    A column of several publishers speaks for those only whose reports on another year stand in it: from a whole-city
    list the others may simply be left out.
    """
    columns: dict[int, _Columns] = defaultdict(_Columns)
    standing: list[tuple[int, int, bool]] = []
    query = select(
        ColumnPublisher.column_id,
        ColumnPublisher.publisher_id,
        or_(ColumnPublisher.first_year != year, ColumnPublisher.last_year != year),
    )
    query = query.where(among(ColumnPublisher.publisher_id, publishers))
    standing += [(column, publisher, otherwise) for column, publisher, otherwise in session.execute(query)]
    counts = _publishers_of(session, {column for column, _, _ in standing})
    for column, publisher, otherwise in standing:
        if counts[column] == 1:
            columns[publisher].own.append(column)
        elif otherwise:
            columns[publisher].shared.append(column)
    named = select(ReportColumn.id, ReportColumn.publisher_id).where(among(ReportColumn.publisher_id, publishers))
    empty = ~select(ColumnPublisher.column_id).where(ColumnPublisher.column_id == ReportColumn.id).exists()
    for number, owner in session.execute(named.where(empty)):
        if owner is not None:
            columns[owner].own.append(number)
    return columns


def _publishers_of(session: Session, columns: Iterable[int]) -> dict[int, int]:
    counts: dict[int, int] = {}
    query = select(ColumnPublisher.column_id, func.count()).where(among(ColumnPublisher.column_id, columns))
    counts |= {row[0]: row[1] for row in session.execute(query.group_by(ColumnPublisher.column_id))}
    return counts


def _last_good(session: Session, columns: Iterable[int], end: datetime) -> dict[int, _Good]:
    """The last reading of each column that was followed to its end, before a moment."""
    found: dict[int, _Good] = {}
    last = (
        select(func.max(ColumnReading.read_at))
        .where(
            ColumnReading.column_id == ReportColumn.id,
            ColumnReading.outcome == READ,
            ColumnReading.full == true(),
            ColumnReading.read_at < end,
        )
        .correlate(ReportColumn)
        .scalar_subquery()
    )
    query = select(ColumnReading.column_id, ColumnReading.crawl_id, ColumnReading.read_at)
    query = query.join(ReportColumn, ReportColumn.id == ColumnReading.column_id)
    query = query.where(
        among(ReportColumn.id, columns),
        ColumnReading.outcome == READ,
        ColumnReading.full == true(),
        ColumnReading.read_at == last,
    )
    for row in session.execute(query):
        found[row.column_id] = _Good(row.column_id, row.crawl_id, row.read_at)
    return found


def _blocked(session: Session, unread: Sequence[tuple[Absent, _Columns]], end: datetime) -> Iterator[tuple[int, str]]:
    """Of those whose column was not read after the deadline: whose portal blocked when it was last asked, after it."""
    portals = _portals(session, unread)
    last = _last_portal_readings(session, {number for several in portals.values() for number in several}, end)
    for one, _ in unread:
        readings = [last[number] for number in portals.get(one.publisher_id, ()) if number in last]
        blocked = [(at, outcome) for at, outcome in readings if outcome.startswith(_BLOCKED)]
        if blocked and len(blocked) == len(readings):
            at, outcome = max(blocked)
            if day_of(at) > one.due.day:
                system = outcome.partition(":")[2] or "an unknown system"
                yield one.publisher_id, f"its portal blocked on {day_of(at)} ({system}): nobody could look"


def _portals(session: Session, unread: Sequence[tuple[Absent, _Columns]]) -> dict[int, set[int]]:
    of_columns: dict[int, int] = {}
    query = select(ReportColumn.id, ReportColumn.portal_id).where(
        among(ReportColumn.id, {number for _, columns in unread for number in columns.all})
    )
    of_columns.update((column, portal) for column, portal in session.execute(query))
    portals: dict[int, set[int]] = defaultdict(set)
    for one, columns in unread:
        portals[one.publisher_id].update(of_columns[number] for number in columns.all)
    without = [one.publisher_id for one, columns in unread if not columns.all]
    directories = select(UnitRow.publisher_id, UnitRow.portal_id).where(among(UnitRow.publisher_id, without))
    rosters = select(RosterUnit.publisher_id, RosterRow.portal_id)
    rosters = rosters.join(RosterRow, RosterRow.id == RosterUnit.roster_id).where(
        among(RosterUnit.publisher_id, without)
    )
    for publisher, portal in session.execute(directories.union_all(rosters)):
        portals[publisher or 0].add(portal)
    return portals


def _last_portal_readings(session: Session, portals: Iterable[int], end: datetime) -> dict[int, tuple[datetime, str]]:
    found: dict[int, tuple[datetime, str]] = {}
    query = select(PortalReading.portal_id, PortalReading.read_at, PortalReading.outcome)
    query = query.where(among(PortalReading.portal_id, portals), PortalReading.read_at < end)
    for portal, at, outcome in session.execute(query.order_by(PortalReading.read_at, PortalReading.id)):
        found[portal] = (at, outcome)
    return found


def _listed_unread(session: Session, looked: Sequence[tuple[Absent, _Columns, _Good]], year: int) -> dict[int, str]:
    """Of whom a row of the year did not become a report: it may be there, only not readable."""
    rows: dict[int, list[Row[int, str, str]]] = defaultdict(list)
    query = select(ListRow.column_id, ListRow.title, ListRow.url)
    query = query.where(
        among(ListRow.column_id, {number for _, columns, _ in looked for number in columns.all}),
        ListRow.refused.is_(None),
        _of_the_year(year),
        ~_settled(Article.address),  # two questions: most rows are settled by the first, and one with "or" asks both
        ~_settled(Article.requested_address),
    )
    for row in session.execute(query.order_by(ListRow.id)):
        rows[row.column_id].append(row)
    found: dict[int, str] = {}
    for one, columns, _ in looked:
        own = set(columns.own)
        for row in (row for number in columns.all for row in rows.get(number, ())):
            named = read_title(row.title).publisher
            if row.column_id in own or (named is not None and one.key.endswith(key(named))):
                found[one.publisher_id] = (
                    f"its column lists {row.title!r} ({row.url}), which could not be read as a report"
                )
                break
    return found


def _of_the_year(year: int) -> ColumnElement[bool]:
    undated = ListRow.report_year.is_(None)
    return or_(
        ListRow.report_year == year,
        undated & ListRow.listed_on.between(date(year + 1, 1, 1), date(year + 1, 12, 31)),
    )


def _settled(address: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    """Whether a row became a report of somebody on a year, or was found to be none, by one of an article's addresses."""
    known = (
        select(Report.id)
        .join(Version, Version.report_id == Report.id)
        .where(Version.id == Article.version_id, Report.publisher_id.is_not(None), Report.report_year.is_not(None))
    )
    return (
        select(Article.id)
        .where(address == ListRow.address)
        .where(
            or_(
                Article.outcome.in_([Outcome.REPORT, Outcome.REFUSED]),
                and_(Article.outcome == Outcome.UNREAD, known.exists()),
            )
        )
        .exists()
    )


def _failed_parts(session: Session, looked: Sequence[tuple[Absent, _Columns, _Good]]) -> dict[int, str]:
    """Of whom the crawl that speaks failed to read a column, or a part of one (a year, a kind of units); its address."""
    failed: list[_Part] = []
    query = select(ColumnReading.crawl_id, ReportColumn.id, ReportColumn.url, *_STEP)
    query = query.join(ReportColumn, ReportColumn.id == ColumnReading.column_id)
    query = query.where(
        among(ColumnReading.crawl_id, {last.crawl_id for _, _, last in looked if last.crawl_id is not None}), FAILED
    ).order_by(ReportColumn.id)
    failed += [
        _Part(crawl or 0, url, None, number, portal, above, publisher)
        for crawl, number, url, portal, above, publisher in session.execute(query)
    ]
    reaching = _reaching(session, failed)
    found: dict[int, str] = {}
    for one, columns, last in looked:
        for part in (part for number in columns.own for part in reaching.get((last.crawl_id or 0, number), ())):
            if part.of in {None, one.publisher_id}:
                found.setdefault(one.publisher_id, part.url)
    return found


class _Part(NamedTuple):
    """A column that one crawl failed to read, on the way up through the columns of which it is a part."""

    crawl: int
    url: str  # of what failed
    of: int | None  # the publisher that the columns passed so far name
    column: int  # where the way has come to
    portal: int
    above: str | None
    publisher: int | None

    def stepping(self, column: int, portal: int, above: str | None, publisher: int | None) -> _Part:
        """One column further up."""
        return _Part(self.crawl, self.url, self.of or self.publisher, column, portal, above, publisher)

    @property
    def ends(self) -> bool:
        """Whether nothing is above, or the columns passed are of two publishers: then it is part of neither's."""
        return self.above is None or len({self.of, self.publisher} - {None}) > 1


_STEP = (ReportColumn.portal_id, ReportColumn.above, ReportColumn.publisher_id)


def _reaching(session: Session, failed: Iterable[_Part]) -> dict[tuple[int, int], list[_Part]]:
    """Every column that a failed one is, or is part of over any number of steps, in the crawl that failed."""
    found: dict[tuple[int, int], list[_Part]] = defaultdict(list)
    seen: set[tuple[int, str, int]] = set()
    waiting = list(failed)
    while waiting:
        for part in waiting:
            seen.add((part.crawl, part.url, part.column))
            found[part.crawl, part.column].append(part)
        climbing = [part for part in waiting if not part.ends]
        uppers = _uppers(session, {part.above for part in climbing if part.above is not None})
        steps = [part.stepping(*uppers[place]) for part in climbing if (place := (part.portal, part.above)) in uppers]
        waiting = [part for part in steps if (part.crawl, part.url, part.column) not in seen]
    return found


def _uppers(
    session: Session, urls: Iterable[str]
) -> dict[tuple[int, str | None], tuple[int, int, str | None, int | None]]:
    """The columns of these addresses, by portal and address."""
    found: dict[tuple[int, str | None], tuple[int, int, str | None, int | None]] = {}
    query = select(ReportColumn.url, ReportColumn.id, *_STEP).where(among(ReportColumn.url, urls))
    for url, number, portal, above, publisher in session.execute(query):
        found[portal, url] = (number, portal, above, publisher)
    return found
