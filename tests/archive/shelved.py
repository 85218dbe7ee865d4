"""Whole records put straight into the tables: what an export hands on is known to the letter, and no page has to be read."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

import simplejson
from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.corpus.columns import tables
from archive.corpus.exporting import Exported, export
from archive.corpus.selection import Wanted
from archive.figures import figures_of
from archive.registry.identity import Place, identify
from archive.registry.publishers import add
from archive.schema import CaptureRow, FindingRow, Publisher, Report, Version, WarcFile
from archive.store import Archive
from parser.record import Figure, Finding, Number, Record, Section, Severity, State, dump_json
from parser.record import Place as At
from tests.archive.conftest import Clock

HOSTILE = '=HYPERLINK("http://attack.example/","点此")'
AMOUNT = Decimal("59237.2449")
HUGE = 10**30
ALL = tuple(each.name for each in tables())


def number(value: Number, **named: Any) -> Figure:
    return Figure(value=value, text=str(value), state=State.NUMBER, **named)


def cell(state: State, text: str = "") -> Figure:
    return Figure(value=None, text=text, state=state)


def record(year: int | None = 2023, **named: Any) -> Record:
    """A record with a cell of every state, exact money, a number too large for any column, and text that attacks."""
    figures = {
        "disclosure.fees.amount": number(AMOUNT, unit="元"),
        "disclosure.licensing.change": number(-4, unit="项"),
        "requests.new.natural_person": number(
            21, unit="件", at=At(table=2, row=3, column=1, page=4, box=(1, 2, 3, 4.5))
        ),
        "requests.new.business": cell(State.BLANK),
        "requests.new.research": cell(State.DASH, "-"),
        "requests.new.other": cell(State.TEXT, "@减4"),
        "requests.new.total": number(22, note="其中修订 16 件"),
        "requests.carried_in.total": number(Decimal("1.5")),
        "requests.total.total": number(HUGE),
        "requests.unheard_of.total": number(7),
    }
    said = {
        "title": HOSTILE,
        "publisher": "清湾市财政局",
        "report_year": year,
        "published_on": date(2024, 1, 18),
        "template": "2021",
        "tables": {"requests": {"template": "2021"}},
        "sections": (Section(number=1, heading="总体情况", text="\x02一是\r\n=公开\x00。"), Section(number=2, heading="主动公开", text="")),
        "figures": figures,
        "findings": (
            Finding(rule="requests.balance", severity=Severity.ERROR, message="=差 7", table="requests", column="total",
                    expected=29, found=Decimal("22.5")),
        ),
    }  # fmt: skip
    return Record.model_validate({**said, **named})


def shelve(
    archive: Archive,
    kept: Record,
    name: str | None = "清湾市财政局",
    *,
    scope: str = "220200",
    at: datetime | None = None,
    withdrawn_at: datetime | None = None,
    fetched_at: datetime | None = None,
) -> int:
    """Put a record into the tables as the current version of a report; the report's number.

    ``fetched_at`` is when its page was captured, where that was long before it came here.
    """
    moment = at or archive.clock()
    with archive.writing() as session:
        publisher = None
        if name is not None:
            publisher = session.get_one(Publisher, add(session, identify(name, Place(scope, archive.book)), name))
        identity = f"{scope}/{name}/{kept.report_year}/{kept.title}"
        report = session.scalars(select(Report).where(Report.identity == identity)).first()
        if report is None:
            report = Report(
                identity=identity, report_year=kept.report_year, url=f"http://www.a.gov.cn/{kept.report_year}.html"
            )
            report.publisher_id = publisher.id if publisher is not None else None
            report.first_seen_at = moment
            session.add(report)
        report.state = "withdrawn" if withdrawn_at is not None else "published"
        report.withdrawn_at = withdrawn_at
        session.flush()
        report.version_id = _version(session, report, kept, fetched_at or moment, moment)
        return report.id


def _version(session: Session, report: Report, kept: Record, seen: datetime, at: datetime) -> int:
    capture = _capture(session, seen, at)
    version = Version(
        report_id=report.id, digest=f"{report.id}/{capture}", record_digest="", prose_digest="", record=kept.to_json(),
        line_digest="", title=kept.title, publisher=kept.publisher, report_year=kept.report_year,
        published_on=kept.published_on, published_source="page", template=kept.template, figures=len(kept.figures),
        cells=figures_of(kept.figures), errors=1, warnings=0, infos=0, first_seen_at=seen, last_seen_at=seen,
        document_url=report.url, capture_id=capture,
    )  # fmt: skip
    session.add(version)
    session.flush()
    for position, finding in enumerate(kept.findings):
        line = dump_json(finding.model_dump(exclude_none=True))
        row = FindingRow(
            version_id=version.id, position=position, rule=finding.rule, severity=finding.severity, line=line
        )
        session.add(row)
    return version.id


def _capture(session: Session, fetched_at: datetime, at: datetime) -> int:
    digest = f"{0:064x}"
    number = len(session.scalars(select(WarcFile.id)).all())
    held = WarcFile(name=f"warc/shelf-{number}.warc.gz", head_length=0, head_digest=digest, begun_at=at)
    session.add(held)
    session.flush()
    capture = CaptureRow(
        file_id=held.id, position=400, length=0, span=0, digest=digest, kind="response", record_id=f"{number:032x}",
        url="http://a.gov.cn/", address="http://a.gov.cn/", method="GET", status=200, role="article",
        fetched_at=fetched_at, payload_digest=digest, payload_length=0,
    )  # fmt: skip
    session.add(capture)
    session.flush()
    return capture.id


@contextmanager
def filled(folder: Path) -> Iterator[Archive]:
    """An archive of its own with the reports of :func:`fill`, at a time that stands still."""
    with Archive.open(folder, create=True, write=True, clock=Clock()) as archive:
        fill(archive)
        yield archive


def fill(archive: Archive) -> list[int]:
    """Reports of two years, two provinces, and of nobody that is known."""
    return [
        shelve(archive, record(2023)),
        shelve(archive, record(2022), "临江区人民政府", scope="330102"),
        shelve(archive, record(2023, title="甲", findings=(), sections=()), "青湾镇人民政府", scope="220202"),
        shelve(archive, record(None, title=None, publisher=None), None, scope="files"),
    ]


def files(folder: Path) -> dict[str, str]:
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest() for path in found}


def rows_of(folder: Path, name: str) -> list[dict[str, Any]]:
    """The rows of a table, from a folder of JSON lines."""
    lines = [
        line
        for path in sorted(folder.glob(f"{name}/**/*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    return [simplejson.loads(line, use_decimal=True) for line in lines]


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def jsonl(archive: Archive, folder: Path, wanted: Wanted = Wanted(), *names: str) -> Exported:  # noqa: B008 - frozen
    return export(archive, folder, wanted, format="jsonl", names=names or None)
