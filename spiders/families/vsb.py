"""博达 VSB (portals §8): static lists whose file numbers count down, ``list.jsp``, articles in a form with downloads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import ClassVar, Final
from urllib.parse import parse_qsl, urlsplit

from lxml.html import HtmlElement

from spiders.addresses import key
from spiders.attachments import read_attachments
from spiders.columns import ColumnLink
from spiders.families.asks import Ask
from spiders.families.family import Article, Family
from spiders.families.menus import branches_of_file, is_of_reports
from spiders.families.pagers import Further, page_parameter
from spiders.families.pages import Page
from spiders.items import AttachmentLink

_COUNTED_DOWN = re.compile(r"/\d{1,4}\.html?$")
_MOST_STEPS_BACK = 5  # pages that new rows can push in between while a list is read
_FORM: Final = "form[name='_newscontent_fromname']"
_DOWNLOADS: Final = "a[href*='DownloadAttachUrl']"
_MOST_DOWNLOADS = 40


class Vsb(Family):
    """Page 1 is ``zfxxgknb.htm``, page 2 ``zfxxgknb/10.htm``, the last ``zfxxgknb/1.htm``: followed, never computed."""

    name = "vsb"

    # Lists
    list_places: ClassVar[tuple[str, ...]] = ("[id^='line_u']", "[id^='line_']")

    # Articles
    title_places: ClassVar[tuple[str, ...]] = (f"{_FORM} h1", f"{_FORM} h2", f"{_FORM} h3")
    body_places: ClassVar[tuple[str, ...]] = (".v_news_content", "[id^='vsb_content']")

    def is_column(self, page: Page) -> bool:
        """A list with its pager whose heading or menu says that it is of reports; ``list.jsp`` says nothing."""
        return bool(page.select(".p_pages")) and is_of_reports(page)

    def columns(self, page: Page) -> tuple[ColumnLink, ...]:
        """The branches of a column, which are files below it."""
        return () if page.asked is not None else (*super().columns(page), *branches_of_file(page))

    def further(self, page: Page) -> Further:
        """The page behind 下页; a page read by looking back leads nowhere, and the last one has no link there."""
        if page.asked is not None:
            return Further(None)
        following = _link(page, ".p_next a")
        if following is not None:
            return Further(following, super().further(page).total)
        if page.select(".p_next_d"):
            return Further(None)
        return _dynamic(page) or super().further(page)

    def questions(self, page: Page) -> tuple[Ask, ...]:
        """The page before a numbered one, which is new only where rows were added since the one that led here.

        The numbers are fixed from the end: with a new page on top the old number holds the page after the next.
        """
        before = _link(page, ".p_prev a")
        if before is None or _COUNTED_DOWN.search(urlsplit(page.url).path) is None:
            return ()
        if page.asked is None:
            return (Ask(before, self.name, page.url),)
        return (page.asked.onward(url=before, origin=page.url),) if page.asked.number < _MOST_STEPS_BACK else ()

    def article(self, page: Page) -> Article:
        """As everywhere; the downloads stand behind the body, in the form both share."""
        found = super().article(page)
        form = page.select(_FORM)[:1]
        outside = (link for link in page.select(_DOWNLOADS) if not form or form[0] not in link.iterancestors())
        places: list[HtmlElement] = [*form, *islice(outside, _MOST_DOWNLOADS)]
        links = (link for place in places for link in read_attachments(page, place))
        return Article(found.title, found.published_on, found.agency, tuple(_once([*found.attachments, *links])))


def _link(page: Page, place: str) -> str | None:
    """Where the first link of a place leads, unless to the page itself."""
    for element in page.select(place):
        url = page.resolve(element.get("href"))
        if url is not None and key(url) != key(page.url):
            return url
    return None


def _dynamic(page: Page) -> Further | None:
    """``list.jsp?totalpage=236&PAGENUM=2&…``, where its pager cannot be read."""
    query = dict(parse_qsl(urlsplit(page.url).query))
    found, total = page_parameter(page.url, "PAGENUM"), query.get("totalpage", "")
    if found is None or not total.isdecimal() or len(total) > 4:
        return None
    return Further(found[1] if found[0] < int(total) else None, int(total))


def _once(links: list[AttachmentLink]) -> Iterator[AttachmentLink]:
    seen: set[str] = set()
    for link in links:
        if key(link.url) not in seen:
            seen.add(key(link.url))
            yield link
