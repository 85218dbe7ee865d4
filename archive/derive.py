"""Deriving: from captures to reports and versions. Whatever stands here can be made again from the captures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, fields

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

import parser
from archive.documents import Known, Outcome, Parse, Reading, read_documents
from archive.filing import file_reading, refresh
from archive.locks import locked
from archive.publishers import attach_columns, scope
from archive.schema import Article, ArticleColumn, ListRow, Portal, ReportColumn, Sighting, Version
from archive.store import Archive
from archive.timeline import Moment, Timeline, load

BATCH = 100  # articles to a transaction: a kill loses some seconds of parsing, a writer waits no longer than a commit
LOCK = "derive.lock"
_WITH_RECORD = frozenset({Outcome.REPORT, Outcome.UNREAD})


@dataclass(frozen=True)
class Derived:
    """What a run did, counted in articles; ``created`` and ``changed`` say whether one brought a new report or version."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    unread: int = 0
    failed: int = 0
    uncaptured: int = 0


@dataclass
class _Work:
    """An article with all that is needed to derive it; ``readings`` holds null where the documents were as before."""

    article: Article
    known: Known
    scope: str
    timeline: Timeline
    readings: list[tuple[Moment, Reading | None]]


def derive(
    archive: Archive,
    *,
    everything: bool = False,
    progress: Callable[[int, int, str], None] | None = None,
    parse: Parse = parser.parse,
) -> Derived:
    """Derive what was captured or noted since the last time; ``everything`` forgets what was derived and begins anew.

    ``progress`` gets (done, all, address) after each article. ``parse`` may be a guarded stand-in for
    :func:`parser.parse` that opens documents in a child process. A run that is killed goes on with the next one.
    """
    with locked(archive.folder, LOCK):
        with archive.writing() as session:
            if everything:
                session.execute(update(Article).values(stale=Article.stale + 1, derived_through=0, basis=None))
            attach_columns(session)
            total = session.scalar(select(func.count()).select_from(Article).where(Article.stale > 0)) or 0
        counts: Counter[str] = Counter()
        done = last = 0
        while batch := _load(archive, last):
            last = batch[-1].article.id
            for work in batch:
                _read(archive, work, parse)
                done += 1
                if progress is not None:
                    progress(done, max(done, total), work.article.url)
            with archive.writing() as session:
                counts.update(_file(session, work) for work in batch)
        return Derived(**{field.name: counts[field.name] for field in fields(Derived)})


def _load(archive: Archive, after: int) -> list[_Work]:
    query = select(Article, Portal.division).outerjoin(Portal, Portal.id == Article.portal_id)
    query = query.where(Article.stale > 0, Article.id > after).order_by(Article.id).limit(BATCH)
    with archive.session() as session:
        return [
            _Work(article, _known(session, article), scope(division, article.url), load(session, article), [])
            for article, division in session.execute(query).all()
        ]


def _known(session: Session, article: Article) -> Known:
    rows = select(ListRow.title, ListRow.listed_on).where(
        ListRow.address.in_({article.address, article.requested_address}), ListRow.refused.is_(None)
    )
    row = session.execute(rows.order_by(ListRow.listed_on.is_(None), ListRow.id).limit(1)).first()
    agency = article.agency
    if agency is None:
        columns = select(ReportColumn.agency).join(ArticleColumn, ArticleColumn.column_id == ReportColumn.id)
        columns = columns.where(ArticleColumn.article_id == article.id, ReportColumn.agency.is_not(None))
        agency = session.scalars(columns.order_by(ReportColumn.id).limit(1)).first()
    return Known(
        listed_title=row.title if row is not None else None,
        listed_on=row.listed_on if row is not None else None,
        page_title=article.page_title,
        page_date=article.page_date,
        agency=agency,
        refused=article.refused,
    )


def _read(archive: Archive, work: _Work, parse: Parse) -> None:
    """Read each moment's documents; the same documents are never read twice in a row."""
    basis = work.article.basis
    for moment in work.timeline.moments:
        reading = None
        if moment.documents is not None and (fresh := moment.documents.basis(work.known)) != basis:
            reading, basis = read_documents(archive, moment.documents, work.known, parse), fresh
        work.readings.append((moment, reading))
    if not work.readings and work.article.outcome is None:
        work.article.outcome, work.article.detail = Outcome.UNCAPTURED, "nothing of it was fetched"
        if work.known.refused is not None:
            work.article.outcome, work.article.detail = Outcome.REFUSED, work.known.refused
    work.article.basis = basis


def _file(session: Session, work: _Work) -> str:
    """File an article's readings; the name of the count it goes to."""
    article = session.get_one(Article, work.article.id)
    reports = _reports_of(session, article.id)
    if article.derived_through == 0:  # from the beginning: what was seen before is seen again, or was never there
        session.execute(delete(Sighting).where(Sighting.article_id == article.id))
        article.version_id = article.withdrawn_at = None
    before = article.withdrawn_at
    article.outcome, article.detail = work.article.outcome, work.article.detail
    visit = _Visit(session, article, work.scope)
    for moment, reading in work.readings:
        visit.file(moment, reading)
    visit.end()
    reports |= visit.reports
    article.basis, article.derived_through = work.article.basis, work.timeline.through
    refresh(session, reports)
    fresh = update(Article).where(
        Article.id == article.id, Article.stale == work.article.stale
    )  # not if noted meanwhile
    session.execute(fresh.values(stale=0), execution_options={"synchronize_session": False})
    if visit.count is not None:
        return visit.count
    if article.outcome in {Outcome.REFUSED, Outcome.FAILED, Outcome.UNCAPTURED}:
        return str(article.outcome)
    return "changed" if article.withdrawn_at != before else "unchanged"


class _Visit:
    """Files the readings of one article in their order."""

    def __init__(self, session: Session, article: Article, within: str) -> None:
        self.session = session
        self.article = article
        self.within = within
        self.reports: set[int] = set()
        self.count: str | None = None
        query = select(Sighting).where(Sighting.article_id == article.id)
        latest = session.scalars(query.order_by(Sighting.last_seen_at.desc()).limit(1)).first()
        self.last_seen = latest.last_seen_at if latest is not None else None
        self.shown = article.version_id if article.outcome in _WITH_RECORD else None

    def file(self, moment: Moment, reading: Reading | None) -> None:
        """File what a moment showed: gone, the same as before, or a new reading."""
        if moment.documents is None:
            if self.last_seen is None or moment.at >= self.last_seen:
                self.article.withdrawn_at = self.article.withdrawn_at or moment.at
            return
        if reading is not None:
            self._outcome(moment, reading)
        elif self.shown is not None:
            sighting = self.session.get_one(Sighting, (self.shown, self.article.id))
            sighting.last_seen_at = max(sighting.last_seen_at, moment.at)
            self._seen(moment, self.shown)

    def end(self) -> None:
        """The spider may have found the article gone where no status says so."""
        gone_at = self.article.gone_at
        if gone_at is not None and (self.last_seen is None or gone_at >= self.last_seen):
            self.article.withdrawn_at = self.article.withdrawn_at or gone_at

    def _outcome(self, moment: Moment, reading: Reading) -> None:
        self.article.outcome, self.article.detail, self.shown = reading.outcome, reading.detail, None
        if reading.record is None:
            return
        filed = file_reading(self.session, self.article, reading, self.within, moment.at)
        self.reports.add(filed.report_id)
        self.shown = filed.version_id
        self._seen(moment, filed.version_id)
        if reading.outcome is Outcome.UNREAD:
            self.count = "unread"
        elif filed.new_report:
            self.count = "created"
        elif filed.new_version and self.count is None:
            self.count = "changed"

    def _seen(self, moment: Moment, version_id: int) -> None:
        if self.last_seen is None or moment.at >= self.last_seen:
            self.last_seen, self.article.version_id, self.article.withdrawn_at = moment.at, version_id, None


def _reports_of(session: Session, article_id: int) -> set[int]:
    query = select(Version.report_id).join(Sighting, Sighting.version_id == Version.id)
    return set(session.scalars(query.where(Sighting.article_id == article_id)))
