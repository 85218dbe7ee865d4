"""Contents that contradict each other are read as printed and reported (domain: section 8, quirks 33 to 46, 71 to 75)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from parser import Record
from parser.record import Finding, Severity
from parser.tables.requests import all_zero
from tests.papers.agreement import assert_exact, places, record_of, rules
from tests.papers.changes import in_section, printing, with_line
from tests.papers.paper import Paper, paper
from tests.papers.render import html, pipes, text

OLD = paper("清湾市柳河区民政局", 2020, busy=20)
NEW = paper("清湾市柳河区财政局", 2023, busy=20)
TOWN = paper("大坪镇人民政府", 2023, busy=0)
RENDERED = pytest.mark.parametrize("dress", [html, text, pipes], ids=["html", "text", "pipes"])
Dress = Callable[[Paper], str]


def errors(record: Record) -> list[tuple[str, str | None]]:
    return [(found.rule, found.column or found.row) for found in record.findings if found.severity is Severity.ERROR]


def zero(item: Paper, *tables: str) -> Paper:
    return printing(item, **dict.fromkeys(tables, "0"))


@RENDERED
@pytest.mark.parametrize("item", [OLD, NEW], ids=["2019", "2021"])
def test_a_report_whose_identities_hold_has_no_error(item: Paper, dress: Dress) -> None:
    record = record_of(item, dress)
    assert errors(record) == []
    assert {check.rule for check in record.checks} == {
        "requests.balance", "requests.results", "requests.columns", "review.total"
    }  # fmt: skip


@RENDERED
def test_a_broken_balance_is_an_error_and_the_figures_stay_as_printed(dress: Dress) -> None:  # quirk 33
    item = zero(NEW, "requests").with_figures(
        requests__new__legal_service="4", requests__new__total="4",
        requests__granted__legal_service="4", requests__granted__total="4",
        requests__total__legal_service="8", requests__total__total="8",
    )  # fmt: skip
    record = record_of(item, dress)
    assert_exact(record, item)
    assert errors(record) == [
        (rule, column) for rule in ("requests.balance", "requests.results") for column in ("legal_service", "total")
    ]
    balance = next(found for found in record.findings if found.rule == "requests.balance")
    assert (balance.table, balance.expected, balance.found) == ("requests", 8, 4)


@RENDERED
def test_totals_left_at_zero_are_errors_and_stay_zero(dress: Dress) -> None:  # quirk 75
    item = zero(NEW, "review").with_figures(
        review__reconsideration__upheld="10", review__reconsideration__corrected="1",
        review__litigation_after_reconsideration__upheld="5",
    )  # fmt: skip
    record = record_of(item, dress)
    assert_exact(record, item)
    assert errors(record) == [("review.total", "reconsideration"), ("review.total", "litigation_after_reconsideration")]


def test_a_row_whose_columns_do_not_add_up_is_an_error_in_its_row() -> None:
    item = zero(NEW, "requests").with_figures(requests__refused_third_party__business="2")
    assert ("requests.columns", "refused_third_party") in errors(record_of(item))


def mismatch(record: Record) -> list[Finding]:
    return [found for found in record.findings if found.rule == "narrative.mismatch"]


RECEIVED = zero(NEW, "requests", "review").with_figures(
    requests__new__natural_person="3", requests__new__total="3",
    requests__granted__natural_person="2", requests__granted__total="2",
    requests__unavailable_not_held__natural_person="1", requests__unavailable_not_held__total="1",
    requests__total__natural_person="3", requests__total__total="3",
    review__reconsideration__upheld="2", review__reconsideration__total="2",
    disclosure__normative_documents__made="4", disclosure__normative_documents__repealed="0",
    disclosure__normative_documents__in_force="32",
)  # fmt: skip


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        ("全年收到政府信息公开申请2件。", ("new", 3, 2)),  # quirk 35
        ("本年新收政府信息公开申请5件，均已办结。", ("new", 3, 5)),
        ("本年度未收到政府信息公开申请。", ("new", 3, 0)),
        ("上年结转政府信息公开申请1件。", ("carried_in", 0, 1)),
        ("结转下年度继续办理2件。", ("carried_out", 0, 2)),
        ("予以公开1件。", ("granted", 2, 1)),
        ("无法提供2件。", ("unavailable", 1, 2)),  # quirk 36
        ("行政复议3件，均获维持。", ("reconsideration", 2, 3)),
        ("制发行政规范性文件0件。", ("normative_documents", 4, 0)),  # quirk 34
    ],
)
def test_prose_that_contradicts_the_table_is_a_warning(sentence: str, found: tuple[str, int, int]) -> None:
    record = record_of(in_section(RECEIVED, 1, sentence))
    assert [(item.row, item.expected, item.found) for item in mismatch(record)] == [found]
    assert {item.severity for item in mismatch(record)} == {Severity.WARNING}
    assert sentence.split("，", maxsplit=1)[0].rstrip("。") in mismatch(record)[0].message


@pytest.mark.parametrize(
    "sentence",
    [
        "全年收到政府信息公开申请3件，答复3件，予以公开2件，无法提供1件。",
        "行政复议2件，均获维持。",
        "制发行政规范性文件4件。",
        "全区累计收到政府信息公开申请96件。",  # quirk 71: figures of others
        "2022年收到政府信息公开申请9件。",  # another year's
        "收到政府信息公开申请较上年增长8件。",
        "主动公开信息  条，收到群众来电260余",  # quirk 44
        "专栏发布信息415条通知公告307不动产",  # quirk 50
        "部分地区还探索了新的做法，一些地区运用新技术提升检索效率。",  # quirk 43
        "依照规定，年度报告应于3月31日前公布。",  # quirk 45
    ],
)
def test_prose_that_agrees_or_speaks_of_something_else_is_no_warning(sentence: str) -> None:
    record = record_of(in_section(RECEIVED, 1, sentence))
    assert mismatch(record) == []
    assert_exact(record, RECEIVED)
    assert record.sections[0].text == sentence.replace("\u3000", " ").replace("  ", " ")


@pytest.mark.parametrize("agency", ["大坪镇人民政府", "柳河区平渡街道办事处", "白杨苏木人民政府", "清湾市柳河区司法局"])
def test_a_township_or_county_department_that_reports_rules_is_a_warning(agency: str) -> None:  # quirk 37
    item = replace(printing(zero(TOWN, "disclosure"), disclosure__rules="6"), agency=agency, signed_by=agency)
    item = replace(item, title=f"{agency}2023年政府信息公开工作年度报告")
    record = record_of(item)
    assert places(record, "authority.rules") == {"made", "repealed", "in_force"}
    assert record.figures["disclosure.rules.in_force"].value == 6


@pytest.mark.parametrize("agency", ["清湾市人民政府", "清湾省交通运输厅", "国家清湾局"])
def test_a_body_that_may_issue_rules_is_no_warning(agency: str) -> None:
    item = replace(printing(TOWN, disclosure__rules="6"), agency=agency, signed_by=agency)
    item = replace(item, title=f"{agency}2023年政府信息公开工作年度报告")
    assert "authority.rules" not in rules(record_of(item))


def test_decisions_filled_with_the_stock_stay_as_printed() -> None:  # quirk 38
    item = OLD.with_figures(
        disclosure__licensing__previous_items="79",
        disclosure__licensing__change="-71",
        disclosure__licensing__decisions="8",
    )
    record = record_of(item)
    assert_exact(record, item)
    assert "disclosure.stock" not in rules(record)


def test_a_stock_below_zero_is_a_warning() -> None:
    item = OLD.with_figures(disclosure__licensing__previous_items="12", disclosure__licensing__change="-13")
    assert places(record_of(item), "disclosure.stock") == {"licensing"}


def test_fewer_documents_in_force_than_made_is_a_warning() -> None:
    item = NEW.with_figures(
        disclosure__normative_documents__made="9", disclosure__normative_documents__repealed="1",
        disclosure__normative_documents__in_force="7",
    )  # fmt: skip
    assert places(record_of(item), "disclosure.stock") == {"normative_documents"}


@pytest.mark.parametrize(
    ("section", "sentence", "stale"),
    [
        (5, "2023年，我局将继续完善专栏的检索。", True),  # quirk 39: the plan names the report year
        (5, "下一步，2023年将开展两次抽查。", True),
        (5, "2024年将开展两次抽查。", False),
        (5, "2023年发现的问题有两项。", False),
        (1, "2022年，我局按期更新专栏。", True),
        (1, "2023年，我局按期更新专栏。", False),
    ],
)
def test_a_year_that_does_not_fit_is_a_warning(section: int, sentence: str, stale: bool) -> None:
    record = record_of(in_section(NEW, section, sentence))
    assert ("narrative.stale_year" in rules(record)) is stale
    assert record.report_year == 2023


@pytest.mark.parametrize(
    ("item", "cited", "outdated"),
    [
        (NEW, "国办公开办函〔2019〕60号", True),  # quirk 40
        (NEW, "国办公开办函【2019】60号", True),
        (NEW, "国办公开办函[2019]60号", True),
        (NEW, "国办公开办函〔2021〕30号", False),
        (NEW, "国办公开函〔2021〕30号", False),  # mistyped
        (NEW, "国令第711号", False),
        (OLD, "国办公开办函〔2019〕60号", False),
    ],
)
def test_a_superseded_notice_over_newer_tables_is_said(item: Paper, cited: str, outdated: bool) -> None:
    record = record_of(replace(item, preface=f"本报告依照《格式》（{cited}）编写。" + item.preface))
    assert ("template.outdated_reference" in rules(record)) is outdated
    assert record.template == item.template
    assert record.report_year == item.year


@pytest.mark.parametrize(
    "sentence",
    [
        "申请人可以向清湾市政府及市政府办公室提出申请。",  # quirk 41: another agency's text
        "现公布2023年清湾市民政局政府信息公开工作情况。",
        "我局全年更新专栏六次。",
        "财政局政府紧紧围绕全区安排，不畅通监督渠道。",  # quirk 42: scars of search and replace
    ],
)
def test_text_of_another_agency_does_not_change_whose_report_it_is(sentence: str) -> None:
    record = record_of(in_section(NEW, 1, sentence))
    assert record.publisher == NEW.agency
    assert record.sections[0].text == sentence


@pytest.mark.parametrize(
    ("printed", "field", "kept"),
    [
        ("邮箱：562170318qq.com", "email", "562170318qq.com"),  # quirk 46: what was published, broken or not
        ("网址：http:// /xxgk.qingwan.example.cn/，邮编：130000", "postcode", "130000"),
        ("联系电话：0432-62010888", "phone", "0432-62010888"),
        ("地址：清湾市临江大道８号", "address", "清湾市临江大道８号"),
    ],
)
def test_broken_contact_data_is_kept_as_published(printed: str, field: str, kept: str) -> None:
    record = record_of(replace(NEW, preface=f"如有疑问，请联系办公室（{printed}）。"))
    assert getattr(record.contact, field) == kept


def test_an_all_zero_report_breaks_nothing_and_proves_nothing() -> None:  # quirk 72
    item = zero(TOWN, "disclosure", "requests", "review")
    item = with_line(item, "（二）依申请公开", "（二）依申请公开。未收到政府信息公开申请。")
    record = record_of(item)
    assert_exact(record, item)
    assert record.findings == ()
    assert all_zero(record.figures)


@RENDERED
def test_two_forms_in_one_report_are_told_table_by_table(dress: Dress) -> None:  # quirk 74
    old = paper(NEW.agency, 2023, template="2019", busy=20)
    figures = {key: shown for key, shown in NEW.figures.items() if not key.startswith("requests.")}
    figures |= {key: shown for key, shown in old.figures.items() if key.startswith("requests.")}
    item = with_line(
        replace(NEW, figures=figures, requests_template="2019"), "（二）依申请公开", "（二）依申请公开。按期办理。"
    )
    record = record_of(item, dress)
    assert_exact(record, item)
    assert len(record.figures) == 10 + 161 + 15
    assert record.template == "2021"
    assert {name: table.template for name, table in record.tables.items()} == {
        "disclosure": "2021", "requests": "2019", "review": "2019"
    }  # fmt: skip
    assert errors(record) == []


@RENDERED
def test_the_other_mixture_of_forms_is_told_too(dress: Dress) -> None:  # quirk 74
    new = paper(OLD.agency, 2020, template="2021", busy=20)
    figures = {key: shown for key, shown in OLD.figures.items() if not key.startswith("requests.")}
    figures |= {key: shown for key, shown in new.figures.items() if key.startswith("requests.")}
    record = record_of(item := replace(OLD, figures=figures, requests_template="2021"), dress)
    assert_exact(record, item)
    assert (record.template, record.tables["requests"].template) == ("2019", "2021")
