"""Doubts: findings that no report has in itself: its dates against when it was seen, a roster's word against what was found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlalchemy import select

from archive.findings.lines import ALL, FindingLine, Wanted, further_line
from archive.monitor import Standing, missing
from archive.monitor.claims import claims
from archive.registry.publishers import naming
from archive.schema import Publisher, Report, RosterRow
from archive.store import Archive

RULES: Mapping[str, tuple[str, ...]] = {
    "date.contradicted": ("warning",),  # its column was read on a later day and did not have it
    "date.reset": ("info",),  # a site moved
    "date.unproved": ("info",),  # nobody looked in time; true of every report older than the archive
    "roster.differs": ("warning",),
    "roster.unknown": ("info",),
}
_ASKED_FOR_ALONE = "date.unproved"


def doubts(archive: Archive, wanted: Wanted = ALL) -> Iterator[FindingLine]:
    """The findings of the monitor on the years asked for, as it would answer today.

    ``date.unproved`` is left out unless it is asked for by name.
    """
    if not wanted.asks(RULES):
        return
    only = _publisher(archive, wanted)
    for year in _years(archive, wanted):
        standings = missing(
            archive, year, portal=wanted.portal, division=_code(wanted.division), kind=wanted.kind, publisher=only
        )
        keys = _keys(archive, standings)
        for standing in standings:
            for finding in standing.findings:
                if finding.rule != _ASKED_FOR_ALONE or wanted.rule == _ASKED_FOR_ALONE:
                    yield _line(standing, keys, finding.rule, finding.message)
        yield from _of_rosters(archive, year, standings, keys)


def _of_rosters(archive: Archive, year: int, standings: list[Standing], keys: dict[int, str]) -> Iterator[FindingLine]:
    named = {standing.publisher_id: standing for standing in standings}
    for claim in claims(archive, year, standings):
        for difference in claim.differences:
            standing = named.get(difference.publisher_id) if difference.publisher_id is not None else None
            if standing is not None:
                yield _line(standing, keys, "roster.differs", f"{claim.url}: {difference.message}")
            else:
                yield further_line(
                    rule="roster.unknown",
                    severity=RULES["roster.unknown"][0],
                    message=f"{claim.url} names {difference.name}: {difference.message}",
                    scope=claim.portal,
                    key=difference.name,
                    publisher=difference.name,
                    report_year=year,
                    url=claim.url,
                )


def _line(standing: Standing, keys: dict[int, str], rule: str, message: str) -> FindingLine:
    return further_line(
        rule=rule,
        severity=RULES[rule][0],
        message=message,
        scope=standing.scope,
        key=keys[standing.publisher_id],
        publisher=standing.publisher,
        report_year=standing.report_year,
        kind=standing.kind,
        report_id=standing.report_id,
        url=standing.url,
    )


def _years(archive: Archive, wanted: Wanted) -> list[int]:
    if wanted.year is not None:
        return [wanted.year]
    reports = select(Report.report_year).where(Report.report_year.is_not(None))
    rosters = select(RosterRow.report_year).where(RosterRow.report_year.is_not(None))
    with archive.session() as session:
        return sorted(year for year in session.scalars(reports.union(rosters)) if year is not None)


def _publisher(archive: Archive, wanted: Wanted) -> int | None:
    """The publisher asked for, where its name is that of one only: the others of a nation are not judged then."""
    if wanted.publisher is None:
        return None
    with archive.session() as session:
        named = session.scalars(naming(wanted.publisher, archive.book)).all()
    return named[0] if len(named) == 1 else None


def _keys(archive: Archive, standings: list[Standing]) -> dict[int, str]:
    if not standings:
        return {}
    query = select(Publisher.id, Publisher.key)
    if len(standings) == 1:
        query = query.where(Publisher.id == standings[0].publisher_id)
    with archive.session() as session:
        return {row.id: row.key for row in session.execute(query)}


def _code(division: str | None) -> str | None:
    """A division asked for by the digits it begins with, as a code."""
    return None if division is None else division.ljust(6, "0")
