"""Surveys: what a page is made of, before a tree is made of it. A tree cannot be given up halfway."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from lxml import etree
from lxml.html import HTMLParser

LARGEST: Final = 16 << 20  # bytes of markup; lists have some hundred KiB, articles with their pictures inside some MiB
_SMALL = 64 << 10  # bytes; the worst of so few takes a second
_MOST_ATTRIBUTES = 1000  # of one element: libxml2 goes through all of them to add one (40 000 take 8 s)


class MarkupRefused(ValueError):
    """A page that was made to be too much for who reads it."""


def survey(markup: bytes) -> None:
    """Raise :class:`MarkupRefused` for markup of which no tree is to be made; takes some 60 ms per MiB."""
    if len(markup) > LARGEST:
        raise MarkupRefused(f"a page of {len(markup) >> 20} MiB; the largest that is read has {LARGEST >> 20} MiB")
    if len(markup) > _SMALL:
        target: Any = _Survey()
        etree.fromstring(markup, parser=HTMLParser(encoding="utf-8", target=target))


class _Survey:
    """What lxml tells of a page as it reads it; it builds nothing."""

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if len(attributes) > _MOST_ATTRIBUTES:
            raise MarkupRefused(f"a page with an element {tag[:20]!r} of {len(attributes)} attributes")

    def close(self) -> None:
        """Nothing to hand over."""
