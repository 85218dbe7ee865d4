"""Lists of publishers and of reports, some at a time: nobody is left out, and nobody comes twice."""

from __future__ import annotations

from itertools import islice
from typing import Any

import pytest

from archive.errors import UnknownPublisher
from archive.registry import listing
from archive.registry.imports import keep
from archive.registry.listing import count_publishers, iterate_publishers, list_publishers, numbers_of, view_of
from archive.registry.statements import say_merged
from archive.report_lists import Wanted, count_reports, walk_reports
from archive.reports import list_reports
from archive.store import Archive
from parser.record import Finding, Record, Severity
from tests.archive.filed import file
from tests.archive.shelved import shelve

AGENCIES = [
    ("220200", "吉林市财政局"), ("220202", "昌邑区财政局"), ("220202", "昌邑区教育局"), ("220204", "船营区财政局"),
    ("330102", "上城区人民政府"), ("host:a.gov.cn", "某局"), ("220202", "昌邑区A/B局"),
]  # fmt: skip


@pytest.fixture
def full(archive: Archive) -> Archive:
    for year in (2022, 2023):
        for scope, name in AGENCIES if year == 2023 else AGENCIES[:3]:
            file(archive, name, year, {}, scope=scope)
    return archive


def test_publishers_come_a_few_at_a_time_in_the_order_of_the_list(
    full: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "_FIRST", 2)
    monkeypatch.setattr(listing, "_FURTHER", 3)
    everybody = list_publishers(full)
    assert list(iterate_publishers(full)) == everybody
    for place, line in enumerate(everybody):
        assert list(iterate_publishers(full, after=line.id)) == everybody[place + 1 :]
    with pytest.raises(UnknownPublisher, match="999"):
        next(iterate_publishers(full, after=999))


NARROWED: list[tuple[dict[str, Any], list[str]]] = [
    ({"called": "财政"}, ["吉林市财政局", "昌邑区财政局", "船营区财政局"]),
    ({"called": "220202/昌邑区财政局"}, ["昌邑区财政局"]),
    ({"called": "220202/昌邑区A/B局"}, ["昌邑区A/B局"]),
    ({"called": "%"}, []),
    ({"called": "a/b", "division": "220202"}, ["昌邑区A/B局"]),
    ({"year": 2022}, ["吉林市财政局", "昌邑区教育局", "昌邑区财政局"]),
    ({"division": "220200", "year": 2022, "called": "教育"}, ["昌邑区教育局"]),
    ({"kind": "government"}, ["上城区人民政府"]),
    ({"scope": "host:a.gov.cn"}, ["某局"]),
]


def test_publishers_are_narrowed_and_counted_alike(full: Archive) -> None:
    for wanted, names in NARROWED:
        asked = listing.Wanted(**wanted)
        assert [line.name for line in iterate_publishers(full, asked)] == names, wanted
        assert count_publishers(full, asked) == len(names), wanted


def test_a_publisher_is_found_by_its_number_and_by_scope_and_name(full: Archive) -> None:
    line = next(iterate_publishers(full, listing.Wanted(called="船营区")))
    assert view_of(full, line.id).line == line
    assert numbers_of(full, [line.reference, "220204/无此局"]) == {line.reference: line.id}
    with pytest.raises(UnknownPublisher, match="no publisher has the number 999"):
        view_of(full, 999)


def test_the_number_of_a_merged_publisher_is_that_of_the_one_it_is(full: Archive) -> None:
    known = {line.name: line.id for line in list_publishers(full)}
    note = say_merged(full, "昌邑区教育局", "昌邑区财政局", None)
    assert note is not None
    keep(full, (note,))
    assert view_of(full, known["昌邑区教育局"]).line.id == known["昌邑区财政局"]
    assert [line.merged_into for line in iterate_publishers(full, listing.Wanted(called="教育", merged=True))] == [
        "220202/昌邑区财政局"
    ]


def test_reports_come_a_few_at_a_time_in_the_order_of_the_list(full: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archive.report_lists._FIRST", 2)
    monkeypatch.setattr("archive.report_lists._FURTHER", 3)
    everything = list_reports(full)
    assert [line for line, _ in walk_reports(full, Wanted())] == everything
    assert [line for line, _ in walk_reports(full, Wanted(), after=everything[4].id)] == everything[5:]
    assert [line for line, _ in islice(walk_reports(full, Wanted()), 2)] == everything[:2]


COUNTED: list[tuple[dict[str, Any], int]] = [
    ({}, 10),
    ({"year": 2022}, 3),
    ({"publisher": "昌邑区财政局"}, 2),
    ({"publisher": "1"}, 2),
    ({"publisher": "2147483647"}, 0),
    ({"publisher": "99999999999"}, 0),
    ({"division": "220202"}, 5),
    ({"division": "220200", "kind": "department", "year": 2023}, 5),
    ({"kind": "government"}, 1),
    ({"state": "withdrawn"}, 0),
    ({"portal": "http://a.gov.cn/"}, 0),
]


def test_reports_are_narrowed_and_counted_alike(full: Archive) -> None:
    for narrowed, count in COUNTED:
        asked = Wanted(**narrowed)
        assert len(list(walk_reports(full, asked))) == count_reports(full, asked) == count, narrowed


def test_reports_are_told_apart_by_form_and_by_their_weightiest_finding(table: Archive) -> None:
    for place, (form, errors) in enumerate([("2021", True), ("2019", False), (None, False)]):
        finding = Finding(rule="requests.balance", severity=Severity.ERROR, message="x")
        found = (finding,) if errors else ()
        shelve(table, Record(title=f"{place}", report_year=2020 + place, template=form, findings=found))
    forms = {form: len(list(walk_reports(table, Wanted(template=form)))) for form in ("2021", "2019", "2014", "none")}
    assert forms == {"2021": 1, "2019": 1, "2014": 0, "none": 1}
    assert len(list(walk_reports(table, Wanted(severity="error")))) == 3  # as they are shelved
    assert not any(list(walk_reports(table, Wanted(severity=one))) for one in ("warning", "info", "none"))
    assert count_reports(table, Wanted(template="2021")) is None
