"""What the page of a report shows: the report, one of its versions, its findings, and the tables as they were printed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from starlette.exceptions import HTTPException

from archive.findings.lines import SHORTEST, FindingLine
from archive.findings.of_report import Filing, between_years, filing_of, own_findings, searched_for
from archive.journal.acknowledging import Acknowledgements, read_all
from archive.reports import ReportView, VersionLine, VersionRead, read_version, show
from archive.web.asking import Asking
from archive.web.report.places import cell_name, finding_at
from archive.web.words import Language
from parser.record import Check, Record, Result

_LINES = 25  # findings of one rule that a page shows; a page of blank cells has a hundred alike
_PROSE = 24_000  # characters of prose on a page


@dataclass(frozen=True)
class Rule:
    """The findings of one rule: those that the page shows, and how many more there are."""

    name: str
    severity: str
    lines: tuple[FindingLine, ...]
    more: int
    open: int


@dataclass(frozen=True)
class Prose:
    """A section as far as the page shows it; ``left`` counts the characters behind."""

    number: int
    heading: str
    text: str
    left: int


@dataclass(frozen=True)
class Judged:
    """How often an identity of the form holds, fails or cannot be judged, and the places where it does not hold."""

    rule: str
    counts: Mapping[str, int]
    places: tuple[tuple[Check, str], ...]


@dataclass(frozen=True)
class Shown:
    """A report with one of its versions."""

    view: ReportView
    filing: Filing
    version: VersionLine
    record: Record
    own: tuple[FindingLine, ...]
    language: Language

    @property
    def id(self) -> int:
        """The report's number."""
        return self.view.line.id

    @property
    def is_current(self) -> bool:
        """Whether this is what the report says now."""
        return self.version.current

    @cached_property
    def prose(self) -> tuple[Prose, ...]:
        """The sections, long ones cut so that the page stays small."""
        left = _PROSE
        found = []
        for section in self.record.sections:
            text = section.text[:left]
            left -= len(text)
            found.append(Prose(section.number, section.heading, text, len(section.text) - len(text)))
        return tuple(found)

    @cached_property
    def judged(self) -> tuple[Judged, ...]:
        """The identities by rule, in the order of the checks."""
        rules: dict[str, list[Check]] = {}
        for check in self.record.checks:
            rules.setdefault(check.rule, []).append(check)
        return tuple(
            Judged(
                rule,
                Counter(str(check.result.value) for check in checks),
                tuple(
                    (check, cell_name(check.table, check.row, check.column, self.language))
                    for check in checks
                    if check.result is not Result.HOLDS
                ),
            )
            for rule, checks in rules.items()
        )

    def rules(self, lines: Iterable[FindingLine], asked: str | None = None) -> tuple[Rule, ...]:
        """Findings by rule, at most so many of each; the one that is asked for is always among them."""
        found: dict[tuple[str, str], list[FindingLine]] = {}
        for line in lines:
            found.setdefault((line.finding["rule"], line.finding["severity"]), []).append(line)
        return tuple(
            Rule(
                name,
                severity,
                tuple(line for at, line in enumerate(some) if at < _LINES or is_called(line, asked)),
                max(0, len(some) - _LINES),
                sum(line.acknowledged is None for line in some),
            )
            for (name, severity), some in found.items()
        )

    def copy_of(self, line: FindingLine) -> str | None:
        """The archived copy with the cells of a finding marked."""
        return finding_at(self.id, self.version.id, self.record, line)

    def name_of(self, finding: Mapping[str, Any]) -> str:
        """What a finding is about."""
        return cell_name(finding.get("table"), finding.get("row"), finding.get("column"), self.language)


def shown(asking: Asking, report_id: int, version_id: int | None) -> Shown:
    """A report with the version asked for. Raises :class:`HTTPException` where there is none."""
    view, filing = show(asking.archive, str(report_id)), filing_of(asking.archive, report_id)
    if view is None or filing is None:
        raise HTTPException(404, f"there is no report {report_id}")
    read = version_read(asking, report_id, version_id)
    version = next(each for each in view.versions if each.id == read.id)
    own = own_findings(filing, read.record, acknowledgements(asking))
    return Shown(view, filing, version, read.record, tuple(own), asking.language)


def version_read(asking: Asking, report_id: int, version_id: int | None) -> VersionRead:
    """A version with its record. Raises :class:`HTTPException` where there is none."""
    read = read_version(asking.archive, report_id, version_id)
    if read is None:
        what = f"report {report_id}" if version_id is None else f"version {version_id} of report {report_id}"
        raise HTTPException(404, f"there is no {what}")
    return read


def acknowledgements(asking: Asking) -> Acknowledgements:
    """What people said of findings."""

    def read() -> Acknowledgements:
        with asking.archive.session() as session:
            return read_all(session)

    return asking.house.memory.recall("acknowledgements", read)


def across(asking: Asking, filing: Filing, *, all_of_them: bool) -> list[FindingLine]:
    """The findings about several reports in which this one is named; with ``all_of_them`` those too that take their time."""
    known = acknowledgements(asking)
    found = between_years(asking.archive, filing, known)
    if all_of_them:
        question = ("findings about", filing.report_id)
        found += asking.house.memory.recall(question, lambda: searched_for(asking.archive, filing, known))
    return found


def finding_called(asking: Asking, report_id: int, record: Record, name: str) -> FindingLine | None:
    """The finding whose id begins so, of the report itself or about it and others; null where there is none."""
    filing = filing_of(asking.archive, report_id)
    if filing is None or len(name) < SHORTEST:
        return None
    own = own_findings(filing, record, acknowledgements(asking))
    found = next((line for line in own if is_called(line, name)), None)
    if found is not None:
        return found
    others = across(asking, filing, all_of_them=False)
    found = next((line for line in others if is_called(line, name)), None)
    if found is None:
        others = across(asking, filing, all_of_them=True)
        found = next((line for line in others if is_called(line, name)), None)
    return found


def is_called(line: FindingLine, name: str | None) -> bool:
    """Whether a finding's id begins so."""
    return name is not None and line.id.startswith(name)


def others_named(line: FindingLine, report_id: int) -> tuple[tuple[str, int], ...]:
    """The other reports that a finding rests on: a year or a publisher's name, and the report's number."""
    rests_on = line.rests_on or {}
    found = [(str(year), number) for year, number in dict(rests_on.get("reports", {})).items()]
    for name in ("other", "largest"):
        side = rests_on.get(name)
        if isinstance(side, Mapping) and isinstance(side.get("report"), int):
            found.append((str(side.get("publisher") or side["report"]), side["report"]))
    if line.report_id is not None:
        found.append((line.publisher or str(line.report_id), line.report_id))
    chosen = {number: name for name, number in reversed(found) if number != report_id}
    return tuple((name, number) for number, name in sorted(chosen.items()))
