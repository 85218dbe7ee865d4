"""What a spider would note, noted at once; and what the tables then hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime

from sqlalchemy import func, select

from archive.addresses import with_fragment
from archive.deposit import deposit
from archive.journal.notes import ArticleNote, ColumnNote, PortalNote, RowsNote
from archive.schema import Base, ListRow, Publisher, Report, ReportColumn
from archive.store import Archive


def note_portal(
    archive: Archive,
    crawl_id: int | None,
    *,
    portal: str,
    outcome: str | None,
    detail: str | None,
    division: str | None = None,
    at: datetime | None = None,
) -> None:
    """A portal's reading ended. ``division`` is the code of its division where the registry knows it."""
    moment = at or archive.clock()
    note = PortalNote(moment, crawl_id, portal=portal, outcome=outcome, detail=detail, division=division)
    deposit(archive, notes=[note])


def note_column(
    archive: Archive,
    crawl_id: int | None,
    *,
    portal: str,
    column_url: str,
    agency: str | None,
    outcome: str,
    detail: str | None,
    pages: int,
    rows: int,
    reports: int,
    full: bool = True,
    at: datetime | None = None,
) -> None:
    """A column was followed to its end, or given up. ``at`` is the time of reading, by default now."""
    note = ColumnNote(
        at or archive.clock(),
        crawl_id,
        portal=portal,
        column_url=column_url,
        agency=agency,
        outcome=outcome,
        detail=detail,
        pages=pages,
        rows=rows,
        reports=reports,
        full=full,
    )
    deposit(archive, notes=[note])


def note_rows(
    archive: Archive,
    crawl_id: int | None,
    *,
    portal: str,
    column_url: str,
    agency: str | None,
    family: str | None,
    rows: Iterable[tuple[str, str, date | None]],
    refused: Iterable[tuple[str, str, str]] = (),
    at: datetime | None = None,
) -> None:
    """The rows of a list page: reports as (address, title, date), the others as (address, title, reason)."""
    note = RowsNote(
        at or archive.clock(),
        crawl_id,
        portal=portal,
        column_url=column_url,
        agency=agency,
        family=family,
        rows=tuple(rows),
        refused=tuple(refused),
    )
    deposit(archive, notes=[note])


def note_article(
    archive: Archive,
    crawl_id: int | None,
    *,
    portal: str | None,
    url: str,
    requested_url: str,
    column_url: str | None,
    page_title: str | None,
    page_date: date | None,
    agency: str | None,
    refused: str | None,
    gone: bool,
    attachments: Iterable[tuple[str, str | None]] = (),
    at: datetime | None = None,
) -> None:
    """An article page was read, or found gone. ``url`` is its final address; it is derived anew at the next occasion."""
    note = ArticleNote(
        at or archive.clock(),
        crawl_id,
        portal=portal,
        url=url,
        requested_url=requested_url,
        column_url=column_url,
        page_title=page_title,
        page_date=page_date,
        agency=agency,
        refused=refused,
        gone=gone,
        attachments=tuple(attachments),
    )
    deposit(archive, notes=[note])


def rows_of(archive: Archive, column_url: str) -> Iterator[tuple[str, str, date | None, str | None]]:
    """The rows of a column as (address, title, date, reason of refusal)."""
    query = (
        select(ListRow.url, ListRow.title, ListRow.listed_on, ListRow.refused)
        .join(ReportColumn, ReportColumn.id == ListRow.column_id)
        .where(ReportColumn.url == with_fragment(column_url))
        .order_by(ListRow.id)
    )
    with archive.session() as session:
        yield from session.execute(query.execution_options(yield_per=500))


def publishers_of(archive: Archive) -> list[tuple[str, str, int]]:
    """Every publisher as (name, scope, number of reports)."""
    query = select(Publisher.name, Publisher.scope, func.count(Report.id))
    query = query.outerjoin(Report, Report.publisher_id == Publisher.id).group_by(Publisher.id).order_by(Publisher.id)
    with archive.session() as session:
        return [(name, scope, reports) for name, scope, reports in session.execute(query)]


def table_names() -> list[str]:
    """The names of the archive's tables, parents before their children."""
    return [table.name for table in Base.metadata.sorted_tables]
