"""Histories of a publisher: its years with their gaps, a few figures across the forms, and every link between two years."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from archive.comparing.equivalents import FORMS, Relation
from archive.comparing.labels import keys_of
from archive.findings.chains import findings
from archive.findings.lines import Wanted, acknowledge
from archive.histories.chains import RULES, steps
from archive.histories.columns import columns_of
from archive.histories.measures import Said, measures, on_form, printed, series
from archive.histories.years import History, Section, history, printed_years
from archive.monitor import Status, missing
from archive.schema import Publisher, ScarRow
from archive.store import Archive
from parser.record import Figure, Finding, Number, Record, Result, Severity, State, Table
from tests.archive.conftest import Clock
from tests.archive.filed import file
from tests.archive.shelved import cell, number, shelve

NAME, SCOPE = "昌邑区财政局", "220202"
NEW, IN, OUT = "requests.new.total", "requests.carried_in.total", "requests.carried_out.total"
FORCE, MADE, FEES = (
    "disclosure.normative_documents.in_force", "disclosure.normative_documents.made", "disclosure.fees.amount"
)  # fmt: skip
RECEIVED = "statistics_2014.received.value"
_TABLES = {
    "2014": ("statistics_2014",),
    "2019": ("disclosure", "requests", "review"),
    "2021": ("disclosure", "requests", "review"),
}


def report(year: int | None, form: str, *findings: Finding, **cells: Number | Figure) -> Record:
    """A record of a form; the keys have ``__`` for points."""
    figures = {
        key.replace("__", "."): said if isinstance(said, Figure) else number(said, unit="件")
        for key, said in cells.items()
    }
    return Record(
        title=f"{NAME}{year}年年报", publisher=NAME, report_year=year, template=form, figures=figures, findings=findings,
        tables={name: Table(template=form) for name in _TABLES[form]},
    )  # fmt: skip


def key(name: str) -> str:
    return name.replace(".", "__")


def told(archive: Archive, publisher: int) -> History:
    """The history, after its first year is known as deriving would have it."""
    with archive.writing() as session:
        session.execute(update(Publisher).where(Publisher.id == publisher).values(first_year=2019))
    return history(archive, publisher)


def of(points: dict[int, tuple[Said, Number | None]], name: str, archive: Archive) -> None:
    """The points of a measure are these."""
    drawn = {each.measure.name: each for each in series(printed_years(archive, 1))}
    assert {point.year: (point.said, point.value) for point in drawn[name].points} == points


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime(2025, 6, 1, 4, 0, tzinfo=UTC))


@pytest.fixture
def table(archive: Archive) -> Archive:
    """Every test on each database: the questions are asked in SQL."""
    return archive


def test_years_without_a_report_are_years_too(table: Archive) -> None:
    for year in (2020, 2022):
        file(table, NAME, year, {NEW: 1}, scope=SCOPE)
    found = history(table, 1)
    assert [(each.year, each.gap) for each in found.years] == [
        (2024, True), (2023, True), (2022, False), (2021, True), (2020, False)
    ]  # fmt: skip
    gap = found.years[3]
    assert gap.standing is not None
    assert gap.standing.status is Status.UNCHECKED
    assert gap.to_data()["basis"] == "no column is known to be this publisher's"
    assert gap.to_data()["id"] is None


def test_who_has_no_report_is_asked_about_the_last_campaign_only(table: Archive) -> None:
    file(table, "昌邑区教育局", 2020, {}, scope=SCOPE)
    with table.writing() as session:
        session.add(Publisher(scope=SCOPE, key=NAME, name=NAME, kind="department", declared=True))
    assert [(each.year, each.gap) for each in history(table, 2).years] == [(2024, True)]


def test_years_after_an_agency_ended_are_no_gaps(table: Archive) -> None:
    file(table, NAME, 2020, {}, scope=SCOPE)
    with table.writing() as session:
        session.execute(update(Publisher).values(until=datetime(2022, 6, 1, tzinfo=UTC).date()))
    assert [each.year for each in history(table, 1).years] == [2021, 2020]


def test_a_title_of_long_ago_makes_no_row_for_each_year_since(table: Archive) -> None:
    for year in (1949, 2023):
        file(table, NAME, year, {}, scope=SCOPE)
    assert [each.year for each in history(table, 1).years] == [*range(2024, 2007, -1), 1949]


def test_two_reports_on_a_year_are_two_rows(table: Archive) -> None:
    first = shelve(table, report(2023, "2021"), NAME, scope=SCOPE)
    second = shelve(table, report(2023, "2021").model_copy(update={"title": "又一份"}), NAME, scope=SCOPE)
    rows = [(each.year, each.report.id) for each in told(table, 1).years if each.report is not None]
    assert rows == [(2023, first), (2023, second)]


def test_a_report_without_a_year_stands_apart(table: Archive) -> None:
    number_of_it = shelve(table, report(None, "2021"), NAME, scope=SCOPE)
    assert [each.id for each in history(table, 1).undated] == [number_of_it]


def test_the_standing_of_one_is_what_the_survey_of_all_says(table: Archive, clock: Clock) -> None:
    for agency in (NAME, "昌邑区教育局"):
        for year in (2021, 2022):
            file(table, agency, year, {}, scope=SCOPE, gone=year == 2022)
    clock.advance(days=1)
    for year in (2021, 2022, 2023):
        everybody = missing(table, year)
        for publisher in (1, 2):
            own = [one for one in everybody if one.publisher_id == publisher]
            assert missing(table, year, publisher=publisher) == own
    assert {one.status for one in missing(table, 2022)} == {Status.WITHDRAWN}


def test_each_section_has_its_state(table: Archive) -> None:
    lacking = Finding(rule="sections.missing", severity=Severity.WARNING, message="section 6 has no heading", row="6")
    empty = Finding(rule="sections.empty", severity=Severity.WARNING, message="section 5 says nothing", row="5")
    shelve(table, report(2023, "2021", lacking, empty), NAME, scope=SCOPE)
    with table.writing() as session:
        session.add(ScarRow(version_id=1, position=0, what="named", section=1, start=0, end=1, said="水务局"))
    shelve(table, report(2016, "2014"), NAME, scope=SCOPE)
    newest, *_, oldest = (each.report for each in history(table, 1).years if each.report is not None)
    assert newest.sections == (
        Section.SCARRED, Section.PRESENT, Section.PRESENT, Section.PRESENT, Section.EMPTY, Section.MISSING
    )  # fmt: skip
    assert set(oldest.sections) == {Section.OLDER}


def test_open_findings_are_counted_without_the_acknowledged(table: Archive) -> None:
    file(table, NAME, 2022, {OUT: 5, FORCE: 3}, scope=SCOPE)
    file(table, NAME, 2023, {IN: 4, FORCE: 9, MADE: 1, "disclosure.normative_documents.repealed": 0}, scope=SCOPE)
    row = history(table, 1).years[1]
    assert row.report is not None
    assert (row.report.open, row.report.acknowledged) == ({"warning": 2}, 0)
    line = next(iter(findings(table, Wanted(rule="chain.requests"))))
    acknowledge(table, [line], note="看过", by="王敏")
    row = history(table, 1).years[1]
    assert row.report is not None
    assert (row.report.open, row.report.acknowledged) == ({"warning": 1}, 1)
    assert [each.finding["rule"] for each in history(table, 1).across if each.acknowledged] == ["chain.requests"]


def test_an_edited_report_says_how_often_and_when_last(table: Archive, clock: Clock) -> None:
    for said in (5, 6):
        file(table, NAME, 2023, {NEW: said}, scope=SCOPE)
    row = history(table, 1).years[1].to_data()
    assert (row["versions"], row["changed_at"]) == (2, clock() + timedelta(days=1))


def test_a_number_is_joined_to_what_it_was_on_the_older_forms(table: Archive) -> None:
    shelve(table, report(2017, "2014", **{key(RECEIVED): 1200}), NAME, scope=SCOPE)
    shelve(table, report(2020, "2019", **{key(NEW): 60}), NAME, scope=SCOPE)
    shelve(table, report(2023, "2021", **{key(NEW): 70}), NAME, scope=SCOPE)
    of({2017: (Said.NUMBER, 1200), 2020: (Said.NUMBER, 60), 2023: (Said.NUMBER, 70)}, "new", table)
    (new,) = (each for each in series(printed_years(table, 1)) if each.measure.name == "new")
    assert [point.relation for point in new.points] == [Relation.NEAR, Relation.SAME, Relation.SAME]
    assert new.points[0].because is not None


def test_a_cell_without_a_number_is_never_zero(table: Archive) -> None:
    cells = {2020: cell(State.BLANK), 2021: cell(State.DASH, "/"), 2022: cell(State.TEXT, "若干")}
    for year, figure in cells.items():
        shelve(table, report(year, "2021", **{key(NEW): figure}), NAME, scope=SCOPE)
    shelve(table, report(2023, "2021", **{key(OUT): 0}), NAME, scope=SCOPE)
    of(
        {2020: (Said.BLANK, None), 2021: (Said.DASH, None), 2022: (Said.TEXT, None), 2023: (Said.ABSENT, None)},
        "new",
        table,
    )
    of(dict.fromkeys((2020, 2021, 2022), (Said.ABSENT, None)) | {2023: (Said.NUMBER, 0)}, "carried_out", table)


def test_a_sum_lacks_a_number_where_one_of_its_cells_does(table: Archive) -> None:
    direct, after = "review__litigation_direct__total", "review__litigation_after_reconsideration__total"
    shelve(table, report(2021, "2021", **{direct: 2, after: 3}), NAME, scope=SCOPE)
    half: dict[str, Number | Figure] = {direct: 2, after: cell(State.BLANK)}
    shelve(table, report(2022, "2021", **half), NAME, scope=SCOPE)
    shelve(table, report(2023, "2021", **{direct: 2}), NAME, scope=SCOPE)
    of({2021: (Said.NUMBER, 5), 2022: (Said.BLANK, None), 2023: (Said.ABSENT, None)}, "litigation", table)


def test_an_amount_is_not_joined_to_a_number_of_items(table: Archive) -> None:
    shelve(table, report(2020, "2019", disclosure__fees__previous_items=3), NAME, scope=SCOPE)
    shelve(table, report(2021, "2021", **{key(FEES): 17}), NAME, scope=SCOPE)
    of({2020: (Said.ELSEWHERE, None), 2021: (Said.NUMBER, 17)}, "fees", table)


def test_a_damaged_record_says_nothing() -> None:
    for line in ("", "{", '{"figures": {"requests.new.total": 7}}', '{"figures": 7}', "[]"):
        drawn = series([(2023, 1, printed(line))])
        assert {point.said for each in drawn for point in each.points} == {Said.ABSENT}, line


def test_every_measure_is_of_cells_that_its_forms_print() -> None:
    for measure in measures():
        for form in measure.forms:
            keys, relation, because = on_form(measure, form)
            assert set(keys) <= set(keys_of(form)), measure.name
            assert (because is None) == (relation in {Relation.SAME, Relation.ONLY}), measure.name
        assert on_form(measure, FORMS[-1])[0] == measure.cells
        assert all(measure.zh and measure.en for measure in measures())


def test_every_link_is_told_the_ones_that_hold_too(table: Archive) -> None:
    file(table, NAME, 2021, {OUT: 5, FORCE: 12}, scope=SCOPE)
    documents: dict[str, Number | State] = {MADE: 3, "disclosure.normative_documents.repealed": 1}
    file(table, NAME, 2022, {IN: 5, OUT: State.BLANK, FORCE: 13, **documents}, scope=SCOPE)
    file(table, NAME, 2023, {IN: 0}, scope=SCOPE)
    found = [(step.from_year, step.rule, step.result) for step in steps(table, 1) if step.lines]
    assert found == [
        (2021, "chain.requests", Result.HOLDS),
        (2021, "chain.normative_documents", Result.FAILS),
        (2022, "chain.requests", Result.UNJUDGED),
    ]
    failing = next(step.lines[0] for step in steps(table, 1) if step.result is Result.FAILS)
    assert failing.to_data() == {
        "rule": "chain.normative_documents", "key": FORCE, "result": "fails", "from_year": 2021, "to_year": 2022,
        "from_report": 1, "to_report": 2, "expected": 14, "found": 13, "before": {FORCE: 12},
        "now": {FORCE: 13, MADE: 3, "disclosure.normative_documents.repealed": 1},
        "words": "in force are last year's and those made, less those repealed",
    }  # fmt: skip


def test_nothing_links_years_that_do_not_follow_each_other(table: Archive) -> None:
    for year in (2020, 2022):
        file(table, NAME, year, {IN: 1, OUT: 1}, scope=SCOPE)
    assert steps(table, 1) == []


def test_what_fails_is_what_is_found(table: Archive) -> None:
    for year, carried in ((2020, 3), (2021, 4), (2022, 4), (2023, 7)):
        file(table, NAME, year, {IN: carried, OUT: carried, NEW: 30 * year}, scope=SCOPE)
    failing = {
        (step.rule, line.to_year, line.key)
        for step in steps(table, 1)
        for line in step.lines
        if line.result is Result.FAILS
    }
    lines = [each for rule in RULES for each in findings(table, Wanted(rule=rule))]
    said = {(each.finding["rule"], each.report_year) for each in lines}
    assert {(rule, year) for rule, year, _ in failing} == said == {("chain.requests", 2021), ("chain.requests", 2023)}


def test_a_publisher_without_a_column_has_none(table: Archive) -> None:
    file(table, NAME, 2023, {}, scope=SCOPE)
    assert columns_of(table, 1) == []
