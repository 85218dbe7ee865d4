"""Cards: rows whose link says only 查看 or nothing at all, and whose title stands beside it in the same box."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from lxml.html import HtmlElement

from parser.labels import squeeze
from parser.titles import judge, read
from spiders import titles
from spiders.addresses import is_file, key
from spiders.families.pages import SILENT, Page, visible
from spiders.links import target

_SAYS_LOOK: Final = re.compile(
    r"^(?:点击|立即|在线)?(?:查看|浏览|阅读|下载|打开|预览)(?:全文|原文|详情|详细|详细信息|年报|年度报告|报告|正文|附件|文件|内容)?$"
    r"|^(?:全文|详情|年报全文|报告全文|全文阅读|全文下载|详细信息)$"
)
_SAYS_MORE: Final = re.compile(
    r"^(?:查看|阅读|了解)?(?:更多|详细|详情|more|detail|view)s?$|^(?:点击|进入|点击进入|链接)$", re.IGNORECASE
)
_SIGNS: Final = "[]【】()（）<>＞»›→·….+＋ "
_LEADING_DAY: Final = re.compile(r"^[\[(（【]?\s*20\d\d\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}日?\s*[\])）】]?\s*")
_LINES: Final = frozenset({"li", "tr", "dd", "dt"})
_HIGHEST = 5  # elements between such a link and the box it belongs to
_LONGEST_TITLE = 200  # characters
_LONGEST_CARD = 500  # characters; a box with more is no card but an article or a page
_MOST_LINKS = 8


@dataclass(frozen=True)
class Card:
    """The box of a link without words, and the one report that the box names."""

    title: str
    box: HtmlElement


def says_look(text: str) -> bool:
    """Whether a link says nothing but 查看, 详情, 下载 and the like."""
    return _SAYS_LOOK.match(squeeze(text).strip(_SIGNS)) is not None


def says_nothing(text: str) -> bool:
    """Whether a link has no words of its own: none, signs, 查看, or 更多."""
    bare = squeeze(text).strip(_SIGNS)
    return not bare or _SAYS_LOOK.match(bare) is not None or _SAYS_MORE.match(bare) is not None


class Cards:
    """The cards of one page; each box is looked at once."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._pages: dict[HtmlElement, tuple[frozenset[str], bool]] = {}
        self._names: dict[HtmlElement, tuple[str, ...]] = {}

    def around(self, link: HtmlElement, url: str) -> Card | None:
        """The card a link without words stands in; None where it stands in none, or in one that leads to several pages."""
        for box in islice(link.iterancestors(), _HIGHEST):
            if box.tag in {"body", "html"}:
                return None
            pages, is_crowded = self._leads_to(box)
            if is_crowded or pages - {key(url)}:
                return None
            named = self.names(box)
            if named:
                return Card(named[0], box) if len(named) == 1 else None
        return None

    def is_file_of_a_page(self, link: HtmlElement, url: str) -> bool:
        """Whether a link without words leads to a file, and another one of its row to the page: 查看, 下载."""
        if not is_file(url):
            return False
        for box in islice(link.iterancestors(), _HIGHEST):
            pages, is_crowded = self._leads_to(box)
            if pages:
                says_so = box.tag in _LINES or "下载" in visible(link) or bool(self.names(box))
                return says_so and not is_crowded and len(pages) == 1
        return False

    def names(self, box: HtmlElement) -> tuple[str, ...]:
        """The reports a box names in words of its own, each once: those with their subject, else bare 2024年年报."""
        if box not in self._names:
            whole = _own_words(self._page, box)
            parts = dict.fromkeys(_parts(self._page, box)) if len(squeeze(whole)) <= _LONGEST_CARD else {}
            full = [part for part in parts if _names_one(part, bare=False)]
            found = full or [part for part in parts if _names_one(part, bare=True)]
            short = [part for part in found if not any(other != part and other in part for other in found)]
            self._names[box] = tuple(dict.fromkeys(short))
        return self._names[box]

    def _leads_to(self, box: HtmlElement) -> tuple[frozenset[str], bool]:
        """The pages that links without words lead to, those with the words of a report too; and whether they are too many.

        In a line of a list a link with other words (解读) stands beside it; in any other box it makes the box a menu.
        """
        if box not in self._pages:
            found: set[str] = set()
            for element in box.iter("a", "area", "button", "input", "li", "tr", "td", "div", "span", "p", "img"):
                url = _leads(self._page, element)
                if url is None or is_file(url):
                    continue
                text = visible(element)
                if box.tag not in _LINES or says_nothing(text) or _names_one(titles.clean(text), bare=True):
                    found.add(key(url))
                if len(found) > _MOST_LINKS:
                    break
            self._pages[box] = frozenset(found), len(found) > _MOST_LINKS
        return self._pages[box]


def _leads(page: Page, element: HtmlElement) -> str | None:
    has_address = element.tag == "a" or any(name in element.attrib for name in ("onclick", "data-url", "data-href"))
    return target(page, element) if has_address else None


def _names_one(text: str, *, bare: bool) -> bool:
    if "报" not in text or len(text) > _LONGEST_TITLE or not judge(text, in_report_column=bare).is_report:
        return False
    return read(text).report_year is not None


def _parts(page: Page, element: HtmlElement) -> Iterator[str]:
    """The words of every element of a box, as titles."""
    for part in element.iter():
        if isinstance(part.tag, str) and part.tag not in SILENT:
            words = _own_words(page, part)
            if len(words) <= 2 * _LONGEST_TITLE:
                yield titles.clean(_LEADING_DAY.sub("", words.strip()))


def _own_words(page: Page, element: HtmlElement) -> str:
    """What an element says without its links and without what is not shown."""
    if element.tag in SILENT or element.tag in {"a", "button"}:
        return ""
    parts = [element.text or ""]
    for child in element.iterchildren():
        parts += [_own_words(page, child) if isinstance(child.tag, str) else "", child.tail or ""]
    return " ".join(part for part in parts if part.strip())
