"""The panels: exact numbers over reports built by hand, each with the count of reports it rests on."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from archive.deriving.derive import derive
from archive.errors import ArchiveError
from archive.figures import figures_of
from archive.panels.drawing import Drawn, Row, draw
from archive.panels.groups import Asked, By
from archive.panels.measures import Gauge, LeftOut, Part, Tally, identities
from archive.panels.panels import LANGUAGES, panel, panels
from archive.schema import Publisher, Report, Version
from archive.store import Archive
from parser import Hints, parse
from parser.checks import expected_keys
from parser.forms import form
from parser.record import Result, State
from tests.archive.answers import publish, read_column, report_page
from tests.archive.conftest import Clock
from tests.archive.handmade import (
    BUSY,
    CITY,
    CIVIL,
    COUNTY,
    FAR,
    FINANCE,
    GOVERNMENT,
    OTHER_CITY,
    QUIET,
    REPORTS,
    STREET,
    WHOLE,
    Printed,
    archived,
    figure,
    printed,
    put,
)
from tests.archive.notetaking import note_portal
from tests.papers.paper import paper


def read(archive: Archive, reports: list[tuple[str, str, int, Printed]]) -> None:
    """Reports as a crawl finds them, on pages and in columns of their own; their cells are then these."""
    for division, agency, year, _ in reports:
        portal = f"http://www.d{division}.gov.cn/"
        note_portal(archive, None, portal=portal, outcome="ok", detail=None, division=division)
        page = report_page(paper(agency, year, template="2021"), published=f"{year + 1}-01-18")
        column = column_of(division, agency)
        publish(archive, f"{column}{year}.html", page, portal=portal, column=column, agency=agency)
    derive(archive)
    put(archive, {(division, agency, year): cells for division, agency, year, cells in reports})


def column_of(division: str, agency: str) -> str:
    return f"http://www.d{division}.gov.cn/{ord(agency[3])}/"


def said(drawn: Drawn, year: int | None = 2023) -> dict[str, Any]:
    return {row.series.name: row.value for row in drawn.rows if row.group.year == year and row.value != 0}


def one(drawn: Drawn, series: str, year: int | None = 2023) -> Row:
    (found,) = [row for row in drawn.rows if row.series.name == series and row.group.year == year]
    return found


# By panel: the series that are not 0, how many reports they rest on, and why others are left out.
EXPECTED: list[tuple[str, dict[str, object], int, dict[LeftOut, int]]] = [
    ("received", {"new": 24}, 3, {}),
    ("applicants", {"natural_person": 13, "business": 2, "total": 15}, 2, {LeftOut.BLANK: 1}),
    (
        "handling",
        {
            "granted": 8,
            "partly_granted": 1,
            "refused": 3,
            "unavailable": 1,
            "not_processed": 1,
            "other": 1,
            "total": 15,
        },
        2,
        {LeftOut.DASH: 1},
    ),
    ("disclosure_rate", {"granted": 8 / 15, "granted_or_partly": 9 / 15}, 2, {LeftOut.BLANK: 1}),
    (
        "refusals",
        {
            "refused_state_secret": 1,
            "refused_deliberative": 2,
            "unavailable_not_held": 1,
            "not_processed_petition": 1,
        },
        2,
        {LeftOut.DASH: 1},
    ),
    ("carry_over", {"carried_in": 1, "new": 15, "handled": 15, "carried_out": 1}, 2, {LeftOut.TEXT: 1}),
    ("backlog_rate", {"carried_out": 1 / 16}, 2, {LeftOut.TEXT: 1}),
    (
        "review",
        {
            "reconsideration_upheld": 3,
            "reconsideration_corrected": 2,
            "reconsideration_pending": 2,
            "direct_upheld": 1,
            "direct_corrected": 1,
            "total": 9,
        },
        2,
        {LeftOut.BLANK: 1},
    ),
    (
        "correction_rate",
        {"reconsideration": 2 / 5, "litigation_direct": 1 / 2, "litigation_after_reconsideration": None, "all": 3 / 7},
        2,
        {LeftOut.BLANK: 1},
    ),
]


def test_each_panel_has_the_exact_numbers_of_the_agencies_and_what_they_rest_on(archive: Archive) -> None:
    archived(archive, REPORTS)
    for name, values, reports, left_out in EXPECTED:
        drawn = draw(archive, panel(name))
        rows = [row for row in drawn.rows if row.group.year == 2023]
        assert said(drawn) == values, name
        assert {row.reports for row in rows} == {reports}, name
        assert all(row.left_out == left_out for row in rows), name
        assert {row.found for row in rows} == {3}, name
        assert drawn.set_aside == {"government": 1}, name
        assert (drawn.of, drawn.years) == ("agencies", (2022, 2023)), name
    apart = draw(archive, panel("proactive_2021"))
    assert [
        (one(apart, name).value, one(apart, name).reports) for name in ("documents_made", "licensing_decisions")
    ] == [
        (5, 2),
        (101, 3),
    ]
    assert one(apart, "documents_made").left_out == {LeftOut.BLANK: 1}
    assert one(apart, "licensing_decisions").left_out == {}


def test_governments_are_counted_alone_and_at_one_level(archive: Archive) -> None:
    province = [("220000", "吉岭省人民政府", 2023, WHOLE), (COUNTY, "昌邑区人民政府", 2023, QUIET)]
    archived(archive, [*REPORTS, *province])
    received = panel("received")
    by_level = {
        level: said(draw(archive, received, Asked(of="governments", level=level)))
        for level in ("province", "prefecture", "county")
    }
    assert by_level == {"province": {"new": 900}, "prefecture": {"new": 900}, "county": {"new": 5}}
    drawn = draw(archive, received, Asked(division="220000", kinds=("government",)))
    assert (drawn.of, drawn.level, said(drawn)) == ("governments", "prefecture", {"new": 900})
    assert drawn.set_aside == {"government": 2}


REFUSED: list[tuple[str, Asked, str]] = [
    ("applicants", Asked(of="all"), "ask of agencies or of governments"),
    ("applicants", Asked(of="agencies", kinds=("government",)), "ask of governments alone"),
    ("applicants", Asked(kinds=("government", "department")), "ask of governments alone"),
    ("applicants", Asked(of="governments", kinds=("department",)), "leave the other classes out"),
    ("applicants", Asked(level="county"), "ask of governments with it"),
    ("applicants", Asked(kinds=("ministry",)), "ministry is no class of publishers"),
    ("applicants", Asked(division="229999"), "no division has the code 229999"),
]


def test_what_would_count_twice_is_refused(table: Archive) -> None:
    for name, asked, why in REFUSED:
        with pytest.raises(ArchiveError, match=why):
            draw(table, panel(name), asked)
    with pytest.raises(ArchiveError, match="name one of received, applicants"):
        panel("weather")


def test_rows_are_told_apart_by_year_division_and_class(archive: Archive) -> None:
    archived(archive, REPORTS)
    received = panel("received")
    found = {
        by: {tuple(part for part in row.group if part is not None): row.value for row in draw(archive, received, Asked(by=by)).rows}
        for by in [(By.DIVISION,), (By.KIND,), (By.YEAR, By.KIND), ()]
    }  # fmt: skip
    assert found[By.DIVISION,] == {("220000",): 29}
    assert found[By.KIND,] == {("department",): 20, ("street",): 9}
    assert found[By.YEAR, By.KIND] == {(2022, "department"): 5, (2023, "department"): 15, (2023, "street"): 9}
    assert found[()] == {(): 29}
    within = draw(archive, received, Asked(division="220000", by=(By.DIVISION,)))
    assert {row.group.division: row.value for row in within.rows} == {CITY: 15, OTHER_CITY: 14}
    street = draw(archive, received, Asked(division="220000", kinds=("street",), first_year=2023, last_year=2023))
    assert (said(street), street.set_aside) == ({"new": 9}, {})


def test_another_division_changes_nothing(archive: Archive) -> None:
    archived(archive, REPORTS)
    names = ("applicants", "disclosure_rate", "on_time", "completeness", "findings")
    asked = Asked(division="220000", by=(By.YEAR, By.DIVISION, By.KIND))
    before = [draw(archive, panel(name), asked).rows for name in names]
    archived(archive, [(FAR, FINANCE, 2023, BUSY), (FAR, GOVERNMENT, 2022, WHOLE)])
    assert [draw(archive, panel(name), asked).rows for name in names] == before


def test_a_panel_says_nothing_of_years_whose_form_has_no_such_cells(archive: Archive) -> None:
    old = printed("2019", requests__new__total=4, requests__other_handling__total=3, requests__total__total=3)
    table = printed(
        "2014",
        statistics_2014__received__value=6,
        statistics_2014__received_in_person__value=1,
        statistics_2014__received_by_fax__value=0,
        statistics_2014__received_online__value=5,
        statistics_2014__received_by_letter__value=0,
    )
    annex = printed("2008", statistics_2008__received__value=7, statistics_2008__received_online__value=7)
    archived(archive, [(CITY, FINANCE, 2020, old), (CITY, FINANCE, 2021, QUIET), (CITY, CIVIL, 2016, table), (CITY, CIVIL, 2012, annex)])  # fmt: skip
    assert {row.group.year: row.value for row in draw(archive, panel("received")).rows} == {2016: 6, 2020: 4, 2021: 5}
    handling = draw(archive, panel("handling"), Asked(first_year=2000))
    assert handling.years == (2020, 2021)
    assert (said(handling, 2020), one(handling, "other", 2020).reports) == ({"other": 3, "total": 3}, 1)
    assert said(draw(archive, panel("channels_2014")), 2016) == {"in_person": 1, "online": 5, "total": 6}
    assert draw(archive, panel("proactive_2019")).years == (2020,)
    annexes = draw(archive, panel("channels_2008"), Asked(last_year=2012))
    assert (one(annexes, "total", 2012).value, one(annexes, "total", 2012).left_out) == (None, {LeftOut.ABSENT: 1})


def test_reports_whose_sums_fail_are_told_and_can_be_left_out(archive: Archive) -> None:
    wrong = {**BUSY, "requests.new.total": figure(11)}
    doubtful = {**QUIET, "requests.new.business": figure("")}
    archived(archive, [(CITY, FINANCE, 2023, wrong), (CITY, CIVIL, 2023, QUIET), (COUNTY, STREET, 2023, doubtful)])
    applicants = one(draw(archive, panel("applicants")), "total")
    assert (applicants.value, applicants.reports, applicants.failing) == (16, 2, 1)
    received = one(draw(archive, panel("received")), "new")
    assert (received.value, received.reports, received.failing, received.unjudged) == (21, 3, 1, 1)
    consistent = one(draw(archive, panel("received"), Asked(consistent=True)), "new")
    assert (consistent.value, consistent.reports, consistent.failing) == (5, 1, 0)
    assert consistent.left_out == {LeftOut.FAILS: 1, LeftOut.UNJUDGED: 1}
    assert one(draw(archive, panel("disclosure_rate"), Asked(consistent=True)), "granted").reports == 3


def test_figures_that_stand_in_the_record_only_are_read_from_it(archive: Archive) -> None:
    read(archive, [(CITY, FINANCE, 2023, BUSY)])
    with archive.writing() as session:
        session.execute(update(Version).values(cells=None))
    whole = draw(archive, panel("applicants"))
    assert one(whole, "total").value == int(paper(FINANCE, 2023, template="2021").figures["requests.new.total"])
    with archive.writing() as session:
        session.execute(update(Version).values(record="{}}"))
    assert one(draw(archive, panel("applicants")), "total").left_out == {LeftOut.ABSENT: 1}


def test_reports_of_nobody_known_stand_in_no_row_and_are_counted(archive: Archive) -> None:
    archived(archive, REPORTS)
    with archive.writing() as session:
        session.execute(update(Report).where(Report.report_year == 2022).values(publisher_id=None))
    drawn = draw(archive, panel("received"))
    assert (drawn.unplaced, drawn.years, said(drawn)) == (1, (2023,), {"new": 24})


def test_standings_are_counted_over_those_that_could_be_judged(archive: Archive, clock: Clock) -> None:
    read(archive, REPORTS)
    portal, at = f"http://www.d{CITY}.gov.cn/", datetime(2024, 2, 20, tzinfo=UTC)
    read_column(archive, column=column_of(CITY, CIVIL), portal=portal, agency=CIVIL, at=at)
    clock.now = datetime(2024, 5, 1, tzinfo=UTC)
    on_time = draw(archive, panel("on_time"), as_of=date(2024, 4, 30))
    rate = one(on_time, "on_time")
    assert (rate.value, rate.numerator, rate.denominator, rate.reports) == (0.8, 4, 5, 5)
    assert (one(on_time, "missing").value, one(on_time, "late").value) == (0.2, 0)
    assert sum(one(on_time, each.name).numerator or 0 for each in on_time.panel.series) == 5
    completeness = draw(archive, panel("completeness"), Asked(by=(By.YEAR, By.KIND)), as_of=date(2024, 4, 30))
    assert [(row.group.kind, row.value) for row in completeness.rows if row.series.name == "absent" and row.group.year == 2023] == [
        ("department", 1 / 3), ("government", 0), ("street", 0),
    ]  # fmt: skip
    early = draw(archive, panel("completeness"), Asked(first_year=2023, kinds=("department",)), as_of=date(2024, 1, 1))
    assert {(row.value, row.reports, tuple(row.left_out.items())) for row in early.rows} == {
        (None, 0, ((LeftOut.NOT_DUE, 3),))
    }


def test_findings_are_shares_of_the_reports_that_could_be_read(archive: Archive) -> None:
    archived(archive, REPORTS)
    with archive.writing() as session:
        street = select(Report.version_id).join(Publisher, Publisher.id == Report.publisher_id)
        street = street.where(Publisher.kind == "street")
        session.execute(update(Version).values(errors=0, warnings=0))
        session.execute(update(Version).where(Version.id.in_(street)).values(errors=2, warnings=1))
        session.execute(update(Version).where(Version.report_year == 2022).values(figures=0))
    drawn = draw(archive, panel("findings"))
    assert (drawn.of, said(drawn)) == ("all", {"errors": 0.25, "warnings": 0.25})
    last = one(drawn, "errors", 2022)
    assert (last.value, last.reports, last.left_out) == (None, 0, {LeftOut.ABSENT: 1})


# One report


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ({"requests__new__total": ""}, LeftOut.BLANK),
        ({"requests__new__total": "/"}, LeftOut.DASH),
        ({"requests__new__total": "减4"}, LeftOut.TEXT),
        ({"requests__new__total": -3}, LeftOut.NEGATIVE),
        ({"requests__new__total": None}, LeftOut.ABSENT),
        ({"requests__new__total": "", "requests__new__other": None}, LeftOut.ABSENT),
        ({"requests__new__total": "", "requests__new__other": "减4"}, LeftOut.TEXT),
    ],
)
def test_a_cell_without_a_number_leaves_its_report_out_for_one_reason(cells: dict[str, object], why: LeftOut) -> None:
    found = Gauge(panel("applicants")).read(figures_of(printed(**cells)))
    assert set(found.parts) == {why}


NAMES = [f"requests.{row}.{column.name}" for row in form("requests").row_names for column in form("requests").columns]
EMPTY = {template: dict.fromkeys(expected_keys("requests", template), 0) for template in ("2019", "2021")}


@settings(max_examples=60)
@given(
    reports=st.lists(
        st.dictionaries(st.sampled_from(NAMES), st.integers(0, 50) | st.sampled_from(list(State)), max_size=6),
        max_size=4,
    ),
    template=st.sampled_from(["2019", "2021"]),
)
def test_parts_sum_to_the_total_where_the_sums_hold_and_every_report_is_counted_once(
    reports: list[dict[str, int | State]], template: str
) -> None:
    balanced: dict[str, int | State] = {
        "requests.new.natural_person": 3,
        "requests.new.total": 3,
        "requests.carried_out.total": 3,
    }
    for name in ("applicants", "handling", "carry_over"):
        gauge = Gauge(panel(name), consistent=True)
        tally = Tally(panel(name))
        for changed in [*reports, balanced]:
            found = gauge.read(
                {**EMPTY[template], **{key: cell for key, cell in changed.items() if cell is not State.NUMBER}}
            )
            tally.add(found)
        assert {basis.reports + basis.left_out.total() for basis in tally.bases} == {len(reports) + 1}
        assert tally.bases[0].reports > 0
        values = {series.name: value for series, value in zip(panel(name).series, tally.values, strict=True)}
        if name == "carry_over":
            assert values["carried_in"] + values["new"] == values["handled"] + values["carried_out"]
        else:
            assert sum(values.values()) == 2 * values["total"]


@pytest.mark.real
def test_what_real_documents_say_and_do_not_say(real_documents: Path) -> None:
    found = {}
    for name in ("shanghai-office-2019.html", "shuyang-fagaiju-2023.html", "seed-001-tongjiang-2020.txt"):
        (file,) = real_documents.glob(name)
        figures = figures_of(parse(file.read_bytes(), Hints()).figures)
        found[name] = {each: Gauge(panel(each)).read(figures) for each in ("received", "applicants", "disclosure_rate")}
    office, bureau, city = found.values()
    assert (office["received"].parts, office["applicants"].parts[0]) == ((Part(859, 0),), LeftOut.BLANK)
    assert bureau["applicants"].parts[0] is LeftOut.BLANK
    assert isinstance(bureau["received"].parts[0], Part)
    assert city["disclosure_rate"].result is Result.FAILS


# The panels themselves


def test_every_cell_of_a_panel_is_one_of_the_forms_of_its_years() -> None:
    for each in panels().values():
        keys = {key for series in each.series for cells in (*series.cells, series.per) for key in cells}
        for key in keys:
            table, row, column = key.split(".")
            names = [one.name for one in form(table).columns] or ["value"]
            assert row in form(table).row_names, key
            assert column in names, key
        assert bool(keys) is each.reads_cells
        assert all(bool(series.per) is (each.measure == "share") for series in each.series)
        assert sum(series.total for series in each.series) <= 1
        assert all(each.title[language] and each.unit[language] for language in LANGUAGES)
        assert len({series.name for series in each.series}) == len(each.series)
        assert all(each.formula[language] and each.source[language] for language in LANGUAGES)
        identities(each)


def test_a_result_row_stands_in_one_part_of_the_results_only() -> None:
    outcomes = {f"requests.{row.name}.total" for row in form("requests").rows if row.outcome}
    parts = [series for series in panel("handling").series if not series.total]
    counted = [key for series in parts for cells in series.cells for key in cells]
    assert (set(counted), len(counted)) == (outcomes, len(outcomes))
    refused = [key for series in panel("refusals").series for cells in series.cells for key in cells]
    assert {key for key in outcomes if ".granted" not in key and ".partly" not in key and ".other" not in key} == set(
        refused
    )


def test_an_identity_that_is_not_printed_cannot_be_judged() -> None:
    found = Gauge(panel("received")).read(figures_of({}))
    assert (found.parts, found.result) == ((LeftOut.ABSENT,), Result.UNJUDGED)
    alone = Gauge(panel("received")).read(figures_of({"requests.new.total": figure(3)}))
    assert (alone.parts, alone.result) == ((Part(3, 0),), Result.UNJUDGED)
