"""Where a page leads: links, menus that open addresses by script, choices of a drop-down, maps and frames."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from lxml import etree
from lxml.html import HtmlElement

from parser.labels import squeeze
from spiders import titles
from spiders.addresses import key
from spiders.families.pages import Page, visible

# An address in a handler: window.open('…'), location.href='…', and whatever a template calls its own function.
_QUOTED: Final = re.compile(r"(['\"])(?P<text>[^'\"\s]{1,400})\1")
_LOOKS_LIKE_AN_ADDRESS: Final = re.compile(
    r"^(?:https?://|\.{0,2}/)[^\s]|^[\w./-]+\.(?:s?html?|jsp|aspx?|php)(?:[?#]|$)|^[\w-]+(?:/[\w-]+)*/$", re.IGNORECASE
)
_WHOLE: Final = etree.XPath("//a | //area[@href] | //option[@value] | //*[@onclick]")
_LEADING: Final = frozenset({"a", "area", "option"})
_SIDE_FRAME: Final = re.compile(r"/module/(?:visitcount|xxgk/tree)")  # Hanweb's counter and its tree beside a list
_LONGEST_LABEL = 24  # characters of a heading above a group of links
_LONGEST_TEXT = 200  # characters; a box with a handler may hold half a page
_HIGHEST = 4  # elements between a link and the group it stands in


@dataclass(frozen=True)
class Link:
    """Where a link leads, what it says, and the element it is."""

    url: str
    text: str
    element: HtmlElement


def links(page: Page) -> Iterator[Link]:
    """Every link to another page, in document order; one address may come several times."""
    here = key(page.url)
    found = _WHOLE(page.tree)
    for element in found if isinstance(found, list) else ():
        if not isinstance(element, HtmlElement):
            continue
        url = _target(page, element)
        if url is not None and key(url) != here:
            yield Link(url, text_of(element), element)


def frames(page: Page) -> tuple[str, ...]:
    """The pages shown inside this one, those of counters and trees left out."""
    found = (page.resolve(frame.get("src")) for frame in page.tree.iter("frame", "iframe"))
    addresses = [url for url in found if url is not None and key(url) != key(page.url) and not _SIDE_FRAME.search(url)]
    return tuple(dict.fromkeys(addresses))


def text_of(element: HtmlElement) -> str:
    """What a link says: its words, whole where a title completes them; else its title, else that of its picture."""
    shown = visible(element)
    words = titles.whole(shown, element.get("title")).text if len(shown) <= _LONGEST_TEXT else ""
    if words:
        return squeeze(words)
    pictures = [element, *element.iter("img")]
    named = (squeeze(picture.get(name) or "") for picture in pictures for name in ("title", "alt"))
    return next((text for text in named if text), "")


def group(link: Link) -> HtmlElement:
    """The menu, list or drop-down a link stands in: the nearest element that holds another link too."""
    chosen = link.element
    for ancestor in [parent for parent, _ in zip(link.element.iterancestors(), range(_HIGHEST), strict=False)]:
        chosen = ancestor
        if sum(1 for _, _ in zip(ancestor.iter(*_LEADING), range(2), strict=False)) > 1:
            break
    return chosen


def label(container: HtmlElement) -> str:
    """The words above a group of links (部门信息公开, 县区政府网站): its first choice, or what stands before it."""
    if container.tag == "select":
        first = next(container.iter("option"), None)
        return squeeze(visible(first)) if first is not None else ""
    element: HtmlElement | None = container
    for _ in range(3):
        if element is None or element.tag == "body":
            break
        before = element.getprevious()
        words = squeeze(visible(before)) if before is not None else ""
        if words:
            return words if len(words) <= _LONGEST_LABEL else ""
        element = element.getparent()
    return ""


def _target(page: Page, element: HtmlElement) -> str | None:
    if element.tag == "option":
        value = (element.get("value") or "").strip()
        return page.resolve(value) if _LOOKS_LIKE_AN_ADDRESS.match(value) else None
    href = element.get("href") if element.tag in _LEADING else None
    if href is not None:
        found = page.resolve(href)
        if found is not None:
            return found
    for handler in (href or "", element.get("onclick") or ""):
        if handler[:2000].lstrip().lower().startswith("javascript:") or handler is not href:
            for match in _QUOTED.finditer(handler[:2000]):
                if _LOOKS_LIKE_AN_ADDRESS.match(match["text"]):
                    return page.resolve(match["text"])
    return None
