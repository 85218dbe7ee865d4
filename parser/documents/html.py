"""HTML: lines and tables from the raw DOM, in reading order, as a browser would lay them out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from parser.documents.document import Document
from parser.documents.extent import extent
from parser.documents.fields import all_text, page_fields
from parser.documents.layout import holds_marker
from parser.documents.shown import shows
from parser.documents.walk import Walker
from parser.errors import UnreadableDocument
from parser.labels import squeeze

_ROW = re.compile(r"<tr[\s>]", re.IGNORECASE)
_ROW_END = re.compile(r"<\\?/\s*(?:tr|tbody|table)\s*>", re.IGNORECASE)
_LONGEST_ROW = 40_000  # characters of markup; a longer one is a layout table's, and holds the article
_SCRIPT_STRING = re.compile(
    r"""(["'`])((?:\\.|(?!\1)[^\\])*?<table(?:\\.|(?!\1)[^\\])*?<\\?/table(?:\\.|(?!\1)[^\\])*?)\1""",
    re.IGNORECASE | re.DOTALL,
)
_WRITTEN_ARTICLE = re.compile(r"""\bcontent["']?\s*:\s*"((?:\\.|[^"\\])*)"(?=\s*[,}])""")
_SHORTEST_ARTICLE = 300  # characters of text; a shorter one is a summary
_COMPARED = 80  # characters by which an article is known to stand in the page already


@dataclass(frozen=True)
class Page:
    """A page as it is read: its tree, the tables its scripts would write, and the walk through both.

    ``cut`` says that the page ends within a row of a table, which is left out.
    """

    tree: etree._Element
    fragments: tuple[etree._Element, ...]
    walker: Walker
    cut: bool


def read_html(text: str) -> Document:
    """A document from an HTML page or fragment; malformed markup is read as a browser would, or refused in one sentence."""
    page = walk_page(text)
    walker = page.walker
    blocks = tuple(walker.blocks)
    fields, shown = tuple(page_fields(page.tree)), shows(page.tree)
    body = extent(page.tree, walker.blocks, walker.elements, walker.lifted)
    notes = (
        (("grid.limits", "a table claims more cells than a report can have; it was cut"),)
        if walker.limits.exceeded
        else ()
    )
    return Document("html", blocks, fields, notes, body, shown)


def walk_page(text: str) -> Page:
    """An HTML page and the walk through it; UnreadableDocument where it has no readable markup."""
    whole = _without_open_row(text)
    tree = _tree(whole)
    _set_written_articles(tree)
    walker = Walker()
    walker.walk(tree)
    fragments: list[etree._Element] = []
    if not any(holds_marker(grid.text) for grid in walker.grids):
        fragments.extend(_tables_in_scripts(tree))
        for fragment in fragments:
            walker.walk(fragment)
    return Page(tree, tuple(fragments), walker, cut=len(whole) < len(text))


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
