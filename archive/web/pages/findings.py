"""Findings: what does not add up, filtered and counted; who is signed in acknowledges them with a note, or opens them again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Form, Path, Query
from fastapi.responses import HTMLResponse, Response

from archive.errors import ArchiveError
from archive.findings.counting import OfDivision, Summary
from archive.findings.lines import LONGEST_NOTE, SHORTEST, FindingLine, acknowledge, reopen
from archive.findings.telling import division_data, rule_data
from archive.registry.classes import KINDS
from archive.web import speech
from archive.web.asking import Asked, Asking, query, redirect
from archive.web.columns import Column, Kind, Row
from archive.web.findings import ACKNOWLEDGED, ALL, OPEN, FindingQuery, Findings, line_of, referred
from archive.web.listing import SHOWN, Listing, offer
from archive.web.pages.report import Number
from archive.web.report.places import cell_name, finding_at, report_at
from archive.web.report.shown import finding_called, others_named, version_read
from archive.web.rows import Listed
from archive.web.speech.names import names
from archive.web.standings import years
from archive.web.templating import day
from archive.web.words import Language
from archive.web.writing import writable

router = APIRouter()
_WAIT = 3.0  # seconds for which a page waits for what is found between reports
_AT_ONCE = 100  # findings of one form
_YEARS = 8  # columns of the table of rules
_DIVISIONS = 40  # rows of that of divisions
_SEARCHED = (
    "copy.text",
    "copy.scar",
    "chain.open",
    "hierarchy.sum",
    "hierarchy.maximum",
)  # by a report's page if told to


def _report(row: Row) -> str | None:
    return None if row["report"] is None else _page_of(line_of(row))


FINDINGS = Listing(
    "findings",
    (
        Column("id", Kind.CODE, doc="Of the finding; its first eight letters name it for `xxgk check acknowledge`."),
        Column("state", Kind.CODE, doc="open or acknowledged."),
        Column("report", Kind.YEAR, href=_report, doc="The number of the report."),
        Column("url", Kind.ADDRESS),
        Column("publisher"),
        Column("scope", Kind.CODE, doc="The code of the publisher's division, or the site where that is not known."),
        Column("kind", Kind.CODE, doc="The class of the publisher."),
        Column("report_year", Kind.YEAR),
        Column("severity", Kind.CODE, doc="error, warning or info."),
        Column("rule", Kind.CODE),
        Column("table", Kind.CODE, doc="The table, row and column of the form that it names."),
        Column("row", Kind.CODE),
        Column("column", Kind.CODE),
        Column("expected", Kind.NUMBER),
        Column("found", Kind.NUMBER),
        Column("message", doc="In one sentence, in English."),
        Column("at", Kind.DATA, doc="Where it stands in the document."),
        Column("rests_on", Kind.DATA, doc="What one between several reports was judged by."),
        Column("acknowledged", Kind.DATA, doc="note, by and at; null while it is open."),
        Column("note", doc="What was said of it."),
        Column("by", doc="Who said so."),
        Column("acknowledged_at", Kind.MOMENT),
    ),
    FindingQuery,
    Findings,
    "Findings over the archive, open or acknowledged (xxgk check).",
    "findings",
)
_COUNTS = (Column("open", Kind.NUMBER), Column("acknowledged", Kind.NUMBER))
BY_RULE = Listing(
    "findings/by-rule",
    (Column("rule", Kind.CODE), Column("report_year", Kind.YEAR), *_COUNTS),
    FindingQuery,
    lambda asking, asked: Listed(Findings(asking, asked).summary.rules, rule_data),
    "How many findings there are by rule and year (xxgk check --summary).",
    "findings",
)
BY_DIVISION = Listing(
    "findings/by-division",
    (Column("division", Kind.CODE), Column("name"), *_COUNTS),
    FindingQuery,
    lambda asking, asked: Listed(Findings(asking, asked).summary.divisions, division_data),
    "How many findings there are by the divisions right below the one asked for (xxgk check --summary).",
    "findings",
)
for listing in (FINDINGS, BY_RULE, BY_DIVISION):
    offer(router, listing)


@dataclass(frozen=True)
class OfRule:
    """A rule as a line of the table of rules: how many are open on each year, and in all."""

    rule: str
    years: tuple[int | None, ...]
    open: int
    acknowledged: int


@dataclass(frozen=True)
class Shown:
    """A finding as the page shows it: where it stands, and where it leads."""

    line: FindingLine
    reference: str
    place: str
    said: str
    page: str | None
    copy: str | None
    others: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Told:
    """What became of a form: ``trouble`` says why nothing was kept, ``note`` and ``chosen`` are as they were sent."""

    trouble: str | None = None
    note: str = ""
    chosen: frozenset[str] = frozenset()
    status: int = 200


@router.get("/findings", response_class=HTMLResponse, include_in_schema=False)
def page(asking: Asked, asked: Annotated[FindingQuery, Query()]) -> HTMLResponse:
    """The page."""
    return _page(asking, asked, Told())


@router.post("/findings", include_in_schema=False)
def keep(
    asking: Asked,
    asked: Annotated[FindingQuery, Query()],
    finding: Annotated[list[str], Form(max_length=_AT_ONCE)] = [],  # noqa: B006 - FastAPI copies it
    token: Annotated[str, Form(max_length=200)] = "",
    note: Annotated[str, Form(max_length=2 * LONGEST_NOTE)] = "",
    action: Annotated[str, Form(max_length=20)] = "acknowledge",
) -> Response:
    """Acknowledge the findings that are ticked, or open them again, and show the same list."""
    told = partial(Told, note=note, chosen=frozenset(finding))
    if asking.visitor is None or not asking.visitor.sent(token):
        return _page(asking, asked, told(asking.word("signing.expired"), status=403))
    if not finding:
        return _page(asking, asked, told(asking.word("findings.none_chosen"), status=422))
    if action != "reopen" and not note.strip():
        return _page(asking, asked, told(asking.word("findings.no_note"), status=422))
    if len(note.strip()) > LONGEST_NOTE:
        return _page(asking, asked, told(asking.word("findings.too_long", most=LONGEST_NOTE), status=422))
    try:
        lines = referred(asking, Findings(asking, asked, 0.0).wanted, finding)
        if lines is None:
            return _page(asking, asked, told(asking.word("findings.gone"), status=409))
        with writable(asking.archive) as archive:
            if action == "reopen":
                done = reopen(archive, lines, by=asking.visitor.name)
            else:
                acknowledge(archive, lines, note=note, by=asking.visitor.name)
                done = len(lines)
    except ArchiveError as error:
        said = _said(str(error), asking.language)
        return _page(asking, asked, told(asking.word("findings.not_kept", why=said), status=503))
    asking.house.memory.forget("acknowledgements", "findings noted")
    what = "reopened" if action == "reopen" else ACKNOWLEDGED
    return redirect(asking.address("/findings", done=f"{what}-{done}", select=None))


@router.get("/findings/{report_id:int}/{name}/copy", include_in_schema=False)
def copy(
    asking: Asked, report_id: Number, name: Annotated[str, Path(pattern=f"^[0-9a-f]{{{SHORTEST},64}}$")]
) -> Response:
    """On to the archived copy with the cells of a finding marked, at the first; the record says which these are."""
    read = version_read(asking, report_id, None)
    line = finding_called(asking, report_id, read.record, name)
    marked = None if line is None else finding_at(report_id, read.id, read.record, line)
    return redirect(marked or report_at(report_id, None, name))


def _page(asking: Asking, asked: FindingQuery, told: Told) -> HTMLResponse:
    findings = Findings(asking, asked, _WAIT)
    rows = findings.page(asked.after, SHOWN)
    address = partial(asking.address, "/findings", done=None, select=None)
    whole = {"after": None, "lang": None, "done": None, "select": None}
    newest = _newest(findings.summary)
    return asking.page(
        "findings.html",
        status=told.status,
        here="findings",
        asked=asked,
        told=told,
        done=_done(asking),
        narrowed=asked != FindingQuery(after=asked.after, state=asked.state),
        findings=findings,
        between=findings.between,
        unread=findings.between.unread,
        total=rows.total,
        shown=[_shown(row, asking.language) for row in rows.rows],
        selected=asking.request.query_params.get("select") == ALL,
        address=address,
        following=None if rows.following is None else address(after=rows.following),
        downloads_of={
            name: {ending: asking.address(f"/{listing.name}.{ending}", **whole) for ending in ("csv", "xlsx")}
            for name, listing in (("lines", FINDINGS), ("rules", BY_RULE), ("divisions", BY_DIVISION))
        },
        years=years(asking),
        summary=findings.summary,
        newest=newest,
        rules=_rules(findings.summary, newest),
        divisions=findings.summary.divisions[:_DIVISIONS],
        division_name=partial(_division, asking),
        families=_families(),
        kinds=KINDS,
        states=(OPEN, ACKNOWLEDGED, ALL),
        tones={"error": "bad", "warning": "warn", "info": ""},
        day=partial(_day, asking.language),
        speech=speech,
    )


def _newest(summary: Summary) -> tuple[int, ...]:
    """The years that have a column of their own."""
    known = {each.report_year for each in summary.rules if each.report_year is not None}
    return tuple(sorted(known, reverse=True)[:_YEARS])


def _rules(summary: Summary, newest: tuple[int, ...]) -> list[OfRule]:
    """The rules in the order of their table of names, those it does not have at the end."""
    order = {rule: at for at, rule in enumerate(names("rules"))}
    counts: dict[str, dict[int | None, int]] = {}
    done: dict[str, int] = {}
    for each in summary.rules:
        counts.setdefault(each.rule, {})[each.report_year] = each.tally.open
        done[each.rule] = done.get(each.rule, 0) + each.tally.acknowledged
    return [
        OfRule(rule, tuple(counts[rule].get(year) for year in newest), sum(counts[rule].values()), done[rule])
        for rule in sorted(counts, key=lambda rule: (order.get(rule, len(order)), rule))
    ]


def _families() -> list[tuple[str, list[str]]]:
    """The families of rules in the order of their names, each with its rules; a rule alone stands for itself."""
    found: dict[str, list[str]] = {}
    for rule in names("rules"):
        found.setdefault(rule.partition(".")[0], []).append(rule)
    return list(found.items())


def _shown(row: Row, language: Language) -> Shown:
    line = line_of(row)
    finding = line.finding
    return Shown(
        line,
        row["reference"],
        cell_name(finding.get("table"), finding.get("row"), finding.get("column"), language),
        _said(finding["message"], language),
        _page_of(line),
        _copy_of(line),
        others_named(line, line.report_id or 0),
    )


def _page_of(line: FindingLine) -> str | None:
    """The page of its report, at it."""
    if line.report_id is None:
        return None
    if line.finding["rule"] not in _SEARCHED:
        return report_at(line.report_id, None, line.id)
    short = line.id[:SHORTEST]
    return f"{query(f'/reports/{line.report_id}', {'finding': short, 'search': 'true'})}#finding-{short}"


def _copy_of(line: FindingLine) -> str | None:
    """Where its cells are shown marked; null where it names none."""
    if line.report_id is None or (line.finding.get("at") is None and line.finding.get("table") is None):
        return None
    return f"/findings/{line.report_id}/{line.id[:SHORTEST]}/copy"


def _division(asking: Asking, each: OfDivision) -> str:
    """What a division is called."""
    if not each.code:
        return asking.word("findings.nobody")
    return each.name or each.code


def _day(language: Language, at: datetime) -> str:
    return day(at, language)


def _said(sentence: str, language: Language) -> str:
    return sentence if language == "en" else speech.in_chinese(sentence) or sentence


def _done(asking: Asking) -> str | None:
    """What became of the form before, in words."""
    what, _, count = asking.request.query_params.get("done", "").partition("-")
    words: dict[str, Callable[[], str]] = {
        name: partial(asking.word, f"findings.done_{name}", count=count) for name in (ACKNOWLEDGED, "reopened")
    }
    return words[what]() if what in words and count.isascii() and count.isdecimal() and len(count) <= 4 else None
