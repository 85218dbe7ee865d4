"""Figures: the printed cells of one report, by the names that the corpus gives them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field

from archive.corpus.values import box
from archive.findings.of_report import filing_of
from archive.web.asking import Asking
from archive.web.columns import Column, Kind
from archive.web.listing import Listing, Parameters, offer
from archive.web.pages.report import MOST
from archive.web.report.shown import version_read
from archive.web.rows import Listed
from parser.record import Figure

router = APIRouter()


class FigureQuery(Parameters):
    """Whose figures are asked for."""

    report: Annotated[int, Field(description="The report's number.", ge=1, le=MOST)]
    version: Annotated[int | None, Field(description="One of its versions; the current one.", ge=1, le=MOST)] = None


def _rows(asking: Asking, asked: FigureQuery) -> Listed:
    read = version_read(asking, asked.report, asked.version)
    filing = filing_of(asking.archive, asked.report)
    of_report = {
        "report_id": asked.report,
        "version": read.id,
        "report_year": read.record.report_year,
        "publisher_id": filing.publisher_id if filing is not None else None,
        "publisher": (filing.name if filing is not None else None) or read.record.publisher,
        "capture_id": read.capture_id,
    }
    return Listed(list(read.record.figures.items()), lambda item: of_report | _line(*item))


def _line(key: str, figure: Figure) -> dict[str, Any]:
    table, _, rest = key.partition(".")
    row, _, column = rest.rpartition(".")
    at = figure.at
    return {
        "key": key,
        "table": table,
        "row": row,
        "column": column,
        "value": figure.value,
        "text": figure.text or None,
        "state": figure.state,
        "unit": figure.unit,
        "note": figure.note,
        "at_table": at.table,
        "at_row": at.row,
        "at_column": at.column,
        "at_line": at.line,
        "at_page": at.page,
        "at_box": box(at.box),
        "confidence": at.confidence,
    }


FIGURES = Listing(
    "figures",
    (
        Column("report_id", Kind.NUMBER),
        Column("version", Kind.NUMBER, doc="The version that prints it."),
        Column("report_year", Kind.YEAR),
        Column("publisher_id", Kind.NUMBER),
        Column("publisher"),
        Column("key", Kind.CODE, doc="table.row.column."),
        Column("table", Kind.CODE),
        Column("row", Kind.CODE),
        Column("column", Kind.CODE),
        Column("value", Kind.NUMBER, doc="The number printed; null unless the state is number."),
        Column("text", doc="The cell as printed; null where nothing is."),
        Column("state", Kind.CODE, doc="number, blank, dash or text."),
        Column("unit"),
        Column("note", doc="What stands beside the number in its cell."),
        Column("at_table", Kind.NUMBER),
        Column("at_row", Kind.NUMBER),
        Column("at_column", Kind.NUMBER),
        Column("at_line", Kind.NUMBER),
        Column("at_page", Kind.NUMBER),
        Column("at_box", Kind.CODE, doc="x0, top, x1, bottom on the page, in points."),
        Column("confidence", Kind.SHARE, doc="Of what was read from a picture, 0 to 1."),
        Column("capture_id", Kind.NUMBER, doc="The capture it was read from."),
    ),
    FigureQuery,
    _rows,
    "The printed cells of a report, as the table of figures of the corpus has them.",
    "report",
)
offer(router, FIGURES)
