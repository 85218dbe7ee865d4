"""大汉 JPaaS (市监总局, 工信部, 金昌 …): lists that a gateway answers as markup inside JSON. Portals: section 5.4."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any, ClassVar
from urllib.parse import urlencode, urlsplit

from parser.labels import squeeze
from spiders.addresses import site
from spiders.columns import names_reports
from spiders.families.asks import Ask
from spiders.families.family import Article, Family
from spiders.families.pagers import Further
from spiders.families.pages import Page, visible
from spiders.families.records import read_json
from spiders.families.rows import read_rows
from spiders.families.tallies import Tally, tally
from spiders.items import AttachmentLink, Row

_ENDPOINT = "/jpaas-publish-server/front/page/build/unit"
_PAIR = re.compile(r"[\"'](?P<name>\w{1,40})[\"']\s*:\s*[\"'](?P<value>[^\"']{0,200})[\"']")
_LISTS = re.compile(
    r"列表|分页|list|内容|信息|文件|目录|公开|年报|年度", re.IGNORECASE
)  # units (tagId) likely to be lists
_COUNT = re.compile(r"\bcount(?!\w*page)\w{0,20}[\"']?\s*[:=]\s*[\"']?(?P<rows>\d{1,7})\b", re.IGNORECASE)
_PER_PAGE = 15
_MOST_PER_PAGE = 100
_MOST_UNITS = 4


class Jpaas(Family):
    """Only ``paramJson`` moves an answer; the other parameters differ by site and column and stand in the page."""

    name = "jpaas"

    # Articles
    title_places: ClassVar[tuple[str, ...]] = ("#con_title", ".ctitle h1")
    date_places: ClassVar[tuple[str, ...]] = ("#con_time", ".cinfo")
    body_places: ClassVar[tuple[str, ...]] = ("#con_con", ".ccontent")

    def recognises(self, page: Page) -> bool:
        """By the gateway that builds its units."""
        return "jpaas-publish-server" in page.text

    def rows(self, page: Page) -> tuple[Row, ...]:
        """The rows of an answer's markup, which lead to where they would lead on the page that asked."""
        if page.asked is None:
            return super().rows(page)
        return read_rows(Page(page.asked.origin, _markup(page) or ""))

    def questions(self, page: Page) -> tuple[Ask, ...]:
        """The first page of each unit of the column; of those named like lists where there are any."""
        if page.asked is not None:
            return ()
        units = {dict(pairs).get("tagId", ""): (url, pairs, rows) for url, pairs, rows in _units(page)}
        lists = [unit for tag, unit in units.items() if _LISTS.search(tag)] or list(units.values())
        return tuple(_question(self.name, page, *unit) for unit in lists[:_MOST_UNITS])

    def is_column(self, page: Page) -> bool:
        """By the name of the column, whose address is a number or a folder of any name."""
        return page.asked is None and names_reports(page)

    def further(self, page: Page) -> Further:
        """The next page, until the rows the answer counts have come."""
        if page.asked is None:
            return Further(None) if self.questions(page) else super().further(page)
        answered = self._tally(page, page.asked)
        if answered.ended:
            return Further(None, answered.pages)
        following = _address(page.asked, page.asked.number + 1)
        return Further(None, answered.pages, ask=answered.onward(page.asked, following))

    def shortfall(self, page: Page) -> str | None:
        """An answer without markup, or one that does not move on."""
        if page.asked is None:
            return None
        return "the answer holds no markup" if _markup(page) is None else self._tally(page, page.asked).shortfall

    def article(self, page: Page) -> Article:
        """The article; its files are links to ``attach…`` addresses, many without an ending."""
        found = super().article(page)
        body = self.body(page)
        known = {link.url for link in found.attachments}
        more = (
            AttachmentLink(url, squeeze(visible(link)) or url.rpartition("/")[2])
            for link in (body.iter("a") if body is not None else ())
            if "attach" in (link.get("href") or "").lower() and (url := page.resolve(link.get("href"))) is not None
        )
        return replace(found, attachments=(*found.attachments, *(link for link in more if link.url not in known)))

    def _tally(self, page: Page, ask: Ask) -> Tally:
        said = _COUNT.search(_markup(page) or "")
        return tally(ask, [row.url for row in self.rows(page)], int(said["rows"]) if said is not None else None)

    def _meta_date(self, page: Page) -> date | None:
        """None: the meta tags give the time of generation, 2023 for a text of 2009."""
        del page
        return None


def _markup(page: Page) -> str | None:
    """The markup of an answer: ``data.html``, or ``data`` itself."""
    found = read_json(page.text)
    data: Any = found.get("data") if isinstance(found, dict) else None
    markup = data.get("html") if isinstance(data, dict) else data
    return markup if isinstance(markup, str) else None


def _units(page: Page) -> Iterator[tuple[str, tuple[tuple[str, str], ...], int]]:
    """The column units of a page: where to ask, what with, and rows per page."""
    for element in page.select("[querydata]"):
        url = page.resolve(element.get("url") or element.get("uniturl"))
        pairs = tuple((pair["name"], pair["value"]) for pair in _PAIR.finditer((element.get("querydata") or "")[:4000]))
        named = dict(pairs)
        if url is None or not urlsplit(url).path.endswith(_ENDPOINT) or site(url) != site(page.url):
            continue
        if named.get("pageType") == "column" and named.get("webId") and named.get("pageId"):
            rows = element.get("rows") or ""
            size = int(rows) if rows.isdecimal() and len(rows) < 4 else _PER_PAGE
            yield url.partition("?")[0], pairs, size if 0 < size <= _MOST_PER_PAGE else _PER_PAGE


def _question(family: str, page: Page, url: str, pairs: tuple[tuple[str, str], ...], rows: int) -> Ask:
    kept = urlencode([pair for pair in pairs if pair[0] != "paramJson"])
    ask = Ask(url, family, page.url, facts=(("endpoint", f"{url}?{kept}"), ("rows", str(rows))))
    return replace(ask, url=_address(ask, 1))


def _address(ask: Ask, number: int) -> str:
    wanted = json.dumps({"pageNo": number, "pageSize": int(ask.fact("rows"))}, separators=(",", ":"))
    return f"{ask.fact('endpoint')}&{urlencode({'paramJson': wanted})}"
