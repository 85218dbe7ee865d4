"""Hierarchy: when a government states less than those below it, and what is not held against it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from archive.deposit import deposit
from archive.deriving.derive import derive
from archive.findings.hierarchy import KEYS, MAXIMUM, SUM, Comparison, comparisons, findings
from archive.findings.lines import Wanted
from archive.journal.notes import PublisherNote, RosterNote
from archive.store import Archive
from parser.record import Result, State
from tests.archive.answers import PORTAL
from tests.archive.conftest import Clock
from tests.archive.filed import file
from tests.archive.notetaking import note_portal

PROVINCE, CITY, DISTRICT, COUNTY = "220000", "220200", "220202", "220221"
NEW, TOTAL = "requests.new.total", "requests.total.total"
GOVERNMENT = "昌邑区人民政府"
YEAR = 2023


def reports(archive: Archive, new: Mapping[str, int | State], scope: str = DISTRICT, year: int = YEAR) -> None:
    """Reports on a year with that many new requests."""
    for name, number in new.items():
        file(archive, name, year, {NEW: number}, scope=scope)


def of_new(archive: Archive, **wanted: Any) -> dict[str, Comparison]:
    """What is known of new requests, by government."""
    return {one.whose.name: one for one in comparisons(archive, Wanted(**wanted)) if one.key == NEW}


def failing(archive: Archive, **wanted: Any) -> list[tuple[str | None, str, object, object]]:
    return [
        (line.publisher, line.finding["rule"], line.finding["expected"], line.finding["found"])
        for line in findings(archive, Wanted(**wanted))
    ]


@pytest.mark.parametrize(
    ("own", "children", "expected"),
    [
        (10, {"昌邑区财政局": 11}, {MAXIMUM: 11, SUM: 11}),
        (10, {"昌邑区财政局": 7, "昌邑区左家镇人民政府": 4}, {SUM: 11}),
        (10, {"昌邑区财政局": 7, "昌邑区民主街道办事处": 4}, {SUM: 11}),
        (10, {"昌邑区财政局": 7, "昌邑经济开发区管理委员会": 4}, {SUM: 11}),
        (10, {"昌邑区人民政府办公室": 12}, {MAXIMUM: 12}),  # the office is held against it, and not added
        (0, {"昌邑区财政局": 1}, {MAXIMUM: 1, SUM: 1}),
    ],
)
def test_a_government_that_states_less_than_those_below_it(
    table: Archive, own: int, children: dict[str, int], expected: dict[str, int]
) -> None:
    reports(table, {GOVERNMENT: own, **children})
    assert failing(table) == [(GOVERNMENT, rule, number, own) for rule, number in expected.items()]


@pytest.mark.parametrize(
    ("own", "children"),
    [
        (11, {"昌邑区财政局": 7, "昌邑区左家镇人民政府": 4}),
        (50, {"昌邑区财政局": 7}),
        (10, {"昌邑区人民政府办公室": 10, "昌邑区财政局": 7}),  # an office that states the figures of the whole
        (10, {"昌邑区税务局": 30, "昌邑区气象局": 20}),  # vertical
        (10, {"昌邑区第一中学": 30}),  # an institution
        (10, {"昌邑区公安局": 9, "昌邑区公安局左家分局": 5}),  # which the bureau may have counted
        (10, {"昌邑经济开发区管理委员会": 9, "昌邑经济开发区财政局": 5}),
        (State.BLANK, {"昌邑区财政局": 7}),
        (10, {"昌邑区财政局": State.BLANK}),
        (10, {"昌邑区财政局": State.TEXT}),
        (10, {}),
    ],
)
def test_a_government_that_states_enough_or_cannot_be_judged(
    table: Archive, own: int | State, children: dict[str, int | State]
) -> None:
    reports(table, {GOVERNMENT: own, **children})
    assert failing(table) == []


def test_a_city_is_held_against_its_agencies_and_the_governments_right_below(archive: Archive) -> None:
    reports(archive, {"吉林市人民政府": 20, "吉林市财政局": 3}, CITY)
    reports(archive, {"昌邑区人民政府": 12, "昌邑区财政局": 9})
    reports(archive, {"永吉县人民政府": 6, "永吉县财政局": 6}, COUNTY)
    reports(archive, {"吉林省人民政府": 19}, PROVINCE)
    assert failing(archive) == [
        ("吉林省人民政府", MAXIMUM, 20, 19),
        ("吉林省人民政府", SUM, 20, 19),
        ("吉林市人民政府", SUM, 21, 20),
    ]
    city = of_new(archive)["吉林市人民政府"]
    assert (city.own.archived, city.own.sum, city.below.archived, city.below.sum) == (1, 3, 2, 18)
    assert city.below.owed == len([each for each in archive.book.children(CITY) if each.level != "township"])
    assert city.largest is not None
    assert (city.largest[0].name, city.largest[1]) == (GOVERNMENT, 12)
    assert [city.result(rule) for rule in (MAXIMUM, SUM)] == [Result.HOLDS, Result.FAILS]


def test_a_department_of_a_county_whose_government_is_not_archived_is_not_held_against_the_city(table: Archive) -> None:
    reports(table, {"吉林市人民政府": 20}, CITY)
    reports(table, {"昌邑区财政局": 90})
    city = of_new(table)["吉林市人民政府"]
    assert [city.result(rule) for rule in (MAXIMUM, SUM)] == [Result.UNJUDGED] * 2
    assert city.below.archived == 0


def test_every_figure_that_is_counted_once_is_compared_within_its_year(table: Archive) -> None:
    for key in KEYS:
        file(table, GOVERNMENT, YEAR, dict.fromkeys(KEYS, 1), scope=DISTRICT)
        file(table, "昌邑区财政局", YEAR, {**dict.fromkeys(KEYS, 1), key: 2}, scope=DISTRICT)
        lines = list(findings(table, Wanted(rule=MAXIMUM)))
        named = [".".join(str(line.finding[part]) for part in ("table", "row", "column")) for line in lines]
        assert named == [key]
    reports(table, {"昌邑区教育局": 900}, year=YEAR - 1)
    assert len(list(findings(table, Wanted(rule=MAXIMUM)))) == 1


def test_a_withdrawn_report_counts_with_its_last_version(table: Archive) -> None:
    reports(table, {GOVERNMENT: 1})
    file(table, "昌邑区财政局", YEAR, {NEW: 2}, scope=DISTRICT, gone=True)
    assert len(failing(table)) == 2


def test_agencies_of_a_site_without_division_are_those_of_its_one_government(table: Archive) -> None:
    site = "host:example.gov.cn"
    reports(table, {"青汀市财政局": 2}, site)
    reports(table, {GOVERNMENT: 1})
    assert failing(table) == []
    reports(table, {"青汀市人民政府": 1}, site)
    assert {one for one, *_ in failing(table)} == {"青汀市人民政府"}
    assert len(failing(table, publisher="青汀市人民政府")) == 2
    assert failing(table, division="22") == []
    reports(table, {"白汀县人民政府": 5}, site)
    assert failing(table) == []


def test_imported_files_are_nobodys(table: Archive) -> None:
    reports(table, {"青汀市财政局": 2, "青汀市人民政府": 1}, "files")
    assert failing(table) == []


# How far it goes


def roster(archive: Archive, *names: str, expected: int | None = None) -> None:
    """The district's page on who published."""
    note_portal(archive, None, portal=PORTAL, outcome="ok", detail=None, division=DISTRICT)
    units = tuple((name, None, None, None) for name in names)
    page = RosterNote(archive.clock(), None, PORTAL, f"{PORTAL}r.html", "公布情况", YEAR, units, expected=expected)
    deposit(archive, notes=[page])
    derive(archive)


def test_a_finding_says_how_far_the_roster_goes(archive: Archive, clock: Clock) -> None:
    clock.advance(days=100)
    reports(archive, {GOVERNMENT: 5, "昌邑区财政局": 6, "昌邑区税务局": 9, "昌邑区人民政府办公室": 1})
    (line,) = findings(archive, Wanted(rule=SUM))
    assert "2 of 2 subordinates archived, the roster is not known to be complete" in line.finding["message"]
    assert line.rests_on is not None
    assert line.rests_on["agencies"] == {"archived": 2, "owed": 2, "sum": 6}
    assert line.rests_on["left_out"] == {"vertical": 1, "office": 1}
    assert line.rests_on["roster_complete"] is False
    before = line.id

    roster(archive, "昌邑区财政局", "昌邑区教育局")
    (line,) = findings(archive, Wanted(rule=SUM))
    assert "2 of 3 subordinates archived, the roster is not known to be complete" in line.finding["message"]
    assert line.id == before  # what is acknowledged stays so: the figures are the same

    reports(archive, {"昌邑区教育局": 0})
    (line,) = findings(archive, Wanted(rule=SUM))
    assert "3 of 3 subordinates archived, the roster is complete" in line.finding["message"]
    roster(archive, "昌邑区财政局", "昌邑区教育局", expected=40)
    assert not of_new(archive)[GOVERNMENT].complete


def test_an_imported_list_is_a_roster_too(table: Archive) -> None:
    reports(table, {GOVERNMENT: 5, "昌邑区财政局": 6})
    assert not of_new(table)[GOVERNMENT].complete
    said = PublisherNote(table.clock(), scope=DISTRICT, name="昌邑区财政局", source="list.csv")
    deposit(table, notes=[said])
    derive(table)
    assert of_new(table)[GOVERNMENT].complete


# Narrowing


NARROWED: list[tuple[dict[str, Any], int]] = [
    ({}, 4),
    ({"rule": "hierarchy"}, 4),
    ({"rule": SUM}, 2),
    ({"rule": "chain"}, 0),
    ({"severity": "error"}, 0),
    ({"severity": "warning", "rule": MAXIMUM}, 2),
    ({"year": YEAR}, 4),
    ({"year": YEAR - 1}, 0),
    ({"publisher": GOVERNMENT}, 2),
    ({"publisher": "昌邑区财政局"}, 0),
    ({"division": "2202"}, 4),
    ({"division": COUNTY}, 2),
    ({"division": "220202001"}, 0),
    ({"kind": "government"}, 4),
    ({"kind": "department"}, 0),
    ({"portal": PORTAL}, 0),
]


def test_findings_are_narrowed(archive: Archive) -> None:
    reports(archive, {"昌邑区人民政府": 1, "昌邑区财政局": 2})
    reports(archive, {"永吉县人民政府": 1, "永吉县财政局": 2}, COUNTY)
    for wanted, count in NARROWED:
        assert len(failing(archive, **wanted)) == count, wanted
