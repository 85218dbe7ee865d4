"""The files of an article: links in its body and attachment boxes, hidden ones too, addresses in its scripts, pictures."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

from lxml.html import HtmlElement

from parser.documents.shown import ENOUGH_PROSE, is_content, is_editors, prose, source_of
from parser.labels import squeeze
from spiders.addresses import FILE_ENDINGS, is_file, key
from spiders.families.pages import Page, visible
from spiders.items import AttachmentLink

# Where sites put files beside the body, shown or hidden until a script finds something in them.
BOXES: Final = (
    ".attachment", "#articleFJ", "#appendix_list", "#downloadfile", ".downloadfile", "#annex", "#fj", "#fujian",
    "#ul_xgfj", ".fujian", ".f-APPENDIX", ".zw_enclosure", "#tblAppendix", ".ewb-file", "#rel_v", ".article-file",
    ".content-head a[download]", "[id*=ttach]", "[class*=ttach]",
)  # fmt: skip
_ENDINGS = "|".join(FILE_ENDINGS)
# 武汉's XAPPENDIXS, 陕西's hasFJ …: nobody has seen a filled one, so any quoted file of the editor's
# naming counts.
_IN_SCRIPT = re.compile(
    rf"(?:href=\\?|[\"'=])[\"']?(?P<address>(?:\./|/[\w./-]*)?[PW]0\d{{6,}}\.(?:{_ENDINGS}))\b", re.IGNORECASE
)
_SHOWN_PDF = re.compile(rf"showVsbpdfIframe\(\s*[\"'](?P<address>[^\"']+\.(?:{_ENDINGS}))[\"']", re.IGNORECASE)
_OPENED = re.compile(
    r"openFile\(\s*['\"](?P<address>[^'\"]+)['\"]\s*(?:,\s*['\"](?P<name>[^'\"]*)['\"])?", re.IGNORECASE
)
_VIEWER_PARAMETERS = ("file", "url", "src", "fileurl", "furl")


def read_attachments(page: Page, body: HtmlElement | None) -> tuple[AttachmentLink, ...]:
    """The attachments of an article in the order they stand, each address once.

    Only what stands in the body, in an attachment box, in a viewer or in a script: a file linked from the site's menu
    is no part of the article. Without a body every file whose link lies outside a list of links counts. Where the text
    is not on the page, the pictures of its body are the report.
    """
    roots: list[HtmlElement] = [body] if body is not None else []
    for selector in BOXES:
        roots.extend(page.select(selector))
    found: dict[str, AttachmentLink] = {}
    links = [*_linked(page, roots or [page.tree]), *_viewed(page), *_scripted(page), *_pictured(page, body)]
    for link in links:
        known = found.get(key(link.url))
        if known is None or (not known.name and link.name):
            found[key(link.url)] = link
    return tuple(found.values())


def shows_a_file(page: Page) -> bool:
    """Whether a page shows a file in place: it is an article then, however little else stands on it."""
    return any(True for _ in _viewed(page))


def _linked(page: Page, roots: Sequence[HtmlElement]) -> Iterator[AttachmentLink]:
    for root in roots:
        for link in root.iter("a"):
            yield from _from_link(page, link)


def _from_link(page: Page, link: HtmlElement) -> Iterator[AttachmentLink]:
    href = link.get("href") or ""
    opened = _OPENED.search(href)
    if opened is not None:
        url = page.resolve(opened["address"])
        if url is not None:
            yield AttachmentLink(url, squeeze(opened["name"] or "") or _name(link, url))
        return
    url = page.resolve(href)
    if url is not None and is_file(url):
        yield AttachmentLink(url, _name(link, url))
        return
    # An editor's link whose address got lost keeps the file's name.
    original = page.resolve(link.get("oldsrc"))
    if original is not None and is_file(original):
        yield AttachmentLink(original, _name(link, original))


def _viewed(page: Page) -> Iterator[AttachmentLink]:
    """Files shown in place: an iframe, embed or object that holds one, or a viewer that names it in its query."""
    for element in page.tree.iter("iframe", "embed", "object"):
        url = page.resolve(element.get("src") or element.get("data"))
        if url is None:
            continue
        if is_file(url):
            yield AttachmentLink(url, _file_name(url))
            continue
        query = {name.lower(): values for name, values in parse_qs(urlsplit(url).query).items()}
        for name in _VIEWER_PARAMETERS:
            inner = page.resolve(query.get(name, [None])[0])
            if inner is not None and is_file(inner):
                yield AttachmentLink(inner, _file_name(inner))


def _scripted(page: Page) -> Iterator[AttachmentLink]:
    for script in page.tree.iter("script"):
        text = script.text or ""
        for pattern in (_IN_SCRIPT, _SHOWN_PDF):
            for match in pattern.finditer(text):
                url = page.resolve(match["address"])
                if url is not None:
                    yield AttachmentLink(url, _file_name(url))


def _pictured(page: Page, body: HtmlElement | None) -> Iterator[AttachmentLink]:
    """The pictures that stand where a text should; without a body those that an editor put there."""
    root = body if body is not None else page.tree
    if page.has_report_body or prose(visible(root).split("\n")) >= ENOUGH_PROSE:
        return
    for picture in root.iter("img"):
        url = page.resolve(source_of(picture))
        if url is not None and is_content(picture) and (body is not None or is_editors(picture)):
            yield AttachmentLink(url, _file_name(url))


def _name(link: HtmlElement, url: str) -> str:
    for text in (visible(link), link.get("title") or "", link.get("download") or ""):
        if squeeze(text):
            return squeeze(text)
    return _file_name(url)


def _file_name(url: str) -> str:
    return unquote(urlsplit(url).path.rpartition("/")[2])
