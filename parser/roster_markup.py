"""The markup of rosters: lines with their links, and tables with the links of their cells, in the order of the page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from lxml import etree

from parser.documents.document import MAX_SPAN, Cell, RawCell, resolve
from parser.labels import squeeze

_BLOCKS: Final = frozenset(
    {"address", "article", "blockquote", "body", "center", "dd", "div", "dl", "dt", "form", "h1", "h2", "h3", "h4", "h5", "h6", "hr",
     "li", "main", "ol", "p", "pre", "section", "table", "tbody", "tfoot", "thead", "tr", "ul"}
)  # fmt: skip
_CELLS: Final = frozenset({"td", "th"})
_SKIPPED: Final = frozenset(
    {"script", "style", "head", "template", "noscript", "select", "textarea", "svg", "iframe", "object", "title"}
)
_OUTSIDE_TAGS: Final = frozenset({"header", "footer", "nav", "aside"})
_OUTSIDE: Final = re.compile(
    r"(?:^|[\s_-])(?:header|footer|foot|nav|menu|crumbs?|breadcrumb|share|copyright|friendlink|sidebar|related)\d*(?:[\s_-]|$)",
    re.IGNORECASE,
)
_NO_LINK: Final = re.compile(r"^\s*(?:#|javascript:|mailto:|tel:|$)", re.IGNORECASE)
_ADDRESS: Final = re.compile(r"https?://[A-Za-z0-9.\-]+(?::\d+)?(?:/[^\s\u3000-\u9fff\uff00-\uffef<>\"'（）]*)?")
_LONGEST_ROW = 600  # characters of a table row that is one line; a longer one is a layout's
_LONGEST_LINK = 2000


@dataclass(frozen=True)
class Anchor:
    """A link: its words, and its address as it is written."""

    text: str
    href: str | None


@dataclass(frozen=True)
class Line:
    """A line of a page: texts and links as they follow one another."""

    parts: tuple[str | Anchor, ...]

    @property
    def text(self) -> str:
        """All its words."""
        return "".join(part if isinstance(part, str) else part.text for part in self.parts)


@dataclass(frozen=True)
class LinkedCell:
    """A cell where it begins, with its first link."""

    cell: Cell
    href: str | None


def table_rows(table: etree._Element) -> list[tuple[LinkedCell, ...]]:
    """The rows of a table as a browser lines them up; nested tables are left out of its cells."""
    hrefs: list[list[str | None]] = []
    raw: list[list[RawCell]] = []
    for row in table.iter("tr"):
        if next(row.iterancestors("table"), None) is not table:
            continue
        cells = [cell for cell in row if cell.tag in _CELLS]
        raw.append(
            [RawCell(words(cell), _span(cell.get("rowspan"), least=0), _span(cell.get("colspan"))) for cell in cells]
        )
        hrefs.append([_first_address(cell) for cell in cells])
    return [
        tuple(LinkedCell(cell, href) for cell, href in zip(row, linked, strict=False))
        for row, linked in zip(resolve(1, raw).rows, hrefs, strict=False)
    ]


def lines(
    root: etree._Element, *, after: etree._Element | None = None, taken: frozenset[etree._Element] = frozenset()
) -> Iterator[Line]:
    """The lines of a page or a part of it, menus, head and foot left out; a short row of a table is one line.

    ``after``: only those behind this element. ``taken`` are tables that are read otherwise.
    """
    return _Lines(root, after, taken).walk()


class _Lines:
    """The lines of an element, one after the other."""

    def __init__(self, root: etree._Element, after: etree._Element | None, taken: frozenset[etree._Element]) -> None:
        self._root = root
        self._after = after
        self._taken = taken
        self._waiting = after is not None
        self._parts: list[str | Anchor] = []

    def walk(self) -> Iterator[Line]:
        """Go through the element; without recursion, since markup may be nested as deep as it likes."""
        stack: list[tuple[etree._Element, bool]] = [(self._root, False)]
        while stack:
            element, leaving = stack.pop()
            tag = str(element.tag)  # comments and instructions are left out where the tree is made
            if tag in _BLOCKS or tag == "br":
                yield from self._end()
            if not leaving and not self._is_whole(element, tag):
                self._add(element.text)
                stack.append((element, True))
                stack.extend((child, False) for child in reversed(element))
                continue
            if tag == "tr":
                yield from self._end()
            if element is self._after:
                self._parts.clear()
                self._waiting = False
            if element is not self._root:
                self._add(element.tail)
        yield from self._end()

    def _is_whole(self, element: etree._Element, tag: str) -> bool:
        """Take an element that is not gone into; whether it is one."""
        if not tag or tag in _SKIPPED or tag == "br" or element in self._taken:
            return True
        if element is not self._root and _is_outside(element):
            return True
        if self._waiting:
            return False
        if tag == "a":
            self._parts.append(Anchor(words(element), address(element.get("href"))))
            return True
        row = _row(element) if tag == "tr" else None
        self._parts += row or ()
        return row is not None

    def _add(self, text: str | None) -> None:
        if text:
            self._parts.append(text)

    def _end(self) -> Iterator[Line]:
        parts, self._parts = self._parts, []
        if not self._waiting and any(squeeze(part if isinstance(part, str) else part.text) for part in parts):
            yield Line(tuple(parts))


def words(element: etree._Element) -> str:
    """The text of an element, blocks and line breaks as blanks; scripts and nested tables are left out."""
    parts: list[str] = []
    skipping: etree._Element | None = None
    for event, inner in etree.iterwalk(element, events=("start", "end")):
        tag = inner.tag if isinstance(inner.tag, str) else ""
        if event == "start" and skipping is None:
            if inner is not element and (not tag or tag in _SKIPPED or tag == "table"):
                skipping = inner
                continue
            parts.append(" " if tag in _BLOCKS or tag == "br" else "")
            parts.append(inner.text or "")
        elif event == "end":
            skipping = None if skipping is inner else skipping
            if skipping is None and inner is not element:
                parts.append(" " if tag in _BLOCKS else "")
                parts.append(inner.tail or "")
    return " ".join("".join(parts).split())


def address(href: str | None) -> str | None:
    """A link's address as it is written, or null where it leads to no page."""
    if href is None or len(href) > _LONGEST_LINK or _NO_LINK.match(href):
        return None
    return "".join(href.split())


def printed_address(text: str) -> str | None:
    """The first address that a text prints."""
    match = _ADDRESS.search(text)
    return match.group() if match is not None and len(match.group()) <= _LONGEST_LINK else None


def without_addresses(text: str) -> str:
    """A text without the addresses it prints."""
    return _ADDRESS.sub(" ", text)


def _row(row: etree._Element) -> list[str | Anchor] | None:
    """The parts of a row that is one line: its cells, apart from one another; null for a row that only arranges the page."""
    cells = [cell for cell in row if cell.tag in _CELLS]
    if not cells or next(row.iterdescendants("table"), None) is not None:
        return None
    size = 0
    for text in row.itertext():
        size += len(text)
        if size > 4 * _LONGEST_ROW:
            return None
    parts: list[str | Anchor] = []
    for cell in cells:
        for line in lines(cell):
            parts += [*line.parts, " "]
        parts.append("\t")
    return parts if sum(len(part if isinstance(part, str) else part.text) for part in parts) <= _LONGEST_ROW else None


def _is_outside(element: etree._Element) -> bool:
    names = f"{element.get('class', '')} {element.get('id', '')}"
    return element.tag in _OUTSIDE_TAGS or (len(names) > 1 and _OUTSIDE.search(names[:300]) is not None)


def _first_address(cell: etree._Element) -> str | None:
    """The first link of a cell, its nested tables' left out, else the first address it prints."""
    for link in cell.iter("a"):
        found = address(link.get("href"))
        if found is not None and next(link.iterancestors("td", "th"), None) is cell:
            return found
    return printed_address(words(cell))


def _span(value: str | None, *, least: int = 1) -> int:
    match = re.match(r"\s*\+?(\d{1,9})", value or "")
    number = int(match.group(1)) if match else 1
    return min(number if number >= least else 1, MAX_SPAN)
