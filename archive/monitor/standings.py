"""Standings: how a publisher stands for a year, judged from what is known. Pure: nothing is read or stored here.

A report became public at some time between the last good reading of its column that lacked it and the moment it was first
seen. Only a date that its page states within that time can say more; one outside of it is a finding.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from archive.days import day_of
from archive.registry.deadlines import Due


class Status(StrEnum):
    """How a publisher stands for a year."""

    ON_TIME = "on_time"
    LATE = "late"
    MISSING = "missing"
    NOT_DUE = "not_due"
    WITHDRAWN = "withdrawn"
    UNCHECKED = "unchecked"  # the archive cannot tell; ``basis`` says why
    BLOCKED = "blocked"  # nor could anybody look: the portal blocked when it was due


@dataclass(frozen=True)
class DateFinding:
    """What is wrong with the dates or the word of a roster: ``rule`` is a name of its own, ``message`` a sentence."""

    rule: str
    message: str


class Standing(NamedTuple):
    """A publisher's standing on a day. ``days`` counts from the deadline to publication, or to the day if missing.

    ``days`` is the least number that is certain where ``at_least`` is set. ``hard`` is the day the law draws where ``due``
    is practice. ``column_id`` and ``read_at`` are the reading that lacked the report, ``report_id`` is what was found.
    """

    publisher_id: int
    publisher: str
    scope: str
    kind: str
    report_year: int
    status: Status
    due: date
    hard: date
    published_on: date | None = None
    published_source: str | None = None
    signed_on: date | None = None
    first_seen_at: datetime | None = None
    days: int | None = None
    at_least: bool = False
    basis: str = ""
    url: str | None = None
    report_id: int | None = None
    column_id: int | None = None
    read_at: datetime | None = None
    findings: tuple[DateFinding, ...] = ()


class Lacking(NamedTuple):
    """The last good reading of a report's columns before the report was first seen."""

    column_id: int
    read_at: datetime


class Found(NamedTuple):
    """A report as the tables have it; ``gone_at`` and ``gone_because`` where it was withdrawn on the day asked about.

    It was first seen when a list named it or a capture brought it, whichever came first.
    """

    report_id: int
    url: str
    first_seen_at: datetime
    published_on: date | None
    published_source: str | None
    signed_on: date | None
    gone_at: datetime | None = None
    gone_because: str | None = None
    lacking: Lacking | None = None


class Judgement(NamedTuple):
    """What follows for a report."""

    status: Status
    basis: str
    days: int | None = None
    at_least: bool = False
    findings: tuple[DateFinding, ...] = ()


def judge(found: Found, due: Due, year: int, *, stated_again: bool = False) -> Judgement:
    """Judge a report that is there. ``stated_again``: another year's report of the publisher states the same day."""
    if found.gone_at is not None:
        because = f": {found.gone_because}" if found.gone_because else ""
        return Judgement(Status.WITHDRAWN, f"gone since {day_of(found.gone_at)}{because}; its versions are kept")
    seen, stated = day_of(found.first_seen_at), found.published_on
    lacking = found.lacking
    if seen <= due.day and (stated is None or (lacking is None and stated <= seen)):
        return in_time(seen, due.basis)
    law = f"due by {due.basis}"
    findings = _findings(found, seen, due)
    if seen <= due.day:
        return in_time(seen, due.basis)._replace(findings=findings)
    absent = day_of(lacking.read_at) if lacking is not None else None
    credible = stated is not None and stated <= seen and (absent is None or stated >= absent)
    if absent is not None and absent > due.day:
        days = (stated - due.day).days if credible and stated is not None else (absent - due.day).days
        basis = f"not yet in its column on {absent}, seen on {seen}; {law}"
        return Judgement(Status.LATE, basis, days, at_least=not credible, findings=findings)
    if stated is None:
        return Judgement(Status.UNCHECKED, f"it gives no date, and was first seen on {seen}, after the deadline")
    said = f"{found.published_source} says {stated}"
    if not credible:
        why = f"it was seen on {seen} already" if stated > seen else f"its column lacked it on {absent}"
        return Judgement(Status.UNCHECKED, f"{said}, but {why}", findings=findings)
    if stated <= due.day:
        return Judgement(Status.ON_TIME, f"published on {stated} ({found.published_source}), {law}", findings=findings)
    signed = found.signed_on
    if signed is not None and signed <= due.day and signed.year >= year:
        basis = f"{said}, the text is signed {signed}: a migration may have reset the date"
        return Judgement(Status.UNCHECKED, basis, findings=findings)
    if stated_again:
        basis = f"{said}, and so does its report on another year: a migration may have set the date of both"
        return Judgement(Status.UNCHECKED, basis, findings=findings)
    basis = f"published on {stated} ({found.published_source}), {law}"
    return Judgement(Status.LATE, basis, (stated - due.day).days, findings=findings)


@lru_cache(4096)
def in_time(seen: date, basis: str) -> Judgement:
    """Of a report that was seen on a day before the deadline: as of most in a nation, so each day is judged once."""
    return Judgement(Status.ON_TIME, f"seen on {seen}, due by {basis}")


def _findings(found: Found, seen: date, due: Due) -> tuple[DateFinding, ...]:
    stated = found.published_on
    if stated is None:
        return ()
    if stated > seen:
        said = f"{found.published_source} says {stated}, but the report was seen on {seen} already"
        return (DateFinding("date.reset", said),)
    absent = day_of(found.lacking.read_at) if found.lacking is not None else None
    if absent is not None and stated < absent:
        said = f"{found.published_source} says {stated}, but its column, read to the end on {absent}, did not have it"
        return (DateFinding("date.contradicted", said),)
    if absent is None and stated <= due.day < seen:
        said = f"{found.published_source} says {stated}, before anybody looked: it was first seen on {seen}"
        return (DateFinding("date.unproved", said),)
    return ()
