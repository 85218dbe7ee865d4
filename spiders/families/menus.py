"""What a page's headings, crumbs and menu say of it, for lists whose address says nothing."""

from __future__ import annotations

import re
from itertools import islice
from typing import Final

from parser.labels import squeeze
from parser.titles import judge
from spiders.addresses import key
from spiders.agencies import read_agency
from spiders.columns import SAYS_REPORTS, ColumnLink, is_report_column, names_reports, unique
from spiders.families.pages import Page, visible
from spiders.families.rows import is_column_name
from spiders.families.turning import chosen_page
from spiders.links import links

_HEADINGS: Final = "h1, h2, h3, h4, [class*=crumb] a, [class*=location] a, [class*=position] a, [class*=title]"
_FILE = re.compile(r"(?<!/index)(?P<ending>\.s?html?)$")
_YEAR = re.compile(r"^(?:19|20)\d\d年?度?$")
_LONGEST_BRANCH = 24  # characters of what a branch is called: a year, a kind of agencies, an agency
_LONGEST = 40  # characters of a column's name with its agency's
_MOST = 100  # headings that are looked at


def is_of_reports(page: Page) -> bool:
    """Whether a heading names the column of reports, or the menu's link to it leads to the page itself."""
    headings = (visible(element) for element in page.select(_HEADINGS)[:_MOST])
    if names_reports(page) or any(map(_names_the_column, headings)):
        return True
    named = (link for link in page.tree.iter("a") if _names_the_column(visible(link)))
    return any((url := page.resolve(link.get("href"))) is not None and key(url) == key(page.url) for link in named)


def branches_of_file(page: Page) -> tuple[ColumnLink, ...]:
    """The branches of a report column that is a file: ``zfxxgknb/bm.htm`` below ``zfxxgknb.htm``; numbers are its pages."""
    own = _FILE.search(page.url)
    if own is None or not is_report_column(page.url):
        return ()
    below = re.compile(rf"{re.escape(page.url[: own.start()])}/(?!\d+\.)[\w-]{{1,60}}{re.escape(own['ending'])}")
    found = [
        ColumnLink(link.url, read_agency(link.text))
        for link in links(page)
        if below.fullmatch(link.url) and 1 < len(link.text) <= _LONGEST_BRANCH and not _names_one_report(link.text)
    ]
    return unique(found, page)


def chosen_years(page: Page) -> tuple[ColumnLink, ...]:
    """The other years of a report column that a drop-down's script leads to."""
    if not is_report_column(page.url) and not names_reports(page):
        return ()
    years = (option for option in page.tree.iter("option") if _YEAR.match(squeeze(visible(option))))
    urls = (url for option in islice(years, _MOST) if (url := chosen_page(page, option)) is not None)
    return unique([ColumnLink(url, None) for url in urls], page)


def _names_one_report(text: str) -> bool:
    return judge(text).is_report and not is_column_name(text)


def _names_the_column(text: str) -> bool:
    """政府信息公开年报, with or without an agency; neither one report nor 年度报告解读 and the like."""
    name = squeeze(text)
    if len(name) > _LONGEST or SAYS_REPORTS.search(name) is None:
        return False
    rest = SAYS_REPORTS.sub("", name)
    return judge(name).is_report and (is_column_name(name) or not re.search(r"(?:19|20)\d\d", rest))
