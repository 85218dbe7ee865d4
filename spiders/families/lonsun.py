"""龙讯 LonSun, 安徽 (portals §9.1): a list its script asks of ``/site/label/8888``, a table of marks above each article."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from itertools import islice
from typing import ClassVar, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from parser.labels import squeeze
from spiders import titles
from spiders.addresses import plain
from spiders.dates import read_cell
from spiders.families.asks import Ask
from spiders.families.family import Family
from spiders.families.menus import is_of_reports
from spiders.families.pagers import Further, page_parameter
from spiders.families.pages import Page, visible
from spiders.families.rows import read_rows
from spiders.items import Row

_LIST = "publicInfoList"
_BOX = "publicContentDetail"  # of an article: its attachments and what is related to it
_JOINT = re.compile(r"(['\"])\s*\+(?:[\w.()\[\]\s]{1,60}?\+)?\s*\1")  # '…pageIndex=' + page + '&…' in a script
_CALL = re.compile(r"/site/label/8888\?(?P<query>[^\s\"'<>]{1,2000})")
_BEFORE = re.compile(r"[\w:/.-]{0,200}$")  # the address a call's path begins with
_SETTING = re.compile(
    r"\b(?P<name>\w{2,20})['\"]?\s*[:=]\s*(?:['\"](?P<text>[^'\"\n]{0,200})['\"]|(?P<number>\d{1,12}))"
)
_REACH = 1500  # characters around a label's name in which its other settings stand
_PAGES = re.compile(r"pageCount['\"]?\s*[:=]\s*['\"]?(?P<pages>\d{1,4})\b")
_CONTEXT = re.compile(r"^(?P<context>/[\w/-]*?)?/public/(?:column|content)/")
_ORGAN = re.compile(r"/public/column/(?P<organ>\d{1,12})")
_SITE = re.compile(r"siteId['\"]?\s*[:=]\s*['\"]?(?P<number>\d{1,12})")
_REPORTS = "3"  # the type of 年报; 1 制度, 2 指南, 4 目录, 5 依申请, 6 规范性文件
_CONTENT = re.compile(r"/public/(?:content|\d{1,12})/(?P<number>\d{1,12})(?:\.html)?$")
_WHOLE = "200"  # characters of a title; the sites ask for 50 or 80 and so cut them
_PER_PAGE = "15"
_MOST_LABELS = 4  # lists of one page
_MOST_CALLS = 40  # labels of any kind a page's scripts ask for
_SHORTEST = 4  # characters of a title

# What is sent, in the order the sites send it; None is filled from the page or left out.
_PARAMETERS: Final[tuple[tuple[str, str | None], ...]] = (
    ("IsAjax", "1"), ("dataType", "html"), ("labelName", _LIST), ("siteId", None), ("pageSize", _PER_PAGE),
    ("pageIndex", "1"), ("action", "list"), ("isDate", "true"), ("dateFormat", "yyyy-MM-dd"), ("length", _WHOLE),
    ("organId", None), ("type", None), ("catId", None), ("cId", ""), ("result", "暂无相关信息"), ("file", None),
)  # fmt: skip

# Settings of newer sites that narrow the list; a label is asked for without them where its page has none.
_OTHERS: Final = frozenset({"catIds", "fuzzySearch", "fromCode", "keyWords", "sortType", "isInvalid", "searchType"})


class Lonsun(Family):
    """The label's template (``file``) differs from site to site and is copied from the page's script."""

    name = "lonsun"

    # Lists
    list_places: ClassVar[tuple[str, ...]] = (".xxgk_nav_list", ".xxgk_navli", ".gk_list")

    # Articles
    title_places: ClassVar[tuple[str, ...]] = ("h1.newstitle", ".newstitle")
    date_places: ClassVar[tuple[str, ...]] = (".newsinfoleft", ".newsinfo > span", ".newsinfo")
    body_places: ClassVar[tuple[str, ...]] = ("#zoom", ".j-fontContent", ".newscontnet")

    def rows(self, page: Page) -> tuple[Row, ...]:
        """Rows of the page or of an answer, whose links are meant from the page that asked."""
        if page.asked is not None:
            page = Page(page.asked.origin, page.text)
        found: dict[str, Row] = {}
        for row in _boxed(page):
            found.setdefault(row.url, row)
        return tuple(found.values()) or read_rows(page, self.list_places)

    def questions(self, page: Page) -> tuple[Ask, ...]:
        """The first page of the list, with whole titles, as the script of a column page would ask for it."""
        if page.asked is not None:
            return ()
        named = [settings for settings in _labels(page, _LIST) if settings[1].get("file")]
        here = dict(parse_qsl(urlsplit(page.url).query))
        alike = [(address, given) for address, given in named if given.get("type") in {None, "", here.get("type")}]
        pages = _PAGES.search(page.text)
        facts = (("pages", pages["pages"]),) if pages is not None else ()
        asks = (
            Ask(f"{address}?{urlencode(_query(page, given))}", self.name, page.url, facts=facts)
            for address, given in alike or named
        )
        return tuple({ask.url: ask for ask in asks}.values())[:_MOST_LABELS]

    def is_column(self, page: Page) -> bool:
        """A list its script asks for, whose heading or menu says that it is of reports, or whose type is 3."""
        typed = ("type", _REPORTS) in parse_qsl(urlsplit(page.url).query)
        if page.asked is not None or _ORGAN.search(urlsplit(page.url).path) is None:
            return False
        return typed or (bool(self.questions(page)) and is_of_reports(page))

    def further(self, page: Page) -> Further:
        """The label's next page up to its ``pageCount``; without one as long as there are rows."""
        if page.asked is None:
            return Further(None) if self.questions(page) else super().further(page)
        following = page_parameter(page.asked.url, "pageIndex")
        given = _PAGES.search(page.text)
        pages = int(given["pages"] if given is not None else page.asked.fact("pages", "0"))
        if following is None or (following[0] >= pages if pages else not self.rows(page)):
            return Further(None, pages or None)
        return Further(None, pages or None, ask=page.asked.onward(url=following[1]))

    def enclosures(self, page: Page) -> Ask | None:
        """The box of an article's attachments, by the number in the article's address."""
        content = _CONTENT.search(urlsplit(page.url).path)
        address, given = next(_labels(page, _BOX), ("", {}))
        if content is None or not address:
            return None
        site = given.get("siteId") or _site(page)
        sent = {"labelName": _BOX, "siteId": site, "contentId": content["number"], "file": given.get("file", "")}
        query = urlencode({name: value for name, value in sent.items() if value})
        return Ask(f"{address}?{query}", self.name, page.url)

    def shortfall(self, page: Page) -> str | None:
        """A list of several pages whose script names no label."""
        pages = _PAGES.search(page.text) if page.asked is None else None
        if pages is None or int(pages["pages"]) < 2 or _ORGAN.search(urlsplit(page.url).path) is None:
            return None
        return None if self.questions(page) else f"the list has {int(pages['pages'])} pages and names no label to ask"


def _labels(page: Page, name: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Address and settings of each label of a name: from a whole address in a script, else from an object."""
    text = _JOINT.sub("", html.unescape(page.text))
    found = False
    for call in islice(_CALL.finditer(text), _MOST_CALLS):
        given = dict(parse_qsl(call["query"], keep_blank_values=True))
        before = _BEFORE.search(text[max(0, call.start() - 200) : call.start()])
        address = page.resolve(f"{before.group() if before is not None else ''}/site/label/8888")
        if given.get("labelName") == name and address is not None:
            found = True
            yield address, given
    if found:
        return
    for named in islice(re.finditer(rf"labelName['\"]?\s*[:=]\s*['\"]{name}['\"]", text), _MOST_CALLS):
        around = text[max(0, named.start() - _REACH) : named.end() + _REACH]
        settings = {match["name"]: match["text"] or match["number"] or "" for match in _SETTING.finditer(around)}
        context = _CONTEXT.match(urlsplit(page.url).path)
        address = page.resolve(f"{(context['context'] or '') if context is not None else ''}/site/label/8888")
        if address is not None:
            yield address, settings


def _query(page: Page, given: dict[str, str]) -> list[tuple[str, str]]:
    """The parameters to send: the script's own, in the order known, then any other of a whole address."""
    here = dict(parse_qsl(urlsplit(page.url).query))
    organ = _ORGAN.search(urlsplit(page.url).path)
    known = {
        "siteId": _site(page),
        "organId": organ["organ"] if organ is not None else "",
        "type": here.get("type", ""),
        "catId": here.get("catId", ""),
    }
    own = {"pageIndex": "1", "length": _WHOLE, "pageSize": given.get("pageSize") or _PER_PAGE}
    pairs = [
        (name, own.get(name) or given.get(name) or known.get(name) or default or "") for name, default in _PARAMETERS
    ]
    rest = [pair for pair in given.items() if pair[0] in _OTHERS]
    return [*pairs, *rest]


def _site(page: Page) -> str:
    found = _SITE.search(page.text)
    return page.metas.get("siteid") or (found["number"] if found is not None else "")


def _boxed(page: Page) -> Iterator[Row]:
    """The rows of the label's own templates: a box for each, whose cells may be list items of their own."""
    for box in page.select(".xxgk_navli, .xxgk_nav_list > li"):
        links = ((page.resolve(link.get("href")), link) for link in box.iter("a"))
        named = ((url, titles.whole(visible(link), link.get("title")).text) for url, link in links if url is not None)
        url, title = next(((url, title) for url, title in named if len(title) >= _SHORTEST), (None, ""))
        if url is None:
            continue
        cells = [element for element in box.iter() if "date" in (element.get("class") or "").split()]
        days = (day for cell in cells if (day := read_cell(squeeze(visible(cell)))) is not None)
        yield Row(plain(url), title, next(days, None))
