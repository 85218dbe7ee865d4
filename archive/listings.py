"""What the spiders found, asked for: portals and how they were read, other sites, and how many reports a year there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from archive.addresses import with_fragment
from archive.deriving.filing import WITHDRAWN
from archive.schema import Article, Portal, Report, ReportColumn, Sighting, SiteRow, Version
from archive.store import Archive


@dataclass(frozen=True)
class PortalState:
    """A portal and how it was last read; null where it never was. ``outcome`` is one of the spiders' words.

    ``given`` is its address as it was last typed; else as it is kept.
    """

    url: str
    given: str
    host: str
    division: str | None
    outcome: str | None
    detail: str | None
    read_at: datetime | None
    columns: int
    articles: int

    def line(self) -> dict[str, Any]:
        """It as ``xxgk portals --json`` and the dashboard hand it on."""
        return {
            "url": self.url,
            "given": self.given,
            "host": self.host,
            "outcome": self.outcome,
            "read_at": self.read_at,
            "detail": self.detail,
            "division": self.division,
            "columns": self.columns,
            "articles": self.articles,
        }


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
            PortalState(
                row.url,
                row.given or row.url,
                row.host,
                row.division,
                row.outcome,
                row.detail,
                row.read_at,
                n_columns,
                n_articles,
            )
            for row, n_columns, n_articles in session.execute(query)
        ]


def encoding_of(archive: Archive, capture_id: int) -> str | None:
    """The charset that the registry says of the portal on which the report made from a capture stands."""
    query = (
        select(Portal.encoding)
        .join(Article, Article.portal_id == Portal.id)
        .join(Sighting, Sighting.article_id == Article.id)
        .join(Version, Version.id == Sighting.version_id)
        .where(Version.capture_id == capture_id, Portal.encoding.is_not(None))
    )
    with archive.session() as session:
        return session.scalars(query.limit(1)).first()


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
        .where(Portal.url.in_([with_fragment(portal) for portal in portals]), Report.state != WITHDRAWN)
        .group_by(Portal.url, Report.report_year)
        .order_by(Portal.url, Report.report_year)
    )
    found: dict[str, dict[int, int]] = {}
    with archive.session() as session:
        for url, year, count in session.execute(query):
            if year is not None:
                found.setdefault(url, {})[year] = count
    return found
