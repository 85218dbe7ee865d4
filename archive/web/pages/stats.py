"""Statistics: the panels, each as a chart and a table whose numbers say what they rest on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from pydantic import Field
from starlette.exceptions import HTTPException

from archive.divisions.asked import code_of
from archive.errors import ArchiveError
from archive.panels.drawing import Drawn, draw
from archive.panels.drawing import Row as Drawing
from archive.panels.groups import Asked, By
from archive.panels.lines import LEFT_OUT, left_out_of, line_of, panel_line
from archive.panels.measures import LeftOut
from archive.panels.panels import Panel, panels
from archive.panels.panels import panel as panel_of
from archive.registry.classes import KINDS
from archive.web import speech
from archive.web.asking import Asked as AskedOf
from archive.web.asking import Asking
from archive.web.columns import Column, Kind, Row
from archive.web.drawing.panels import Chart, TooMuch, chart
from archive.web.listing import Listing, Parameters, Table, offer, table
from archive.web.pages.publishers import PLAIN
from archive.web.pages.search import said
from archive.web.rows import Listed
from archive.web.words import Language, word

router = APIRouter()

_FIRST = ("year", "division_name", "kind", "label")  # what a row is about stands before its numbers
_REMEMBERED = 20  # panels whose numbers are kept
Year = Annotated[int | None, Field(ge=1949, le=2999)]


class PanelQuery(Parameters):
    """What is asked of a panel."""

    first: Annotated[Year, Field(alias="from", description="From this report year on.")] = None
    last: Annotated[Year, Field(alias="to", description="To this report year.")] = None
    division: Annotated[
        str | None,
        Field(
            description="Only this division and all below it: its code, or its full name.", max_length=60, pattern=PLAIN
        ),
    ] = None
    kind: Annotated[
        list[Annotated[str, Field(max_length=40, pattern=PLAIN)]],
        Field(description=f"Only these classes: {', '.join(KINDS)}.", max_length=len(KINDS), default_factory=list),
    ]
    of: Annotated[
        Literal["agencies", "governments", "all"] | None,
        Field(description="Whose reports: a government's repeats those of the agencies below it."),
    ] = None
    level: Annotated[
        Literal["province", "prefecture", "county"] | None,
        Field(description="Which governments, where `of` is governments; by default those right below."),
    ] = None
    by: Annotated[
        list[By], Field(description="A row for each; by default the year.", max_length=3, default_factory=list)
    ]
    consistent: Annotated[bool, Field(description="Only reports of which the form's own sums hold.")] = False
    as_of: Annotated[
        date | None,
        Field(
            description="The day to judge standings by; by default today.", ge=date(2008, 1, 1), le=date(2999, 12, 31)
        ),
    ] = None


class NumbersQuery(PanelQuery):
    """Which panel is counted."""

    panel: Annotated[
        str, Field(description="The panel: `stats` lists them.", max_length=40, json_schema_extra={"enum": [*panels()]})
    ]


class PanelsQuery(Parameters):
    """All panels."""


def asked_of(asking: Asking, panel: Panel, given: PanelQuery) -> Asked:
    """What is asked of a panel. Raises :class:`ArchiveError`."""
    if given.consistent and not panel.identities:
        raise ArchiveError(f"no sum of the form binds the cells of {panel.name}: leave `consistent` away")
    if given.as_of is not None and panel.measure != "standings":
        raise ArchiveError(f"{panel.name} is not judged by a day: leave `as_of` away")
    code = code_of(given.division, asking.archive.book)
    kinds, ways = tuple(dict.fromkeys(given.kind)), tuple(dict.fromkeys(given.by)) or (By.YEAR,)
    return Asked(given.first, given.last, code, kinds, given.of, given.level, ways, given.consistent)


def drawn_of(asking: Asking, panel: Panel, given: PanelQuery) -> Drawn:
    """A panel counted; remembered, and counted once however many ask for it. Raises :class:`ArchiveError`."""
    asked = asked_of(asking, panel, given)
    day = (given.as_of or asking.today) if panel.measure == "standings" else None
    return asking.house.memory.recall(
        ("stats", panel.name, asked, day), lambda: draw(asking.archive, panel, asked, as_of=day), most=_REMEMBERED
    )


def _rows(asking: Asking, given: NumbersQuery) -> Listed:
    drawn = drawn_of(asking, panel_of(given.panel), given)

    def line(row: Drawing) -> Row:
        return line_of(drawn, row, asking.language, asking.archive.book) | left_out_of(row)

    return Listed(drawn.rows, line)


def _division(row: Row) -> str | None:
    return None if row["division"] is None else f"/divisions/{row['division']}"


def reasons(left_out: dict[LeftOut, int], language: Language) -> str:
    """How many reports a number does not rest on, and why."""
    separator = "，" if language == "zh" else ", "
    return separator.join(f"{word(f'stats.reason.{why}', language)} {count:,}" for why, count in left_out.items())


NUMBERS = Listing(
    "stats/numbers",
    (
        Column("panel", hidden=True),
        Column("series", hidden=True),
        Column("label"),
        Column("year", Kind.YEAR, doc="The report year; null where the rows are not told apart by it."),
        Column("division", Kind.CODE, hidden=True, doc="A code; null where it is not known or not told apart."),
        Column("division_name", href=_division),
        Column("kind", said=speech.class_name),
        Column("of", hidden=True, doc="Whose reports are added: agencies, governments, all."),
        Column("level", hidden=True),
        Column("first_year", Kind.YEAR, hidden=True),
        Column("last_year", Kind.YEAR, hidden=True),
        Column("value", Kind.NUMBER, doc="A sum or a share (0 to 1); null where nothing stands behind it."),
        Column("unit", hidden=True),
        Column("numerator", Kind.NUMBER),
        Column("denominator", Kind.NUMBER),
        Column("mean", Kind.NUMBER, hidden=True, doc="A sum by report."),
        Column("reports", Kind.NUMBER, doc="How many reports (of standings: publishers) the number rests on."),
        Column("identities_failing", Kind.NUMBER, doc="Of these reports those in which a sum of the form fails."),
        Column("identities_unjudged", Kind.NUMBER, hidden=True),
        Column("left_out", Kind.DATA, said=reasons, doc="How many reports it does not rest on, by reason."),
        *(Column(name, Kind.NUMBER, hidden=True) for name in LEFT_OUT),
    ),
    NumbersQuery,
    _rows,
    "The numbers of one panel, each with what it rests on (xxgk stats PANEL).",
    "stats",
)
offer(router, NUMBERS)

PANELS = Listing(
    "stats",
    (
        Column("panel", Kind.CODE, href=lambda row: f"/stats/{row['panel']}"),
        Column("title"),
        Column("unit"),
        Column("measure", doc="sum, share, standings, findings."),
        Column("first_year", Kind.YEAR, doc="The first report year whose form prints its cells."),
        Column("last_year", Kind.YEAR, doc="The last one; null: still in force."),
        Column("formula"),
        Column("source", doc="The form, and the notice that orders it."),
        Column("series", Kind.DATA),
    ),
    PanelsQuery,
    lambda asking, _: Listed(list(panels().values()), lambda panel: panel_line(panel, asking.language)),
    "The panels that can be asked for (xxgk stats).",
    "stats",
)
offer(router, PANELS)


@router.get("/stats", response_class=HTMLResponse, include_in_schema=False)
def cards(asking: AskedOf) -> HTMLResponse:
    """The panels as cards."""
    return asking.page(
        "stats.html",
        here="stats",
        panels=[panel_line(panel, asking.language) for panel in panels().values()],
        table=table(PANELS, asking, PanelsQuery()),
    )


@router.get("/stats/{name}", response_class=HTMLResponse, include_in_schema=False)
def page(asking: AskedOf, name: str, asked: Annotated[PanelQuery, Query()]) -> HTMLResponse:
    """One panel."""
    panel = panels().get(name)
    if panel is None:
        raise HTTPException(404)
    told, status = None, 200
    values: dict[str, Any] = {"drawn": None, "chart": None, "too_much": False, "numbers": None}
    try:
        values |= _shown(asking, panel, asked)
    except ArchiveError as error:
        told, status = said(str(error), asking.language), 400
    return asking.page(
        "panel.html",
        here="stats",
        status=status,
        told=told,
        panel=panel,
        title=panel.title[asking.language],
        asked=asked,
        kinds=KINDS,
        ways=list(By),
        speech=speech,
        **values,
    )


def _shown(asking: Asking, panel: Panel, given: PanelQuery) -> dict[str, Any]:
    drawn = drawn_of(asking, panel, given)
    picture: Chart | None = None
    too_much = False
    try:
        picture = chart(drawn, asking.language, _places(asking), lambda kind: speech.class_name(kind, asking.language))
    except TooMuch:
        too_much = True
    return {
        "drawn": drawn,
        "chart": picture,
        "too_much": too_much,
        "numbers": _numbers(asking, panel, given, drawn),
        "failing": any(row.failing for row in drawn.rows) and not drawn.asked.consistent,
        "aside": [(speech.class_name(kind, asking.language), count) for kind, count in drawn.set_aside.items()],
    }


def _places(asking: Asking) -> Callable[[str], str]:
    def called(code: str) -> str:
        division = asking.archive.book.get(code) if code else None
        return asking.word("stats.nowhere") if division is None else division.name

    return called


def _numbers(asking: Asking, panel: Panel, given: PanelQuery, drawn: Drawn) -> Table:
    """The table with the columns that have something to say."""
    asked = NumbersQuery.model_validate({**given.model_dump(by_alias=True), "panel": panel.name})
    shown = table(NUMBERS, asking, asked, path=f"/stats/{panel.name}")
    by = drawn.asked.by
    idle = {
        "year": By.YEAR not in by,
        "division_name": By.DIVISION not in by,
        "kind": By.KIND not in by,
        "label": len(panel.series) == 1,
        "numerator": not panel.is_share,
        "denominator": not panel.is_share,
        "identities_failing": not panel.identities,
    }
    columns = [
        replace(column, kind=Kind.SHARE) if column.name == "value" and panel.is_share else column
        for column in shown.columns
        if not idle.get(column.name, False)
    ]
    columns.sort(key=lambda column: _FIRST.index(column.name) if column.name in _FIRST else len(_FIRST))
    whole = {"after": None, "lang": None, "panel": panel.name}
    return replace(
        shown,
        columns=tuple(columns),
        csv=asking.address("/stats/numbers.csv", **whole),
        xlsx=asking.address("/stats/numbers.xlsx", **whole),
    )
