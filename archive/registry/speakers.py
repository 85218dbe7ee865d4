"""Speakers: which columns say whether a publisher reported, kept beside the reports so that a nation is answered for at once."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from archive.among import among
from archive.portions import portions
from archive.schema import ArticleColumn, ColumnPublisher, Publisher, Report, Sighting, Version

_PLAIN = {"synchronize_session": False}


def refresh_publishers(session: Session, publisher_ids: Iterable[int]) -> None:
    """Bring into line with the reports: the first year of each publisher, and in which columns its reports stand."""
    for ids in portions(publisher_ids):
        _refresh(session, ids)


def _refresh(session: Session, ids: list[int]) -> None:
    first = select(func.min(Report.report_year)).where(Report.publisher_id == Publisher.id).scalar_subquery()
    session.execute(
        update(Publisher).where(among(Publisher.id, ids)).values(first_year=first), execution_options=_PLAIN
    )
    session.execute(delete(ColumnPublisher).where(among(ColumnPublisher.publisher_id, ids)), execution_options=_PLAIN)
    standing = (
        select(ArticleColumn.column_id, Report.publisher_id, func.min(Report.report_year), func.max(Report.report_year))
        .join(Sighting, Sighting.article_id == ArticleColumn.article_id)
        .join(Version, Version.id == Sighting.version_id)
        .join(Report, Report.id == Version.report_id)
        .where(among(Report.publisher_id, ids), Report.report_year.is_not(None))
        .group_by(ArticleColumn.column_id, Report.publisher_id)
    )
    names = ["column_id", "publisher_id", "first_year", "last_year"]
    session.execute(insert(ColumnPublisher).from_select(names, standing))
