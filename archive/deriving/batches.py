"""Batches: articles to derive, loaded together with all that reading them needs, in a few statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, func, literal_column, or_, select
from sqlalchemy.orm import Session

from archive.addresses import with_fragment
from archive.deriving.documents import Known, Outcome, Reading
from archive.deriving.timeline import Moment, Timeline, load
from archive.deriving.versions import has_text
from archive.registry.identity import Place
from archive.registry.publishers import scope
from archive.schema import Article, ArticleColumn, ListRow, Portal, ReportColumn, Sighting, Version
from archive.store import Archive

_Listed = tuple[bool, int, str | None, date | None]  # a row without a date counts last, then the first one noted
_NONE: ColumnElement[int] = literal_column(
    "0"
)  # written out: the index of what is pending is found by the condition as it stands there
BATCH = 100  # articles to a transaction: a kill loses some seconds of parsing, a writer waits no longer than a commit


@dataclass(frozen=True)
class Selection:
    """Which articles: what was captured or noted since, or ``everything``; ``failed_after`` adds the failed behind an id.

    ``through`` is the last id, where only a part is wanted; ``portals`` names the portals whose articles are wanted.
    What is selected as everything or as failed is derived anew, from its first capture.
    """

    everything: bool = False
    failed_after: int | None = None
    through: int | None = None
    portals: tuple[str, ...] | None = None

    def where(self) -> ColumnElement[bool]:
        """The condition on articles."""
        wanted = [self._wanted()]
        if self.through is not None:
            wanted.append(Article.id <= self.through)
        if self.portals is not None:
            urls = sorted({with_fragment(url) for url in self.portals})
            wanted.append(Article.portal_id.in_(select(Portal.id).where(Portal.url.in_(urls))))
        return and_(*wanted)

    def _wanted(self) -> ColumnElement[bool]:
        if self.everything:
            return Article.id > 0
        if self.failed_after is None:
            return Article.stale > _NONE
        return or_(Article.stale > _NONE, and_(Article.outcome == Outcome.FAILED, Article.id > self.failed_after))

    def is_anew(self, article: Article) -> bool:
        """Whether an article is derived from its first capture."""
        failed = self.failed_after is not None and article.outcome == Outcome.FAILED
        return self.everything or failed or article.derived_through == 0


@dataclass(frozen=True)
class Before:
    """The version an article showed before it was derived; ``line_digest`` is of its record's line.

    ``has_text``: it was read, and not only known by its title.
    """

    version_id: int
    digest: str
    line_digest: str
    capture_id: int
    has_text: bool


@dataclass
class Work:
    """An article with all that is needed to derive it; ``readings`` holds null where the documents were as before."""

    article: Article
    known: Known
    place: Place
    timeline: Timeline
    anew: bool
    last_seen: datetime | None  # when a version was last seen at it
    before: Before | None
    readings: list[tuple[Moment, Reading | None]] = field(default_factory=list)
    basis: str | None = None  # of the last reading
    nothing: tuple[str, str] | None = None  # the outcome and its detail where there was nothing to read
    away: str | None = None  # why its bytes are not within reach now: it is left as it stands


def count(archive: Archive, selection: Selection, after: int = 0) -> int:
    """How many articles are selected behind an id."""
    with archive.session() as session:
        query = select(func.count()).select_from(Article).where(selection.where(), Article.id > after)
        return session.scalar(query) or 0


def pending_portals(session: Session) -> list[str]:
    """The portals with articles that are to be derived, by their addresses, in their order."""
    waits = select(Article.portal_id).where(Article.stale > 0).distinct()
    return list(session.scalars(select(Portal.url).where(Portal.id.in_(waits)).order_by(Portal.url)))


def load_batch(archive: Archive, selection: Selection, after: int, size: int) -> list[Work]:
    """The next articles of a selection behind an id."""
    return _load(archive, selection, Article.id > after, size)


def load_again(archive: Archive, selection: Selection, works: Sequence[Work]) -> list[Work]:
    """The articles of some works as they stand now; what the selection has no more is left out."""
    return _load(archive, selection, Article.id.in_([work.article.id for work in works]), len(works))


def _load(archive: Archive, selection: Selection, which: ColumnElement[bool], size: int) -> list[Work]:
    query = select(Article, Portal.division, Portal.encoding).outerjoin(Portal, Portal.id == Article.portal_id)
    query = query.where(selection.where(), which).order_by(Article.id).limit(size)
    with archive.session() as session:
        found = [(article, division, encoding) for article, division, encoding in session.execute(query).all()]
        articles = [article for article, _, _ in found]
        if not articles:
            return []
        anew = frozenset(article.id for article in articles if selection.is_anew(article))
        known, timelines = _known(session, articles), load(session, articles, anew=anew)
        last_seen, before = _last_seen(session, articles), _before(session, articles)
        return [
            Work(
                article,
                replace(known[article.id], encoding=encoding),
                Place(scope(division, article.url), archive.book),
                timelines[article.id],
                article.id in anew,
                None if article.id in anew else last_seen.get(article.id),
                None if article.version_id is None else before.get(article.version_id),
                basis=None if article.id in anew else article.basis,
            )
            for article, division, encoding in found
        ]


def _known(session: Session, articles: Sequence[Article]) -> dict[int, Known]:
    places = {place for article in articles for place in (article.address, article.requested_address)}
    rows = select(ListRow.address, ListRow.id, ListRow.title, ListRow.listed_on)
    rows = rows.where(ListRow.address.in_(sorted(places)), ListRow.refused.is_(None))
    listed: dict[str, list[_Listed]] = {}
    for address, number, title, listed_on in session.execute(rows):
        listed.setdefault(address, []).append((listed_on is None, number, title, listed_on))
    columns = select(ArticleColumn.article_id, ReportColumn.agency)
    columns = columns.join(ReportColumn, ReportColumn.id == ArticleColumn.column_id)
    columns = columns.where(
        ArticleColumn.article_id.in_([article.id for article in articles]), ReportColumn.agency.is_not(None)
    )
    agencies: dict[int, str] = {}
    for article_id, agency in session.execute(columns.order_by(ReportColumn.id)):
        if agency is not None:
            agencies.setdefault(article_id, agency)
    return {article.id: _known_of(article, listed, agencies) for article in articles}


def _known_of(article: Article, listed: dict[str, list[_Listed]], agencies: dict[int, str]) -> Known:
    rows = [row for place in {article.address, article.requested_address} for row in listed.get(place, ())]
    _, _, listed_title, listed_on = min(rows, key=lambda row: row[:2], default=(True, 0, None, None))
    return Known(
        listed_title=listed_title,
        listed_on=listed_on,
        page_title=article.page_title,
        page_date=article.page_date,
        agency=article.agency if article.agency is not None else agencies.get(article.id),
        refused=article.refused,
    )


def _last_seen(session: Session, articles: Sequence[Article]) -> dict[int, datetime]:
    query = select(Sighting.article_id, func.max(Sighting.last_seen_at)).group_by(Sighting.article_id)
    found = session.execute(query.where(Sighting.article_id.in_([article.id for article in articles])))
    return {article_id: moment for article_id, moment in found}  # noqa: C416 - rows are no pairs to mypy


def _before(session: Session, articles: Sequence[Article]) -> dict[int, Before]:
    ids = sorted({article.version_id for article in articles if article.version_id is not None})
    query = select(
        Version.id, Version.digest, Version.line_digest, Version.capture_id, Version.figures, Version.prose_digest
    )
    return {
        number: Before(number, digest, line_digest, capture_id, has_text(figures, prose))
        for number, digest, line_digest, capture_id, figures, prose in session.execute(query.where(Version.id.in_(ids)))
    }
