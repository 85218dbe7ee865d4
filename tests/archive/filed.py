"""Reports filed by hand, straight into the tables: the cells are known, and no page has to be read for them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive.figures import figures_of
from archive.registry.classes import kind_of
from archive.registry.identity import Place, identify
from archive.registry.publishers import add
from archive.schema import CaptureRow, Publisher, Report, Version, WarcFile
from archive.store import Archive
from parser.record import Figure, Number, Record, State

Cells = Mapping[str, Number | State]


def file(
    archive: Archive,
    name: str,
    year: int,
    cells: Cells,
    *,
    scope: str,
    gone: bool = False,
    beside: bool = True,
) -> int:
    """File a report with these cells, or another version of it; its number.

    ``gone`` where it was withdrawn; without ``beside`` the cells stand in the record only, as in an older archive.
    """
    with archive.writing() as session:
        identity = identify(name, Place(scope, archive.book))
        publisher = session.get_one(Publisher, add(session, identity, name, kind_of(name, scope)))
        publisher.first_year = min(publisher.first_year or year, year)
        identifier = f"{identity.scope}/{identity.key}/{year}"
        report = session.scalars(select(Report).where(Report.identity == identifier)).first()
        if report is None:
            report = Report(
                identity=identifier, publisher_id=publisher.id, report_year=year, url=f"http://a.gov.cn/{identifier}"
            )
            session.add(report)
        report.state = "withdrawn" if gone else "published"
        report.first_seen_at = report.seen_at = archive.clock()
        report.withdrawn_at = archive.clock() if gone else None
        session.flush()
        report.version_id = _version(session, report, cells, archive.clock(), beside=beside)
        return report.id


def _version(session: Session, report: Report, cells: Cells, at: datetime, *, beside: bool) -> int:
    figures = {
        key: Figure(value=None, text="", state=said)
        if isinstance(said, State)
        else Figure(value=said, text=str(said), state=State.NUMBER)
        for key, said in cells.items()
    }
    earlier = session.scalar(select(func.count()).where(Version.report_id == report.id)) or 0
    seen = at + timedelta(days=earlier)
    version = Version(
        report_id=report.id, digest=f"{report.id}/{earlier}", record_digest="", prose_digest="",
        record=Record(report_year=report.report_year, figures=figures).to_json(), line_digest="",
        report_year=report.report_year, figures=len(figures), cells=figures_of(figures) if beside else None,
        errors=0, warnings=0, infos=0, first_seen_at=seen, last_seen_at=seen, document_url=report.url,
        capture_id=_capture(session, at),
    )  # fmt: skip
    session.add(version)
    session.flush()
    return version.id


def _capture(session: Session, at: datetime) -> int:
    """One for all: nothing of it is read."""
    known = session.scalar(select(CaptureRow.id).limit(1))
    if known is not None:
        return known
    digest = f"{0:064x}"
    held = WarcFile(name="by-hand.warc.gz", head_length=0, head_digest=digest, begun_at=at)
    session.add(held)
    session.flush()
    capture = CaptureRow(
        file_id=held.id, position=0, length=0, span=0, digest=digest, kind="response", record_id=f"{0:032x}",
        url="http://a.gov.cn/", address="http://a.gov.cn/", method="GET", status=200, role="article", fetched_at=at,
        payload_digest=digest, payload_length=0,
    )  # fmt: skip
    session.add(capture)
    session.flush()
    return capture.id
