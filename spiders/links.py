"""Where a page leads: links, menus that open addresses by script, choices of a drop-down, maps and frames."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Final

from lxml import etree
from lxml.html import HtmlElement

from parser.labels import squeeze
from spiders import titles
from spiders.addresses import key
from spiders.families.pages import SILENT, Page, read_markup, visible

# An address in a handler: window.open('…'), location.href='…', and whatever a template calls its own function.
_QUOTED: Final = re.compile(r"(['\"])(?P<text>[^'\"\s]{1,400})\1")
_LOOKS_LIKE_AN_ADDRESS: Final = re.compile(
    r"^(?:https?://|\.{0,2}/)[^\s]|^[\w./-]+\.(?:s?html?|jsp|aspx?|php)(?:[?#]|$)|^[\w-]+(?:/[\w-]+)*/$", re.IGNORECASE
)
_ADDRESSES: Final = ("data-url", "data-href", "data-link")  # menus whose script opens what an attribute says
_WHOLE: Final = etree.XPath(
    "//a | //area[@href] | //option[@value] | //*[@onclick] | //*[@data-url] | //*[@data-href] | //*[@data-link]"
)
# A node of a tree that a script draws (zTree and its like): a flat object with a name and an address.
_NODE: Final = re.compile(r"\{[^{}]{3,600}\}")
_NODE_NAME: Final = re.compile(r"[{,\s][\"']?(?:name|title|text|label)[\"']?\s*:\s*(['\"])(?P<name>[^'\"]{1,60})\1")
_NODE_URL: Final = re.compile(
    r"[{,\s][\"']?(?:url|href|link|linkurl|path)[\"']?\s*:\s*(['\"])(?P<url>[^'\"\s]{1,400})\1", re.IGNORECASE
)
_MOST_NODES = 3000  # of one script; a province's tree has some hundreds
WRITTEN: Final = re.compile(
    r"document\.write(?:ln)?\(\s*(['\"])(?P<markup>(?:\\.|(?!\1)[^\\\n])*)\1\s*\)", re.IGNORECASE
)  # markup that stands as text in a script
ESCAPED: Final = re.compile(r"\\(['\"/])")
_LEADING: Final = frozenset({"a", "area", "option"})
_SIDE_FRAME: Final = re.compile(r"/module/(?:visitcount|xxgk/tree)")  # Hanweb's counter and its tree beside a list
_DECORATIONS: Final = "»›>●◆■▪·•★☆【】[]"
_LONGEST_LABEL = 24  # characters of a heading above a group of links
_LONGEST_TEXT = 200  # characters; a box with a handler may hold half a page
_HIGHEST_CAPTION = 2  # elements between a picture and the box with its caption
_HIGHEST = 4  # elements between a link and the group it stands in


@dataclass(frozen=True)
class Link:
    """Where a link leads, what it says, and the element it is."""

    url: str
    text: str
    element: HtmlElement


@lru_cache(maxsize=2)  # of the page that is being looked at: half a dozen questions are asked about its links
def links(page: Page) -> tuple[Link, ...]:
    """Every link to another page, in document order; one address may come several times."""
    return tuple(_links(page))


def _links(page: Page) -> Iterator[Link]:
    here = key(page.url)
    for element in _leading(page.tree):
        url = target(page, element)
        if url is not None and key(url) != here:
            yield Link(url, text_of(element), element)
    for script in page.tree.iter("script"):
        for url, name in _nodes(page, script.text or ""):
            if key(url) != here:
                yield Link(url, name, script)
        for element in _written(script.text or ""):
            url = target(page, element)
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
        return squeeze(words).strip(_DECORATIONS) or squeeze(words)
    pictures = [element, *element.iter("img")]
    named = (squeeze(picture.get(name) or "") for picture in pictures for name in ("title", "alt", "value"))
    return next((text for text in named if text), "") or _caption(element)


def _caption(element: HtmlElement) -> str:
    """The words below a picture that is a link, in a box of their own."""
    for box in islice(element.iterancestors(), _HIGHEST_CAPTION):
        beside = (other for other in filter(_may_lead, box.iterdescendants()) if other is not element)
        if box.tag in {"body", "html"} or any(element not in other.iterancestors() for other in beside):
            break
        words = squeeze(visible(box))
        if words:
            return words if len(words) <= _LONGEST_LABEL else ""
    return ""


def group(link: Link) -> HtmlElement:
    """The menu, list or drop-down a link stands in: the nearest element that holds another link too."""
    if link.element.tag == "script":
        return link.element
    chosen = link.element
    for ancestor in [parent for parent, _ in zip(link.element.iterancestors(), range(_HIGHEST), strict=False)]:
        chosen = ancestor
        if sum(1 for _, _ in zip(filter(_may_lead, ancestor.iterdescendants()), range(2), strict=False)) > 1:
            break
    return chosen


def _may_lead(element: HtmlElement) -> bool:
    return element.tag in _LEADING or any(name in element.attrib for name in ("onclick", *_ADDRESSES))


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
        words = squeeze(visible(before)) if before is not None and before.tag not in SILENT else ""
        if words:
            return words if len(words) <= _LONGEST_LABEL else ""
        element = element.getparent()
    return ""


def _leading(root: HtmlElement) -> Iterator[HtmlElement]:
    found = _WHOLE(root)
    yield from (element for element in found if isinstance(element, HtmlElement)) if isinstance(found, list) else ()


def _written(script: str) -> Iterator[HtmlElement]:
    """The links of a menu that a script writes, as one piece of markup."""
    parts = (match["markup"] for match, _ in zip(WRITTEN.finditer(script), range(_MOST_NODES), strict=False))
    markup = "".join(ESCAPED.sub(r"\1", part) for part in parts)
    if "<a" in markup.lower():
        yield from _leading(read_markup(f"<div>{markup}</div>"))


def _nodes(page: Page, script: str) -> Iterator[tuple[str, str]]:
    for match, _ in zip(_NODE.finditer(script), range(_MOST_NODES), strict=False):
        name, url = _NODE_NAME.search(match.group()), _NODE_URL.search(match.group())
        address = (
            page.resolve(html.unescape(url["url"]).replace("\\/", "/"))
            if name is not None and url is not None
            else None
        )
        if name is not None and address is not None:
            yield address, squeeze(name["name"])


def target(page: Page, element: HtmlElement) -> str | None:
    """The address an element leads to, by itself or by what its handler says; None where it leads nowhere."""
    if element.tag == "option":
        value = (element.get("value") or "").strip()
        return page.resolve(value) if _LOOKS_LIKE_AN_ADDRESS.match(value) else None
    href = element.get("href") if element.tag in _LEADING else None
    if href is not None:
        found = page.resolve(href)
        if found is not None:
            return found
    for name in _ADDRESSES:
        given = (element.get(name) or "").strip()
        if _LOOKS_LIKE_AN_ADDRESS.match(given):
            return page.resolve(given)
    for handler in (href or "", element.get("onclick") or ""):
        if handler[:2000].lstrip().lower().startswith("javascript:") or handler is not href:
            for match in _QUOTED.finditer(handler[:2000]):
                if _LOOKS_LIKE_AN_ADDRESS.match(match["text"]):
                    return page.resolve(match["text"])
    return None
