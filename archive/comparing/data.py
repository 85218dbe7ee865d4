"""Comparisons as plain values, for JSON: the names of the record, and beside them what was compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archive.comparing.comparison import Comparison
from archive.comparing.figures import FigureRow
from archive.comparing.labels import label
from archive.comparing.prose import Kind, Passage, SectionRow
from archive.comparing.sides import Side
from archive.comparing.years import Step, YearCell, YearRow, Years
from parser.record import Figure, Finding


def of_two_years(found: Comparison) -> dict[str, Any]:
    """Two years; a figure stands under its years."""
    names = str(found.years[0]), str(found.years[1])
    return {
        "publisher": found.publisher,
        "years": list(found.years),
        "urls": list(found.urls),
        "forms": [found.before.forms, found.after.forms],
        "figures": [figure_data(row, names, found.after) for row in found.figures],
        **_prose(found),
        "chains": _chains(found.chains),
    }


def of_versions(found: Comparison) -> dict[str, Any]:
    """Two versions of a report; a figure stands under ``before`` and ``after``."""
    sides = found.before, found.after
    return {
        "publisher": found.publisher,
        "report": found.after.report_id,
        "report_year": found.after.year,
        "versions": [side.version_id for side in sides],
        "first_seen_at": [side.first_seen_at.isoformat() for side in sides],
        "current": [side.current for side in sides],
        "urls": [side.document_url for side in sides],
        "forms": [side.forms for side in sides],
        "names": {change.name: {"before": change.before, "after": change.after} for change in found.names},
        "figures": [figure_data(row, ("before", "after"), found.after) for row in found.figures],
        **_prose(found),
    }


def of_all_years(found: Years) -> dict[str, Any]:
    """All years; a figure stands under its years, and ``steps`` say what became of chains and prose between two reports."""
    return {
        "publisher": found.publisher,
        "years": list(found.years),
        "gaps": list(found.gaps),
        "urls": [side.url for side in found.sides],
        "forms": [side.forms for side in found.sides],
        "figures": [_year_row(row, found) for row in found.rows],
        "steps": [_step(step) for step in found.steps],
    }


def figure_data(row: FigureRow, names: tuple[str, str], after: Side) -> dict[str, Any]:
    """A figure in two reports, its cells under these names."""
    data: dict[str, Any] = {
        "key": row.key,
        "label": str(label(row.key, _template(row.key, after))),
        names[0]: _cell(row.before),
        names[1]: _cell(row.after),
        "change": row.change,
        "percent": row.percent,
        "relation": row.relation.value,
    }
    if row.because is not None:
        data["because"] = row.because
    if row.evidence is not None:
        data["evidence"] = row.evidence
    if (row.before_keys, row.after_keys) != ((row.key,), (row.key,)):
        data["keys"] = {names[0]: list(row.before_keys), names[1]: list(row.after_keys)}
    if row.said:
        data["said"] = list(row.said)
    return data


def _template(key: str, side: Side) -> str | None:
    return side.forms.get(key.partition(".")[0])


def _cell(figure: Figure | None) -> dict[str, Any] | None:
    if figure is None:
        return None
    data = {"value": figure.value, "text": figure.text, "state": figure.state, "unit": figure.unit}
    return {**data, "note": figure.note} if figure.note is not None else data


def _prose(found: Comparison) -> dict[str, Any]:
    return {"reused": _share(found.prose.reused), "sections": [_section(row) for row in found.sections]}


def _section(row: SectionRow) -> dict[str, Any]:
    both = row.before, row.after
    data: dict[str, Any] = {
        "number": row.number,
        "headings": [section.heading if section is not None else None for section in both],
        "similarity": row.similarity,
        "reused": _share(row.reused),
        "counts": _counts(row),
        "passages": [passage_data(passage) for passage in row.passages],
        "texts": [section.text if section is not None else None for section in both],
    }
    return {**data, "unread": row.unread} if row.unread else data


def _counts(row: SectionRow) -> dict[str, int]:
    return {kind.value: row.count(kind) for kind in Kind}


def passage_data(passage: Passage) -> dict[str, Any]:
    """What became of a sentence."""
    data: dict[str, Any] = {"kind": passage.kind.value, "before": passage.before, "after": passage.after}
    if passage.moved:
        data["from_section"] = passage.before_section
    if passage.differs is not None:
        data["moved"] = passage.moved
        data["differs"] = passage.differs.value
        data["pieces"] = [[piece.change.value, piece.text] for piece in passage.pieces]
    return data


def _share(share: float | None) -> float | None:
    return None if share is None else round(share, 4)


def _chains(broken: Sequence[Finding]) -> list[dict[str, Any]]:
    return [finding.model_dump(exclude_none=True) for finding in broken]


def _year_row(row: YearRow, found: Years) -> dict[str, Any]:
    cells = dict(zip(map(str, found.years), map(year_cell_data, row.cells), strict=True))
    return {"key": row.key, "label": str(label(row.key)), **cells}


def year_cell_data(cell: YearCell | None) -> dict[str, Any] | None:
    """A figure in one of the years; null where its form has none of it."""
    if cell is None:
        return None
    data: dict[str, Any] = {**(_cell(cell.figure) or {"value": None, "text": None, "state": None, "unit": None})}
    data.update(change=cell.change, percent=cell.percent, relation=cell.relation.value, keys=list(cell.keys))
    if cell.because is not None:
        data["because"] = cell.because
    if cell.evidence is not None:
        data["evidence"] = cell.evidence
    if cell.said:
        data["said"] = list(cell.said)
    return data


def _step(step: Step) -> dict[str, Any]:
    data: dict[str, Any] = {
        "years": list(step.years),
        "reused": _share(step.prose.reused),
        "sections": [
            {
                "number": row.number,
                "similarity": row.similarity,
                "reused": _share(row.reused),
                "counts": _counts(row),
            }
            for row in step.prose.sections
        ],
        "chains": _chains(step.chains),
    }
    return {**data, "unread": True} if step.unread else data
