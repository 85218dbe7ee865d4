"""What the cells of real tables print (domain: section 8, quirks 14, 29 to 32, 76 to 80), read from whole pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from parser.record import Number, Result, State, dump_json
from tests.papers.agreement import assert_exact, record_of, rules
from tests.papers.changes import keys_of, printing, relabelled
from tests.papers.paper import REQUEST_COLUMNS, Paper, paper
from tests.papers.render import html, pipes, text

OLD = paper("清湾市柳河区城市管理局", 2019, busy=14)
NEW = paper("清湾市教育局", 2022, busy=25)
ITEMS = {"2019": OLD, "2021": NEW}
BOTH = pytest.mark.parametrize("item", ITEMS.values(), ids=ITEMS.keys())
RENDERED = pytest.mark.parametrize("dress", [html, text, pipes], ids=["html", "text", "pipes"])
Dress = Callable[[Paper], str]
REFUSED = "requests.granted.natural_person"


@RENDERED
@pytest.mark.parametrize(
    ("shown", "value"),
    [
        ("1,234", 1234),  # quirk 32
        ("59,395", 59395),
        ("１２３", 123),
        ("0件", 0),
        ("12件", 12),
        ("20230415", 20230415),
        ("1283746", 1283746),
        ("7 ", 7),
        ("\u30000", 0),
        ("3.", 3),
    ],
)
def test_a_number_is_read_however_it_is_written(dress: Dress, shown: str, value: int) -> None:
    item = replace(NEW, figures={**NEW.figures, REFUSED: shown})
    figure = record_of(item, dress).figures[REFUSED]
    assert (figure.value, figure.state, figure.unit) == (value, State.NUMBER, "件")
    assert_exact(record_of(item, dress), item)


@RENDERED
@pytest.mark.parametrize("shown", ["/", "-", "—", "——", "无", "－", "\\"])
def test_a_stroke_is_a_dash_and_neither_blank_nor_zero(dress: Dress, shown: str) -> None:  # quirk 32
    item = replace(NEW, figures={**NEW.figures, REFUSED: shown})
    record = record_of(item, dress)
    assert (record.figures[REFUSED].state, record.figures[REFUSED].value) == (State.DASH, None)
    assert record.figures[REFUSED].text == shown
    assert_exact(record, item)


@RENDERED
@pytest.mark.parametrize("shown", ["减4", "空", "约5", "? 0", "见附件", "3+2", "若干", "数件", "零"])
def test_words_in_a_cell_are_text_and_no_number_is_made_of_them(dress: Dress, shown: str) -> None:  # quirks 14, 30, 32
    item = OLD.with_figures(disclosure__licensing__change=shown)
    record = record_of(item, dress)
    figure = record.figures["disclosure.licensing.change"]
    assert (figure.value, figure.state, figure.text) == (None, State.TEXT, shown)
    assert_exact(record, item)
    assert "cells.not_a_number" in rules(record)


@RENDERED
@pytest.mark.parametrize(("shown", "value"), [("+451", 451), ("-2147", -2147), ("+1", 1), ("－3", -3), ("−3", -3)])
def test_a_signed_change_keeps_its_sign(dress: Dress, shown: str, value: int) -> None:  # quirk 30
    item = OLD.with_figures(disclosure__licensing__previous_items="2359", disclosure__licensing__change=shown)
    record = record_of(item, dress)
    assert record.figures["disclosure.licensing.change"].value == value
    assert_exact(record, item)
    assert "cells.not_a_number" not in rules(record)


def test_a_count_below_zero_is_found() -> None:
    item = replace(NEW, figures={**NEW.figures, REFUSED: "-2"})
    record = record_of(item)
    assert record.figures[REFUSED].value == -2
    assert "cells.not_a_number" in rules(record)


@RENDERED
@pytest.mark.parametrize(
    ("shown", "value", "unit"),
    [
        ("117万元", 117, "万元"),  # quirk 31
        ("21997万元", 21997, "万元"),
        ("251000元", 251000, "元"),
        ("52.15", Decimal("52.15"), None),  # the form of 2019 names no unit
        ("8040", 8040, None),
        ("0", 0, None),
    ],
)
def test_an_amount_keeps_its_unit_and_is_never_converted(
    dress: Dress, shown: str, value: Number, unit: str | None
) -> None:
    item = OLD.with_figures(disclosure__procurement__amount=shown)
    figure = record_of(item, dress).figures["disclosure.procurement.amount"]
    assert (figure.value, figure.unit, figure.text) == (value, unit, shown)


@RENDERED
@pytest.mark.parametrize("shown", ["59237.2449", "7730.28", "12.50", "0.0001"])
def test_decimals_are_exact_to_their_last_digit(dress: Dress, shown: str) -> None:  # quirk 80
    item = NEW.with_figures(disclosure__fees__amount=shown)
    record = record_of(item, dress)
    figure = record.figures["disclosure.fees.amount"]
    assert (figure.value, str(figure.value), figure.unit) == (Decimal(shown), shown, "万元")
    assert f'"value": {shown},' in record.to_json()
    assert record.from_json(record.to_json()) == record
    assert dump_json({"n": Decimal(shown)}) == f'{{"n": {shown}}}'


@RENDERED
@pytest.mark.parametrize(
    ("shown", "value", "note"),
    [
        ("22（其中修订 16 件）", 22, "其中修订16件"),  # quirk 79
        ("4（含自然失效2件）", 4, "含自然失效2件"),
        ("3件(含上年结转1件)", 3, "含上年结转1件"),
    ],
)
def test_a_remark_beside_a_number_is_its_note(dress: Dress, shown: str, value: int, note: str) -> None:
    item = NEW.with_figures(disclosure__normative_documents__made=shown, disclosure__normative_documents__in_force="99")
    record = record_of(item, dress)
    figure = record.figures["disclosure.normative_documents.made"]
    assert (figure.value, figure.state, figure.note) == (value, State.NUMBER, note)
    assert figure.text.replace(" ", "") == shown.replace(" ", "")
    assert_exact(record, item)


@RENDERED
@BOTH
@pytest.mark.parametrize(
    ("label", "misprint"),
    [
        ("1.信访举报投诉类申请", "1.信访举报投诉诉求类申请"),  # quirk 29
        ("1.信访举报投诉类申请", "1.信访、举报、投诉类申请"),
        ("3.补正后申请内容仍不明确", "3.䃼正后申请内容仍不明确"),
        (
            "（二）部分公开（区分处理的，只计这一情形，不计其他情形）",
            "（二）部分公开(区分处理的,只记这一情形,不计其他情形)",
        ),
        ("2.其他法律行政法规禁止公开", "2.其他法律行政止公开"),  # quirk 76
        ("3.危及“三安全一稳定”", '3.危及"三安全一稳定"'),
        ("3.危及“三安全一稳定”", "3.危及「三安全一稳定」"),
        ("3.危及“三安全一稳定”", "3．危及‘三安全一稳定’"),
        ("四、结转下年度继续办理", "四、结转下一年度继续办理"),
        ("（七）总计", "(七) 总 计"),
        ("（一）予以公开", "(一)予以公开"),
        ("二、上年结转政府信息公开申请数量", "2、上年结转政府信息公开申请数量"),
        ("自然人", "自 然 人"),
        ("总计", "总\u3000计"),
        ("结果维持", "结果  维持"),
    ],
)
def test_a_misprinted_label_is_the_row_it_stands_for(item: Paper, dress: Dress, label: str, misprint: str) -> None:
    assert_exact(record_of(relabelled(item, {label: misprint}), dress), item)


@RENDERED
@pytest.mark.parametrize(
    ("item", "label", "other"), [(NEW, "行政规范性文件", "规范性文件"), (OLD, "规范性文件", "行政规范性文件")]
)
def test_normative_documents_may_bear_the_other_forms_name(item: Paper, dress: Dress, label: str, other: str) -> None:
    record = record_of(relabelled(item, {label: other}), dress)
    assert_exact(record, item)
    assert record.template == item.template


@RENDERED
@BOTH
def test_a_label_that_is_on_no_form_gets_no_key_and_is_named(item: Paper, dress: Dress) -> None:
    record = record_of(relabelled(item, {"6.属于四类过程性信息": "6.属于商业秘密事项清单"}), dress)
    lost = set(keys_of(item, "requests.refused_deliberative."))
    assert item.figures.keys() - record.figures.keys() == lost
    assert "labels.unknown" in rules(record)


@RENDERED
@BOTH
def test_two_rows_in_each_others_place_are_told_by_their_labels(item: Paper, dress: Dress) -> None:
    swapped = relabelled(item, {"2.重复申请": "3.要求提供公开出版物", "3.要求提供公开出版物": "2.重复申请"})
    expected = dict(item.figures)
    for column in REQUEST_COLUMNS:
        one, other = (f"requests.not_processed_{row}.{column}" for row in ("duplicate", "publication"))
        expected[one], expected[other] = item.figures[other], item.figures[one]
    assert_exact(record_of(swapped, dress), replace(item, figures=expected))


def test_columns_left_blank_stay_blank_and_their_sums_are_not_judged() -> None:  # quirks 77, 78
    blank = {key: "" for key in keys_of(NEW, "requests.") if not key.endswith((".natural_person", ".total"))}
    item = replace(NEW, figures={**NEW.figures, **blank})
    record = record_of(item)
    assert_exact(record, item)
    assert sum(figure.state is State.BLANK for figure in record.figures.values()) == 125
    columns = [check for check in record.checks if check.rule == "requests.columns"]
    assert {check.result for check in columns} == {Result.UNJUDGED}
    judged = {check.column: check.result for check in record.checks if check.rule == "requests.balance"}
    assert (judged["natural_person"], judged["business"]) == (Result.HOLDS, Result.UNJUDGED)


def test_an_identity_over_blanks_says_whether_it_would_hold_with_zeros() -> None:  # quirk 77
    item = replace(NEW, figures={key: "" if shown == "0" else shown for key, shown in NEW.figures.items()})
    unjudged = [check for check in record_of(item).checks if check.result is Result.UNJUDGED]
    assert unjudged
    assert {check.holds_if_blank_is_zero for check in unjudged} == {True}


def test_an_identity_over_a_dash_is_not_judged_at_all() -> None:
    item = printing(NEW, requests__refused_deliberative="/")
    checks = [check for check in record_of(item).checks if check.rule == "requests.results"]
    assert {(check.result, check.holds_if_blank_is_zero) for check in checks} == {(Result.UNJUDGED, None)}


def test_blank_cells_are_found_one_by_one() -> None:  # quirk 20: one blank cell of 行政强制
    item = NEW.with_figures(disclosure__coercion__decisions="")
    found = [finding for finding in record_of(item).findings if finding.rule == "cells.blank"]
    assert [(finding.table, finding.row, finding.column) for finding in found] == [
        ("disclosure", "coercion", "decisions")
    ]
