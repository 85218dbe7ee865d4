"""What the format does to a report: PDF pages, worksheets, Word files (domain: section 8, quirks 12, 27, 79, 84 to 90)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from parser import parse
from parser.documents.pdf import read_pdf
from tests.papers.agreement import assert_exact, assert_never_wrong, headings, missing, record_of, wrong
from tests.papers.changes import (
    keys_of,
    relabelled,
    with_cells,
    with_line,
    with_sheets,
    without,
)
from tests.papers.corpus import SKINS
from tests.papers.pages import ofd, pdf
from tests.papers.paper import HEADINGS, Paper, SheetCell, expanded, paper
from tests.papers.render import html, paragraphs, text, word, workbook

OLD = paper("清湾市柳河区人民政府", 2020, busy=60)
NEW = paper("清湾市柳河区人民政府", 2023, busy=60)
ITEMS = {"2019": OLD, "2021": NEW}
BOTH = pytest.mark.parametrize("item", ITEMS.values(), ids=ITEMS.keys())
PAGED = pytest.mark.parametrize("dress", [pdf, ofd], ids=["pdf", "ofd"])
SIX = list(enumerate(HEADINGS, 1))
Paged = Callable[..., bytes]


@BOTH
@pytest.mark.parametrize(
    ("dress", "close"), [(pdf, True), (pdf, False), (ofd, False)], ids=["pdf", "open pdf", "open ofd"]
)
@pytest.mark.parametrize("bottom", range(300, 780, 67))
def test_a_table_broken_anywhere_between_pages_is_one_table(
    item: Paper, dress: Paged, bottom: int, close: bool
) -> None:
    """Quirk 84: inside merged cells, between a block's title and its header; no header is repeated."""
    record = parse(dress(item, bottom=float(bottom), close=close))
    assert_exact(record, item)
    assert headings(record) == SIX
    assert (record.title, record.publisher, record.report_year) == (item.title, item.agency, item.year)


@BOTH
def test_white_boxes_behind_paragraphs_are_no_tables(item: Paper) -> None:  # quirk 85
    document = read_pdf(pdf(item))
    assert not [grid for grid in document.grids if grid.width < 4]


@BOTH
@PAGED
def test_page_numbers_between_the_halves_are_no_rows_and_no_text(item: Paper, dress: Paged) -> None:  # quirk 87
    record = parse(dress(item, bottom=420.0))
    assert_exact(record, item)
    assert not [section for section in record.sections if "- 2 -" in section.text]


@BOTH
@PAGED
def test_paragraphs_broken_at_the_margin_and_the_page_are_whole(item: Paper, dress: Paged) -> None:  # quirk 87
    sentence = "汛期每日两次更新水位，" * 30 + "均按时发布。"
    record = parse(dress(replace(item, prose={**item.prose, 5: (sentence,)}), bottom=500.0))
    assert record.sections[4].text == sentence


@BOTH
@PAGED
@pytest.mark.parametrize("size", [10.5, 14.0, 16.0])
def test_the_size_of_the_print_changes_nothing(item: Paper, dress: Paged, size: float) -> None:
    record = parse(dress(item, size=size))
    assert_exact(record, item)
    assert record.title == item.title


@BOTH
@PAGED
def test_a_title_over_two_lines_of_a_page_is_joined(item: Paper, dress: Paged) -> None:  # quirk 4
    record = parse(dress(item, title_lines=2))
    assert (record.title, record.publisher) == (item.title, item.agency)


@BOTH
@PAGED
def test_spaced_labels_and_vertical_ones_of_a_page_are_read(item: Paper, dress: Paged) -> None:  # quirks 12, 86
    spaced = relabelled(item, {"总计": "总 计", "自然人": "自 然 人", "行政诉讼": "行 政 诉 讼"})
    assert_exact(record_of(spaced, dress), item)


def beside(item: Paper) -> Paper:
    """表四 with the words of its merged header cell three columns beside where the group begins."""

    def change(sheet: tuple[tuple[SheetCell, ...], ...]) -> list[tuple[tuple[SheetCell, ...], ...]]:
        head = (SheetCell("行政复议", 1, 5), SheetCell("", 1, 3), SheetCell("行政诉讼", 1, 7))
        return [(head, *sheet[1:])]

    return with_sheets(item, 4, change)


@BOTH
@pytest.mark.parametrize("dress", [html, pdf, ofd, text, word], ids=["html", "pdf", "ofd", "text", "docx"])
def test_words_of_a_merged_header_cell_beside_it_move_no_value(item: Paper, dress: Paged) -> None:  # quirk 86
    record = record_of(beside(item), dress)
    assert_exact(record, item)


@BOTH
def test_a_number_that_left_its_row_with_its_remark_is_nobodys(item: Paper) -> None:  # quirk 79
    key = "disclosure.normative_documents.made"
    if key not in item.figures:
        pytest.skip("the form has no such cell")
    odd = replace(item, figures={**item.figures, key: "22（其中修订 16 件）"})
    loose = (
        text(odd)
        .replace("\t22（其中修订 16 件）\n", "\t\n")
        .replace("\n\t第二十条第（五）项", "\n22（其中修订 16 件）\n\n\t第二十条第（五）项")
    )
    record = record_of(odd, lambda _: loose)
    blank = replace(item, figures={**item.figures, key: ""})
    figures = without(blank, list(missing(record, blank)))
    assert_never_wrong(record, figures)


def as_rows(item: Paper, *, labels: bool = True) -> str:
    """Text made from PDF: each row of a table on a line, cells apart by spaces, blanks gone."""
    lines = [item.title]
    for _, content in paragraphs(item):
        if isinstance(content, str):
            lines.append(content)
            continue
        for row, cells in zip(expanded(content), content, strict=True):
            values = {cell.text for cell in cells if cell.key is not None}
            lines.append(" ".join(cell for cell in row if cell and (labels or cell in values)))
    return "\n".join(lines)


@BOTH
def test_rows_of_plain_text_have_no_wrong_figure(item: Paper) -> None:  # quirk 89
    record = record_of(item, as_rows)
    assert wrong(record, item) == {}


@BOTH
def test_rows_of_plain_text_without_blanks_have_no_wrong_figure(item: Paper) -> None:  # quirks 89, 90
    blank = replace(item, figures={key: "" if shown == "0" else shown for key, shown in item.figures.items()})
    record = record_of(blank, as_rows)
    assert wrong(record, blank) == {}


@BOTH
def test_numbers_without_any_label_are_nobodys(item: Paper) -> None:  # quirk 89
    assert record_of(item, lambda paper: as_rows(paper, labels=False)).figures == {}


@BOTH
@pytest.mark.parametrize("ruled", [True, False], ids=["ruled", "without rules"])
def test_a_word_file_is_read_with_and_without_rules(item: Paper, ruled: bool) -> None:
    record = record_of(item, lambda paper: word(paper, ruled=ruled))
    assert_exact(record, item)
    assert headings(record) == SIX
    assert record.publisher == item.agency


@BOTH
def test_numbers_stored_in_a_worksheet_are_what_is_printed(item: Paper) -> None:
    odd = with_cells(item, lambda cell: cell)
    record = record_of(odd, workbook)
    assert_exact(record, item)
    assert record.figures["requests.new.total"].text == item.figures["requests.new.total"]


@BOTH
@pytest.mark.parametrize("skin", SKINS, ids=str)
def test_a_report_is_read_twice_alike(item: Paper, skin: str) -> None:
    data = SKINS[skin](item)
    assert parse(data) == parse(data)


def test_every_format_gives_the_same_record_but_for_the_places() -> None:
    def bare(data: bytes) -> tuple[object, ...]:
        record = parse(data)
        figures = {
            key: (figure.value, figure.text, figure.unit, figure.state) for key, figure in record.figures.items()
        }
        return (figures, record.title, record.publisher, record.report_year, record.template, record.published_on,
                record.contact, [(s.number, s.heading, s.text.replace("\n", "")) for s in record.sections])  # fmt: skip

    made = [html(NEW).encode(), text(NEW).encode(), word(NEW), workbook(NEW), pdf(NEW), ofd(NEW)]
    first, *others = [bare(data) for data in made]
    assert [other == first for other in others] == [True] * len(others)


@PAGED
def test_pages_without_the_tables_give_a_record_without_figures(dress: Paged) -> None:  # quirk 23
    item = NEW
    for number in (2, 3, 4):
        item = with_sheets(item, number, lambda _: [])
    record = record_of(item, dress)
    assert headings(record) == SIX
    assert record.figures == {}


@PAGED
def test_a_table_without_its_heading_is_read_all_the_same(dress: Paged) -> None:
    item = with_line(NEW, "三、")
    record = record_of(item, dress)
    assert_exact(record, item)
    assert keys_of(item, "requests.")
    assert [number for number, _ in headings(record)] == [1, 2, 4, 5, 6]
