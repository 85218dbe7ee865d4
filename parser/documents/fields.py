"""What an HTML page says of itself in places made for it: tags of its system, hidden boxes, meta elements."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lxml import etree

from parser.documents.document import Field, FieldName


def page_fields(tree: etree._Element) -> Iterator[Field]:
    """What the page says of itself in places made for it, best first."""
    for element in tree.iter("ucaptitle", "publishtime"):
        yield from _field("title" if element.tag == "ucaptitle" else "published_on", all_text(element), "field")
    for element in tree.iter("div"):
        name = _NAMED_BOXES.get(element.get("id", ""))
        if name is not None:
            yield from _field(name, all_text(element), "field")
    yield from _metas(tree)
    for element in tree.iter("title"):
        yield from _field("title", all_text(element), "title")
        break  # the first only: a second one belongs to an included header (quirk 92)
    for element in tree.iter("h1", "h2", "h3"):
        if element.find(".//br") is not None:
            yield from _field("title", all_text(element), "heading")  # its lines as the one title they may be


def _field(name: FieldName, text: str, source: str) -> Iterator[Field]:
    clean = " ".join(text.split())
    if clean and clean not in {"网站名称", "政府网站标识码"} and not clean.startswith("<!--"):
        yield Field(name, clean, source)


_NAMED_BOXES: Final[dict[str, FieldName]] = {"NewsArticleTitle": "title", "NewsArticlePubDay": "published_on"}  # TRS

_META_NAMES: Final[dict[str, FieldName]] = {
    "articletitle": "title",
    "pubdate": "published_on",
    "publishdate": "published_on",
    "published": "published_on",
    "contentsource": "agency",
    "maketime": "generated_at",
    "htmlgeneratetime": "generated_at",
    "lastmodifiedtime": "generated_at",
    "sitename": "site",
}


def _metas(tree: etree._Element) -> Iterator[Field]:
    inside: list[Field] = []
    outside: list[Field] = []
    for meta in tree.iter("meta"):
        name = (meta.get("name") or "").strip().lower()
        content = meta.get("content") or ""
        if name == "others" and "页面生成时间" in content:
            found = list(_field("generated_at", content.replace("页面生成时间", ""), "meta"))
        elif name in _META_NAMES:
            found = list(_field(_META_NAMES[name], content.replace("∶", ":"), "meta"))
        else:
            continue
        head = next(meta.iterancestors("head"), None)
        (inside if head is not None else outside).extend(found)
    yield from inside
    yield from outside


def all_text(element: etree._Element) -> str:
    """All text of an element and what is in it."""
    return "".join(str(part) for part in element.itertext())
