"""Rows of a list, each with its address, full title and date: from the links of a page and what stands around them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Final

from lxml.html import HtmlElement

from parser.labels import squeeze
from parser.titles import judge, read
from spiders import titles
from spiders.addresses import is_directory, is_file, plain
from spiders.columns import ARTICLE_FOLDERS, is_report_column
from spiders.dates import read_cell, read_line
from spiders.families.addresses import name_of
from spiders.families.arrays import read_arrays
from spiders.families.cards import Cards, says_nothing
from spiders.families.pages import Page, read_markup, visible
from spiders.items import Row
from spiders.links import ESCAPED, WRITTEN, links, target

_BOXES: Final = frozenset({"li", "tr", "dd", "dt"})
_NESTS: Final = frozenset({"ul", "ol", "table", "dl"})
_LISTS_TOO = frozenset({"ah_annualreport"})  # families whose lists have an article's address
_CROWD = 8  # a tr or li with links to more addresses than this is layout, no row
_SHORTEST = 4  # characters of a title; shorter links are 更多, 下页, page numbers
# Rows of Hanweb's datastore: their markup stands as text in the page, as that of a script that writes its rows (old 海淀).
_RECORD = re.compile(
    r"<record>\s*<!\[CDATA\[(?P<markup>(?:(?!<record\b).){0,20000}?)\]\]>\s*</record>", re.DOTALL | re.IGNORECASE
)
# A day that closes a link's own words: 年度报告（2026-01-29）.
_CLOSING_DAY = re.compile(r"(?:(?:19|20)\d\d\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}\s*日?)(?=[\s\])）】]*$)")
# The year and the day in two elements: 2026 | 01-29, or the other way round.
_SPLIT_DAY = re.compile(
    r"(?:(?P<year>20\d\d)年?\s+(?P<day>\d{1,2}[-/.]\d{1,2})|(?P<day_first>\d{1,2}[-/.]\d{1,2})\s+(?P<year_last>20\d\d))$"
)
# What opens an address by script: a handler, an attribute that a handler reads, a link that is a call.
_OPENS = re.compile(r"onclick|data-(?:url|href|link)|javascript:\s*[\w.]+\s*\(\s*['\"]", re.IGNORECASE)
_UNSEEN: Final = frozenset({"template", "textarea"})
_LONGEST_DAY = 40  # characters of such a day with its brackets


def read_rows(page: Page, places: Sequence[str] = ()) -> tuple[Row, ...]:
    """The rows of a page, each address once, in order.

    ``places`` are selectors of the list itself, best first: the first that holds a report's row decides; where none
    does, every link of the page is looked at. A link is a row if its title is a report's, if a date stands beside it,
    or if its address is an article's.
    """
    for place in places:
        found = _unique(row for element in page.select(place) for row in _rows_in(page, element))
        if any(judge(row.title, in_report_column=True).is_report for row in found):
            return found
    shown = _unique([*_rows_in(page, page.tree), *_written_rows(page), *_opened_rows(page)])
    if page.asked is not None or any(map(_is_one_report, shown)):
        return shown
    return _unique([*shown, *read_arrays(page)])


def is_column_name(title: str) -> bool:
    """Whether a text only names a column (政府信息公开年报): a report's words without a year or a publisher."""
    parts = read(title)
    return parts.report_year is None and parts.publisher is None


def _is_one_report(row: Row) -> bool:
    return judge(row.title, in_report_column=True).is_report and not is_column_name(row.title)


def _rows_in(page: Page, root: HtmlElement) -> Iterator[Row]:
    taken: set[HtmlElement] = set()
    named = is_report_column(page.url)
    counted: dict[HtmlElement, int] = {}  # so that a page of one link repeated a thousand times costs no million steps
    cards = Cards(page)
    for link in root.iter("a"):
        url = page.resolve(link.get("href"))
        if url is None or _is_unseen(link):
            continue
        title = titles.whole(_link_text(link), link.get("title"))
        card = None
        if says_nothing(title.text):
            if cards.is_file_of_a_page(link, url):
                continue  # the file of a row that has a page
            card = cards.around(link, url)
        box = card.box if card is not None else _box(page, link, counted)
        if box in taken or (box.tag in _BOXES and _inside_a_row(box, taken)):
            continue  # the row's second link: a download, or the 解读 nested below it
        row = _row(url, link, box, title if card is None else titles.LinkTitle(card.title, cut=False), in_column=named)
        if row is not None:
            taken.add(box)
            yield row


def _row(url: str, link: HtmlElement, box: HtmlElement, title: titles.LinkTitle, *, in_column: bool) -> Row | None:
    if len(title.text) < _SHORTEST:
        return None
    day = _date_beside(link, box) or _closing_day(link)
    address = plain(url)
    is_row = day is not None or (in_column and title.cut and not is_directory(address))  # a menu's words are not cut
    if not is_row and not _leads_to_an_article(address, title.text, in_column=in_column):
        return None
    return Row(address, title.text, day, title.cut)


def _leads_to_an_article(address: str, title: str, *, in_column: bool) -> bool:
    """Whether a link without a date beside it is a row: by its title, or by an address of articles or files.

    政府信息公开年报 in a menu leads to a column and names no year, be the column a folder or a file (1.html); a folder that
    is one report has the year in its title.
    """
    by_address = not is_directory(address) and (name_of(address) is not None or is_file(address))
    if not judge(title).is_report:
        return by_address
    if read(title).report_year is None and is_report_column(address) and not is_file(address):
        return False  # 部门信息公开年报 at bmxxgknb/1.html
    if is_directory(address):
        return read(title).report_year is not None or name_of(address) in ARTICLE_FOLDERS
    is_plain = by_address and name_of(address) not in _LISTS_TOO
    return in_column or is_plain or not is_column_name(title)


def _box(page: Page, link: HtmlElement, counted: dict[HtmlElement, int]) -> HtmlElement:
    """The element that is the link's row: its li, tr or dd, else what surrounds it and leads nowhere else."""
    for ancestor in link.iterancestors():
        if ancestor.tag in _BOXES:
            if _leads_to(page, ancestor, counted) <= _CROWD:
                return ancestor
            break
    box = link
    for ancestor in link.iterancestors():
        if ancestor.tag in {"body", "html"} or _leads_to(page, ancestor, counted) > 1:
            break
        box = ancestor
    return box


def _leads_to(page: Page, element: HtmlElement, counted: dict[HtmlElement, int]) -> int:
    """How many addresses the links inside lead to, those of a list nested inside not counted."""
    if element in counted:
        return counted[element]
    found: set[str | None] = set()
    for link in element.iter():
        if link.tag != "a" and "onclick" not in link.attrib:
            continue
        url = page.resolve(link.get("href")) if link.tag == "a" else target(page, link)
        if url not in found and not _nested(link, element):
            found.add(url)
        if len(found) > _CROWD:
            break
    counted[element] = len(found - {None})
    return counted[element]


def _inside_a_row(box: HtmlElement, taken: set[HtmlElement]) -> bool:
    return any(ancestor in taken for ancestor in box.iterancestors())


def _nested(element: HtmlElement, box: HtmlElement) -> bool:
    """Whether an element stands in a list of its own below the row."""
    for ancestor in element.iterancestors():
        if ancestor is box:
            return False
        if ancestor.tag in _NESTS and box.tag in _BOXES:
            return True
    return False


def _link_text(link: HtmlElement) -> str:
    """The link's words; a date in an element of its own inside the link is none of them."""
    text = visible(link)
    for element in link.iterdescendants():
        inner = visible(element)
        if inner.strip() and read_cell(inner) is not None:
            text = text.replace(inner, " ")
    return text


def _date_beside(link: HtmlElement, box: HtmlElement) -> date | None:
    """The last element of the row that is nothing but a date; else a date in what the row says beside its links."""
    alone: date | None = None
    for element in box.iter():
        if element is box or element is link or not isinstance(element.tag, str) or _nested(element, box):
            continue
        day = read_cell(" ".join(map(str, element.itertext())))  # a day may stand in an element of its own
        alone = day if day is not None else alone
    if alone is not None:
        return alone
    if box.tag == "dt":
        return read_line(_beside(box)) or _in_its_description(box)
    beside = _after(link) if box is link else _beside(box)
    split = _SPLIT_DAY.match(beside.strip())
    if split is not None:
        return read_cell(f"{split['year'] or split['year_last']}-{split['day'] or split['day_first']}")
    return read_line(beside)


def _in_its_description(term: HtmlElement) -> date | None:
    """The date in the ``dd`` that stands behind a ``dt`` and leads nowhere itself."""
    following = term.getnext()
    if following is None or following.tag != "dd" or next(following.iter("a"), None) is not None:
        return None
    return read_line(_beside(following))


def _closing_day(link: HtmlElement) -> date | None:
    found = _CLOSING_DAY.search(visible(link).strip()[-_LONGEST_DAY:])
    return read_cell(found.group()) if found is not None else None


def _after(link: HtmlElement) -> str:
    """What stands between a link and the next one or the line's end, in a list without elements for its rows."""
    parts = [link.tail or ""]
    for element in link.itersiblings():
        if element.tag in {"a", "br", "p", "div", *_BOXES, *_NESTS}:
            break
        parts += [visible(element), element.tail or ""]
    return " ".join(parts)


def _beside(box: HtmlElement) -> str:
    """The row's own words, without links, scripts and nested lists."""
    parts = [box.text or ""] if box.tag != "a" else []
    for element in box.iterchildren():
        if isinstance(element.tag, str) and element.tag not in {"a", "script", "style", *_NESTS}:
            parts.append(_beside(element))
        parts.append(element.tail or "")
    return " ".join(part.strip() for part in parts if part.strip())


def _opened_rows(page: Page) -> Iterator[Row]:
    """Reports that a click opens by script: a card with a handler, a link without an address of its own."""
    cards = Cards(page)
    for link in links(page) if _OPENS.search(page.text) is not None else ():
        element = link.element
        if element.tag in {"area", "option", "script"} or _is_unseen(element):
            continue
        if element.tag == "a" and page.resolve(element.get("href")) is not None:
            continue
        title, box = titles.clean(link.text), element
        if element.tag == "a" or says_nothing(title):
            box = next((ancestor for ancestor in element.iterancestors() if ancestor.tag in _BOXES), element)
        named = cards.names(element)
        card = cards.around(element, link.url) if says_nothing(title) else None
        if len(named) == 1:
            title = named[0]
        elif card is not None:
            title, box = card.title, card.box
        if judge(title).is_report and read(title).report_year is not None:
            yield Row(plain(link.url), title, _date_beside(element, box) or _closing_day(element))


def _is_unseen(element: HtmlElement) -> bool:
    """Whether an element is a template's or a form's text, which no reader sees as a link."""
    return any(ancestor.tag in _UNSEEN for ancestor in element.iterancestors())


def _written_rows(page: Page) -> Iterator[Row]:
    """Rows that stand as text inside scripts."""
    for pattern in (WRITTEN, _RECORD):
        for match in pattern.finditer(page.text):
            if "<a" not in match["markup"].lower():
                continue
            markup = ESCAPED.sub(r"\1", match["markup"])
            wrapped = f"<table><tr>{markup}</tr></table>" if re.match(r"\s*<td", markup) else f"<div>{markup}</div>"
            yield from _rows_in(page, read_markup(wrapped))


def _unique(rows: Sequence[Row] | Iterator[Row]) -> tuple[Row, ...]:
    """Each address once: its first row, with the date and longer title a later one may bring."""
    found: dict[str, Row] = {}
    for row in rows:
        known = found.get(row.url)
        if known is None:
            found[row.url] = row
        else:
            fuller = row if len(squeeze(row.title)) > len(known.title) else known
            found[row.url] = replace(fuller, listed_on=known.listed_on or row.listed_on)
    return tuple(found.values())
