"""The walk through an HTML page: lines and grids in reading order, each with the elements and texts it came from."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from lxml import etree

from parser.documents.document import Block, Cell, Grid, GridLimits, Line, RawCell, resolve
from parser.documents.fields import all_text
from parser.documents.layout import holds_marker, unwrap
from parser.labels import normal

BLOCKS: Final = frozenset(
    {
        "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "div", "dl", "dt", "fieldset", "figure",
        "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section",
        "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
    }
)  # fmt: skip
SKIPPED: Final = frozenset(
    {
        "script",
        "style",
        "head",
        "template",
        "noscript",
        "select",
        "textarea",
        "svg",
        "iframe",
        "object",
        "title",
        "button",
    }
)
_HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "ucaptitle"})
_PROSE = (
    400  # a cell with more text than this holds paragraphs: the table is layout (the longest label has 40 characters)
)
_LINKED = 0.8  # the share of a line in links from which it is a link itself
_TITLE_CLASS = re.compile(r"(?:^|[\s_-])(?:\w*title|tit|\w+[_-]tit\d?|biaoti|artT|bt)(?:\s|$)", re.IGNORECASE)
_LOOK = 20_000  # how much of a nested table's text is looked at
_MAX_DEPTH = 400  # deeper markup is read as flat text
_SPACES = re.compile(r"[ \t\r\n\f\v\u00a0\u3000\u200b\ufeff]+")


class Text(NamedTuple):
    """A piece of text in a tree: that of an element before its first child, or (``tail``) that behind its end."""

    element: etree._Element
    tail: bool

    @property
    def words(self) -> str:
        """The text itself."""
        return (self.element.tail if self.tail else self.element.text) or ""


class Told(NamedTuple):
    """A cell of a table that is prose: its lines are ``first`` and those after it."""

    first: int
    cell: Cell
    table: etree._Element


class Walker:
    """Blocks in reading order, each with the element it came from.

    ``lifted`` are the tables of the ``grids``, ``texts`` the pieces of each line outside of them, ``told`` their cells that are
    prose: who marks a page (:mod:`parser.marking`) sees what was read, and not something like it.
    """

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.elements: list[etree._Element | None] = []
        self.grids: list[Grid] = []
        self.lifted: list[etree._Element] = []
        self.limits = GridLimits()
        self.texts: dict[int, list[Text]] = {}
        self.told: list[Told] = []
        self._parts: list[str] = []
        self._pieces: list[Text] = []
        self._heading = False
        self._anchors = 0  # links that are open
        self._linked = 0  # characters of the line that stand in links
        self._lines = 0

    def walk(self, root: etree._Element) -> None:
        """Read a tree; tables of data become grids, layout tables are read through."""
        stack: list[tuple[etree._Element, bool]] = [(root, False)]
        while stack:
            element, leaving = stack.pop()
            tag = element.tag
            if not isinstance(tag, str):
                self._add(element, tail=True)
                continue
            if leaving:
                self._anchors -= tag == "a"
                if tag in BLOCKS or tag in _HEADINGS:
                    self._flush(element)
                self._add(element, tail=True)
                continue
            if tag in SKIPPED:
                self._add(element, tail=True)
                continue
            if tag == "br":
                self._flush(element.getparent())
                self._add(element, tail=True)
                continue
            if tag == "table" and self._take_table(element):
                self._add(element, tail=True)
                continue
            if tag in BLOCKS or tag in _HEADINGS:
                self._flush(element.getparent() if element.getparent() is not None else element)
                self._heading = self._heading or tag in _HEADINGS or _is_title(element)
            self._anchors += tag == "a"
            self._add(element)
            stack.append((element, True))
            stack.extend((child, False) for child in reversed(element))
        self._flush(root)

    def _add(self, element: etree._Element, *, tail: bool = False) -> None:
        text = element.tail if tail else element.text
        if text:
            self._parts.append(text)
            self._pieces.append(Text(element, tail))
            self._linked += len(text.strip()) if self._anchors else 0

    def _flush(self, element: etree._Element | None) -> None:
        heading, self._heading = self._heading, False
        linked, self._linked = self._linked, 0
        if not self._parts:
            return
        text = _SPACES.sub(" ", "".join(self._parts)).strip()
        pieces, self._pieces = self._pieces, []
        self._parts.clear()
        if text:
            self._lines += 1
            self.texts[self._lines] = pieces
            heading = heading or (element is not None and element.tag in _HEADINGS)
            self.blocks.append(Line(text, self._lines, heading, link=linked >= _LINKED * len(text)))
            self.elements.append(element)

    def _take_table(self, table: etree._Element) -> bool:
        """Whether a table holds data; if so it becomes a grid."""
        rows = [[_raw(cell) for cell in cells_of(row)] for row in rows_of(table)]
        if _is_layout(table, rows):
            return False
        self._flush(table.getparent() if table.getparent() is not None else table)
        grid = resolve(len(self.grids) + 1, rows, self.limits)
        self.grids.append(grid)
        self.lifted.append(table)
        for piece in unwrap(grid):
            if isinstance(piece, Grid):
                self.blocks.append(piece)
                self.elements.append(table)
            else:
                self.told.append(Told(self._lines + 1, piece, table))
                for text in piece.text.split("\n"):
                    self._lines += 1
                    self.blocks.append(Line(text, self._lines))
                    self.elements.append(table)
        return True


def _is_title(element: etree._Element) -> bool:
    """Whether a template calls a block a title (article-title, xxgk_title, tit, biaoti …)."""
    names = f"{element.get('class', '')} {element.get('id', '')}"
    return len(names) > 1 and _TITLE_CLASS.search(names) is not None


def rows_of(table: etree._Element) -> list[etree._Element]:
    """The rows of a table itself, wherever its sections put them; rows of nested tables are theirs."""
    return [row for row in table.iter("tr") if next(row.iterancestors("table"), None) is table]


def cells_of(row: etree._Element) -> list[etree._Element]:
    """The cells of a row, in the order in which its grid has them."""
    return [cell for cell in row if cell.tag in {"td", "th"}]


def lines_of(cell: etree._Element) -> list[list[Text]]:
    """The lines of a cell's text, each as the pieces it is made of."""
    parts: list[str] = []
    pieces: list[Text | None] = []
    _gather(cell, parts, pieces, 0)
    lines: list[list[Text]] = [[]]
    for piece in pieces:
        if piece is None:
            lines.append([])
        elif _SPACES.sub(" ", piece.words).strip():
            lines[-1].append(piece)
    return [line for line in lines if line]


def _raw(cell: etree._Element) -> RawCell:
    return RawCell(_cell_text(cell), span(cell.get("rowspan"), zero=True), span(cell.get("colspan")))


def span(value: str | None, *, zero: bool = False) -> int:
    """A span as browsers read it: leading digits, 1 where there are none; 0 means to the end for rows."""
    if value is None:
        return 1
    match = re.match(r"\s*\+?(\d{1,9})", value)
    number = int(match.group(1)) if match else 1
    return number if number or zero else 1


def _is_layout(table: etree._Element, rows: list[list[RawCell]]) -> bool:
    """Whether a table only arranges the page: it holds other tables, or paragraphs and none of the forms' words."""
    if not any(rows):
        return True
    if any(holds_marker(normal(all_text(nested)[:_LOOK])) for nested in table.iterdescendants("table")):
        return True
    cells = [cell for row in rows for cell in row]
    own = normal("".join(cell.text for cell in cells if len(cell.text) <= _PROSE))
    if next(table.iterdescendants("table"), None) is not None or any(len(cell.text) > _PROSE for cell in cells):
        return not holds_marker(own)
    return len(cells) == 1 and "发布总数" not in cells[0].text


def _cell_text(cell: etree._Element) -> str:
    if len(cell) == 1 and len(cell[0]) == 0 and cell[0].tag in {"p", "span", "div"} and not (cell.text or "").strip():
        tail = cell[0].tail
        cell = cell if tail and tail.strip() else cell[0]
    if len(cell) == 0:
        text = cell.text or ""
        return text if text.isalnum() else _SPACES.sub(" ", text).strip()
    parts: list[str] = []
    _gather(cell, parts, [], 0)
    text = "".join(parts)
    return "\n".join(part for part in (_SPACES.sub(" ", line).strip() for line in text.split("\x1e")) if part)


def _gather(element: etree._Element, parts: list[str], pieces: list[Text | None], depth: int) -> None:
    """Text of an element; the record separator, and null among the pieces, stand where a block or line ends."""
    if element.text:
        parts.append(element.text)
        pieces.append(Text(element, tail=False))
    for child in element:
        tag = child.tag
        if tag not in SKIPPED:
            edge = tag == "br" or tag in BLOCKS
            if edge:
                parts.append("\x1e")
                pieces.append(None)
            if depth < _MAX_DEPTH:
                _gather(child, parts, pieces, depth + 1)
            else:
                parts.append(all_text(child))
            if edge:
                parts.append("\x1e")
                pieces.append(None)
        if child.tail:
            parts.append(child.tail)
            pieces.append(Text(child, tail=True))
