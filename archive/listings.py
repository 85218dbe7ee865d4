"""What the spiders found: portals, columns, list rows, articles and attachments. Every note may be taken twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select

from archive.addresses import of_portal, wire
from archive.deposit import deposit
from archive.filing import WITHDRAWN
from archive.notes import ArticleNote, ColumnNote, PortalNote, RowsNote
from archive.schema import Article, ListRow, Portal, Report, ReportColumn, Sighting, SiteRow, Version
from archive.store import Archive


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


@dataclass(frozen=True)
class Site:
    """A site of the same authority with a host of its own, which a page of the portal names."""

    portal: str
    url: str
    name: str
    label: str
    page_url: str
    first_seen_at: datetime
    last_seen_at: datetime


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
    moment = at or archive.clock()
    note = PortalNote(moment, crawl_id, portal=portal, outcome=outcome, detail=detail, division=division)
    deposit(archive, notes=[note])


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
    full: bool = True,
    at: datetime | None = None,
) -> None:
    """A column was followed to its end, or given up. ``at`` is the time of reading, by default now."""
    note = ColumnNote(
        at or archive.clock(),
        crawl_id,
        portal=portal,
        column_url=column_url,
        agency=agency,
        outcome=outcome,
        detail=detail,
        pages=pages,
        rows=rows,
        reports=reports,
        full=full,
    )
    deposit(archive, notes=[note])


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
    note = RowsNote(
        at or archive.clock(),
        crawl_id,
        portal=portal,
        column_url=column_url,
        agency=agency,
        family=family,
        rows=tuple(rows),
        refused=tuple(refused),
    )
    deposit(archive, notes=[note])


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
    note = ArticleNote(
        at or archive.clock(),
        crawl_id,
        portal=portal,
        url=url,
        requested_url=requested_url,
        column_url=column_url,
        page_title=page_title,
        page_date=page_date,
        agency=agency,
        refused=refused,
        gone=gone,
        attachments=tuple(attachments),
    )
    deposit(archive, notes=[note])


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


def sites(archive: Archive) -> list[Site]:
    """Every other site that pages of the archive's portals name as one of the same authority, in the order found."""
    query = select(SiteRow, Portal.url).join(Portal, Portal.id == SiteRow.portal_id).order_by(SiteRow.id)
    with archive.session() as session:
        return [
            Site(url, row.url, row.name, row.label, row.page_url, row.first_seen_at, row.last_seen_at)
            for row, url in session.execute(query)
        ]


def reports_per_year(archive: Archive, portals: Sequence[str]) -> dict[str, dict[int, int]]:
    """How many reports on each year are published on each of these portals, as far as the archive has them."""
    query = (
        select(Portal.url, Report.report_year, func.count(Report.id.distinct()))
        .join(Article, Article.portal_id == Portal.id)
        .join(Sighting, Sighting.article_id == Article.id)
        .join(Version, Version.id == Sighting.version_id)
        .join(Report, Report.id == Version.report_id)
        .where(Portal.url.in_([of_portal(portal) for portal in portals]), Report.state != WITHDRAWN)
        .group_by(Portal.url, Report.report_year)
        .order_by(Portal.url, Report.report_year)
    )
    found: dict[str, dict[int, int]] = {}
    with archive.session() as session:
        for url, year, count in session.execute(query):
            if year is not None:
                found.setdefault(url, {})[year] = count
    return found


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
