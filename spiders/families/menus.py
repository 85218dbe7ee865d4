"""What a page's headings, crumbs and menu say of it, for lists whose address says nothing."""

from __future__ import annotations

import re
from typing import Final

from parser.labels import squeeze
from parser.titles import judge
from spiders.addresses import key
from spiders.columns import names_reports
from spiders.families.pages import Page, visible
from spiders.families.rows import is_column_name

_SAYS_REPORTS = re.compile(r"信息公开(?:工作)?(?:的)?年度?(?:工作)?报(?:告)?")
_HEADINGS: Final = "h1, h2, h3, h4, [class*=crumb] a, [class*=location] a, [class*=position] a, [class*=title]"
_LONGEST = 40  # characters of a column's name with its agency's
_MOST = 100  # headings that are looked at


def is_of_reports(page: Page) -> bool:
    """Whether a heading names the column of reports, or the menu's link to it leads to the page itself."""
    headings = (visible(element) for element in page.select(_HEADINGS)[:_MOST])
    if names_reports(page) or any(map(_names_the_column, headings)):
        return True
    links = (link for link in page.tree.iter("a") if _names_the_column(visible(link)))
    return any((url := page.resolve(link.get("href"))) is not None and key(url) == key(page.url) for link in links)


def _names_the_column(text: str) -> bool:
    """政府信息公开年报, with or without an agency; neither one report nor 年度报告解读 and the like."""
    name = squeeze(text)
    if len(name) > _LONGEST or _SAYS_REPORTS.search(name) is None:
        return False
    rest = _SAYS_REPORTS.sub("", name)
    return judge(name).is_report and (is_column_name(name) or not re.search(r"(?:19|20)\d\d", rest))
