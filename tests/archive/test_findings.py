"""Findings over the archive: how they are narrowed, told apart, and acknowledged for good."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from archive.deposit import deposit
from archive.deriving.derive import derive
from archive.deriving.reparsing import reparse
from archive.errors import ArchiveError
from archive.findings.lines import (
    ALL,
    LONGEST_NOTE,
    FindingLine,
    Wanted,
    acknowledge,
    find,
    fingerprint_of,
    further_line,
    iterate,
    reopen,
    shortest,
)
from archive.journal.acknowledging import apply, read_all
from archive.journal.notes import AcknowledgedNote, from_lines, to_lines
from archive.schema import Acknowledgement, Publisher, Report
from archive.store import Archive
from archive.upkeep.reindex import reindex
from parser.hints import Hints
from parser.reading import parse
from parser.record import Record, Severity
from tests.archive.answers import URL, publish, report_page
from tests.archive.conftest import Clock, Place
from tests.archive.notetaking import note_portal
from tests.papers.paper import Paper, paper

ODD: dict[str, Any] = {"rule": "requests.balance", "severity": "error", "message": "has 999 against 21"}
ODD |= {"table": "requests", "column": "total", "expected": 21, "found": 999}
LABEL: dict[str, Any] = {"rule": "labels.unknown", "severity": "warning", "table": "requests"}
LABEL |= {"message": "the label '代码' is not on the form", "at": {"table": 1, "row": 4}}
BLANK: dict[str, Any] = {
    "rule": "cells.blank",
    "severity": "warning",
    "table": "review",
    "row": "litigation",
    "column": "total",
}
BLANK |= {"message": "nothing is printed; the form asks for 0 where nothing happened"}
ORDER: dict[str, Any] = {
    "rule": "sections.order",
    "severity": "warning",
    "message": "the sections stand in the order 1, 3, 2",
}
DAYS: dict[str, Any] = {
    "rule": "date.contradicted",
    "severity": "info",
    "message": "the list's day is 2024-01-18, the page's 2024-02-02",
}

COLLIDING = (17317, 28434)  # found by trying: their ids begin with the same eight letters


def wrong(name: str = "清湾市财政局", year: int = 2023, total: str = "999") -> Paper:
    """A report with a sum that does not add up."""
    return paper(name, year).with_figures(requests__new__total=total)


def fill(archive: Archive, total: str = "999") -> None:
    """One report of which the sums fail."""
    publish(archive, URL, report_page(wrong(total=total)), title=paper().title)
    derive(archive)


def open_ones(archive: Archive, wanted: Wanted = ALL) -> list[FindingLine]:
    return [line for line in iterate(archive, wanted) if line.acknowledged is None]


def rules(lines: Iterable[FindingLine]) -> set[str]:
    return {line.finding["rule"] for line in lines}


def odd(found: int = 1, **facts: Any) -> FindingLine:
    """A finding that is no report's own."""
    given_: dict[str, Any] = {
        "rule": "date.reset",
        "severity": "info",
        "message": "odd",
        "scope": "220202",
        "key": "财政局",
    }
    return further_line(**{**given_, "publisher": "财政局", "report_year": 2023, "found": found, **facts})


# What makes a finding the same


@pytest.mark.parametrize(
    ("finding", "changes"),
    [
        (ODD, {"message": "new and carried_in do not make total and carried_out"}),
        (ODD, {"severity": "warning"}),
        (ODD, {"at": {"table": 7}}),
        (ODD, {"expected": Decimal("21.00"), "found": Decimal(999)}),
        (LABEL, {"message": "no form has '代码' among its labels"}),
        (LABEL, {"at": {"table": 2, "row": 9}}),
        (BLANK, {"message": "the cell is empty (国办公开办函〔2021〕30号)"}),
        (ORDER, {"message": "printed as 1, 3, 2"}),
        (DAYS, {"message": "one portal's two days disagree: 2024-01-18 in its list, 2024-02-02 on its page"}),
    ],
)
def test_words_severity_and_place_on_the_page_do_not_tell_findings_apart(
    finding: dict[str, Any], changes: dict[str, Any]
) -> None:
    assert fingerprint_of({**finding, **changes}) == fingerprint_of(finding)


@pytest.mark.parametrize(
    ("finding", "changes"),
    [
        (ODD, {"rule": "requests.results"}),
        (ODD, {"found": 998}),
        (ODD, {"expected": 22}),
        (ODD, {"column": "natural_person"}),
        (ODD, {"row": "total"}),
        (LABEL, {"message": "the label '编码' is not on the form"}),
        (LABEL, {"table": "review"}),
        (BLANK, {"row": "reconsideration"}),
        (ORDER, {"message": "the sections stand in the order 1, 2, 4, 3"}),
        (ORDER, {"message": "the sections stand in the order 3, 1, 2"}),
        (DAYS, {"message": "the list's day is 2024-01-18, the page's 2024-02-03"}),
    ],
)
def test_cells_and_values_tell_findings_apart(finding: dict[str, Any], changes: dict[str, Any]) -> None:
    assert fingerprint_of({**finding, **changes}) != fingerprint_of(finding)


def test_every_finding_of_a_report_is_told_from_the_others(archive: Archive) -> None:
    fill(archive)
    lines = list(iterate(archive))
    assert len({line.id for line in lines}) == len(lines) >= 2


@given(st.lists(st.text("0123456789abcdef", min_size=64, max_size=64), max_size=30))
def test_shortened_ids_are_as_many_as_the_ids(ids: list[str]) -> None:
    length = shortest(ids)
    assert length >= 8
    assert len({each[:length] for each in ids}) == len(set(ids))


# Narrowing


@pytest.fixture
def nation(archive: Archive) -> Archive:
    """Three publishers of two divisions and of none, one of them on two years."""
    for number, division in enumerate(("220202", "220100", None)):
        portal = f"http://www.p{number}.gov.cn/"
        note_portal(archive, None, portal=portal, outcome="ok", detail=None, division=division)
        for year in (2022, 2023) if number == 0 else (2023,):
            item = wrong(f"清湾市第{number}局", year)
            publish(archive, f"{portal}{year}.html", report_page(item), portal=portal, column=f"{portal}c/")
    derive(archive)
    with archive.writing() as session:
        first = update(Publisher).where(Publisher.scope == "220202")
        session.execute(first.values(kind="zone", township="220202001"))
    return archive


NARROWED: list[tuple[dict[str, Any], set[int]]] = [
    ({}, {0, 1, 2}),
    ({"division": "220000"}, {0, 1}),
    ({"division": "22"}, {0, 1}),
    ({"division": "220200"}, {0}),
    ({"division": "2202"}, {0}),
    ({"division": "220202"}, {0}),
    ({"division": "220202001"}, {0}),
    ({"division": "220203"}, set()),
    ({"division": "110000"}, set()),
    ({"kind": "zone"}, {0}),
    ({"kind": "street"}, set()),
    ({"year": 2022}, {0}),
    ({"publisher": "清湾市第1局"}, {1}),
    ({"publisher": "220100/清湾市第1局"}, {1}),
    ({"portal": "http://www.p2.gov.cn/"}, {2}),
    ({"rule": "requests", "severity": "error"}, {0, 1, 2}),
    ({"rule": "requests.balance", "division": "220000", "year": 2023}, {0, 1}),
    ({"rule": "request"}, set()),
    ({"severity": "critical"}, set()),
]


def test_findings_are_narrowed(nation: Archive) -> None:
    found = [{line.publisher for line in iterate(nation, Wanted(**wanted))} for wanted, _ in NARROWED]
    assert found == [{f"清湾市第{number}局" for number in numbers} for _, numbers in NARROWED]


@pytest.mark.parametrize("code", ["", "2", "22020", "吉林市", "22%", "２２", "host:p2.gov.cn", "-1"])
def test_what_is_no_code_of_a_division_is_told(table: Archive, code: str) -> None:
    with pytest.raises(ArchiveError, match="is no code of a division: write the six digits"):
        list(iterate(table, Wanted(division=code)))


FURTHER: list[tuple[dict[str, Any], bool]] = [
    ({}, True),
    ({"rule": "date"}, True),
    ({"rule": "date.reset", "severity": "info", "year": 2023, "kind": "zone"}, True),
    ({"division": "220000"}, True),
    ({"division": "220202001"}, True),
    ({"publisher": "220202/清湾市第0局"}, True),
    ({"rule": "dat"}, False),
    ({"severity": "error"}, False),
    ({"year": 2022}, False),
    ({"kind": "department"}, False),
    ({"division": "220100"}, False),
    ({"division": "220202002"}, False),
    ({"publisher": "清湾市第1局"}, False),
]


def test_further_findings_stand_after_the_reports_and_are_narrowed_alike(nation: Archive) -> None:
    with nation.session() as session:
        key = session.scalars(select(Publisher.key).where(Publisher.scope == "220202")).one()
    more = odd(key=key, kind="zone", township="220202001")
    for wanted, shown in FURTHER:
        of_reports = list(iterate(nation, Wanted(**wanted)))
        expected = [*of_reports, more] if shown else of_reports
        assert list(iterate(nation, Wanted(**wanted), further=[more])) == expected, wanted


# Acknowledging


def test_an_acknowledged_finding_stands_apart_with_its_note(archive: Archive, clock: Clock) -> None:
    fill(archive)
    first, *others = iterate(archive)
    acknowledge(archive, [first], note="核对过原文", by="王")
    (done,) = (line for line in iterate(archive) if line.acknowledged is not None)
    assert done == first
    assert done.acknowledged is not None
    assert (done.acknowledged.note, done.acknowledged.by, done.acknowledged.at) == ("核对过原文", "王", clock())
    assert open_ones(archive) == others
    assert reopen(archive, [first, *others], by="李") == 1
    assert open_ones(archive) == [first, *others]


def test_the_last_word_counts_and_a_note_may_be_taken_twice(archive: Archive, clock: Clock) -> None:
    fill(archive)
    (first, *_) = iterate(archive)
    for note in ("原文如此", "已致电核实"):
        clock.advance(minutes=1)
        acknowledge(archive, [first, first], note=note, by="王")
    (done,) = (line for line in iterate(archive) if line.acknowledged is not None)
    assert done.acknowledged is not None
    assert done.acknowledged.note == "已致电核实"
    taken_back = AcknowledgedNote(clock(), first.subject, "requests", first.fingerprint, "", "王")
    with archive.writing() as session:
        for _ in range(2):
            apply(session, taken_back)
    assert len(open_ones(archive)) == len(list(iterate(archive)))


def reworded(data: bytes, hints: Hints) -> Record:
    """The parser after its sentences and severities were changed."""
    record = parse(data, hints)
    findings = [
        each.model_copy(update={"message": "it does not add up", "severity": Severity.WARNING})
        if each.found is not None
        else each
        for each in record.findings
    ]
    return record.model_copy(update={"findings": tuple(reversed(findings))})


def test_it_survives_a_reparse_with_other_words_and_a_reindex_from_the_files_alone(place: Place) -> None:
    with place.open() as archive:
        fill(archive)
        lines = list(iterate(archive))
        acknowledge(archive, lines, note="原文如此", by="王")
        before = read_rows(archive)
        reparse(archive, parse=reworded, fingerprint="one")
        assert open_ones(archive) == []
        assert {line.finding["message"] for line in iterate(archive, Wanted(rule="requests"))} == {"it does not add up"}
        reopen(archive, lines[:1], by="王")
        acknowledge(archive, lines[:1], note="原文如此", by="王")
    with Archive.open(place.folder, place.database, write=True, rebuild=True, clock=place.clock) as archive:
        assert reindex(archive, afresh=True).problems == ()
        derive(archive)
        assert read_rows(archive) == before
        assert open_ones(archive) == []
        assert {line.id for line in iterate(archive)} == {line.id for line in lines}


def test_what_was_taken_back_stays_so_after_a_reindex(place: Place) -> None:
    with place.open() as archive:
        fill(archive)
        lines = list(iterate(archive))
        acknowledge(archive, lines, note="原文如此", by="王")
        reopen(archive, lines, by="王")
    with Archive.open(place.folder, place.database, write=True, rebuild=True, clock=place.clock) as archive:
        reindex(archive, afresh=True)
        derive(archive)
        assert open_ones(archive) == lines


def read_rows(archive: Archive) -> list[tuple[Any, ...]]:
    """The acknowledgements without their numbers."""
    query = select(
        Acknowledgement.subject, Acknowledgement.rule, Acknowledgement.fingerprint,
        Acknowledgement.note, Acknowledgement.by, Acknowledgement.at,
    )  # fmt: skip
    with archive.session() as session:
        return sorted(tuple(row) for row in session.execute(query))


def test_changed_figures_bring_a_finding_back_and_the_old_ones_put_it_away(archive: Archive, clock: Clock) -> None:
    fill(archive)
    lines = list(iterate(archive))
    acknowledge(archive, lines, note="原文如此", by="王")
    clock.advance(days=1)
    fill(archive, total="998")
    assert rules(open_ones(archive)) == {"requests.balance", "requests.columns"}
    assert not {line.id for line in open_ones(archive)} & {line.id for line in lines}
    clock.advance(days=1)
    fill(archive)
    assert open_ones(archive) == []


def test_another_year_and_another_publisher_are_not_spoken_for(archive: Archive) -> None:
    for number, item in enumerate((wrong(), wrong(year=2022), wrong("清湾市水利局"))):
        publish(archive, f"{URL}?{number}", report_page(item), title=item.title)
    derive(archive)
    mine = list(iterate(archive, Wanted(publisher="清湾市财政局", year=2023)))
    acknowledge(archive, mine, note="原文如此", by="王")
    assert {(line.publisher, line.report_year) for line in open_ones(archive)} == {
        ("清湾市财政局", 2022),
        ("清湾市水利局", 2023),
    }


def test_a_report_of_nobody_is_known_by_its_address(archive: Archive) -> None:
    fill(archive)
    with archive.writing() as session:
        session.execute(update(Report).values(publisher_id=None, identity="address:http://a.gov.cn/1.html"))
    lines = list(iterate(archive))
    assert {line.subject for line in lines} == {"http://a.gov.cn/1.html"}
    acknowledge(archive, lines, note="原文如此", by="王")
    assert open_ones(archive) == []


def test_an_acknowledgement_follows_a_publisher_that_is_found_to_be_another(archive: Archive) -> None:
    for number, item in enumerate((wrong(), wrong("清湾市水利局", total="998"))):
        publish(archive, f"{URL}?{number}", report_page(item), title=item.title)
    derive(archive)
    old = list(iterate(archive, Wanted(publisher="清湾市财政局")))
    acknowledge(archive, old, note="原文如此", by="王")
    with archive.writing() as session:
        first, second = session.scalars(select(Publisher).order_by(Publisher.id))
        third = Publisher(scope="220200", key="水务局", name="水务局")
        session.add(third)
        session.flush()
        first.merged_into_id, second.merged_into_id = second.id, third.id
        moved = update(Report).where(Report.publisher_id == first.id)
        session.execute(moved.values(publisher_id=third.id))
    mine = [line for line in iterate(archive) if line.scope == "220200"]
    assert {line.subject for line in mine} == {"220200/水务局/2023"}
    assert [line.fingerprint for line in mine] == [line.fingerprint for line in old]
    assert all(line.acknowledged is not None for line in mine)
    assert reopen(archive, mine, by="王") == len(mine)
    assert [line for line in iterate(archive) if line.acknowledged is not None] == []


def test_publishers_merged_in_a_ring_end_the_search(archive: Archive, clock: Clock) -> None:
    deposit(archive, notes=[AcknowledgedNote(clock(), "1/a/2023", "r", "0" * 64, "x", "王")])
    with archive.writing() as session:
        one, other = (Publisher(scope="1", key=key, name=key) for key in "ab")
        session.add_all([one, other])
        session.flush()
        one.merged_into_id, other.merged_into_id = other.id, one.id
    with archive.session() as session:
        assert {subject for subject, _ in read_all(session)} <= {"1/a/2023", "1/b/2023"}


# Hostile notes


def test_an_acknowledgement_and_its_end_come_back_from_the_journal_as_they_were(clock: Clock) -> None:
    notes = [
        AcknowledgedNote(clock(), "220202/财政局/2023", "requests.balance", "0" * 64, said, "王") for said in ("x", "")
    ]
    assert from_lines(to_lines(notes)) == notes


@pytest.mark.parametrize(
    ("given_note", "kept"),
    [
        ("  两处\n\n不符\t合计 ", "两处 不符 合计"),
        ("\x1b[2J\x07清屏", "[2J清屏"),
        ("a\x00b", "ab"),
        ("\u202egnp.exe", "gnp.exe"),
        ("\u2028一\u2029二", "一 二"),
        ("\ud83d半个", "半个"),
        ("'); DROP TABLE acknowledgements; --", "'); DROP TABLE acknowledgements; --"),
        ('{"note":"acknowledged"}\n{"note":"loss"}', '{"note":"acknowledged"} {"note":"loss"}'),
        ("[bold red]x[/]", "[bold red]x[/]"),
        ("𠮷" * LONGEST_NOTE, "𠮷" * LONGEST_NOTE),
    ],
    ids=range(10),
)
def test_a_note_is_kept_as_one_harmless_line(place: Place, given_note: str, kept: str) -> None:
    with place.open() as archive:
        fill(archive)
        acknowledge(archive, iterate(archive), note=given_note, by=f" 王{given_note[:9]}")
        rows = read_rows(archive)
        assert {row[3] for row in rows} == {kept}
    with Archive.open(place.folder, place.database, write=True, rebuild=True, clock=place.clock) as archive:
        assert reindex(archive, afresh=True).problems == ()
        assert read_rows(archive) == rows


@pytest.mark.parametrize(
    ("note", "by", "says"),
    [
        ("", "王", "the note of an acknowledgement is empty"),
        (" \n\u200b\x00", "王", "the note of an acknowledgement is empty"),
        ("原文如此", " \x07", "nobody is named"),
        ("长" * (LONGEST_NOTE + 1), "王", "2,000 characters at most"),
        ("原文如此", "长" * (LONGEST_NOTE + 1), "2,000 characters at most"),
    ],
    ids=range(5),
)
def test_a_note_that_says_nothing_or_too_much_is_refused(archive: Archive, note: str, by: str, says: str) -> None:
    fill(archive)
    lines = list(iterate(archive))
    with pytest.raises(ArchiveError, match=says):
        acknowledge(archive, lines, note=note, by=by)
    assert open_ones(archive) == lines


# Ids


def test_a_finding_is_found_by_the_beginning_of_its_id(archive: Archive) -> None:
    fill(archive)
    first, second, *_ = iterate(archive)
    assert find(archive, [first.id[:8], second.id, first.id[:12]]) == [first, second]


@pytest.mark.parametrize("wrong_id", ["", "a", "0123456", "0123456z", "ABCDEF01", "01234567 ", "%" * 8, "f" * 65])
def test_what_is_no_id_is_told(table: Archive, wrong_id: str) -> None:
    with pytest.raises(ArchiveError, match="is no id of a finding"):
        find(table, [wrong_id])


def test_an_id_of_no_finding_is_told(archive: Archive) -> None:
    fill(archive)
    (first, *_) = iterate(archive)
    with pytest.raises(ArchiveError, match="no finding has the id 00000000: "):
        find(archive, [first.id, "00000000"])


def test_an_ambiguous_id_is_told_in_a_sentence_with_longer_ones(archive: Archive) -> None:
    pair = [odd(found=number) for number in COLLIDING]
    assert len({line.id for line in pair}) == 2
    beginning = pair[0].id[:8]
    length = shortest(line.id for line in pair)
    with pytest.raises(
        ArchiveError, match=f"2 findings have ids that begin with {beginning}: write more of one, as "
    ) as told:
        find(archive, [beginning], further=pair)
    assert all(line.id[:length] in str(told.value) for line in pair)
    assert find(archive, [pair[1].id[:length]], further=pair) == [pair[1]]
