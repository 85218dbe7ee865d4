"""The forms of 2008 and 2014 (domain: sections 1.1 and 1.2): one value a row, told by its label and the block above."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from parser import NotAReport, parse
from parser.record import Severity, State
from tests.papers import render
from tests.papers.agreement import assert_exact, assert_never_wrong, places, record_of, rules
from tests.papers.changes import keys_of, relabelled, with_rows, with_sheets, without
from tests.papers.corpus import empty_column, skin
from tests.papers.indicators import ROWS, indicator_sheet, old_paper, with_table
from tests.papers.pages import ofd, pdf
from tests.papers.paper import Paper, SheetCell, paper, sheets
from tests.papers.render import html, pipes, text, word, workbook

OLDER = old_paper(year=2012)
OLD = old_paper(year=2016)
BOTH = pytest.mark.parametrize("item", [OLDER, OLD], ids=["2008", "2014"])
Dress = Callable[[Paper], str | bytes]
DRESSES: dict[str, Dress] = {
    "html": html, "text": text, "pipes": pipes, "docx": word, "xlsx": workbook, "pdf": pdf, "ofd": ofd,
    "Word paste": skin(render.word_cell), "empty column": empty_column,
}  # fmt: skip
RENDERED = pytest.mark.parametrize("dress", [html, text, pipes], ids=["html", "text", "pipes"])


@BOTH
@pytest.mark.parametrize("dress", DRESSES.values(), ids=DRESSES.keys())
def test_every_indicator_is_read_in_every_format(item: Paper, dress: Dress) -> None:
    record = record_of(item, dress)
    assert_exact(record, item)
    assert len(record.figures) == len([row for _, _, row in ROWS[item.template] if row is not None])
    assert (record.publisher, record.report_year, record.template) == (item.agency, item.year, item.template)
    assert list(record.tables) == [f"statistics_{item.template}"]
    assert rules(record, Severity.ERROR, Severity.WARNING) == []


@BOTH
@RENDERED
def test_labels_that_repeat_are_told_by_the_block_above(item: Paper, dress: Dress) -> None:
    repeated = {
        "2014": ["reconsideration_corrected", "litigation_corrected", "reconsideration_other", "litigation_other"],
        "2008": ["fees_disclosure_post", "fees_request_post", "fees_disclosure_disc", "fees_request_disc"],
    }[item.template]
    keys = [f"statistics_{item.template}.{row}.value" for row in repeated]
    numbered = replace(item, figures={**item.figures, **{key: str(70 + at) for at, key in enumerate(keys)}})
    record = record_of(with_table(numbered, indicator_sheet(numbered)), dress)
    assert [record.figures[key].value for key in keys] == [70, 71, 72, 73]


@RENDERED
def test_a_heading_row_of_long_strokes_is_no_figure(dress: Dress) -> None:
    record = record_of(OLD, dress)
    assert not [key for key, figure in record.figures.items() if figure.state is State.DASH]


@RENDERED
def test_a_heading_row_may_be_blank_or_span_the_table(dress: Dress) -> None:
    def change(_: int, row: Sequence[SheetCell]) -> Sequence[SheetCell]:
        return [replace(row[0], colspan=3)] if row[-1].text == "——" else row

    assert_exact(record_of(with_rows(OLD, 8, change), dress), OLD)
    assert_exact(record_of(relabelled(OLD, {"——": ""}), dress), OLD)


@BOTH
@RENDERED
def test_a_table_of_the_rows_that_are_not_zero_has_only_those(item: Paper, dress: Dress) -> None:
    zero = {key for key, shown in item.figures.items() if shown == "0"}
    assert zero
    less = without(item, zero)
    assert_exact(record_of(with_table(less, indicator_sheet(less)), dress), less)


@RENDERED
@pytest.mark.parametrize(
    ("label", "printed"),
    [
        ("3.网络申请数", "3.网上申请数"),
        ("其中：主动公开规范性文件数", "主动公开规范文件数"),
        ("不是《条例》所指政府信息", "不是条例所指政府信息"),
        (
            "（一）主动公开政府信息数（不同渠道和方式公开相同信息计1条）",
            "(一)主动公开政府信息数(不同渠道和方式公开相同信息计1条)",
        ),
        ("1.专职人员数（不包括政府公报及政府网站工作人员数）", "1．专职人员数"),
        ("其中：涉及国家秘密", "其中:1.涉及国家秘密"),
        ("五、行政诉讼数量", "五、 行政诉讼数量"),
    ],
)
def test_a_variant_of_a_label_is_the_same_indicator(dress: Dress, label: str, printed: str) -> None:
    assert_exact(record_of(relabelled(OLD, {label: printed}), dress), OLD)


@RENDERED
def test_the_code_of_an_indicator_means_nothing(dress: Dress) -> None:
    def change(y: int, row: Sequence[SheetCell]) -> Sequence[SheetCell]:
        return row if y == 0 else [*row[:2], SheetCell(f"{90 - y}"), *row[3:]]

    assert_exact(record_of(with_rows(OLDER, 8, change), dress), OLDER)


@RENDERED
def test_two_periods_that_agree_are_one_figure(dress: Dress) -> None:
    assert_exact(record_of(with_table(OLDER, indicator_sheet(OLDER, periods=2)), dress), OLDER)


@RENDERED
def test_two_periods_that_differ_leave_the_figure_out(dress: Dress) -> None:
    key = "statistics_2008.page_views.value"

    def change(_: int, row: Sequence[SheetCell]) -> Sequence[SheetCell]:
        return [*row[:3], SheetCell("9"), SheetCell("8")] if row[-1].key == key else row

    item = with_rows(with_table(OLDER, indicator_sheet(OLDER, periods=2)), 8, change)
    record = record_of(item, dress)
    assert_never_wrong(record, without(item, [key]), lost=set())
    assert "cells.unplaced" in rules(record)


@RENDERED
def test_a_city_with_a_seventh_exemption_has_a_seventh_row(dress: Dress) -> None:
    key = "statistics_2008.refused_exempt_7.value"

    def change(sheet: Sequence[Sequence[SheetCell]]) -> list[tuple[tuple[SheetCell, ...], ...]]:
        rows = [tuple(row) for row in sheet]
        at = next(y for y, row in enumerate(rows) if "免予公开范围6" in row[0].text)
        extra = (SheetCell("(10)“免予公开范围7”数"), SheetCell("条"), SheetCell("30"), SheetCell("4", key=key))
        return [(*rows[: at + 1], extra, *rows[at + 1 :])]

    item = replace(with_sheets(OLDER, 8, change), figures={**OLDER.figures, key: "4"})
    record = record_of(item, dress)
    assert record.figures[key].value == 4
    assert_exact(record, item)


def test_a_sum_that_does_not_hold_is_a_warning() -> None:
    changed = replace(OLD, figures={**OLD.figures, "statistics_2014.received.value": "99999"})
    record = record_of(with_table(changed, indicator_sheet(changed)))
    assert_exact(record, changed)
    assert places(record, "statistics.sums") == {"received"}


def test_an_indicator_that_is_on_no_form_gets_no_key_and_is_named() -> None:
    item = relabelled(OLD, {"六、举报投诉数量": "六、咨询热线转办数量"})
    record = record_of(item)
    assert_never_wrong(record, without(item, ["statistics_2014.complaints.value"]), lost=set())
    assert "labels.unknown" in rules(record)


@BOTH
@RENDERED
@pytest.mark.parametrize("shown", ["", "/", "12个", "约3"])
def test_a_cell_of_an_indicator_is_read_as_it_is_printed(item: Paper, dress: Dress, shown: str) -> None:
    key = keys_of(item, f"statistics_{item.template}.visitors", f"statistics_{item.template}.offices")[0]
    changed = replace(item, figures={**item.figures, key: shown})
    assert_exact(record_of(with_table(changed, indicator_sheet(changed)), dress), changed)


def test_label_and_number_may_stand_in_two_cells_only() -> None:
    item = with_rows(OLD, 8, lambda y, row: row if y == 0 else [row[0], row[2]])
    assert_exact(record_of(item), OLD)


@RENDERED
def test_both_kinds_of_tables_in_one_report_are_told_apart(dress: Dress) -> None:
    """A report for 2018 that also fills in the form of the year after."""
    new = paper(OLD.agency, 2018, template="2019")
    layout = [*(OLD.layout or ()), *((9, sheet) for group in sheets(new).values() for sheet in group)]
    both = replace(OLD, layout=tuple(layout), figures={**OLD.figures, **new.figures})
    record = record_of(both, dress)
    assert_exact(record, both)
    assert {name: table.template for name, table in record.tables.items()} == {
        "disclosure": "2019", "requests": "2019", "review": "2019", "statistics_2014": "2014"
    }  # fmt: skip


FREE = replace(OLDER, figures={}, layout=tuple(part for part in OLDER.layout or () if part[0] < 8))


@RENDERED
def test_a_free_report_without_annex_is_a_report_without_figures(dress: Dress) -> None:
    record = record_of(FREE, dress)
    assert (record.publisher, record.report_year, record.template) == (FREE.agency, 2012, None)
    assert record.figures == {}
    assert [section.heading for section in record.sections][:2] == ["概述", "主动公开政府信息情况"]


def test_a_table_of_indicators_without_a_title_is_nobodys_report() -> None:
    with pytest.raises(NotAReport):
        parse(html(replace(FREE, title="清湾市统计信息", layout=((0, "本页列出各项统计信息。"),))).encode())
