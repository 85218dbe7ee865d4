"""The small families: one row each in a table, read by one class. Portals: section 15, whose rows ``source`` names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Final
from urllib.parse import urljoin, urlsplit

from parser.labels import squeeze
from parser.titles import judge
from spiders.addresses import folder, plain, site
from spiders.dates import read_cell
from spiders.families.asks import Ask
from spiders.families.family import Family
from spiders.families.generic import Generic
from spiders.families.headings import own_words
from spiders.families.pagers import Further, page_parameter
from spiders.families.pages import Page
from spiders.items import Row

_MOST_PAGES = 2000
_MOST_FRAMES = 3
_INDEX = re.compile(r"^(?:index)?(?:\.s?html?)?$")
_SHOWN = re.compile(r"(?:发表|发布)(?:时间|日期)\s*[:：]\s*(?P<day>\S{6,14})")  # in the title= of a link
_ZONE = re.compile(r"(?<!\s)\s*+GMT\s*+[+-]\d\d:?\d\d$")


@dataclass(frozen=True)
class Files:
    """Pages as files with a number: what stands before it, the second page's number, and the ending.

    ``stated`` finds the number of pages in a script. Without it the next file is asked for while pages bring new rows,
    or only if the page leads to it (``linked``).
    """

    prefix: str
    second: int
    ending: str
    stated: re.Pattern[str] | None = None
    linked: bool = False


@dataclass(frozen=True)
class Parameter:
    """Pages as a number in the query."""

    name: str


@dataclass(frozen=True)
class SmallFamily:
    """What is known of a family: its signs, its list, and where an article keeps its parts."""

    name: str
    source: str  # what the table of section 15 calls it, or where it was met
    text: str | None = None  # a strong sign in the page, case ignored
    path: str | None = None  # or in its path
    # Lists
    lists: tuple[str, ...] = ()
    pager: Files | Parameter | None = None
    frames: bool = False  # the rows may stand in a frame of the column's page
    # Articles
    titles: tuple[str, ...] = ()
    besides: tuple[str, ...] = ()  # tags inside a heading that are no part of the title
    dates: tuple[str, ...] = ()
    bodies: tuple[str, ...] = ()


# First hit wins. Families known by an address alone stand behind those with signs of their own.
TABLE: Final = (
    SmallFamily(
        "henan_cms",
        "河南",
        text=r"<i[^>]{0,80}id=['\"]?pubDate|<ul[^>]{0,80}class=['\"]?newsList",
        lists=("ul.newsList",),
        pager=Files("index_", 1, "html"),
        titles=("h1#title", "h3#title"),
        dates=("i#pubDate",),
        bodies=("#content",),
    ),
    SmallFamily(
        "xian",
        "西安",
        text=(
            r"class=['\"][^'\"]{0,80}\bm-txt-(?:tt|crm|article)"
            r"|href=['\"][^'\"]{0,200}\b(?:\d{19}|[0-9a-f]{24})\.html"
        ),
        path=r"/(?:\d{19}|[0-9a-f]{24})\.html$",
        pager=Files("", 2, "html", linked=True),
        titles=("h1.m-txt-tt",),
        dates=(".m-txt-crm", ".m-txt-source"),
        bodies=("#article.m-txt-article", "#article"),
    ),
    SmallFamily(
        "kunming",
        "昆明",
        text=r"id=['\"]newslist['\"]|class=['\"]data-table-item|class=['\"]item-url",
        lists=("ul#newslist", ".data-table-item", ".item-url"),
        pager=Files("index_", 2, "shtml", re.compile(r"\bPageIndex\s*>\s*(?P<pages>\d{1,4})\s*\?\s*(?P=pages)\b")),
        dates=(".content-table",),
        bodies=(".activity", ".content-box"),
    ),
    SmallFamily(
        "kunming_c",
        "昆明, the day in the path",
        path=r"/c/\d{4}-\d\d-\d\d/\d+\.shtml$",
        dates=(".content-table",),
        bodies=(".activity", ".content-box"),
    ),
    SmallFamily(
        "hebei_uuid",
        "石家庄",
        text=r"id=['\"](?:titN|conN)['\"]",
        path=r"/columns/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/",
        titles=("#biaoti",),
        dates=("#titN",),
        bodies=("#conN",),
    ),
    SmallFamily(
        "hebei_cms",
        "河北厅局",
        text=r"class=['\"]post_source|/eportal/ui\?",
        pager=Parameter("currentPage"),
        titles=("h1",),
        dates=(".post_source",),
        bodies=("#content",),
    ),
    SmallFamily(
        "langfang",
        "廊坊",
        text=r"class=['\"]articleTitle['\"]|title=['\"]标题：[^'\"]{0,200}发表时间：",
        path=r"/Item/\d+\.aspx$|/Category_\d+/Index\.aspx$",
        titles=("h2.articleTitle",),
        dates=(".property span",),
        bodies=("#fontzoom",),
    ),
    SmallFamily(
        "changzhou_xinbei",
        "常州新北",
        text=r"id=['\"]czfxcontent|class=['\"]NewsTitle['\"]",
        path=r"/html/cz\w+/\d{4}/\w+_\d{4}/\d+\.html$",
        frames=True,
        titles=("td.NewsTitle",),
        besides=("div",),
        bodies=("#czfxcontent",),
    ),
    SmallFamily(
        "huaian_col",
        "淮安",
        path=r"/col/\d+_\d+/",
        frames=True,
    ),
    SmallFamily(
        "wulumuqi_old",
        "乌鲁木齐 (old)",
        text=r"class=['\"]am-article-(?:title|meta)|id=['\"]info_content",
        path=r"/info/iList\.jsp$",
        pager=Parameter("cur_page"),
        titles=("h1.am-article-title",),
        dates=(".am-article-meta",),
        bodies=("#info_content",),
    ),
    SmallFamily(
        "yunnan_kjt",
        "云南科技厅",
        text=r"class=['\"]contt_(?:tit|cont)",
        titles=(".contt_tit",),
        dates=(".wzfrom",),
        bodies=(".contt_cont",),
    ),
    SmallFamily(
        "cac",
        "网信办",
        text=r"id=['\"]BodyLabel",
        dates=("#pubtime",),
        bodies=("#BodyLabel",),
    ),
    SmallFamily(
        "xiangtan",
        "湘潭, 南县",
        text=r"class=['\"]ftheme",
        path=r"/\d+/\d+/\d+/content_\d+\.html$",
        titles=(".ftheme",),
        bodies=("#zoom",),
    ),
    SmallFamily("content_id", "content_id", path=r"/content_\d+$"),
    SmallFamily(
        "numeric_list",
        "延安",
        path=r"/(?:zf|zw)?xxgknb/\d{1,3}\.html$",
        pager=Files("", 2, "html"),
    ),
    SmallFamily("aspx", "aspx", path=r"(?i)\.aspx$", pager=Parameter("page")),
    SmallFamily("phpcms_show", "西宁", path=r"/(?:index|show)\.php$"),
    SmallFamily("gongkai_hex24", "济南区县, 莘县", path=r"/channel_[0-9a-f]{24}/"),
    SmallFamily("hex_directory", "锡林郭勒", path=r"/(?:[0-9a-f]{32}|\d{19,20})/index\.s?html$"),
    SmallFamily("tjbh_contents", "天津滨海", path=r"/contents/\d+/\d+\.html$"),
    SmallFamily("tongzhou_tsid", "北京通州", path=r"/zfxxgknb/\d{4}n\d+/\w+/index\.shtml$"),
    SmallFamily("bjxch_pnidpv", "北京西城", path=r"/pnidpv\d+pn\w+\.html$"),
    SmallFamily("guangyuan_show", "广元利州", path=r"/gongkai/show/\d{17}\.html$"),
    SmallFamily("qj_list_auto", "曲靖", path=r"/list/\w+/auto/\d+\.html$"),
    SmallFamily("np_cms_html", "南平 (old)", path=r"/cms/html/\w+/\d{4}-\d\d-\d\d/\d+\.html$"),
)


class Small(Family):
    """Reads the sites of one row of the table; places the row does not name are the generic ones."""

    def __init__(self, row: SmallFamily) -> None:
        self.row = row
        self.name = row.name  # type: ignore[misc]  # one class reads many families
        self.list_places = row.lists  # type: ignore[misc]
        self.title_places = (*row.titles, *Generic.title_places)  # type: ignore[misc]
        self.date_places = (*row.dates, *Generic.date_places)  # type: ignore[misc]
        self.body_places = (*row.bodies, *Generic.body_places)  # type: ignore[misc]
        self._text = re.compile(row.text, re.IGNORECASE) if row.text is not None else None
        self._path = re.compile(row.path) if row.path is not None else None

    def recognises(self, page: Page) -> bool:
        """By the sign in the page or in its path."""
        if self._text is not None and self._text.search(page.text) is not None:
            return True
        return self._path is not None and self._path.search(urlsplit(page.url).path) is not None

    def rows(self, page: Page) -> tuple[Row, ...]:
        """The rows, with the days that stand in the ``title=`` of their links (廊坊)."""
        found = super().rows(page)
        if all(row.listed_on is not None for row in found):
            return found
        days = _days_in_titles(page)
        return tuple(replace(row, listed_on=row.listed_on or days.get(row.url)) for row in found)

    def questions(self, page: Page) -> tuple[Ask, ...]:
        """The frames of a column whose page has no report of its own."""
        if not self.row.frames or page.asked is not None:
            return ()
        if any(judge(row.title, in_report_column=True).is_report for row in self.rows(page)) or page.has_report_body:
            return ()
        frames = dict.fromkeys(page.resolve(frame.get("src")) for frame in page.tree.iter("iframe", "frame"))
        inner = [url for url in frames if url is not None and site(url) == site(page.url) and url != page.url]
        return tuple(Ask(url, self.name, page.url) for url in inner[:_MOST_FRAMES])

    def further(self, page: Page) -> Further:
        """The next page by the family's own rule, else by what the page shows."""
        if isinstance(self.row.pager, Files) and self.row.pager.stated is not None:
            found = _file(page, self.row.pager)
            if found.total is not None:
                return found
        shown = super().further(page)
        if shown.url is not None or shown.total is not None or self.row.pager is None or not self.rows(page):
            return shown
        if isinstance(self.row.pager, Files):
            return _file(page, self.row.pager)
        following = page_parameter(page.url, self.row.pager.name)
        return Further(following[1] if following is not None and following[0] < _MOST_PAGES else None)

    def _titles(self, page: Page) -> Iterator[str]:
        yield page.metas.get("articletitle", "")
        for place in self.row.titles if self.row.besides else ():
            for heading in page.select(place):
                yield own_words(heading, self.row.besides)
        for heading in page.select("#biaoti > div"):  # kicker and subtitle are hidden beside the title
            if "none" not in (heading.get("style") or ""):
                yield own_words(heading, ("script", "style"))
        yield from super()._titles(page)

    def _meta_date(self, page: Page) -> date | None:
        """As elsewhere; 湘潭 writes its time zone behind."""
        given = page.metas.get("published", "")
        return super()._meta_date(page) or read_cell(_ZONE.sub("", given))


FAMILIES: Final = tuple(Small(row) for row in TABLE)


def _file(page: Page, files: Files) -> Further:
    """The file after this one; the page itself is the first where its name has no number."""
    stated = files.stated.search(page.text) if files.stated is not None else None
    total = int(stated["pages"]) if stated is not None else None
    name = urlsplit(page.url).path.rpartition("/")[2]
    numbered = re.fullmatch(rf"{re.escape(files.prefix)}(?P<number>\d{{1,4}})\.{files.ending}", name)
    if numbered is not None:
        following = int(numbered["number"]) + 1
    elif _INDEX.match(name) is not None:
        following = files.second
    else:
        return Further(None, total)
    position = following - files.second + 2  # which page of the list the following file is
    if position > (_MOST_PAGES if total is None else min(total, _MOST_PAGES)):
        return Further(None, total)
    url = urljoin(folder(page.url), f"{files.prefix}{following}.{files.ending}")
    if files.linked and url not in {page.resolve(link.get("href")) for link in page.tree.iter("a")}:
        return Further(None, total)
    return Further(url, total)


def _days_in_titles(page: Page) -> dict[str, date]:
    found: dict[str, date] = {}
    for link in page.tree.iter("a"):
        shown = _SHOWN.search(squeeze(link.get("title") or ""))
        url = page.resolve(link.get("href")) if shown is not None else None
        day = read_cell(shown["day"][:10].rstrip("/-年月 ")) if shown is not None else None
        if url is not None and day is not None:
            found.setdefault(plain(url), day)
    return found
