"""The rules over two years: each as a table of cases in which it fires, and of those in which it must not."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from parser import Hints, parse
from parser.chains import CHAINS, Cells, broken, cells_of, chains, jumps, links, repeated, restated
from parser.forms import form
from parser.record import Figure, Number, Record, Result, State

IN, OUT = "requests.carried_in.total", "requests.carried_out.total"
STOCK, MADE, REPEALED = (f"disclosure.normative_documents.{column}" for column in ("in_force", "made", "repealed"))
DISCLOSED, NEWLY = (f"disclosure.rules.{column}" for column in ("total_disclosed", "newly_disclosed"))
ITEMS, CHANGE = "disclosure.licensing.previous_items", "disclosure.licensing.change"
NEW, GRANTED = "requests.new.total", "requests.granted.total"
DECISIONS = "disclosure.licensing.decisions"


def table(cells: Cells) -> Record:
    """A record with these cells."""
    figures = {
        key: Figure(value=None, text="", state=said)
        if isinstance(said, State)
        else Figure(value=said, text=str(said), state=State.NUMBER)
        for key, said in cells.items()
    }
    return Record(figures=figures)


@pytest.mark.parametrize(
    ("rule", "previous", "current", "expected", "found"),
    [
        ("chain.requests", {OUT: 5}, {IN: 4}, 5, 4),
        ("chain.requests", {OUT: 0}, {IN: 1}, 0, 1),
        ("chain.requests", {"requests.carried_out.business": 2}, {"requests.carried_in.business": 0}, 2, 0),
        ("chain.normative_documents", {STOCK: 20}, {STOCK: 25, MADE: 4, REPEALED: 1}, 23, 25),
        ("chain.normative_documents", {STOCK: 20}, {STOCK: 21, MADE: 4, REPEALED: 1}, 23, 21),
        (
            "chain.normative_documents",
            {"disclosure.rules.in_force": 1},
            {"disclosure.rules.in_force": 0, "disclosure.rules.made": 0, "disclosure.rules.repealed": 0},
            1,
            0,
        ),
        ("chain.items", {ITEMS: 100, CHANGE: -7}, {ITEMS: 100}, 93, 100),
        ("chain.items", {DISCLOSED: 30}, {DISCLOSED: 33, NEWLY: 2}, 32, 33),
        (
            "chain.items",
            {"disclosure.fees.previous_items": Decimal("1.5"), "disclosure.fees.change": 0},
            {"disclosure.fees.previous_items": 1},
            Decimal("1.5"),
            1,
        ),
    ],
)
def test_a_chain_that_fails(rule: str, previous: Cells, current: Cells, expected: Number, found: Number) -> None:
    (link,) = broken(previous, current)
    assert (link.chain.rule, link.result, link.expected, link.found) == (rule, Result.FAILS, expected, found)
    assert list(links(previous, current)) == [link]


@pytest.mark.parametrize(
    ("previous", "current"),
    [
        ({OUT: 5}, {IN: 5}),
        ({OUT: 5}, {IN: Decimal("5.0")}),
        ({STOCK: 20}, {STOCK: 23, MADE: 4, REPEALED: 1}),
        ({ITEMS: 2359, CHANGE: -2147}, {ITEMS: 212}),
        ({DISCLOSED: 30}, {DISCLOSED: 32, NEWLY: 2}),
    ],
)
def test_a_chain_that_holds(previous: Cells, current: Cells) -> None:
    assert [link.result for link in links(previous, current)] == [Result.HOLDS]
    assert list(broken(previous, current)) == []


@pytest.mark.parametrize(
    ("previous", "current"),
    [
        ({OUT: State.BLANK}, {IN: 4}),
        ({OUT: 5}, {IN: State.BLANK}),
        ({OUT: State.DASH}, {IN: 0}),
        ({OUT: 5}, {IN: State.TEXT}),
        ({STOCK: 20}, {STOCK: 25, MADE: 4, REPEALED: State.BLANK}),
        ({STOCK: 20}, {STOCK: 25, MADE: 4}),
        ({ITEMS: 5, CHANGE: State.TEXT}, {ITEMS: 9}),
        ({DISCLOSED: 30}, {DISCLOSED: 20, NEWLY: 2}),  # withdrawn documents are not printed
    ],
)
def test_a_chain_that_cannot_be_judged(previous: Cells, current: Cells) -> None:
    assert [link.result for link in links(previous, current)] == [Result.UNJUDGED]
    assert list(broken(previous, current)) == []


@pytest.mark.parametrize(
    ("previous", "current"),
    [
        ({"statistics_2014.received.value": 30}, {IN: 4}),  # the form of 2014 carries nothing over
        ({DISCLOSED: 30}, {STOCK: 12, MADE: 1, REPEALED: 0}),  # 2019 to 2021
        ({ITEMS: 30, CHANGE: 1}, {DECISIONS: 12}),
        ({OUT: 3}, {NEW: 9}),
        ({}, {IN: 4, STOCK: 3}),
    ],
)
def test_forms_that_do_not_follow_each_other_have_no_chain(previous: Cells, current: Cells) -> None:
    assert list(links(previous, current)) == []


def test_each_table_has_its_own_form_and_its_own_chains() -> None:
    previous = {OUT: 3, STOCK: 7}  # 表二 of 2021 and 表三 of 2019 in one report
    current = {IN: 2, STOCK: 9, MADE: 1, REPEALED: 0}
    assert [link.chain.rule for link in broken(previous, current)] == ["chain.requests", "chain.normative_documents"]


def test_every_chain_names_cells_that_a_form_has() -> None:
    keys = {
        f"{name}.{row}.{column.name}"
        for name in ("requests", "disclosure")
        for row in form(name).row_names
        for column in form(name).columns
    }
    assert len(CHAINS) == 7 + 2 + 5 + 2
    assert all(keys.issuperset((*chain.before, *chain.now)) for chain in CHAINS)


@pytest.mark.parametrize(("year", "found"), [(2024, 1), (2025, 0), (2023, 0), (None, 0)])
def test_records_are_chained_where_their_years_follow_each_other(year: int | None, found: int) -> None:
    before = table({OUT: 5}).model_copy(update={"report_year": 2023})
    after = table({IN: 4}).model_copy(update={"report_year": year})
    findings = chains(before, after)
    assert len(findings) == found
    for each in findings:
        assert (each.table, each.row, each.column, each.expected, each.found) == (
            "requests",
            "carried_in",
            "total",
            5,
            4,
        )
        assert "2023" in each.message


def test_the_cells_of_a_record_are_numbers_and_states() -> None:
    cells: Cells = {OUT: 0, IN: State.BLANK, NEW: State.TEXT}
    assert cells_of(table(cells)) == cells


@pytest.mark.parametrize(
    ("key", "before", "after"),
    [
        (NEW, 20, 101),
        (NEW, 100, 19),
        (NEW, 20, 0),
        ("review.litigation_direct.upheld", 21, 3),
        ("statistics_2014.received.value", 20, 1000),
        ("disclosure.fees.amount", Decimal("7730.28"), Decimal("59237.2449")),
        (STOCK, 30, 2),
    ],
)
def test_a_figure_that_jumps(key: str, before: Number, after: Number) -> None:
    assert list(jumps({key: before}, {key: after})) == [(key, before, after)]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({NEW: 20}, {NEW: 100}),  # five times, not more
        ({NEW: 100}, {NEW: 20}),
        ({NEW: 19}, {NEW: 900}),  # from a base below 20
        ({NEW: 19}, {NEW: 0}),
        ({NEW: 500}, {NEW: State.BLANK}),
        ({NEW: State.BLANK}, {NEW: 500}),
        ({NEW: 500}, {}),
        ({CHANGE: 400}, {CHANGE: 3}),
        ({CHANGE: -400}, {CHANGE: 300}),
    ],
)
def test_a_figure_that_does_not_jump(before: Cells, after: Cells) -> None:
    assert list(jumps(before, after)) == []


OF_2019 = {"disclosure.penalties.previous_items": 3}
OF_2021 = {"disclosure.rules.in_force": State.BLANK}


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        (OF_2019, OF_2019, 1),
        (OF_2021, OF_2021, 1),
        (OF_2019, OF_2021, 0),
        (OF_2019, {}, 0),
        (OF_2019 | OF_2021, OF_2019 | OF_2021, 0),  # nobody knows which
    ],
)
@pytest.mark.parametrize("key", [DECISIONS, "disclosure.rules.made"])
def test_a_cell_that_means_another_thing_on_each_form_jumps_within_one_only(
    key: str, before: Cells, after: Cells, found: int
) -> None:
    assert len(list(jumps({**before, key: 20}, {**after, key: 2000}))) == found


@pytest.mark.parametrize(
    ("cells", "telling"),
    [
        ({NEW: 30, GRANTED: 29, OUT: 1, IN: 0}, True),
        ({NEW: 1, GRANTED: 1, STOCK: 12}, False),  # one application a year
        ({"statistics_2008.disclosed.value": 1, "statistics_2008.received.value": 7, NEW: Decimal("3.5")}, True),
    ],
)
def test_tables_that_are_last_years(cells: dict[str, Number], telling: bool) -> None:
    found = repeated({**cells, "requests.new.other": State.BLANK}, {**cells, "requests.new.other": 0})
    assert found is not None
    assert (found.figures, found.telling) == ({key: said for key, said in cells.items() if said}, telling)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({NEW: 0, GRANTED: 0}, {NEW: 0, GRANTED: 0}),  # most townships
        ({}, {}),
        ({NEW: State.TEXT}, {NEW: State.TEXT}),
        ({STOCK: 12, MADE: 0}, {STOCK: 12, MADE: 0}),  # what was in force still is
        ({ITEMS: 12, DISCLOSED: 3}, {ITEMS: 12, DISCLOSED: 3}),
        ({NEW: 30, GRANTED: 29, OUT: 1}, {NEW: 30, GRANTED: 28, OUT: 2}),
        ({NEW: 30, GRANTED: 29}, {NEW: 30, GRANTED: 29, DECISIONS: 4}),
        ({NEW: 30, GRANTED: 29, DECISIONS: 4}, {NEW: 30, GRANTED: 29}),
    ],
)
def test_tables_that_are_no_copy(before: Cells, after: Cells) -> None:
    assert repeated(before, after) is None


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ({NEW: 21, OUT: 1}, {NEW: 12, OUT: 1}, {NEW: (21, 12)}),
        ({NEW: 21}, {NEW: State.BLANK}, {}),
        ({NEW: State.BLANK}, {NEW: 21}, {}),
        ({NEW: 21}, {}, {}),
        ({NEW: 5}, {NEW: Decimal("5.0")}, {}),
    ],
)
def test_a_version_restates_what_both_state(before: Cells, after: Cells, found: dict[str, tuple[int, int]]) -> None:
    assert restated(before, after) == found


@pytest.mark.real
def test_real_reports_are_followed_by_what_they_carry_out_and_by_nothing_else(real_documents: Path) -> None:
    documents = [path for path in sorted(real_documents.iterdir()) if path.suffix in {".txt", ".html", ".pdf"}]
    records = [parse(path.read_bytes(), Hints(name=path.name)) for path in documents]
    several = [cells for record in records if IN in (cells := cells_of(record))]
    assert len(several) > 3
    for cells in several:
        columns = [column.name for column in form("requests").columns]
        following = {f"requests.carried_in.{name}": cells[f"requests.carried_out.{name}"] for name in columns}
        assert [link for link in links(cells, following) if link.result is Result.FAILS] == []
        carried = cells[OUT]
        if not isinstance(carried, State):
            (link,) = broken(cells, {**following, IN: carried + 1})
            assert (link.expected, link.found) == (carried, carried + 1)
    tables = [{key: said for key, said in cells.items() if key.startswith("requests.")} for cells in several]
    copied = [repeated(cells, cells) is not None for cells in tables]
    assert copied == [any(said != 0 for said in cells.values() if not isinstance(said, State)) for cells in tables]
    assert set(copied) == {True, False}  # some received nothing
