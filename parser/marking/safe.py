"""Safe markup: what is left of a page when only names, attributes and properties on a list pass, and every text is escaped.

The tree is written anew, tag by tag; nothing of the source is copied as markup. No element that is left has text of
another grammar (script, style, svg, math, template, noscript …), so a browser cannot read what is written otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Final

from lxml import etree

from parser.documents.walk import BLOCKS, SKIPPED, Text, span

MARK = "xxgk-mark"
_LONGEST_TITLE = 300  # characters of an address or of a picture's description
_MOST_SPAN = 1_000  # as browsers have it
_INLINE: Final = frozenset({
    "abbr", "b", "big", "bdi", "cite", "code", "del", "dfn", "em", "i", "ins", "kbd", "mark", "q", "s", "samp", "small", "span",
    "strike", "strong", "sub", "sup", "tt", "u", "var",
})  # fmt: skip
_WRITTEN: Final = frozenset({
    "address", "article", "aside", "blockquote", "center", "dd", "div", "dl", "dt", "figure", "footer", "h1", "h2", "h3", "h4", "h5",
    "h6", "header", "li", "main", "nav", "ol", "p", "pre", "section", "ul",
})  # fmt: skip
_SECTIONS: Final = frozenset({"tbody", "thead", "tfoot"})
_FITS: Final[dict[str, frozenset[str]]] = {  # what a part of a table must stand in, else a browser drops its tag
    "caption": frozenset({"table"}),
    **dict.fromkeys(_SECTIONS, frozenset({"table"})),
    "tr": _SECTIONS | {"table"},
    "td": frozenset({"tr"}),
    "th": frozenset({"tr"}),
}
_FRAMES: Final = _SECTIONS | {"table", "tr"}

_SIZE = re.compile(r"\d{1,4}(?:\.\d{1,3})?(?:%|px)?")
_COLOUR = r"(?:#[0-9a-f]{3}|#[0-9a-f]{6}|[a-z]{3,20})"
_LENGTH = r"(?:0|\d{1,3}(?:\.\d{1,3})?(?:px|pt|em|rem|cm|mm|%))"
_LINE = rf"(?:{_LENGTH}|thin|medium|thick|none|hidden|dotted|dashed|solid|double|groove|ridge|inset|outset|{_COLOUR})"
_PROPERTIES: Final = {
    "text-align": re.compile(r"left|right|center|justify|start|end"),
    "vertical-align": re.compile(r"top|middle|bottom|baseline|sub|super"),
    "width": re.compile(r"auto|0|\d{1,4}(?:\.\d{1,3})?(?:px|pt|em|cm|mm|%)"),
    "text-indent": re.compile(_LENGTH),
    "font-weight": re.compile(r"normal|bold|bolder|[1-9]00"),
    "font-style": re.compile(r"normal|italic"),
    "text-decoration": re.compile(r"none|underline|line-through"),
    "border-collapse": re.compile(r"collapse|separate"),
    **{
        f"border{side}{what}": re.compile(rf"{_LINE}(?: {_LINE}){{0,3}}")
        for side in ("", "-top", "-right", "-bottom", "-left")
        for what in ("", "-style", "-width", "-color")
    },
}
_ALIGN = re.compile(r"left|right|center|justify|top|middle|bottom|baseline", re.IGNORECASE)
_NUMBER = re.compile(r"\d{1,3}")
_ATTRIBUTES: Final[dict[str, Mapping[str, re.Pattern[str]]]] = {
    "table": {"align": _ALIGN, "border": _NUMBER, "cellpadding": _NUMBER, "cellspacing": _NUMBER, "width": _SIZE},
    "td": {"align": _ALIGN, "valign": _ALIGN, "width": _SIZE},
    "th": {"align": _ALIGN, "valign": _ALIGN, "width": _SIZE},
    "tr": {"align": _ALIGN, "valign": _ALIGN},
    "ol": {"start": _NUMBER},
    "li": {"value": _NUMBER},
    **{name: {"align": _ALIGN} for name in ("p", "div", "h1", "h2", "h3", "h4", "h5", "h6")},
}

_ESCAPED: Final = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord('"'): "&quot;", ord("'"): "&#39;"}
_TURNING: Final = (
    0x061C,
    0x200E,
    0x200F,
    *range(0x202A, 0x202F),
    *range(0x2066, 0x206A),
)  # they turn what stands behind
_CONTROLS: Final = (*range(9), 0x0B, *range(0x0E, 0x20), *range(0x7F, 0xA0), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF)
_HARMLESS: Final = {**dict.fromkeys(_CONTROLS, "\ufffd"), **{code: f"\u27e8U+{code:04X}\u27e9" for code in _TURNING}}
_IN_MARKUP: Final = {**_HARMLESS, **_ESCAPED}


def harmless(text: str) -> str:
    """A text in which nothing turns the direction of writing: such signs, and control characters, are seen instead."""
    return text.translate(_HARMLESS)


def escaped(text: str) -> str:
    """A text as it stands in markup or in a quoted attribute, harmless."""
    return text.translate(_IN_MARKUP)


class SafeMarkup:
    """Trees as safe markup.

    ``ids`` names elements and ``lines`` pieces of text; what ``marks`` names gets the class :data:`MARK`. ``limit`` is in
    characters: what is longer ends there, every element closed, and ``cut`` says so.
    """

    def __init__(
        self, ids: Mapping[etree._Element, str], lines: Mapping[Text, str], marks: Collection[str], limit: int
    ) -> None:
        self.cut = False
        self.written: set[str] = set()
        self._ids, self._lines, self._marks = ids, lines, frozenset(marks)
        self._left = limit
        self._parts: list[str] = []
        self._open: list[str] = []

    def of(self, roots: Iterable[etree._Element]) -> str:
        """The markup of some trees, one behind the other."""
        for root in roots:
            self._write(root)
        return "".join(self._parts)

    def _write(self, root: etree._Element) -> None:
        stack: list[Callable[[], None] | etree._Element] = [root]
        while stack and not self.cut:
            step = stack.pop()
            if callable(step):
                step()
                continue
            if step is not root and step.tail:
                stack.append(_later(self._text, step, tail=True))
            if step.tag in SKIPPED or not isinstance(step.tag, str):
                continue
            if step.tag == "img":
                self._picture(step)
            elif step.tag in {"br", "hr"}:
                self._put(f"<{step.tag}>")
            else:
                if self._begin(step):
                    stack.append(self._end)
                stack.extend(reversed(step))
                self._text(step)
        while self._open:
            self._parts.append(f"</{self._open.pop()}>")

    def _begin(self, element: etree._Element) -> bool:
        """Open what stands for an element, unless only what is in it counts."""
        ident = self._ids.get(element)
        name = self._name(str(element.tag), named=ident is not None)
        if name is None or not self._put(f"<{name}{''.join(self._attributes(element, name, ident))}>"):
            return False
        self._open.append(name)
        self._note(ident)
        return True

    def _end(self) -> None:
        self._put(f"</{self._open.pop()}>")

    def _name(self, tag: str, *, named: bool) -> str | None:
        around = self._open[-1] if self._open else ""
        if around in _FITS.get(tag, ()):
            return tag
        if around in _FRAMES:
            return None  # a browser would put it before the table, or end the table there
        if tag in _INLINE or tag in _WRITTEN or tag == "table":
            return tag
        if tag in BLOCKS or tag in _FITS:
            return "div"
        return "span" if named or tag == "a" else None

    def _attributes(self, element: etree._Element, name: str, ident: str | None) -> Iterator[str]:
        yield from self._named(ident, "xxgk-link" if element.tag == "a" and element.get("href") else "")
        if element.tag == "a":
            yield from _attribute("title", (element.get("href") or "")[:_LONGEST_TITLE])
        for attribute, pattern in _ATTRIBUTES.get(name, {}).items():
            value = (element.get(attribute) or "").strip()
            if pattern.fullmatch(value):
                yield from _attribute(attribute, value)
        if name in {"td", "th"}:
            for attribute in ("rowspan", "colspan"):
                number = span(element.get(attribute), zero=attribute == "rowspan")
                if number != 1:
                    yield from _attribute(attribute, str(min(number, _MOST_SPAN)))
        yield from _attribute("style", style(element.get("style") or ""))

    def _named(self, ident: str | None, known: str = "", *, first: bool = True) -> Iterator[str]:
        marked = MARK if ident in self._marks else ""
        yield from _attribute("class", f"{known} {marked}".strip())
        if ident is not None and first:
            yield from _attribute("id", ident)

    def _text(self, element: etree._Element, *, tail: bool = False) -> None:
        piece = Text(element, tail)
        if not piece.words:
            return
        ident = self._lines.get(piece)
        if ident is None:
            self._put(escaped(piece.words))
            return
        attributes = "".join(self._named(ident, first=ident not in self.written))
        if self._put(f"<span{attributes}>{escaped(piece.words)}</span>"):
            self._note(ident)

    def _note(self, ident: str | None) -> None:
        if ident is not None:
            self.written.add(ident)

    def _picture(self, element: etree._Element) -> None:
        """A picture as what is said of it, in a small box."""
        if element.tag == "img" and (self._open[-1] if self._open else "") not in _FRAMES:
            said = " ".join((element.get("alt") or element.get("title") or "").split())[:_LONGEST_TITLE]
            self._put(f'<span class="xxgk-picture">图{"：" if said else ""}{escaped(said)}</span>')

    def _put(self, text: str) -> bool:
        """Write, unless the limit is reached; what is open is closed all the same."""
        self._left -= len(text)
        if self._left < 0:
            self.cut = True
        if not self.cut or text.startswith("</"):
            self._parts.append(text)
            return True
        return False


def style(source: str) -> str:
    """The declarations of a style attribute that are on the list, in its order."""
    kept = []
    for declaration in source[:2_000].lower().split(";"):
        name, _, value = (part.strip() for part in declaration.partition(":"))
        pattern = _PROPERTIES.get(name)
        plain = " ".join(value.removesuffix("!important").split())
        if pattern is not None and pattern.fullmatch(plain):
            kept.append(f"{name}:{plain}")
    return ";".join(kept)


def _attribute(name: str, value: str) -> Iterator[str]:
    if value:
        yield f' {name}="{escaped(value)}"'


def _later(text: Callable[..., None], element: etree._Element, *, tail: bool) -> Callable[[], None]:
    return lambda: text(element, tail=tail)
