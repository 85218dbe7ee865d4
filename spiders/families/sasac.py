"""国资委 and other old central sites: later pages are bare rows in files that count down. Portals: section 13."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice, pairwise
from typing import ClassVar, Final
from urllib.parse import urlsplit

from parser.titles import judge
from spiders.families.asks import Ask
from spiders.families.family import Family
from spiders.families.generic import Generic
from spiders.families.headings import own_words
from spiders.families.pagers import Further
from spiders.families.pages import Page, visible
from spiders.families.rows import read_rows
from spiders.titles import clean

_CLASS: Final = re.compile(r"class=['\"]zsy_co", re.IGNORECASE)
_LIST: Final = re.compile(r"id=['\"]comp_\d+['\"]", re.IGNORECASE)
_COMPONENT = re.compile(r"id=['\"]?comp_\d{1,12}\b", re.IGNORECASE)
_LATER = re.compile(r"\bindex_\d{1,12}_(?P<number>\d{1,4})\.html")
_ENDS = re.compile(r"[\s'\"<>=]")
_LONGEST = 300  # characters of an address before the file's name
_PLACE = re.compile(r"\bpurl\s*=\s*[\"'](?P<path>[^\"'\s]{0,300}\bindex_\d{1,12})[\"']")
_PAGES = re.compile(r"\bmaxPageNum\s*=\s*(?P<pages>\d{1,4})\b")
_MOST_PAGES = 2000
_MOST_COMPONENTS = 20  # lists of one page, each with files of its own


class Sasac(Family):
    """Page 1 is the page itself, page 2 of 16 is ``index_N_15.html`` and the last ``index_N_1.html``."""

    name = "sasac"

    # Lists
    list_places: ClassVar[tuple[str, ...]] = ("[id^=comp_]", ".zsy_conlist")  # never nested: tree builders move them

    # Articles
    title_places: ClassVar[tuple[str, ...]] = (".zsy_cotitle",)
    date_places: ClassVar[tuple[str, ...]] = (".zsy_cotitle p",)
    body_places: ClassVar[tuple[str, ...]] = (".zsy_comain", *Generic.body_places)

    def recognises(self, page: Page) -> bool:
        """By its classes, or by a list's id with the files of its later pages."""
        return _CLASS.search(page.text) is not None or (
            _LIST.search(page.text) is not None and _LATER.search(page.text) is not None
        )

    def further(self, page: Page) -> Further:
        """The file with the next lower number; the bare rows of a later page say nothing of paging, the ask does."""
        if page.asked is None:
            return self._from_first(page)
        pages = int(page.asked.fact("pages", "0"))
        own = _LATER.search(page.asked.url)
        if own is None or int(own["number"]) <= 1:
            return Further(None, pages)
        following = f"{page.asked.url[: own.start('number')]}{int(own['number']) - 1}.html"
        return Further(None, pages, page.asked.onward(url=following))

    def _from_first(self, page: Page) -> Further:
        pages, path = _stated(_part_with_reports(page))
        if path is None:
            pages, path = _stated(page.text)
        url = page.resolve(f"{path}_{pages - 1}.html") if path is not None else None
        if url is None or not 1 < pages <= _MOST_PAGES:
            return Further(None, pages or None)
        if urlsplit(url).netloc != urlsplit(page.url).netloc:
            return Further(None, pages)
        return Further(None, pages, Ask(url, self.name, page.url, number=2, facts=(("pages", str(pages)),)))

    def _titles(self, page: Page) -> Iterator[str]:
        yield page.metas.get("articletitle", "")
        for heading in page.select(".zsy_cotitle"):
            yield own_words(heading, ("p", "div", "span"))
        for element in page.select(".share-substr"):  # a hidden copy
            yield clean(visible(element))
        yield from super()._titles(page)


def _part_with_reports(page: Page) -> str:
    """The text of the list that has most reports, up to the next list: news beside it have pages of their own."""
    starts = [match.start() for match in islice(_COMPONENT.finditer(page.text), _MOST_COMPONENTS)]
    if len(starts) < 2:
        return page.text
    parts = [page.text[start:end] for start, end in pairwise([*starts, len(page.text)])]
    return max(parts, key=lambda part: _reports(page, part))


def _reports(page: Page, part: str) -> int:
    rows = read_rows(Page(page.url, f"<div {part}"))
    return sum(judge(row.title, in_report_column=True).is_report for row in rows)


def _stated(text: str) -> tuple[int, str | None]:
    """How many pages there are, and what their addresses begin with.

    The first assignment to the number of pages is 0, the last one counts; the hidden links name every later page.
    """
    later = [(_path(text, match), int(match["number"])) for match in _LATER.finditer(text)]
    assigned = [int(match["pages"]) for match in _PAGES.finditer(text)]
    place = _PLACE.search(text)
    path = place["path"] if place is not None else next((found for found, _ in later), None)
    linked = max((number for found, number in later if found == path and number < _MOST_PAGES), default=0)
    pages = assigned[-1] if assigned else 0
    return (pages or (linked + 1 if linked else 0)), path


def _path(text: str, match: re.Match[str]) -> str:
    """What an address of a later page begins with, from the quote before it on."""
    before = _ENDS.split(text[max(0, match.start() - _LONGEST) : match.start()])[-1]
    return before + match.group().rpartition("_")[0]
