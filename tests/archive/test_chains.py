"""Chains over the archive: which reports are held against each other, how that is narrowed, and what a finding says."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from archive.deriving.derive import derive
from archive.errors import ArchiveError
from archive.findings.chains import findings
from archive.findings.lines import FindingLine, Wanted, acknowledge, iterate
from archive.store import Archive
from parser.record import State
from tests.archive.answers import PORTAL, publish, read_column, report_page
from tests.archive.conftest import Clock, Place
from tests.archive.filed import Cells, file
from tests.archive.notetaking import note_portal
from tests.papers.paper import paper

IN, OUT, NEW = "requests.carried_in.total", "requests.carried_out.total", "requests.new.total"
GRANTED, DECISIONS = "requests.granted.total", "disclosure.penalties.decisions"
CITY, DISTRICT = "220200", "220202"
OFFICE = "吉林市财政局"


def said(lines: Iterable[FindingLine]) -> list[tuple[str | None, int | None, str]]:
    return [(line.publisher, line.report_year, line.finding["rule"]) for line in lines]


def found(archive: Archive, **wanted: Any) -> list[tuple[str | None, int | None, str]]:
    return said(findings(archive, Wanted(**wanted)))


def years(archive: Archive, *several: tuple[int, Cells], name: str = OFFICE, scope: str = CITY) -> None:
    for year, cells in several:
        file(archive, name, year, cells, scope=scope)


def test_each_year_is_held_against_the_one_before(archive: Archive) -> None:
    years(archive, (2021, {OUT: 5}), (2022, {IN: 4, OUT: 0}), (2023, {IN: 0}))
    (line,) = findings(archive)
    assert (line.publisher, line.report_year, line.scope, line.kind) == (OFFICE, 2022, CITY, "department")
    cell = {"table": "requests", "row": "carried_in", "column": "total", "expected": 5, "found": 4}
    assert {name: line.finding.get(name) for name in cell} == cell
    assert line.rests_on is not None
    assert line.rests_on["figures"] == {"2021": {OUT: 5}, "2022": {IN: 4}}
    assert line.subject == f"{CITY}/{OFFICE}/2022"


@pytest.mark.parametrize(
    "several",
    [
        [(2021, {OUT: 5}), (2023, {IN: 4})],  # a year between
        [(2021, {OUT: 5}), (2022, {IN: 5})],
        [(2021, {OUT: State.BLANK}), (2022, {IN: 4})],
        [(2022, {IN: 4})],
    ],
)
def test_nothing_is_found_where_nothing_breaks(table: Archive, several: list[tuple[int, Cells]]) -> None:
    years(table, *several)
    assert found(table) == []


def test_publishers_are_not_chained_to_each_other(table: Archive) -> None:
    years(table, (2022, {OUT: 5}))
    years(table, (2023, {IN: 4}), name="吉林市教育局")
    years(table, (2023, {IN: 4}), name="昌邑区财政局", scope=DISTRICT)
    assert found(table) == []


def test_cells_that_stand_in_the_record_only_count_too(table: Archive) -> None:
    file(table, OFFICE, 2022, {OUT: 5}, scope=CITY, beside=False)
    file(table, OFFICE, 2023, {IN: 4}, scope=CITY, beside=False)
    assert found(table) == [(OFFICE, 2023, "chain.requests")]


def test_a_withdrawn_report_counts_with_its_last_version(table: Archive) -> None:
    file(table, OFFICE, 2022, {OUT: 5}, scope=CITY, gone=True)
    file(table, OFFICE, 2023, {IN: 4}, scope=CITY)
    assert found(table) == [(OFFICE, 2023, "chain.requests")]


def test_jumps_and_copies_are_found_beside_chains(archive: Archive) -> None:
    busy = {NEW: 30, GRANTED: 29, OUT: 0, IN: 0, DECISIONS: 400, "disclosure.rules.in_force": 0}
    years(archive, (2021, busy), (2022, busy), (2023, {**busy, DECISIONS: 50}))
    lines = list(findings(archive))
    assert said(lines) == [(OFFICE, 2022, "copy.tables"), (OFFICE, 2023, "jump")]
    copied, jump = lines
    assert copied.finding["severity"] == "warning"
    assert "2021 says: disclosure.penalties.decisions 400, requests.new.total 30" in copied.finding["message"]
    assert (jump.finding["severity"], jump.finding["expected"], jump.finding["found"]) == ("info", 400, 50)
    assert len({line.id for line in lines}) == 2


def test_a_copy_of_few_numbers_is_told_as_such(table: Archive) -> None:
    years(table, (2022, {NEW: 1, GRANTED: 1}), (2023, {NEW: 1, GRANTED: 1}))
    (line,) = findings(table)
    assert (line.finding["severity"], "may be chance" in line.finding["message"]) == ("info", True)


def test_tables_of_zeros_are_no_copy(table: Archive) -> None:
    years(table, *[(year, {NEW: 0, IN: 0, OUT: 0}) for year in (2021, 2022, 2023)])
    assert found(table) == []


def test_a_later_version_that_states_other_figures_is_found(archive: Archive) -> None:
    for cells in ({NEW: 21, GRANTED: 3}, {NEW: 12, GRANTED: 3}, {NEW: 12, GRANTED: 3, OUT: 0}):
        file(archive, OFFICE, 2023, cells, scope=CITY)
    (line,) = findings(archive, Wanted(rule="chain"))
    assert (line.finding["rule"], line.finding["severity"]) == ("chain.restated", "info")
    assert "requests.new.total 12 instead of 21" in line.finding["message"]
    assert line.rests_on is not None
    assert line.rests_on["figures"] == {NEW: [21, 12]}


# Open chains


def read(archive: Archive, agency: str) -> None:
    """Its column is read to the end, and has no report."""
    column = f"{PORTAL}{agency}/"
    note_portal(archive, None, portal=PORTAL, outcome="ok", detail=None, division=CITY)
    read_column(archive, column=column, agency=agency, rows=0)
    derive(archive)


def test_requests_carried_into_a_year_without_report_are_an_open_chain(archive: Archive, clock: Clock) -> None:
    years(archive, (2022, {OUT: 3}))
    years(archive, (2022, {OUT: 0}), name="吉林市教育局")
    clock.advance(days=60)
    read(archive, OFFICE)
    read(archive, "吉林市教育局")
    (line,) = findings(archive)
    assert said([line]) == [(OFFICE, 2022, "chain.open")]
    assert (line.finding["severity"], line.finding["found"]) == ("warning", 3)
    assert "no report on 2023" in line.finding["message"]
    assert found(archive, publisher=OFFICE, year=2022) == said([line])
    assert found(archive, division=CITY, kind="department") == said([line])
    assert found(archive, year=2023) == []


def test_nothing_is_said_of_a_report_that_is_not_due_or_was_not_looked_for(archive: Archive, clock: Clock) -> None:
    years(archive, (2022, {OUT: 3}))
    assert found(archive) == []
    clock.advance(days=60)
    assert found(archive) == []


def test_a_withdrawn_report_leaves_the_chain_open_and_is_judged_all_the_same(table: Archive, clock: Clock) -> None:
    clock.advance(days=60)
    years(table, (2022, {OUT: 3}))
    file(table, OFFICE, 2023, {IN: 2}, scope=CITY, gone=True)
    lines = list(findings(table))
    assert said(lines) == [(OFFICE, 2023, "chain.requests"), (OFFICE, 2022, "chain.open")]
    assert lines[1].finding["severity"] == "info"
    assert "withdrawn" in lines[1].finding["message"]


# Narrowing


NARROWED: list[tuple[dict[str, Any], int]] = [
    ({}, 4),
    ({"rule": "chain"}, 4),
    ({"rule": "chain.requests"}, 4),
    ({"rule": "chain.items"}, 0),
    ({"rule": "requests"}, 0),
    ({"rule": "jump"}, 0),
    ({"severity": "warning"}, 4),
    ({"severity": "error"}, 0),
    ({"year": 2023}, 2),
    ({"year": 2021}, 0),
    ({"publisher": OFFICE}, 2),
    ({"publisher": "昌邑区左家镇", "year": 2022}, 1),
    ({"publisher": "无此局"}, 0),
    ({"division": "22"}, 4),
    ({"division": DISTRICT}, 2),
    ({"division": "110000"}, 0),
    ({"kind": "township"}, 2),
    ({"kind": "department", "division": DISTRICT}, 0),
]


def test_findings_are_narrowed(archive: Archive) -> None:
    for name, scope in ((OFFICE, CITY), ("昌邑区左家镇人民政府", DISTRICT)):
        years(archive, (2021, {OUT: 1}), (2022, {IN: 2, OUT: 3}), (2023, {IN: 4}), name=name, scope=scope)
    for wanted, count in NARROWED:
        assert len(found(archive, **wanted)) == count, wanted


def test_a_town_has_nine_digits(table: Archive) -> None:
    town = table.book.townships(DISTRICT)[0]
    years(table, (2022, {OUT: 1}), (2023, {IN: 2}), name=f"昌邑区{town.name}", scope=DISTRICT)
    assert len(found(table, division=town.code)) == 1
    assert found(table, division=table.book.townships(DISTRICT)[1].code) == []


def test_a_code_that_is_none_is_refused(table: Archive) -> None:
    with pytest.raises(ArchiveError, match="no code of a division"):
        found(table, division="2202x0")


def test_only_reports_of_the_portal_asked_for_are_held_against_what_came_before(table: Archive) -> None:
    for year, portal in ((2022, PORTAL), (2023, "http://other.gov.cn/")):
        item = paper(OFFICE, year, busy=0).with_figures(
            requests__carried_in__total="7", requests__carried_out__total="8"
        )
        publish(table, f"{portal}{year}.html", report_page(item), title=item.title, portal=portal, column=f"{portal}c/")
        note_portal(table, None, portal=portal, outcome="ok", detail=None, division=CITY)
    derive(table)
    file(table, OFFICE, 2021, {OUT: 3}, scope=CITY)
    for portal, expected in ((PORTAL, {2022}), ("http://other.gov.cn/", {2023}), ("http://third.gov.cn/", set())):
        lines = findings(table, Wanted(rule="chain.requests", portal=portal))
        assert {line.report_year for line in lines} == expected


# Acknowledging


def test_what_was_acknowledged_stays_so_until_a_figure_changes(table: Archive) -> None:
    years(table, (2022, {OUT: 5}), (2023, {IN: 4}))
    acknowledge(table, list(findings(table)), note="核对过原文", by="王")
    (line,) = iterate(table, further=findings(table))
    assert line.acknowledged is not None
    file(table, OFFICE, 2022, {OUT: 6}, scope=CITY)
    open_ones = [line for line in iterate(table, further=findings(table)) if line.acknowledged is None]
    assert [line.finding["rule"] for line in open_ones] == ["chain.requests", "chain.restated"]


def test_an_archive_that_is_opened_to_read_is_enough(place: Place) -> None:
    with place.open() as archive:
        years(archive, (2022, {OUT: 5}), (2023, {IN: 4}))
    with place.open(write=False) as archive:
        assert len(found(archive)) == 1
