"""Rows that say only whose report they are, or of which year: grids of agencies, tables of agencies and years."""

from __future__ import annotations

import re
from typing import Final

from lxml.html import HtmlElement

from parser.labels import squeeze
from spiders.addresses import is_directory, is_file, key, plain, site
from spiders.agencies import read_agency, read_division
from spiders.families.addresses import is_article
from spiders.families.pages import Page
from spiders.items import Row
from spiders.links import Link, group, links

_SAYS_A_YEAR: Final = re.compile(r"^[(（\[【]?(?:19|20)\d\d年?度?[)）\]】]?$")
_SAYS_LOOK: Final = re.compile(
    r"^[\[【(（]?(?:点击)?(?:查看|浏览|阅读|下载|打开)(?:全文|详情|详细|年报|报告|正文|附件)?[\]】)）]?$|^(?:全文|详情|年报全文)$"
)
_LEAST = 2  # such links in one group; a single one is a menu's


def read_grid(page: Page) -> tuple[Row, ...]:
    """The links of a column's page whose words name only an agency, a year or 查看, where most of their group do.

    Whether what they lead to is a report is for that page to say.
    """
    groups: dict[HtmlElement, list[Link]] = {}
    for link in links(page):
        groups.setdefault(_table(link), []).append(link)
    found: dict[str, Row] = {}
    for several in groups.values():
        unnamed = [link for link in several if _may_be_a_report(page, link)]
        together = len({key(link.url) for link in unnamed}) >= _LEAST and 2 * len(unnamed) >= len(several)
        for link in unnamed if together else [link for link in unnamed if _is_an_article(page, link)]:
            address = plain(link.url)
            found.setdefault(key(address), Row(address, link.text, None))
    return tuple(found.values())


def says_no_name(text: str) -> bool:
    """Whether a row's words are an agency, a division, a year or 查看, and nothing else."""
    bare = squeeze(text)
    if _SAYS_A_YEAR.match(bare) or _SAYS_LOOK.match(bare):
        return True
    return read_agency(bare) is not None or read_division(bare) is not None


def _table(link: Link) -> HtmlElement:
    return next(link.element.iterancestors("table", "ul", "ol", "dl"), group(link))


def _is_an_article(page: Page, link: Link) -> bool:
    return is_article(link.url) and site(link.url) == site(page.url)


def _may_be_a_report(page: Page, link: Link) -> bool:
    if link.element.tag in {"option", "script"} or site(link.url) != site(page.url):
        return False
    if is_directory(link.url) and not is_article(link.url) and not is_file(link.url) and "?" not in link.url:
        return False  # a folder is a column's branch
    return says_no_name(link.text)
