"""A report beside its archived copy, and its record as data."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from archive.findings.lines import FindingLine
from archive.report_data import taken_from, view_data
from archive.reports import show
from archive.web.asking import Asked, Asking, query
from archive.web.listing import API, answer
from archive.web.report.places import figure_at, report_at
from archive.web.report.sheets import sheets_of
from archive.web.report.shown import Shown, across, is_called, others_named, shown
from archive.web.speech import (
    figure_name,
    in_chinese,
    rule_name,
    severity_name,
    source_name,
    state_name,
    table_name,
    template_name,
)
from archive.web.templating import day, moment

router = APIRouter()

MOST = 2**63 - 1  # a number that the database can look for
Number = Annotated[int, Path(description="The report's number.", ge=1, le=MOST)]
Version = Annotated[int | None, Query(description="One of its versions; the current one.", ge=1, le=MOST)]
FindingId = Annotated[
    str | None, Query(description="The first eight letters of a finding's id, or more.", pattern="^[0-9a-f]{8,64}$")
]
FigureKey = Annotated[str | None, Query(description="The key of a figure.", max_length=120)]
_CAPTURES = 30  # lines on the page; all of them are in the listing
_WORDS: dict[str, Any] = {
    each.__name__: each
    for each in (
        day,
        figure_name,
        moment,
        rule_name,
        severity_name,
        source_name,
        state_name,
        table_name,
        template_name,
    )
}
_CHANGES = 12  # changed figures of a version on the page


@router.get("/reports/{report_id:int}", response_class=HTMLResponse, include_in_schema=False)
def page(
    asking: Asked,
    report_id: Number,
    version: Version = None,
    finding: FindingId = None,
    figure: FigureKey = None,
    search: bool = False,  # noqa: FBT001, FBT002 - a parameter of the address
) -> HTMLResponse:
    """The page; with ``search`` the findings are looked for too that take their time."""
    report = shown(asking, report_id, version)
    others = across(asking, report.filing, all_of_them=search)
    captures = report.view.captures
    return asking.page(
        "report.html",
        here="reports",
        report=report,
        record=report.record,
        sheets=sheets_of(report.record, asking.language),
        asked=finding,
        first=_first(report, others, finding, figure),
        rules=report.rules(report.own, finding),
        others=report.rules(others, finding),
        searched=search,
        captures=[(each, taken_from(asking.archive, each)) for each in captures[-_CAPTURES:]],
        captures_left=max(0, len(captures) - _CAPTURES),
        changes=_CHANGES,
        copy=figure_at,
        at=report_at,
        others_of=others_named,
        said=_said(asking),
        **_WORDS,
        division=_division(asking, report.filing.scope),
    )


@router.get("/reports/{report_id:int}.json", include_in_schema=False)
@router.get(
    f"{API}/reports/{{report_id}}",
    summary="One report: its record, versions and captures (xxgk show --json).",
    response_model=dict[str, Any],
    tags=["reports"],
    operation_id="show_report",
)
def data(asking: Asked, report_id: Number) -> Response:
    """The report as data."""
    found = show(asking.archive, str(report_id))
    if found is None:
        raise HTTPException(404, f"there is no report {report_id}")
    return answer(view_data(asking.archive, found))


def _first(report: Shown, others: list[FindingLine], finding: str | None, figure: str | None) -> str:
    """What the frame shows at first: the copy, with the cells of the finding or the figure that is asked for."""
    if figure is not None and figure in report.record.figures:
        cell = figure_at(report.id, report.version.id, figure, report.record.figures[figure])
        if cell is not None:
            return cell
    line = next((each for each in (*report.own, *others) if is_called(each, finding)), None)
    found = None if line is None else report.copy_of(line)
    return found or query(f"/reports/{report.id}/copy", {"version": report.version.id})


def _said(asking: Asking) -> Any:
    """Puts a sentence of the archive's into the visitor's language."""

    def said(sentence: str | None) -> str:
        if sentence is None or asking.language == "en":
            return sentence or ""
        return in_chinese(sentence) or sentence

    return said


def _division(asking: Asking, scope: str | None) -> tuple[str, str] | None:
    """The code and the name of a division; null where none is known."""
    if scope is None or not scope.isdecimal():
        return None
    name = asking.archive.book.label(scope) if asking.archive.book.get(scope) is not None else scope
    return scope, name or scope
