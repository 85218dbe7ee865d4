"""Every figure says where it stands: ``at`` leads back to the cell that prints it, in every format."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest

from parser import Hints, parse, provenance
from parser.documents import read
from parser.provenance import source_row
from tests.papers import render
from tests.papers.changes import placed, with_rows
from tests.papers.corpus import SKINS, in_script, split_tables, twins, wide_table
from tests.papers.indicators import indicator_sheet, old_paper, with_table
from tests.papers.pages import LEFT, RIGHT, ofd, pages, pdf
from tests.papers.paper import Paper, SheetCell, paper, sheets
from tests.papers.render import html, pipes, text, word, workbook


def numbered(item: Paper) -> Paper:
    """The paper with another number in every cell."""
    return replace(item, figures={key: str(1000 + at) for at, key in enumerate(item.figures)})


OLD = numbered(paper("清湾市柳河区水利局", 2020))
NEW = numbered(paper("清湾市柳河区水利局", 2023))
BOTH = pytest.mark.parametrize("item", [OLD, NEW], ids=["2019", "2021"])
Dress = Callable[[Paper], str | bytes]
DRESSES: dict[str, Dress] = {
    "html": html, "text": text, "pipes": pipes, "docx": word, "xlsx": workbook, "pdf": pdf, "ofd": ofd,
    "layout table": SKINS["layout table"], "wide table": wide_table, "split tables": split_tables, "script": in_script,
    "twins": twins,
}  # fmt: skip


def made(item: Paper, dress: Dress) -> bytes:
    data = dress(item)
    return data.encode() if isinstance(data, str) else data


@BOTH
def test_a_place_is_table_row_and_grid_column_of_the_page(item: Paper) -> None:
    record = parse(html(item).encode())
    for number, group in enumerate(sheets(item).values(), 1):
        for y, x, cell in placed(group[0]):
            if cell.key is not None:
                at = record.figures[cell.key].at
                assert (cell.key, at.table, at.row, at.column) == (cell.key, number, y + 1, x + 1)


@pytest.fixture(autouse=True)
def read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A document is asked for two hundred places; it is the same one each time."""
    monkeypatch.setattr(provenance, "read", cache(read))


@BOTH
@pytest.mark.parametrize("dress", DRESSES.values(), ids=DRESSES.keys())
def test_a_place_leads_back_to_the_cell_that_prints_the_figure(item: Paper, dress: Dress) -> None:
    data = made(item, dress)
    record = parse(data)
    assert record.figures.keys() == item.figures.keys()
    for key, figure in record.figures.items():
        row = source_row(data, Hints(), figure.at)
        assert row is not None, key
        assert (key, row.cells[row.index].strip()) == (key, item.figures[key])
        assert str(figure.at.table) in row.place


@pytest.mark.parametrize("dress", [html, text, pipes, word, workbook], ids=["html", "text", "pipes", "docx", "xlsx"])
@pytest.mark.parametrize("year", [2012, 2016])
def test_a_place_leads_back_to_an_indicator_too(dress: Dress, year: int) -> None:
    item = numbered(old_paper(year=year))
    item = with_table(item, indicator_sheet(item))
    data = made(item, dress)
    for key, figure in parse(data).figures.items():
        row = source_row(data, Hints(), figure.at)
        assert row is not None
        assert row.cells[row.index].strip() == item.figures[key]


@BOTH
def test_a_table_before_the_statutory_ones_counts(item: Paper) -> None:
    fields = "<table><tr><td>索引号</td><td>990100</td></tr><tr><td>发布机构</td><td>清湾市</td></tr></table>"
    record = parse(html(item, body=fields + render.article(item)).encode())
    assert {figure.at.table for figure in record.figures.values()} == {2, 3, 4}


@BOTH
def test_the_first_of_two_bodies_is_the_one_that_is_named(item: Paper) -> None:
    assert {figure.at.table for figure in parse(twins(item)).figures.values()} == {1, 2, 3}


@BOTH
@pytest.mark.parametrize("dress", [pdf, ofd], ids=["pdf", "ofd"])
def test_a_place_on_a_page_names_page_and_box(item: Paper, dress: Callable[..., bytes]) -> None:
    record = parse(dress(item))
    printed = {(number, shown): (x, y) for number, page in enumerate(pages(item), 1) for x, y, _, shown in page.texts}
    for key, figure in record.figures.items():
        assert figure.at.page is not None
        assert figure.at.box is not None
        x, y = printed[figure.at.page, item.figures[key]]
        x0, top, x1, bottom = figure.at.box
        assert (x0 - 1 <= x <= x1 + 1, top - 1 <= y <= bottom + 1) == (True, True), key
        assert LEFT - 2 <= x0 < x1 <= RIGHT + 2


def test_a_row_of_running_text_names_its_line() -> None:
    def change(_: int, row: tuple[SheetCell, ...]) -> list[SheetCell]:
        return [] if row[0].text in {"行政许可", "第二十条第（六）项"} else list(row)

    item = with_rows(NEW, 2, change)
    value = NEW.figures["disclosure.licensing.decisions"]
    made = text(item).replace("\t第二十条第（五）项", f"\n\n行政许可 {value}\n\n\t第二十条第（五）项")
    record = parse(made.encode())
    figure = record.figures.get("disclosure.licensing.decisions")
    if figure is not None:
        row = source_row(made.encode(), Hints(), figure.at)
        assert row is not None
        assert value in row.cells[row.index]
        assert row.place.startswith("line ")


def test_a_place_that_is_not_there_is_nothing() -> None:
    data = html(NEW).encode()
    at = parse(data).figures["requests.new.total"].at
    assert source_row(data, Hints(), at.model_copy(update={"table": 9})) is None
    assert source_row(data, Hints(), at.model_copy(update={"row": 99})) is None
    assert source_row(data, Hints(), at.model_copy(update={"column": 99})) is None


def test_a_finding_about_a_cell_names_its_place() -> None:
    blank = replace(NEW, figures={**NEW.figures, "requests.granted.other": ""})
    record = parse(html(blank).encode())
    found = next(finding for finding in record.findings if finding.rule == "cells.blank")
    assert found.at == record.figures["requests.granted.other"].at
