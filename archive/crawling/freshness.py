"""Freshness: whether a column was read so lately and so fully that an unchanged first page says enough of the others."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from archive.addresses import with_fragment
from archive.days import day_of, end_of
from archive.registry.deadlines import Rules
from archive.schema import ColumnReading, ReportColumn
from archive.store import Archive

LONGEST = timedelta(days=7)  # portals insert reports with old dates on later pages: once a week all of them are read
_READ = "ok"


def is_fresh(archive: Archive, column_url: str, now: datetime) -> bool:
    """Whether the column was read to its end, page by page, within a week, and no deadline has passed since.

    After a deadline every page is asked for: who is missing may only be said of a column that was really looked through.
    """
    query = (
        select(ColumnReading.read_at)
        .join(ReportColumn, ReportColumn.id == ColumnReading.column_id)
        .where(
            ReportColumn.url == with_fragment(column_url), ColumnReading.outcome == _READ, ColumnReading.full.is_(True)
        )
    )
    with archive.session() as session:
        last = session.scalars(query.order_by(ColumnReading.read_at.desc()).limit(1)).first()
    if last is None or not timedelta() <= now - last <= LONGEST:
        return False
    return not any(last < closing <= now for closing in _closings(now, archive.rules))


def _closings(now: datetime, rules: Rules) -> list[datetime]:
    """The moments of this year and the last at which a deadline had passed."""
    year = day_of(now).year
    return [end_of(day) for published_in in (year - 1, year) for day in rules.last_days(published_in)]
