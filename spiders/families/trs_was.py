"""TRS WAS and IGS searches: columns that hold a search instead of rows. Portals: section 4.5."""

from __future__ import annotations

import html
import re
from itertools import islice
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from lxml.html import HtmlElement

from parser.labels import squeeze
from spiders import titles
from spiders.addresses import plain, site
from spiders.dates import read_cell
from spiders.families.asks import Ask
from spiders.families.menus import is_of_reports
from spiders.families.pagers import Further, page_parameter
from spiders.families.pages import Page, visible
from spiders.families.records import read_json, rows_of
from spiders.families.rows import read_rows
from spiders.families.trs import Trs
from spiders.items import Row

_CALL: Final = re.compile(r"/(?:was5/web/search|igs/front/search/list\.html)(?P<query>\?[^\s\"'<>]{0,600})?")
_ENDS: Final = re.compile(r"[\s\"'<>=(]")
_LONGEST = 200  # characters of an address before its path
_MOST_CALLS = 50  # of a page; a list has one
_IN_QUERY = frozenset({"page", "pagenumber"})
_NUMBERED = ("page", "pageNumber")
# What a list's form or script sends besides its channel; a search box at the head of a page names no page.
_CHANNEL = re.compile(
    r"\bchannelid[\"']?\s*(?:[:=]|,\s*value\s*[:=]|[\"']\s+value=)\s*[\"']?(?P<number>\d{2,9})", re.IGNORECASE
)
_PAGED = re.compile(r"\b(?:perpage|prepage|pagesize)\b", re.IGNORECASE)
_FORM_TYPE = ("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")
_PUBLISHED = re.compile(r"发布|公开")


class TrsWas(Trs):
    """Answers are pages (民航局) or JSON (福建, 湖北); pages repeat past the end, so paging ends where nothing is new."""

    name = "trs_was"

    def recognises(self, page: Page) -> bool:
        """By a search that a list asks page by page."""
        return bool(self.questions(page))

    def rows(self, page: Page) -> tuple[Row, ...]:
        """The rows of an answer, or those the page holds itself."""
        if page.asked is None:
            return read_rows(page, self.list_places)
        found = read_json(page.text)
        if found is not None:
            return rows_of(page, found)
        table = (_of_table(page, cell) for cell in page.select("td.tdMC"))
        rows = {row.url: row for row in table if row is not None}
        return tuple(rows.values()) or read_rows(page, self.list_places)

    def questions(self, page: Page) -> tuple[Ask, ...]:
        """The first page of the searches a column's forms and scripts ask."""
        if page.asked is not None or "/search" not in page.text:
            return ()
        asks = [
            ask
            for match in islice(_CALL.finditer(page.text), _MOST_CALLS)
            if (ask := self._first(page, match)) is not None
        ]
        asks += [ask for form in page.tree.iter("form") if (ask := self._of_form(page, form)) is not None]
        return tuple({ask.key: ask for ask in asks}.values())

    def is_column(self, page: Page) -> bool:
        """A search whose page's heading or menu says that it is of reports."""
        return page.asked is None and bool(self.questions(page)) and is_of_reports(page)

    def further(self, page: Page) -> Further:
        """The next page of an answer that has rows."""
        if page.asked is None:
            return super().further(page)
        if not self.rows(page):
            return Further(None)
        if page.asked.method == "POST":
            pairs = dict(parse_qsl(page.asked.body.decode("utf-8", "replace"), keep_blank_values=True))
            pairs["page"] = str(page.asked.number + 1)
            return Further(None, ask=page.asked.onward(body=urlencode(pairs).encode()))
        onward = next((found for name in _NUMBERED if (found := page_parameter(page.asked.url, name))), None)
        return Further(None, ask=page.asked.onward(url=onward[1]) if onward is not None else None)

    def _first(self, page: Page, match: re.Match[str]) -> Ask | None:
        """A search with everything in its address is a GET; one whose channel stands in the script is a POST."""
        address = _address(page.text, match)
        url = page.resolve(address)
        if url is None or site(url) != site(page.url):
            return None
        query = html.unescape(match["query"] or "").lstrip("?")
        names = {name.lower() for name, _ in parse_qsl(query, keep_blank_values=True)}
        if names & _IN_QUERY and ("channelid" in names or "siteid" in names):
            first = re.sub(r"(?<![^&])(?P<name>page|pageNumber)=\d*", r"\g<name>=1", query)
            return Ask(page.resolve(f"{url}?{first}") or url, self.name, page.url)
        script = _script_around(page, address)
        channel = _CHANNEL.search(script)
        if channel is None or not _PAGED.search(script):
            return None
        return self._post(page, url, {"channelid": channel["number"]})

    def _of_form(self, page: Page, form: HtmlElement) -> Ask | None:
        url = page.resolve(form.get("action"))
        if url is None or not urlsplit(url).path.endswith("/was5/web/search") or site(url) != site(page.url):
            return None
        fields = {field.get("name") or "": field.get("value") or "" for field in form.iter("input")}
        lower = {name.lower() for name in fields}
        if "channelid" not in lower or not lower & {"perpage", "prepage"}:
            return None
        return self._post(page, url, {name: value for name, value in fields.items() if name})

    def _post(self, page: Page, url: str, fields: dict[str, str]) -> Ask:
        sent = {"sw": "", **fields, "page": "1"}
        sent.setdefault("perpage", "20")
        return Ask(url, self.name, page.url, "POST", urlencode(sent).encode(), (_FORM_TYPE,))


def _of_table(page: Page, cell: HtmlElement) -> Row | None:
    """A row of the search's table: its named link, and among the details folded below it the day of publication."""
    for link in cell.iter("a"):
        url = page.resolve(link.get("href"))
        if (link.get("name") or "").upper() == "TITLE" and url is not None:
            title = titles.whole(visible(link), link.get("title")).text
            line = next(cell.iterancestors("tr"), cell)
            days = [
                (_PUBLISHED.search(squeeze(visible(item))) is None, order, day)
                for order, item in enumerate(line.iter("li"))
                for value in item.iter("b")
                if (day := read_cell(visible(value))) is not None
            ]
            return Row(plain(url), title, min(days)[2] if days else None) if title else None
    return None


def _script_around(page: Page, address: str) -> str:
    """The script that names an address; empty where none does."""
    return next((text for script in page.tree.iter("script") if address in (text := script.text or "")), "")


def _address(text: str, match: re.Match[str]) -> str:
    """The address of a search, from the quote before it on and without its query."""
    before = _ENDS.split(text[max(0, match.start() - _LONGEST) : match.start()])[-1]
    return before + match.group().partition("?")[0]
