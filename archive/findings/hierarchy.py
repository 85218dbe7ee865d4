"""Hierarchy: a government's report against the reports of its subordinates, whose figures it gathers level by level.

A county's government gathers its departments, zones, towns and streets; a city's or a province's its own agencies and the
governments right below. What is archived of them is a lower bound, whether or not the roster is complete: a government that
states less is found. Equality is never asked for (国办发〔2014〕32号: figures are filed of the level itself and of its whole area).

Left out of sum and maximum are vertical agencies and institutions, since some governments count them and some do not. The
government's own office is held against the government, but not added: some offices state the figures of the whole area. An
agency whose name goes on from another one's (公安局某分局, 高新区财政局) is not added either: that one may have counted it.
On a site whose division is not known all agencies are those of the site's one government; of two, none is judged.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import distinct, func, or_, select
from sqlalchemy.orm import Session

from archive.among import among
from archive.divisions import Book
from archive.findings.compared import ROWS, WHOSE, WITHDRAWN, Whose, cell, figures_at, line_of
from archive.findings.lines import ALL, FindingLine, Wanted, beginning_of
from archive.monitor import missing
from archive.registry.classes import DEPARTMENT, GOVERNMENT, INSTITUTION, OFFICE, STREET, TOWNSHIP, VERTICAL, ZONE
from archive.registry.declaring import IMPORT
from archive.registry.identity import key as key_of
from archive.registry.publishers import LOCAL_FILES, naming
from archive.reports import narrowed
from archive.schema import Portal, Publisher, PublisherSource, Report, RosterRow, RosterUnit, Version
from archive.store import Archive
from parser.record import Number, Result

MAXIMUM, SUM = "hierarchy.maximum", "hierarchy.sum"
RULES: Mapping[str, tuple[str, ...]] = {MAXIMUM: ("warning",), SUM: ("warning",)}
# What is counted once by whoever handles it. Review is not: government and department may be sued together.
KEYS = tuple(f"requests.{row}.total" for row in ("new", "carried_in", "total", "carried_out"))
FIRST_YEAR = 2019  # before, no form has these cells
_ADDED = (DEPARTMENT, ZONE, TOWNSHIP, STREET)
_COMPARED = (*_ADDED, OFFICE)
_READ = (GOVERNMENT, *_COMPARED, VERTICAL, INSTITUTION)
_ZONE = re.compile(r"(?:党工委)?(?:管理委员会|管委会)$")
_Numbers = dict[str, Number]


class Part(NamedTuple):
    """Some of the subordinates: how many of those that owe a report have a number in it, and their sum."""

    archived: int = 0
    owed: int = 0
    sum: Number = 0


@dataclass(frozen=True)
class Comparison:
    """One figure of a government's report on a year, and what its archived subordinates state.

    ``own`` are its agencies, ``below`` the governments right below; ``largest`` is the greatest number and whose it is,
    ``left_out`` counts reports that are not added, by why. ``complete``: a roster says who there is, and all are archived.
    """

    whose: Whose
    key: str
    found: Number | None
    own: Part
    below: Part
    largest: tuple[Whose, Number] | None
    left_out: Mapping[str, int]
    complete: bool

    @property
    def sum(self) -> Number:
        """Of all that are added."""
        return self.own.sum + self.below.sum

    def expected(self, rule: str) -> Number | None:
        """What the government must state at least; null where nothing says so."""
        if rule == MAXIMUM:
            return self.largest[1] if self.largest is not None else None
        return self.sum if self.own.archived + self.below.archived else None

    def result(self, rule: str) -> Result:
        """Whether the government states at least that much."""
        expected = self.expected(rule)
        if expected is None or self.found is None:
            return Result.UNJUDGED
        return Result.HOLDS if self.found >= expected else Result.FAILS

    @property
    def roster(self) -> str:
        """How far it goes, in words."""
        archived, owed = self.own.archived + self.below.archived, self.own.owed + self.below.owed
        known = "the roster is complete" if self.complete else "the roster is not known to be complete"
        return f"{archived} of {max(archived, owed)} subordinates archived, {known}"

    def to_data(self) -> dict[str, Any]:
        """The numbers it rests on."""
        largest = self.largest
        return {
            "reports": {str(self.whose.year): self.whose.report_id},
            "figures": {self.key: self.found},
            "largest": None
            if largest is None
            else {"publisher": largest[0].name, "report": largest[0].report_id, "value": largest[1]},
            "sum": self.sum,
            "agencies": self.own._asdict(),
            "governments_below": self.below._asdict(),
            "left_out": dict(self.left_out),
            "roster_complete": self.complete,
        }


def findings(archive: Archive, wanted: Wanted = ALL) -> Iterator[FindingLine]:
    """The governments that state less than a subordinate, or than those archived together.

    Raises :class:`archive.errors.ArchiveError` for a code that is no division's.
    """
    rules = [rule for rule in RULES if wanted.asks({rule: RULES[rule]})]
    if not rules:
        return
    for one in comparisons(archive, wanted, rules):
        for rule in rules:
            if one.result(rule) is Result.FAILS:
                yield _line(one, rule)


def comparisons(archive: Archive, wanted: Wanted = ALL, failing: Iterable[str] = ()) -> Iterator[Comparison]:
    """Every figure of every government asked for, or those that fail one of the rules; by year and division."""
    rules = tuple(failing)
    if wanted.kind not in {None, GOVERNMENT}:
        return
    with archive.session() as session:
        asked = _Asked(archive, session, wanted)
        for year in asked.years():
            units = _units(session, asked, year)
            roster = _Roster(archive, asked, year)
            governments: dict[str, list[_Unit]] = defaultdict(list)
            for unit in units.values():
                if unit.government is not None and (above := _above(archive.book, unit.scope)) is not None:
                    governments[above].append(unit)
            for scope in sorted(units):
                if asked.includes(units[scope]):
                    yield from _compare(units[scope], governments.get(scope, ()), roster, rules)


class _Asked:
    """The governments asked for: only they and what lies below them are read."""

    def __init__(self, archive: Archive, session: Session, wanted: Wanted) -> None:
        self._session, self._wanted, self.book = session, wanted, archive.book
        self._beginning = "" if wanted.division is None else beginning_of(wanted.division, archive.book)
        self._publishers: set[int] | None = None
        self._reports: set[int] | None = None
        if wanted.publisher is not None:
            self._publishers = set(session.scalars(naming(wanted.publisher, archive.book)))
        if wanted.portal is not None:
            self._reports = set(session.scalars(narrowed(select(Report.id), archive.book, None, None, wanted.portal)))
        self.beginnings = self._beginnings()

    def _beginnings(self) -> list[str]:
        """What the codes of the divisions asked for begin with."""
        query = select(Publisher.scope).where(Publisher.kind == GOVERNMENT, Publisher.merged_into_id.is_(None))
        if self._publishers is not None:
            query = query.where(among(Publisher.id, sorted(self._publishers)))
        elif self._reports is not None:
            own = select(Report.publisher_id).where(among(Report.id, sorted(self._reports)))
            query = query.where(Publisher.id.in_(own))
        else:
            return [self._beginning]
        scopes = {scope for scope in self._session.scalars(query) if _is_judged(scope)}
        return sorted({self.book.prefix(scope) for scope in scopes if scope.startswith(self._beginning)})

    @property
    def division(self) -> str | None:
        """One code for all of them, where there is one."""
        only = self.beginnings[0] if len(self.beginnings) == 1 else ""
        return only.ljust(6, "0") if only.isdecimal() else None

    def years(self) -> list[int]:
        if not self.beginnings:
            return []
        if self._wanted.year is not None:
            return [self._wanted.year]
        years = self._session.scalars(select(Report.report_year).distinct().where(Report.report_year >= FIRST_YEAR))
        return sorted(year for year in years if year is not None)

    def narrow(self, query: Any) -> Any:
        return query.where(or_(*(Publisher.scope.startswith(each, autoescape=True) for each in self.beginnings)))

    def includes(self, unit: _Unit) -> bool:
        if unit.government is None or not unit.scope.startswith(self._beginning):
            return False
        whose = unit.government[0]
        if self._publishers is not None and whose.publisher_id not in self._publishers:
            return False
        return self._reports is None or whose.report_id in self._reports


@dataclass
class _Unit:
    """A division on a year: its government's report, and what its agencies state by figure."""

    scope: str
    government: tuple[Whose, _Numbers] | None = None
    parts: dict[str, Part] = field(default_factory=dict)
    largest: dict[str, tuple[Whose, Number]] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)


def _units(session: Session, asked: _Asked, year: int) -> dict[str, _Unit]:
    """The divisions of which reports on a year are archived; one division's reports are in memory at a time."""
    query = select(*WHOSE, Version.id, Version.cells).join(Version, Version.id == Report.version_id)
    query = query.join(Publisher, Publisher.id == Report.publisher_id)
    query = query.where(Report.report_year == year, Publisher.kind.in_(_READ))
    query = asked.narrow(query).order_by(Publisher.scope, Publisher.id, Report.id)
    rows = (
        (Whose(*whose), version_id, figures)
        for *whose, version_id, figures in session.execute(query.execution_options(yield_per=ROWS))
    )
    units = {}
    for scope, group in groupby(rows, key=lambda row: row[0].scope):
        if _is_judged(scope):
            units[scope] = _unit(
                asked.book,
                scope,
                {
                    whose.publisher_id: (whose, _numbers(session, version_id, figures))
                    for whose, version_id, figures in sorted(group, key=_last_counts)
                },
            )
    return units


def _last_counts(row: tuple[Whose, int, Any]) -> tuple[bool, int]:
    """Of two reports of one publisher the published one counts, else the one that was found first."""
    return row[0].state != WITHDRAWN, -row[0].report_id


def _numbers(session: Session, version_id: int, figures: Any) -> _Numbers:
    known = figures_at(session, version_id, figures)
    return {key: said for key in KEYS if (said := known.number(key)) is not None}


def _unit(book: Book, scope: str, reports: Mapping[int, tuple[Whose, _Numbers]]) -> _Unit:
    unit = _Unit(scope, _government(book, scope, [each for each in reports.values() if each[0].kind == GOVERNMENT]))
    agencies = [each for each in reports.values() if each[0].kind in _COMPARED]
    division = book.get(scope)
    stems = {_stem(whose) for whose, _ in agencies if whose.kind in _ADDED}
    stems -= {key_of(division.name)} if division is not None else set()
    for whose, _ in reports.values():
        if whose.kind in {VERTICAL, INSTITUTION}:
            unit.left_out[whose.kind] += 1
    for whose, numbers in agencies:
        why = OFFICE if whose.kind == OFFICE else "part of another" if _goes_on(whose, stems) else None
        if why is not None:
            unit.left_out[why] += 1
        for key, said in numbers.items():
            if key not in unit.largest or said > unit.largest[key][1]:
                unit.largest[key] = (whose, said)
            part = unit.parts.get(key, Part())
            added = said if why is None else 0
            unit.parts[key] = Part(part.archived + 1, 0, part.sum + added)
    return unit


def _government(book: Book, scope: str, found: list[tuple[Whose, _Numbers]]) -> tuple[Whose, _Numbers] | None:
    """The government of a division itself: of several that are called governments, the one of its name."""
    division = book.get(scope)
    exact = [each for each in found if division is not None and each[0].key == key_of(division.name)]
    chosen = exact or found
    return chosen[0] if len(chosen) == 1 else None


def _stem(whose: Whose) -> str:
    """What the names of those that are part of it begin with."""
    return _ZONE.sub("", whose.key)


def _goes_on(whose: Whose, stems: set[str]) -> bool:
    """Whether a name begins with another one's."""
    key, own = whose.key, _stem(whose)
    return any((start := key[:end]) in stems and start != own for end in range(2, len(key)))


class _Roster:
    """Who owes a report on a year, as the monitor has it, and where something says that these are all."""

    def __init__(self, archive: Archive, asked: _Asked, year: int) -> None:
        self._archive, self._asked, self._year = archive, asked, year

    def own(self, scope: str) -> int:
        """How many agencies of a division owe a report, of those that are compared."""
        return self._owed.get(scope, 0)

    def below(self, scope: str) -> int:
        """How many governments there are right below a division."""
        return sum(each.level != "township" for each in self._archive.book.children(scope)) if scope.isdecimal() else 0

    def is_known(self, scope: str) -> bool:
        """Whether a roster page names the division's units, all of them known, or all were imported from a list."""
        owed = self.own(scope)
        return owed > 0 and (scope in self._pages or self._imported.get(scope, 0) >= owed)

    @cached_property
    def _owed(self) -> Counter[str]:
        standings = missing(self._archive, self._year, division=self._asked.division)
        return Counter(each.scope for each in standings if each.kind in _COMPARED)

    @cached_property
    def _pages(self) -> set[str]:
        query = (
            select(Portal.division, RosterRow.expected, func.count(), func.count(RosterUnit.publisher_id))
            .join(RosterRow, RosterRow.portal_id == Portal.id)
            .join(RosterUnit, RosterUnit.roster_id == RosterRow.id)
            .where(RosterRow.report_year == self._year, Portal.division.is_not(None))
            .group_by(RosterRow.id, Portal.division, RosterRow.expected)
        )
        with self._archive.session() as session:
            return {
                division
                for division, expected, units, known in session.execute(query)
                if division is not None and units == known >= (expected or 1)
            }

    @cached_property
    def _imported(self) -> dict[str, int]:
        query = select(Publisher.scope, func.count(distinct(Publisher.id)))
        query = query.join(PublisherSource, PublisherSource.publisher_id == Publisher.id)
        query = query.where(PublisherSource.source == IMPORT, Publisher.kind.in_(_COMPARED))
        with self._archive.session() as session:
            return {scope: int(number) for scope, number in session.execute(query.group_by(Publisher.scope))}


def _compare(unit: _Unit, below: Iterable[_Unit], roster: _Roster, failing: tuple[str, ...]) -> Iterator[Comparison]:
    if unit.government is None:
        return
    whose, numbers = unit.government
    governments = [each.government for each in below if each.government is not None]
    for key in KEYS:
        states = [(one, said[key]) for one, said in governments if key in said]
        largest = max(
            [*states, *([unit.largest[key]] if key in unit.largest else [])], key=lambda each: each[1], default=None
        )
        own = unit.parts.get(key, Part())
        found = Comparison(
            whose,
            key,
            numbers.get(key),
            own,
            Part(len(states), 0, sum(said for _, said in states)),
            largest,
            unit.left_out,
            complete=False,
        )
        if failing and not any(found.result(rule) is Result.FAILS for rule in failing):
            continue
        yield _with_roster(found, roster)


def _with_roster(found: Comparison, roster: _Roster) -> Comparison:
    scope = found.whose.scope
    own = found.own._replace(owed=max(roster.own(scope), found.own.archived))
    below = found.below._replace(owed=max(roster.below(scope), found.below.archived))
    archived = own.archived >= own.owed and below.archived >= below.owed
    return Comparison(
        found.whose,
        found.key,
        found.found,
        own,
        below,
        found.largest,
        found.left_out,
        complete=archived and roster.is_known(scope),
    )


def _line(one: Comparison, rule: str) -> FindingLine:
    expected = one.expected(rule)
    if rule == MAXIMUM and one.largest is not None:
        against = f"{one.largest[0].name} alone states {expected}"
    else:
        against = f"its archived subordinates together state {expected}"
    return line_of(
        one.whose,
        rule,
        "warning",
        f"{one.key} is {one.found}, but {against} ({one.roster})",
        one.to_data(),
        **cell(one.key),
        expected=expected,
        found=one.found,
    )


def _above(book: Book, scope: str) -> str | None:
    path = book.path(scope)
    return path[-2].code if len(path) > 1 else None


def _is_judged(scope: str) -> bool:
    """Files that were imported may come from anywhere."""
    return scope != LOCAL_FILES
