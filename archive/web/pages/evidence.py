"""Evidence of a figure or a finding: a sheet in PDF, and the page on which a figure is chosen for one."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response
from starlette.exceptions import HTTPException

from archive.captures import Capture
from archive.errors import ArchiveError
from archive.viewing.documents import document_of
from archive.viewing.showing import Evidence, picture_of_place, places_of
from archive.web.asking import Asked, Asking
from archive.web.doors.headers import FILE_POLICY
from archive.web.evidence.sheet import Claim, Words, draw
from archive.web.pages.report import FigureKey, FindingId, Number, Version
from archive.web.report.places import cell_name
from archive.web.report.sheets import sheets_of
from archive.web.report.shown import Shown, finding_called, shown
from archive.web.speech import figure_name, in_chinese, rule_name, table_name
from archive.web.templating import moment
from parser.errors import ParserError
from parser.record import Figure, Place

router = APIRouter(include_in_schema=False)


@router.get("/reports/{report_id:int}/evidence")
def choose(asking: Asked, report_id: Number, version: Version = None) -> HTMLResponse:
    """The figures of a report, each with a link to its sheet."""
    report = shown(asking, report_id, version)
    return asking.page(
        "evidence.html",
        here="reports",
        report=report,
        sheets=sheets_of(report.record, asking.language),
        figure_name=figure_name,
        table_name=table_name,
    )


@router.get("/reports/{report_id:int}/evidence.pdf")
def sheet(
    asking: Asked, report_id: Number, version: Version = None, figure: FigureKey = None, finding: FindingId = None
) -> Response:
    """The sheet."""
    if (figure is None) == (finding is None):
        raise HTTPException(422, "figure, finding: give one of them")
    report = shown(asking, report_id, version)
    name = finding or ""
    if figure is not None:
        if figure not in report.record.figures:
            raise HTTPException(404, f"report {report_id} has no figure {figure}")
        name = figure.replace(".", "-")
        title, said, places = _of_figure(asking, figure, report.record.figures[figure])
    else:
        title, said, places = _of_finding(asking, report, finding or "")
    capture, picture = _picture(asking, report, places)
    claim = Claim(title, said, tuple(_facts(asking, report, capture)), picture, _how(asking, report, capture))
    headers = {
        "content-disposition": f'attachment; filename="evidence-{report_id}-{name}.pdf"',
        "content-security-policy": FILE_POLICY,
    }
    return Response(draw(claim, _words(asking)), media_type="application/pdf", headers=headers)


def _of_figure(asking: Asking, key: str, figure: Figure) -> tuple[str, str, tuple[Place, ...]]:
    title = asking.word("report.sheet.of_figure")
    value = f"{figure.value}{figure.unit or ''}" if figure.value is not None else asking.word(f"report.{figure.state}")
    table, *_ = key.split(".")
    said = f"{table_name(table, asking.language)} · {figure_name(key, asking.language)} = {value}\n"
    said += f"{asking.word('report.sheet.printed')} “{figure.text}” · {key}"
    return title, said, (figure.at,)


def _of_finding(asking: Asking, report: Shown, name: str) -> tuple[str, str, tuple[Place, ...]]:
    line = finding_called(asking, report.id, report.record, name)
    if line is None:
        raise HTTPException(404, f"report {report.id} has no finding {name}")
    found = line.finding
    message = str(found["message"])
    words = (in_chinese(message) or message) if asking.language == "zh" else message
    where = cell_name(found.get("table"), found.get("row"), found.get("column"), asking.language)
    title = f"{asking.word('report.sheet.of_finding')} {line.id[:8]}"
    said = " · ".join(part for part in (rule_name(found["rule"], asking.language), where) if part)
    return title, f"{said}\n{words}", places_of(report.record, line)


def _picture(asking: Asking, report: Shown, places: tuple[Place, ...]) -> tuple[Capture, Evidence | str]:
    """The capture of the document, and the place in it, or why it is not drawn."""
    capture = next((each for each in report.view.captures if each.id == report.version.capture_id), None)
    why = asking.word("report.sheet.names_no_cell")
    try:
        found = document_of(asking.archive, report.version.capture_id)
        capture = found.capture
        picture = picture_of_place(asking.house.opener, found, places) if places else Evidence()
        if picture != Evidence():
            return capture, picture
    except (ArchiveError, ParserError) as error:
        if capture is None:
            raise
        why = str(error)
    return capture, asking.word("report.sheet.no_place", why=why)


def _facts(asking: Asking, report: Shown, capture: Capture) -> list[tuple[str, str]]:
    record, view = report.record, report.view
    unknown = asking.word("report.unknown")
    facts = {
        "report": record.title or unknown,
        "publisher": report.filing.name or record.publisher or unknown,
        "year": str(record.report_year or unknown),
        "published_on": record.published_on.isoformat() if record.published_on is not None else unknown,
        "address": capture.url,
        "first_seen": _both(asking, report.version.first_seen_at if not report.is_current else view.first_seen_at),
        "fetched": _both(asking, capture.fetched_at),
        "warc": f"{capture.file} @ {capture.position}",
        "record_id": capture.record_id,
        "payload": capture.payload_digest,
        "digest": report.version.digest,
    }
    return [(asking.word(f"report.sheet.{name}"), value) for name, value in facts.items()]


def _both(asking: Asking, when: datetime) -> str:
    """A moment on the clock of China and in UTC."""
    utc = (when if when.tzinfo is not None else when.replace(tzinfo=UTC)).astimezone(UTC)
    return asking.word("report.sheet.both", china=moment(when, asking.language), utc=f"{utc:%Y-%m-%dT%H:%M:%SZ}")


def _how(asking: Asking, report: Shown, capture: Capture) -> str:
    return asking.word("report.sheet.how", offset=capture.position, report=report.id)


def _words(asking: Asking) -> Words:
    return Words(
        asking.word("report.sheet.heading"),
        asking.word("report.sheet.place"),
        asking.word("report.sheet.verify"),
        asking.word("report.sheet.cut"),
        lambda number: asking.word("report.sheet.page", number=number),
    )
