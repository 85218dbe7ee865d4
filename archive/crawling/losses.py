"""Losses: a portal that suddenly gives far fewer reports than before was not read whole, whatever it answered.

Rows that are withdrawn one by one are no loss, nor is a column that only moved. A column that lost much is no evidence
of what is not in it, whatever became of the others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import simplejson
from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from archive.addresses import with_fragment
from archive.crawling.crawls import FINISHED
from archive.journal.notes import ColumnNote
from archive.schema import ColumnReading, CrawlRow, Portal, ReportColumn
from archive.store import Archive

LEAST = 4  # reports; fewer may have been withdrawn one by one
TOLD = 3  # crawls in a row that tell a loss; after them the smaller number is how the portal is now
_WINDOW = 16  # crawls looked back upon: some that failed may lie between those that count
_MOST_NAMED = 3  # columns
_OK = "ok"  # the outcome of a column that was followed to its end


@dataclass(frozen=True)
class Reading:
    """A portal as one crawl read it: the reports its columns listed, by the column's address."""

    read_at: datetime
    columns: dict[str, int]

    @property
    def reports(self) -> int:
        """In all columns; one that stands in two counts twice, as it did before."""
        return sum(self.columns.values())


def of_crawl(archive: Archive, crawl_id: int, portal: str) -> str | None:
    """What a portal lost, in a sentence, where a finished crawl found all of it and far less than the crawls before.

    Only crawls narrowed to the same year, or to none, are compared: a narrowed one may not open every column.
    """
    with archive.session() as session:
        readings = _readings(session, crawl_id, with_fragment(portal))
    if not readings:
        return None
    *earlier, now = readings
    before = measure(earlier)
    return None if before is None else lost(before, now)


def of_columns(archive: Archive, crawl_id: int, portal: str) -> list[ColumnNote]:
    """The columns of a portal that lost much in a finished crawl, as notes that their reading is no evidence.

    Each is held against its own past, and against the portal's where that lost much as a whole.
    """
    address = with_fragment(portal)
    with archive.session() as session:
        readings = _readings(session, crawl_id, address)
        past = _past(session, crawl_id, address)
    before = measure(readings[:-1])
    whole = before.columns if before is not None and lost(before, readings[-1]) is not None else {}
    notes = []
    for column, rows in past.items():
        url = column.url
        *former, last = [Reading(row.read_at, {url: row.reports}) for row in rows]
        held = measure(former, lessened)
        said = None if held is None else lessened(held, last)
        if said is None and last.reports < whole.get(url, 0):
            said = f"{last.reports} reports are listed, {whole[url]} were when the portal was last read without a loss"
        if said is not None:
            notes.append(_no_evidence(column, rows[-1], portal, said))
    return notes


def lost(before: Reading, now: Reading) -> str | None:
    """What the later reading lacks, in a sentence: half of the reports or more, or a column that had some."""
    fewer = before.reports - now.reports
    vanished = [url for url, reports in before.columns.items() if reports and url not in now.columns]
    halved = fewer >= LEAST and now.reports * 2 <= before.reports
    if not halved and not (vanished and fewer > 0):
        return None
    said = f"{now.reports} reports are listed, {before.reports} were on {before.read_at:%Y-%m-%d}"
    if vanished:
        more = f" and {len(vanished) - _MOST_NAMED} more" if len(vanished) > _MOST_NAMED else ""
        said += f"; no longer found: {', '.join(vanished[:_MOST_NAMED])}{more}"
    return f"{said}; look at the portal, it may have been rebuilt"


def lessened(before: Reading, now: Reading) -> str | None:
    """What a column lost, in a sentence: half of its reports or more, or all of them."""
    if before.reports and not now.reports:
        return f"no reports are listed, {before.reports} were on {before.read_at:%Y-%m-%d}"
    return lost(before, now)


def measure(readings: Sequence[Reading], judge: Callable[[Reading, Reading], str | None] = lost) -> Reading | None:
    """The reading that the next one is held against: the last without a loss, or the last if that was told often enough.

    ``judge`` says what is a loss.
    """
    kept: Reading | None = None
    told = 0
    for reading in readings:
        told = told + 1 if kept is not None and judge(kept, reading) is not None else 0
        if told in {0, TOLD}:
            kept, told = reading, 0
    return kept


def _no_evidence(column: ReportColumn, row: ColumnReading, portal: str, said: str) -> ColumnNote:
    return ColumnNote(
        row.read_at,
        row.crawl_id,
        portal=portal,
        column_url=column.url,
        agency=column.agency,
        outcome=row.outcome,
        detail=said,
        pages=row.pages,
        rows=row.rows,
        reports=row.reports,
        full=False,
        above=column.above,
    )


def _past(session: Session, crawl_id: int, portal: str) -> dict[ReportColumn, list[ColumnReading]]:
    """The good readings of each column that this crawl read well, oldest first, from crawls narrowed as it is."""
    crawls = _crawls(session, crawl_id, portal)
    if not crawls or crawls[-1] != crawl_id:
        return {}
    query = (
        select(ReportColumn, ColumnReading)
        .join(ReportColumn, ReportColumn.id == ColumnReading.column_id)
        .join(Portal, Portal.id == ReportColumn.portal_id)
        .where(Portal.url == portal, ColumnReading.crawl_id.in_(crawls), ColumnReading.outcome == _OK)
        .order_by(ColumnReading.crawl_id, ColumnReading.id)
    )
    past: dict[ReportColumn, list[ColumnReading]] = {}
    for column, row in session.execute(query):
        past.setdefault(column, []).append(row)
    return {column: rows for column, rows in past.items() if rows[-1].crawl_id == crawl_id}


def _readings(session: Session, crawl_id: int, portal: str) -> list[Reading]:
    """The last crawls that read all they found of a portal, oldest first; none where this one did not."""
    crawls = _crawls(session, crawl_id, portal, most_failed=0)
    if not crawls or crawls[-1] != crawl_id:
        return []
    query = (
        select(ColumnReading.crawl_id, ReportColumn.url, ColumnReading.reports, ColumnReading.read_at)
        .join(ReportColumn, ReportColumn.id == ColumnReading.column_id)
        .join(Portal, Portal.id == ReportColumn.portal_id)
        .where(Portal.url == portal, ColumnReading.crawl_id.in_(crawls))
        .order_by(ColumnReading.crawl_id, ColumnReading.id)
    )
    found: dict[int | None, Reading] = {}
    for number, url, reports, read_at in session.execute(query):
        found.setdefault(number, Reading(read_at, {})).columns[url] = reports
    return [found[number] for number in crawls]


def _crawls(session: Session, crawl_id: int, portal: str, most_failed: int | None = None) -> list[int]:
    """The finished crawls up to this one, narrowed as it is; at most so many columns of each were not followed to their end."""
    failed = func.sum(case((ColumnReading.outcome != _OK, 1), else_=0))
    query = (
        select(CrawlRow.id, CrawlRow.arguments)
        .join(ColumnReading, ColumnReading.crawl_id == CrawlRow.id)
        .join(ReportColumn, ReportColumn.id == ColumnReading.column_id)
        .join(Portal, Portal.id == ReportColumn.portal_id)
        .where(Portal.url == portal, CrawlRow.id <= crawl_id, CrawlRow.state == FINISHED)
        .group_by(CrawlRow.id, CrawlRow.arguments)
        .order_by(CrawlRow.id.desc())
    )
    if most_failed is not None:
        query = query.having(failed <= most_failed)
    crawls = [(number, _year(arguments)) for number, arguments in session.execute(query.limit(_WINDOW * 4))]
    alike = [number for number, year in crawls if year == crawls[0][1]]
    return alike[:_WINDOW][::-1]


def _year(arguments: str) -> object:
    return simplejson.loads(arguments).get("year")
