"""汇蓝 easysite: the districts 大兴, 顺义 and 平谷 of 北京. Portals: section 11."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import ClassVar

from spiders.addresses import is_file, key
from spiders.families.family import Article, Family
from spiders.families.generic import Generic
from spiders.families.pages import Page
from spiders.items import AttachmentLink

_ARRAY = "attachHuilanMediaArray"
# How the objects get into the array was never seen: a literal, or an object made field by field, counts.
_LITERAL = re.compile(r"\{(?P<fields>[^{}]{0,2000})\}")
_FIELD = re.compile(
    r"[\"']?\b(?P<name>src|title|desc)\b[\"']?\s*[:=]\s*(?P<quote>[\"'])(?P<value>(?:\\.|(?!(?P=quote))[^\\\n]){0,1000})(?P=quote)"
)
_ESCAPED = re.compile(r"\\(['\"/])")
_ATTACHED = "FCK"  # in the description of the objects that are attachments
_MOST = 200  # objects of an array that are looked at


class Easysite(Family):
    """Lists are directories of years and groups, articles directories named by seven digits."""

    name = "easysite"

    # Articles
    title_places: ClassVar[tuple[str, ...]] = (
        ".easysite-news-title h2",
        ".subArticleTitle h2",
        *Generic.title_places,
    )
    date_places: ClassVar[tuple[str, ...]] = (
        ".easysite-news-describe",
        ".detail span",
        *Generic.date_places,
    )
    body_places: ClassVar[tuple[str, ...]] = (
        "#easysiteText",
        "#articleWrap.article",
        "#articleWrap",
        *Generic.body_places,
    )

    def article(self, page: Page) -> Article:
        """The article with the files its script would list."""
        found = super().article(page)
        links = {key(link.url): link for link in (*found.attachments, *_pushed(page))}
        return replace(found, attachments=tuple(links.values()))


def _pushed(page: Page) -> Iterator[AttachmentLink]:
    """The files of the media array: of its objects those whose description says so."""
    for script in page.tree.iter("script"):
        text = script.text or ""
        if _ARRAY in text:
            for fields in islice(_objects(text), _MOST):
                url = page.resolve(fields.get("src"))
                if url is not None and is_file(url) and _ATTACHED in fields.get("desc", ""):
                    yield AttachmentLink(url, fields.get("title", "") or url.rpartition("/")[2])


def _objects(text: str) -> Iterator[dict[str, str]]:
    for literal in _LITERAL.finditer(text):
        yield _fields(literal["fields"])
    for made in text.split(f"{_ARRAY}.push")[:-1]:
        yield _fields(made.rpartition("new Object")[2])


def _fields(text: str) -> dict[str, str]:
    return {
        match["name"]: html.unescape(_ESCAPED.sub(r"\1", match["value"])).strip() for match in _FIELD.finditer(text)
    }
