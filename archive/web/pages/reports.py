"""Reports: the list of them, narrowed by year, publisher, division, class, form, state, finding and portal."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from pydantic import Field

from archive.divisions.asked import code_of
from archive.registry.classes import KINDS
from archive.report_lists import Wanted, count_reports, walk_reports
from archive.web import speech
from archive.web.asking import Asked, Asking
from archive.web.columns import Column, Kind, Row
from archive.web.listing import Listing, offer, table
from archive.web.pages.publishers import PLAIN, ClassQuery
from archive.web.rows import Walked

router = APIRouter()
TEMPLATES = ("2021", "2019", "2014", "2008", "none")
STATES = ("published", "withdrawn")
SEVERITIES = ("error", "warning", "info", "none")


class ReportQuery(ClassQuery):
    """Which reports are asked for."""

    year: Annotated[int | None, Field(description="Only on this report year.", ge=1949, le=2999)] = None
    publisher: Annotated[
        str | None,
        Field(
            description="Only of this publisher: its number, or its name in any spelling, or 220200/财政局.",
            max_length=200,
            pattern=PLAIN,
        ),
    ] = None
    division: Annotated[
        str | None,
        Field(description="Only this division and all below it: 220200, or 吉林市.", max_length=60, pattern=PLAIN),
    ] = None
    template: Annotated[
        Literal["2021", "2019", "2014", "2008", "none"] | None,
        Field(description="Only on this form, by its first report year; none: where no table could be read."),
    ] = None
    state: Annotated[
        Literal["published", "withdrawn"] | None, Field(description="Only those that are published, or withdrawn.")
    ] = None
    severity: Annotated[
        Literal["error", "warning", "info", "none"] | None,
        Field(description="Only those whose weightiest finding in the report itself is this; none: without findings."),
    ] = None
    portal: Annotated[
        str | None,
        Field(description="Only what was found from the portal of this address.", max_length=2000, pattern=PLAIN),
    ] = None


def narrowed(asking: Asking, asked: ReportQuery) -> Wanted:
    """What is asked for, for the archive."""
    return Wanted(
        year=asked.year,
        publisher=asked.publisher,
        division=code_of(asked.division, asking.archive.book),
        kind=asked.classed,
        template=asked.template,
        state=asked.state,
        severity=asked.severity,
        portal=asked.portal,
    )


def _rows(asking: Asking, asked: ReportQuery) -> Walked:
    wanted = narrowed(asking, asked)

    def walk(after: int) -> Generator[tuple[int, Row], None, None]:
        for line, publisher in walk_reports(asking.archive, wanted, after):
            counts = {"errors": line.errors, "warnings": line.warnings, "infos": line.infos}
            row: dict[str, Any] = {
                **line.to_data(),
                "published_on": line.published_on,
                **counts,
                "publisher_id": publisher,
            }
            yield line.id, row

    return Walked(walk, count_reports(asking.archive, wanted))


def _page(row: Row) -> str:
    return f"/reports/{row['id']}"


def _publisher(row: Row) -> str | None:
    return None if row["publisher_id"] is None else f"/publishers/{row['publisher_id']}"


def _findings(name: str) -> Callable[[Row], str | None]:
    return lambda row: f"/reports/{row['id']}#findings" if row[name] else None


def _tone(state: str) -> str:
    return "bad" if state == "withdrawn" else ""


REPORTS = Listing(
    "reports",
    (
        Column("id", Kind.YEAR, href=_page, doc="Its number: /reports/{id} is its page."),
        Column("report_year", Kind.YEAR),
        Column("publisher", href=_publisher, doc="As the report names it."),
        Column("title", href=_page),
        Column("published_on", Kind.DAY),
        Column("state", said=speech.state_name, tone=_tone, doc=", ".join(STATES)),
        Column("template", Kind.CODE, doc="The form of its tables, by its first report year."),
        Column("figures", Kind.NUMBER),
        Column("findings", Kind.DATA, hidden=True, doc="How many, by severity, in the report itself."),
        Column("errors", Kind.NUMBER, href=_findings("errors")),
        Column("warnings", Kind.NUMBER, href=_findings("warnings")),
        Column("infos", Kind.NUMBER, href=_findings("infos")),
        Column("url", Kind.ADDRESS, hidden=True, doc="Of its article, or of its file."),
        Column("publisher_id", Kind.YEAR, hidden=True, doc="The number of the publisher; null where none is known."),
    ),
    ReportQuery,
    _rows,
    "The reports by number, narrowed as is asked for (xxgk reports).",
    "reports",
)
offer(router, REPORTS)


@router.get("/reports", response_class=HTMLResponse, include_in_schema=False)
def page(asking: Asked, asked: Annotated[ReportQuery, Query()]) -> HTMLResponse:
    """The page."""
    return asking.page(
        "reports.html",
        here="reports",
        asked=asked,
        kinds=KINDS,
        templates=TEMPLATES,
        states=STATES,
        severities=SEVERITIES,
        speech=speech,
        reports=table(REPORTS, asking, asked),
    )
