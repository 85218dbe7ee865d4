"""Comparisons as data: figures, figures of all years and sentences as tables, and all of it as ``xxgk diff --json``."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from archive.comparing import data
from archive.comparing.comparison import Comparison
from archive.web.asking import Asked, Asking
from archive.web.columns import Column, Kind
from archive.web.comparing.asked import PairQuery, PublisherQuery, WholeQuery, one_publisher
from archive.web.comparing.found import every_year, pair
from archive.web.comparing.rows import figure_line, sentence_line, sentence_lines, year_lines
from archive.web.listing import API, Listing, answer, offer
from archive.web.rows import Listed

router = APIRouter()


class Told(BaseModel):
    """Comparisons."""

    rows: Annotated[
        list[dict[str, Any]], Field(description="As `xxgk diff --json`; empty where too little is asked for.")
    ]


def _figures(asking: Asking, asked: PairQuery) -> Listed:
    found = pair(asking, asked)
    return Listed([] if found is None else found.figures, lambda row: figure_line(row, _there(found)))


def _sentences(asking: Asking, asked: PairQuery) -> Listed:
    found = pair(asking, asked)
    return Listed([] if found is None else sentence_lines(found), sentence_line)


def _there(found: Comparison | None) -> Comparison:
    assert found is not None  # noqa: S101 - a row of it is there
    return found


def _figures_of_years(asking: Asking, asked: PublisherQuery) -> Listed:
    if asked.publisher is None:
        return Listed([], dict)
    return Listed(list(year_lines(every_year(asking, one_publisher(asking.archive, asked.publisher)))), dict)


def _cells(prefix: str) -> tuple[Column, ...]:
    return (
        Column(f"{prefix}value", Kind.NUMBER, doc="The number printed, or the sum of several; null unless it is one."),
        Column(f"{prefix}text", doc="The cell as printed; null where the report does not print it."),
        Column(f"{prefix}state", Kind.CODE, doc="number, blank, dash or text."),
        Column(f"{prefix}unit"),
        Column(f"{prefix}note", doc="What stands beside the number in its cell."),
    )


_JUDGED = (
    Column("change", Kind.NUMBER, doc="Null unless both are numbers of one unit and mean the same."),
    Column("percent", Kind.NUMBER, doc="Of the earlier value, where that is above 0."),
    Column("relation", Kind.CODE, doc="same, sum, near, only or part: what the two are to each other on their forms."),
    Column("because", doc="Why."),
    Column("evidence", Kind.CODE, doc="How well that is known: V read, I inferred, R recalled."),
)
FIGURES = Listing(
    "compare/figures",
    (
        Column("key", Kind.CODE),
        Column("label", doc="As the form of the later report prints it."),
        *_cells("before_"),
        *_cells("after_"),
        *_JUDGED,
        Column("before_keys", Kind.CODE, doc="Under which keys the earlier report has it; several that are added up."),
        Column("after_keys", Kind.CODE),
        Column("said", doc="Why there is no change or no percent."),
        Column("differs", Kind.FLAG, doc="Whether the two print otherwise."),
    ),
    PairQuery,
    _figures,
    "Figures of two years of a publisher, or of two versions of a report, side by side (xxgk diff).",
    "compare",
)
SENTENCES = Listing(
    "compare/sentences",
    (
        Column("section", Kind.YEAR, doc="The number of the section it stands in."),
        Column("heading"),
        Column("kind", Kind.CODE, doc="reused, moved, changed, added or dropped."),
        Column("before"),
        Column("after"),
        Column("from_section", Kind.YEAR, doc="Where it stood, if it was moved."),
        Column("moved", Kind.FLAG),
        Column("differs", Kind.CODE, doc="Of a changed one: figures, if numbers alone differ, or words."),
        Column("wording", doc="Of a changed one: [-dropped-] and {+added+}."),
    ),
    PairQuery,
    _sentences,
    "Sentences of two reports, and what became of each (xxgk diff).",
    "compare",
)
YEARS = Listing(
    "compare/years",
    (
        Column("key", Kind.CODE, doc="On the newest form that prints it."),
        Column("label"),
        Column("report_year", Kind.YEAR),
        Column("report", Kind.YEAR, doc="The number of the report."),
        *_cells(""),
        *_JUDGED,
        Column("keys", Kind.CODE, doc="Under which keys the report has it; several that are added up."),
        Column("said", doc="Why there is no change or no percent since the report before."),
    ),
    PublisherQuery,
    _figures_of_years,
    "Figures of all years of a publisher, with the change since the report before (xxgk diff --all-years).",
    "compare",
)
for _listing in (FIGURES, SENTENCES, YEARS):
    offer(router, _listing)


@router.get(
    f"{API}/compare",
    summary="Two years of a publisher, all of them, or two versions of a report side by side (xxgk diff --json).",
    response_model=Told,
    tags=["compare"],
    operation_id="compare",
)
def whole(asking: Asked, asked: Annotated[WholeQuery, Query()]) -> Response:
    """All of a comparison: figures, prose, chains."""
    if asked.every_year and asked.publisher is not None:
        return answer({"rows": [data.of_all_years(every_year(asking, one_publisher(asking.archive, asked.publisher)))]})
    found = pair(asking, asked)
    if found is None:
        return answer({"rows": []})
    versions = found.before.report_id == found.after.report_id
    return answer({"rows": [data.of_versions(found) if versions else data.of_two_years(found)]})
