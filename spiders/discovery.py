"""Discovery: from any page of a portal to its report columns, the pages to search next, and other sites of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from spiders import columns, directories
from spiders.addresses import key
from spiders.columns import ColumnLink
from spiders.directories import Offer
from spiders.families.family import Family
from spiders.families.jilin import Jilin
from spiders.families.pages import Page
from spiders.items import Row
from spiders.links import frames


@dataclass(frozen=True)
class Finds:
    """What a page leads to; nearer things first."""

    columns: tuple[ColumnLink, ...]
    pages: tuple[str, ...]
    offers: tuple[Offer, ...]


def look(page: Page, family: Family, *, rows: tuple[Row, ...] = (), deeper: bool = True) -> Finds:
    """What an entry page leads to. ``rows`` are those of a page that is a column itself: none of them is a column.

    Where it must not go ``deeper``, only the columns count.
    """
    listed = {key(row.url) for row in rows}
    found = [*columns.report_columns(page), *family.columns(page)]
    pages: list[str] = []
    if deeper:
        if isinstance(family, Jilin):
            found += directories.unit_columns(page)
        else:
            pages += [link.url for link in directories.unit_links(page)]
        pages += [*directories.disclosure_pages(page), *frames(page)]
    return Finds(
        tuple(link for link in found if key(link.url) not in listed),
        tuple(dict.fromkeys(url for url in pages if key(url) not in listed)),
        directories.offers(page),
    )


def above(page: Page) -> Iterator[ColumnLink]:
    """The column an article's address stands below, where its links name none: a guess."""
    column = directories.column_of_article(page.url)
    if column is not None:
        yield ColumnLink(column, None, guessed=True)
