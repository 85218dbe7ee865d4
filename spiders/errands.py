"""Errands: why the spider sent a request, and what the answer belongs to."""

from __future__ import annotations

from dataclasses import dataclass

from spiders.families.asks import Ask
from spiders.families.pages import Page
from spiders.items import AttachmentLink, Row
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
    depth: int = 0  # links followed from the portal's address
    number: int = 1  # page of a list
    stated: int | None = None  # how many pages the page before said there are
    instead: str | None = None  # the page to look at where a guessed column is not there
    ask: Ask | None = None  # what a list's or an article's script would ask
    page: Page | None = None  # the article whose script asks for its attachments
    rests: bool = False  # a later page of a list whose first page is unchanged
    optional: bool = False  # a page tried on a guess: its absence is no failure
