"""A family answers four questions about a page: is it mine, which rows, where does the list go on, what is the article.

What differs from family to family stands in class attributes: ordered CSS selectors, the first that fits decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice, takewhile
from typing import ClassVar

from lxml.html import HtmlElement

from parser.labels import normal, squeeze
from parser.titles import judge
from spiders import agencies, dates, titles
from spiders.attachments import read_attachments
from spiders.columns import ColumnLink, names_reports
from spiders.families import pagers
from spiders.families.asks import Ask
from spiders.families.pages import Page, visible
from spiders.families.rows import is_column_name, read_rows
from spiders.items import AttachmentLink, Row

_SITE_BEHIND = re.compile(r"[-_|—–]{1,2}[^-_|—–]*(?:网|政府|平台|门户|公开|局|委|厅|办)\s*$")
_GENERATED = re.compile(r"\d{4}-\d\d-\d\d\s+\d\d:\d\d")
_HEADINGS = ("[class*=title]", "[class*=tit]", "[class*=bt]", "[id*=title]")
_MOST_STEPS_UP = 2  # from a heading to what the lines below it stand beside
_MOST_LINES_BELOW = 2
_SHORTEST_BODY = 40  # characters; a body with fewer is an empty frame unless it holds a table, a picture or a link


@dataclass(frozen=True)
class Article:
    """What an article page says of itself; ``title`` as the page prints it, None where it prints none."""

    title: str | None
    published_on: date | None
    agency: str | None
    attachments: tuple[AttachmentLink, ...]


class Family:
    """The generic answers; a family's class says where its sites keep things and overrides what is built otherwise."""

    name: ClassVar[str] = "generic"

    # Lists
    list_places: ClassVar[tuple[str, ...]] = ()

    # Articles
    title_places: ClassVar[tuple[str, ...]] = ()
    date_places: ClassVar[tuple[str, ...]] = ()
    body_places: ClassVar[tuple[str, ...]] = ()
    generation_metas: ClassVar[tuple[str, ...]] = (
        "others",
        "maketime",
        "htmlgeneratetime",
        "lastmodifiedtime",
        "createdate",
    )

    def recognises(self, page: Page) -> bool:
        """Whether a page is this family's."""
        raise NotImplementedError

    def rows(self, page: Page) -> tuple[Row, ...]:
        """Every row of a list, reports and others, each address once."""
        return read_rows(page, self.list_places)

    def further(self, page: Page) -> pagers.Further:
        """The list's next page, and how many it says there are."""
        return pagers.further(page)

    def questions(self, page: Page) -> tuple[Ask, ...]:
        """What the page's script asks for the rows the page itself does not hold, from the first page on."""
        del page
        return ()

    def shortfall(self, page: Page) -> str | None:
        """Why a list shows fewer rows than it has, where the others cannot be asked for."""
        del page
        return None

    def is_column(self, page: Page) -> bool:
        """Whether a page is a report column by what it holds, although its address does not say so."""
        return page.asked is None and names_reports(page) and bool(self.rows(page) or self.questions(page))

    def columns(self, page: Page) -> tuple[ColumnLink, ...]:
        """Report columns that the page leads to and no link shows: here the list's beginning, where a later page was given."""
        first = pagers.beginning(page) if page.asked is None else None
        return () if first is None else (ColumnLink(first, None, guessed=True),)

    def says_missing(self, page: Page) -> bool:
        """Whether a page that answered 200 stands where no report is."""
        del page
        return False

    def enclosures(self, page: Page) -> Ask | None:
        """What an article's script asks for the attachments the page does not hold."""
        del page
        return None

    def article(self, page: Page) -> Article:
        """The title, publishing date, agency and attachments of an article page."""
        body = self.body(page)
        return Article(
            self.title(page), self.published_on(page, body), agencies.of_page(page), read_attachments(page, body)
        )

    def title(self, page: Page) -> str | None:
        """The first title that is a report's or clearly a look-alike's; else the first there is.

        A site's name or a section's heading says neither, so the search goes on past them.
        """
        candidates = [text for text in map(titles.clean, self._titles(page)) if text]
        column_names = []
        for text in candidates:
            verdict = judge(text)
            if verdict.is_report and is_column_name(text):
                column_names.append(text)
            elif verdict.is_report or verdict.reason != "no report words":
                return text
        return next(iter([*column_names, *candidates]), None)

    def published_on(self, page: Page, body: HtmlElement | None) -> date | None:
        """The day of publication the page gives: in its own element, behind a label, or as ``PubDate``."""
        for place in self.date_places:
            for element in page.select(place):
                day = (
                    dates.read_cell(visible(element))
                    or dates.read_labelled(visible(element))
                    or dates.read_line(visible(element))
                )
                if day is not None:
                    return day
        labelled = dates.read_labelled(_text_outside(page.tree, body))
        return labelled or self._date_below_title(page, body) or self._meta_date(page)

    def body(self, page: Page) -> HtmlElement | None:
        """The element that holds the report: the innermost one of the first place that has something in it."""
        for place in self.body_places:
            filled = [element for element in page.select(place) if _holds_something(element)]
            if filled:
                return _innermost(filled[0], filled)
        return None

    def _titles(self, page: Page) -> Iterator[str]:
        yield page.metas.get("articletitle", "")
        for place in ("ucaptitle", "#NewsArticleTitle", *self.title_places):
            yield from map(visible, page.select(place))
        written = re.search(r"\b(?:doctitle|headerTitle)\s*=\s*([\"'])(?P<title>.*?)\1", page.text)
        if written is not None:
            yield written["title"]
        for tag in ("h1", "h2", "h3"):
            yield from map(visible, page.tree.iter(tag))
        for element in page.tree.iter("title"):
            yield _SITE_BEHIND.sub("", squeeze("".join(element.itertext())))

    def _date_below_title(self, page: Page, body: HtmlElement | None) -> date | None:
        """A date without a label in the lines right below the heading; never one above it, where sites print today's."""
        title = self.title(page)
        headings = (
            element for place in ("h1, h2, h3, h4", *self.title_places, *_HEADINGS) for element in page.select(place)
        )
        heading = next((element for element in headings if title and titles.clean(visible(element)) == title), None)
        own = [] if heading is None else [heading, *islice(heading.iterancestors(), _MOST_STEPS_UP)]
        for element in takewhile(lambda one: one.tag != "body", own):
            for line in islice(element.itersiblings(), _MOST_LINES_BELOW):
                if body is not None and (line is body or line in body.iterancestors()):
                    return None
                day = dates.read_line(visible(line))
                if day is not None:
                    return day
        return None

    def _meta_date(self, page: Page) -> date | None:
        """``PubDate``, unless it is the time the page was generated (UCAP and JPaaS regenerate whole sites)."""
        given = next((page.metas[name] for name in ("pubdate", "publishdate", "published") if name in page.metas), None)
        if given is None:
            return None
        moment = _GENERATED.search(given)
        generated = {
            match.group() for name in self.generation_metas for match in _GENERATED.finditer(page.metas.get(name, ""))
        }
        return None if moment is not None and moment.group() in generated else dates.read_cell(given)


def _text_outside(root: HtmlElement, body: HtmlElement | None) -> str:
    """The page's text without the body's, which may quote labels and dates of its own."""
    whole = visible(root)
    inner = visible(body).strip() if body is not None else ""
    return normalised(whole.replace(inner, "\n", 1) if inner else whole)


def normalised(text: str) -> str:
    """The text with half-width punctuation and single blanks, so that one label pattern fits all spellings."""
    return " ".join(normal(part) for part in text.split())


def _holds_something(element: HtmlElement) -> bool:
    return len(squeeze(visible(element))) >= _SHORTEST_BODY or any(
        True for _ in element.iter("table", "img", "a", "iframe", "embed")
    )


def _innermost(outer: HtmlElement, candidates: list[HtmlElement]) -> HtmlElement:
    """The deepest candidate inside the outer one that still holds its whole text (武汉 nests three editors)."""
    whole = squeeze(visible(outer))
    chosen = outer
    for element in candidates:
        if chosen in element.iterancestors() and squeeze(visible(element)) == whole:
            chosen = element
    return chosen
