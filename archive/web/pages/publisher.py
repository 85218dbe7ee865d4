"""One publisher: its years, what they say over time, and whether each follows from the one before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import HTMLResponse

from archive.divisions import Division
from archive.findings.likeness import COPY, copies
from archive.findings.lines import Wanted
from archive.histories.chains import ChainLine, Step, steps
from archive.histories.columns import columns_of
from archive.histories.measures import series
from archive.histories.years import SEVERITIES, YearOf, history, printed_years
from archive.registry.listing import Change, PublisherLine, numbers_of, view_of
from archive.web import speech
from archive.web.asking import Asked, Asking, query, redirect
from archive.web.columns import Column, Kind, Row
from archive.web.drawing.sparks import spark
from archive.web.drawing.steps import anchor, chart
from archive.web.listing import API, Listing, Parameters, answer, offer
from archive.web.pages.standings import said
from archive.web.rows import Listed
from archive.web.standings import TONES
from parser.record import Result

router = APIRouter()
MOST = 2**31 - 1  # a number that any database of ours can look for
Number = Annotated[int, Path(description="The publisher's number.", ge=1, le=MOST)]
TIES = {Result.HOLDS: "good", Result.FAILS: "bad", Result.UNJUDGED: "warn"}
_ROWS, _LINES = 60, 50  # on the page; the downloads have all


def _inside(publisher: Number) -> int:
    return publisher


def _number(asking: Asking) -> int:
    """Whose page this is; of one that was merged, the one it is. Raises :class:`UnknownPublisher`."""
    return view_of(asking.archive, int(asking.request.path_params["publisher"])).line.id


def _years(asking: Asking, asked: Parameters) -> Listed:
    del asked
    return Listed(history(asking.archive, _number(asking)).years, YearOf.to_data)


def _chains(asking: Asking, asked: Parameters) -> Listed:
    del asked
    lines = [line for step in steps(asking.archive, _number(asking)) for line in step.lines]
    return Listed(lines, ChainLine.to_data)


def _measures(asking: Asking, asked: Parameters) -> Listed:
    del asked
    drawn = series(printed_years(asking.archive, _number(asking)))
    points = sorted(((point, each.measure) for each in drawn for point in each.points), key=lambda pair: pair[0].year)
    return Listed(points, lambda pair: {**pair[0].to_data(), "measure": pair[1].name})


def _report(row: Row) -> str | None:
    return None if row["id"] is None else f"/reports/{row['id']}"


YEARS = Listing(
    "publishers/{publisher}/years",
    (
        Column("report_year", Kind.YEAR),
        Column("status", doc="How it stands; null where nothing was owed."),
        Column("days", Kind.NUMBER),
        Column("at_least", Kind.FLAG, doc="Whether more days than that are not certain."),
        Column("due", Kind.DAY),
        Column("hard", Kind.DAY, doc="The day that the law draws, where `due` is practice."),
        Column("published_on", Kind.DAY),
        Column("published_source"),
        Column("first_seen_at", Kind.MOMENT),
        Column("basis"),
        Column("capture", Kind.YEAR, doc="The number of the first capture that shows the report."),
        Column("capture_url", Kind.ADDRESS),
        Column("capture_at", Kind.MOMENT),
        Column("capture_digest", Kind.CODE),
        Column("column", Kind.ADDRESS, doc="The column whose reading lacked the report."),
        Column("column_read_at", Kind.MOMENT),
        Column("id", Kind.YEAR, href=_report, doc="The number of the report; null where there is none."),
        Column("url", Kind.ADDRESS),
        Column("title"),
        Column("state"),
        Column("withdrawn_at", Kind.MOMENT),
        Column("withdrawn_because"),
        Column("template", Kind.CODE),
        Column("figures", Kind.NUMBER),
        Column("sections", Kind.DATA, doc="Of each of the six: present, empty, missing, scarred, older."),
        Column("versions", Kind.NUMBER),
        Column("changed_at", Kind.MOMENT, doc="When the last of several versions was first seen."),
        *(Column(severity, Kind.NUMBER, doc="Open findings of that severity.") for severity in SEVERITIES),
        Column("acknowledged", Kind.NUMBER),
    ),
    Parameters,
    _years,
    "The years of a publisher: how it stood, what proves it, and the report there is.",
    "publisher",
    _inside,
)
CHAINS = Listing(
    "publishers/{publisher}/chains",
    (
        Column("rule"),
        Column("key", Kind.CODE, doc="The cell of the later report."),
        Column("result", doc="holds, fails, cannot be judged."),
        Column("from_year", Kind.YEAR),
        Column("to_year", Kind.YEAR),
        Column("from_report", Kind.YEAR),
        Column("to_report", Kind.YEAR),
        Column("expected", Kind.NUMBER),
        Column("found", Kind.NUMBER),
        Column("before", Kind.DATA, doc="The cells of the earlier report: a number, or blank, dash, text."),
        Column("now", Kind.DATA, doc="The cells of the later report."),
        Column("words", doc="The rule in words."),
    ),
    Parameters,
    _chains,
    "Every link between two reports of a publisher on years that follow each other, those that hold with the others.",
    "publisher",
    _inside,
)
MEASURES = Listing(
    "publishers/{publisher}/measures",
    (
        Column("report_year", Kind.YEAR),
        Column("report", Kind.YEAR),
        Column("measure", doc="As archive/histories/measures.toml calls it."),
        Column("said", doc="number, blank, dash, text, absent (not read), elsewhere (its form has none)."),
        Column("value", Kind.NUMBER),
        Column("unit"),
        Column("text", doc="As printed; of several cells, one after the other."),
        Column("keys", Kind.DATA, doc="The cells on the report's own form."),
        Column("relation", doc="What they are to those of the newest form: same, sum, near."),
        Column("because"),
    ),
    Parameters,
    _measures,
    "A few figures of a publisher over its years, joined across the forms.",
    "publisher",
    _inside,
)
for _listing in (YEARS, CHAINS, MEASURES):
    offer(router, _listing)


@router.get(
    f"{API}/publishers/{{publisher}}",
    summary="One publisher: its names, reports and sources (xxgk publishers show --json); of a merged one, the one it is.",
    response_model=dict[str, Any],
    tags=["publishers"],
    operation_id="show_publisher",
)
def data(asking: Asked, publisher: Number) -> Response:
    """The publisher as data."""
    return answer(view_of(asking.archive, publisher).to_data())


@router.get("/publishers/{publisher:int}", response_class=HTMLResponse, include_in_schema=False)
def page(
    asking: Asked,
    publisher: Number,
    year: Annotated[int | None, Query(ge=1, le=9999)] = None,
    search: bool = False,  # noqa: FBT001, FBT002 - a parameter of the address
) -> Response:
    """The page; ``year`` marks one, with ``search`` its prose is looked for in other reports."""
    archive = asking.archive
    view = view_of(archive, publisher)
    line = view.line
    if line.id != publisher:
        return redirect(asking.address(f"/publishers/{line.id}"))
    found = history(archive, line.id)
    ties = steps(archive, line.id)
    there = {each.year: not each.gap for each in reversed(found.years)}
    printed = printed_years(archive, line.id)
    measured = series(printed)
    columns = columns_of(archive, line.id)
    return asking.page(
        "publisher.html",
        here="publishers",
        line=line,
        view=view,
        path=_path(asking, line),
        before=_changes(asking, line.predecessors),
        after=_changes(asking, line.successors),
        columns=columns,
        portals=sorted({each.portal for each in columns}),
        history=found,
        rows=found.years[:_ROWS],
        left=len(found.years[_ROWS:]),
        undated=found.undated[:_LINES],
        year=year,
        forms={number: of.forms for _, number, of in printed},
        beside=_beside(found.years),
        measured=measured,
        sparks=[spark(each, list(there)) for each in measured if each.told],
        silent=[each.measure for each in measured if not each.told],
        ties=[step for step in ties if step.lines],
        broken={anchor(step): _broken(step) for step in ties},
        chart=chart(ties, there),
        across=[each for each in found.across if each.finding["rule"] not in _OF_CHAINS][:_LINES],
        copies=_copied(asking, line) if search else None,
        anchor=anchor,
        query=query,
        said=said,
        speech=speech,
        tones=TONES,
        tie_tones=TIES,
        severities=SEVERITIES,
    )


_OF_CHAINS = frozenset({"chain.requests", "chain.normative_documents", "chain.items"})  # drawn as links


def _path(asking: Asking, line: PublisherLine) -> Sequence[Division]:
    """The divisions from the province down; none where its division is not known."""
    code = line.township or line.scope
    book = asking.archive.book
    return (book.path(code) or book.path(line.scope)) if code.isdecimal() else ()


def _changes(asking: Asking, changes: Sequence[Change]) -> list[tuple[Change, int | None]]:
    """Who came before or after, each with its number."""
    known = numbers_of(asking.archive, [each.publisher for each in changes])
    return [(each, known.get(each.publisher)) for each in changes]


def _beside(years: Sequence[YearOf]) -> Mapping[int, int]:
    """Of each year with a report, the nearest one before it that has one too."""
    there = sorted({each.year for each in years if not each.gap})
    return dict(zip(there[1:], there, strict=False))


def _broken(step: Step) -> list[ChainLine]:
    return [each for each in step.lines if each.result is not Result.HOLDS]


def _copied(asking: Asking, line: PublisherLine) -> list[Any]:
    """The reports of which most stands in another; asked of the texts themselves."""
    wanted = Wanted(publisher=line.reference, rule=COPY)
    return asking.house.memory.recall(
        ("copies", line.id), lambda: list(copies(asking.archive, wanted))[:_LINES], most=8
    )
