"""Shells: pages that hold nothing and lead on by script, by refresh or by a frame."""

from __future__ import annotations

import re

from parser.labels import squeeze
from spiders.addresses import key
from spiders.families.pages import Page, visible
from spiders.links import frames, links

_SCRIPTED = re.compile(
    r"location(?:\.href)?\s*(?:=(?!=)|\.(?:replace|assign)\s*\()\s*(['\"])(?P<url>[^'\"]+)\1", re.IGNORECASE
)
_CLICKED = re.compile(r"\bonclick\s*=\s*(['\"])(?:(?!\1).)*\1", re.IGNORECASE | re.DOTALL)  # a menu of buttons
_REFRESH = re.compile(r"^\s*+[\d.]*+\s*+[;,]?\s*+url\s*+=\s*+['\"]?(?P<url>[^'\"]+)", re.IGNORECASE)
_LARGEST_SCRIPTED = 1200  # bytes of a page that is nothing but a script; the known ones have under 400
_MOST_WORDS = 120  # characters a page with a refresh may show (正在跳转 …)
_MOST_WORDS_ROUND_A_FRAME = 60


def target(page: Page) -> str | None:
    """Where a shell leads; None where the page is no shell, or leads to itself.

    A full page that only reloads itself (``content="600"`` without ``url=``) is none.
    """
    for found in (_refreshed(page), _scripted(page), _framed(page)):
        if found is not None and key(found) != key(page.url):
            return found
    return None


def is_shell(page: Page) -> bool:
    """Whether a page only leads elsewhere, be it to itself."""
    return any(found is not None for found in (_refreshed(page), _scripted(page), _framed(page)))


def _refreshed(page: Page) -> str | None:
    if len(_words(page)) > _MOST_WORDS:
        return None
    for meta in page.tree.iter("meta"):
        if (meta.get("http-equiv") or "").strip().lower() == "refresh":
            match = _REFRESH.match(meta.get("content") or "")
            if match is not None:
                return page.resolve(match["url"].strip())
    return None


def _scripted(page: Page) -> str | None:
    if len(page.text) > _LARGEST_SCRIPTED or _words(page) or "document.cookie" in page.text:
        return None  # a script that sets a cookie and reloads is a challenge, not a shell
    match = _SCRIPTED.search(_CLICKED.sub("", page.text))
    return page.resolve(match["url"]) if match is not None else None


def _framed(page: Page) -> str | None:
    found = frames(page)
    if any("/module/xxgk/tree" in (frame.get("src") or "") for frame in page.tree.iter("frame", "iframe")):
        return None  # Hanweb's tree of agencies and the report of one of them: the page that holds both is the column
    leads_on = any(True for _ in page.tree.iter("a")) or bool(links(page))
    if len(found) != 1 or len(_words(page)) > _MOST_WORDS_ROUND_A_FRAME or leads_on:
        return None
    return found[0]


def _words(page: Page) -> str:
    return squeeze(visible(page.tree))
