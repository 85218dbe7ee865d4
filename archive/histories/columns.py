"""The columns (栏目) that speak for a publisher, and how each was read last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from archive.among import among
from archive.schema import ColumnPublisher, ColumnReading, Portal, ReportColumn
from archive.store import Archive

MOST = 50


@dataclass(frozen=True)
class ColumnOf:
    """A column in which reports of a publisher stand, or that names it.

    ``publishers`` counts whose reports stand in it. ``outcome`` and ``read_at`` are those of its last reading, null before
    the first.
    """

    id: int
    url: str
    portal: str
    host: str
    publishers: int
    outcome: str | None
    read_at: datetime | None


def columns_of(archive: Archive, publisher_id: int) -> list[ColumnOf]:
    """The columns of a publisher by number, at most :data:`MOST` of them."""
    with archive.session() as session:
        standing = select(ColumnPublisher.column_id).where(ColumnPublisher.publisher_id == publisher_id)
        naming = select(ReportColumn.id).where(ReportColumn.publisher_id == publisher_id)
        numbers = sorted(set(session.scalars(standing)) | set(session.scalars(naming)))[:MOST]
        counts = select(ColumnPublisher.column_id, func.count()).where(among(ColumnPublisher.column_id, numbers))
        shared = {number: count for number, count in session.execute(counts.group_by(ColumnPublisher.column_id))}  # noqa: C416 - rows are no pairs to mypy
        query = select(ReportColumn.id, ReportColumn.url, Portal.url, Portal.given, Portal.host)
        query = query.join(Portal, Portal.id == ReportColumn.portal_id).where(among(ReportColumn.id, numbers))
        found = []
        for number, url, portal, given, host in session.execute(query.order_by(ReportColumn.id)):
            last = select(ColumnReading.outcome, ColumnReading.read_at).where(ColumnReading.column_id == number)
            reading = session.execute(last.order_by(ColumnReading.read_at.desc()).limit(1)).first()
            outcome, read_at = (None, None) if reading is None else (reading.outcome, reading.read_at)
            found.append(ColumnOf(number, url, given or portal, host, shared.get(number, 0), outcome, read_at))
        return found
