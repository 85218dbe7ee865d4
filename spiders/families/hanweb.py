"""大汉 Hanweb: rows in a datastore inside a script, asked for in windows or by page; 信息公开 module. Portals: sections 5.1 to 5.3."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import ClassVar, Final
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from lxml.html import HtmlElement

from spiders.addresses import key, root
from spiders.columns import names_reports
from spiders.families import datastore
from spiders.families.asks import Ask
from spiders.families.datastore import Unit
from spiders.families.family import Family
from spiders.families.pagers import Further
from spiders.families.pages import Page, read_markup, visible
from spiders.families.rows import read_rows
from spiders.families.tallies import Tally, tally
from spiders.items import Row

FORM_HEADERS: Final = (
    ("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8"),
    ("X-Requested-With", "XMLHttpRequest"),
)
_PROXY = re.compile(
    r"(?P<path>/module/(?:\w{1,20}/){0,3}jpage/(?:morecolumn|metasearch)?dataproxy\.jsp)(?P<query>\?[^\s\"'<>]{1,1500})?",
    re.IGNORECASE,
)
_COLUMN = re.compile(r"/col/col(?P<number>\d{1,12})(?:/|$)")
_IN_QUERY = ("page", "startrecord", "endrecord", "perpage")
# What a site's own script sends, in its order; what the page names otherwise is sent as the page names it.
_BODY = (
    ("col", "1"), ("appid", "1"), ("webid", ""), ("path", "/"), ("columnid", ""), ("sourceContentType", "1"),
    ("unitid", ""), ("webname", ""), ("permissiontype", "0"),
)  # fmt: skip
_PER_PAGE = 15
_MOST_PER_PAGE = 100  # sites cap a page at 100 to 300 rows
_GROUP = 3  # pages of one window
_MOST_UNITS = 6  # of one page

# The 信息公开 module: rows that search.jsp answers for an agency (area) and a class of information (infotypeId).
_SEARCH = re.compile(r"/module/xxgk/(?P<name>search|subjectinfo|tree)\.jsp(?P<query>\?[^\s\"'<>]{0,600})?")
_IS = r"[\"']?\s*[=:]\s*[\"']?"  # in a query, or in the object a script sends
_AREA = re.compile(rf"\barea{_IS}(?P<value>[0-9A-Za-z-]{{4,30}})")
_KIND = re.compile(rf"\binfotypeId{_IS}(?P<value>[0-9A-Za-z]{{1,30}})")
_SITE = re.compile(rf"\bjdid{_IS}(?P<value>\d{{1,8}})")
_BOX = re.compile(r"\b(?P<value>div\d{1,12})\b")
_CALLED = re.compile(
    r"[\"']div\d{1,12}[\"']\s*,\s*[\"'](?P<kind>[0-9A-Za-z]{0,30})[\"'](?:\s*,\s*[\"'][^\"']{0,40}[\"']){2}\s*,\s*[\"'](?P<site>\d{1,8})[\"']"
)
_BEFORE_CALL, _AFTER_CALL = 300, 900  # characters of a call's other arguments
_OF_PAGES = re.compile(r"共(?P<pages>\d{1,4})页")

# Comments the templates leave round title and body, best first.
_TITLE_BORDERS = tuple(re.compile(rf"<!--\s*<\$\[标题\]>{end}\s*-->") for end in ("begin", "end"))
_BODY_BORDERS = (
    tuple(re.compile(rf"<!--\s*<\$\[信息内容\]>{end}\s*-->") for end in ("begin", "end")),
    tuple(re.compile(rf"<!--\s*ZJEG_RSS\.content\.{end}\s*-->") for end in ("begin", "end")),
)
_SHORTEST_BODY = 40
_LONGEST_SHELL = 120  # characters; that of 宁波江北 shows 40


class Hanweb(Family):
    """Some sites heed ``startrecord``, some only ``page``: every question names both, so that either counts on."""

    name = "hanweb"

    # Articles
    title_places: ClassVar[tuple[str, ...]] = (
        ".sp_title",
        "table#c td.title",
        ".main_title p",
        ".old_title",
        "p.con-title",
    )
    date_places: ClassVar[tuple[str, ...]] = (".sp_time", ".small-title-tj .date")
    body_places: ClassVar[tuple[str, ...]] = ("#zoom", ".bt_content", ".main_section", ".main-txt", ".bt-article-02")

    def recognises(self, page: Page) -> bool:
        """By a datastore, or by an endpoint that its script asks."""
        return "<datastore>" in page.text.lower() or bool(self.questions(page))

    def rows(self, page: Page) -> tuple[Row, ...]:
        """The rows of an answer, or those the page shows and keeps in its script."""
        if page.asked is not None and page.asked.fact("search"):
            return _of_column(read_rows(Page(page.asked.origin, page.text)), page.asked.fact("column"))
        kept = datastore.rows_of(page, datastore.records(page.text))
        if page.asked is not None:
            return kept
        return tuple({row.url: row for row in (*kept, *super().rows(page))}.values())

    def questions(self, page: Page) -> tuple[Ask, ...]:
        """The first window of each unit of the column, and the first page of the 信息公开 module's search."""
        if page.asked is not None or is_home(page):
            return ()  # the units of a home page show news
        searched = _search(self.name, page)
        units = _units(page)
        shown = len(datastore.records(page.text)) if len(units) == 1 else 0
        asks = [_window(self.name, page, unit) for unit in units if unit.total is None or unit.total > shown]
        return tuple((asks if searched is None else [*asks, searched])[:_MOST_UNITS])

    def is_column(self, page: Page) -> bool:
        """By the name of the column, whose address is a number; a bare shell that only asks by script is one, too."""
        if page.asked is not None:
            return False
        bare = len(page.flat) <= _LONGEST_SHELL and not any(True for _ in page.tree.iter("a"))
        return names_reports(page) or (bare and bool(self.questions(page)))

    def further(self, page: Page) -> Further:
        """The next window of an answer; a page that asks by script has no pages of its own."""
        ask = page.asked
        if ask is None:
            return Further(None) if _units(page) else super().further(page)
        if ask.fact("search"):
            return _next_search(page, ask)
        answered = _tally(page, ask)
        if answered.ended:
            return Further(None, answered.pages)
        return Further(None, answered.pages, ask=answered.onward(ask, _window_address(ask)))

    def shortfall(self, page: Page) -> str | None:
        """Rows that an answer does not bring, or that a page counts and its script hides (医保局 encrypts)."""
        ask = page.asked
        if ask is None:
            said, shown = datastore.total(page.text), len(datastore.records(page.text))
            hidden = said is not None and 0 < shown < said and not self.questions(page)
            return (
                f"{shown} of {said} rows stand in the page and it does not say how to ask for more" if hidden else None
            )
        if ask.fact("search"):
            return "the search answered no rows" if ask.number == 1 and not self.rows(page) else None
        if not datastore.records(page.text) and "<datastore" not in page.text.lower() and ask.number == 1:
            return "the answer holds no datastore"
        return _tally(page, ask).shortfall

    def body(self, page: Page) -> HtmlElement | None:
        """What stands between the template's comments, which are exact; else the element of the body."""
        for begin, end in _BODY_BORDERS:
            inside = _between(page.text, begin, end)
            if inside is None:
                continue
            found = read_markup(f"<div>{inside}</div>")
            if len(visible(found).strip()) >= _SHORTEST_BODY or any(True for _ in found.iter("table", "img", "a")):
                return found
        return super().body(page)

    def _titles(self, page: Page) -> Iterator[str]:
        inside = _between(page.text, *_TITLE_BORDERS)
        if inside is not None:
            yield visible(read_markup(f"<div>{inside}</div>"))
        yield from super()._titles(page)


def _between(text: str, begin: re.Pattern[str], end: re.Pattern[str]) -> str | None:
    """What stands between two comments, or None where one is missing."""
    first = begin.search(text)
    last = end.search(text, first.end()) if first is not None else None
    return text[first.end() : last.start()] if first is not None and last is not None else None


def is_home(page: Page) -> bool:
    """Whether a page is its host's first."""
    return key(page.url) == key(root(page.url))


def _tally(page: Page, ask: Ask) -> Tally:
    return tally(ask, datastore.records(page.text), datastore.total(page.text))


# Windows of a datastore


def _units(page: Page) -> tuple[Unit, ...]:
    """The units of the page's own column; where none names it, all. A unit found twice is one."""
    found: dict[tuple[str, str], Unit] = {}
    for unit in (*datastore.scripted_units(page, _PROXY), *datastore.linked_units(page, _PROXY, _IN_QUERY)):
        column = unit.parameter("columnid")
        if re.fullmatch(r"\d{1,12}(?:,\d{1,12})*", column):
            found.setdefault((column, unit.parameter("unitid")), unit)
    own = _COLUMN.search(urlsplit(page.url).path)
    mine = [unit for unit in found.values() if own and own["number"] in unit.parameter("columnid").split(",")]
    return tuple(mine or found.values())


def _window(family: str, page: Page, unit: Unit) -> Ask:
    given = {name.lower(): value for name, value in unit.parameters}
    known = {"webname": page.metas.get("sitename", "")}
    pairs = [(name, given.get(name.lower()) or known.get(name) or value) for name, value in _BODY]
    ordered = {name.lower() for name, _ in _BODY}
    pairs += [(name, value) for name, value in unit.parameters if name.lower() not in {*ordered, *_IN_QUERY}]
    rows = min(max(unit.per_page or _PER_PAGE, 1), _MOST_PER_PAGE)
    said = (("total", str(unit.total)),) if unit.total else ()
    ask = Ask(
        unit.url,
        family,
        page.url,
        "POST",
        urlencode([pair for pair in pairs if pair[1]]).encode(),
        FORM_HEADERS,
        number=0,
        facts=(("endpoint", unit.url), ("rows", str(rows)), *said),
    )
    return ask.onward(url=_window_address(ask))


def _window_address(ask: Ask) -> str:
    """The address of the window after an ask's: by its first and last row and, for sites that heed that, its number."""
    rows = int(ask.fact("rows"))
    start = ask.number * rows * _GROUP
    window = (("startrecord", start + 1), ("endrecord", start + rows * _GROUP), ("perpage", rows))
    return f"{ask.fact('endpoint')}?{urlencode((*window, ('page', ask.number + 1)))}"


# The search of the 信息公开 module


def _search(family: str, page: Page) -> Ask | None:
    """The first page of the search for the agency and class that the page's address, frame or call names."""
    calls = list(islice(_SEARCH.finditer(page.text), _MOST_UNITS))
    if not calls:
        return None
    text = " ".join(page.text[max(call.start() - _BEFORE_CALL, 0) : call.start() + _AFTER_CALL] for call in calls)
    called = _CALLED.search(text)
    query = {name.lower(): values[0] for name, values in parse_qs(urlsplit(page.url).query, max_num_fields=60).items()}
    column = _COLUMN.search(urlsplit(page.url).path)
    area = query.get("vc_xxgkarea") or query.get("area") or _value(_AREA, text)
    kind = (
        query.get("number") or _value(_KIND, text) or (called["kind"].strip("0") and called["kind"] if called else "")
    )
    if not area and not kind:
        return None
    name = next((call["name"] for call in calls if call["name"] != "tree"), "search")
    url = page.resolve(
        f"/module/xxgk/{name}.jsp?{urlencode((('infotypeId', kind), ('vc_title', ''), ('vc_number', ''), ('area', area)))}"
    )
    box = _value(_BOX, text) or (f"div{column['number']}" if column is not None else "")
    place = _value(_SITE, text) or (called["site"] if called else "") or _digits(page.metas.get("webid", "")) or "1"
    body = (
        ("infotypeId", kind), ("jdid", place), ("area", area), ("divid", box), ("vc_title", ""), ("vc_number", ""),
        ("sortfield", "createdatetime:0"), ("currpage", "1"), ("vc_filenumber", ""), ("vc_all", ""), ("texttype", ""), ("fbtime", ""),
    )  # fmt: skip
    facts = (("search", "1"), ("column", column["number"] if column is not None else ""))
    return Ask(url, family, page.url, "POST", urlencode(body).encode(), FORM_HEADERS, facts=facts) if url else None


def _next_search(page: Page, ask: Ask) -> Further:
    said = _OF_PAGES.search(page.flat)
    pages = int(said["pages"]) if said is not None and int(said["pages"]) else None
    if pages is not None and ask.number >= pages:
        return Further(None, pages)
    pairs = parse_qsl(ask.body.decode(), keep_blank_values=True)
    body = urlencode([(name, str(ask.number + 1) if name == "currpage" else value) for name, value in pairs])
    return Further(None, pages, ask=ask.onward(body=body.encode()))


def _of_column(rows: tuple[Row, ...], column: str) -> tuple[Row, ...]:
    """The rows of the column where there are any: the search may answer the whole agency's."""
    mine = tuple(row for row in rows if f"/art_{column}_" in row.url) if column else ()
    return mine or rows


def _value(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    return match["value"] if match is not None else ""


def _digits(text: str) -> str:
    return text if text.isdecimal() and len(text) < 9 else ""
