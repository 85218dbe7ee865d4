"""Rosters: pages on which an authority says which units published their annual reports of a year (年报公布情况).

A unit is taken only where its name stands alone in a place that is one's: a column of units, a link, a line before an
address. What is laid out otherwise gives no units, and the roster says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from itertools import takewhile
from typing import Final

from lxml import etree

from parser.dates import find_dates
from parser.documents.encoding import decode
from parser.documents.shown import is_content
from parser.hints import Hints
from parser.labels import squeeze
from parser.roster_markup import (
    Anchor,
    Line,
    LinkedCell,
    address,
    lines,
    printed_address,
    table_rows,
    without_addresses,
    words,
)
from parser.roster_words import Heads, head, is_mark, is_mute, level, numbers, status, unit_name
from parser.titles import judge, shorten
from parser.titles import read as read_title

CLASS: Final = "公布情况"  # of look-alikes (look_alikes.toml)
MAX_UNITS: Final = 5_000  # a province with all its towns has fewer; a page that names more is no roster
_LEAST_LINES = 3  # units in lines; fewer are the links of an article
_HEADER_ROWS = 8  # a table's header stands in one of its first rows
_LONGEST_SAID = 100
_HEADINGS = ("h1", "h2", "h3", "h4", "ucaptitle")
_LONGEST_HEADING = 120
_MOST_INSIDE = 4  # elements in one that holds a title alone
_INFO = re.compile(
    r"^[【\[（(]?(?:信息|文章)?(?:来源|(?:发布|公开|发文|更新)(?:时间|日期|机构|单位|于)|日期|时间|字号|字体|浏览|点击|阅读|分享|打印|作者|责任编辑|编辑|索引号|文号|大中小|视力"
    r"|(?:19|20)\d\d[-/.年]\d{1,2}[-/.月]\d{1,2}日?(?:\d{1,2}:\d\d(?::\d\d)?)?(?:$|来源|浏览|字|点击|作者|阅读))"
)  # what stands between a title and its text
_LEADS_TO_PAGES = re.compile(r"^https?://[^/]+$|/(?:(?:index|default|list|main)\w*\.\w+)?(?:[?#].*)?$", re.IGNORECASE)
_FOOT = re.compile(
    r"^(?:上一篇|下一篇|上一条|下一条|【?(?:打印|关闭)|扫一扫|分享到|相关(?:链接|阅读|文章|信息|新闻)|版权所有|主办单位|主办[:：]|承办|网站标识码|友情链接|返回顶部)"
)


class Layout(StrEnum):
    """How a roster sets out its units."""

    TABLE = "table"
    LINES = "lines"


@dataclass(frozen=True)
class RosterUnit:
    """A unit that a roster names. ``link`` is an address as written there, ``said`` what stands beside it, as printed."""

    name: str
    link: str | None = None
    listed_on: date | None = None
    said: str | None = None


@dataclass(frozen=True)
class Roster:
    """What a roster says. ``layout`` is null, and ``notes`` say why, where no unit could be read.

    ``expected`` (应公布), ``published``, ``on_time`` and ``late`` are the numbers of its prose, null where it has none.
    """

    title: str
    report_year: int
    units: tuple[RosterUnit, ...] = ()
    layout: Layout | None = None
    expected: int | None = None
    published: int | None = None
    on_time: int | None = None
    late: int | None = None
    notes: tuple[str, ...] = ()


@dataclass
class _Found:
    units: list[RosterUnit] = field(default_factory=list)
    nameless: int = 0  # rows of which the place of the unit's name holds something else


def is_roster(title: str) -> bool:
    """Whether a title is that of a roster, and names the year whose reports it is about."""
    return judge(shorten(title)).reason == CLASS and read_title(shorten(title)).report_year is not None


def read(page: bytes | str, hints: Hints | None = None) -> Roster | None:
    """The roster a page is, or null for any other page.

    ``hints`` as :func:`parser.parse` takes them: ``page_title`` and ``listed_title`` tell a roster whose page names it badly.
    """
    known = hints if hints is not None else Hints()
    text = page if isinstance(page, str) else decode(page, known.charset, known.encoding)[0]
    return read_tree(_tree(text), known)


def read_tree(tree: etree._Element, hints: Hints, body: etree._Element | None = None) -> Roster | None:
    """As :func:`read`, of a page whose tree is at hand; ``body`` is the element of its text, where that is known."""
    if hints.page_title is not None and judge(shorten(hints.page_title)).is_report:
        return None
    title, heading = _title(tree, hints)
    year = read_title(title).report_year if title is not None else None
    if title is None or year is None:
        return None
    found, taken = _Found(), set()
    for table in tree.iter("table"):
        if _from_table(table_rows(table), year, found):
            taken.add(table)
    told = _article(body, heading, frozenset(taken))
    layout: Layout | None = Layout.TABLE if found.units else None
    if not found.units:
        found.units = _from_lines(told, year)
        if body is None and all(map(_may_be_a_menus, found.units)):
            found.units = []
        layout = Layout.LINES if found.units else None
    units = list(dict.fromkeys(found.units))
    prose = numbers(squeeze(line.text) for line in told if unit_name(line.text) is None)
    return Roster(title, year, tuple(units[:MAX_UNITS]), layout, **prose, notes=tuple(_notes(found, len(units))))


def _notes(found: _Found, units: int) -> Iterator[str]:
    if not units:
        yield "it names no units in a way that is understood"
    if found.nameless:
        yield f"{found.nameless} of its rows name no agency"
    if units > MAX_UNITS:
        yield f"it names {units} units, and no more than {MAX_UNITS} are taken"


# The title


def _title(tree: etree._Element, hints: Hints) -> tuple[str | None, etree._Element | None]:
    """The title of a roster, and the last element that prints it; the text stands behind that one."""
    given = [text for text in (hints.page_title, hints.listed_title) if text is not None]
    headings = [words(element) for tag in _HEADINGS for element in tree.iter(tag)]
    titles = [words(element) for element in tree.iter("title")]
    candidates = (shorten(text) for text in (*given, *headings, *titles) if len(text) <= _LONGEST_HEADING)
    title = next((text for text in candidates if is_roster(text)), None)
    if title is None:
        return None, None
    printing = None
    for element in tree.iter():
        if element.tag not in {"a", "title", "option", "script"} and _prints(element, title):
            printing = element
    return title, printing


def _prints(element: etree._Element, title: str) -> bool:
    """Whether an element holds a title and nothing else; only small ones are looked at."""
    if len(element) > _MOST_INSIDE:
        return False
    size = 0
    for text in element.itertext():
        size += len(text)
        if size > 4 * _LONGEST_HEADING:
            return False
    if size < len(title) or squeeze("".join(map(str, element.itertext()))) != title:
        return False
    return next(element.iterancestors("a", "head"), None) is None


# The text


def _article(
    body: etree._Element | None, heading: etree._Element | None, taken: frozenset[etree._Element]
) -> list[Line]:
    """The lines of the text, up to the page's foot: those of its element, else what stands with the title.

    Beside a text stand menus of the same units: so where nothing says which element is the text, it is the smallest one
    around the title that holds anything more than the title, its date and its buttons.
    """
    if body is not None:
        return list(_before_foot(lines(body, taken=taken)))
    for around in heading.iterancestors() if heading is not None else ():
        told = list(_before_foot(lines(around, after=heading, taken=taken)))
        if any(not _INFO.match(squeeze(line.text)) for line in told) or _holds_more(around, taken):
            return told
    return []


def _before_foot(told: Iterator[Line]) -> Iterator[Line]:
    return takewhile(lambda line: _FOOT.match(line.text.strip()) is None, told)


def _holds_more(around: etree._Element, taken: frozenset[etree._Element]) -> bool:
    """Whether an element holds a table of units, a picture or a frame, so that it is the text whatever it says."""
    shown = any(is_content(picture) for picture in around.iter("img"))
    return (
        shown
        or any(table in taken for table in around.iter("table"))
        or next(around.iter("iframe", "embed", "object"), None) is not None
    )


# Tables


@dataclass(frozen=True)
class _Block:
    """The columns of one unit in a row; some tables set two or three units beside one another."""

    unit: int
    said_of_all: str | None  # what the header says of every unit below it (逾期公布单位)
    links: tuple[int, ...]
    days: tuple[int, ...]
    said: tuple[tuple[int, str], ...]
    columns: range


def _from_table(rows: Sequence[tuple[LinkedCell, ...]], year: int, found: _Found) -> bool:
    """Take the units of a table that has a header for them; whether it has one."""
    for at, row in enumerate(rows[:_HEADER_ROWS]):
        below = max((linked.cell.rowspan for linked in row), default=1)
        heads = _heads(rows[at : at + below])
        blocks = _blocks(heads)
        if not blocks or (len(heads) < 2 and not any(linked.href for row in rows for linked in row)):
            continue
        heading: str | None = None
        for cells in rows[at + below :]:
            printed = [linked for linked in cells if not linked.cell.is_blank]
            if len(printed) == 1 and printed[0].cell.colspan > 1 and len(printed[0].cell.text) > 1:
                heading = status(printed[0].cell.text)
                continue
            for block in blocks:
                _take(block, cells, year, heading, found)
        return True
    return False


def _heads(rows: Sequence[tuple[LinkedCell, ...]]) -> dict[int, str]:
    """The words at the head of each grid column, those of a second header row in the place of what it divides."""
    found: dict[int, str] = {}
    for row in rows:
        for linked in row:
            if linked.cell.is_blank:
                continue
            for column in range(linked.cell.column, linked.cell.column + linked.cell.colspan):
                found[column] = squeeze(linked.cell.text)
    return found


def _blocks(heads: dict[int, str]) -> list[_Block]:
    """The header's columns of units, each with those that belong to it: from its number to the next unit's."""
    kinds = {column: head(text) for column, text in sorted(heads.items())}
    if any(kind is None for kind in kinds.values()) and sum(kind is not None for kind in kinds.values()) < 2:
        return []
    units = [column for column, kind in kinds.items() if kind is Heads.UNIT and heads.get(column - 1) != heads[column]]
    if not units:
        return []
    if len({heads[column] for column in units}) > 1 and not all(status(heads[column]) for column in units):
        units = units[:1]  # 单位 and 乡镇（街道） beside it: which names the publisher is not said
    last = max(heads)
    blocks = []
    for at, unit in enumerate(units):
        start = unit - 1 if kinds.get(unit - 1) is Heads.OTHER else unit
        end = units[at + 1] - 1 if at + 1 < len(units) else last
        if at + 1 < len(units) and kinds.get(end) is Heads.OTHER:
            end -= 1
        inside = range(1 if len(units) == 1 else start, end + 1)
        blocks.append(
            _Block(
                unit,
                status(heads[unit]),
                tuple(column for column in inside if kinds.get(column) is Heads.LINK),
                tuple(column for column in inside if kinds.get(column) is Heads.DAY),
                tuple((column, heads[column]) for column in inside if kinds.get(column) is Heads.SAID),
                inside,
            )
        )
    return blocks


def _take(block: _Block, cells: tuple[LinkedCell, ...], year: int, heading: str | None, found: _Found) -> None:
    by_column = {linked.cell.column: linked for linked in cells}
    named = by_column.get(block.unit)
    if named is None or named.cell.is_blank:
        return
    name = unit_name(named.cell.text, year)
    if name is None:
        found.nameless += 1
        return
    beside = [by_column[column] for column in block.columns if column in by_column and column != block.unit]
    preferred = [by_column[column] for column in block.links if column in by_column]
    link = next((linked.href for linked in (*preferred, named, *beside) if linked.href is not None), None)
    said: list[str] = []
    listed_on = None
    for column in block.days:
        text = by_column[column].cell.text if column in by_column else ""
        listed_on = listed_on or _day(text)
        if _day(text) is None and squeeze(text):
            said.append(squeeze(text))
    for column, label in block.said:
        if column in by_column and not by_column[column].cell.is_blank:
            said.append(_beside(label, by_column[column].cell.text))
    told = "；".join(said) or heading or block.said_of_all
    found.units.append(RosterUnit(name, link, listed_on, told[:_LONGEST_SAID] if told else None))


def _beside(label: str, text: str) -> str:
    """What a cell says; a mark says it together with its column's head: 是否按时：是."""
    printed = squeeze(text)
    return f"{label}：{printed}" if is_mark(printed) else printed


def _day(text: str) -> date | None:
    """The one day a short text prints."""
    days = set(find_dates(text)) if len(text) <= _LONGEST_SAID else set()
    return days.pop() if len(days) == 1 else None


# Lines


def _from_lines(told: Sequence[Line], year: int) -> list[RosterUnit]:
    """The units of lines: a link that is a unit's name or its report's title, a name before an address, a day or 按时公布.

    What a heading says (二、逾期公布单位) is said of the units below it, up to the next heading of its rank.
    """
    units: list[RosterUnit] = []
    heading: tuple[int, str] | None = None
    for line in told:
        named = list(_in_line(line, year))
        if named:
            units += [
                unit
                if unit.said is not None or heading is None
                else RosterUnit(unit.name, unit.link, unit.listed_on, heading[1])
                for unit in named
            ]
        elif squeeze(line.text):
            said, deep = status(line.text), level(line.text)
            if said is not None:
                heading = deep, said
            elif heading is not None and (heading[0] == 0 or deep <= heading[0]):
                heading = None
    return units if len({unit.name for unit in units}) >= _LEAST_LINES else []


def _may_be_a_menus(unit: RosterUnit) -> bool:
    """Whether a unit may be one of a menu beside a text that is not there: a link to its pages, and nothing said of it."""
    bare = unit.listed_on is None and unit.said is None
    return bare and unit.link is not None and _LEADS_TO_PAGES.search(unit.link) is not None


def _in_line(line: Line, year: int) -> Iterator[RosterUnit]:
    anchors = [at for at, part in enumerate(line.parts) if isinstance(part, Anchor)]
    if not anchors:
        yield from _without_anchor(line.text, year)
        return
    before = ""
    for at, start in enumerate(anchors):
        end = anchors[at + 1] if at + 1 < len(anchors) else len(line.parts)
        anchor = line.parts[start]
        before += "".join(
            part for part in line.parts[(anchors[at - 1] + 1 if at else 0) : start] if isinstance(part, str)
        )
        behind = "".join(part for part in line.parts[start + 1 : end] if isinstance(part, str))
        if not isinstance(anchor, Anchor):
            continue
        name = unit_name(anchor.text, year)
        if name is None and is_mute(anchor.text):
            yield from _before_link(before, anchor.href, behind if at + 1 == len(anchors) else "", year)
        elif name is not None:
            yield RosterUnit(name, anchor.href, _day(behind), _said(behind))
        before = "" if at + 1 < len(anchors) and name is not None else before


def _before_link(before: str, href: str | None, behind: str, year: int) -> Iterator[RosterUnit]:
    """A name, and behind it a link that only says 查看 or its address."""
    name, rest = _first_name(before, year)
    if name is not None:
        beside = f"{rest} {behind}"
        yield RosterUnit(name, href, _day(beside), _said(beside))


def _without_anchor(text: str, year: int) -> Iterator[RosterUnit]:
    """A name and behind it an address, a day or what is said of it; a name alone may be anybody's."""
    link = address(printed_address(text))
    name, rest = _first_name(without_addresses(text), year)
    if name is None:
        return
    day, said = _day(rest), _said(rest)
    if link is not None or day is not None or said is not None:
        yield RosterUnit(name, link, day, said)


def _first_name(text: str, year: int) -> tuple[str | None, str]:
    """The unit a text begins with, apart from the rest by a blank or a colon, and the rest."""
    whole = unit_name(text, year)
    if whole is not None:
        return whole, ""
    pieces = [piece for piece in re.split(r"[\s\u3000:：]+|——+|－－+", text.strip()) if piece]
    for at, piece in enumerate(pieces[:2]):
        name = unit_name(piece, year)
        if name is not None:
            return name, " ".join(pieces[at + 1 :])
        if not re.fullmatch(r"[（(]?\d{1,4}[）)]?[、.．,，]?", piece):
            break
    return None, text


def _said(text: str) -> str | None:
    """What is said of publishing beside a unit."""
    return status(" ".join(text.split()))


def _tree(text: str) -> etree._Element:
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(text.replace("\0", "").encode("utf-8", "replace"), parser=parser)
    except etree.LxmlError:
        root = None
    return root if root is not None else etree.Element("html")
