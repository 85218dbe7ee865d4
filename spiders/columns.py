"""Report columns found from a page: by what links say, by the folders they lead to, and by the units of a directory."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from parser.labels import squeeze
from parser.titles import judge, read
from spiders import titles
from spiders.addresses import folder, is_directory, is_file, key, root, segments, site
from spiders.agencies import read_agency
from spiders.families.addresses import name_of
from spiders.families.pages import Page, visible

# Links
_SAYS_REPORTS = re.compile(r"信息公开(?:工作)?(?:的)?年度?(?:工作)?报(?:告)?")
_MAY_MEAN_REPORTS = re.compile(r"^(?:历年|各年度?|年度)?(?:工作)?(?:年度报告|年报|年度工作报告)(?:专栏|列表)?$")
_SAYS_DISCLOSURE = re.compile(
    r"^(?:法定)?(?:主动)?(?:政府|政务)?信息公开(?:专栏|平台|网|栏目|首页|目录|指南)?$|^政务公开$|^法定主动公开内容$|^信息公开$|^公开$"
)
_OTHER_REPORTS = re.compile(r"网站|报表|法治|依法行政|公积金|统计|预算|决算|质量|绩效|财务|环境|信用|社会责任|权责")
_AGENCY_BEFORE = re.compile(r"^.*(?:局|委|厅|办|院|会|镇|乡|街道|中心|政府)(?=.)")
_UNIT_TREES = re.compile(r"^(?:(?:19|20)\d\d年?度?|\d{2}年|.{2,24})$")

# Folders
_REPORT_FOLDER = re.compile(
    r"^(?:\w*gk\w*n(?:b|dbg|dgzbg)\w*|[a-z]*ndbg(?:_\d+)?|xxganb\w*|nbzl|xinxinianbao|annualreport)$"
)
_LIST_FILE = re.compile(r"^(?:\w*list|index_\d{1,3}|\d{1,3})\.\w{3,5}$")  # xxgk_list.shtml, rlist.shtml, 1.html
ARTICLE_FOLDERS = frozenset({"content_id", "hex_directory", "easysite"})  # families whose articles are folders
_MONTH = re.compile(r"^(?:19|20)\d{4}$")
_DEEPEST_BRANCH = 3  # a column's folder may stand so far above its last one: gknb/2018nb/zxjd2018/
_WEBSITE_FOLDER = re.compile(r"wz\w*(?:ndbb|nb|gzbb|ndbg|jgnb)|ndbb|fzzf|zfjs")
SIBLINGS = frozenset(
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
_UNIT_REPORTS = "ndbg/"  # 年度报告, the column every unit's folder on the sites of 吉林 has beside those siblings


@dataclass(frozen=True)
class ColumnLink:
    """A report column a page leads to. ``guessed``: its address was composed, ``instead`` is the page linked."""

    url: str
    agency: str | None
    guessed: bool = False
    instead: str | None = None


@dataclass(frozen=True)
class _Link:
    url: str
    text: str


def report_columns(page: Page) -> tuple[ColumnLink, ...]:
    """Links to report columns, those that say 信息公开 first and alone where there are any.

    A bare 年度报告 may be the website's annual table, so it counts only where no link says
    more. A unit's link counts if it leads to a folder of reports.
    """
    plain: list[ColumnLink] = []
    doubtful: list[ColumnLink] = []
    here = folder(page.url) if is_report_column(page.url) else None
    for link in _links(page):
        if not _may_be_column(link) or folder(link.url) == here or _is_further_page(page.url, link.url):
            continue  # beside a column's own first page stand its further pages
        found = ColumnLink(link.url, read_agency(link.text))
        if _SAYS_REPORTS.search(link.text) or _is_list_of_reports(link.url):
            plain.append(found)
        elif _MAY_MEAN_REPORTS.match(link.text):
            doubtful.append(found)
    return _unique(plain or doubtful, page)


def unit_columns(page: Page) -> tuple[ColumnLink, ...]:
    """The columns of the units a page of the 吉林 template lists: each unit's folder, then ``ndbg/``."""
    found: list[ColumnLink] = []
    for link in unit_links(page):
        parts = segments(link.url)
        base = folder(link.url)
        if parts and parts[-1] in SIBLINGS:
            base = base[: base.rstrip("/").rfind("/") + 1]
        found.append(ColumnLink(base + _UNIT_REPORTS, link.agency, guessed=True, instead=link.url))
    return _unique(found, page)


def unit_links(page: Page) -> tuple[ColumnLink, ...]:
    """Links whose text is an agency and which lead to a folder of the same site: the unit's own page."""
    found = []
    for link in _links(page):
        agency = read_agency(link.text)
        if agency is None or not is_directory(link.url) or site(link.url) != site(page.url):
            continue
        if (
            link.url != root(page.url)
            and not _is_list_of_reports(link.url)
            and not _WEBSITE_FOLDER.search("/".join(segments(link.url)))
        ):
            found.append(ColumnLink(link.url, agency))
    return _unique(found, page)


def disclosure_pages(page: Page) -> tuple[str, ...]:
    """Pages a portal keeps its disclosure on (政府信息公开, 政务公开): where to look for want of a report column."""
    found = [
        ColumnLink(link.url, None)
        for link in _links(page)
        if _SAYS_DISCLOSURE.match(link.text) and site(link.url) == site(page.url)
    ]
    return tuple(link.url for link in _unique(found, page))


def sub_columns(page: Page) -> tuple[ColumnLink, ...]:
    """Folders below a report column: one per year, per class of units or per unit."""
    here = folder(page.url)
    found = []
    for link in _links(page):
        below = folder(link.url)[len(here) :].strip("/") if folder(link.url).startswith(here) else ""
        if not below or below.count("/") > 1 or not is_directory(link.url) or _MONTH.match(below.rpartition("/")[2]):
            continue
        if name_of(link.url) in ARTICLE_FOLDERS:
            continue
        if _UNIT_TREES.match(link.text) and not _names_other_reports(link.text) and not _names_one_report(link.text):
            found.append(ColumnLink(link.url, read_agency(link.text)))
    return _unique(found, page)


def is_report_column(url: str) -> bool:
    """Whether an address is a list of reports by the names of its folders: the column itself or a branch of it."""
    return name_of(url) not in ARTICLE_FOLDERS and _is_list_of_reports(url, _DEEPEST_BRANCH)


def names_reports(page: Page) -> bool:
    """Whether a page calls itself a report column: by the meta tag ``ColumnName`` or its title; an article is none."""
    if "articletitle" in page.metas:
        return False
    heads = ["".join(element.itertext()) for element in page.tree.iter("title")]
    named = [squeeze(text) for text in (page.metas.get("columnname", ""), *heads)]
    return any(
        _SAYS_REPORTS.search(text) is not None
        and judge(text).is_report
        and not _names_other_reports(text)
        and not _names_one_report(text)
        for text in named
    )


def _is_list_of_reports(url: str, branches: int = 1) -> bool:
    name = urlsplit(url).path.rpartition("/")[2]
    parts = segments(url)
    if not is_directory(url):
        stem = name.partition(".")[0].lower()
        if _REPORT_FOLDER.match(stem) is not None and not _WEBSITE_FOLDER.search(stem):
            return True  # zfxxgknb.htm
        if _LIST_FILE.match(name) is None:
            return False
    if not parts or _MONTH.match(parts[-1]) or any(_WEBSITE_FOLDER.search(part) for part in parts[-branches:]):
        return False
    return any(_REPORT_FOLDER.match(part) for part in parts[-branches:])


def _is_further_page(column: str, url: str) -> bool:
    """Whether a file is a page of VSB's ``zfxxgknb.htm``, which stand below it: ``zfxxgknb/12.htm``."""
    return re.fullmatch(re.escape(re.sub(r"\.html?$", "", column)) + r"/\d{1,3}\.html?", url) is not None


def _may_be_column(link: _Link) -> bool:
    """Not a file, not one report with its year, not the website's table or another field's report."""
    if is_file(link.url) or _names_other_reports(link.text) or _names_one_report(link.text):
        return False
    if any(_WEBSITE_FOLDER.search(part) for part in segments(link.url)[-1:]):
        return False
    verdict = judge(link.text)
    named = _SAYS_REPORTS.search(link.text) is not None
    if named and not verdict.is_report:
        return False  # 年度报告解读, 年度报告制度 …
    return named or is_directory(link.url) or _is_list_of_reports(link.url)


def _names_other_reports(text: str) -> bool:
    """Whether a text names another field's reports; 统计 and 财政 in an agency's own name do not."""
    return "报" in text and _OTHER_REPORTS.search(_AGENCY_BEFORE.sub("", text)) is not None


def _names_one_report(text: str) -> bool:
    return judge(text).is_report and read(text).report_year is not None


def _links(page: Page) -> Iterator[_Link]:
    for element in page.tree.iter("a"):
        url = page.resolve(element.get("href"))
        if url is not None and key(url) != key(page.url):
            yield _Link(url, _text(element))


def _text(element: HtmlElement) -> str:
    return squeeze(titles.whole(visible(element), element.get("title")).text) or squeeze(element.get("title") or "")


def _unique(links: list[ColumnLink], page: Page) -> tuple[ColumnLink, ...]:
    """Each address once, with the agency any of its links names; never the page itself."""
    found: dict[str, ColumnLink] = {}
    for link in links:
        known = found.get(key(link.url))
        if key(link.url) != key(page.url) and (known is None or (known.agency is None and link.agency is not None)):
            found[key(link.url)] = link
    return tuple(found.values())
