"""上海: headings that hold date, source and buttons; districts whose lists are asked for by POST. Portals: section 12."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any, ClassVar

from lxml.html import HtmlElement

from parser.labels import normal
from spiders.addresses import site
from spiders.agencies import read_agency
from spiders.families.asks import Ask
from spiders.families.family import Article, Family
from spiders.families.generic import Generic
from spiders.families.headings import own_words
from spiders.families.menus import is_of_reports
from spiders.families.pagers import Further
from spiders.families.pages import Page, visible
from spiders.families.records import number, read_json, rows_of
from spiders.items import Row

_ENDPOINT = re.compile(r"[\"'](?P<address>[^\"'\s]{0,200}/front/api/data/\w{1,40})[\"']")
_CHANNELS = re.compile(r"\bchannelList[\"']?\s*[:=]\s*\[(?P<numbers>[^\[\]]{1,200})\]")
_ONE_CHANNEL = re.compile(r"[\"']?(?P<number>[\w-]{1,40})[\"']?")
_PAGE_SIZE = 15
_MOST_TOLD = 10_000  # rows the endpoint counts at most, however many there are
_MOST_PAGES = 2000
_PUBLISHER = frozenset({"发布机构", "公开机构", "发布单位"})


class ShanghaiIvs(Family):
    """The city's own pages and its districts'."""

    name = "shanghai_ivs"

    # Articles
    title_places: ClassVar[tuple[str, ...]] = Generic.title_places
    date_places: ClassVar[tuple[str, ...]] = ("#ivs_date",)
    body_places: ClassVar[tuple[str, ...]] = ("#ivs_content", ".Article_content", *Generic.body_places)

    def rows(self, page: Page) -> tuple[Row, ...]:
        """The rows of a page, or of an answer."""
        if page.asked is None:
            return super().rows(page)
        return rows_of(page, _data(page).get("list"))

    def questions(self, page: Page) -> tuple[Ask, ...]:
        """The first page of what the script of a district's column asks for."""
        endpoint, channels = _ENDPOINT.search(page.text), _CHANNELS.search(page.text)
        url = page.resolve(endpoint["address"]) if endpoint is not None else None
        if page.asked is not None or channels is None or url is None or site(url) != site(page.url):
            return ()
        numbers = tuple(match["number"] for match in _ONE_CHANNEL.finditer(channels["numbers"]))
        headers = (("Content-Type", "application/json;charset=UTF-8"),)
        facts = (("channels", ",".join(numbers)),)
        return (Ask(url, self.name, page.url, "POST", _body(numbers, 1), headers, facts=facts),) if numbers else ()

    def is_column(self, page: Page) -> bool:
        """A list of reports by its name; one that its script asks for by its heading or menu too."""
        return super().is_column(page) or (bool(self.questions(page)) and is_of_reports(page))

    def further(self, page: Page) -> Further:
        """The next page of an answer. Past the end every number of it is 0, so rows decide and not the total."""
        if page.asked is None:
            return super().further(page)
        pages = number(_data(page), "totalPages")
        total = pages if pages is not None and 0 < pages <= _MOST_PAGES else None
        if not self.rows(page) or (total is not None and page.asked.number >= total):
            return Further(None, total)
        numbers = tuple(page.asked.fact("channels").split(","))
        return Further(None, total, page.asked.onward(body=_body(numbers, page.asked.number + 1)))

    def shortfall(self, page: Page) -> str | None:
        """A list of more rows than the endpoint ever gives."""
        told = number(_data(page), "totalCount") if page.asked is not None else None
        return f"the endpoint gives no more than {_MOST_TOLD} rows" if told is not None and told >= _MOST_TOLD else None

    def article(self, page: Page) -> Article:
        """The article, with the agency of its header table where that keeps headings and values in rows of their own."""
        found = super().article(page)
        return replace(found, agency=_publisher(page) or found.agency)

    def _titles(self, page: Page) -> Iterator[str]:
        yield page.metas.get("articletitle", "")
        for heading in page.select("#ivs_title"):
            yield own_words(heading, ("small", "div"))
        yield from super()._titles(page)


def _body(channels: tuple[str, ...], page_number: int) -> bytes:
    asked = {
        "channelList": channels,
        "pageSize": _PAGE_SIZE,
        "pageNo": page_number,
        "orderFields": ["display_date"],
        "orderTypes": ["desc"],
        "docFlag": "1",
    }
    return json.dumps(asked, ensure_ascii=False, separators=(",", ":")).encode()


def _data(page: Page) -> dict[str, Any]:
    found = read_json(page.text)
    data = found.get("data") if isinstance(found, dict) else None
    return data if isinstance(data, dict) else {}


def _publisher(page: Page) -> str | None:
    """The value below the heading 发布机构."""
    for table in page.select("table.table-article"):
        lines = [[*line.iter("td", "th")] for line in table.iter("tr")]
        for headings, values in pairwise(lines):
            place = next((place for place, cell in enumerate(headings) if _says_publisher(cell)), None)
            if place is not None and place < len(values):
                return read_agency(visible(values[place]))
    return None


def _says_publisher(cell: HtmlElement) -> bool:
    return normal(visible(cell)).rstrip(":：") in _PUBLISHER
