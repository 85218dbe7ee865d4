"""gov.cn and the ministries: lists of their own beside those of the families. Portals: sections 15 and 16."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, ClassVar
from urllib.parse import urlencode, urljoin, urlsplit

from spiders.addresses import folder, site
from spiders.families.asks import Ask
from spiders.families.family import Family
from spiders.families.generic import Generic
from spiders.families.pagers import Further
from spiders.families.pages import Page
from spiders.families.records import Fields, objects, read_json, rows_of
from spiders.items import Row

_HOME = re.compile(r"/home_(?P<number>\d{1,3})\.htm$")
_LAST_HOME = 999


class GovCn(Family):
    """The government's own site: ``home_0.htm``, ``home_1.htm`` and so on, with nothing said of the last."""

    name = "gov_cn"

    # Articles
    title_places: ClassVar[tuple[str, ...]] = Generic.title_places
    date_places: ClassVar[tuple[str, ...]] = Generic.date_places
    body_places: ClassVar[tuple[str, ...]] = ("#UCAP-CONTENT", *Generic.body_places)

    def recognises(self, page: Page) -> bool:
        """By its host, or by a list's address with rows of its kind; the body's id alone comes with pasted text."""
        parts = urlsplit(page.url)
        return parts.hostname in {"www.gov.cn", "gov.cn"} or (
            _HOME.search(parts.path) is not None and 'class="date"' in page.text
        )

    def further(self, page: Page) -> Further:
        """The file with the next number while there are rows."""
        own = _HOME.search(urlsplit(page.url).path)
        if own is None:
            return super().further(page)
        following = int(own["number"]) + 1
        if following > _LAST_HOME or not self.rows(page):
            return Further(None)
        return Further(urljoin(folder(page.url), f"home_{following}.htm"))


_ENDPOINT = re.compile(r"[\"'](?P<address>[^\"'\s]{0,200}/getFileListByCodeId)\b")
_CHANNEL = re.compile(r"\bchannelId[\"']?\s*[:=]\s*[\"'](?P<channel>[0-9a-f]{32})[\"']", re.IGNORECASE)
_TAXES = Fields(
    url=("url", "redirecturl"), title=("titlehtml", "subtitlehtml", "title"), day=("publishedtimestr", "publishedtime")
)
_PAGE_SIZE = 100  # the whole column has some 32 rows
_MOST_CHANNELS = 20


class Chinatax(Family):
    """税务总局: the column asks for its files by the channel's code, the provinces' bureaus among them."""

    name = "chinatax_json"

    # Articles
    title_places: ClassVar[tuple[str, ...]] = Generic.title_places
    date_places: ClassVar[tuple[str, ...]] = Generic.date_places
    body_places: ClassVar[tuple[str, ...]] = ("#zoomcon", *Generic.body_places)

    def rows(self, page: Page) -> tuple[Row, ...]:
        """The rows of an answer, or of a page that holds some."""
        return super().rows(page) if page.asked is None else rows_of(page, _results(page), _TAXES)

    def questions(self, page: Page) -> tuple[Ask, ...]:
        """The first page of each channel the page's script names."""
        endpoint = _ENDPOINT.search(page.text)
        url = page.resolve(endpoint["address"]) if endpoint is not None else None
        if page.asked is not None or url is None or site(url) != site(page.url):
            return ()
        channels = dict.fromkeys(match["channel"] for match in _CHANNEL.finditer(page.text))
        return tuple(self._ask(url, page.url, channel) for channel in list(channels)[:_MOST_CHANNELS])

    def is_column(self, page: Page) -> bool:
        """By the tab its address opens (政府信息公开年报)."""
        return "tab=gknb" in urlsplit(page.url).query and bool(self.questions(page))

    def further(self, page: Page) -> Further:
        """The next page of an answer that has rows."""
        if page.asked is None:
            return super().further(page)
        if not self.rows(page):
            return Further(None)
        channel = page.asked.fact("channel")
        return Further(None, ask=page.asked.onward(body=_body(channel, page.asked.number + 1)))

    def _ask(self, url: str, origin: str, channel: str) -> Ask:
        headers = (("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8"),)
        return Ask(url, self.name, origin, "POST", _body(channel, 1), headers, facts=(("channel", channel),))


def _body(channel: str, page_number: int) -> bytes:
    pairs = {"channelId": channel, "page": page_number, "size": _PAGE_SIZE, "relateSubChannels": "true"}
    return urlencode(pairs).encode()


def _results(page: Page) -> list[Any]:
    """The records of an answer, wherever in it the list named ``results`` stands."""
    return list(_lists(read_json(page.text)))


def _lists(found: Any) -> Iterator[Any]:
    for item in objects(found):
        listed = item.get("results")
        if isinstance(listed, list):
            yield from listed
