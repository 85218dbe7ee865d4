"""Drawing: a panel counted over the archive, in one pass over what the cells of its reports say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session

from archive.among import among
from archive.days import day_of
from archive.figures import Figures, figures_of
from archive.monitor import Standing, Status, missing
from archive.monitor.totals import Level
from archive.panels.groups import EVERYTHING, Asked, By, Group, Membership, Of
from archive.panels.measures import Basis, Gauge, LeftOut, Part, Said, Tally
from archive.panels.panels import Panel, Series
from archive.schema import Publisher, Report, Version
from archive.store import Archive
from parser.record import Number, Record

_ROWS = 2_000  # taken from the database at a time
_UNKNOWN = frozenset({Status.UNCHECKED, Status.BLOCKED})
_JUDGED = (Status.ON_TIME, Status.LATE, Status.MISSING, Status.WITHDRAWN)
Progress = Callable[[int], object]
_Tallies = dict[Group, Tally]


@dataclass(frozen=True)
class Row:
    """One number of a panel, and what it rests on.

    ``value`` is a sum or a share, null where no report or nothing to divide by stands behind it. ``numerator`` and
    ``denominator`` are those of a share, ``mean`` is a sum by report. ``reports`` is how many reports (of standings:
    publishers) the number rests on, ``left_out`` how many it does not, by reason: together they are all that were found.
    Of ``reports`` an identity printed on the form fails in ``failing``, and cannot be judged in ``unjudged``.
    """

    series: Series
    group: Group
    value: Number | float | None
    numerator: Number | None
    denominator: Number | None
    mean: float | None
    reports: int
    left_out: dict[LeftOut, int]
    failing: int
    unjudged: int

    @property
    def found(self) -> int:
        """How many reports there are."""
        return self.reports + sum(self.left_out.values())


@dataclass(frozen=True)
class Drawn:
    """A panel that was counted.

    ``of`` and ``level`` say whose reports it counts, ``years`` of which any were found. ``set_aside`` are the reports of the classes that were not added, since
    others' figures are in theirs or theirs in others'. ``unplaced`` are reports whose publisher or year is not known: they
    stand in no row.
    """

    panel: Panel
    asked: Asked
    of: Of
    level: Level | None
    years: tuple[int, ...]
    rows: tuple[Row, ...]
    set_aside: dict[str, int]
    unplaced: int


def draw(
    archive: Archive,
    panel: Panel,
    asked: Asked = EVERYTHING,
    *,
    as_of: date | None = None,
    progress: Progress | None = None,
) -> Drawn:
    """Count a panel. ``as_of`` is the day by which standings are judged, by default today (UTC+8).

    ``progress`` is told now and then how many reports were read since. A report that was withdrawn since counts: it was
    published. Raises :class:`archive.errors.ArchiveError` for what cannot be asked.
    """
    first, last = panel.years(asked.first_year, asked.last_year)
    asked = replace(asked, first_year=first, last_year=last)
    members = Membership(panel, asked, archive.book)
    with archive.session() as session:
        if panel.measure == "standings":
            years = _years(session, asked, as_of or day_of(archive.clock()))
            tallies = _standings(archive, panel, members, asked, years, as_of)
        elif panel.measure == "findings":
            tallies = _findings(session, panel, members)
        else:
            tallies = _figures(session, panel, members, progress, consistent=asked.consistent)
        unplaced = select(func.count()).select_from(Report)
        unplaced = unplaced.where(or_(Report.publisher_id.is_(None), Report.report_year.is_(None)))
        return Drawn(
            panel,
            asked,
            members.of,
            members.level,
            tallies.years,
            tuple(_rows(panel, asked.by, tallies.groups)),
            _set_aside(session, members) if panel.reads_cells else {},
            session.scalar(unplaced) or 0,
        )


class _Tallying:
    """The tallies of each group, found by publisher."""

    def __init__(self, panel: Panel, members: Membership) -> None:
        self.groups: _Tallies = {}
        self._panel = panel
        self._members = members
        self._known: dict[tuple[int | None, str, str], Tally] = {}

    @property
    def years(self) -> tuple[int, ...]:
        """The report years of which there is any report."""
        return tuple(sorted({year for year, _, _ in self._known if year is not None}))

    def of(self, year: int | None, scope: str, kind: str) -> Tally:
        """The tally that a report counts in."""
        known = self._known.get((year, scope, kind))
        if known is None:
            group = self._members.group(year, scope, kind)
            known = self.groups.setdefault(group, Tally(self._panel))
            self._known[year, scope, kind] = known
        return known


def _figures(
    session: Session, panel: Panel, members: Membership, progress: Progress | None, *, consistent: bool
) -> _Tallying:
    """Read the cells of every report that counts."""
    query = select(Report.report_year, Publisher.scope, Publisher.kind, Version.id, Version.cells)
    query = query.join(Version, Version.id == Report.version_id).join(Publisher, Publisher.id == Report.publisher_id)
    query = members.narrow(query.where(Report.report_year.is_not(None)), members.kinds)
    gauge, tallies = Gauge(panel, consistent=consistent), _Tallying(panel, members)
    for rows in session.connection().execute(query.execution_options(yield_per=_ROWS)).partitions():
        counted = [row for row in rows if members.counts(row[1], row[2])]
        records = _records(session, [row[3] for row in counted if row[4] is None])
        for year, scope, kind, number, cells in counted:
            tallies.of(year, scope, kind).add(gauge.read(cells if cells is not None else records[number]))
        if progress is not None:
            progress(len(rows))
    return tallies


def _records(session: Session, numbers: Sequence[int]) -> dict[int, Figures]:
    """The figures of versions that have them in their records only. A record that is damaged prints nothing."""
    if not numbers:
        return {}
    query = select(Version.id, Version.record).where(among(Version.id, numbers))
    return {number: _read(line) for number, line in session.connection().execute(query)}


def _read(line: str) -> Figures:
    try:
        return figures_of(Record.from_json(line).figures)
    except ValueError:
        return figures_of({})


def _findings(session: Session, panel: Panel, members: Membership) -> _Tallying:
    """The share of the reports with findings; the database counts them."""
    some = case((Version.figures > 0, 1), else_=0)
    query = select(
        Report.report_year,
        Publisher.scope,
        Publisher.kind,
        func.count(),
        func.sum(some),
        func.sum(case((Version.errors > 0, some), else_=0)),
        func.sum(case((Version.warnings > 0, some), else_=0)),
    )
    query = query.join(Version, Version.id == Report.version_id).join(Publisher, Publisher.id == Report.publisher_id)
    query = members.narrow(query.where(Report.report_year.is_not(None)), members.kinds)
    query = query.group_by(Report.report_year, Publisher.scope, Publisher.kind)
    tallies = _Tallying(panel, members)
    for year, scope, kind, reports, read, *found in session.connection().execute(query):
        if not members.counts(scope, kind):
            continue
        tally = tallies.of(year, scope, kind)
        tally.bases[0].reports += int(read)
        tally.bases[0].left_out[LeftOut.ABSENT] += reports - int(read)
        for at, count in enumerate(found):
            tally.values[at] += int(count)
            tally.pers[at] += int(read)
    return tallies


def _years(session: Session, asked: Asked, day: date) -> range:
    """The years of which standings are asked: those with reports, where none are named."""
    query = select(func.min(Report.report_year), func.max(Report.report_year)).where(Report.publisher_id.is_not(None))
    first, last = session.execute(query).one()
    if first is None or last is None:
        return range(0)
    begin = max(asked.first_year or first, first)
    end = asked.last_year if asked.last_year is not None else last
    return range(begin, min(end, day.year - 1) + 1)


def _standings(
    archive: Archive, panel: Panel, members: Membership, asked: Asked, years: range, as_of: date | None
) -> _Tallying:
    """Count the standings of each year; one year's are in memory at a time."""
    tallies = _Tallying(panel, members)
    parts = _judged if panel.name == "on_time" else _owed
    (kind,) = asked.kinds if len(asked.kinds) == 1 else (None,)
    for year in years:
        for one in missing(archive, year, as_of, division=asked.division, kind=kind):
            if members.counts(one.scope, one.kind):
                tallies.of(year, one.scope, one.kind).add(Said(parts(one), None))
    return tallies


def _judged(one: Standing) -> tuple[Part | LeftOut, ...]:
    if one.status not in _JUDGED:
        return (LeftOut(one.status.value),) * len(_JUDGED)
    return tuple(Part(int(one.status is status), 1) for status in _JUDGED)


def _owed(one: Standing) -> tuple[Part | LeftOut, ...]:
    if one.status is Status.NOT_DUE:
        return (LeftOut.NOT_DUE,) * 3
    found, unknown = one.report_id is not None, one.status in _UNKNOWN
    return (Part(int(found), 1), Part(int(not found and not unknown), 1), Part(int(not found and unknown), 1))


def _set_aside(session: Session, members: Membership) -> dict[str, int]:
    """How many reports are not added, by class: of those of agencies, the others'; of a level's governments, the others."""
    query = select(Publisher.scope, Publisher.kind, func.count()).select_from(Report)
    query = query.join(Publisher, Publisher.id == Report.publisher_id)
    query = query.where(Report.version_id.is_not(None), Report.report_year.is_not(None))
    kinds = members.set_aside if members.of == "agencies" else tuple(members.kinds)
    if not kinds:
        return {}
    query = members.narrow(query, kinds).group_by(Publisher.scope, Publisher.kind)
    counts: Counter[str] = Counter()
    for scope, kind, reports in session.connection().execute(query):
        if not members.counts(scope, kind):
            counts[kind] += reports
    return dict(sorted(counts.items()))


def _rows(panel: Panel, by: Sequence[By], tallies: _Tallies) -> Iterator[Row]:
    """The rows in the order of what was asked for first."""
    for group in sorted(tallies, key=lambda each: [getattr(each, way.value) for way in by]):
        tally = tallies[group]
        for series, total, per, basis in zip(panel.series, tally.values, tally.pers, tally.bases, strict=True):
            yield _row(panel, series, group, total, per, basis)


def _row(panel: Panel, series: Series, group: Group, total: Number, per: Number, basis: Basis) -> Row:
    value: Number | float | None = total if basis.reports else None
    numerator: Number | None = None
    denominator: Number | None = None
    mean = None
    if panel.is_share:
        numerator, denominator = (total, per) if basis.reports else (None, None)
        value = float(total / per) if per else None
    elif basis.reports:
        mean = float(total / basis.reports)
    return Row(
        series=series,
        group=group,
        value=value,
        numerator=numerator,
        denominator=denominator,
        mean=mean,
        reports=basis.reports,
        left_out={reason: basis.left_out[reason] for reason in LeftOut if basis.left_out[reason]},
        failing=basis.failing,
        unjudged=basis.unjudged,
    )
