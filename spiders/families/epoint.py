"""新点 Epoint (portals §10): rows by POST as JSON, with the site's number from a script that is asked for first."""

from __future__ import annotations

import json
import re
from math import ceil
from typing import Any, ClassVar, Final
from urllib.parse import parse_qsl, urlsplit

from spiders.addresses import root
from spiders.agencies import read_agency
from spiders.columns import ColumnLink, unique
from spiders.families.asks import Ask
from spiders.families.family import Family
from spiders.families.menus import is_of_reports
from spiders.families.pagers import Further
from spiders.families.pages import Page
from spiders.families.records import Fields, number, read_json, rows_of
from spiders.items import Row
from spiders.links import links

_PER_PAGE = 20
_MOST_ROWS = 40_000  # a larger total is a misread one
_SCRIPT = re.compile(r"/(?:webbuildercommon|ajaxreq)\.js$", re.IGNORECASE)  # where sites keep their number
_DEFAULT_SCRIPT = "js/webBuilderCommon.js"
_DEFAULT_PROJECT = "/EWB-FRONT"
_ENDPOINT = "/rest/lightfrontaction/getgovinfolist"
_SITE = re.compile(r"siteGuid['\"]?\s*[:=]\s*['\"](?P<guid>[\w-]{8,64})['\"]", re.IGNORECASE)
_PROJECT = re.compile(r"projectName['\"]?\s*[:=]\s*['\"](?P<name>/?[\w-]{1,40}(?:/[\w-]{1,40})*)/?['\"]", re.IGNORECASE)
_CATEGORY = re.compile(r"categorynum['\"]?\s*[:=]\s*['\"](?P<number>\d{3,40})['\"]", re.IGNORECASE)
_LISTS = re.compile(r"getgovinfolist|govInfoPub", re.IGNORECASE)
_FIELDS: Final = Fields(
    url=("infourl", "visiturl", "linkurl"), title=("realtitle", "title"), day=("infodate", "handsdate", "pubdate")
)
_JSON: Final = (("Content-Type", "application/json;charset=UTF-8"), ("X-Requested-With", "XMLHttpRequest"))


class Epoint(Family):
    """A column is a page with ``categorynum`` (and ``deptcode``) in its address. ``title`` is cut, ``realtitle`` whole."""

    name = "epoint"

    # Lists
    list_places: ClassVar[tuple[str, ...]] = ("[class*='ewb-list']", "[class*='ewb-info']")

    # Articles
    title_places: ClassVar[tuple[str, ...]] = ("#detailContent h1", "h1.title", ".ewb-article-tt")
    date_places: ClassVar[tuple[str, ...]] = ("#detailContent .detail", ".ewb-article-info")
    body_places: ClassVar[tuple[str, ...]] = ("#detailContent .content", ".ewb-article-content", ".ewb-article-con")

    def rows(self, page: Page) -> tuple[Row, ...]:
        """The rows of an answer, whose addresses are the site's; the script has none."""
        if page.asked is None:
            return super().rows(page)
        return rows_of(Page(root(page.url), ""), _records(page), _FIELDS)

    def questions(self, page: Page) -> tuple[Ask, ...]:
        """From a column the script that knows the site's number, from the script the list's first page."""
        if page.asked is not None:
            return self._first_page(page, page.asked.origin, page.asked) if page.asked.method == "GET" else ()
        query = _query(page.url)
        written = _CATEGORY.search(page.text) if _LISTS.search(page.text) is not None else None
        category = query.get("categorynum") or (written["number"] if written is not None else "")
        if not category.isdecimal():
            return ()
        facts = (("categorynum", category), ("deptcode", query.get("deptcode", "")))
        script = Ask(_script(page), self.name, page.url, facts=facts)
        return self._first_page(page, page.url, script) or (script,)

    def is_column(self, page: Page) -> bool:
        """A list its script asks for, whose heading or menu says that it is of reports."""
        return page.asked is None and bool(self.questions(page)) and is_of_reports(page)

    def columns(self, page: Page) -> tuple[ColumnLink, ...]:
        """The same column of other departments, which differ by ``deptcode`` alone."""
        category = _query(page.url).get("categorynum")
        if category is None or page.asked is not None or not self.is_column(page):
            return ()
        path = urlsplit(page.url).path
        found = [
            ColumnLink(link.url, read_agency(link.text))
            for link in links(page)
            if urlsplit(link.url).path == path and _query(link.url).get("categorynum") == category
        ]
        return unique(found, page)

    def further(self, page: Page) -> Further:
        """The next page while fewer rows were seen than there are; pages are counted from 0."""
        asked = page.asked
        if asked is None:
            return super().further(page)
        seen = int(asked.fact("seen", "0")) + len(self.rows(page))
        total = number(_data(page), "total")
        if asked.method == "GET" or not self.rows(page) or (total is not None and not seen < total <= _MOST_ROWS):
            return Further(None)
        facts = (*(fact for fact in asked.facts if fact[0] != "seen"), ("seen", str(seen)))
        onward = asked.onward(body=_body(asked, asked.number), facts=facts)
        return Further(None, ceil(total / _PER_PAGE) if total is not None else None, ask=onward)

    def shortfall(self, page: Page) -> str | None:
        """The script does not say the site's number, so that nothing can be asked."""
        if page.asked is None or page.asked.method != "GET" or _SITE.search(page.text) is not None:
            return None
        return "the script names no siteGuid, so the list cannot be asked for"

    def _first_page(self, page: Page, origin: str, given: Ask) -> tuple[Ask, ...]:
        site, project = _SITE.search(page.text), _PROJECT.search(page.text)
        if site is None:
            return ()
        name = project["name"].strip("/") if project is not None else _DEFAULT_PROJECT.strip("/")
        facts = (*given.facts, ("siteGuid", site["guid"]))
        ask = Ask(f"{root(page.url)}{name}{_ENDPOINT}", self.name, origin, "POST", headers=_JSON, facts=facts)
        return (Ask(ask.url, self.name, origin, "POST", _body(ask, 0), _JSON, facts=facts),)


def _query(url: str) -> dict[str, str]:
    return {name.lower(): value for name, value in parse_qsl(urlsplit(url).query)}


def _script(page: Page) -> str:
    """The script that knows the site's number: the one the page loads, else where it usually stands."""
    for element in page.tree.iter("script"):
        url = page.resolve(element.get("src"))
        if url is not None and _SCRIPT.search(urlsplit(url).path) and urlsplit(url).netloc == urlsplit(page.url).netloc:
            return url
    return root(page.url) + _DEFAULT_SCRIPT


def _body(ask: Ask, index: int) -> bytes:
    wanted = {
        "deptcode": ask.fact("deptcode"),
        "categorynum": ask.fact("categorynum"),
        "pageIndex": index,
        "pageSize": _PER_PAGE,
        "siteGuid": ask.fact("siteGuid"),
    }
    return json.dumps(wanted, separators=(",", ":")).encode()


def _data(page: Page) -> Any:
    """The object ``custom``, which some sites send as text."""
    found = read_json(page.text)
    custom = found.get("custom") if isinstance(found, dict) else None
    return read_json(custom) if isinstance(custom, str) else custom


def _records(page: Page) -> Any:
    data = _data(page)
    return data.get("data") if isinstance(data, dict) else None
