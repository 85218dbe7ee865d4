"""What the spider hands on: rows found, pages read, and how each column and portal ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Row:
    """One row of a list: an address, its title, and the date printed beside it.

    ``cut``: the list shows only the beginning of the title, and has it whole nowhere.
    """

    url: str
    title: str
    listed_on: date | None
    cut: bool = False


@dataclass(frozen=True)
class RefusedRow:
    """A row that is no report, with the class of look-alike it is (解读, 通知 …)."""

    row: Row
    reason: str


@dataclass(frozen=True)
class AttachmentLink:
    """A file an article leads to; ``name`` as the link prints it."""

    url: str
    name: str


@dataclass(frozen=True)
class ListPage:
    """One page of a column. ``rows`` are reports only, ``agency`` whose column it is, where the portal says so."""

    portal: str
    column_url: str
    page_url: str
    agency: str | None
    family: str
    rows: tuple[Row, ...]
    refused: tuple[RefusedRow, ...]


@dataclass(frozen=True)
class ColumnRead:
    """A column was followed to its end, or given up (``outcome`` other than ``ok``).

    ``full``: every page was asked for, none taken as unchanged. ``above`` is the column that leads to it as a part of its
    own (a year, a kind of units): that one is not read to its end where this one is not.
    """

    portal: str
    column_url: str
    agency: str | None
    outcome: str
    detail: str
    pages: int
    rows: int
    reports: int
    full: bool = True
    above: str | None = None


@dataclass(frozen=True)
class ArticleRead:
    """The page (or file) a row leads to. ``url`` is its final address.

    ``refused`` is the look-alike class where the page's own title shows that the row's was cut; ``gone`` says that the
    portal no longer has it (404, 410, or a page that says so). ``column_url`` is null where only a roster leads to it.
    """

    portal: str
    url: str
    requested_url: str
    column_url: str | None
    row: Row
    family: str
    page_title: str | None
    page_date: date | None
    agency: str | None
    attachments: tuple[AttachmentLink, ...]
    refused: str | None
    gone: bool


@dataclass(frozen=True)
class AttachmentRead:
    """A file of an article was fetched."""

    portal: str
    article_url: str
    url: str
    name: str


@dataclass(frozen=True)
class UnitsRead:
    """Units that a directory of the portal names, each as (name, address), whether or not they have a column of reports.

    A name comes once in a crawl, from the page on which it was met first.
    """

    portal: str
    page_url: str
    units: tuple[tuple[str, str | None], ...]


@dataclass(frozen=True)
class RosterRead:
    """A page says who published their reports (公布情况), each unit as (name, address, day, what stands beside it).

    ``expected``, ``published``, ``on_time`` and ``late`` are the numbers it prints.
    """

    portal: str
    url: str
    title: str
    report_year: int
    units: tuple[tuple[str, str | None, date | None, str | None], ...]
    expected: int | None = None
    published: int | None = None
    on_time: int | None = None
    late: int | None = None


@dataclass(frozen=True)
class PortalRead:
    """A portal's last request ended; ``incomplete`` if any column or article failed."""

    portal: str
    outcome: str
    detail: str


@dataclass(frozen=True)
class SiteOffered:
    """A site of the same authority with a host of its own, which a page of the portal names: perhaps a portal itself.

    ``label`` is what stands above the link (区县政府网站), empty where nothing does.
    """

    portal: str
    url: str
    name: str
    label: str
    page_url: str
