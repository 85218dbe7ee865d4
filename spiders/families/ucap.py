"""UCAP (开普云) in two generations: static lists with a pager's call, and lists that are a script's object.

Portals: section 7.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any, ClassVar, Final
from urllib.parse import urlsplit

from spiders.addresses import is_file
from spiders.families import pagers
from spiders.families.family import Family
from spiders.families.literals import read_value, sound, value_after
from spiders.families.pages import Page, visible
from spiders.families.records import Fields, rows_of
from spiders.items import Row

_SIGNS = re.compile(
    r"content=['\"]页面生成时间 |name=['\"]template,templategroup,version|<UCAPTITLE|<UCAPCONTENT|createPageHTML\(\s*['\"]|/doc/ucap/",
    re.IGNORECASE,
)
_PATH = re.compile(r"/c\d{5,7}[a-z]?/(?:.*/)?[0-9a-f]{32}\.shtml$|/content/content_\d{19}\.html$")
_LISTED = re.compile(r"\blistData\s*=\s*\{\s*[\"']?articleList[\"']?\s*:\s*(?=\[)")
_CHANNEL = re.compile(r"\bchannelsTagSelf\s*=\s*(?=\{)")
_GENERATED = "页面生成时间"
_ADDRESSES: Final = ("pc", "common", "mobile", "wap")  # of the object in ``urls``, best first
_MOST_FILES = 20

_FIELDS: Final = Fields(url=("url",), title=("title", "showtitle"), day=("pubdate",))


class Ucap(Family):
    """The elements ``ucaptitle``, ``publishtime`` and ``ucapcontent`` say best what an article is."""

    name = "ucap"

    # Lists
    list_places: ClassVar[tuple[str, ...]] = ("#zc-list-content", "div.gknr_list")

    # Articles: 沭阳, 四川, 中医药局, 绥滨, 丰台, 证监会, 国家民委
    title_places: ClassVar[tuple[str, ...]] = (
        ".article-title",
        "#articlecontent h2",
        ".xq_title",
        "h1.content-container-title",
        ".Contitle",
        ".content-body h3",
        ".p1",
    )
    date_places: ClassVar[tuple[str, ...]] = (
        "publishtime",
        "#articleattribute li",
        ".fbsj",
        ".content-container-info",
        "#othermessage",
        ".p2",
    )
    body_places: ClassVar[tuple[str, ...]] = (
        "ucapcontent",
        "#cmsArticleContent",
        ".article-content",
        ".content-container-con",
        "#zoomcon",
        "#zoom",
        ".content-body",
        ".p3",
    )

    def recognises(self, page: Page) -> bool:
        """By its own elements, metas and calls, by the object of a list, or by the address of an article."""
        if _SIGNS.search(page.text) is not None or _is_scripted(page):
            return True
        return _PATH.search(urlsplit(page.url).path) is not None

    def rows(self, page: Page) -> tuple[Row, ...]:
        """The rows of the script's object, else of the page."""
        if not _is_scripted(page):
            return super().rows(page)
        return tuple({row.url: row for row in _listed(page)}.values())

    def further(self, page: Page) -> pagers.Further:
        """By the pager's call; where the rows of an object go on is not known."""
        return pagers.Further(None) if _is_scripted(page) else super().further(page)

    def shortfall(self, page: Page) -> str | None:
        """How many of a column's rows the object leaves out."""
        channel = value_after(page.text, _CHANNEL)
        count = sound(channel.get("articleCount")).strip() if isinstance(channel, dict) else ""
        held = len(_listed(page))
        if not _is_scripted(page) or not re.fullmatch(r"[0-9]{1,9}", count) or int(count) <= held:
            return None
        return f"the column has {int(count)} rows, its page holds {held}, and where the others are is unknown"

    def _titles(self, page: Page) -> Iterator[str]:
        """The article's own element before the metas: those of a header that is set in may come first."""
        yield from map(visible, page.select("ucaptitle"))
        yield from super()._titles(page)

    def _meta_date(self, page: Page) -> date | None:
        """``PubDate``, except on pages that name the time of their generation: there it is that time."""
        generated = any(_GENERATED in (meta.get("content") or "") for meta in page.tree.iter("meta"))
        return None if generated else super()._meta_date(page)


def _is_scripted(page: Page) -> bool:
    """Whether a page is a list of the new generation."""
    return _LISTED.search(page.text) is not None


def _listed(page: Page) -> list[Row]:
    """The rows of a list's object that can be read."""
    found = value_after(page.text, _LISTED)
    items = found if isinstance(found, list) else []
    return [row for item in items for row in rows_of(page, _record(page, item), _FIELDS)]


def _record(page: Page, item: Any) -> dict[str, str]:
    """A row's fields as text: the address of its page; without one that of the old site, else that of its file."""
    if not isinstance(item, dict):
        return {}
    record = {str(name).lower(): sound(value) for name, value in item.items() if isinstance(value, str | int)}
    addresses = [*_pages(item), *_files(page, item)]
    url = next((address for address in addresses if page.resolve(address) is not None), "")
    return {**{name: record.get(name, "") for name in (*_FIELDS.title, *_FIELDS.day)}, "url": url}


def _pages(item: dict[str, Any]) -> Iterator[str]:
    given = item.get("urls")
    urls = read_value(given) if isinstance(given, str) else given
    if isinstance(urls, dict):
        yield from (address for name in _ADDRESSES if (address := sound(urls.get(name)).strip()))
    elif isinstance(given, str) and given.strip().startswith(("/", "http")):
        yield sound(given).strip()
    metadata = item.get("metadata")
    old = sound(metadata.get("LinkTitle")).strip() if isinstance(metadata, dict) else ""
    if old:
        yield old


def _files(page: Page, item: dict[str, Any]) -> Iterator[str]:
    given = item.get("articleFiles")
    for file in (given if isinstance(given, list) else [])[:_MOST_FILES]:
        if not isinstance(file, dict):
            continue
        host, path = sound(file.get("domainName")).strip().rstrip("/"), sound(file.get("filePath")).strip()
        for address in (host + path if path else "", sound(file.get("url")).strip()):
            url = page.resolve(address)
            if url is not None and is_file(url):
                yield url
