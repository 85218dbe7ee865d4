"""The monitor: who published in time, who late, who not at all; and nobody is called missing without evidence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from enum import StrEnum

from sqlalchemy import Select, and_, case, func, or_, select
from sqlalchemy.orm import Session, aliased

from archive.addresses import with_fragment
from archive.deadlines import Due, due
from archive.documents import Outcome
from archive.filing import WITHDRAWN
from archive.publishers import key
from archive.schema import (
    Article,
    ArticleColumn,
    ColumnReading,
    ListRow,
    Portal,
    Publisher,
    Report,
    ReportColumn,
    Sighting,
    Version,
)
from archive.store import Archive
from parser.titles import read as read_title

CHINA = timezone(timedelta(hours=8))  # the days of the law
_READ = "ok"  # the outcome of a column that was followed to its end


class Status(StrEnum):
    """How a publisher stands for a year."""

    ON_TIME = "on_time"
    LATE = "late"
    MISSING = "missing"
    NOT_DUE = "not_due"
    WITHDRAWN = "withdrawn"
    UNCHECKED = "unchecked"  # the archive cannot tell; ``basis`` says why


@dataclass(frozen=True)
class Standing:
    """A publisher's standing. ``days`` counts from the deadline to publication, or to the day asked about if missing."""

    publisher: str
    status: Status
    due: date
    published_on: date | None
    first_seen_at: datetime | None
    days: int | None
    basis: str
    url: str | None
    scope: str


@dataclass(frozen=True)
class _Asked:
    year: int
    day: date

    @property
    def end(self) -> datetime:
        """The moment after the last of the day asked about."""
        return datetime.combine(self.day + timedelta(days=1), time(), CHINA)


@dataclass
class _Columns:
    """The columns that speak for a publisher, and the latest good reading of each up to the day asked about."""

    own: list[int]
    shared: list[int]

    @property
    def all(self) -> list[int]:
        return self.own + self.shared


def missing(archive: Archive, year: int, as_of: date | None = None, portal: str | None = None) -> list[Standing]:
    """How every publisher of the roster stands for a report year on a day, by default today (UTC+8).

    The roster is every publisher of which a report or a column of its own is known, from its first report year on.
    It is called missing only if its column was read to the end after the deadline (条例 2019 第四十九条).
    """
    asked = _Asked(year, as_of if as_of is not None else archive.clock().astimezone(CHINA).date())
    with archive.session() as session:
        columns = _columns(session, year)
        read = _last_readings(session, asked)
        reports = _reports(session, year)
        return [
            _Case(
                session=session,
                asked=asked,
                publisher=publisher,
                deadline=due(publisher.name, year),
                columns=columns.get(publisher.id, _Columns([], [])),
                read=read,
            ).standing(reports.get(publisher.id))
            for publisher in session.scalars(_roster(year, portal)).all()
        ]


def _roster(year: int, portal: str | None) -> Select[Publisher]:
    first = (
        select(Report.publisher_id, func.min(Report.report_year).label("year")).group_by(Report.publisher_id).subquery()
    )
    with_column = select(ReportColumn.publisher_id).join(ColumnReading, ColumnReading.column_id == ReportColumn.id)
    query = (
        select(Publisher)
        .outerjoin(first, first.c.publisher_id == Publisher.id)
        .where(or_(first.c.year <= year, first.c.publisher_id.is_(None) & Publisher.id.in_(with_column)))
        .order_by(Publisher.scope, Publisher.name, Publisher.id)
    )
    if portal is None:
        return query
    reporting = (
        select(Report.publisher_id)
        .join(Version, Version.report_id == Report.id)
        .join(Sighting, Sighting.version_id == Version.id)
        .join(Article, Article.id == Sighting.article_id)
        .join(Portal, Portal.id == Article.portal_id)
        .where(Portal.url == with_fragment(portal))
    )
    owning = select(ReportColumn.publisher_id).join(Portal, Portal.id == ReportColumn.portal_id)
    owning = owning.where(Portal.url == with_fragment(portal))
    return query.where(or_(Publisher.id.in_(reporting), Publisher.id.in_(owning)))


def _columns(session: Session, year: int) -> dict[int, _Columns]:
    """Which columns speak for whom: by the reports found in them, else by the agency they name.

    A column of several publishers speaks for those only whose reports on another year stand in it: from a whole-city
    list the others may simply be left out.
    """
    elsewhen = func.sum(case((Report.report_year != year, 1), else_=0))
    found = (
        select(ArticleColumn.column_id, Report.publisher_id, elsewhen)
        .join(Sighting, Sighting.article_id == ArticleColumn.article_id)
        .join(Version, Version.id == Sighting.version_id)
        .join(Report, Report.id == Version.report_id)
        .where(Report.publisher_id.is_not(None))
        .group_by(ArticleColumn.column_id, Report.publisher_id)
    )
    publishers: dict[int, dict[int, int]] = {}
    for column_id, publisher_id, others in session.execute(found):
        if publisher_id is not None:
            publishers.setdefault(column_id, {})[publisher_id] = others or 0
    columns: dict[int, _Columns] = {}
    for column_id, counts in publishers.items():
        for publisher_id, others in counts.items():
            kept = columns.setdefault(publisher_id, _Columns([], []))
            if len(counts) == 1:
                kept.own.append(column_id)
            elif others > 0:
                kept.shared.append(column_id)
    named = select(ReportColumn.id, ReportColumn.publisher_id).where(ReportColumn.publisher_id.is_not(None))
    for column_id, publisher_id in session.execute(named):
        if publisher_id is not None and column_id not in publishers:
            columns.setdefault(publisher_id, _Columns([], [])).own.append(column_id)
    return columns


def _last_readings(session: Session, asked: _Asked) -> dict[int, datetime]:
    query = select(ColumnReading.column_id, func.max(ColumnReading.read_at))
    query = query.where(ColumnReading.outcome == _READ, ColumnReading.full.is_(True), ColumnReading.read_at < asked.end)
    return dict(session.execute(query.group_by(ColumnReading.column_id)).all())


def _reports(session: Session, year: int) -> dict[int, tuple[Report, Version]]:
    query = select(Report, Version).join(Version, Version.id == Report.version_id)
    query = query.where(Report.report_year == year, Report.publisher_id.is_not(None))
    return {report.publisher_id: (report, version) for report, version in session.execute(query) if report.publisher_id}


@dataclass(frozen=True)
class _Case:
    """A publisher before the monitor: what was asked, by when it had to publish, and which columns speak for it."""

    session: Session
    asked: _Asked
    publisher: Publisher
    deadline: Due
    columns: _Columns
    read: dict[int, datetime]

    def standing(self, found: tuple[Report, Version] | None) -> Standing:
        """Judge the report, or its absence."""
        report, version = found if found is not None and self._existed(*found) else (None, None)
        if report is not None and version is not None:
            status, days, basis = self._judge(report, version)
        else:
            status, days, basis = self._judge_absence()
        return Standing(
            publisher=self.publisher.name,
            status=status,
            due=self.deadline.day,
            published_on=version.published_on if version is not None else None,
            first_seen_at=report.first_seen_at if report is not None else None,
            days=days,
            basis=basis,
            url=report.url if report is not None else None,
            scope=self.publisher.scope,
        )

    def _existed(self, report: Report, version: Version) -> bool:
        """Whether the report was there on the day asked about, as far as is known today."""
        published = version.published_on
        return report.first_seen_at < self.asked.end or (published is not None and published <= self.asked.day)

    def _judge(self, report: Report, version: Version) -> tuple[Status, int | None, str]:
        due_day, law = self.deadline.day, f"due by {self.deadline.basis}"
        seen, published, signed = _day(report.first_seen_at), version.published_on, version.signed_on
        if report.state == WITHDRAWN and report.withdrawn_at is not None and report.withdrawn_at < self.asked.end:
            return Status.WITHDRAWN, None, f"gone since {_day(report.withdrawn_at)}; its versions are kept"
        if seen <= due_day:
            return Status.ON_TIME, None, f"archived on {seen}, {law}"
        if published is None:
            absent = self._read_without(report.first_seen_at)
            if absent is not None:
                return Status.LATE, (absent - due_day).days, f"not yet in its column on {absent}; {law}"
            return Status.UNCHECKED, None, f"it gives no date, and was first seen on {seen}, after the deadline"
        if published <= due_day:
            return Status.ON_TIME, None, f"published on {published} ({version.published_source}), {law}"
        if signed is not None and signed <= due_day and signed.year >= self.asked.year:
            said = f"{version.published_source} says {published}, the text is signed {signed}"
            return Status.UNCHECKED, None, f"{said}: a migration may have reset the date"
        return Status.LATE, (published - due_day).days, f"published on {published} ({version.published_source}), {law}"

    def _judge_absence(self) -> tuple[Status, int | None, str]:
        due_day, law = self.deadline.day, f"due by {self.deadline.basis}"
        if self.asked.day <= due_day:
            return Status.NOT_DUE, None, law
        if not self.columns.all:
            return Status.UNCHECKED, None, "no column is known to be this publisher's"
        readings = [_day(self.read[column_id]) for column_id in self.columns.all if column_id in self.read]
        if not readings:
            return Status.UNCHECKED, None, "its column was never read to the end"
        last = max(readings)
        if last <= due_day:
            return Status.UNCHECKED, None, f"its column was last read to the end on {last}, before the deadline passed"
        listed = self._listed_unread()
        if listed is not None:
            said = f"its column lists {listed.title!r} ({listed.url})"
            return Status.UNCHECKED, None, f"{said}, which could not be read as a report"
        unread = self._unread_part()
        if unread is not None:
            return Status.UNCHECKED, None, f"its column was read on {last}, but a part of it was not: {unread}"
        return Status.MISSING, (self.asked.day - due_day).days, f"not in its column on {last}; {law}"

    def _unread_part(self) -> str | None:
        """A column of this publisher, or a part of one (a year, a kind of units), that the crawl which speaks for it failed to read."""
        speaking = select(ColumnReading.crawl_id).where(
            ColumnReading.column_id.in_(self.columns.all),
            ColumnReading.outcome == _READ,
            ColumnReading.full.is_(True),
            ColumnReading.read_at < self.asked.end,
        )
        crawl_id = self.session.scalar(speaking.order_by(ColumnReading.read_at.desc()).limit(1))
        if crawl_id is None:
            return None
        failed = (
            select(ReportColumn.url)
            .join(ColumnReading, ColumnReading.column_id == ReportColumn.id)
            .where(
                ReportColumn.id.in_(self._parts()), ColumnReading.crawl_id == crawl_id, ColumnReading.outcome != _READ
            )
            .order_by(ReportColumn.id)
        )
        return self.session.scalars(failed).first()

    def _parts(self) -> set[int]:
        """The publisher's own columns and all below them that are nobody else's."""
        found, news = set(self.columns.own), set(self.columns.own)
        upper, lower = aliased(ReportColumn), aliased(ReportColumn)
        while news:
            below = (
                select(lower.id)
                .join(upper, (upper.portal_id == lower.portal_id) & (upper.url == lower.above))
                .where(upper.id.in_(sorted(news)))
                .where(or_(lower.publisher_id.is_(None), lower.publisher_id == self.publisher.id))
            )
            news = set(self.session.scalars(below)) - found
            found |= news
        return found

    def _read_without(self, before: datetime) -> date | None:
        """The last day after the deadline on which a column was read to the end before the report was first seen."""
        opened = datetime.combine(self.deadline.day + timedelta(days=1), time(), CHINA)
        query = select(func.max(ColumnReading.read_at)).where(
            ColumnReading.column_id.in_(self.columns.all),
            ColumnReading.outcome == _READ,
            ColumnReading.full.is_(True),
            ColumnReading.read_at >= opened,
            ColumnReading.read_at < before,
        )
        found = self.session.scalar(query)
        return None if found is None else _day(found)

    def _listed_unread(self) -> ListRow | None:
        """A row of the year that did not become a report: the report may be there, only not readable."""
        year = self.asked.year
        known = (
            select(Report.id)
            .join(Version, Version.report_id == Report.id)
            .where(Version.id == Article.version_id, Report.publisher_id.is_not(None), Report.report_year.is_not(None))
        )
        settled = (
            select(Article.id)
            .where(or_(Article.address == ListRow.address, Article.requested_address == ListRow.address))
            .where(
                or_(
                    Article.outcome.in_([Outcome.REPORT, Outcome.REFUSED]),
                    and_(Article.outcome == Outcome.UNREAD, known.exists()),
                )
            )
        )
        of_the_year = or_(
            ListRow.report_year == year,
            ListRow.report_year.is_(None) & ListRow.listed_on.between(date(year + 1, 1, 1), date(year + 1, 12, 31)),
        )
        query = select(ListRow).where(ListRow.column_id.in_(self.columns.all), ListRow.refused.is_(None))
        for row in self.session.scalars(query.where(of_the_year, ~settled.exists()).order_by(ListRow.id)):
            named = read_title(row.title).publisher
            if row.column_id in self.columns.own or (named is not None and key(named) == self.publisher.key):
                return row
        return None


def _day(moment: datetime) -> date:
    return moment.astimezone(CHINA).date()
