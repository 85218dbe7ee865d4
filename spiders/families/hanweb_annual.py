"""Hanweb's reports by agency and year: ``xxgkAnnualReport.jsp?area=…&fbtime=…``, the agencies in a tree. Portals: section 5.1.

``area`` is an agency's 统一社会信用代码 or an older code. Whether ``fbtime`` is the year reported on or the year of
publication is unknown, so no title takes its year from it.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from parser.labels import squeeze
from parser.titles import judge
from spiders.addresses import resolve
from spiders.agencies import read_agency
from spiders.columns import ColumnLink, names_reports
from spiders.families.asks import Ask
from spiders.families.hanweb import Hanweb, is_home
from spiders.families.pagers import Further
from spiders.families.pages import Page, visible
from spiders.items import Row

_MODULE = re.compile(r"/module/xxgk/xxgkAnnualReport\.jsp$", re.IGNORECASE)
_TREE = re.compile(r"/module/xxgk/tree\.jsp\?(?P<query>[^\s\"'<>]{1,400})", re.IGNORECASE)
_ADDRESS = re.compile(r"/module/xxgk/xxgkAnnualReport\.jsp\?[^\s\"'<>()]{1,200}", re.IGNORECASE)
_AREA = re.compile(r"(?:vc_xxgkarea|\barea)=(?P<code>[0-9A-Za-z-]{4,30})", re.IGNORECASE)
_BARE_CODE = re.compile(r"(?<![0-9A-Za-z])(?P<code>11\d{6}[0-9A-Z]{10})(?![0-9A-Za-z])")  # 11, the division, the agency
_YEAR = re.compile(r"^(?P<year>(?:19|20)\d\d)年?度?$")
_LITERAL = re.compile(r"'(?P<one>(?:\\.|[^'\\\n])*)'|\"(?P<two>(?:\\.|[^\"\\\n])*)\"")
_NODE = re.compile(r"\.add\(|[\"']?\b(?:name|title)[\"']?\s*:")  # a node of dTree or zTree
_LONGEST_NODE = 500
_COLUMN_TITLE: Final = "政府信息公开年度报告"
_MISSING = re.compile(
    r"(?:暂无|没有(?:找到|查询到)?|未(?:找到|查询到|发布|公开)|无)(?:任何|相关|符合条件的?)?(?:信息|数据|内容|记录|年报|年度报告|政府信息公开年度?报告)|(?:信息|年报|年度报告)不存在"
)
_LONGEST_MISSING = 300
_MOST_AGENCIES = 600
_MOST_YEARS = 40
_ENOUGH_YEARS = 2  # a page that names fewer shows one year's reports and leaves the others to the agencies' own pages


@dataclass(frozen=True)
class _Report:
    """One report the module can show: its address, what the link says, the agency's code, and the year asked for."""

    url: str
    text: str
    area: str
    year: str


class HanwebAnnual(Hanweb):
    """One page per agency and year: the agencies of page and tree times the years the pages name."""

    name = "hanweb_annual"

    # Articles
    title_places: ClassVar[tuple[str, ...]] = (*Hanweb.title_places, ".nb_title", ".title", "td.title")

    def recognises(self, page: Page) -> bool:
        """By the module's address, or by links to more than one of its reports."""
        return _MODULE.search(urlsplit(page.url).path) is not None or len(_reports(page)) > 1

    def is_column(self, page: Page) -> bool:
        """A page that names several reports of the module, in links or as agencies and years to choose from."""
        linked = _reports(page)
        several = len(linked) > 1 or (_is_of_module(page, linked) and len(self.rows(page)) > 1)
        return page.asked is None and (several or super().is_column(page))

    def rows(self, page: Page) -> tuple[Row, ...]:
        """A row for each agency and year, besides what a Hanweb list has."""
        if _is_tree(page):
            template, years = _of_tree(page)
            return tuple(_composed(template, dict(_nodes(page)), years)) if len(years) >= _ENOUGH_YEARS else ()
        linked = _reports(page)
        agencies, years = _agencies(page, linked), _years(page, linked)
        if len(linked) < 2 and not (_is_of_module(page, linked) and len(agencies) * len(years) > 1):
            own = tuple(Row(report.url, _title(None), None) for report in linked if report.url == page.url)
            return super().rows(page) or own
        named = {report.url: report.text for report in linked if judge(report.text, in_report_column=True).is_report}
        rows = {row.url: row for row in super().rows(page) if not _MODULE.search(urlsplit(row.url).path)}
        for row in _composed(linked[0].url, agencies, years):
            rows[row.url] = Row(row.url, named.get(row.url, row.title), None)
        for report in linked:
            if report.year and report.url not in rows:
                rows[report.url] = Row(report.url, named.get(report.url) or _title(agencies.get(report.area)), None)
        return tuple(rows.values())

    def questions(self, page: Page) -> tuple[Ask, ...]:
        """The tree of agencies, for the years the page names."""
        linked, tree = _reports(page), _TREE.search(page.text)
        years = _years(page, linked)
        asks = tuple(ask for ask in super().questions(page) if not linked or not ask.fact("search"))
        if page.asked is not None or tree is None or not linked:
            return asks
        url = page.resolve(f"/module/xxgk/tree.jsp?{tree['query'].replace('&amp;', '&')}")
        facts = (("years", ",".join(years)), ("template", linked[0].url))
        return (*asks, Ask(url, self.name, page.url, facts=facts)) if url is not None else asks

    def columns(self, page: Page) -> tuple[ColumnLink, ...]:
        """The agencies of a tree that was asked for by a page of one year: each one's own page names the others."""
        if not _is_tree(page):
            return ()
        template, years = _of_tree(page)
        if len(years) >= _ENOUGH_YEARS:
            return ()
        shown = {report.area: report.url for report in reversed(_reports(page))}
        composed = {area: next(_composed(template, {area: name}, years[:1]), None) for area, name in _nodes(page)}
        addresses = {area: shown.get(area) or (row.url if row is not None else None) for area, row in composed.items()}
        return tuple(ColumnLink(url, name) for area, name in _nodes(page) if (url := addresses[area]) is not None)[
            :_MOST_AGENCIES
        ]

    def further(self, page: Page) -> Further:
        """Nothing after the tree; else as in a Hanweb list."""
        return Further(None) if _is_tree(page) else super().further(page)

    def shortfall(self, page: Page) -> str | None:
        """A tree that names no agency; else as in a Hanweb list."""
        if _is_tree(page):
            return None if any(True for _ in _nodes(page)) else "the tree names no agency"
        return super().shortfall(page)

    def says_missing(self, page: Page) -> bool:
        """Whether the module says that an agency has no report for a year."""
        if _MODULE.search(urlsplit(page.url).path) is None or page.has_report_body:
            return False
        body = self.body(page)
        said = squeeze(visible(body)) if body is not None else page.flat
        return len(said) < _LONGEST_MISSING and _MISSING.search(said) is not None and not self.article(page).attachments


def _is_of_module(page: Page, linked: Sequence[_Report]) -> bool:
    """Whether a page shows the module's reports: by its address, or by its name and a report it leads to."""
    return _MODULE.search(urlsplit(page.url).path) is not None or (bool(linked) and names_reports(page))


def _is_tree(page: Page) -> bool:
    """Whether a page is the tree of agencies that another page asked for."""
    return page.asked is not None and bool(page.asked.fact("template"))


def _of_tree(page: Page) -> tuple[str, list[str]]:
    """A report's address on the page that asked for a tree, and the years that page names."""
    ask = page.asked
    return ("", []) if ask is None else (ask.fact("template"), [year for year in ask.fact("years").split(",") if year])


def _reports(page: Page) -> tuple[_Report, ...]:
    """The module's reports a page leads to, each address once; its own address is one of them."""
    if is_home(page):
        return ()
    found: dict[str, _Report] = {}
    links = [(link.get("href"), squeeze(link.get("title") or visible(link))) for link in page.tree.iter("a")]
    options = [(option.get("value"), squeeze("".join(option.itertext()))) for option in page.tree.iter("option")]
    own = [(page.url, "")]
    for href, text in (*links, *options, *((match.group(), "") for match in _ADDRESS.finditer(page.text)), *own):
        url = page.resolve(html.unescape(href)) if href and "annualreport.jsp" in href.lower() else None
        if url is None or _MODULE.search(urlsplit(url).path) is None:
            continue
        query = {name.lower(): value for name, value in parse_qsl(urlsplit(url).query, max_num_fields=60)}
        year = _YEAR.match(query.get("fbtime", ""))
        if not _AREA.fullmatch(f"area={query.get('area', '')}"):
            continue
        known = found.get(url)
        if known is None or not known.text:
            found[url] = _Report(url, text, query["area"], year["year"] if year is not None else "")
    return tuple(found.values())


def _agencies(page: Page, linked: Iterable[_Report]) -> dict[str, str]:
    """Agencies by code: as links or the page's script name them, else without a name."""
    found = {report.area: "" for report in linked}
    for report in linked:
        agency = read_agency(report.text)
        if agency is not None:
            found[report.area] = agency
    for area, agency in _nodes(page):
        found[area] = found.get(area) or agency
    return dict(list(found.items())[:_MOST_AGENCIES])


def _years(page: Page, linked: Iterable[_Report]) -> list[str]:
    """The years the page's links and choices name, latest first."""
    named = {report.year for report in linked if report.year}
    for option in page.tree.iter("option"):
        for text in (option.get("value") or "", "".join(option.itertext())):
            match = _YEAR.match(squeeze(text))
            named |= {match["year"]} if match is not None else set()
    return sorted(named, reverse=True)[:_MOST_YEARS]


def _nodes(page: Page) -> Iterator[tuple[str, str]]:
    """Code and name of each agency a tree has: links, and nodes that a script adds."""
    for link in page.tree.iter("a"):
        named = read_agency(link.get("title") or visible(link))
        code = _AREA.search(f"{link.get('href') or ''} {link.get('onclick') or ''}")
        if named is not None and code is not None:
            yield code["code"], named
    starts = [match.start() for match in _NODE.finditer(page.text)]
    for start, following in zip(starts, [*starts[1:], len(page.text)], strict=False):
        node = page.text[start : min(following, start + _LONGEST_NODE)]
        texts = [html.unescape(match["one"] or match["two"] or "") for match in _LITERAL.finditer(node)]
        name = next((agency for text in texts if (agency := read_agency(text)) is not None), None)
        code = _AREA.search(node) or _BARE_CODE.search(node)
        if name is not None and code is not None:
            yield code["code"], name


def _composed(template: str, agencies: dict[str, str], years: Iterable[str]) -> Iterator[Row]:
    """A row per agency and year, at the address of another with its code and year, parameters in the same order."""
    parts = urlsplit(template)
    pairs = parse_qsl(parts.query, keep_blank_values=True, max_num_fields=60)
    wanted = list(years)
    for area, agency in list(agencies.items())[:_MOST_AGENCIES]:
        for year in wanted or [""]:
            changed = {"area": area} | ({"fbtime": year} if year else {})
            query = [(name, changed.pop(name.lower(), value)) for name, value in pairs]
            address = urlunsplit((parts.scheme, parts.netloc, parts.path, urlencode([*query, *changed.items()]), ""))
            url = resolve(template, address)
            if url is not None:
                yield Row(url, _title(agency), None)


def _title(agency: str | None) -> str:
    return f"{agency or ''}{_COLUMN_TITLE}"
