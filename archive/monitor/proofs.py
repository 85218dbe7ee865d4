"""Proofs: what a standing rests on, by name: the capture that shows the report, the reading that lacked it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.among import among
from archive.monitor.standings import Standing
from archive.schema import CaptureRow, Report, ReportColumn, Sighting, Version, WarcFile
from archive.store import Archive

_BATCH = 500


@dataclass(frozen=True)
class CaptureProof:
    """The first capture of a report: its address, when it was fetched, its digest, and where its bytes stand.

    ``payload_digest`` is the sha256 of the body, ``position`` counts bytes in ``file``, below the archive's folder.
    """

    capture_id: int
    url: str
    fetched_at: datetime
    payload_digest: str
    file: str
    position: int


@dataclass(frozen=True)
class ReadingProof:
    """The last reading of a column, followed to its end, in which the report was not: the column and the time."""

    column: str
    read_at: datetime


@dataclass(frozen=True)
class Proof:
    """What a standing rests on; either may be null."""

    capture: CaptureProof | None
    reading: ReadingProof | None


def proofs(archive: Archive, standings: Sequence[Standing]) -> Iterator[Proof]:
    """The proof of each standing, in their order."""
    with archive.session() as session:
        for start in range(0, len(standings), _BATCH):
            batch = standings[start : start + _BATCH]
            captures = _captures(session, [one.report_id for one in batch if one.report_id is not None])
            columns = _columns(session, [one.column_id for one in batch if one.column_id is not None])
            for one in batch:
                reading = None
                if one.column_id is not None and one.read_at is not None:
                    reading = ReadingProof(columns[one.column_id], one.read_at)
                yield Proof(None if one.report_id is None else captures.get(one.report_id), reading)


def _captures(session: Session, reports: Sequence[int]) -> dict[int, CaptureProof]:
    """By report, its capture that was fetched first."""
    query = (
        select(
            Report.id,
            CaptureRow.id,
            CaptureRow.url,
            CaptureRow.fetched_at,
            CaptureRow.payload_digest,
            WarcFile.name,
            CaptureRow.position,
        )
        .join(Version, Version.report_id == Report.id)
        .join(Sighting, Sighting.version_id == Version.id)
        .join(CaptureRow, CaptureRow.id == Sighting.capture_id)
        .join(WarcFile, WarcFile.id == CaptureRow.file_id)
        .where(among(Report.id, reports))
        .order_by(CaptureRow.fetched_at.desc(), CaptureRow.id.desc())
    )
    return {
        report: CaptureProof(capture, url, at, body, file, position)
        for report, capture, url, at, body, file, position in session.connection().execute(query)
    }


def _columns(session: Session, columns: Sequence[int]) -> dict[int, str]:
    query = select(ReportColumn.id, ReportColumn.url).where(among(ReportColumn.id, columns))
    return {number: url for number, url in session.execute(query)}  # noqa: C416 - rows are no pairs to mypy
