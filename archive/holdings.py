"""Holdings: how many reports the archive holds, told apart in the ways in which they can be asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, func, select

from archive.findings.lines import beginning_of
from archive.schema import Publisher, Report, Version
from archive.store import Archive
from archive.words.facets import below

_PROVINCE, _COUNTY = 2, 6  # digits


@dataclass(frozen=True)
class Holdings:
    """Reports by report year, by division right below the one asked for, by class, form, state, and worst finding.

    Null: not known; of ``severities`` null are the reports in which nothing was found.
    """

    reports: int
    years: Mapping[int | None, int]
    divisions: Mapping[str | None, int]
    kinds: Mapping[str | None, int]
    templates: Mapping[str | None, int]
    states: Mapping[str, int]
    severities: Mapping[str | None, int]


def holdings(
    archive: Archive, *, year: int | None = None, division: str | None = None, kind: str | None = None
) -> Holdings:
    """Count the reports of a year, a division and all below it, a class; null: of all. The database counts.

    Raises :class:`archive.errors.ArchiveError` for a code that is none.
    """
    place = func.substr(Publisher.scope, 1, _PROVINCE if division is None else _COUNTY)
    worst = case((Version.errors > 0, "error"), (Version.warnings > 0, "warning"), (Version.infos > 0, "info"))

    def narrowed(query: Any) -> Any:
        if year is not None:
            query = query.where(Report.report_year == year)
        if kind is not None:
            query = query.where(Publisher.kind == kind)
        if division is not None:
            beginning = beginning_of(division, archive.book)
            column = Publisher.township if len(beginning) > _COUNTY else Publisher.scope
            query = query.where(column.startswith(beginning, autoescape=True))
        return query

    with archive.session() as session:
        # In two questions: of a nation the narrow rows of reports are counted in half the time without the wide ones.
        told = (Report.report_year, place, Publisher.kind, Report.state)
        query = select(*told, func.count()).select_from(Report).where(Report.version_id.is_not(None))
        query = query.outerjoin(Publisher, Publisher.id == Report.publisher_id)
        years, places, kinds, states = _counted(session.execute(narrowed(query).group_by(*told)), len(told))
        said = (Version.template, worst)
        query = select(*said, func.count()).select_from(Report).join(Version, Version.id == Report.version_id)
        if kind is not None or division is not None:
            query = query.join(Publisher, Publisher.id == Report.publisher_id)
        templates, severities = _counted(session.execute(narrowed(query).group_by(*said)), len(said))
    divisions: Counter[str | None] = Counter()
    for written, count in places.items():
        divisions[_division(archive, written, division)] += count
    return Holdings(states.total(), years, divisions, kinds, templates, states, severities)


def years_held(archive: Archive) -> list[int]:
    """The report years of which there is any report, the newest first; each is looked up in the index."""
    found: list[int] = []
    with archive.session() as session:
        query = select(func.max(Report.report_year))
        year = session.scalar(query)
        while year is not None:
            found.append(year)
            year = session.scalar(query.where(Report.report_year < year))
    return found


def _counted(rows: Iterable[Any], width: int) -> tuple[Counter[Any], ...]:
    """Counts by each of the first columns, of rows whose last one counts."""
    counts: tuple[Counter[Any], ...] = tuple(Counter() for _ in range(width))
    for *values, count in rows:
        for counted, value in zip(counts, values, strict=True):
            counted[value] += count
    return counts


def _division(archive: Archive, written: object, above: str | None) -> str | None:
    code = str(written).ljust(_COUNTY, "0")
    return below(code, above, archive.book) if code.isdecimal() else None
