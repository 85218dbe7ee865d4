"""安徽 AnnualReport module (portals §9.2): one page per agency and year, which is a report or a list of some."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlsplit

from parser.labels import squeeze
from parser.titles import judge
from spiders.addresses import key
from spiders.agencies import read_agency
from spiders.columns import ColumnLink
from spiders.families.asks import Ask
from spiders.families.family import Article, Family
from spiders.families.pagers import Further
from spiders.families.pages import Page, visible
from spiders.families.rows import is_column_name
from spiders.items import Row

# Markup was never seen: the addresses are all there is to go by, and their case is kept.
_YEAR = re.compile(
    r"^(?P<place>.*/(?:openness|xxgk)annualreport/year/(?P<show>show/)?)(?P<agency>\d{1,9})/(?P<year>(?:19|20)\d\d)\.html$",
    re.IGNORECASE,
)
_BRANCH = re.compile(r"/(?:openness|xxgk)annualreport/(?:index\.html)?$", re.IGNORECASE)  # ?branch_id=
_CRUMBS = re.compile(r"首页\s*(?=[>»＞›])(?P<crumbs>[^\n]{2,160})")
_BETWEEN = re.compile(r"[>»＞›]+")
_MOST_YEARS = 40  # of one agency
_MOST_AGENCIES = 400


class AhAnnualReport(Family):
    """``year/<agency>/<year>.html``: the years a page leads to are asked for as pages of its list."""

    name = "ah_annualreport"

    # Articles
    body_places: ClassVar[tuple[str, ...]] = ("#zoom", ".j-fontContent", ".newscontnet", ".content", ".article")

    def rows(self, page: Page) -> tuple[Row, ...]:
        """A year's rows; the page itself where it is the report. Links that only name a year are none."""
        found = tuple(row for row in super().rows(page) if _YEAR.match(_path(row.url)) is None or _is_one(row.title))
        if not page.has_report_body:
            return found
        return (Row(page.url, self.title(page) or "", self.published_on(page, self.body(page))),)

    def questions(self, page: Page) -> tuple[Ask, ...]:
        """The other years of the page's agency."""
        own = _YEAR.match(_path(page.url))
        years = (link for link in _years(page) if own is not None and _are_of_one(link.address, own))
        urls = dict.fromkeys(link.url for link in years if link.address["year"] != (own and own["year"]))
        return tuple(Ask(url, self.name, page.url) for url in list(urls)[:_MOST_YEARS])

    def columns(self, page: Page) -> tuple[ColumnLink, ...]:
        """One column for each other agency the page leads to; the years asked for lead to the same ones again."""
        if page.asked is not None:
            return ()
        own = _YEAR.match(_path(page.url))
        found: dict[str, ColumnLink] = {}
        for link in _years(page):
            if own is None or not _are_of_one(link.address, own):
                found.setdefault(link.address["agency"], ColumnLink(link.url, read_agency(link.text)))
            elif page.has_report_body and link.address["year"] != own["year"]:
                found.setdefault(own["agency"], ColumnLink(link.url, None))  # which asks for the others
        for url, agency in _branches(page):
            found.setdefault(url, ColumnLink(url, agency))
        return tuple(found.values())[:_MOST_AGENCIES]

    def is_column(self, page: Page) -> bool:
        """A year's list, or a branch's; a page under ``show/`` is a report."""
        own = _YEAR.match(_path(page.url))
        listed = _BRANCH.search(_path(page.url)) is not None if own is None else not own["show"]
        return listed and not page.has_report_body

    def further(self, page: Page) -> Further:
        """A year that is a list may have pages; one that is a report has none, whatever it links to."""
        return Further(None) if page.has_report_body else super().further(page)

    def article(self, page: Page) -> Article:
        """As everywhere; the agency stands among the crumbs, which nothing introduces."""
        found = super().article(page)
        return Article(found.title, found.published_on, found.agency or _of_crumbs(page), found.attachments)


def _path(url: str) -> str:
    return urlsplit(url).path


def _is_one(title: str) -> bool:
    """Whether a title is one report's: it says so and names its year or agency."""
    return judge(title).is_report and not is_column_name(title)


@dataclass(frozen=True)
class _YearLink:
    url: str
    address: re.Match[str]
    text: str


def _years(page: Page) -> Iterator[_YearLink]:
    """Pages of agencies and years that are linked or offered to choose from; a row's address is an article's."""
    for element in page.tree.iter("a", "option"):
        url = page.resolve(element.get("href") if element.tag == "a" else element.get("value"))
        found = _YEAR.match(_path(url)) if url is not None else None
        text = squeeze("".join(element.itertext()))
        if url is None or found is None or urlsplit(url).netloc != urlsplit(page.url).netloc or _is_one(text):
            continue
        yield _YearLink(url, found, text)


def _branches(page: Page) -> Iterator[tuple[str, str]]:
    """Lists of agencies, each with a number in its query, and whose they are."""
    for element in page.tree.iter("a", "option"):
        url = page.resolve(element.get("href") if element.tag == "a" else element.get("value"))
        agency = read_agency("".join(element.itertext())) if url is not None and _BRANCH.search(_path(url)) else None
        if url is not None and agency is not None and key(url) != key(page.url) and "branch_id=" in urlsplit(url).query:
            yield url, agency


def _are_of_one(one: re.Match[str], other: re.Match[str]) -> bool:
    """Whether two addresses are of one agency and so differ by the year alone."""
    return one["agency"] == other["agency"] and one["place"].lower() == other["place"].lower()


def _of_crumbs(page: Page) -> str | None:
    match = _CRUMBS.search(visible(page.tree))
    if match is None:
        return None
    names = [name for part in _BETWEEN.split(match["crumbs"]) if (name := read_agency(part)) is not None]
    return names[-1] if names else None
