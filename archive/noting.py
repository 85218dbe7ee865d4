"""Noting: what the notes of the journal become in the tables. A note may be taken twice; the last word counts."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, assert_never

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from archive.addresses import canonical, host_of, wire
from archive.catalogue import DELIVERED
from archive.errors import AddressRefused
from archive.inserts import insert_new
from archive.notes import (
    ArticleNote,
    ColumnNote,
    CrawlBegun,
    CrawlEnded,
    LossNote,
    Note,
    PortalNote,
    RowsNote,
    SameNote,
)
from archive.schema import (
    Article,
    ArticleColumn,
    Attachment,
    CaptureRow,
    ColumnReading,
    CrawlRow,
    ListRow,
    Portal,
    ReportColumn,
    WarcFile,
)
from parser.titles import read as read_title

RUNNING = "running"
_UNSYNCHRONIZED = {"synchronize_session": False}


class Noting:
    """Applies notes within one session; portals and columns are looked up once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._portals: dict[str, int] = {}
        self._columns: dict[tuple[int, str], ReportColumn] = {}

    def apply(self, note: Note) -> None:
        """Bring the tables into line with a note. Raises :class:`AddressRefused` for one that names no address."""
        match note:
            case RowsNote():
                self._rows(note)
            case ArticleNote():
                self._article(note)
            case ColumnNote():
                self._column_read(note)
            case PortalNote():
                self._portal_read(note)
            case CrawlBegun():
                self._begin(note)
            case CrawlEnded():
                ended = update(CrawlRow).where(CrawlRow.id == note.crawl)
                self._session.execute(ended.values(state=note.state, ended_at=note.at))
            case SameNote():
                self._same(note)
            case LossNote():
                self._lost(note)
            case _:
                assert_never(note)

    def _begin(self, note: CrawlBegun) -> None:
        row = self._session.get(CrawlRow, note.crawl)
        if row is None:
            row = CrawlRow(id=note.crawl, begun_at=note.at)
            self._session.add(row)
        row.key, row.arguments, row.portals = note.key, note.arguments, note.portals
        row.state, row.ended_at = RUNNING, None
        self._session.flush()

    def _same(self, note: SameNote) -> None:
        query = select(CaptureRow.id).where(
            CaptureRow.address == canonical(note.url),
            CaptureRow.url == wire(note.url),
            CaptureRow.status.in_(DELIVERED),
            CaptureRow.role != "blocked",
            CaptureRow.fetched_at <= note.at,
        )
        last = query.order_by(CaptureRow.id.desc()).limit(1).scalar_subquery()
        repeated = update(CaptureRow).where(CaptureRow.id == last)
        self._session.execute(
            repeated.values(same_at=note.at, same_crawl_id=note.crawl), execution_options=_UNSYNCHRONIZED
        )

    def _lost(self, note: LossNote) -> None:
        files = select(WarcFile.id).where(WarcFile.name == note.file)
        lost = update(CaptureRow).where(CaptureRow.file_id.in_(files), CaptureRow.position == note.position)
        self._session.execute(lost.values(lost_at=note.at), execution_options=_UNSYNCHRONIZED)

    def _portal_read(self, note: PortalNote) -> None:
        row = self._session.get_one(Portal, self._portal(note.portal))
        row.division = note.division or row.division
        if note.outcome is not None:
            row.outcome, row.detail, row.read_at = note.outcome, note.detail, note.at
            row.crawl_id = self._crawl(note.crawl)

    def _column_read(self, note: ColumnNote) -> None:
        column, crawl_id = self._column(note.portal, note.column_url, note.agency), self._crawl(note.crawl)
        known = select(ColumnReading).where(ColumnReading.column_id == column.id, ColumnReading.crawl_id == crawl_id)
        if crawl_id is None:  # then its time tells one reading from another
            known = known.where(ColumnReading.read_at == note.at)
        reading = self._session.scalars(known).first()
        if reading is None:
            reading = ColumnReading(column_id=column.id, crawl_id=crawl_id)
            self._session.add(reading)
        reading.outcome, reading.detail, reading.full = note.outcome, note.detail, note.full
        reading.pages, reading.rows, reading.reports = note.pages, note.rows, note.reports
        reading.read_at = note.at

    def _rows(self, note: RowsNote) -> None:
        column = self._column(note.portal, note.column_url, note.agency)
        found: dict[str, dict[str, Any]] = {}
        for url, title, listed_on, refused in _facts(note):
            try:
                address = canonical(url)
            except AddressRefused:
                continue  # nothing can be fetched from there either
            facts = {"url": wire(url), "title": title, "listed_on": listed_on, "family": note.family}
            found[address] = {**facts, "refused": refused}
        known = self._known_rows(column.id, list(found))
        changed = [
            address
            for address, facts in found.items()
            if self._row(known.get(address), column.id, address, facts, note.at)
        ]
        self._session.flush()
        if changed:  # the row's title and date are hints for the parser
            here = or_(Article.address.in_(changed), Article.requested_address.in_(changed))
            self._session.execute(
                update(Article).where(here).values(stale=Article.stale + 1), execution_options=_UNSYNCHRONIZED
            )

    def _known_rows(self, column_id: int, addresses: list[str]) -> dict[str, ListRow]:
        query = select(ListRow).where(ListRow.column_id == column_id, ListRow.address.in_(addresses))
        return {row.address: row for row in self._session.scalars(query)}

    def _row(self, row: ListRow | None, column_id: int, address: str, facts: dict[str, Any], moment: datetime) -> bool:
        """Whether the row says something new of a report."""
        if row is None:
            row = ListRow(column_id=column_id, address=address, first_seen_at=moment)
            self._session.add(row)
        elif row.title == facts["title"]:  # migrations reset the dates of old rows: the first one counts
            facts["listed_on"] = row.listed_on or facts["listed_on"]
        changed = (row.title, row.listed_on) != (facts["title"], facts["listed_on"])
        if row.title != facts["title"]:
            row.report_year = read_title(facts["title"]).report_year
        for name, value in facts.items():
            setattr(row, name, value)
        row.last_seen_at = moment
        return changed and row.refused is None

    def _article(self, note: ArticleNote) -> None:
        address, requested = canonical(note.url), canonical(note.requested_url)
        portal_id = self._portal(note.portal) if note.portal is not None else None
        article = self._known_article(address, requested, gone=note.gone)
        if article is None:
            article = Article(
                url=wire(note.url), address=address, requested_address=requested, derived_through=0, stale=1
            )
            self._session.add(article)
        before = _facts_of(article)
        article.portal_id = portal_id if portal_id is not None else article.portal_id
        article.noted_at = note.at
        if note.gone:
            article.gone_at = article.gone_at or note.at
        else:
            page_date = note.page_date
            article.requested_address, article.gone_at = requested, None
            if note.page_title == article.page_title:  # as with the rows: the first date of a page counts
                page_date = article.page_date or page_date
            article.page_title, article.page_date = note.page_title, page_date
            article.agency, article.refused = note.agency, note.refused
        self._session.flush()
        news = _facts_of(article) != before
        if note.portal is not None and note.column_url is not None:
            news |= self._link(article.id, self._column(note.portal, note.column_url, None).id)
        news |= self._attachments(article.id, note)
        if news:  # counted in the database: a capture may be counted at the same time
            article.stale = Article.stale + 1
            self._session.flush()

    def _link(self, article_id: int, column_id: int) -> bool:
        """Note that the article stands in the column; whether that is new."""
        if self._session.get(ArticleColumn, (article_id, column_id)) is not None:
            return False
        values = {"article_id": article_id, "column_id": column_id}
        insert_new(self._session, ArticleColumn, values, "article_id", "column_id")
        return True

    def _known_article(self, address: str, requested: str, *, gone: bool) -> Article | None:
        known = self._session.scalars(select(Article).where(Article.address == address)).first()
        if known is None and gone:  # it used to redirect
            query = select(Article).where(Article.requested_address == requested)
            known = self._session.scalars(query.order_by(Article.id)).first()
        return known

    def _attachments(self, article_id: int, note: ArticleNote) -> bool:
        """Note what the article links to; whether that is other than it was."""
        if note.gone:
            return False
        query = select(Attachment).where(Attachment.article_id == article_id)
        known = {row.address: row for row in self._session.scalars(query)}
        newest = max((row.last_noted_at for row in known.values()), default=None)
        before = [(row.address, row.name, row.position) for row in known.values() if row.last_noted_at == newest]
        linked = []
        for position, (link, name) in enumerate(note.attachments):
            try:
                address = canonical(link)
            except AddressRefused:
                continue
            row = known.get(address)
            if row is None:
                row = known[address] = Attachment(article_id=article_id, address=address)
                self._session.add(row)
            row.url, row.name, row.position, row.last_noted_at = wire(link), name, position, note.at
            linked.append((address, name, position))
        self._session.flush()
        return sorted(before) != sorted(linked)

    def _crawl(self, number: int | None) -> int | None:
        """The crawl, if it is known: its beginning may have stood in a file that is lost."""
        return number if number is not None and self._session.get(CrawlRow, number) is not None else None

    def _portal(self, url: str) -> int:
        key = wire(url)
        if key not in self._portals:
            query = select(Portal.id).where(Portal.url == key)
            known = self._session.scalars(query).first()
            if known is None:
                insert_new(self._session, Portal, {"url": key, "host": host_of(key)}, "url")
                known = self._session.scalars(query).one()
            self._portals[key] = known
        return self._portals[key]

    def _column(self, portal: str, url: str, agency: str | None) -> ReportColumn:
        portal_id, key = self._portal(portal), wire(url)
        row = self._columns.get((portal_id, key))
        if row is None:
            query = select(ReportColumn).where(ReportColumn.portal_id == portal_id, ReportColumn.url == key)
            row = self._session.scalars(query).first()
            if row is None:
                values = {"portal_id": portal_id, "url": key, "agency": agency}
                insert_new(self._session, ReportColumn, values, "portal_id", "url")
                row = self._session.scalars(query).one()
            self._columns[portal_id, key] = row
        if agency is not None and agency != row.agency:
            row.agency, row.publisher_id = agency, None
        return row


def _facts_of(article: Article) -> tuple[object, ...]:
    """What a note may change of an article, and what its derivation rests on."""
    return (
        article.requested_address,
        article.portal_id,
        article.page_title,
        article.page_date,
        article.agency,
        article.refused,
        article.gone_at,
    )


def check(note: Note) -> None:
    """Raise :class:`AddressRefused` for a note that names an address which cannot be kept."""
    for name in ("portal", "column_url", "url", "requested_url"):
        address = getattr(note, name, None)
        if address is not None and not isinstance(note, LossNote):
            canonical(address)


def _facts(note: RowsNote) -> list[tuple[str, str, date | None, str | None]]:
    """The rows as (address, title, date, reason of refusal)."""
    reports: list[tuple[str, str, date | None, str | None]] = [(url, title, day, None) for url, title, day in note.rows]
    return [*reports, *((url, title, None, reason) for url, title, reason in note.refused)]
