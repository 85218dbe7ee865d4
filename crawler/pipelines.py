"""What the spider found goes to the archive: columns, rows, articles, and how each portal went."""

from __future__ import annotations

import logging
from typing import Any, Self

from scrapy.crawler import Crawler

from archive import listings
from archive.errors import AddressRefused, ArchiveError
from archive.store import Archive
from crawler.keeping import Keeper
from spiders.items import ArticleRead, AttachmentRead, ColumnRead, ListPage, PortalRead

logger = logging.getLogger(__name__)


class Notes:
    """Item pipeline: each item becomes a note of the archive. Notes may be taken twice, so a resumed crawl takes them again."""

    def __init__(self, crawler: Crawler) -> None:
        self._keeper = Keeper.of(crawler)
        self.outcomes: dict[str, PortalRead] = {}  # of this run, by portal

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's way to build it."""
        return cls(crawler)

    def process_item(self, item: Any) -> Any:
        """Note an item and hand it on."""
        try:
            self._note(item)
        except AddressRefused as error:
            logger.warning(
                "Not noted: %s", error
            )  # an address that cannot stand in an archive cannot be fetched either
        except ArchiveError as error:
            self._keeper.fail(error)
        return item

    def _note(self, item: Any) -> None:
        archive, crawl_id = self._keeper.archive, self._keeper.crawl_id
        match item:
            case ListPage():
                _note_list(archive, crawl_id, item)
            case ColumnRead():
                listings.note_column(
                    archive,
                    crawl_id,
                    portal=item.portal,
                    column_url=item.column_url,
                    agency=item.agency,
                    outcome=item.outcome,
                    detail=item.detail,
                    pages=item.pages,
                    rows=item.rows,
                    reports=item.reports,
                )
            case ArticleRead():
                _note_article(archive, crawl_id, item)
            case PortalRead():
                self.outcomes[item.portal] = item
                listings.note_portal(archive, crawl_id, portal=item.portal, outcome=item.outcome, detail=item.detail)
            case AttachmentRead():
                pass  # its capture is kept, and its article knows the link
            case _:
                raise TypeError(f"the spider hands on {type(item).__name__}, which the archive has no place for")


def _note_list(archive: Archive, crawl_id: int, page: ListPage) -> None:
    listings.note_rows(
        archive,
        crawl_id,
        portal=page.portal,
        column_url=page.column_url,
        agency=page.agency,
        family=page.family,
        rows=[(row.url, row.title, row.listed_on) for row in page.rows],
        refused=[(refused.row.url, refused.row.title, refused.reason) for refused in page.refused],
    )


def _note_article(archive: Archive, crawl_id: int, article: ArticleRead) -> None:
    listings.note_article(
        archive,
        crawl_id,
        portal=article.portal,
        url=article.url,
        requested_url=article.requested_url,
        column_url=article.column_url,
        page_title=article.page_title,
        page_date=article.page_date,
        agency=article.agency,
        refused=article.refused,
        gone=article.gone,
        attachments=[(attachment.url, attachment.name) for attachment in article.attachments],
    )
