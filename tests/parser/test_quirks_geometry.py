"""Tables as real documents lay them out (domain: section 8, quirks 11 to 28, 85, 89 to 91, 93, 95)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from html import escape

import pytest

from parser import Record
from parser.record import Severity, State
from tests.papers import render
from tests.papers.agreement import assert_exact, assert_never_wrong, headings, missing, record_of, rules, wrong
from tests.papers.changes import (
    Content,
    keys_of,
    relabelled,
    with_cells,
    with_line,
    with_rows,
    with_sheets,
    without,
)
from tests.papers.corpus import cut_headers, empty_column, flattened, in_script, skin, wide_table
from tests.papers.paper import (
    HEADINGS,
    REQUEST_COLUMNS,
    Paper,
    Sheet,
    SheetCell,
    expanded,
    paper,
)
from tests.papers.render import html, paragraphs, pipes, text, workbook

Dress = Callable[[Paper], str | bytes]
OLD = paper("大坪镇人民政府", 2020, busy=9)
NEW = paper("清湾市柳河区审计局", 2023, busy=40)
BOTH = pytest.mark.parametrize("item", [OLD, NEW], ids=["2019", "2021"])
RENDERED = pytest.mark.parametrize("dress", [html, text, pipes], ids=["html", "text", "pipes"])
SIX = list(enumerate(HEADINGS, 1))


@BOTH
def test_a_cell_of_fifteen_blank_lines_is_one_cell(item: Paper) -> None:  # quirk 11
    made = text(item).replace("\t三、本年度办理结果", "\t" + "\n" * 15 + "三、\n本年度办理结果")
    assert "\n\n三、\n本年度" in made
    assert_exact(record_of(item, lambda _: made), item)


@BOTH
@RENDERED
def test_labels_broken_over_lines_and_spaces_are_read_as_one_word(item: Paper, dress: Dress) -> None:  # quirk 12
    newline = "<br>" if dress is pipes else "\n"
    vertical = relabelled(
        item, {"自然人": newline.join("自然人"), "结果维持": "结果  维持", "其他结果": "其他    结果"}
    )
    made = str(dress(vertical))
    assert_exact(record_of(vertical, lambda _: made), item)


@BOTH
def test_labels_written_downwards_in_html_are_read_as_one_word(item: Paper) -> None:  # quirk 12
    assert_exact(record_of(item, skin(render.vertical_cell)), item)


def characters(item: Paper) -> Paper:
    """The header of 表四 as a PDF's vertical text arrives: rows of characters."""

    def spelled(sheet: Sheet) -> list[Content]:
        labels = [cell.text for cell in sheet[2]] if len(sheet[2]) == 15 else []
        columns = ["结果维持", "结果纠正", "其他结果", "尚未审结", "总计", *labels[5:]]
        height = max(len(label) for label in columns)
        spread = [tuple(SheetCell(label[y : y + 1]) for label in columns) for y in range(height)]
        return [(sheet[0], *spread, sheet[3])]

    return with_sheets(item, 4, spelled)


@BOTH
@RENDERED
def test_a_header_that_arrives_as_rows_of_characters_makes_no_figure_wrong(item: Paper, dress: Dress) -> None:  # 12
    record = record_of(characters(item), dress)
    assert_never_wrong(record, item)
    assert missing(record, item) <= set(keys_of(item, "review."))


@BOTH
def test_a_bookmark_of_word_is_no_part_of_a_label_or_line(item: Paper) -> None:  # quirk 13
    marked = relabelled(
        item, {"申请人情况": "[bookmark: _GoBack]申请人情况", "结果纠正": "结果纠[bookmark: _GoBack]正"}
    )
    marked = with_line(marked, "四、", f"[bookmark: _GoBack]四、{HEADINGS[3]}")
    record = record_of(marked, text)
    assert_exact(record, item)
    assert headings(record) == SIX


@BOTH
@RENDERED
def test_spaces_that_do_not_break_around_numbers_are_nothing(item: Paper, dress: Dress) -> None:  # quirk 14
    def change(cell: SheetCell) -> SheetCell:
        return replace(cell, text=f"\u00a0{cell.text}\u00a0") if cell.key else cell

    assert_exact(record_of(with_cells(item, change), dress), item)


@BOTH
def test_a_first_column_that_is_empty_in_every_row_is_no_column(item: Paper) -> None:  # quirk 15
    assert_exact(record_of(item, empty_column), item)
    piped = pipes(item).replace("\n|---", "\n| --- |---").replace("\n| ", "\n|  | ").replace("|  | ---", "| ---")
    assert_exact(record_of(item, lambda _: piped), item)


@BOTH
def test_an_article_inside_a_table_is_read_through_it(item: Paper) -> None:  # quirk 16
    record = record_of(item, wide_table)
    assert_exact(record, item)
    assert headings(record) == SIX


@BOTH
@pytest.mark.parametrize("depth", [1, 2, 5])
def test_an_article_inside_layout_tables_is_read_through_them(item: Paper, depth: int) -> None:  # quirk 16
    body = "<table><tr><td width='10'></td><td>" * depth + render.article(item) + "</td></tr></table>" * depth
    record = record_of(item, lambda paper: html(paper, body=body))
    assert_exact(record, item)
    assert headings(record) == SIX


@BOTH
def test_hundreds_of_strokes_around_an_article_are_layout(item: Paper) -> None:  # quirk 16
    lines = []
    for line in pipes(item).split("\n"):
        lines += [line] if line.startswith("|") or not line else [f"| {line} |" + " |" * 40]
    record = record_of(item, lambda _: "\n".join(lines))
    assert_never_wrong(record, item, lost=set())


@BOTH
def test_cells_on_lines_of_their_own_are_never_moved(item: Paper) -> None:  # quirk 17
    assert_never_wrong(record_of(item, flattened), item, lost=set())


@BOTH
@pytest.mark.parametrize("between", ["\n|\n", "\n| |\n", "\n\n|\n\n"])
def test_cells_between_lines_of_strokes_are_never_moved(item: Paper, between: str) -> None:  # quirk 17
    lines = [item.title]
    for _, content in paragraphs(item):
        lines += [content] if isinstance(content, str) else [cell.text for row in content for cell in row]
    assert_never_wrong(record_of(item, lambda _: between.join(lines)), item, lost=set())


@BOTH
def test_header_cells_cut_after_their_first_line_are_told_by_their_order(item: Paper) -> None:  # quirk 18
    assert_exact(record_of(item, cut_headers), item)


def test_a_header_that_lost_its_last_character_is_read() -> None:  # quirk 18
    assert_exact(record_of(relabelled(NEW, {"现行有效件数": "现行有效件"})), NEW)


@BOTH
def test_a_document_that_lost_its_repeated_lines_has_no_figure_that_is_wrong(item: Paper) -> None:  # quirk 19
    def once(paper: Paper) -> str:
        lines = flattened(paper).decode().split("\n")
        return "\n".join(dict.fromkeys(line for line in lines if line))

    record = record_of(item, once)
    assert wrong(record, item) == {}
    assert len(missing(record, item)) > 150


@BOTH
@RENDERED
def test_blanks_for_zeros_are_blank_and_no_number_moves(item: Paper, dress: Dress) -> None:  # quirks 20, 77
    blank = replace(item, figures={key: "" if shown == "0" else shown for key, shown in item.figures.items()})
    record = record_of(blank, dress)
    assert_exact(record, blank)
    assert "cells.blank" in rules(record, Severity.WARNING)


@BOTH
@RENDERED
def test_a_table_with_nothing_but_its_totals_keeps_them_in_place(item: Paper, dress: Dress) -> None:  # quirks 20, 78
    totals = {
        key: shown if not key.startswith("requests.") or key.endswith(".total") else ""
        for key, shown in item.figures.items()
    }
    bare = replace(item, figures=totals)
    assert_exact(record_of(bare, dress), bare)


def one_cell(item: Paper, shown: str = "0") -> Paper:
    """表三 with one value cell across its seven columns."""

    def change(_: int, row: tuple[SheetCell, ...]) -> list[SheetCell]:
        values = [cell for cell in row if cell.key is not None]
        return [cell for cell in row if cell.key is None] + ([SheetCell(shown, 1, 7)] if values else [])

    return with_rows(item, 3, change)


@BOTH
@RENDERED
def test_one_cell_across_the_seven_columns_is_nobodys_figure(item: Paper, dress: Dress) -> None:  # quirk 21
    lost = keys_of(item, "requests.")
    record = record_of(one_cell(item), dress)
    assert_never_wrong(record, without(item, lost), lost=set())
    assert "cells.unplaced" in rules(record)


def without_labels(item: Paper, *lost: int, blank: bool, gone: int | None = None) -> Paper:
    """表三 without spans and without the labels of some rows: blank cells stand in their place, or none."""

    def change(sheet: Sheet) -> list[Content]:
        rows = []
        for y, row in enumerate(expanded(sheet)):
            values = [cell for cell in sheet[y] if cell.key is not None]
            labels = [SheetCell(text) for text in row[:3]]
            if y in lost:
                labels = [SheetCell("")] * 3 if blank else []
            rows.append((*labels, *values) if values else tuple(SheetCell(text) for text in row))
        return [tuple(row for y, row in enumerate(rows) if y != gone)]

    return with_sheets(item, 3, change)


LABELLESS = pytest.mark.parametrize(("dress", "blank"), [(text, True), (text, False), (pipes, True)])


@BOTH
@LABELLESS
def test_rows_without_labels_count_where_the_form_has_as_many(item: Paper, dress: Dress, blank: bool) -> None:  # 22
    lost = without_labels(item, *range(7, 15), blank=blank)
    assert_exact(record_of(lost, dress), item)


@BOTH
@LABELLESS
def test_rows_without_labels_are_nobodys_where_one_is_gone(item: Paper, dress: Dress, blank: bool) -> None:  # 89
    lost = without_labels(item, *range(7, 15), blank=blank, gone=9)
    record = record_of(lost, dress)
    assert_never_wrong(record, without(item, keys_of(item, "requests.refused_")), lost=set())
    assert "cells.unplaced" in rules(record)


@BOTH
def test_tables_that_are_pictures_leave_their_sections_empty(item: Paper) -> None:  # quirk 23
    bare = item
    for number in (2, 3, 4):
        bare = with_sheets(bare, number, lambda _: [])
    record = record_of(bare)
    assert headings(record) == SIX
    assert (record.figures, record.template) == ({}, None)
    assert [found.row for found in record.findings if found.rule == "sections.empty"] == ["2", "3", "4"]


@BOTH
@RENDERED
@pytest.mark.parametrize(
    "title", ["第二十条  第({})项", "第二十条第({})项", "第二十条 第（{}）项", "第二十条第（ {} ）项"]
)
def test_a_block_title_may_hold_spaces_and_other_brackets(item: Paper, dress: Dress, title: str) -> None:  # quirk 24
    labels = {f"第二十条第（{number}）项": title.format(number) for number in ("一", "五", "六", "八")}
    assert_exact(record_of(relabelled(item, labels), dress), item)


@BOTH
@RENDERED
@pytest.mark.parametrize("shown", ["4", "43个。", "60", "0", "1283条"])
def test_a_total_added_below_the_table_is_read_from_its_own_cell(item: Paper, dress: Dress, shown: str) -> None:  # 25
    added = replace(item, figures={**item.figures, "disclosure.published.total": shown})
    assert_exact(record_of(added, dress), added)


def test_a_total_added_below_the_table_may_stand_in_a_cell_beside_its_label() -> None:  # quirk 25
    added = replace(OLD, figures={**OLD.figures, "disclosure.published.total": "43"})

    def change(_: int, row: tuple[SheetCell, ...]) -> list[SheetCell]:
        if row[0].key != "disclosure.published.total":
            return list(row)
        return [SheetCell(row[0].text.removesuffix("43"), 1, 2), SheetCell("43", 1, 2)]

    assert_exact(record_of(with_rows(added, 2, change)), added)


@BOTH
@RENDERED
def test_footnotes_behind_the_last_table_belong_to_its_section(item: Paper, dress: Dress) -> None:  # quirk 26
    notes = ("注：1.本表由办公室填写，没有发生的填“0”。", "2.三类内部事务信息的口径与上年一致。")
    noted = with_line(item, "五、", *notes, f"五、{HEADINGS[4]}")
    record = record_of(noted, dress)
    assert_exact(record, item)
    assert headings(record) == SIX
    assert record.sections[3].text == "\n".join(notes)


@BOTH
@pytest.mark.parametrize("dress", [text, pipes], ids=["text", "pipes"])
def test_a_blank_last_cell_stays_blank_beside_a_lone_number(item: Paper, dress: Dress) -> None:  # quirk 90
    blank = item.with_figures(requests__carried_out__total="")
    loose = with_sheets(blank, 3, lambda sheet: [sheet[:-1], "1", sheet[-1:]])
    record = record_of(loose, dress)
    assert_exact(record, blank)
    assert record.figures["requests.carried_out.total"].state is State.BLANK


@BOTH
def test_a_table_of_metadata_before_the_others_is_none_of_them(item: Paper) -> None:  # quirk 91
    fields = [
        ("名称", item.title),
        ("索引号", "990100/2024-00012"),
        ("发布机构", item.agency),
        ("公开日期", "2024-01-17"),
    ]
    rows = "".join(f"<tr><td>{name}</td><td>{escape(value)}</td></tr>" for name, value in fields)
    record = record_of(item, lambda paper: html(paper, body=f"<table>{rows}</table>{render.article(paper)}"))
    assert_exact(record, item)
    assert str(record.published_on) == "2024-01-17"


@BOTH
def test_labels_of_one_span_a_character_are_read_whole(item: Paper) -> None:  # quirk 93
    assert_exact(record_of(item, skin(render.word_cell)), item)


@BOTH
def test_labels_of_two_paragraphs_are_read_whole(item: Paper) -> None:  # quirk 93
    def markup(cell: SheetCell) -> str:
        half = len(cell.text) // 2 if cell.key is None else 0
        return f"<p></p><p>{escape(cell.text[:half])}</p><p>{escape(cell.text[half:])}</p>"

    assert_exact(record_of(item, skin(markup)), item)


@BOTH
def test_tables_in_a_script_are_read_where_the_page_has_none(item: Paper) -> None:  # quirk 95
    assert_exact(record_of(item, in_script), item)


@BOTH
@pytest.mark.parametrize("shown", [False, True], ids=["written only", "shown and written"])
def test_an_article_that_a_script_draws_is_read_once(item: Paper, shown: bool) -> None:  # gkmlpt
    written = json.dumps({"title": item.title, "content": render.article(item)}, ensure_ascii=False)
    script = f"<script>window._CONFIG={{SID:'1',DETAIL:{written.replace('<', chr(92) + 'u003C')}}};</script>"

    def page(_: Paper) -> str:
        return (
            f"<html><body><h1>{item.title}</h1><div>{render.article(item) if shown else ''}</div>{script}</body></html>"
        )

    record = record_of(item, page)
    assert_exact(record, item)
    assert [section.text.count(item.prose[1][0]) for section in record.sections if section.number == 1] == [1]


def test_spans_that_differ_from_row_to_row_do_not_move_the_values() -> None:  # quirk 95
    def change(_: int, row: tuple[SheetCell, ...]) -> list[SheetCell]:
        if len(row) != 4:
            return list(row)
        spans = (2, 1, 2, 1) if row[0].text == "信息内容" else (1, 2, 1, 2)
        return [replace(cell, colspan=span) for cell, span in zip(row, spans, strict=True)]

    assert_exact(record_of(with_rows(OLD, 2, change)), OLD)


def test_a_row_with_a_cell_too_few_gets_no_figures_it_cannot_place() -> None:
    keys = [f"requests.granted.{column}" for column in REQUEST_COLUMNS]

    def change(_: int, row: tuple[SheetCell, ...]) -> list[SheetCell]:
        return [cell for cell in row if cell.key != "requests.granted.research"]

    record: Record = record_of(with_rows(NEW, 3, change), text)
    assert_never_wrong(record, without(NEW, keys), lost=set())
    assert [found.row for found in record.findings if found.rule == "cells.unplaced"] == ["granted"]


@BOTH
def test_a_row_of_a_worksheet_whose_values_are_blank_is_a_row(item: Paper) -> None:
    rows = (
        "requests.refused_prohibited_by_law.",
        "requests.granted.",
        "disclosure.licensing.",
        "requests.carried_out.",
    )
    blank = replace(item, figures={**item.figures, **dict.fromkeys(keys_of(item, *rows), "")})
    assert_exact(record_of(blank, workbook), blank)
    misprinted = relabelled(blank, {"2.其他法律行政法规禁止公开": "2.其他法律行政止公开"})
    assert_exact(record_of(misprinted, workbook), blank)


@BOTH
def test_a_sentence_with_the_words_of_a_label_is_prose_in_a_worksheet_too(item: Paper) -> None:
    for dress in (workbook, wide_table):
        assert item.prose[1][2] in record_of(item, dress).sections[0].text
