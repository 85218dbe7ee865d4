"""Claims: what an authority's roster pages (年报公布情况) say of who published, held against what was found."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from archive.monitor.standings import Standing, Status
from archive.schema import Portal, Publisher, RosterRow, RosterUnit
from archive.store import Archive

_NOT = re.compile(r"[未没]")
_LATE = re.compile(r"逾期|超期|延期|未按|未及时|未如期")
_ON_TIME = re.compile(r"按时|按期|如期|及时")
_DONE = re.compile(r"公布|发布|公开")


@dataclass(frozen=True)
class Difference:
    """A unit of which the roster says another thing than was found; ``status`` is null where nobody of it was found."""

    name: str
    said: str
    status: Status | None
    message: str
    publisher_id: int | None = None


@dataclass(frozen=True)
class Claim:
    """A roster page. Numbers are as printed, null where none is; ``known`` units are publishers of the archive."""

    portal: str
    url: str
    title: str
    report_year: int
    read_at: datetime
    expected: int | None
    published: int | None
    on_time: int | None
    late: int | None
    units: int
    known: int
    found: int
    differences: tuple[Difference, ...]


def claims(archive: Archive, year: int, standings: Sequence[Standing]) -> list[Claim]:
    """The rosters on a report year that were read by now, each against the standings."""
    by_publisher = {standing.publisher_id: standing for standing in standings}
    with archive.session() as session:
        query = select(RosterRow, Portal.url).join(Portal, Portal.id == RosterRow.portal_id)
        query = query.where(RosterRow.report_year == year).order_by(RosterRow.portal_id, RosterRow.id)
        rosters = session.execute(query).all()
        units = select(RosterUnit, Publisher.merged_into_id)
        units = units.outerjoin(Publisher, Publisher.id == RosterUnit.publisher_id)
        units = units.where(RosterUnit.roster_id.in_([roster.id for roster, _ in rosters]))
        of_roster: dict[int, list[tuple[RosterUnit, int | None]]] = {}
        for unit, merged in session.execute(units.order_by(RosterUnit.position)):
            of_roster.setdefault(unit.roster_id, []).append((unit, merged or unit.publisher_id))
    return [_claim(roster, url, of_roster.get(roster.id, []), by_publisher) for roster, url in rosters]


def say(claim: Claim) -> str:
    """A claim in a sentence."""
    numbers = (
        ("to publish", claim.expected),
        ("published", claim.published),
        ("on time", claim.on_time),
        ("late", claim.late),
    )
    printed = ", ".join(f"{number} {what}" for what, number in numbers if number is not None)
    said = f"{claim.url} names {claim.units} units" + (f" ({printed})" if printed else "")
    return f"{said}; of them {claim.known} are known here and {claim.found} reports were found"


def judge(said: str | None) -> Status | None:
    """What the words beside a unit claim: on time, late, or missing; null where they claim nothing."""
    if not said:
        return None
    if _LATE.search(said):
        return Status.LATE
    if _NOT.search(said):
        return Status.MISSING
    if _ON_TIME.search(said) or _DONE.search(said):
        return Status.ON_TIME if _ON_TIME.search(said) else None
    return None


def _claim(
    roster: RosterRow, url: str, units: Iterable[tuple[RosterUnit, int | None]], standings: dict[int, Standing]
) -> Claim:
    listed = list(units)
    standing_of = [(unit, standings.get(number) if number is not None else None) for unit, number in listed]
    differences = [found for unit, standing in standing_of if (found := _difference(unit, standing)) is not None]
    return Claim(
        portal=url,
        url=roster.url,
        title=roster.title,
        report_year=roster.report_year or 0,
        read_at=roster.read_at,
        expected=roster.expected,
        published=roster.published,
        on_time=roster.on_time,
        late=roster.late,
        units=len(listed),
        known=sum(number is not None for _, number in listed),
        found=sum(standing is not None and standing.report_id is not None for _, standing in standing_of),
        differences=tuple(differences),
    )


def _difference(unit: RosterUnit, standing: Standing | None) -> Difference | None:
    if standing is None:
        return Difference(unit.name, unit.said or "listed", None, "no publisher of the archive is called so")
    message = _contradiction(judge(unit.said), unit.said, standing)
    if message is None:
        return None
    return Difference(unit.name, unit.said or "listed", standing.status, message, standing.publisher_id)


def _contradiction(claimed: Status | None, said: str | None, standing: Standing) -> str | None:
    found, days = standing.status, f" by {standing.days} days" if standing.days is not None else ""
    if claimed is Status.ON_TIME and found in {Status.LATE, Status.MISSING}:
        return f"the roster says {said}, the archive {found}{days}"
    if claimed in {Status.LATE, Status.MISSING} and found is Status.ON_TIME:
        return f"the roster says {said}, the archive {found}"
    if claimed is None and found is Status.MISSING:
        return "the roster lists it, the archive found no report"
    return None
