"""Asking: what a spider asks portals for, each thing once and within limits, so that every request is in its ledger."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any, ClassVar

import scrapy
from scrapy.http import Request, Response
from twisted.python.failure import Failure as Fault

from parser.titles import read
from spiders import columns, outcomes
from spiders.addresses import key, key_with_fragment
from spiders.answers import CHARSET
from spiders.errands import Errand
from spiders.items import Row
from spiders.ledger import Column, Ledger, Portal
from spiders.limits import Limits
from spiders.patience import Effort
from spiders.scripted import Scripted

_CHINA = timezone(timedelta(hours=8))  # all dates of portals are of UTC+8
Output = Any  # an item or a request: what Scrapy takes from a callback


class Asking(Limits, scrapy.Spider):
    """A spider's arguments, its ledger and its requests; what the answers mean is for :meth:`read` and :meth:`fail`."""

    PRIORITY: ClassVar[dict[str, int]] = {
        "entry": 0,
        "list": 10,
        "article": 20,
        "attachment": 30,
        "roster": 20,
    }  # keeps the frontier small

    def __init__(
        self,
        portal: str | list[str] = "",
        year: str | int | None = None,
        entries: Mapping[str, Sequence[str]] | None = None,
        scripted: Scripted | None = None,
        encodings: Mapping[str, str] | None = None,
        live: Mapping[str, Sequence[tuple[str, str, str]]] | None = None,
        **arguments: Any,
    ) -> None:
        super().__init__(**arguments)
        self.entries = entries or {}
        self.encodings = encodings or {}
        self.live = dict(live or {})
        self.scripted = scripted or Scripted()
        self.addresses = read_addresses(portal)
        if not self.addresses:
            raise ValueError("no portal given: run scrapy crawl reports -a portal=http://xxgk.example.gov.cn/")
        self.year = int(year) if year not in {None, ""} else None
        self.ledger = Ledger()
        self._asked: Counter[str] = Counter()
        self._effort = Effort()
        self.today = datetime.now(_CHINA).date()

    def read(self, response: Response, errand: Errand) -> Iterator[Output]:
        """What an answer gives."""
        raise NotImplementedError

    def fail(self, fault: Fault) -> Iterator[Output]:
        """What follows where no answer came."""
        raise NotImplementedError

    def _wanted(self, title: str) -> bool:
        return self.year is None or read(title).report_year in {None, self.year}

    def _entry(
        self, portal: Portal, url: str, depth: int, *, hops: int = 0, frames: int = 0, optional: bool = False
    ) -> Iterator[Request]:
        if len(portal.entries) >= self.MAX_ENTRY_PAGES:
            portal.limit(f"more than {self.MAX_ENTRY_PAGES} pages had to be searched for report columns")
        elif frames <= self.MAX_FRAMES and self.ledger.open_entry(portal, url):
            yield self._request(Errand("entry", url, portal, depth=depth, hops=hops, frames=frames, optional=optional))

    def _column(
        self, portal: Portal, link: columns.ColumnLink, depth: int, above: str | None = None
    ) -> Iterator[Request]:
        if len(portal.columns) >= self.MAX_COLUMNS:
            portal.limit(f"more than {self.MAX_COLUMNS} report columns were found")
            return
        column = self.ledger.open_column(
            portal, link.url, link.agency, guessed=link.guessed, doubtful=link.doubtful, above=above
        )
        if column is not None:
            yield from self._list(Errand("list", link.url, portal, column, depth=depth, instead=link.instead))

    def _list(self, errand: Errand) -> Iterator[Request]:
        column, place = errand.the_column, errand.url if errand.ask is None else errand.ask.key
        if len(column.pages) >= self.MAX_COLUMN_PAGES:
            errand.portal.limit(f"{column.url} leads to more than {self.MAX_COLUMN_PAGES} pages")
        elif self._may_ask(errand.portal) and self.ledger.open_list(column, place):
            yield self._request(replace(errand, role="list"))

    def _article(self, column: Column, row: Row, errand: Errand) -> Iterator[Request]:
        if self._wanted(row.title) and self._may_ask(errand.portal) and self.ledger.open_article(column, row.url):
            if errand.unnamed:
                column.unproven.add(key(row.url))
            unnamed = errand.unnamed
            yield self._request(
                Errand("article", row.url, errand.portal, column, row, depth=errand.depth, unnamed=unnamed)
            )

    def _left(self, portal: Portal) -> Iterator[Request]:
        """The reports that columns showed before and, read to their end, do not list now: whether they are still there."""
        read_whole = {
            key_with_fragment(column.url): column
            for column in portal.columns
            if column.full and column.outcome.outcome == outcomes.OK
        }
        listed = {key(url) for column in portal.columns for url in column.rows}
        asked = 0
        for column_url, url, title in self.live.pop(portal.url, ()):
            column = read_whole.get(key_with_fragment(column_url))
            if column is None or key(url) in listed or not self._wanted(title) or asked == self.MAX_LEFT:
                continue
            if self._may_ask(portal) and self.ledger.open_article(column, url):
                asked += 1
                yield self._request(Errand("article", url, portal, column, Row(url, title, None), optional=True))

    def _may_ask(self, portal: Portal) -> bool:
        """Whether a portal may be asked for one more thing; an end must come, whatever it goes on to show."""
        if self._asked[portal.url] >= self.MAX_REQUESTS:
            portal.limit(f"more than {self.MAX_REQUESTS} addresses were to be asked for")
            return False
        if self._effort.is_spent(portal.url):
            portal.limit("its pages take too long to understand, so no more of them were asked for")
            return False
        return True

    def _request(self, errand: Errand) -> Request:
        self._asked[errand.portal.url] += 1
        column_url = errand.column.url if errand.column is not None else None
        ask = errand.ask if errand.role in {"list", "article"} else None
        referer = errand.article_url if ask is None else ask.origin
        headers = {} if referer is None else {"Referer": referer}
        return Request(
            errand.url,
            method="GET" if ask is None else ask.method,
            body=b"" if ask is None else ask.body,
            callback=self.read,
            errback=self.fail,
            cb_kwargs={"errand": errand},
            headers={**headers, **dict(ask.headers if ask is not None else ())},
            meta={
                "role": errand.role,
                "portal": errand.portal.url,
                "column_url": column_url,
                CHARSET: self.encodings.get(errand.portal.url),
                **errand.marks,
            },
            priority=self.PRIORITY[errand.role],
            dont_filter=True,  # the ledger knows what was asked for, and must hear of every end
        )


def read_addresses(portal: str | list[str]) -> list[str]:
    """The addresses of an argument: a list, or one text with commas between; ``http://`` where no scheme stands."""
    given = [portal] if isinstance(portal, str) else portal
    parts = [part.strip() for text in given for part in re.split(r"\s*,\s*(?=https?://|[\w-]+\.|$)", text)]
    full = [part if "://" in part else f"http://{part}" for part in parts if part]
    return list(dict.fromkeys(full))
