"""Rows that say only whose report they are, or of which year: grids of agencies, tables of agencies and years."""

from __future__ import annotations

import re
from itertools import islice
from typing import Final

from lxml.html import HtmlElement

from parser.labels import squeeze
from spiders.addresses import is_directory, is_file, key, plain, site
from spiders.agencies import read_agency, read_division
from spiders.families.addresses import is_article
from spiders.families.cards import Cards, says_look
from spiders.families.pages import Page, visible
from spiders.items import Row
from spiders.links import Link, group, links

_SAYS_A_YEAR: Final = re.compile(r"^[(（\[【]?(?:19|20)\d\d年?度?[)）\]】]?$")
_LINES: Final = frozenset({"tr", "li", "dd", "p"})
_NEAR = 4  # elements between a link and its line
_LEAST = 2  # such links in one group; a single one is a menu's


def read_grid(page: Page) -> tuple[Row, ...]:
    """The links of a column's page whose words name only an agency, a year or 查看, where most of their group do.

    A single one counts where it leads to an article, or where its line says whose or of which year it is.

    Whether what they lead to is a report is for that page to say.
    """
    groups: dict[HtmlElement, list[Link]] = {}
    for link in links(page):
        groups.setdefault(_table(link), []).append(link)
    found: dict[str, Row] = {}
    cards = Cards(page)
    for several in groups.values():
        unnamed = [link for link in several if _may_be_a_report(page, link)]
        unnamed = [
            link for link in unnamed if not (says_look(link.text) and cards.is_file_of_a_page(link.element, link.url))
        ]
        together = len({key(link.url) for link in unnamed}) >= _LEAST and 2 * len(unnamed) >= len(several)
        for link in unnamed if together else [link for link in unnamed if _is_sure(page, link)]:
            address = plain(link.url)
            found.setdefault(key(address), Row(address, link.text, None))
    return tuple(found.values())


def says_no_name(text: str) -> bool:
    """Whether a row's words are an agency, a division, a year or 查看, and nothing else."""
    bare = squeeze(text)
    if _SAYS_A_YEAR.match(bare) or says_look(bare):
        return True
    return read_agency(bare) is not None or read_division(bare) is not None


def _table(link: Link) -> HtmlElement:
    return next(link.element.iterancestors("table", "ul", "ol", "dl"), group(link))


def _is_sure(page: Page, link: Link) -> bool:
    """Whether a single link leads to a report: to an article, or by 查看 beside an agency or a year in one line."""
    if is_article(link.url):
        return site(link.url) == site(page.url)
    if not says_look(link.text):
        return False
    lines = (box for box in islice(link.element.iterancestors(), _NEAR) if box.tag in _LINES)
    words = [part for box in islice(lines, 1) for part in visible(box).split()]
    return any(says_no_name(word) and not says_look(word) for word in words)


def _may_be_a_report(page: Page, link: Link) -> bool:
    if link.element.tag in {"option", "script"} or site(link.url) != site(page.url):
        return False
    if is_directory(link.url) and not is_article(link.url) and not is_file(link.url) and "?" not in link.url:
        return False  # a folder is a column's branch
    return says_no_name(link.text)
