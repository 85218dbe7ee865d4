"""Reports as files: Word by python-docx, PDF by reportlab. The same report gives the same bytes."""

from __future__ import annotations

import io
import warnings
import zipfile
from dataclasses import dataclass
from functools import cache
from typing import Any

from tests.replay import forms
from tests.replay.prose import HEADINGS, NUMERALS, Prose

_EPOCH = (2020, 1, 1, 0, 0, 0)  # the time zip files are marked with, so that nothing depends on the day
_TABLE_OF = {2: 0, 3: 1, 4: 2}  # which table stands in which section


@dataclass(frozen=True)
class Paper:
    """What a report's file holds."""

    title: str
    prose: Prose
    figures: dict[str, str]
    signed: str


def docx(paper: Paper) -> bytes:
    """The report as a Word document with merged cells."""
    from docx import Document

    document = Document()
    document.add_heading(paper.title, 0)
    document.add_paragraph(paper.prose.preface)
    grids = forms.tables(paper.figures)
    for number, heading in HEADINGS.items():
        document.add_paragraph(f"{NUMERALS[number]}、{heading}")
        for text in paper.prose.sections[number]:
            document.add_paragraph(text)
        if number in _TABLE_OF:
            _docx_table(document, grids[_TABLE_OF[number]])
    document.add_paragraph(paper.signed)
    buffer = io.BytesIO()
    document.save(buffer)
    return _without_times(buffer.getvalue())


def _docx_table(document: Any, grid: forms.Grid) -> None:
    table = document.add_table(rows=len(grid), cols=forms.width(grid))
    table.style = "Table Grid"
    cells = [row.cells for row in table.rows]  # asked for one by one, each looks at all of the table again
    for row, column, cell in forms.place(grid):
        corner = cells[row][column]
        if cell.rows > 1 or cell.columns > 1:
            corner = corner.merge(cells[row + cell.rows - 1][column + cell.columns - 1])
        corner.text = cell.text


def _without_times(data: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as copy:
        for name in source.namelist():
            copy.writestr(zipfile.ZipInfo(name, _EPOCH), source.read(name), zipfile.ZIP_DEFLATED)
    return target.getvalue()


def pdf(paper: Paper) -> bytes:
    """The report as a PDF with ruled tables and text that can be extracted."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # reportlab's own, on import
        return _pdf(paper)


def _pdf(paper: Paper) -> bytes:
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.units import mm
    from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer

    body, small, head = _styles()
    buffer = io.BytesIO()
    document = SimpleDocTemplate(
        buffer,
        pagesize=A4,
        leftMargin=18 * mm,
        rightMargin=18 * mm,
        topMargin=18 * mm,
        bottomMargin=18 * mm,
        invariant=1,
        title=paper.title,
    )
    story: list[Any] = [Paragraph(paper.title, head), Spacer(1, 6 * mm), Paragraph(paper.prose.preface, body)]
    grids = forms.tables(paper.figures)
    for number, heading in HEADINGS.items():
        story.append(Paragraph(f"{NUMERALS[number]}、{heading}", body))
        story += [Paragraph(text, body) for text in paper.prose.sections[number]]
        if number in _TABLE_OF:
            story += [Spacer(1, 3 * mm), _pdf_table(grids[_TABLE_OF[number]], small, 174 * mm), Spacer(1, 3 * mm)]
    story.append(Paragraph(paper.signed, body))
    document.build(story)
    return buffer.getvalue()


@cache
def _styles() -> tuple[Any, Any, Any]:
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont

    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    body = ParagraphStyle("body", fontName="STSong-Light", fontSize=10.5, leading=17, wordWrap="CJK")
    small = ParagraphStyle("small", parent=body, fontSize=7, leading=9)
    head = ParagraphStyle("head", parent=body, fontSize=16, leading=24, alignment=1)
    return body, small, head


def _pdf_table(grid: forms.Grid, style: Any, wide: float) -> Any:
    from reportlab.lib.colors import black
    from reportlab.platypus import Paragraph, Table, TableStyle

    columns = forms.width(grid)
    cells: list[list[Any]] = [[""] * columns for _ in grid]
    commands: list[tuple[Any, ...]] = [("GRID", (0, 0), (-1, -1), 0.5, black), ("VALIGN", (0, 0), (-1, -1), "MIDDLE")]
    for row, column, cell in forms.place(grid):
        cells[row][column] = Paragraph(cell.text, style)
        if cell.rows > 1 or cell.columns > 1:
            commands.append(("SPAN", (column, row), (column + cell.columns - 1, row + cell.rows - 1)))
    # The label columns of table 三 hold whole sentences, its seven value columns one number each.
    widths = (
        [wide * 0.09, wide * 0.14, wide * 0.22, *[wide * 0.55 / 7] * 7] if columns == 10 else [wide / columns] * columns
    )
    return Table(cells, colWidths=widths, style=TableStyle(commands))
