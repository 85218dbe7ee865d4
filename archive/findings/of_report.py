"""One report's findings: those of any of its versions, and those about several reports in which it is named."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sqlalchemy import func, select

from archive.findings import chains, hierarchy, likeness
from archive.findings.lines import FindingLine, Wanted
from archive.journal.acknowledging import Acknowledgements, subject_of
from archive.schema import Publisher, Report, Version
from archive.store import Archive
from parser.record import Record

_OF_YEARS = ("chain.requests", "chain.normative_documents", "chain.items", "jump", "copy.tables")
_OF_VERSIONS = ("chain.restated",)


@dataclass(frozen=True)
class Filing:
    """Whose a report is in the registry, and on which year; null where that is not known. ``versions`` counts its own."""

    report_id: int
    url: str
    subject: str
    report_year: int | None
    versions: int = 1
    publisher_id: int | None = None
    name: str | None = None
    scope: str | None = None
    key: str | None = None
    township: str | None = None
    kind: str | None = None


def filing_of(archive: Archive, report_id: int) -> Filing | None:
    """Whose a report is; null where there is no such report."""
    versions = select(func.count(Version.id)).where(Version.report_id == Report.id).scalar_subquery()
    query = (
        select(
            versions.label("versions"), Report.id, Report.url, Report.identity, Report.report_year, Publisher.id.label("publisher_id"),
            Publisher.name, Publisher.scope, Publisher.key, Publisher.township, Publisher.kind,
        )
        .outerjoin(Publisher, Publisher.id == Report.publisher_id)
        .where(Report.id == report_id)
    )  # fmt: skip
    with archive.session() as session:
        row = session.execute(query).first()
    if row is None:
        return None
    known = row.scope is not None and row.report_year is not None
    subject = subject_of(row.scope, row.key, row.report_year) if known else row.identity.partition(":")[2]
    return Filing(
        row.id, row.url, subject, row.report_year, row.versions,
        row.publisher_id, row.name, row.scope, row.key, row.township, row.kind,
    )  # fmt: skip


def own_findings(filing: Filing, record: Record, known: Acknowledgements) -> list[FindingLine]:
    """The findings of a version's record, in its order, each with its acknowledgement."""
    data = record.to_data()["findings"]
    lines = (
        FindingLine(
            report_id=filing.report_id,
            url=filing.url,
            publisher=record.publisher,
            report_year=record.report_year,
            finding=finding,
            subject=filing.subject,
            scope=filing.scope,
            township=filing.township,
            kind=filing.kind,
        )
        for finding in data
    )
    return [_acknowledged(line, known) for line in lines]


def between_years(archive: Archive, filing: Filing, known: Acknowledgements) -> list[FindingLine]:
    """The chains, jumps and repeated tables of a publisher in which its report on this year takes part; quickly found.

    And what its versions state otherwise, which is looked for where it has several: that question goes through all reports.
    """
    wanted = _wanted(filing, None)
    if wanted is None:
        return []
    rules = _OF_YEARS if filing.versions == 1 else (*_OF_YEARS, *_OF_VERSIONS)
    found = (line for rule in rules for line in chains.findings(archive, replace(wanted, rule=rule)))
    return [_acknowledged(line, known) for line in found if _names(line, filing.report_id)]


def searched_for(archive: Archive, filing: Filing, known: Acknowledgements) -> list[FindingLine]:
    """Unfinished requests, prose taken over and figures of a government below those of its agencies: takes seconds."""
    wanted = _wanted(filing, filing.report_year)
    if wanted is None:
        return []
    return [_acknowledged(line, known) for line in _searched(archive, wanted) if _names(line, filing.report_id)]


def _searched(archive: Archive, wanted: Wanted) -> Iterator[FindingLine]:
    yield from chains.findings(archive, replace(wanted, rule="chain.open"))
    yield from likeness.findings(archive, wanted)
    yield from hierarchy.findings(archive, wanted)


def _wanted(filing: Filing, year: int | None) -> Wanted | None:
    """The publisher by its scope and name; null where it is not known."""
    if filing.scope is None or filing.name is None or filing.report_year is None:
        return None
    return Wanted(publisher=f"{filing.scope}/{filing.name}", year=year)


def _names(line: FindingLine, report_id: int) -> bool:
    reports = (line.rests_on or {}).get("reports", {})
    return line.report_id == report_id or report_id in reports.values()


def _acknowledged(line: FindingLine, known: Acknowledgements) -> FindingLine:
    said = known.get((line.subject, line.fingerprint)) if known else None
    return line if said is None else replace(line, acknowledged=said[0])
