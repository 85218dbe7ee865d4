"""What the spiders found: portals, columns, list rows, articles and attachments. Every note may be taken twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from archive.addresses import canonical, host_of, wire
from archive.errors import AddressRefused
from archive.inserts import insert_new
from archive.schema import (
    Article,
    ArticleColumn,
    Attachment,
    ColumnReading,
    ListRow,
    Portal,
    ReportColumn,
)
from archive.store import Archive
from parser.titles import read as read_title


@dataclass(frozen=True)
class PortalState:
    """A portal and how it was last read; null where it never was. ``outcome`` is one of the spiders' words."""

    url: str
    host: str
    division: str | None
    outcome: str | None
    detail: str | None
    read_at: datetime | None
    columns: int
    articles: int


def note_portal(
    archive: Archive,
    crawl_id: int | None,
    *,
    portal: str,
    outcome: str | None,
    detail: str | None,
    division: str | None = None,
    at: datetime | None = None,
) -> None:
    """A portal's reading ended. ``division`` is the code of its division where the registry knows it."""
    with archive.writing() as session:
        row = session.get_one(Portal, _portal(session, portal))
        row.division = division or row.division
        if outcome is not None:
            row.outcome, row.detail, row.crawl_id, row.read_at = outcome, detail, crawl_id, at or archive.clock()


def note_column(
    archive: Archive,
    crawl_id: int | None,
    *,
    portal: str,
    column_url: str,
    agency: str | None,
    outcome: str,
    detail: str | None,
    pages: int,
    rows: int,
    reports: int,
    at: datetime | None = None,
) -> None:
    """A column was followed to its end, or given up. ``at`` is the time of reading, by default now."""
    with archive.writing() as session:
        column_id = _column(session, portal, column_url, agency)
        known = select(ColumnReading).where(ColumnReading.column_id == column_id, ColumnReading.crawl_id == crawl_id)
        reading = session.scalars(known).first() if crawl_id is not None else None
        if reading is None:
            reading = ColumnReading(column_id=column_id, crawl_id=crawl_id)
            session.add(reading)
        reading.outcome, reading.detail = outcome, detail
        reading.pages, reading.rows, reading.reports = pages, rows, reports
        reading.read_at = at or archive.clock()


def note_rows(
    archive: Archive,
    crawl_id: int | None,
    *,
    portal: str,
    column_url: str,
    agency: str | None,
    family: str | None,
    rows: Iterable[tuple[str, str, date | None]],
    refused: Iterable[tuple[str, str, str]] = (),
    at: datetime | None = None,
) -> None:
    """The rows of a list page: reports as (address, title, date), the others as (address, title, reason)."""
    del crawl_id  # a row is known by its column and address; when it was seen says enough
    moment = at or archive.clock()
    found: list[tuple[str, str, date | None, str | None]] = [(url, title, day, None) for url, title, day in rows]
    found += [(url, title, None, reason) for url, title, reason in refused]
    with archive.writing() as session:
        column_id = _column(session, portal, column_url, agency)
        for url, title, listed_on, reason in found:
            try:
                address = canonical(url)
            except AddressRefused:
                continue  # nothing can be fetched from there either
            _note_row(
                session,
                column_id,
                address,
                url=wire(url),
                title=title,
                listed_on=listed_on,
                family=family,
                refused=reason,
                moment=moment,
            )


def note_article(
    archive: Archive,
    crawl_id: int | None,
    *,
    portal: str | None,
    url: str,
    requested_url: str,
    column_url: str | None,
    page_title: str | None,
    page_date: date | None,
    agency: str | None,
    refused: str | None,
    gone: bool,
    attachments: Iterable[tuple[str, str | None]] = (),
    at: datetime | None = None,
) -> None:
    """An article page was read, or found gone. ``url`` is its final address; it is derived anew at the next occasion."""
    del crawl_id  # its captures know their crawl
    moment = at or archive.clock()
    address, requested = canonical(url), canonical(requested_url)
    with archive.writing() as session:
        portal_id = _portal(session, portal) if portal is not None else None
        article = _known_article(session, address, requested, gone=gone)
        if article is None:
            article = Article(url=wire(url), address=address, requested_address=requested, derived_through=0, stale=1)
            session.add(article)
        else:
            article.stale = Article.stale + 1  # counted in the database: a capture may be counted at the same time
        article.portal_id = portal_id if portal_id is not None else article.portal_id
        article.noted_at = moment
        if gone:
            article.gone_at = article.gone_at or moment
        else:
            article.requested_address, article.gone_at = requested, None
            if page_title == article.page_title:  # as with the rows: the first date of a page counts
                page_date = article.page_date or page_date
            article.page_title, article.page_date = page_title, page_date
            article.agency, article.refused = agency, refused
        session.flush()
        if portal is not None and column_url is not None:
            _link(session, article.id, _column(session, portal, column_url, None))
        for position, (link, name) in enumerate(attachments):
            _note_attachment(session, article.id, link, name=name, position=position, moment=moment)


def portals(archive: Archive) -> list[PortalState]:
    """Every portal that was crawled or registered."""
    columns = select(ReportColumn.portal_id, func.count().label("n")).group_by(ReportColumn.portal_id).subquery()
    articles = select(Article.portal_id, func.count().label("n")).group_by(Article.portal_id).subquery()
    query = (
        select(Portal, func.coalesce(columns.c.n, 0), func.coalesce(articles.c.n, 0))
        .outerjoin(columns, columns.c.portal_id == Portal.id)
        .outerjoin(articles, articles.c.portal_id == Portal.id)
        .order_by(Portal.id)
    )
    with archive.session() as session:
        return [
            PortalState(row.url, row.host, row.division, row.outcome, row.detail, row.read_at, n_columns, n_articles)
            for row, n_columns, n_articles in session.execute(query)
        ]


def rows_of(archive: Archive, column_url: str) -> Iterator[tuple[str, str, date | None, str | None]]:
    """The rows of a column as (address, title, date, reason of refusal)."""
    query = (
        select(ListRow.url, ListRow.title, ListRow.listed_on, ListRow.refused)
        .join(ReportColumn, ReportColumn.id == ListRow.column_id)
        .where(ReportColumn.url == wire(column_url))
        .order_by(ListRow.id)
    )
    with archive.session() as session:
        yield from session.execute(query.execution_options(yield_per=500))


def _portal(session: Session, url: str) -> int:
    key = wire(url)
    insert_new(session, Portal, {"url": key, "host": host_of(key)}, "url")
    return session.scalars(select(Portal.id).where(Portal.url == key)).one()


def _column(session: Session, portal: str, url: str, agency: str | None) -> int:
    portal_id, key = _portal(session, portal), wire(url)
    insert_new(session, ReportColumn, {"portal_id": portal_id, "url": key, "agency": agency}, "portal_id", "url")
    row = session.scalars(
        select(ReportColumn).where(ReportColumn.portal_id == portal_id, ReportColumn.url == key)
    ).one()
    if agency is not None and agency != row.agency:
        row.agency, row.publisher_id = agency, None
    return row.id


def _note_row(session: Session, column_id: int, address: str, *, moment: datetime, **facts: Any) -> None:
    row = session.scalars(select(ListRow).where(ListRow.column_id == column_id, ListRow.address == address)).first()
    if row is None:
        row = ListRow(column_id=column_id, address=address, first_seen_at=moment)
        session.add(row)
    elif row.title == facts["title"]:  # migrations reset the dates of old rows: the first one counts
        facts["listed_on"] = row.listed_on or facts["listed_on"]
    changed = (row.title, row.listed_on) != (facts["title"], facts["listed_on"])
    for name, value in facts.items():
        setattr(row, name, value)
    row.report_year = read_title(row.title).report_year
    row.last_seen_at = moment
    session.flush()
    if changed and row.refused is None:  # the row's title and date are hints for the parser
        here = (Article.address == address) | (Article.requested_address == address)
        session.execute(
            update(Article).where(here).values(stale=Article.stale + 1),
            execution_options={"synchronize_session": False},
        )


def _known_article(session: Session, address: str, requested: str, *, gone: bool) -> Article | None:
    known = session.scalars(select(Article).where(Article.address == address)).first()
    if known is None and gone:  # it used to redirect
        known = session.scalars(
            select(Article).where(Article.requested_address == requested).order_by(Article.id)
        ).first()
    return known


def _note_attachment(
    session: Session, article_id: int, link: str, *, name: str | None, position: int, moment: datetime
) -> None:
    try:
        address = canonical(link)
    except AddressRefused:
        return
    known = session.scalars(
        select(Attachment).where(Attachment.article_id == article_id, Attachment.address == address)
    ).first()
    if known is None:
        known = Attachment(article_id=article_id, address=address)
        session.add(known)
    known.url, known.name, known.position, known.last_noted_at = wire(link), name, position, moment
    session.flush()


def _link(session: Session, article_id: int, column_id: int) -> None:
    insert_new(session, ArticleColumn, {"article_id": article_id, "column_id": column_id}, "article_id", "column_id")
