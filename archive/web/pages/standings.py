"""Standings: who reported in time, late or not at all, as tables: by publisher, by division, by status, by day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from pydantic import AfterValidator, Field

from archive.divisions.asked import code_of
from archive.monitor import Standing, Status, missing
from archive.monitor.calendar import Day
from archive.monitor.lines import lines, total_line
from archive.monitor.totals import Total, by_class, level_below, of_divisions, tally, total_of
from archive.registry.classes import KINDS
from archive.web import speech
from archive.web.asking import Asked, Asking, query
from archive.web.columns import Column, Kind, Row
from archive.web.listing import Listing, offer, table
from archive.web.rows import Listed, Page, number
from archive.web.standings import (
    TONES,
    Campaign,
    CampaignQuery,
    arrivals,
    by_scope,
    campaign,
    provinces,
    standings,
    tallied,
)
from archive.web.templating import day
from archive.web.words import Language, word

router = APIRouter()
UNKNOWN = "unknown"  # the division of publishers of which none is known
_TOWN = 9  # digits of a town's code


def _class(name: str) -> str:
    if name not in KINDS:
        raise ValueError(f"no class of publishers: name one of {', '.join(KINDS)}")
    return name


ClassName = Annotated[str, AfterValidator(_class), Field(json_schema_extra={"enum": list(KINDS)})]


class PlaceQuery(CampaignQuery):
    """Which campaign is asked for, and where."""

    division: Annotated[
        str | None,
        Field(
            description="This division and all below it: 220200, or 吉林市; unknown: of which no division is known.",
            max_length=40,
        ),
    ] = None
    scope: Annotated[
        str | None,
        Field(description="Exactly this scope: a division's own agencies, or host:NAME.", max_length=300),
    ] = None


class StandingQuery(PlaceQuery):
    """Which standings are asked for."""

    status: Annotated[
        list[Status],
        Field(description="Only those that stand so.", max_length=len(Status), default_factory=list),
    ]
    kind: Annotated[ClassName | None, Field(alias="class", description="Only publishers of this class.")] = None


class TotalQuery(PlaceQuery):
    """Which totals are asked for."""

    by: Annotated[Literal["division", "class"], Field(description="What is counted by.")] = "division"


class _Proved:
    """Standings whose proofs are looked up for those that are shown."""

    def __init__(self, asking: Asking, found: Sequence[Standing]) -> None:
        self._archive = asking.archive
        self._found = found

    def page(self, after: str | None, limit: int) -> Page:
        """The rows behind a place."""
        start = number(after)
        rows = list(lines(self._archive, self._found[start : start + limit]))
        end = start + len(rows)
        return Page(rows, str(end) if end < len(self._found) else None, len(self._found))

    def __iter__(self) -> Iterator[Row]:
        """All of them."""
        return lines(self._archive, self._found)


def code_asked(asking: Asking, asked: PlaceQuery) -> str | None:
    """The code of the division asked for, :data:`UNKNOWN`, or null for the nation. Raises :class:`UnknownDivision`."""
    return UNKNOWN if asked.division == UNKNOWN else code_of(asked.division, asking.archive.book)


def found_in(asking: Asking, asked: PlaceQuery, when: Campaign) -> Sequence[Standing]:
    """The standings of a place."""
    code = code_asked(asking, asked)
    if code is not None and len(code) == _TOWN:  # a standing does not say of which town it is
        return asking.house.memory.recall(
            ("town", when.year, when.day, code),
            lambda: missing(asking.archive, when.year, when.day, division=code),
            most=16,
        )
    if code is None and asked.scope is None:
        return standings(asking, when.year, when.day)
    scopes = by_scope(asking, when.year, when.day)
    return [one for scope, found in scopes.items() if _lies(scope, code, asked.scope, asking) for one in found]


def counted(asking: Asking, asked: PlaceQuery, when: Campaign) -> Mapping[str, Counter[Status]]:
    """How many stand how in each scope of a place."""
    code = code_asked(asking, asked)
    if code is not None and len(code) == _TOWN:
        return tally(found_in(asking, asked, when))
    scopes = tallied(asking, when.year, when.day)
    if code is None and asked.scope is None:
        return scopes
    return {scope: counts for scope, counts in scopes.items() if _lies(scope, code, asked.scope, asking)}


def whole(scopes: Mapping[str, Counter[Status]]) -> Total:
    """All scopes in one."""
    counts: Counter[Status] = Counter()
    for each in scopes.values():
        counts.update(each)
    return total_of("", "all", counts)


def totals_of(asking: Asking, asked: PlaceQuery, when: Campaign) -> Sequence[Total]:
    """The totals of the divisions right below a place; of the unknown ones, those of each scope."""
    book, code = asking.archive.book, code_asked(asking, asked)
    if code is None and asked.scope is None:
        return provinces(asking, when.year, when.day)
    scopes = counted(asking, asked, when)
    if code == UNKNOWN or asked.scope is not None:
        return [total_of(scope, book.label(scope) or scope, scopes[scope]) for scope in sorted(scopes)]
    return of_divisions(scopes, book, level_below(code, book))


def division_path(scope: str, when: Mapping[str, object]) -> str:
    """The page of a division or of what stands in for one."""
    return query(f"/divisions/{quote(scope, safe=':')}", when)


def _lies(scope: str, code: str | None, exactly: str | None, asking: Asking) -> bool:
    if exactly is not None and scope != exactly:
        return False
    if code is None:
        return True
    if code == UNKNOWN:
        return not scope.isdecimal() or asking.archive.book.get(scope) is None
    return scope.isdecimal() and asking.archive.book.within(scope, code)


def _standings(asking: Asking, asked: StandingQuery) -> _Proved:
    found = found_in(asking, asked, campaign(asking, asked))
    if asked.status or asked.kind is not None:
        found = [
            one for one in found if (not asked.status or one.status in asked.status) and asked.kind in {None, one.kind}
        ]
    return _Proved(asking, found)


def _totals(asking: Asking, asked: TotalQuery) -> Listed:
    when = campaign(asking, asked)
    if asked.by == "class":
        return Listed(by_class(found_in(asking, asked, when)), total_line)
    return Listed(
        totals_of(asking, asked, when), lambda each: {**total_line(each), "year": when.year, "as_of": asked.as_of}
    )


def _statuses(asking: Asking, asked: PlaceQuery) -> Listed:
    when = campaign(asking, asked)
    all_of_them = whole(counted(asking, asked, when))

    def made(status: Status) -> dict[str, Any]:
        count = all_of_them.counts.get(status, 0)
        return {
            "status": status,
            "publishers": count,
            "share": count / all_of_them.publishers if all_of_them.publishers else None,
            "meaning": word(f"standings.meaning.{status}", "en"),
            "year": when.year,
            "asked": asked,
        }

    return Listed(list(Status), made)


def _arrivals(asking: Asking, asked: CampaignQuery) -> Listed:
    when = campaign(asking, asked)

    def made(each: Day) -> dict[str, Any]:
        return {
            "day": each.day,
            "stated": each.stated,
            "seen": each.seen,
            "reports": each.reports,
            "so_far": each.so_far,
        }

    return Listed(arrivals(asking, when.year, when.day).days, made)


def _publisher(row: Row) -> str:
    return query(f"/publishers/{row['publisher_id']}", {"year": row["report_year"]})


def _place(row: Row) -> str:
    return division_path(row["scope"], {"year": row["report_year"]})


def _report(row: Row) -> str | None:
    return None if row["report_id"] is None else f"/reports/{row['report_id']}"


def _below(row: Row) -> str | None:
    if "year" not in row:  # a class
        return None
    return division_path(row["key"] or UNKNOWN, {"year": row["year"], "as_of": row["as_of"]})


def _with_status(row: Row) -> str | None:
    if not row["publishers"]:
        return None
    asked: PlaceQuery = row["asked"]
    narrowed = {"as_of": asked.as_of, "division": asked.division, "scope": asked.scope, "status": row["status"].value}
    return query("/standings", {"year": row["year"], **narrowed})


def _label(label: str, language: Language) -> str:
    if label == "division unknown":
        return word("standings.unknown", language)
    kind = label.replace(" ", "_")
    return speech.class_name(kind, language) if kind in KINDS else label


def _meaning(meaning: str, language: Language) -> str:
    status = next(each for each in Status if word(f"standings.meaning.{each}", "en") == meaning)
    return word(f"standings.meaning.{status}", language)


def said(sentence: str, language: Language) -> str:
    """A sentence of the archive, in Chinese where that is known."""
    return (speech.in_chinese(sentence) or sentence) if language == "zh" else sentence


def tone(status: str) -> str:
    """The sign of a status: good, warn, bad or none."""
    return TONES[Status(status)]


STANDINGS = Listing(
    "standings",
    (
        Column("publisher", href=_publisher),
        Column("scope", Kind.CODE, hidden=True, doc="The code of its division, or what stands in for it."),
        Column("division", href=_place),
        Column("class", said=speech.class_name),
        Column("report_year", Kind.YEAR, hidden=True),
        Column("status", said=speech.status_name, tone=tone, doc=", ".join(Status)),
        Column("basis", said=said, doc="What the status rests on."),
        Column("days", Kind.NUMBER, doc="From the deadline to publication; of who is missing, to the day asked about."),
        Column("at_least", Kind.FLAG, hidden=True, doc="Whether more days than that are not certain."),
        Column("due", Kind.DAY, doc="The last day on which it was on time."),
        Column("hard", Kind.DAY, hidden=True, doc="The day that the law draws, where `due` is practice."),
        Column("published_on", Kind.DAY, doc="The day that its page or its list states."),
        Column("published_source", hidden=True, doc="Where that day was read: list, page, text."),
        Column("signed_on", Kind.DAY, hidden=True),
        Column("first_seen_at", Kind.MOMENT),
        Column("url", Kind.ADDRESS, hidden=True, doc="Of the report."),
        Column("capture_url", Kind.ADDRESS, hidden=True, doc="Of the first capture that shows the report."),
        Column("capture_at", Kind.MOMENT, href=_report, doc="When that was fetched."),
        Column("capture_digest", Kind.CODE, hidden=True, doc="The SHA-256 of its body."),
        Column("column", Kind.ADDRESS, doc="The column whose reading lacked the report."),
        Column("column_read_at", Kind.MOMENT, doc="When that was read."),
        Column("findings", hidden=True, doc="What is wrong with its dates: rule and sentence."),
        Column("publisher_id", Kind.YEAR, hidden=True),
        Column("report_id", Kind.YEAR, hidden=True),
    ),
    StandingQuery,
    _standings,
    "How each publisher stands for a report year on a day, and what that rests on (xxgk missing).",
    "standings",
)
_COUNTS = tuple(Column(status.value, Kind.NUMBER) for status in Status)
TOTALS = Listing(
    "totals",
    (
        Column("key", Kind.CODE, hidden=True, doc="The code of a division, a scope, or a class; empty: unknown."),
        Column("label", href=_below, said=_label),
        Column("publishers", Kind.NUMBER),
        *_COUNTS,
        Column("on_time_rate", Kind.SHARE, doc="Of those judged: on time, late, missing, withdrawn; null of nobody."),
    ),
    TotalQuery,
    _totals,
    "How many publishers stand how, by division or class (xxgk missing --by).",
    "standings",
)
STATUSES = Listing(
    "statuses",
    (
        Column("status", said=speech.status_name, tone=tone),
        Column("publishers", Kind.NUMBER, href=_with_status),
        Column("share", Kind.SHARE, doc="Of all publishers."),
        Column("meaning", said=_meaning),
    ),
    PlaceQuery,
    _statuses,
    "How many publishers have each status, and what it means.",
    "standings",
)
ARRIVALS = Listing(
    "arrivals",
    (
        Column("day", Kind.DAY),
        Column("stated", Kind.NUMBER, doc="Reports that state this day."),
        Column("seen", Kind.NUMBER, doc="Reports first seen then that state no day, or one that cannot be."),
        Column("reports", Kind.NUMBER, doc="Both."),
        Column("so_far", Kind.NUMBER, doc="All that had arrived by then, before the first day too."),
    ),
    CampaignQuery,
    _arrivals,
    "How many reports arrived on each day from 1 January to 30 April after the report year.",
    "standings",
)
for _listing in (STANDINGS, TOTALS, STATUSES, ARRIVALS):
    offer(router, _listing)


@router.get("/standings", response_class=HTMLResponse, include_in_schema=False)
def page(asking: Asked, asked: Annotated[StandingQuery, Query()]) -> HTMLResponse:
    """The page: everybody, narrowed as the visitor likes."""
    when = campaign(asking, asked)
    return asking.page(
        "standings.html",
        here="overview",
        asked=asked,
        when=when,
        action="/standings",
        kinds=KINDS,
        class_name=speech.class_name,
        said_day=day,
        all_statuses=list(Status),
        standings=table(STANDINGS, asking, asked),
    )
