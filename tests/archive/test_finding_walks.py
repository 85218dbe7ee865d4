"""The findings that reports have in themselves, walked through from any place, and counted by the database."""

from __future__ import annotations

from collections import Counter
from itertools import product

import pytest
from sqlalchemy import delete, insert, select, update

from archive.findings import walking
from archive.findings.counting import count_lines, count_noted, count_own, summary_of
from archive.findings.lines import Wanted, acknowledge, iterate, reopen
from archive.findings.walking import noted, own_called, reports_noted, reports_with, walk
from archive.journal.acknowledging import Acknowledgements, read_all
from archive.schema import FindingRow, Publisher, Report, Version
from archive.store import Archive
from parser.record import dump_json
from tests.archive.filed import file

SCOPES = ("220100", "220202", "host:a.gov.cn")
YEARS = (2022, 2023)
RULES = (("requests.balance", "error"), ("requests.columns", "error"), ("cells.blank", "info"))
WANTED = [
    Wanted(),
    Wanted(rule="requests"),
    Wanted(rule="cells.blank", year=2023),
    Wanted(severity="error", division="220000"),
    Wanted(division="220202"),
    Wanted(publisher="220100/财政局"),
    Wanted(kind="department"),
    Wanted(rule="no.such"),
]


@pytest.fixture
def filled(archive: Archive) -> Archive:
    """Six reports with seven findings each, one of a publisher that is not known."""
    for scope, year in product(SCOPES, YEARS):
        number = file(archive, "财政局", year, {}, scope=scope)
        with archive.writing() as session:
            version = session.scalar(select(Report.version_id).where(Report.id == number))
            rows = [
                {
                    "version_id": version,
                    "position": at,
                    "rule": rule,
                    "severity": severity,
                    "line": dump_json({"rule": rule, "severity": severity, "message": "m", "expected": at, "found": 0}),
                }
                for at, (rule, severity) in enumerate((*RULES, *RULES, RULES[0]))
            ]
            session.execute(delete(FindingRow).where(FindingRow.version_id == version))
            session.execute(insert(FindingRow), rows)
    with archive.writing() as session:
        nobody = {"publisher_id": None, "identity": "address:http://a.gov.cn/1.html"}
        session.execute(update(Report).where(Report.id == number).values(**nobody))
    return archive


def known(archive: Archive) -> Acknowledgements:
    with archive.session() as session:
        return read_all(session)


@pytest.mark.parametrize("least", [1, 5, 100])
def test_a_walk_from_any_place_gives_what_lies_behind_it(
    filled: Archive, monkeypatch: pytest.MonkeyPatch, least: int
) -> None:
    monkeypatch.setattr(walking, "_LEAST", least)
    monkeypatch.setattr(walking, "_MOST", 3 * least)
    monkeypatch.setattr(walking, "_REPORTS", 2)
    for wanted in WANTED:
        expected = list(iterate(filled, wanted))
        whole = list(walk(filled, wanted, {}))
        assert [line for _, line in whole] == expected
        reports = reports_with(filled, wanted)
        assert reports == sorted({line.report_id or 0 for line in expected})
        for at, (place, _) in list(enumerate(whole))[::4]:
            assert list(walk(filled, wanted, {}, after=place)) == whole[at + 1 :]
            assert list(walk(filled, wanted, {}, after=place, reports=reports)) == whole[at + 1 :]


def test_the_database_counts_what_the_lines_are(filled: Archive) -> None:
    for wanted in WANTED:
        lines = list(iterate(filled, wanted))
        counts = count_own(filled, wanted)
        assert (counts.rules, counts.scopes) == (
            count_noted(filled, lines).rules,
            Counter(line.scope for line in lines),
        )
        assert counts.first == min((line.report_id or 0 for line in lines), default=0)
        assert counts.total == len(lines)


def test_what_is_acknowledged_is_found_without_reading_the_rest(filled: Archive) -> None:
    lines = list(iterate(filled))
    some = [lines[0], lines[20], lines[-1]]
    assert some[-1].subject == "http://a.gov.cn/1.html"
    assert reports_noted(filled, known(filled)) == []
    acknowledge(filled, some, note="原文如此", by="王")
    assert reports_noted(filled, known(filled)) == [line.report_id for line in some]
    assert [line for _, line in noted(filled, Wanted(), known(filled))] == some
    assert [line for _, line in noted(filled, Wanted(division="220100"), known(filled))] == some[:1]
    summary = summary_of(filled, Wanted(), ())
    assert (summary.open, summary.acknowledged) == (len(lines) - 3, 3)
    assert sum(each.tally.acknowledged for each in summary.divisions) == 3
    reopen(filled, some[:1], by="王")
    assert [line for _, line in noted(filled, Wanted(), known(filled))] == some[1:]


def test_an_acknowledgement_goes_along_where_publishers_are_merged(filled: Archive) -> None:
    line, *_ = iterate(filled, Wanted(division="220100"))
    acknowledge(filled, [line], note="原文如此", by="王")
    with filled.writing() as session:
        one, other = (
            session.scalars(select(Publisher).where(Publisher.scope == scope)).one() for scope in ("220100", "220202")
        )
        one.merged_into_id = other.id
        theirs = select(Report.version_id).where(Report.publisher_id == other.id)
        session.execute(delete(FindingRow).where(FindingRow.version_id.in_(theirs)))
        session.execute(delete(Version).where(Version.id.in_(theirs)))
        session.execute(delete(Report).where(Report.publisher_id == other.id))
        session.execute(update(Report).where(Report.publisher_id == one.id).values(publisher_id=other.id))
    assert [each.id == line.id for _, each in noted(filled, Wanted(), known(filled))] == [False]
    assert len(reports_noted(filled, known(filled))) == 1


def test_a_finding_is_found_by_its_report_and_its_whole_id(filled: Archive) -> None:
    line, *_ = iterate(filled)
    report = line.report_id or 0
    assert own_called(filled, report, line.id, {}) == line
    assert own_called(filled, report, line.id[:8], {}) is None
    assert own_called(filled, report + 1, line.id, {}) is None


def test_lines_at_hand_are_counted_as_those_of_the_database(filled: Archive) -> None:
    wanted = Wanted(division="220000")
    assert count_lines(iterate(filled, wanted)).rules == count_own(filled, wanted).rules
