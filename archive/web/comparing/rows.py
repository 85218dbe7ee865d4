"""Comparisons as lines of a table: a figure, a figure of a year, or a sentence to each; names as ``xxgk diff --json``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from archive.comparing.comparison import Comparison
from archive.comparing.data import figure_data, passage_data, year_cell_data
from archive.comparing.figures import FigureRow
from archive.comparing.labels import label
from archive.comparing.prose import Passage, SectionRow
from archive.comparing.wording import Change, Piece
from archive.comparing.years import Years

_CELL = ("value", "text", "state", "unit", "note")
_MARKS = {Change.DROPPED: "[-{}-]", Change.ADDED: "{{+{}+}}"}


def figure_line(row: FigureRow, found: Comparison) -> dict[str, Any]:
    """A figure in two reports; of each cell its parts."""
    data = figure_data(row, ("before", "after"), found.after)
    keys = data.get("keys") or {"before": [row.key], "after": [row.key]}
    return {
        **{name: data.get(name) for name in ("key", "label", "change", "percent", "relation", "because", "evidence")},
        **_cell("before_", data["before"]),
        **_cell("after_", data["after"]),
        "before_keys": _several(keys["before"]),
        "after_keys": _several(keys["after"]),
        "said": _several(row.said),
        "differs": row.differs,
    }


def year_lines(found: Years) -> Iterator[dict[str, Any]]:
    """The figures of every year, a line to each that the form of the year has."""
    for row in found.rows:
        for side, cell in zip(found.sides, row.cells, strict=True):
            data = year_cell_data(cell)
            if data is not None:
                yield {
                    "key": row.key,
                    "label": str(label(row.key)),
                    "report_year": side.year,
                    "report": side.report_id,
                    **_cell("", data),
                    **{name: data.get(name) for name in ("change", "percent", "relation", "because", "evidence")},
                    "keys": _several(data["keys"]),
                    "said": _several(data.get("said", ())),
                }


def sentence_lines(found: Comparison) -> list[tuple[SectionRow, Passage]]:
    """The sentences of all sections, for :func:`sentence_line`."""
    return [(row, passage) for row in found.sections for passage in row.passages]


def sentence_line(item: tuple[SectionRow, Passage]) -> dict[str, Any]:
    """A sentence, and what became of it; ``wording`` marks what was dropped and added as a terminal does."""
    row, passage = item
    data = passage_data(passage)
    section = row.after or row.before
    return {
        "section": row.number,
        "heading": None if section is None else section.heading,
        "kind": data["kind"],
        "before": passage.before,
        "after": passage.after,
        "from_section": data.get("from_section"),
        "moved": passage.moved,
        "differs": data.get("differs"),
        "wording": "".join(map(_marked, passage.pieces)) or None,
    }


def _marked(piece: Piece) -> str:
    return _MARKS[piece.change].format(piece.text) if piece.change in _MARKS else piece.text


def _cell(prefix: str, cell: Mapping[str, Any] | None) -> dict[str, Any]:
    return {f"{prefix}{name}": None if cell is None else cell.get(name) for name in _CELL}


def _several(values: Sequence[str]) -> str | None:
    return ", ".join(values) or None
