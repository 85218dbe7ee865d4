"""Arrivals: when reports were listed first, and the last time their columns were read to the end without them.

Kept beside the reports when they are filed: what lies before a report's first sighting does not change any more, and a nation
cannot ask for it anew with each question.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select, true, update
from sqlalchemy.orm import Session

from archive.among import among
from archive.portions import portions
from archive.schema import Article, ArticleColumn, ColumnReading, ListRow, Report, Sighting, Version

READ = "ok"  # the outcome of a column that was followed to its end


class _Place(NamedTuple):
    """A column of a report: when it listed it first, and its last good reading before that which came before its sighting."""

    column_id: int
    listed_at: datetime | None
    lacked_at: datetime | None


def refresh_arrivals(session: Session, report_ids: Iterable[int]) -> None:
    """Bring into line with lists and readings: when a row first named each report, and which good reading lacked it last.

    A report lacked in every column it stands in now: the earliest of their last readings counts, and none where one of
    them was never read before. From one column alone it may only have been left out.
    """
    for batch in portions(report_ids):
        places = _places(session, batch)
        firsts = select(Report.id, Report.first_seen_at).where(among(Report.id, batch))
        arrived = [
            {"id": number, **_arrival(first, places.get(number, []))} for number, first in session.execute(firsts)
        ]
        if arrived:
            session.execute(update(Report), arrived)


def _arrival(first: datetime, places: list[_Place]) -> dict[str, object]:
    seen = min([first, *(place.listed_at for place in places if place.listed_at is not None)])
    lacked = [(place.lacked_at, place.column_id) for place in places if place.lacked_at is not None]
    at, column = min(lacked) if len(lacked) == len(places) and lacked else (None, None)
    if at is not None and at >= seen:
        at, column = None, None
    return {"seen_at": seen, "lacked_at": at, "lacked_column_id": column}


def _places(session: Session, reports: list[int]) -> dict[int, list[_Place]]:
    listed_at = (
        select(func.min(ListRow.first_seen_at))
        .where(
            ListRow.column_id == ArticleColumn.column_id,
            ListRow.address.in_([Article.address, Article.requested_address]),
        )
        .correlate(ArticleColumn, Article)
        .scalar_subquery()
    )
    lacked_at = (
        select(func.max(ColumnReading.read_at))
        .where(
            ColumnReading.column_id == ArticleColumn.column_id,
            ColumnReading.outcome == READ,
            ColumnReading.full == true(),
            ColumnReading.read_at < func.coalesce(listed_at, Report.first_seen_at),
            ColumnReading.read_at < Report.first_seen_at,
        )
        .correlate(ArticleColumn, Article, Report)
        .scalar_subquery()
    )
    query = (
        select(Report.id, ArticleColumn.column_id, listed_at, lacked_at)
        .join(Version, Version.report_id == Report.id)
        .join(Sighting, Sighting.version_id == Version.id)
        .join(Article, Article.id == Sighting.article_id)
        .join(ArticleColumn, ArticleColumn.article_id == Article.id)
        .where(among(Report.id, reports))
    )
    found: dict[int, list[_Place]] = defaultdict(list)
    for report, column, first, last in session.execute(query):
        found[report].append(_Place(column, first, last))
    return found
