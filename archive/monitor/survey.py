"""The monitor: who published in time, who late, who not at all; and nobody is called missing without evidence."""

from __future__ import annotations

import gc
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, cached_property
from itertools import chain
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Select, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session

from archive.addresses import with_fragment
from archive.among import among
from archive.days import day_of, end_of
from archive.divisions import Book
from archive.monitor import silence
from archive.monitor.silence import Absent
from archive.monitor.standings import DateFinding, Found, Lacking, Standing, Status, in_time, judge
from archive.registry.deadlines import Due, Rules
from archive.schema import (
    Absence,
    Article,
    ColumnReading,
    Portal,
    Publisher,
    PublisherSource,
    Report,
    ReportColumn,
    Sighting,
    Version,
)
from archive.store import Archive

__all__ = ["DateFinding", "Standing", "Status", "missing"]

_Query = TypeVar("_Query", bound=Select[*tuple[Any, ...]])
_OF_A_TOWN = 9  # digits
_ROWS = 2_000  # taken from the database at a time
_Gone = tuple[datetime | None, str | None]  # since when, and why
_THERE: _Gone = (None, None)


@dataclass(frozen=True)
class _Asked:
    year: int
    day: date
    portal: str | None
    division: str | None  # the digits that the scopes asked for begin with
    kind: str | None
    publisher: int | None = None

    @cached_property
    def end(self) -> datetime:
        """The moment after the last of the day asked about."""
        return end_of(self.day)

    def narrow(self, query: _Query) -> _Query:
        """Narrow a query that has the table of publishers to those asked for."""
        if self.division is not None and len(self.division) == _OF_A_TOWN:
            query = query.where(Publisher.township == self.division)
        elif self.division is not None:
            query = query.where(Publisher.scope >= self.division, Publisher.scope < _after(self.division))
        if self.kind is not None:
            query = query.where(Publisher.kind == self.kind)
        if self.publisher is not None:
            query = query.where(Publisher.id == self.publisher)
        if self.portal is not None:
            query = query.where(Publisher.id.in_(_reporting(self.portal).union(_owning(self.portal))))
        return query

    @property
    def narrowed(self) -> bool:
        return (self.portal, self.division, self.kind) != (None, None, None)


class _Agency(NamedTuple):
    id: int
    scope: str
    key: str
    name: str
    kind: str


class _Case(NamedTuple):
    """A publisher that owes a report and could not be judged at once; ``at`` is its place among the standings."""

    at: int
    agency: _Agency
    due: Due
    report: Found


def missing(
    archive: Archive,
    year: int,
    as_of: date | None = None,
    *,
    portal: str | None = None,
    division: str | None = None,
    kind: str | None = None,
    publisher: int | None = None,
) -> list[Standing]:
    """How every publisher of the roster stands for a report year on a day, by default today (UTC+8).

    The roster is every publisher of which a report, a column of its own, a directory, a roster page or an import is known,
    from its first report year on, while it existed and owed a report. It is called missing only if its column was read to
    the end after the deadline (条例 2019 第四十九条). ``division`` is a code: that one and all below it; ``kind`` a class;
    ``publisher`` the number of one.
    What happened after the day is left out, but a report found later that states a day before it was there already.
    """
    book, rules = archive.book, archive.rules
    day = as_of if as_of is not None else day_of(archive.clock())
    within = None if division is None else book.prefix(division)
    asked = _Asked(year, day, portal, within, kind, publisher)
    with archive.session() as session, _uncollected():
        return _Survey(session, asked, book, rules).standings()


class _Survey:
    """One question to the monitor: everything it needs is read at once, whatever the number of publishers."""

    def __init__(self, session: Session, asked: _Asked, book: Book, rules: Rules) -> None:
        self._session = session
        self._asked = asked
        self._book = book
        self._rules = rules
        self._dues: dict[tuple[str, str], Due | None] = {}
        self._ends: dict[str, date | None] = {}

    def standings(self) -> list[Standing]:
        """Who was seen in time is judged in passing; what of the others must be known is asked for together."""
        standings: list[Standing | None] = []  # null for who is judged below
        late: list[_Case] = []
        absent: list[tuple[int, _Agency, Due]] = []
        day, end, gone = self._asked.day, cache(end_of), self._gone()
        for row in self._rows(self._roster()):
            due = self._due(row[4], row[1])
            if due is None:
                continue
            seen, number = row[9], row[7]
            if number is not None and seen < end(due.day) and seen < self._asked.end and number not in gone:
                plain = self._plain(row, due)
                if plain is not None:
                    standings.append(plain)
                    continue
            at, one = len(standings), _Agency(*row[:5])
            report = self._report(row[7:], gone)
            if report is None and not self._existed(one.scope, row[5], row[6], due):
                continue
            if report is None and day > due.day:
                absent.append((at, one, due))
                standings.append(None)
            elif report is None:
                standings.append(self._silent(one, due, None))
            elif report.gone_at is None and report.first_seen_at >= end(due.day):
                late.append(_Case(at, one, due, report))
                standings.append(None)
            else:
                standings.append(self._standing(one, due, report))
        for at, standing in self._judged_late(late):
            standings[at] = standing
        asked = [Absent(one.id, one.key, due) for _, one, due in absent]
        silent = silence.judge(self._session, asked, self._asked.year, day)
        for at, one, due in absent:
            standings[at] = self._silent(one, due, silent[one.id])
        return [standing for standing in standings if standing is not None]

    def _plain(self, row: Sequence[Any], due: Due) -> Standing | None:
        """Of a report seen before the deadline: its standing at once, as for most of a nation, unless a date is doubtful."""
        number, scope, _, name, kind, _, _, report, url, seen, stated, source, signed, lacked, _ = row
        day = day_of(seen)
        if stated is not None and (lacked is not None or stated > day):
            return None
        said = in_time(day, due.basis)
        return Standing(
            number,
            name,
            scope,
            kind,
            self._asked.year,
            said.status,
            due.day,
            due.hard,
            stated,
            source,
            signed,
            seen,
            None,
            False,  # noqa: FBT003 - by place, since there are very many of these
            said.basis,
            url,
            report,
        )

    def _judged_late(self, late: Sequence[_Case]) -> Iterator[tuple[int, Standing]]:
        """Judge those that were seen after the deadline; their places with them."""
        again = self._stated_again(late)
        for at, one, due, report in late:
            yield at, self._standing(one, due, report, stated_again=(one.id, report.published_on) in again)

    def _standing(self, one: _Agency, due: Due, report: Found, *, stated_again: bool = False) -> Standing:
        year, lacking = self._asked.year, report.lacking
        said = judge(report, due, year, stated_again=stated_again)
        return Standing(
            one.id,
            one.name,
            one.scope,
            one.kind,
            year,
            said.status,
            due.day,
            due.hard,
            report.published_on,
            report.published_source,
            report.signed_on,
            report.first_seen_at,
            said.days,
            said.at_least,
            said.basis,
            report.url,
            report.report_id,
            lacking.column_id if lacking is not None else None,
            lacking.read_at if lacking is not None else None,
            said.findings,
        )

    def _silent(self, one: _Agency, due: Due, said: silence.Silence | None) -> Standing:
        head = one.id, one.name, one.scope, one.kind, self._asked.year
        if said is None:
            return Standing(*head, Status.NOT_DUE, due.day, due.hard, basis=f"due by {due.basis}")
        days = (self._asked.day - due.day).days if said.status is Status.MISSING else None
        return Standing(
            *head,
            said.status,
            due.day,
            due.hard,
            days=days,
            basis=said.basis,
            column_id=said.column_id,
            read_at=said.read_at,
        )

    def _roster(self) -> Select[*tuple[Any, ...]]:
        """Who may owe a report on the year, and the report; who has one is judged although it was not asked for one."""
        asked = self._asked
        read = exists().where(ColumnReading.column_id == ReportColumn.id)
        with_column = exists().where(ReportColumn.publisher_id == Publisher.id, read)
        with_source = exists().where(PublisherSource.publisher_id == Publisher.id)
        known = or_(Publisher.declared.is_(True), with_column, with_source)
        query = (
            select(
                Publisher.id,
                Publisher.scope,
                Publisher.key,
                Publisher.name,
                Publisher.kind,
                Publisher.since,
                Publisher.until,
                Report.id,
                Report.url,
                func.coalesce(Report.seen_at, Report.first_seen_at),
                Report.published_on,
                Report.published_source,
                Report.signed_on,
                case((Report.seen_at >= min(self._first_end(), asked.end), Report.lacked_at)),
                Report.lacked_column_id,
            )
            .outerjoin(Report, and_(Report.publisher_id == Publisher.id, Report.report_year == asked.year))
            .where(
                Publisher.merged_into_id.is_(None),
                or_(Publisher.first_year <= asked.year, Publisher.first_year.is_(None) & known),
            )
        )
        return asked.narrow(query).order_by(Publisher.scope, Publisher.key)

    def _first_end(self) -> datetime:
        """The moment after the first day on which any report on the year was due: what was seen before is in time."""
        days = self._rules.last_days(self._asked.year + 1)
        return end_of(min(days)) if days else self._asked.end

    def _rows(self, query: Select[*tuple[Any, ...]]) -> Iterable[Sequence[Any]]:
        """Rows of a nation: the session would look at each for objects that it need not make."""
        return chain.from_iterable(self._session.connection().execute(query).partitions(_ROWS))

    def _due(self, kind: str, scope: str) -> Due | None:
        place = kind, scope
        if place not in self._dues:
            division = scope if scope.isdecimal() else None
            self._dues[place] = self._rules.due(kind, division, self._asked.year)
        return self._dues[place]

    def _existed(self, scope: str, since: date | None, until: date | None, due: Due) -> bool:
        """Whether it was there at the end of the report year and still on the day it was due."""
        if since is not None and since.year > self._asked.year:
            return False
        ended = until if until is not None else self._ended(scope)
        return ended is None or ended >= due.day

    def _ended(self, scope: str) -> date | None:
        if scope not in self._ends:
            division = self._book.get(scope) if scope.isdecimal() else None
            self._ends[scope] = division.until if division is not None else None
        return self._ends[scope]

    def _report(self, row: Sequence[Any], gone: dict[int, _Gone]) -> Found | None:
        """The report of a row if it was there on the day asked about, as far as is known today."""
        number, url, seen, stated, source, signed, lacked, column = row
        if number is None:
            return None
        if seen >= self._asked.end:  # then only the day that its page states says that it was there
            if stated is None or stated > self._asked.day:
                return None
            if lacked is not None and day_of(lacked) > stated:
                return None  # and its columns say otherwise
        at, because = gone.get(number, _THERE)
        lacking = None if lacked is None else Lacking(column, lacked)
        return Found(number, url, seen, stated, source, signed, at, because, lacking)

    def _gone(self) -> dict[int, _Gone]:
        """The reports that were withdrawn on the day asked about, by what is known of each article, else of the report."""
        asked = self._asked
        ended = select(Report.id, Report.withdrawn_at, Report.withdrawn_because).where(
            Report.report_year == asked.year, Report.withdrawn_at.is_not(None), Report.withdrawn_at < asked.end
        )
        if asked.publisher is not None:
            ended = ended.where(Report.publisher_id == asked.publisher)
        gone: dict[int, _Gone] = {number: (at, because) for number, at, because in self._session.execute(ended)}
        return gone | self._unseen()

    def _unseen(self) -> dict[int, _Gone]:
        """The reports of which no article was there on the day asked about, though they were before and perhaps again."""
        asked = self._asked
        absences = select(Absence.article_id, Absence.since, Absence.because).where(
            Absence.since < asked.end, or_(Absence.until.is_(None), Absence.until >= asked.end)
        )
        if asked.publisher is not None:
            absences = absences.where(Absence.article_id.in_(_articles(asked.publisher)))
        ends = {article: (since, because) for article, since, because in self._session.execute(absences)}
        absent: dict[int, dict[int, tuple[datetime, str | None]]] = defaultdict(dict)
        # few: asked for first, or SQLite begins with the reports of the year
        shown = select(Version.report_id, Sighting.article_id).distinct()
        shown = shown.join(Sighting, Sighting.version_id == Version.id).join(Report, Report.id == Version.report_id)
        shown = shown.where(among(Sighting.article_id, ends), Report.report_year + 0 == asked.year)
        for report, article in self._session.execute(shown):
            absent[report][article] = ends[article]
        gone: dict[int, _Gone] = {}
        places = select(Version.report_id, Sighting.article_id).distinct()
        places = places.join(Sighting, Sighting.version_id == Version.id)
        places = places.where(among(Version.report_id, absent), Sighting.first_seen_at < asked.end)
        articles: dict[int, set[int]] = defaultdict(set)
        for report, article in self._session.execute(places):
            articles[report].add(article)
        for report, numbers in articles.items():
            if numbers <= absent[report].keys():
                gone[report] = max(absent[report].values(), key=lambda end: end[0])
        return gone

    def _stated_again(self, late: Sequence[_Case]) -> frozenset[tuple[int, date | None]]:
        """Publishers and the late days their pages state, where a report of theirs on another year states it too."""
        doubted = [
            one.id for _, one, due, report in late if report.published_on is not None and report.published_on > due.day
        ]
        again = set()
        query = select(Report.publisher_id, Report.published_on).where(
            among(Report.publisher_id, doubted),
            Report.report_year != self._asked.year,
            Report.published_on.is_not(None),
        )
        again |= {(publisher, day) for publisher, day in self._session.execute(query) if publisher is not None}
        return frozenset(again)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Rows and standings hold no rings: to look for some among hundreds of thousands took a third of the time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _after(digits: str) -> str:
    """The first text behind all that begin with these digits, in whatever order a database sorts signs and letters."""
    return str(int(digits) + 1) if digits.strip("9") else "a"


def _articles(publisher: int) -> Select[int]:
    """The articles that ever showed a report of a publisher."""
    shown = select(Sighting.article_id).join(Version, Version.id == Sighting.version_id)
    return shown.join(Report, Report.id == Version.report_id).where(Report.publisher_id == publisher)


def _reporting(portal: str) -> Select[Any]:
    return (
        select(Report.publisher_id)
        .join(Version, Version.report_id == Report.id)
        .join(Sighting, Sighting.version_id == Version.id)
        .join(Article, Article.id == Sighting.article_id)
        .join(Portal, Portal.id == Article.portal_id)
        .where(Portal.url == with_fragment(portal))
    )


def _owning(portal: str) -> Select[Any]:
    owning = select(ReportColumn.publisher_id).join(Portal, Portal.id == ReportColumn.portal_id)
    return owning.where(Portal.url == with_fragment(portal))
