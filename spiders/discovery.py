"""Discovery: from any page of a portal to its report columns, the pages to search next, and other sites of its own."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from spiders import agencies, columns, directories
from spiders.addresses import key, root, site
from spiders.columns import ColumnLink
from spiders.directories import Offer
from spiders.families.family import Family
from spiders.families.jilin import Jilin, unit_columns
from spiders.families.pages import Page
from spiders.items import Row
from spiders.links import frames, links

_MOST_FRAMES = 6  # of one page: head, menu, list, foot; more are advertisements
_OF_A_UNIT = 2  # depth from which a page with a report column is a unit's, and no longer the government's


@dataclass(frozen=True)
class Finds:
    """What a page leads to; nearer things first."""

    columns: tuple[ColumnLink, ...]
    pages: tuple[str, ...]
    frames: tuple[str, ...]  # parts of the page itself
    offers: tuple[Offer, ...]
    onward: str | None = None  # the next page of a directory of units


def look(page: Page, family: Family, *, rows: tuple[Row, ...] = (), depth: int = 0, deepest: int = 1) -> Finds:
    """What an entry page leads to. ``rows`` are those of a page that is a column itself: none of them is a column.

    ``depth`` is how many links lead to it from the portal's address; at the ``deepest`` only the columns count.
    """
    deeper = depth < deepest
    listed = {key(row.url) for row in rows}
    found = [*columns.report_columns(page), *family.columns(page)]
    pages: list[str] = []
    onward = None
    if deeper:
        if isinstance(family, Jilin):
            found += unit_columns(page)
        else:
            pages += [link.url for link in directories.unit_links(page)]
            onward = family.further(page).url if pages and depth and not rows else None
        pages += directories.disclosure_pages(page, beside_reports=bool(found) and depth >= _OF_A_UNIT)
        if not found and not pages and not rows and not family.rows(page):
            pages += directories.splash(page)
    return Finds(
        tuple(link for link in found if key(link.url) not in listed),
        tuple(dict.fromkeys(url for url in pages if key(url) not in listed)),
        frames(page)[:_MOST_FRAMES],
        directories.offers(page),
        onward,
    )


def signature(page: Page) -> int:
    """What a page shows and where it leads, as a number: the same for a page whose query alone is new each time."""
    place, leads = urlsplit(page.url)[1:3], (*(link.url for link in links(page)), *frames(page))
    return hash((place, page.flat, frozenset(map(key, leads))))


def above(page: Page, *, is_article: bool) -> Finds:
    """What stands above a list or an article by its crumbs and its address; of an article the host's first page too."""
    crumbs = [url for element in agencies.crumb_links(page) if (url := page.resolve(element.get("href"))) is not None]
    pages = [url for url in crumbs if site(url) == site(page.url) and (is_article or key(url) != key(root(url)))]
    if is_article:
        pages += [*directories.platforms(page), root(page.url)]
    column = directories.column_of_article(page.url) if is_article else None
    guess = () if column is None else (ColumnLink(column, None, guessed=True),)
    return Finds(guess, tuple(dict.fromkeys(pages)), (), ())
