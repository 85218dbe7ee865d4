"""Years of one publisher: of each its report, how it stood and what proves it, its six sections, and what was found."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, undefer

from archive.among import among
from archive.comparing.figures import Printed
from archive.days import day_of
from archive.findings.chains import findings
from archive.findings.lines import FindingLine, Wanted, iterate
from archive.histories.measures import printed
from archive.monitor import Standing, missing
from archive.monitor.proofs import Proof, proofs
from archive.registry.deadlines import FIRST_YEAR
from archive.schema import Publisher, Report, ScarRow, Version
from archive.store import Archive

SEVERITIES = ("error", "warning", "info")
_NUMBERS = range(1, 7)
_SECTIONS_OF = frozenset({"2019", "2021", None})  # the older forms have headings of their own


class Section(StrEnum):
    """What is known of one of the six sections (条例 2019 第五十条)."""

    PRESENT = "present"
    EMPTY = "empty"  # a heading, and neither words nor a table below it
    MISSING = "missing"  # no heading
    SCARRED = "scarred"  # its prose seems to speak of another agency
    OLDER = "older"  # its form has other sections


_LACKING = {"sections.missing": Section.MISSING, "sections.empty": Section.EMPTY}


@dataclass(frozen=True)
class ReportOf:
    """A report on a year, in its current version. ``changed_at`` is when a later version of it was first seen."""

    id: int
    url: str
    title: str | None
    state: str
    withdrawn_at: datetime | None
    withdrawn_because: str | None
    published_on: date | None
    first_seen_at: datetime
    template: str | None
    figures: int
    sections: tuple[Section, ...]
    versions: int
    changed_at: datetime | None
    open: Mapping[str, int]  # findings by severity
    acknowledged: int


@dataclass(frozen=True)
class YearOf:
    """A year: the report on it, and how the publisher stands; either may be null. Two reports on a year are two of these."""

    year: int
    report: ReportOf | None
    standing: Standing | None
    proof: Proof | None

    @property
    def gap(self) -> bool:
        """Whether there is no report."""
        return self.report is None

    def to_data(self) -> dict[str, Any]:
        """Plain values, as JSON has them; the names of `xxgk reports` and `xxgk missing` where they say the same."""
        return {"report_year": self.year, **self._of_standing(), **self._of_report()}

    def _of_standing(self) -> dict[str, Any]:
        one = self.standing
        capture = self.proof.capture if self.proof is not None else None
        reading = self.proof.reading if self.proof is not None else None
        return {
            "status": one.status.value if one is not None else None,
            "days": one.days if one is not None else None,
            "at_least": one.at_least if one is not None else None,
            "due": one.due if one is not None else None,
            "hard": one.hard if one is not None else None,
            "published_on": one.published_on if one is not None else None,
            "published_source": one.published_source if one is not None else None,
            "first_seen_at": one.first_seen_at if one is not None else None,
            "capture": capture.capture_id if capture is not None else None,
            "capture_url": capture.url if capture is not None else None,
            "capture_at": capture.fetched_at if capture is not None else None,
            "capture_digest": capture.payload_digest if capture is not None else None,
            "column": reading.column if reading is not None else None,
            "column_read_at": reading.read_at if reading is not None else None,
            "basis": one.basis if one is not None else None,
        }

    def _of_report(self) -> dict[str, Any]:
        one = self.report
        if one is None:
            names = ("id", "url", "title", "state", "withdrawn_at", "withdrawn_because", "template", "figures", "sections",
                     "versions", "changed_at", *SEVERITIES, "acknowledged")  # fmt: skip
            return dict.fromkeys(names)
        return {
            "id": one.id,
            "url": one.url,
            "title": one.title,
            "state": one.state,
            "withdrawn_at": one.withdrawn_at,
            "withdrawn_because": one.withdrawn_because,
            "template": one.template,
            "figures": one.figures,
            "sections": [section.value for section in one.sections],
            "versions": one.versions,
            "changed_at": one.changed_at,
            **{severity: one.open.get(severity, 0) for severity in SEVERITIES},
            "acknowledged": one.acknowledged,
        }


@dataclass(frozen=True)
class History:
    """The years of a publisher, the newest first; ``undated`` are its reports of which no year is known.

    ``across`` are the findings between its years, and between the versions of a report.
    """

    years: tuple[YearOf, ...]
    undated: tuple[ReportOf, ...]
    across: tuple[FindingLine, ...]

    @property
    def gaps(self) -> tuple[YearOf, ...]:
        """The years without a report."""
        return tuple(each for each in self.years if each.gap)


def history(archive: Archive, publisher_id: int, as_of: date | None = None) -> History:
    """The years from its first report to the last that is or was due; of who has no report that one year only."""
    with archive.session() as session:
        rows = _rows(session, publisher_id)
        lines = _lines(archive, session.get(Publisher, publisher_id), {report.id for report, _ in rows})
        reports = list(_reports(session, rows, lines))
    day = as_of if as_of is not None else day_of(archive.clock())
    dated: dict[int, list[ReportOf]] = defaultdict(list)
    for year, report in reports:
        if year is not None:
            dated[year].append(report)
    found: list[tuple[int, ReportOf | None, Standing | None]] = []
    for year in _span(dated, day.year - 1):
        standings = missing(archive, year, day, publisher=publisher_id)
        found += [(year, *each) for each in _joined(dated.get(year, []), standings)]
    judged = [standing for _, _, standing in found if standing is not None]
    proof = iter(proofs(archive, judged))
    years = [
        YearOf(year, report, standing, next(proof) if standing is not None else None)
        for year, report, standing in found
    ]
    undated = tuple(report for year, report in reports if year is None)
    across = tuple(line for several in lines.values() for line in several if line.rests_on is not None)
    return History(tuple(sorted(_shown(years), key=lambda each: -each.year)), undated, across)


def printed_years(archive: Archive, publisher_id: int) -> list[tuple[int, int, Printed]]:
    """The reports of a publisher by year, one a year: the year, the number, and what it prints of the measures."""
    return [(year, number, printed(line)) for year, number, line in _records(archive, publisher_id)]


def _records(archive: Archive, publisher_id: int) -> Iterator[tuple[int, int, str]]:
    with archive.session() as session:
        query = select(Report, Version).join(Version, Version.id == Report.version_id).options(undefer(Version.record))
        query = query.where(Report.publisher_id == publisher_id, Report.report_year.is_not(None))
        last = None
        for report, version in session.execute(
            query.order_by(Report.report_year, Report.withdrawn_at.is_not(None), Report.id)
        ):
            if report.report_year is not None and report.report_year != last:
                last = report.report_year
                yield last, report.id, version.record


def _span(dated: Mapping[int, Sequence[ReportOf]], last: int) -> list[int]:
    """The years to ask about. A title that names a year long ago makes no row for each year since."""
    if not dated:
        return [last]
    return sorted({*dated, *range(max(min(dated), FIRST_YEAR), last + 1)})


def _joined(
    reports: Sequence[ReportOf], standings: Sequence[Standing]
) -> Iterator[tuple[ReportOf | None, Standing | None]]:
    """Each report with its standing; where the one judged by was not there on the day, the report is there all the same."""
    by_report = {standing.report_id: standing for standing in standings if standing.report_id is not None}
    silent = next((standing for standing in standings if standing.report_id is None), None)
    for report in reports:
        yield report, by_report.get(report.id, silent)
    if not reports:
        yield None, next(iter(standings), None)


def _shown(years: Sequence[YearOf]) -> list[YearOf]:
    """Without the years after the last report on which nothing was owed: it did not exist any more."""
    end = max((each.year for each in years if each.report is not None or each.standing is not None), default=None)
    return [] if end is None else [each for each in years if each.year <= end]


def _rows(session: Session, publisher_id: int) -> Sequence[tuple[Report, Version]]:
    query = select(Report, Version).join(Version, Version.id == Report.version_id)
    query = query.where(Report.publisher_id == publisher_id).order_by(Report.report_year, Report.id)
    return [(report, version) for report, version in session.execute(query)]


def _lines(archive: Archive, one: Publisher | None, reports: Collection[int]) -> dict[int, list[FindingLine]]:
    """The findings of each report, in itself and against the years around it; copied prose is looked for elsewhere."""
    found: dict[int, list[FindingLine]] = defaultdict(list)
    if one is not None and reports:
        wanted = Wanted(publisher=f"{one.scope}/{one.name}")
        for line in iterate(archive, wanted, findings(archive, wanted)):
            if line.report_id is not None and line.report_id in reports:
                found[line.report_id].append(line)
    return found


def _reports(
    session: Session, rows: Sequence[tuple[Report, Version]], lines: Mapping[int, Sequence[FindingLine]]
) -> Iterator[tuple[int | None, ReportOf]]:
    several = _versions(session, [report.id for report, _ in rows])
    scars = _scars(session, [version.id for _, version in rows])
    for report, version in rows:
        found = lines.get(report.id, [])
        count, changed_at = several[report.id]
        yield (
            report.report_year,
            ReportOf(
                id=report.id,
                url=report.url,
                title=version.title,
                state=report.state,
                withdrawn_at=report.withdrawn_at,
                withdrawn_because=report.withdrawn_because,
                published_on=report.published_on,
                first_seen_at=report.first_seen_at,
                template=version.template,
                figures=version.figures,
                sections=_sections(version.template, found, scars.get(version.id, frozenset())),
                versions=count,
                changed_at=changed_at if count > 1 else None,
                open=Counter(str(line.finding["severity"]) for line in found if line.acknowledged is None),
                acknowledged=sum(line.acknowledged is not None for line in found),
            ),
        )


def _versions(session: Session, reports: Sequence[int]) -> dict[int, tuple[int, datetime]]:
    """How many versions each report has, and when the last of them was first seen."""
    query = select(Version.report_id, func.count(), func.max(Version.first_seen_at))
    query = query.where(among(Version.report_id, reports)).group_by(Version.report_id)
    return {report: (count, last) for report, count, last in session.execute(query)}


def _scars(session: Session, versions: Sequence[int]) -> dict[int, frozenset[int]]:
    query = select(ScarRow.version_id, ScarRow.section).where(among(ScarRow.version_id, versions)).distinct()
    found: dict[int, set[int]] = defaultdict(set)
    for version, section in session.execute(query):
        found[version].add(section)
    return {version: frozenset(sections) for version, sections in found.items()}


def _sections(template: str | None, lines: Sequence[FindingLine], scarred: frozenset[int]) -> tuple[Section, ...]:
    if template not in _SECTIONS_OF:
        return (Section.OLDER,) * len(_NUMBERS)
    said = {str(number): Section.SCARRED for number in scarred}
    for line in lines:
        if line.finding["rule"] in _LACKING:
            said[str(line.finding.get("row"))] = _LACKING[line.finding["rule"]]
    return tuple(said.get(str(number), Section.PRESENT) for number in _NUMBERS)
