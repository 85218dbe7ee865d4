"""NFCMS, the CMS of the portals of 广东: static lists counted from 1, a template per site. Portals: section 6.2."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar
from urllib.parse import urljoin, urlsplit

from spiders.addresses import folder
from spiders.families import pagers
from spiders.families.family import Family
from spiders.families.pages import Page, visible

_SIGN = re.compile(r"NFCMS_SITE_ID", re.IGNORECASE)
_ARTICLE_PATH = re.compile(r"/content/m?post_\d+\.html$")
_LIST_FILE = re.compile(r"^(?:index(?:_(?P<number>\d{1,4}))?\.html)?$")
_FULL_PAGE = 10  # rows; a list with fewer on its page has no other


class Nfcms(Family):
    """A list is ``index.html``, ``index_2.html`` …; its pages often hold TRS wrappers that say nothing."""

    name = "nfcms"

    # Articles: 广东省, 广州 and 白云, 黄埔, 南沙, 佛山, 深圳; the misspelt class is the site's own
    title_places: ClassVar[tuple[str, ...]] = (
        "h3.zw-title",
        "h1.content_title",
        ".content-wrap > h1",
        ".xlbox h2",
        "h3.conetent-title",
        ".DetialTop h3",
    )
    subtitle_places: ClassVar[tuple[str, ...]] = ("h2.content_subtitle",)  # 白云: the rest of the title
    date_places: ClassVar[tuple[str, ...]] = (
        ".zw-info .time",
        ".content_attr li.date span",
        ".content_attr .time b",
        ".article-create_time",
        ".ly span",
        "em#pubTime",
        ".DetialTop span",
    )
    body_places: ClassVar[tuple[str, ...]] = (
        "#zhengwen #zoomcon",
        "#zoomcon",
        ".xl-nr",
        ".m-con > .TRS_Editor",
        ".DetialCon > .TRS_Editor",
        ".zw",
        ".TRS_Editor",
    )

    def recognises(self, page: Page) -> bool:
        """By the site's number in a script, or by the address of an article."""
        return _SIGN.search(page.text) is not None or _ARTICLE_PATH.search(urlsplit(page.url).path) is not None

    def further(self, page: Page) -> pagers.Further:
        """The page its links name; else the next number after this page's own, while rows fill the page."""
        found = pagers.further(page)
        own = _LIST_FILE.match(urlsplit(page.url).path.rpartition("/")[2])
        if own is None:
            return found
        here = int(own["number"] or 1)
        following = urljoin(folder(page.url), f"index_{here + 1}.html")
        if found.total is not None:
            return pagers.Further(following if here < found.total else None, found.total)
        if found.url is not None or len(self.rows(page)) < _FULL_PAGE:
            return found
        return pagers.Further(following)

    def _titles(self, page: Page) -> Iterator[str]:
        yield from self._with_subtitles(page)
        yield from super()._titles(page)

    def _with_subtitles(self, page: Page) -> Iterator[str]:
        rests = [text for place in self.subtitle_places for text in map(visible, page.select(place)) if text.strip()]
        heads = [text for place in self.title_places for text in map(visible, page.select(place)) if text.strip()]
        if rests and heads:
            yield heads[0] + rests[0]
