"""Errands: why the spider sent a request, and what the answer belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from spiders.answers import RENDER, REST
from spiders.families.addresses import name_of
from spiders.families.asks import Ask
from spiders.families.pages import Page
from spiders.items import ArticleRead, AttachmentLink, Row
from spiders.ledger import Column, Portal


@dataclass(frozen=True)
class Errand:
    """Why a request was sent, and what it belongs to."""

    role: str
    url: str
    portal: Portal
    column: Column | None = None
    row: Row | None = None
    link: AttachmentLink | None = None
    article_url: str | None = None
    hops: int = 0  # shells gone through
    frames: int = 0  # pages this one is shown in
    depth: int = 0  # links followed from the portal's address
    number: int = 1  # page of a list
    stated: int | None = None  # how many pages the page before said there are
    instead: str | None = None  # the page to look at where a guessed column is not there
    ask: Ask | None = None  # what a list's or an article's script would ask
    page: Page | None = None  # the article whose script asks for its attachments
    rests: bool = False  # a later page of a list whose first page is unchanged
    render: bool = False  # wanted as a browser shows it, and so are the further pages of the list
    unnamed: bool = False  # an article whose row says only whose it is, or of which year
    optional: bool = False  # a page tried on a guess: its absence is no failure
    beside: bool = False  # an article that a roster leads to: by that it stands in no column
    agency: str | None = None  # whose report it is, as the roster says

    @property
    def the_column(self) -> Column:
        """The column it belongs to. Raises :class:`LookupError` for an entry's, which belongs to none."""
        if self.column is None:
            raise LookupError(f"a {self.role} request belongs to no column: {self.url}")
        return self.column

    @property
    def whose(self) -> str | None:
        """The agency whose article it is, where what leads to it says so."""
        return self.agency if self.beside else self.the_column.whose

    @property
    def marks(self) -> dict[str, bool]:
        """What the crawler must know of it, as ``Request.meta``."""
        return {REST: self.rests, RENDER: self.render}


def tell(errand: Errand, url: str, **facts: Any) -> ArticleRead:
    """That an article was read at ``url``, its final address; what is not said is as of a file, which says nothing."""
    known: dict[str, Any] = {
        "family": name_of(url) or "generic",
        "page_title": None,
        "page_date": None,
        "agency": errand.whose,
        "attachments": (),
        "refused": None,
        "gone": False,
    }
    return ArticleRead(
        portal=errand.portal.url,
        url=url,
        requested_url=errand.row.url if errand.row is not None else errand.url,
        column_url=None if errand.beside else errand.the_column.url,
        row=errand.row or Row(errand.url, "", None),
        **{**known, **facts},
    )
