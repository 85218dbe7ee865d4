"""What a finding rests on: exactly the cells its rule reads, of those the report prints."""

from __future__ import annotations

from dataclasses import replace

import pytest

from parser import Record, parse
from parser.checks import IDENTITIES, sides_of
from parser.forms import form
from parser.grounds import cells_of
from parser.record import Finding, Severity
from tests.papers.changes import in_section, printing
from tests.papers.indicators import indicator_sheet, old_paper, with_table
from tests.papers.paper import Paper, paper
from tests.papers.render import html

NEW = paper("清湾市柳河区水利局", 2023, busy=20)
OLD = paper("清湾市柳河区水利局", 2020, busy=20)


def record_of(item: Paper, **figures: str) -> Record:
    changed = {key.replace("__", "."): value for key, value in figures.items()}
    return parse(html(replace(item, figures={**item.figures, **changed})).encode())


def named(record: Record, rule: str, **place: str) -> Finding:
    return next(
        found
        for found in record.findings
        if found.rule == rule and all(getattr(found, name) == value for name, value in place.items())
    )


def column(name: str, *rows: str) -> tuple[str, ...]:
    return tuple(f"requests.{row}.{name}" for row in rows)


@pytest.mark.parametrize(
    ("item", "figures", "rule", "place", "cells"),
    [
        (
            NEW, {"requests__carried_out__total": "77"}, "requests.balance", {"column": "total"},
            column("total", "new", "carried_in", "total", "carried_out"),
        ),
        (
            NEW, {"requests__total__business": "77"}, "requests.balance", {"column": "business"},
            column("business", "new", "carried_in", "total", "carried_out"),
        ),
        (
            NEW, {"requests__granted__total": "77"}, "requests.columns", {"row": "granted"},
            tuple(
                f"requests.granted.{name}"
                for name in ("total", "natural_person", "business", "research", "social_organisation", "legal_service", "other")
            ),
        ),
        (
            NEW, {"review__reconsideration__total": "77"}, "review.total", {"row": "reconsideration"},
            tuple(f"review.reconsideration.{name}" for name in ("total", "upheld", "corrected", "other", "pending")),
        ),
        (
            NEW, {"disclosure__rules__made": "9", "disclosure__rules__repealed": "0", "disclosure__rules__in_force": "0"}, "disclosure.stock", {"row": "rules"},
            ("disclosure.rules.made", "disclosure.rules.repealed", "disclosure.rules.in_force"),
        ),
        (
            OLD, {"disclosure__fees__change": "-99"}, "disclosure.stock", {"row": "fees"},
            ("disclosure.fees.previous_items", "disclosure.fees.change"),
        ),
        (NEW, {"requests__granted__other": ""}, "cells.blank", {}, ("requests.granted.other",)),
        (NEW, {"requests__granted__other": "若干"}, "cells.not_a_number", {}, ("requests.granted.other",)),
        (NEW, {"requests__granted__other": "-3"}, "cells.not_a_number", {}, ("requests.granted.other",)),
        (NEW, {"disclosure__rules__made": "3"}, "authority.rules", {"column": "made"}, ("disclosure.rules.made",)),
    ],
)  # fmt: skip
def test_a_finding_rests_on_the_cells_its_rule_reads(
    item: Paper, figures: dict[str, str], rule: str, place: dict[str, str], cells: tuple[str, ...]
) -> None:
    record = record_of(item, **figures)
    assert cells_of(record, named(record, rule, **place)) == cells


@pytest.mark.parametrize("item", [OLD, NEW], ids=["2019", "2021"])
def test_the_results_are_those_of_the_reports_own_form(item: Paper) -> None:
    record = record_of(item, requests__total__other="99")
    cells = cells_of(record, named(record, "requests.results", column="other"))
    assert cells[0] == "requests.total.other"
    assert {"requests.granted.other", "requests.not_processed_petition.other"} < {*cells}
    assert all(key in record.figures and key.endswith(".other") for key in cells)
    assert len(cells) == {"2019": 20, "2021": 22}[str(record.template)]  # 总计 and the results of 表三


def test_every_identity_that_fails_rests_on_cells_that_say_so() -> None:
    record = record_of(
        NEW, requests__total__total="500", review__litigation_direct__total="600", requests__granted__business="70"
    )
    failed = [found for found in record.findings if found.severity is Severity.ERROR]
    assert {found.rule for found in failed} == {identity.rule for identity in IDENTITIES}
    for found in failed:
        numbers = [record.figures[key].value for key in cells_of(record, found)]
        assert None not in numbers
        assert found.found in numbers or found.rule == "requests.balance"


def test_every_cell_of_every_identity_is_of_the_form() -> None:
    record = record_of(NEW)
    templates = {name: table.template for name, table in record.tables.items()}
    for identity in IDENTITIES:
        for sides in sides_of(identity, templates):
            assert {*sides.left, *sides.right} <= record.figures.keys()


@pytest.mark.parametrize(
    ("sentence", "cells"),
    [
        ("全年收到政府信息公开申请99件。", {"requests.new.total"}),
        ("结转下年度继续办理99件。", {"requests.carried_out.total"}),
        ("制发行政规范性文件99件。", {"disclosure.normative_documents.made"}),
    ],
)
def test_a_contradiction_rests_on_the_cells_the_prose_speaks_of(sentence: str, cells: set[str]) -> None:
    record = parse(html(in_section(NEW, 1, sentence)).encode())
    assert {*cells_of(record, named(record, "narrative.mismatch"))} == cells


def test_a_contradiction_may_rest_on_several_rows() -> None:
    record = parse(html(in_section(printing(NEW, requests="0"), 1, "无法提供99件。")).encode())
    cells = cells_of(record, named(record, "narrative.mismatch"))
    assert len(cells) == 3
    assert all(key.startswith("requests.unavailable_") and key.endswith(".total") for key in cells)


@pytest.mark.parametrize("year", [2012, 2016])
def test_a_sum_of_the_older_forms_rests_on_the_total_and_its_parts(year: int) -> None:
    item = old_paper(year=year)
    table = next(iter(item.figures)).split(".")[0]
    clean = parse(html(with_table(item, indicator_sheet(item))).encode())
    total, parts = next(
        (total, parts)
        for total, parts in form(table).sums
        if all(f"{table}.{row}.value" in clean.figures for row in (total, *parts))
    )
    wrong = replace(item, figures={**item.figures, f"{table}.{total}.value": "99999"})
    record = parse(html(with_table(wrong, indicator_sheet(wrong))).encode())
    assert cells_of(record, named(record, "statistics.sums", row=total)) == tuple(
        f"{table}.{row}.value" for row in (total, *parts)
    )


def finding(rule: str, key: str) -> Finding:
    table, row, name = key.split(".")
    return Finding(rule=rule, severity=Severity.WARNING, message="", table=table, row=row, column=name)


@pytest.mark.parametrize(
    ("found", "cells"),
    [
        (finding("chain.requests", "requests.carried_in.total"), ("requests.carried_in.total",)),
        (
            finding("chain.normative_documents", "disclosure.rules.in_force"),
            ("disclosure.rules.in_force", "disclosure.rules.made", "disclosure.rules.repealed"),
        ),
        (finding("chain.open", "requests.carried_out.total"), ("requests.carried_out.total",)),
        (finding("jump", "requests.new.total"), ("requests.new.total",)),
        (finding("jump", "requests.no_such_row.total"), ()),
        (Finding(rule="cells.missing", severity=Severity.WARNING, message="", table="review"), ()),
        (Finding(rule="sections.missing", severity=Severity.WARNING, message="", row="3"), ()),
        (Finding(rule="title.missing", severity=Severity.INFO, message=""), ()),
        (Finding(rule="requests.balance", severity=Severity.ERROR, message=""), ()),
    ],
)
def test_a_finding_between_years_rests_on_this_reports_cells_and_one_about_no_cell_on_none(
    found: Finding, cells: tuple[str, ...]
) -> None:
    assert cells_of(record_of(NEW), found) == cells
