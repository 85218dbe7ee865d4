"""Standings of a year on a day, asked of the archive once for every page that shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from pydantic import Field
from sqlalchemy import select

from archive.monitor import Standing, Status, missing
from archive.monitor.calendar import Calendar, calendar
from archive.monitor.totals import Tally, Total, of_divisions, tally
from archive.registry.deadlines import FIRST_YEAR
from archive.schema import Report
from archive.web.asking import Asking
from archive.web.listing import Parameters

LAST_YEAR = 2100
_KEPT = 4  # years and days; the standings of a nation take some 70 MB
TONES = {
    Status.ON_TIME: "good",
    Status.LATE: "warn",
    Status.MISSING: "bad",
    Status.WITHDRAWN: "bad",
    Status.NOT_DUE: "",
    Status.UNCHECKED: "",
    Status.BLOCKED: "",
}


class CampaignQuery(Parameters):
    """Which campaign is asked for."""

    year: Annotated[
        int | None,
        Field(
            description="The report year; else the one before this year, or the newest with reports.",
            ge=FIRST_YEAR,
            le=LAST_YEAR,
        ),
    ] = None
    as_of: Annotated[
        date | None,
        Field(description="The day to judge by; else today, in China.", ge=date(2000, 1, 1), le=date(2200, 1, 1)),
    ] = None


@dataclass(frozen=True)
class Campaign:
    """The reports on a year, as they stand on a day; ``years`` may be asked for, the newest first."""

    year: int
    day: date
    years: tuple[int, ...]


def campaign(asking: Asking, asked: CampaignQuery) -> Campaign:
    """The campaign that is asked for; else that which is on or was last, else the newest of which there are reports."""
    last = asking.today.year - 1
    known = years(asking)
    year = asked.year or (last if last in known or not known else known[0])
    offered = sorted({*known, last, year}, reverse=True)
    return Campaign(year, asked.as_of or asking.today, tuple(offered))


def years(asking: Asking) -> tuple[int, ...]:
    """The years of which there are reports, the newest first; what a page dates into the future is none."""
    return asking.house.memory.recall("years", lambda: _years(asking))


def standings(asking: Asking, year: int, day: date) -> Sequence[Standing]:
    """How every publisher stands, in the order of their divisions."""
    return asking.house.memory.recall(("standings", year, day), lambda: missing(asking.archive, year, day), most=_KEPT)


def by_scope(asking: Asking, year: int, day: date) -> Mapping[str, Sequence[Standing]]:
    """The same by scope, so that a division is not looked for among a nation."""
    return asking.house.memory.recall(
        ("by_scope", year, day), lambda: _by_scope(standings(asking, year, day)), most=_KEPT
    )


def asked_at(asking: Asking, year: int, day: date) -> datetime:
    """When the standings that are shown were asked of the archive: of a nation not at each change of a crawl's."""
    return asking.house.memory.at(("standings", year, day)) or asking.archive.clock()


def tallied(asking: Asking, year: int, day: date) -> Tally:
    """How many stand how in each scope."""
    return asking.house.memory.recall(("tally", year, day), lambda: tally(standings(asking, year, day)), most=16)


def provinces(asking: Asking, year: int, day: date) -> Sequence[Total]:
    """How many stand how in each province."""
    return asking.house.memory.recall(
        ("provinces", year, day),
        lambda: of_divisions(tallied(asking, year, day), asking.archive.book, "province"),
        most=16,
    )


def fresh(asking: Asking, year: int, day: date, since: datetime) -> Sequence[Standing]:
    """Those whose report was first seen at a moment or later, the newest first."""
    return asking.house.memory.recall(
        ("fresh", year, day, since), lambda: _fresh(standings(asking, year, day), since), most=_KEPT
    )


def arrivals(asking: Asking, year: int, day: date) -> Calendar:
    """On which day how many reports arrived."""
    return asking.house.memory.recall(
        ("arrivals", year, day), lambda: calendar(standings(asking, year, day), year, day), most=16
    )


def _by_scope(found: Sequence[Standing]) -> dict[str, list[Standing]]:
    scopes: dict[str, list[Standing]] = {}
    for one in found:
        scopes.setdefault(one.scope, []).append(one)
    return scopes


def _fresh(found: Sequence[Standing], since: datetime) -> list[Standing]:
    new = [(one.first_seen_at, one) for one in found if one.first_seen_at is not None and one.first_seen_at >= since]
    return [one for _, one in sorted(new, key=lambda each: (each[0], each[1].publisher_id), reverse=True)]


def _years(asking: Asking) -> tuple[int, ...]:
    query = select(Report.report_year).distinct().where(Report.report_year.between(FIRST_YEAR, asking.today.year))
    with asking.archive.session() as session:
        return tuple(sorted((year for year in session.scalars(query) if year is not None), reverse=True))
