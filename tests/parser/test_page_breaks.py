"""A row of a PDF that a page break cuts is one row, wherever its label and its values are printed."""

from __future__ import annotations

import pytest

from parser.documents.document import Cell, Document, Grid
from parser.tables import read_tables

HEADER = ["", "自然人", "商业企业", "科研机构", "社会公益组织", "法律服务机构", "其他", "总计"]
LABEL = "一、本年新收政府信息公开申请数量"
VALUES = ["5", "0", "0", "1", "0", "0", "6"]
BLANK = [""] * 7


def grid(*rows: tuple[int, list[str]]) -> Document:
    """A table of rows, each with the page it stands on."""
    made = tuple(
        tuple(Cell(text, y, x, page=page, box=(x * 50.0, 0.0, x * 50.0 + 50, 20.0)) for x, text in enumerate(texts, 1))
        for y, (page, texts) in enumerate(rows, 1)
    )
    return Document("pdf", (Grid(1, made, aligned=True),))


@pytest.mark.parametrize(
    ("above", "below"),
    [
        ([LABEL, *VALUES], None),
        ([LABEL[:8], *VALUES], [LABEL[8:], *BLANK]),
        ([LABEL[:8], *BLANK], [LABEL[8:], *VALUES]),
        ([LABEL, *BLANK], ["", *VALUES]),
        (["", *VALUES], [LABEL, *BLANK]),
    ],
)
def test_a_row_cut_by_a_page_break_is_one_row(above: list[str], below: list[str] | None) -> None:
    after = (2, ["二、上年结转政府信息公开申请数量", *["0"] * 7])
    rows = [(1, HEADER), (1, above), *([(2, below)] if below is not None else []), after]
    figures = read_tables(grid(*rows)).figures
    assert [
        figures[f"requests.new.{column}"].text for column in ("natural_person", "social_organisation", "total")
    ] == ["5", "1", "6"]
    assert figures["requests.carried_in.total"].text == "0"


def test_two_rows_at_a_page_break_stay_two() -> None:
    rows = [(1, HEADER), (1, [LABEL, *BLANK]), (2, ["二、上年结转政府信息公开申请数量", *VALUES])]
    figures = read_tables(grid(*rows)).figures
    assert figures["requests.new.total"].state == "blank"
    assert figures["requests.carried_in.total"].text == "6"
