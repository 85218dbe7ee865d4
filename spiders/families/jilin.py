"""The disclosure sites of 吉林: TRS, one template for all governments, static columns or a JSONP directory."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar
from urllib.parse import urlencode, urlsplit

from spiders import titles
from spiders.addresses import folder, is_directory, plain, resolve, root, segments
from spiders.columns import ColumnLink, is_list_of_reports, is_report_column, report_columns, unique
from spiders.dates import read_cell
from spiders.directories import unit_links
from spiders.families.addresses import JILIN_HOSTS
from spiders.families.asks import Ask
from spiders.families.pagers import Further, page_parameter
from spiders.families.pages import Page
from spiders.families.rows import read_rows
from spiders.families.trs import Trs
from spiders.items import Row
from spiders.links import links

# Units' folders and the columns below them, as they stand in the links of an entry page.
_GROUPS = r"(?:szf|zcbm|zsjg|gzbm|qtdw|xzjdkfq|xzj|[a-z]*zfzcbm|[a-z]*qzcbm|xzjdrmzf|xzzf\d+|zfgz\d+)(?:_\d+)?"
_UNIT_FOLDERS = re.compile(rf"/{_GROUPS}/\w+/(?:ndbg|gkzn|gkml|xbgkml|zfxxgknb|xxgkndbg)/")
_UNIT = re.compile(rf"/{_GROUPS}/(?!t\d)\w+/$|/szf(?:_\d+)?/$")
_OWN_FOLDER = re.compile(rf"/{_GROUPS}/(?:\w+/)?(?:ndbg|bgtndbg|gkzn|gkml|xbgkml)/|^/jls(?:zn|ndbg)/")
_GOVERNMENT = re.compile(r"^szf(?:_\d+)?$")
_ARTICLE_FOLDER = re.compile(r"/(?:19|20)\d{4}/$")  # of the month, below the column's
_REPORTS = "ndbg/"  # 年度报告, in every unit's folder
# The columns that stand beside a unit's reports.
_SIBLINGS = frozenset(
    {
        "gkzn",
        "gkml",
        "xbgkml",
        "xxgkmlqy",
        "zfxxgkml",
        "bgtxxgkml",
        "zdlyjczwgk",
        "xxgkzn",
        "zfxxgkzn",
        "xxgkml",
        "gkzd",
        "ysqgk",
    }
)
_GUIDES = "/jlszn/"
_OFFICE = "bgtndbg/"  # 办公厅年度报告, beside the government's
# 政府信息公开指南 and 政府信息公开年报 share their letters.
_NAMED_ALIKE = (("zfxxgk", "zfxxgknb/"), ("xxgk", "xxgknb/"))
_TEMPLATE = re.compile(
    r"zlyxwz_t2a|[\"']tmptabel|zly_xx(?:mu|gk)_20\d{6}|/govsearch/jsonp/|/jls(?:zn|ndbg)/", re.IGNORECASE
)
_DIRECTORY = re.compile(
    r"(?P<address>(?:(?:https?:)?//[\w.:-]{1,100})?/govsearch/jsonp/[\w/]{1,100}\.jsp)(?P<query>\?[^\s\"'<>]*)?"
)
_NUMBER = re.compile(
    r"\b(?:channelid|chnlid|lb)\b[\"']?(?:\s*[:=]|\s+value\s*=)\s*[\"']?(?P<number>\d{2,9})", re.IGNORECASE
)
_PUBLIC = re.compile(r"pubURL[\"']?\s*[:=]\s*[\"'](?P<address>[^\"']+)")
_ANSWER = re.compile(r"^\s*[\w.$]+\s*\(\s*(?P<json>\{.*\})\s*\)\s*+;?\s*+$", re.DOTALL)
_BARE_HOST = re.compile(r"^\d{1,3}(?:\.\d{1,3}){3}$")
_MARKUP = re.compile(r"<[^<>]*>")
# Where the script that asks the directory is a file: the places its rows are written to, and the files that are no such.
_EMPTY_LISTS = "#result-body, table.tmptabel"
_LIBRARY = re.compile(r"jquery|bootstrap|swiper|layer|laydate|share|_ta\.js|\.min\.js", re.IGNORECASE)
_MOST_SCRIPTS = 5
_GATEWAY = "http://infogate.jl.gov.cn/govsearch/jsonp/zf_jd_list.jsp"  # the province's, where no script names one


class Jilin(Trs):
    """No list page was ever seen, so static rows and the JSONP directory are both read and united."""

    name = "trs_jilin"

    # Lists
    list_places: ClassVar[tuple[str, ...]] = ("#result-body", *Trs.list_places)

    # Articles
    body_places: ClassVar[tuple[str, ...]] = (
        "#zoom",
        "div.zlyxwz_t2a",
        "div.Custom_UnionStyle",
        *Trs.body_places,
        "div.contents_div",
    )

    def recognises(self, page: Page) -> bool:
        """By host, by an answer of the directory, or by the template's folders and classes on any other host."""
        if urlsplit(page.url).hostname in JILIN_HOSTS or _answer(page) is not None:
            return True
        if _OWN_FOLDER.search(urlsplit(page.url).path) is not None:
            return True
        return _TEMPLATE.search(page.text) is not None or _UNIT_FOLDERS.search(page.text) is not None

    def rows(self, page: Page) -> tuple[Row, ...]:
        """The rows of an answer of the directory, or of a static list."""
        answer = _answer(page)
        if answer is None:
            return read_rows(page, self.list_places)
        return tuple({row.url: row for row in _answered(page, answer)}.values())

    def further(self, page: Page) -> Further:
        """The directory's next page while there are rows: past the end it answers an empty list."""
        answer = _answer(page)
        if answer is None:
            return super().further(page)
        if not any(True for _ in _answered(page, answer)):
            return Further(None)
        following = page_parameter(page.url) or page_parameter(page.url, "pageIndex")
        if following is None:
            return Further(None)
        asked = page.asked or Ask(page.url, self.name, page.url)
        return Further(None, ask=asked.onward(url=following[1]))

    def questions(self, page: Page) -> tuple[Ask, ...]:
        """The first page of each JSONP directory a column page asks by script; else the script, if that is a file."""
        if _answer(page) is not None:
            return ()
        asked = page.asked
        column = _Asked.of(page) if asked is None else _Asked(asked.fact("number"), asked.fact("public"))
        found = (_first_page(page, match, column) for match in _DIRECTORY.finditer(page.text))
        addresses = tuple(dict.fromkeys(address for address in found if address is not None))
        if addresses:
            return tuple(Ask(address, self.name, page.url) for address in addresses)
        scripts = _scripts(page) if asked is None else tuple(asked.fact("scripts").split())
        if not column.number or (asked is None and not page.select(_EMPTY_LISTS)) or (asked and not asked.facts):
            return ()
        if not scripts:
            return (Ask(f"{_GATEWAY}?{urlencode(column.parameters(_GATEWAY))}", self.name, page.url),)
        facts = (("number", column.number), ("public", column.public), ("scripts", " ".join(scripts[1:])))
        return (Ask(scripts[0], self.name, page.url, facts=facts),)

    def is_column(self, page: Page) -> bool:
        """The whole city's guides too, where a script asks for them: each stands beside its unit's reports."""
        guides = urlsplit(page.url).path.startswith(_GUIDES) and page.asked is None and bool(self.questions(page))
        return guides or super().is_column(page)

    def columns(self, page: Page) -> tuple[ColumnLink, ...]:
        """Report columns in the folders of units, whatever the links to them say.

        A column's own page leads to the others of its unit: the government's and its office's stand side by side. Where
        a link leads to a unit or to its guide, the column is a guess.
        """
        answer = _answer(page)
        linked = report_columns(page) if answer is None else ()
        if answer is None and is_report_column(page.url):
            unit = _above(page.url)
            beside = (link for link in linked if folder(link.url).startswith(unit) and link.url != unit)
            return (*super().columns(page), *beside)
        known = {_above(link.url) for link in linked}
        shown = (link.url for link in links(page) if root(link.url) == root(page.url))
        ours = (page.url, *shown) if answer is None else tuple(row.url for row in self.rows(page))
        guesses = [
            ColumnLink(unit + name, None, guessed=True, instead=url if url != page.url and is_directory(url) else None)
            for url in dict.fromkeys(ours)
            if not is_list_of_reports(url)
            for unit, name in _guesses(url)
            if unit not in known
        ]
        return unique(guesses, page)


def unit_columns(page: Page) -> tuple[ColumnLink, ...]:
    """The columns of the units a page lists by their names: each unit's folder, then ``ndbg/``."""
    found: list[ColumnLink] = []
    for link in unit_links(page):
        if not is_directory(link.url):
            continue
        parts = segments(link.url)
        base = _above(link.url) if parts and parts[-1] in _SIBLINGS else folder(link.url)
        found.append(ColumnLink(base + _REPORTS, link.agency, guessed=True, instead=link.url))
    return unique(found, page)


def _guesses(url: str) -> Iterator[tuple[str, str]]:
    """The unit whose folder or whose guide an address is, with the names its report column may have."""
    place = folder(url) if is_directory(url) else _ARTICLE_FOLDER.sub("/", folder(url))
    last = segments(place)[-1:]
    if last and last[0] in _SIBLINGS and _above(place) != root(url):
        yield _above(place), _REPORTS
        yield from ((_above(place), name) for start, name in _NAMED_ALIKE if last[0].startswith(start))
    elif is_directory(url) and _UNIT.search(urlsplit(place).path) is not None:
        yield place, _REPORTS
        if _GOVERNMENT.match(last[0]):
            yield place, _OFFICE


def _above(url: str) -> str:
    """The folder above an address's own."""
    return folder(url).rstrip("/").rpartition("/")[0] + "/"


def _answer(page: Page) -> dict[str, Any] | None:
    """The object a JSONP answer wraps, or None where the page is none."""
    text = page.text.strip().strip("\ufeff").strip()
    if text.startswith("<") or not text.endswith((")", ");", ") ;")):
        return None
    match = _ANSWER.match(text)
    if match is None:
        return None
    try:
        found = json.loads(match["json"], strict=False)
    except ValueError:
        return None
    return found if isinstance(found, dict) and isinstance(found.get("data", found.get("list")), list) else None


def _answered(page: Page, answer: dict[str, Any]) -> Iterator[Row]:
    """Rows of an answer. Field names change per endpoint; ``efectdate`` is no publishing date."""
    for item in answer.get("data", answer.get("list", [])):
        if not isinstance(item, dict):
            continue
        given = item.get("tip")
        tip: dict[str, Any] = given if isinstance(given, dict) else {}
        url = resolve(page.url, str(item.get("puburl") or item.get("docpuburl") or ""))
        if url is None:
            continue
        longest = max((_words(value) for value in (item.get("title"), tip.get("title"))), key=len)
        title = titles.whole(longest, None)
        day = _day(tip.get("dates"), item.get("pubdate"), item.get("RELEASEDATE"))
        yield Row(plain(url), title.text, day, title.cut)


def _words(value: object) -> str:
    """A title without the markup and entities the directory leaves in it."""
    return _MARKUP.sub("", html.unescape(str(value or "")))


def _day(*values: object) -> date | None:
    for value in values:
        day = read_cell(str(value or ""))
        if day is not None:
            return day
    return None


@dataclass(frozen=True)
class _Asked:
    """What a column page says of itself to the directory: its number, and the address its unit's pages stand below."""

    number: str
    public: str

    @classmethod
    def of(cls, page: Page) -> _Asked:
        number, public = _NUMBER.search(page.text), _PUBLIC.search(page.text)
        return cls(
            number["number"] if number is not None else "", public["address"] if public is not None else root(page.url)
        )

    def parameters(self, address: str) -> list[tuple[str, str]]:
        """What the sites send for the first page, repeated parameters included, in their order."""
        search = [
            ("sword", ""),
            ("searchColumn", "all"),
            ("searchYear", "all"),
            ("pubURL", self.public),
            ("SType", "1"),
        ]
        again = [("searchColumnYear", "all"), ("searchYear", "all"), ("pubURL", ""), ("SType", "1")]
        number = [("channelId", self.number)]
        named = [("callback", "result")]
        first = [("page", "1"), ("lb", self.number)]
        return [*first, *search, *again, *number, *named] if "/gkml/" in address else [*first, *named, *search, *number]


def _first_page(page: Page, match: re.Match[str], column: _Asked) -> str | None:
    """The address of the directory's first page: as the script has it, or composed where the script does."""
    address = resolve(page.url, match["address"])
    if address is None:
        return None
    parts = urlsplit(address)
    if _BARE_HOST.match(parts.hostname or "") and parts.netloc != urlsplit(page.url).netloc:
        return None  # a gateway on a bare address is not public on purpose
    query = html.unescape(match["query"] or "")
    if "page=" in query and _NUMBER.search(query.replace("&", " ")):
        return address + re.sub(r"(?<=[?&]page=)\d*", "1", query)
    return f"{address}?{urlencode(column.parameters(parts.path))}" if column.number else None


def _scripts(page: Page) -> tuple[str, ...]:
    """The page's own scripts, the nearest to its end first, libraries left out."""
    found = (page.resolve(element.get("src")) for element in page.tree.iter("script"))
    own = [url for url in found if url is not None and root(url) == root(page.url) and not _LIBRARY.search(url)]
    return tuple(reversed(list(dict.fromkeys(own))[-_MOST_SCRIPTS:]))
