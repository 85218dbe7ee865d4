"""Scripted lists: pages whose rows only their script makes. Where a portal is to be rendered, they are asked for once more."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import ClassVar

from scrapy.http import Response

from spiders import outcomes
from spiders.answers import RENDERED, TURNED, UNFINISHED, headers_of, is_a_directory_answer
from spiders.errands import Errand
from spiders.families.pages import Page, read_page
from spiders.ledger import Failure

_MAKES_ROWS = re.compile(
    r"XMLHttpRequest|\.ajax\s*\(|\$\.(?:get|post|getJSON)\s*\(|\bfetch\s*\(|\baxios\b|new\s+Vue\b|createApp\s*\("
    r"|\.(?:innerHTML|outerHTML)\s*\+?=|insertAdjacentHTML|createElement\s*\(|\.(?:append|html)\s*\(|document\.write"
)
_FEW_WORDS = 200  # characters a page shows that leaves all else to its script
_FEW_LINKS = 5  # a page with more is a portal's frame, and is searched as it is


class Scripted:
    """The portals to be rendered, and what is said of their lists. ``lacking`` says why none can be."""

    MOST: ClassVar[int] = 300  # pages of one portal; each costs it the scripts besides

    def __init__(self, portals: Collection[str] = (), lacking: str | None = None) -> None:
        self._portals = frozenset(portals)
        self._lacking = lacking
        self._asked: Counter[str] = Counter()

    @property
    def can_render(self) -> bool:
        """Whether anything is to be rendered, and can be."""
        return bool(self._portals) and self._lacking is None

    def list_again(self, page: Page, errand: Errand) -> Errand | None:
        """A list without reports, to be asked for as a browser shows it; None where it is not."""
        if errand.number > 1 or errand.ask is not None or page.has_report_body or is_a_directory_answer(page):
            return None
        return self._again(page, errand)

    def entry_again(self, page: Page, errand: Errand) -> Errand | None:
        """A portal's own address that shows hardly a link, to be asked for as a browser shows it; None where it is not."""
        if errand.depth or sum(1 for link in page.tree.iter("a") if link.get("href")) >= _FEW_LINKS:
            return None
        return self._again(page, errand)

    def explain(self, page: Page, errand: Errand) -> str:
        """Why a list may show no rows, as the rest of a sentence."""
        if errand.render:
            return ", also in a browser"
        if _MAKES_ROWS.search(page.text) is None and not _is_an_application(page):
            return ""
        said = "; its rows seem to be made by a script"
        if errand.portal.url not in self._portals:
            return f"{said}: crawl --render may read them"
        return f"{said}: {self._lacking}" if self._lacking is not None else said

    def _again(self, page: Page, errand: Errand) -> Errand | None:
        portal = errand.portal.url
        if (
            errand.render
            or portal not in self._portals
            or self._lacking is not None
            or self._asked[portal] >= self.MOST
        ):
            return None
        self._asked[portal] += 1
        return replace(errand, url=page.url, render=True, rests=False)


def turned(response: Response) -> Iterator[Page]:
    """The further pages a list's pager turned to, where it was rendered."""
    for markup in response.meta.get(TURNED, ()) if RENDERED in response.flags else ():
        yield read_page(response.url, markup, headers_of(response))


def shortfall(response: Response) -> list[Failure]:
    """What a page as rendered may lack."""
    lacking = response.meta.get(UNFINISHED) if RENDERED in response.flags else None
    return [] if lacking is None else [Failure(outcomes.INCOMPLETE, f"{response.url} in a browser: {lacking}")]


def _is_an_application(page: Page) -> bool:
    """Whether a page has scripts and next to nothing else."""
    return len(page.flat) < _FEW_WORDS and any(script.get("src") for script in page.tree.iter("script"))
