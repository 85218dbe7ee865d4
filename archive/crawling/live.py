"""Live articles: what the columns of a portal showed when they were last read, so that it is noticed when a row leaves."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, or_, select

from archive.addresses import with_fragment
from archive.schema import Article, ArticleColumn, ListRow, Portal, ReportColumn
from archive.store import Archive

Left = tuple[str, str, str]  # the column's address, the article's, the title of its row


def live_articles(archive: Archive, portals: Sequence[str]) -> dict[str, list[Left]]:
    """The articles that show a report and are not gone, by portal; those whose row was seen last come first."""
    urls = {with_fragment(portal): portal for portal in portals}
    listed = (ListRow.column_id == ReportColumn.id) & or_(
        ListRow.address == Article.address, ListRow.address == Article.requested_address
    )
    query = (
        select(
            Portal.url,
            ReportColumn.url,
            func.coalesce(ListRow.url, Article.url),
            func.coalesce(ListRow.title, Article.page_title, ""),
        )
        .join(ReportColumn, ReportColumn.portal_id == Portal.id)
        .join(ArticleColumn, ArticleColumn.column_id == ReportColumn.id)
        .join(Article, Article.id == ArticleColumn.article_id)
        .outerjoin(ListRow, listed)
        .where(Portal.url.in_(sorted(urls)), Article.version_id.is_not(None))
        .where(Article.withdrawn_at.is_(None), Article.gone_at.is_(None))
        .order_by(func.coalesce(ListRow.last_seen_at, Article.noted_at).desc(), Article.id)
    )
    found: dict[str, list[Left]] = {}
    with archive.session() as session:
        for portal, column, url, title in session.execute(query):
            found.setdefault(urls[portal], []).append((column, url, title))
    return found
