"""A page as the families read it: address, text, headers, a tree, and the meta tags; parsed when first asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Final

from cssselect import HTMLTranslator
from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from parser.documents.encoding import decode
from parser.labels import squeeze
from spiders.addresses import resolve
from spiders.families.asks import Ask
from spiders.families.surveys import survey

_CHARSET = re.compile(r"charset\s*+=\s*+[\"']?\s*+([A-Za-z0-9_-]+)", re.IGNORECASE)
SILENT: Final = frozenset({"script", "style", "template", "noscript", "head", "title", "select", "option", "textarea"})
_BLOCKS: Final = frozenset(
    {
        "p",
        "div",
        "li",
        "tr",
        "td",
        "th",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "br",
        "ul",
        "dd",
        "dt",
        "table",
        "section",
        "article",
    }
)
_PLACEHOLDERS = ("网站名称", "政府网站标识码", "<!--")  # left in by templates
# The six headings the 2019 and 2021 notices prescribe; four of them make a report.
_STATUTORY = (
    re.compile("总体情况|工作概述|概述"),
    re.compile("主动公开政府信息"),
    re.compile("收到和处理政府信息公开申请|依申请公开"),
    re.compile("行政复议"),
    re.compile("存在的?(?:主要)?问题"),
    re.compile("其他需要报告的?事项"),
)
_EARLY_END = re.compile(r"</(?:body|html)\s*>", re.IGNORECASE)
_ENOUGH_HEADINGS = 4
_TABLE_MARKS = ("第二十条", "本年新收政府信息公开申请", "结转下年度继续办理")
_DOCUMENT_STARTS = (b"%PDF-", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"{\\rtf")


@dataclass(frozen=True, eq=False)
class Page:
    """One answer: its final address, its text as decoded, and its headers with lower-case names.

    ``asked`` is what it answers, where a list's script would have asked for it; ``encoding`` is what it was read as.
    """

    url: str
    text: str
    headers: Mapping[str, str] = field(default_factory=dict)
    asked: Ask | None = None
    encoding: str = "utf-8"

    @cached_property
    def tree(self) -> HtmlElement:
        """The document, read as forgivingly as a browser would; comments and processing instructions are left out."""
        return read_markup(self.text)

    @cached_property
    def base(self) -> str:
        """What links resolve against: ``<base href>`` where there is one, else the page's final address."""
        for element in self.tree.iter("base"):
            href = element.get("href")
            found = resolve(self.url, href, self.encoding) if href else None
            if found is not None:
                return found
        return self.url

    @cached_property
    def metas(self) -> Mapping[str, str]:
        """Meta tags by lower-case name: the first non-empty value in the head, else anywhere."""
        found: dict[str, str] = {}
        inside = [element for head in self.tree.iter("head") for element in head.iter("meta")]
        for element in [*inside, *self.tree.iter("meta")]:
            name = (element.get("name") or "").strip().lower()
            value = " ".join((element.get("content") or "").replace("∶", ":").split())
            if name and value and not value.startswith(_PLACEHOLDERS):
                found.setdefault(name, value)
        return found

    @cached_property
    def flat(self) -> str:
        """All visible text without white space."""
        return squeeze(visible(self.tree))

    @cached_property
    def has_report_body(self) -> bool:
        """Whether the text has the statutory headings or tables and so is a report, whatever its title says."""
        headings = sum(pattern.search(self.flat) is not None for pattern in _STATUTORY)
        return (headings >= _ENOUGH_HEADINGS and len(self.flat) > 400) or all(
            mark in self.flat for mark in _TABLE_MARKS
        )

    def select(self, selector: str) -> list[HtmlElement]:
        """The elements a CSS selector names, in document order."""
        found = _compiled(selector)(self.tree)
        return [element for element in found if isinstance(element, HtmlElement)] if isinstance(found, list) else []

    def resolve(self, href: str | None) -> str | None:
        """The absolute address of a link on this page, or None."""
        if not href:
            return None
        if href not in self._resolved:
            self._resolved[href] = resolve(self.base, href, self.encoding)
        return self._resolved[href]

    @cached_property
    def _resolved(self) -> dict[str, str | None]:
        """What links were resolved to before: every link is looked at from several sides."""
        return {}


def read_page(
    url: str, body: bytes, headers: Mapping[str, str], asked: Ask | None = None, charset: str | None = None
) -> Page:
    """A page from an answer, decoded in the order BOM, header, meta, UTF-8, GB18030.

    ``charset`` is what a person found its encoding to be, where the portal's pages declare a wrong one.
    """
    names = {name.lower(): value for name, value in headers.items()}
    declared = _CHARSET.search(names.get("content-type", ""))
    text, encoding = decode(body, declared.group(1) if declared else None, charset)
    return Page(url, text.lstrip("\ufeff"), names, asked, encoding)


def is_document(body: bytes, headers: Mapping[str, str]) -> bool:
    """Whether an answer is a file and no page: by its first bytes, else by the type the header declares."""
    if body.startswith(_DOCUMENT_STARTS):
        return True
    declared = next((value.lower() for name, value in headers.items() if name.lower() == "content-type"), "")
    return declared.startswith(("application/", "image/", "audio/", "video/")) and not re.search(
        r"xhtml|xml|json|javascript|octet-stream", declared
    )


def read_markup(text: str) -> HtmlElement:
    """A tree from any text; an empty one from a text without markup. Raises :class:`MarkupRefused` (see surveys)."""
    parser = HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        whole = _EARLY_END.sub("", text.replace("\0", ""))  # what stands behind it belongs to the page all the same
        markup = whole.encode("utf-8", "replace")
        survey(markup)
        return document_fromstring(markup, parser=parser)
    except etree.LxmlError:
        return document_fromstring("<html><body></body></html>")


def visible(element: HtmlElement) -> str:
    """The text a reader sees, blocks parted by line breaks; nested markup in the middle of a word leaves no gap."""
    return "".join(_visible_parts(element))


def _visible_parts(root: HtmlElement) -> Iterator[str]:
    skipping: HtmlElement | None = None
    for event, element in etree.iterwalk(root, events=("start", "end")):
        tag = element.tag if isinstance(element.tag, str) else ""
        if event == "start" and skipping is None:
            if tag in SILENT and element is not root:
                skipping = element
                continue
            if tag in _BLOCKS:
                yield "\n"
            yield element.text or ""
        elif event == "end":
            if skipping is element:
                skipping = None
            if skipping is None:
                if tag in _BLOCKS:
                    yield "\n"
                if element is not root:
                    yield element.tail or ""


@lru_cache(maxsize=512)
def _compiled(selector: str) -> etree.XPath:
    return etree.XPath(HTMLTranslator().css_to_xpath(selector))
