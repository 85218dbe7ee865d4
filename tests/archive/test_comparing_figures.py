from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.comparing.equivalents import FORMS, Relation, equivalents, lines
from archive.comparing.figures import NEW, FigureRow, Printed, figure_rows
from archive.comparing.labels import keys_of, label, order
from archive.comparing.years import YearRow, year_rows
from parser.record import Figure, Record, State, Table

SIX = ("disclosure", "requests", "review")
NEWNESS = {"2019": SIX, "2021": SIX, "2014": ("statistics_2014",), "2008": ("statistics_2008",)}


def figure(text: str, unit: str | None = "件") -> Figure:
    known = {"": State.BLANK, "/": State.DASH}
    if text in known:
        return Figure(value=None, text=text, state=known[text], unit=unit)
    try:
        number = Decimal(text)
    except ArithmeticError:
        return Figure(value=None, text=text, state=State.TEXT, unit=unit)
    whole = number == number.to_integral_value() and "." not in text
    return Figure(value=int(number) if whole else number, text=text, state=State.NUMBER, unit=unit)


def printed(
    template: str, cells: Mapping[str, str], *, tables: dict[str, str] | None = None, unit: str | None = "件"
) -> Printed:
    """A report on a form that prints these cells."""
    figures = {key: figure(text, unit) for key, text in cells.items()}
    forms = dict.fromkeys(NEWNESS[template], template) | (tables or {})
    return Printed(
        Record(template=template, tables={name: Table(template=one) for name, one in forms.items()}, figures=figures)
    )


def three(text: str) -> dict[str, str]:
    """The three rows of 其他处理."""
    return {f"requests.other_{name}.total": text for name in ("uncorrected", "unpaid", "else")}


def rows(before: Printed, after: Printed) -> dict[str, FigureRow]:
    found = list(figure_rows(before, after))
    assert len({row.key for row in found}) == len(found)
    return {row.key: row for row in found}


def one(before: str, after: str, key: str = "requests.new.total") -> FigureRow:
    return rows(printed("2021", {key: before}), printed("2021", {key: after}))[key]


@pytest.mark.parametrize(
    ("before", "after", "change", "percent", "said"),
    [
        ("21", "30", "9", "42.9", ()),
        ("30", "21", "-9", "-30.0", ()),
        ("3", "3", "0", "0.0", ()),
        ("0", "5", "5", None, (NEW,)),
        ("0", "0", "0", None, ()),
        ("5", "0", "-5", "-100.0", ()),
        ("12.5", "59237.2449", "59224.7449", "473798.0", ()),
        ("", "5", None, None, ("before: blank",)),
        ("0", "", None, None, ("after: blank",)),
        ("", "0", None, None, ("before: blank",)),
        ("/", "", None, None, ("before: a dash", "after: blank")),
        ("5", "若干", None, None, ("after: no number",)),
        ("9" * 40, "1" + "0" * 40, "1", "0.0", ()),
        ("1", "9" * 400, str(int("9" * 400) - 1), None, ()),
    ],
)
def test_a_change_is_computed_from_numbers_only_and_a_percent_from_what_is_above_0(
    before: str, after: str, change: str | None, percent: str | None, said: tuple[str, ...]
) -> None:
    row = one(before, after)
    assert (None if row.change is None else str(row.change), row.said) == (change, said)
    assert row.percent == (None if percent is None else Decimal(percent))


def test_what_is_not_printed_is_neither_0_nor_blank() -> None:
    row = rows(printed("2021", {"requests.new.total": "0"}), printed("2021", {"requests.carried_in.total": "0"}))[
        "requests.new.total"
    ]
    assert (row.after, row.change, row.said, row.relation, row.differs) == (
        None,
        None,
        ("after: not printed",),
        Relation.SAME,
        True,
    )


def test_an_increase_or_decrease_has_no_percent() -> None:
    row = rows(
        printed("2019", {"disclosure.licensing.change": "5"}), printed("2019", {"disclosure.licensing.change": "9"})
    )
    assert (row["disclosure.licensing.change"].change, row["disclosure.licensing.change"].percent) == (4, None)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [("万元", "元", "units differ: 万元 and 元"), ("", "万元", "units differ: none said and 万元")],
)
def test_figures_of_two_units_are_said_to_be_so_and_have_no_change(before: str, after: str, said: str) -> None:
    key = "disclosure.procurement.amount"
    found = rows(printed("2019", {key: "117"}, unit=before or None), printed("2019", {key: "251000"}, unit=after))
    row = found["disclosure.procurement.amount"]
    assert (row.change, row.percent, row.said) == (None, None, (said,))


def test_the_one_row_of_2019_is_the_sum_of_the_three_of_2021() -> None:
    parts = {
        f"requests.other_{name}.total": text for name, text in (("uncorrected", "2"), ("unpaid", "1"), ("else", "4"))
    }
    for before, after, change in (
        (printed("2019", {"requests.other_handling.total": "5"}), printed("2021", parts), 2),
        (printed("2021", parts), printed("2019", {"requests.other_handling.total": "5"}), -2),
    ):
        found = rows(before, after)
        row = found["requests.other_handling.total"]
        assert (row.relation, row.change) == (Relation.SUM, change)
        whole = row.after if change > 0 else row.before
        assert whole is not None
        assert (whole.value, whole.text) == (7, "2 + 1 + 4")
        assert {found[key].relation for key in parts} == {Relation.PART}


@pytest.mark.parametrize(
    ("missing", "text"), [("", "2 + (blank) + 4"), ("/", "2 + / + 4"), (None, "2 + (not printed) + 4")]
)
def test_a_sum_with_a_part_that_is_no_number_is_no_number(missing: str | None, text: str) -> None:
    parts = {"requests.other_uncorrected.total": "2", "requests.other_else.total": "4"}
    if missing is not None:
        parts["requests.other_unpaid.total"] = missing
    row = rows(printed("2019", {"requests.other_handling.total": "6"}), printed("2021", parts))[
        "requests.other_handling.total"
    ]
    assert row.after is not None
    assert (row.after.value, row.after.text, row.change, row.differs) == (None, text, None, True)


def test_a_sum_that_comes_to_the_same_does_not_differ() -> None:
    parts = three("0")
    found = rows(printed("2019", {"requests.other_handling.total": "0"}), printed("2021", parts))
    assert not found["requests.other_handling.total"].differs


NEAR = [
    ("2019", "disclosure.rules.made", "2021", "disclosure.rules.made", "制发"),
    ("2019", "disclosure.normative_documents.total_disclosed", "2021", "disclosure.normative_documents.in_force", "in force"),
    ("2019", "disclosure.fees.previous_items", "2021", "disclosure.fees.amount", "万元"),
    ("2014", "statistics_2014.received.value", "2019", "requests.new.total", "carried over"),
    ("2014", "statistics_2014.received.value", "2021", "requests.new.total", "carried over"),
    ("2008", "statistics_2008.received.value", "2014", "statistics_2014.received.value", "条"),
    ("2014", "statistics_2014.reconsideration_upheld.value", "2021", "review.reconsideration.upheld", "尚|pending"),
]  # fmt: skip


@pytest.mark.parametrize(("older", "key", "newer", "other", "reason"), NEAR)
def test_what_is_near_and_not_the_same_stands_side_by_side_without_a_change(
    older: str, key: str, newer: str, other: str, reason: str
) -> None:
    one, two = printed(older, {key: "8"}), printed(newer, {other: "5"})
    for before, after in ((one, two), (two, one)):
        (row,) = figure_rows(before, after)
        assert row.before is not None
        assert row.after is not None
        assert (row.relation, row.change, row.percent) == (Relation.NEAR, None, None)
        assert any(word in (row.because or "") for word in reason.split("|"))


def test_what_one_form_only_has_says_why() -> None:
    row = rows(printed("2019", {"disclosure.procurement.amount": "1"}), printed("2021", {"requests.new.total": "1"}))
    found = row["disclosure.procurement.amount"]
    assert (found.relation, found.after) == (Relation.ONLY, None)
    assert "政府集中采购" in (found.because or "")


def test_the_form_is_judged_by_each_table() -> None:
    before = printed("2021", {"requests.other_else.total": "1", "disclosure.rules.made": "1"})
    after = printed(
        "2021", {"requests.other_handling.total": "3", "disclosure.rules.made": "4"}, tables={"requests": "2019"}
    )
    found = rows(before, after)
    assert (found["disclosure.rules.made"].relation, found["disclosure.rules.made"].change) == (Relation.SAME, 3)
    assert found["requests.other_handling.total"].relation is Relation.SUM


@pytest.mark.parametrize(("form", "other"), list(product(FORMS, FORMS)))
def test_every_figure_of_every_form_is_named_for_every_other_form_and_both_ways_alike(form: str, other: str) -> None:
    found, back = equivalents(form, other), equivalents(other, form)
    assert found.keys() == set(keys_of(form))
    for key, one in found.items():
        assert key in one.own
        assert set(one.theirs) <= set(keys_of(other))
        assert one.reason or form == other
        assert (one.relation is Relation.ONLY) == (not one.theirs)
        for their in one.theirs:
            assert (back[their].relation, back[their].own, back[their].theirs) == (one.relation, one.theirs, one.own)


def test_every_line_of_the_table_has_its_reason_and_evidence_and_says_something() -> None:
    used = {(one.reason) for form, other in product(FORMS, FORMS) for one in equivalents(form, other).values()}
    for line in lines():
        assert line.evidence in {"V", "I", "R"}
        assert line.reason in used, line
        assert line.relation is not Relation.PART
        assert line.older < min(line.newer)


def test_every_figure_has_a_chinese_label() -> None:
    for form in FORMS:
        for key in keys_of(form):
            words = label(key, form)
            assert words.table
            assert not {*words.row.split(), *words.column.split()} & set(key.split(".")), key
    assert str(label("disclosure.rules.made", "2019")) == "规章 · 本年新制作数量"
    assert str(label("disclosure.rules.made")) == "规章 · 本年制发件数"
    assert str(label("statistics_2014.litigation_other.value")) == "行政诉讼数量 · 其他情形数"


CELLS = st.dictionaries(st.sampled_from(list(order())), st.sampled_from(["0", "3", "", "/", "无法统计"]), max_size=12)
REPORTS = st.builds(
    printed,
    st.sampled_from(FORMS),
    CELLS,
)


@given(REPORTS, REPORTS)
def test_no_printed_cell_is_lost_whatever_two_reports_print(before: Printed, after: Printed) -> None:
    found = rows(before, after)
    for report, side in ((before, "before_keys"), (after, "after_keys")):
        shown = [key for row in found.values() for key in getattr(row, side)]
        assert set(report.figures) <= set(shown)
    for row in found.values():
        numbers = [each is not None and each.state is State.NUMBER for each in (row.before, row.after)]
        assert (row.change is not None) <= all(numbers)


@given(st.lists(REPORTS, min_size=1, max_size=4))
def test_no_printed_cell_is_lost_over_all_years(reports: list[Printed]) -> None:
    found = list(year_rows(reports))
    assert len({row.key for row in found}) == len(found)
    for place, report in enumerate(reports):
        shown = {key for row in found if (cell := row.cells[place]) is not None for key in cell.keys}
        assert set(report.figures) <= shown


def over(*reports: Printed) -> dict[str, YearRow]:
    return {row.key: row for row in year_rows(reports)}


def test_over_all_years_a_figure_stands_in_the_row_of_the_newest_form() -> None:
    found = over(
        printed("2014", {"statistics_2014.received.value": "7"}),
        printed("2019", {"requests.new.total": "8", "requests.other_handling.total": "2"}),
        printed("2021", {"requests.new.total": "10", **three("1")}),
    )  # fmt: skip
    new = [cell for cell in found["requests.new.total"].cells if cell is not None]
    assert [(cell.relation, cell.change) for cell in new] == [
        (Relation.NEAR, None),
        (Relation.SAME, None),
        (Relation.SAME, 2),
    ]
    assert "statistics_2014.received.value" not in found
    none, former, later = found["requests.other_handling.total"].cells
    assert none is None
    assert former is not None
    assert later is not None
    assert (former.relation, later.relation, later.change) == (Relation.SAME, Relation.SUM, 1)
    assert found["requests.other_unpaid.total"].cells[1] is None


def test_sums_of_two_years_on_the_same_form_have_a_change() -> None:
    years = [printed("2019", {"requests.other_handling.total": "0"})]
    years += [printed("2021", three(text)) for text in ("1", "2")]
    cells = over(*years)["requests.other_handling.total"].cells
    assert [cell.change for cell in cells if cell is not None] == [None, 3, 3]
