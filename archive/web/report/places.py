"""Places: the addresses under which a report, its archived copy and what stands in it are shown."""

from __future__ import annotations

from archive.comparing.labels import label
from archive.findings.lines import SHORTEST, FindingLine
from archive.viewing.showing import marks_of, places_of
from archive.web.asking import query
from archive.web.speech import table_name
from archive.web.words import Language
from parser.marking import anchor_of
from parser.record import Figure, Record


def report_at(report_id: int, version_id: int | None = None, finding: str | None = None) -> str:
    """The page of a report, at one of its findings where one is named by its id."""
    short = None if finding is None else finding[:SHORTEST]
    return query(f"/reports/{report_id}", {"version": version_id, "finding": short}) + (
        "" if short is None else f"#finding-{short}"
    )


def figure_at(report_id: int, version_id: int, key: str, figure: Figure) -> str | None:
    """Where a figure stands in the archived copy; null where its place is not known.

    Of a page that is a picture the mark is drawn into it, so that it is asked for with the figure.
    """
    anchor = anchor_of(figure.at)
    if anchor is None and figure.at.box is None:
        return None
    drawn = key if figure.at.box is not None else None
    where = anchor if anchor is not None else f"page-{figure.at.page}"
    return f"{query(f'/reports/{report_id}/copy', {'version': version_id, 'figure': drawn})}#{where}"


def finding_at(report_id: int, version_id: int, record: Record, line: FindingLine) -> str | None:
    """The archived copy with every cell marked that a finding rests on, at the first; null where it names none."""
    places = places_of(record, line)
    marks = marks_of(places)
    if not marks and not any(place.box is not None for place in places):
        return None
    where = marks[0] if marks else f"page-{places[0].page}"
    return f"{query(f'/reports/{report_id}/copy', {'version': version_id, 'finding': line.id[:SHORTEST]})}#{where}"


def cell_name(table: str | None, row: str | None, column: str | None, language: Language) -> str:
    """What a finding or a check is about, by the labels of the form: a cell, or a whole row or column of a table."""
    if table is None:
        return ""
    if language == "en":
        parts = [part.replace("_", " ") for part in (row, column) if part is not None]
    else:
        found = label(f"{table}.{row or ''}.{column or ''}")
        parts = [part for part in (found.row, found.column) if part]
    return " · ".join([table_name(table, language), *parts])
