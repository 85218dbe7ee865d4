"""What the spider found goes to the archive: columns, rows, articles, and how each portal went."""

from __future__ import annotations

import logging
from dataclasses import asdict
from datetime import datetime
from functools import partial
from typing import Any, Self

from scrapy.crawler import Crawler

from archive.crawling import losses
from archive.errors import AddressRefused
from archive.journal.notes import ArticleNote, ColumnNote, Note, PortalNote, RosterNote, RowsNote, SiteNote, UnitsNote
from archive.journal.noting import check
from crawler.keeping import Keeper
from spiders.items import (
    ArticleRead,
    AttachmentRead,
    ColumnRead,
    ListPage,
    PortalRead,
    RosterRead,
    SiteOffered,
    UnitsRead,
)
from spiders.outcomes import INCOMPLETE, OK

logger = logging.getLogger(__name__)


class Notes:
    """Item pipeline: each item becomes a note of the archive. Notes may be taken twice, so a resumed crawl takes them again.

    At the end no portal goes without an outcome, none that lost its reports is ``ok``, and no column that did is evidence.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._keeper = Keeper.of(crawler)
        self._keeper.judgements.append(self._ends)
        self.outcomes: dict[str, PortalRead] = {}  # of this run, by portal

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's way to build it."""
        return cls(crawler)

    def process_item(self, item: Any) -> Any:
        """Note an item and hand it on."""
        note = self._note(item)
        if note is None:
            return item
        try:
            check(note)
        except AddressRefused as error:  # an address that cannot stand in an archive cannot be fetched either
            logger.warning("Not noted: %s", error)
            return item
        self._keeper.note(note)
        return item

    def _ends(self) -> list[Note]:
        archive, crawl = self._keeper.archive, self._keeper.crawl_id
        notes: list[Note] = []
        for url in getattr(self._crawler.spider, "addresses", ()):
            told, detail = self.outcomes.get(url), None
            if told is None:  # it was not read to its end
                detail = "the crawl ended without a word about this portal; its log says more"
            elif told.outcome == OK:
                detail = archive.patiently(partial(losses.of_crawl, archive, crawl, url))
            if detail is not None:
                logger.info("portal %s: %s: %s", INCOMPLETE, url, detail)
                notes.append(PortalNote(archive.clock(), crawl, portal=url, outcome=INCOMPLETE, detail=detail))
            notes += archive.patiently(partial(losses.of_columns, archive, crawl, url))
        return notes

    def _note(self, item: Any) -> Note | None:
        at, crawl = self._keeper.archive.clock(), self._keeper.crawl_id
        match item:
            case ListPage():
                return RowsNote(
                    at,
                    crawl,
                    portal=item.portal,
                    column_url=item.column_url,
                    agency=item.agency,
                    family=item.family,
                    rows=tuple((row.url, row.title, row.listed_on) for row in item.rows),
                    refused=tuple((refused.row.url, refused.row.title, refused.reason) for refused in item.refused),
                )
            case ColumnRead():
                if item.outcome != OK:
                    logger.info("column %s: %s: %s", item.outcome, item.column_url, item.detail)
                return ColumnNote(at, crawl, **asdict(item))
            case ArticleRead():
                return _article(at, crawl, item)
            case PortalRead():
                self.outcomes[item.portal] = item
                logger.info("portal %s: %s: %s", item.outcome, item.portal, item.detail)
                return PortalNote(at, crawl, portal=item.portal, outcome=item.outcome, detail=item.detail)
            case SiteOffered():
                return SiteNote(at, crawl, **asdict(item))
            case UnitsRead():
                return UnitsNote(at, crawl, **asdict(item))
            case RosterRead():
                return RosterNote(at, crawl, **asdict(item))
            case AttachmentRead():
                return None  # its capture is kept, and its article knows the link
            case _:
                raise TypeError(f"the spider hands on {type(item).__name__}, which the archive has no place for")


def _article(at: datetime, crawl: int, article: ArticleRead) -> ArticleNote:
    return ArticleNote(
        at,
        crawl,
        portal=article.portal,
        url=article.url,
        requested_url=article.requested_url,
        column_url=article.column_url,
        page_title=article.page_title,
        page_date=article.page_date,
        agency=article.agency,
        refused=article.refused,
        gone=article.gone,
        attachments=tuple((attachment.url, attachment.name) for attachment in article.attachments),
    )
