"""HTML: lines and tables from the raw DOM, in reading order, as a browser would lay them out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from lxml import etree

from parser.documents.document import Block, Document, Grid, GridLimits, Line, RawCell, resolve
from parser.documents.extent import extent
from parser.documents.fields import all_text, page_fields
from parser.documents.layout import holds_marker, unwrap
from parser.documents.shown import shows
from parser.errors import UnreadableDocument
from parser.labels import normal, squeeze

_BLOCKS: Final = frozenset(
    {
        "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "div", "dl", "dt", "fieldset", "figure",
        "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section",
        "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
    }
)  # fmt: skip
_SKIPPED: Final = frozenset(
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
_ROW = re.compile(r"<tr[\s>]", re.IGNORECASE)
_ROW_END = re.compile(r"<\\?/\s*(?:tr|tbody|table)\s*>", re.IGNORECASE)
_LONGEST_ROW = 40_000  # characters of markup; a longer one is a layout table's, and holds the article
_MAX_DEPTH = 400  # deeper markup is read as flat text
_SPACES = re.compile(r"[ \t\r\n\f\v\u00a0\u3000\u200b\ufeff]+")
_SCRIPT_STRING = re.compile(
    r"""(["'`])((?:\\.|(?!\1)[^\\])*?<table(?:\\.|(?!\1)[^\\])*?<\\?/table(?:\\.|(?!\1)[^\\])*?)\1""",
    re.IGNORECASE | re.DOTALL,
)
_WRITTEN_ARTICLE = re.compile(r"""\bcontent["']?\s*:\s*"((?:\\.|[^"\\])*)"(?=\s*[,}])""")
_SHORTEST_ARTICLE = 300  # characters of text; a shorter one is a summary
_COMPARED = 80  # characters by which an article is known to stand in the page already


def read_html(text: str) -> Document:
    """A document from an HTML page or fragment; malformed markup is read as a browser would, or refused in one sentence."""
    tree = _tree(_without_open_row(text))
    _set_written_articles(tree)
    walker = _Walker()
    walker.walk(tree)
    if not any(holds_marker(grid.text) for grid in walker.grids):
        for fragment in _tables_in_scripts(tree):
            walker.walk(fragment)
    blocks = tuple(walker.blocks)
    fields, shown = tuple(page_fields(tree)), shows(tree)
    body = extent(tree, walker.blocks, walker.elements, walker.lifted)
    notes = (
        (("grid.limits", "a table claims more cells than a report can have; it was cut"),)
        if walker.limits.exceeded
        else ()
    )
    return Document("html", blocks, fields, notes, body, shown)


def _without_open_row(text: str) -> str:
    """A page without the table row it is cut in: the last number there may have lost digits."""
    start = max((match.start() for match in _ROW.finditer(text)), default=None)
    if start is None or _ROW_END.search(text, start) is not None or len(text) - start > _LONGEST_ROW:
        return text
    return text[:start]


def _tree(text: str) -> etree._Element:
    clean = text.replace("\0", "")
    if not clean.strip():
        message = "the file is empty; fetch it again"
        raise UnreadableDocument(message)
    try:
        return _markup(clean)
    except etree.LxmlError as error:
        message = f"the page has no readable markup ({error}); open it in a browser to see what it is"
        raise UnreadableDocument(message) from error


def _markup(text: str) -> etree._Element:
    """The tree of some markup; lxml's plain elements, since lxml.html's own cost a third of the time."""
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    root = etree.fromstring(text.encode("utf-8", "replace"), parser=parser)
    if root is None:
        message = "nothing in it is markup"
        raise etree.ParserError(message)
    return root


class _Walker:
    """Blocks in reading order, each with the element it came from."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.elements: list[etree._Element | None] = []
        self.grids: list[Grid] = []
        self.lifted: list[etree._Element] = []
        self.limits = GridLimits()
        self._parts: list[str] = []
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
                self._add(element.tail)
                continue
            if leaving:
                self._anchors -= tag == "a"
                if tag in _BLOCKS or tag in _HEADINGS:
                    self._flush(element)
                self._add(element.tail)
                continue
            if tag in _SKIPPED:
                self._add(element.tail)
                continue
            if tag == "br":
                self._flush(element.getparent())
                self._add(element.tail)
                continue
            if tag == "table" and self._take_table(element):
                self._add(element.tail)
                continue
            if tag in _BLOCKS or tag in _HEADINGS:
                self._flush(element.getparent() if element.getparent() is not None else element)
                self._heading = self._heading or tag in _HEADINGS or _is_title(element)
            self._anchors += tag == "a"
            self._add(element.text)
            stack.append((element, True))
            stack.extend((child, False) for child in reversed(element))
        self._flush(root)

    def _add(self, text: str | None) -> None:
        if text:
            self._parts.append(text)
            self._linked += len(text.strip()) if self._anchors else 0

    def _flush(self, element: etree._Element | None) -> None:
        heading, self._heading = self._heading, False
        linked, self._linked = self._linked, 0
        if not self._parts:
            return
        text = _SPACES.sub(" ", "".join(self._parts)).strip()
        self._parts.clear()
        if text:
            self._lines += 1
            heading = heading or (element is not None and element.tag in _HEADINGS)
            self.blocks.append(Line(text, self._lines, heading, link=linked >= _LINKED * len(text)))
            self.elements.append(element)

    def _take_table(self, table: etree._Element) -> bool:
        """Whether a table holds data; if so it becomes a grid."""
        rows = _rows(table)
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
                for text in piece.split("\n"):
                    self._lines += 1
                    self.blocks.append(Line(text, self._lines))
                    self.elements.append(table)
        return True


def _is_title(element: etree._Element) -> bool:
    """Whether a template calls a block a title (article-title, xxgk_title, tit, biaoti …)."""
    names = f"{element.get('class', '')} {element.get('id', '')}"
    return len(names) > 1 and _TITLE_CLASS.search(names) is not None


def _rows(table: etree._Element) -> list[list[RawCell]]:
    """The rows of a table itself, wherever its sections put them; rows of nested tables are theirs."""
    rows: list[list[RawCell]] = []
    for row in table.iter("tr"):
        owner = next(row.iterancestors("table"), None)
        if owner is not table:
            continue
        rows.append(
            [
                RawCell(_cell_text(cell), _span(cell.get("rowspan"), zero=True), _span(cell.get("colspan")))
                for cell in row
                if cell.tag in {"td", "th"}
            ]
        )
    return rows


def _span(value: str | None, *, zero: bool = False) -> int:
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
    _gather(cell, parts, 0)
    text = "".join(parts)
    return "\n".join(part for part in (_SPACES.sub(" ", line).strip() for line in text.split("\x1e")) if part)


def _gather(element: etree._Element, parts: list[str], depth: int) -> None:
    """Text of an element; the record separator stands where a block or line ends."""
    if element.text:
        parts.append(element.text)
    for child in element:
        tag = child.tag
        if tag not in _SKIPPED:
            edge = tag == "br" or tag in _BLOCKS
            if edge:
                parts.append("\x1e")
            if depth < _MAX_DEPTH:
                _gather(child, parts, depth + 1)
            else:
                parts.append(all_text(child))
            if edge:
                parts.append("\x1e")
        if child.tail:
            parts.append(child.tail)


def _set_written_articles(tree: etree._Element) -> None:
    """Set an article that only a script's object holds (gkmlpt: ``_CONFIG.DETAIL.content``) where the script would draw it."""
    for script in list(tree.iter("script")):
        for match in _WRITTEN_ARTICLE.finditer(script.text or ""):
            if len(match.group(1)) < _SHORTEST_ARTICLE:
                continue
            article = _article(_unescape(match.group(1)))
            words = "" if article is None else squeeze(all_text(article))
            parent = script.getparent()
            if article is None or parent is None or len(words) < _SHORTEST_ARTICLE:
                continue
            if words[:_COMPARED] not in squeeze(_shown(tree)):
                article.tail, script.tail = script.tail, None
                parent.insert(parent.index(script) + 1, article)


def _shown(tree: etree._Element) -> str:
    """All text of a page but that of its scripts."""
    text = all_text(tree)
    for script in tree.iter("script", "style"):
        text = text.replace(script.text or "", " ", 1)
    return text


def _article(markup: str) -> etree._Element | None:
    try:
        root = _markup(f"<div>{markup}</div>") if "<" in markup else None
    except etree.LxmlError:
        return None
    return next(root.iter("div"), None) if root is not None else None


def _tables_in_scripts(tree: etree._Element) -> Iterator[etree._Element]:
    """Tables that stand in strings of scripts, quotes escaped (a Shanghai application, quirk 95)."""
    for script in tree.iter("script"):
        source = script.text or ""
        if "<table" not in source.lower():
            continue
        for match in _SCRIPT_STRING.finditer(source):
            markup = _unescape(match.group(2))
            try:
                yield _markup(markup)
            except etree.LxmlError:
                continue


def _unescape(text: str) -> str:
    text = re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match.group(1), 16)), text)
    return re.sub(
        r"\\(.)",
        lambda match: {"n": "\n", "t": " ", "r": ""}.get(match.group(1), match.group(1)),
        text,
        flags=re.DOTALL,
    )
