"""Report columns found from a page: by what links say and by the folders they lead to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from parser.labels import squeeze
from parser.titles import judge, read
from spiders import words
from spiders.addresses import folder, is_directory, is_file, key, root, segments, site
from spiders.agencies import read_agency, read_division
from spiders.families.addresses import is_article, name_of
from spiders.families.pages import Page
from spiders.links import Link, group, links
from spiders.words import lists, one_of

# Links
SAYS_REPORTS = re.compile(r"信息公开(?:工作)?(?:的)?年度?(?:工作)?报(?:告)?")
_MAY_MEAN_REPORTS = words.bare_reports()
_MORE = re.compile(r"^[\[(（【]?(?:查看|阅读)?(?:更多|more)[^\u4e00-\u9fff]{0,4}$", re.IGNORECASE)
_KIND_OF_REPORTS = re.compile(r"^(?:.{2,12}?)(?:年报|年度报告)$")  # 县直部门年报, 乡镇年报: below a column of reports
_EARLIER_REPORTS = words.earlier_reports()
_SHORT_NAME = words.short_name()
_OTHER_REPORTS = re.compile(one_of(lists("reports")["other_fields"]))
_SITE_BEHIND = re.compile(r"[-_|—–].*$")  # 年度报告_青禾市人民政府
_MOST_HEADINGS = 40
_SUBSCRIPTION = re.compile(r"订阅|RSS", re.IGNORECASE)
_AGENCY_BEFORE = re.compile(r"^.*(?:局|委|厅|办|院|会|镇|乡|街道|中心|政府)(?=.)")
_UNIT_TREES = re.compile(r"^(?:(?:19|20)\d\d年?度?|\d{2}年|.{2,24})$")

_SAYS_A_YEAR = re.compile(
    r"^(?:19|20)\d\d年?度?(?:(?:及|及其)?(?:以前|之前|以来|以后))?(?:年报)?$|^(?:往年|历年|更早|历史)$"
)

# Folders
_REPORT_FOLDER = re.compile(
    r"^(?:(?>\w*?gk)(?>\w*?n(?:b|dbg|dgzbg))\w*|[a-z]*ndbg(?:_\d+)?|xxganb\w*|nbzl|xinxinianbao|annualreport)$"
)
_LIST_FILE = re.compile(r"^(?:\w*list|index_\d{1,3}|\d{1,3})\.\w{3,5}$")  # xxgk_list.shtml, rlist.shtml, 1.html
ARTICLE_FOLDERS = frozenset({"content_id", "hex_directory", "easysite"})  # families whose articles are folders
_SHORT_FOLDER = re.compile(r"^nb(?:_?\d+)?$")  # 年报, where it stands below a folder of disclosure
_DISCLOSURE_FOLDER = re.compile(r"gk")
_MONTH = re.compile(r"^(?:19|20)\d{4}$")
_LONGER_THAN_A_TAB = 8  # characters
_NEAR = 4  # elements between 更多 and the block whose rows it continues
_DEEPEST_BRANCH = 3  # a column's folder may stand so far above its last one: gknb/2018nb/zxjd2018/
_WEBSITE_FOLDER = re.compile(r"wz\w{0,40}(?:ndbb|nb|gzbb|ndbg|jgnb)|ndbb|fzzf|zfjs")


@dataclass(frozen=True)
class ColumnLink:
    """A report column a page leads to.

    ``guessed``: its address was composed, ``instead`` is the page linked. ``doubtful``: its link says 年度报告 and not of
    what; a column that then holds other reports only was none.
    """

    url: str
    agency: str | None
    guessed: bool = False
    instead: str | None = None
    doubtful: bool = False


def report_columns(page: Page) -> tuple[ColumnLink, ...]:
    """Links to report columns: those that say 信息公开, those that lead to a folder of reports, and bare 年度报告.

    A bare 年度报告 may be the website's annual table, so it counts only where no link beside it says more.
    """
    plain: list[ColumnLink] = []
    doubtful: list[tuple[ColumnLink, HtmlElement]] = []
    menus: set[HtmlElement] = set()
    here = folder(page.url) if is_report_column(page.url) else None
    for link in links(page):
        if not _may_be_column(link) or folder(link.url) == here or _is_further_page(page.url, link.url):
            continue  # beside a column's own first page stand its further pages
        if SAYS_REPORTS.search(link.text) or is_list_of_reports(link.url):
            plain.append(ColumnLink(link.url, read_agency(link.text)))
            menus.add(group(link))
        elif _MORE.match(link.text):
            if _stands_by_reports(link):
                plain.append(ColumnLink(link.url, None, doubtful=True))
        elif _MAY_MEAN_REPORTS.match(link.text):
            doubtful.append((ColumnLink(link.url, None, doubtful=True), group(link)))
    return unique([*plain, *(link for link, menu in doubtful if menu not in menus)], page)


def sub_columns(page: Page) -> tuple[ColumnLink, ...]:
    """Folders below a report column, one per year, per class of units or per unit; and where its other years stand."""
    here = folder(page.url) if is_directory(page.url) else re.sub(r"\.\w+$", "/", page.url)  # zfxxgknb.htm
    tree = None if key(here) == key(root(page.url)) or urlsplit(page.url).query else here
    found = []
    of_units = _choices_of_units(page)
    for link in links(page):
        if key(link.url) in of_units or _leads_to_other_reports(page, link):
            found.append(ColumnLink(link.url, read_agency(link.text)))
            continue
        if is_file(link.url):
            continue
        below = folder(link.url)[len(tree) :].strip("/") if tree and folder(link.url).startswith(tree) else ""
        if not below or below.count("/") > 1 or not is_directory(link.url) or _MONTH.match(below.rpartition("/")[2]):
            continue
        if name_of(link.url) in ARTICLE_FOLDERS:
            continue
        if _UNIT_TREES.match(link.text) and not _names_other_reports(link.text) and not _names_one_report(link.text):
            found.append(ColumnLink(link.url, read_agency(link.text)))
    return unique(found, page)


def _leads_to_other_reports(page: Page, link: Link) -> bool:
    """Whether a link on a column's page leads to another part of it, wherever on the site that stands.

    That is a year (2023年), earlier reports (历史年报), or those of a kind of units (乡镇年报).
    """
    if site(link.url) != site(page.url) or is_file(link.url) or is_article(link.url):
        return False
    if _names_other_reports(link.text) or _names_one_report(link.text):
        return False
    if _SAYS_A_YEAR.match(link.text) or _EARLIER_REPORTS.match(link.text):
        return True
    return _KIND_OF_REPORTS.match(link.text) is not None and judge(link.text, in_report_column=True).is_report


def _choices_of_units(page: Page) -> frozenset[str]:
    """The keys of the column's own address asked for one unit each: agencies, and what stands among several of them."""
    here = urlsplit(page.url)
    menus: dict[tuple[HtmlElement, str], list[Link]] = {}
    for link in links(page):
        there = urlsplit(link.url)
        if there[:3] == here[:3] and there.query:
            menus.setdefault((group(link), re.sub(r"=[^&]*", "=", there.query)), []).append(link)
    found: set[str] = set()
    for several in menus.values():
        named = [link for link in several if read_agency(link.text) or read_division(link.text)]
        found.update(key(link.url) for link in named if len(named) > 1 or read_agency(link.text))
        if len(named) > 1 and 2 * len(named) >= len(several):
            found.update(key(link.url) for link in several if _SHORT_NAME.match(link.text))
    return frozenset(found)


def _stands_by_reports(link: Link) -> bool:
    """Whether a link (更多) stands in a block that shows reports."""
    for block, _ in zip(link.element.iterancestors(), range(_NEAR), strict=False):
        beside = [element for element in block.iter("a") if element is not link.element]
        titles = [squeeze(element.get("title") or "".join(element.itertext())) for element in beside]
        if any(_names_one_report(text) for text in titles):
            return 2 * sum(map(_names_one_report, titles)) >= len(titles)
        if any(len(text) >= _LONGER_THAN_A_TAB for text in titles):
            return any(SAYS_REPORTS.search(text) for text in titles)
    return False


def is_report_column(url: str) -> bool:
    """Whether an address is a list of reports by the names of its folders: the column itself or a branch of it."""
    return name_of(url) not in ARTICLE_FOLDERS and is_list_of_reports(url, _DEEPEST_BRANCH)


def names_reports(page: Page) -> bool:
    """Whether a page calls itself a report column: by the meta tag ``ColumnName`` or its title; an article is none."""
    if "articletitle" in page.metas:
        return False
    heads = ["".join(element.itertext()) for element in page.tree.iter("title")]
    named = [squeeze(text) for text in (page.metas.get("columnname", ""), *heads)]
    return any(
        SAYS_REPORTS.search(text) is not None
        and judge(text).is_report
        and not _names_other_reports(text)
        and not _names_one_report(text)
        for text in named
    )


def may_name_reports(page: Page) -> bool:
    """Whether a page's title or a heading is nothing but 年度报告 (perhaps of another field) or 政府信息公开年报.

    A page that leads to a column of reports only has a block for it.
    """
    heads = [element for tag in ("title", "h1", "h2", "h3") for element in page.tree.iter(tag)]
    named = [_SITE_BEHIND.sub("", squeeze("".join(element.itertext()))) for element in heads[:_MOST_HEADINGS]]
    return any(map(_names_a_column, named)) and not report_columns(page)


def _names_a_column(text: str) -> bool:
    if _MAY_MEAN_REPORTS.match(text) is not None:
        return True
    says_so = SAYS_REPORTS.fullmatch(text.removeprefix("政府").removeprefix("政务")) is not None
    return says_so and judge(text).is_report and not _names_other_reports(text)


def is_list_of_reports(url: str, branches: int = 1) -> bool:
    """Whether one of the last folders of a list's address is named after reports."""
    name = urlsplit(url).path.rpartition("/")[2]
    parts = segments(url)
    if not is_directory(url):
        stem = name.partition(".")[0].lower()
        if _REPORT_FOLDER.match(stem) is not None and not leads_to_the_websites_table(stem):
            return True  # zfxxgknb.htm
        if _LIST_FILE.match(name) is None:
            return False
    if not parts or _MONTH.match(parts[-1]) or any(leads_to_the_websites_table(part) for part in parts[-branches:]):
        return False
    if any(_REPORT_FOLDER.match(part) for part in parts[-branches:]):
        return True
    return len(parts) > 1 and bool(_SHORT_FOLDER.match(parts[-1]) and _DISCLOSURE_FOLDER.search(parts[-2]))


def _is_further_page(column: str, url: str) -> bool:
    """Whether a file is a page of VSB's ``zfxxgknb.htm``, which stand below it: ``zfxxgknb/12.htm``."""
    return re.fullmatch(re.escape(re.sub(r"\.html?$", "", column)) + r"/\d{1,3}\.html?", url) is not None


def _may_be_column(link: Link) -> bool:
    """Not a file, not one report with its year, not the website's table or another field's report."""
    if is_file(link.url) or _names_other_reports(link.text) or _names_one_report(link.text):
        return False
    if _SUBSCRIPTION.search(link.text):
        return False
    if any(leads_to_the_websites_table(part) for part in segments(link.url)[-1:]):
        return False
    verdict = judge(link.text)
    named = SAYS_REPORTS.search(link.text) is not None
    if named and not verdict.is_report:
        return False  # 年度报告解读, 年度报告制度 …
    if named or is_directory(link.url) or is_list_of_reports(link.url):
        return True
    return _MAY_MEAN_REPORTS.match(link.text) is not None and not is_article(link.url)


def _names_other_reports(text: str) -> bool:
    """Whether a text names another field's reports; 统计 and 财政 in an agency's own name do not."""
    return "报" in text and _OTHER_REPORTS.search(_AGENCY_BEFORE.sub("", text)) is not None


def _names_one_report(text: str) -> bool:
    return judge(text).is_report and read(text).report_year is not None


def leads_to_the_websites_table(folder_name: str) -> bool:
    """Whether a folder is named after the annual table of the website (政府网站年度报表)."""
    return _WEBSITE_FOLDER.search(folder_name) is not None


def unique(found_links: list[ColumnLink], page: Page) -> tuple[ColumnLink, ...]:
    """Each address once, with the agency any of its links names; never the page itself."""
    found: dict[str, ColumnLink] = {}
    for link in found_links:
        known = found.get(key(link.url))
        if key(link.url) != key(page.url) and (known is None or (known.agency is None and link.agency is not None)):
            found[key(link.url)] = link
    return tuple(found.values())
