"""无锡 (portals §14): the city's static lists counted from 1, the districts' lists by POST, articles under ``/doc/``."""

from __future__ import annotations

import html
import re
from itertools import islice
from typing import Any, ClassVar, Final
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from parser.titles import judge
from spiders.families.asks import Ask
from spiders.families.family import Family
from spiders.families.literals import read_value, sound
from spiders.families.menus import is_of_reports
from spiders.families.pagers import Further
from spiders.families.pages import Page
from spiders.families.records import Fields, number, objects, read_json, rows_of
from spiders.items import Row

# getSearchList(container, rows a page, site, columns, kind of search, order)
_CALL = re.compile(r"(?<!function )\b\w*getSearchList\s*\(\s*(?P<arguments>[^()]{5,400})\)")
_ROWS = "15"  # of an answer, where the page does not say
_MOST_CALLS = 20  # of one page's scripts
_COLUMNS = re.compile(r"\d{1,12}(?:,\d{1,12})*")
_WORD = re.compile(r"[\w-]{0,40}")
_ARGUMENT = re.compile(r"\s*(?P<word>'[^']*'|\"[^\"]*\"|[^,'\"]+)\s*(?:,|$)")  # columns may be '1,2'
_DEFINITION = re.compile(
    r"(?:function\s+\w*getSearchList\s*|\bgetSearchList\s*=\s*function\s*)\((?P<names>[^()]{5,200})\)"
)
_PARTS = tuple(map(re.compile, (r"size|rows|limit", r"site", r"ch[an]|col|cat", r"type|kind", r"order|sort")))
_STATIC = re.compile(r"/(?:(?P<stem>index)(?:_(?P<number>\d{1,4}))?\.(?P<ending>s?html?))?$")
_TOTAL = re.compile(r"\b(?:countPage|totalPages?|pageCount)['\"]?\s*[:=]\s*['\"]?(?P<pages>\d{1,4})\b", re.IGNORECASE)
_DOCUMENT = re.compile(r"/doc/\d{4}/\d\d/\d\d/\d+\.shtml$")
_KIND: Final = {"jiangyin.gov.cn": "5", "yixing.gov.cn": "5"}  # sites that send one parameter more
_FIELDS: Final = Fields(url=("url",), title=("title",), day=("writetimestring", "writetime", "opentime"))
_FORM: Final = (
    ("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8"),
    ("X-Requested-With", "XMLHttpRequest"),
)


class WuxiDoc(Family):
    """``index.shtml`` is followed by ``index_2.shtml``; ``index_1`` is not there."""

    name = "wuxi_doc"

    # Articles
    title_places: ClassVar[tuple[str, ...]] = (".doc_content_wza > h3", ".doc_content_wza h3")
    date_places: ClassVar[tuple[str, ...]] = (".doc_content_wza p.date", "p.date")
    body_places: ClassVar[tuple[str, ...]] = ("#Zoom", "#zoom")

    def rows(self, page: Page) -> tuple[Row, ...]:
        """The rows of an answer or of a static list; a record with a blank address is none."""
        if page.asked is None:
            return super().rows(page)
        return rows_of(page, _data(page), _FIELDS)

    def questions(self, page: Page) -> tuple[Ask, ...]:
        """The first page of each search the page's script calls."""
        if page.asked is not None:
            return ()
        url = page.resolve("/info_open/search")
        script = "\n".join(element.text or "" for element in page.tree.iter("script"))
        calls = (call for call in islice(_CALL.finditer(script), _MOST_CALLS) if not _is_comment(script, call.start()))
        bodies = dict.fromkeys(body for call in calls if (body := _first_body(page, script, call)))
        return tuple(Ask(url, self.name, page.url, "POST", body, _FORM) for body in bodies if url is not None)

    def is_column(self, page: Page) -> bool:
        """A list its script asks for, whose heading or menu says that it is of reports."""
        return bool(self.questions(page)) and is_of_reports(page)

    def further(self, page: Page) -> Further:
        """The search's next page up to ``totalPages``; the next file of a static list, be it only tried."""
        if page.asked is None:
            return Further(None) if self.questions(page) else _static(page) or super().further(page)
        pages = number(_data(page), "totalPages")
        if pages is None or page.asked.number >= pages:
            return Further(None, pages)
        body = _with_page(page.asked.body, page.asked.number + 1)
        return Further(None, pages, ask=page.asked.onward(body=body))

    def shortfall(self, page: Page) -> str | None:
        """Reports an answer names without an address."""
        if page.asked is None:
            return None
        nowhere = [record for record in objects(_data(page)) if not str(record.get("url") or "").strip()]
        titles = (record.get("title") for record in nowhere)
        missing = sum(isinstance(title, str) and judge(html.unescape(title)).is_report for title in titles)
        return f"{missing} of its reports have no address" if missing else None


def _data(page: Page) -> Any:
    found = read_json(page.text)
    return found.get("data") if isinstance(found, dict) else None


def _is_comment(script: str, place: int) -> bool:
    """Whether a place in a script is commented out; sites leave old calls standing."""
    line = script[script.rfind("\n", 0, place) + 1 : place]
    return line.lstrip().startswith("//") or script.rfind("/*", 0, place) > script.rfind("*/", 0, place)


def _first_body(page: Page, script: str, call: re.Match[str]) -> bytes | None:
    """What the call would send; None where its numbers cannot be read."""
    given = [part["word"].strip().strip("\"'") for part in _ARGUMENT.finditer(call["arguments"])]
    size, site, columns, kind, order = (
        _of_object(call["arguments"]) or _named(script, given) or _placed(given) or ("",) * 5
    )
    size, site = _whole(script, size), _whole(script, site)
    if not _COLUMNS.fullmatch(columns):
        columns = _columns(script, columns)
    if not (size.isdecimal() and site.isdecimal() and columns and _WORD.fullmatch(kind) and _WORD.fullmatch(order)):
        return None
    pairs = {
        "siteId": site,
        "channelIds": columns,
        "pageSize": size,
        "pageIndex": "1",
        "searchType": kind,
        "order": order,
    }
    host = urlsplit(page.url).hostname or ""
    more = next((value for name, value in _KIND.items() if host == name or host.endswith(f".{name}")), None)
    return urlencode({**pairs, "kind": more} if more is not None else pairs).encode()


def _of_object(arguments: str) -> tuple[str, ...] | None:
    """The same out of one object with the parameters' own names: ``getSearchList({siteId: 39, channelIds: "10231"})``."""
    begin = arguments.find("{")
    found = read_value(arguments[begin:]) if begin >= 0 else None
    if not isinstance(found, dict):
        return None
    values = {str(name).lower(): sound(value) for name, value in found.items()}
    parts = [next((value for name, value in values.items() if part.search(name)), "") for part in _PARTS]
    return (parts[0] or _ROWS, *parts[1:]) if all(parts[1:3]) else None


def _named(script: str, given: list[str]) -> tuple[str, ...] | None:
    """The call's values in the order size, site, columns, kind, order, by the names its function gives them."""
    defined = _DEFINITION.search(script)
    if defined is None:
        return None
    names = [name.strip().lower() for name in defined["names"].split(",")]
    values = dict(zip(names, given, strict=False))
    found = [next((values[name] for name in names if name in values and part.search(name)), None) for part in _PARTS]
    return tuple(value or "" for value in found) if all(value is not None for value in found[:3]) else None


def _placed(given: list[str]) -> tuple[str, ...] | None:
    """The same by their places: behind the list's element, or in the order in which the search sends them."""
    if len(given) < 6:
        return None
    if all(part.isdecimal() for part in (given[0], *given[2:4])) and _COLUMNS.fullmatch(given[1]):
        site, columns, size, _, kind, order = given[:6]
        return size, site, columns, kind, order
    return tuple(given[1:6])


def _whole(script: str, value: str) -> str:
    """A number, or the one a variable of the page is set to."""
    if not re.fullmatch(r"[A-Za-z_$][\w$]{0,60}", value):
        return value
    found = re.search(rf"(?<![\w$.]){re.escape(value)}\s*=\s*['\"]?(?P<number>\d{{1,12}})\b", script)
    return found["number"] if found is not None else value


def _columns(script: str, name: str) -> str:
    """The numbers a variable holds: as it is set, and as others are added to it."""
    if not re.fullmatch(r"[A-Za-z_$][\w$]{0,60}", name):
        return ""
    variable = re.escape(name)
    first = re.search(rf"(?<![\w$]){variable}\s*=\s*['\"](?P<numbers>\d{{1,12}}(?:,\d{{1,12}})*)['\"]", script)
    if first is None:
        return ""
    added = re.findall(rf"(?<![\w$]){variable}\s*=\s*{variable}\s*\+\s*['\"],['\"]\s*\+\s*['\"]?(\d{{1,12}})", script)
    return ",".join([first["numbers"], *added])


def _with_page(body: bytes, index: int) -> bytes:
    pairs = parse_qsl(body.decode(), keep_blank_values=True)
    return urlencode([(name, str(index) if name == "pageIndex" else value) for name, value in pairs]).encode()


def _static(page: Page) -> Further | None:
    """The file after this one. Where the list does not say how many there are the next is tried: past the end is 404."""
    match = _STATIC.search(urlsplit(page.url).path)
    links = (page.resolve(link.get("href")) for link in page.tree.iter("a"))
    if match is None or not any(url is not None and _DOCUMENT.search(urlsplit(url).path) for url in links):
        return None
    current = int(match["number"] or 1)
    said = _TOTAL.search(page.text)
    total = int(said["pages"]) if said is not None else None
    if total is not None and current >= total:
        return Further(None, total)
    return Further(urljoin(page.url, f"index_{current + 1}.{match['ending'] or 'shtml'}"), total)
