"""What standings rest on: who is on the roster, what was looked at, who could not be, and what is said of it."""

from __future__ import annotations

from datetime import date

import pytest

from archive.deposit import deposit
from archive.deriving.derive import derive
from archive.findings.doubts import doubts
from archive.findings.lines import Wanted, acknowledge, iterate
from archive.journal.notes import MergeNote, PortalNote, PublisherNote, RosterNote, SuccessionNote, UnitsNote
from archive.monitor import Standing, Status, missing, totals
from archive.monitor.claims import claims
from archive.monitor.proofs import proofs
from archive.store import Archive
from tests.archive import notetaking
from tests.archive.answers import COLUMN, PORTAL, crawl, read_column, withdraw
from tests.archive.conftest import Clock
from tests.archive.test_monitor import AGENCY, URL, article, known_publisher, on, standing
from tests.papers.paper import paper

SCOPE = "host:qingwan.gov.cn"


def read_portal(archive: Archive, outcome: str, month: int, day: int, division: str | None = None) -> None:
    deposit(archive, notes=[PortalNote(on(month, day), None, PORTAL, outcome, None, division)])


def names(found: list[Standing]) -> list[tuple[str, Status]]:
    return [(one.publisher, one.status) for one in found]


# blocked


@pytest.mark.parametrize(
    ("readings", "status"),
    [
        ([("blocked:wzws", 2, 9)], Status.BLOCKED),
        ([("ok", 1, 20), ("blocked:wzws", 2, 9)], Status.BLOCKED),
        ([("blocked:wzws", 2, 1), ("unreachable", 2, 9)], Status.UNCHECKED),
        ([("blocked:wzws", 1, 30)], Status.UNCHECKED),  # it was not asked again once the day was over
        ([("blocked:wzws", 3, 9)], Status.UNCHECKED),  # after the day asked about
    ],
    ids=["blocked", "lately blocked", "no longer blocked", "blocked before", "blocked later"],
)
def test_who_could_not_be_looked_for_since_the_portal_blocks_is_blocked(
    archive: Archive, readings: list[tuple[str, int, int]], status: Status
) -> None:
    known_publisher(archive)
    for outcome, month, day in readings:
        read_portal(archive, outcome, month, day)
    found = standing(archive, as_of=date(2024, 2, 20))
    assert found.status is status
    assert ("wzws" in found.basis) is (status is Status.BLOCKED)


def test_a_good_reading_after_the_deadline_counts_although_the_portal_blocks_now(archive: Archive) -> None:
    known_publisher(archive)
    read_column(archive, at=on(2, 3))
    read_portal(archive, "blocked:wzws", 2, 9)
    assert standing(archive, as_of=date(2024, 2, 20)).status is Status.MISSING


# withdrawn and back


def test_what_was_withdrawn_and_came_back_was_withdrawn_in_between(archive: Archive, clock: Clock) -> None:
    article(archive, 2023, published="2024-01-20", seen=on(1, 25))
    clock.now = on(3, 1)
    withdraw(archive, URL.format(2023))
    derive(archive)
    article(archive, 2023, published="2024-01-20", seen=on(4, 10))
    for day, status in [
        (date(2024, 2, 29), Status.ON_TIME),
        (date(2024, 3, 1), Status.WITHDRAWN),
        (date(2024, 4, 9), Status.WITHDRAWN),
        (date(2024, 4, 10), Status.ON_TIME),
    ]:
        assert standing(archive, as_of=day).status is status, day
    assert len(derive_again(archive)) == 1


def derive_again(archive: Archive) -> list[Standing]:
    """All anew: what is known of the past stays."""
    derive(archive, everything=True)
    found = missing(archive, 2023, date(2024, 3, 15))
    assert [one.status for one in found] == [Status.WITHDRAWN]
    return found


# dates


def test_a_day_before_a_reading_that_lacked_the_report_is_contradicted_and_the_proof_names_both(
    archive: Archive,
) -> None:
    known_publisher(archive)
    read_column(archive, at=on(2, 5))
    article(archive, 2023, published="2024-01-30", seen=on(2, 20))
    found = standing(archive)
    assert (found.status, found.days, found.at_least) == (Status.LATE, 5, True)
    assert [each.rule for each in found.findings] == ["date.contradicted"]
    (proof,) = proofs(archive, [found])
    assert proof.capture is not None
    assert proof.reading is not None
    assert (proof.capture.url, proof.capture.fetched_at) == (URL.format(2023), on(2, 20))
    assert (proof.reading.column, proof.reading.read_at) == (COLUMN, on(2, 5))


def test_a_reading_that_listed_the_report_before_it_could_be_fetched_lacked_nothing(archive: Archive) -> None:
    known_publisher(archive)
    article_listed_first(archive)
    read_column(archive, at=on(2, 5))
    article(archive, 2023, published="2024-01-30", seen=on(2, 20))
    found = standing(archive)
    assert (found.status, found.findings) == (Status.ON_TIME, ())


def article_listed_first(archive: Archive) -> None:
    """The list had the row in January; the page could not be fetched."""
    notetaking.note_rows(
        archive,
        None,
        portal=PORTAL,
        column_url=COLUMN,
        agency=None,
        family="trs",
        rows=[(URL.format(2023), paper(AGENCY, 2023).title, None)],
        at=on(1, 30),
    )


def test_one_late_day_for_two_years_may_be_that_of_a_site_move(archive: Archive) -> None:
    article(archive, 2022, published="2024-06-29", seen=on(7, 1))
    article(archive, 2023, published="2024-06-29", seen=on(7, 1))
    assert standing(archive, as_of=date(2024, 8, 1)).status is Status.UNCHECKED


# the roster


def test_units_that_a_directory_names_are_on_the_roster_and_unchecked_without_a_column(archive: Archive) -> None:
    known_publisher(archive)
    units = (("清湾市水利局", None), ("水利局", None), (AGENCY, PORTAL))
    deposit(archive, notes=[UnitsNote(on(2, 1), None, PORTAL, f"{PORTAL}bm/", units)])
    read_column(archive, at=on(2, 3))
    derive(archive)
    found = dict(names(missing(archive, 2023, date(2024, 4, 30))))
    assert found == {
        AGENCY: Status.MISSING,
        "清湾市水利局": Status.UNCHECKED,
    }  # 水利局 may be the same: it is not made another


def declare(archive: Archive, name: str, scope: str = "220200", **facts: object) -> None:
    deposit(archive, notes=[PublisherNote(archive.clock(), scope, name, **facts)])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("since", "until", "years"),
    [
        (None, None, [2021, 2022, 2023]),
        (date(2022, 3, 1), None, [2022, 2023]),
        (date(2023, 12, 31), None, [2023]),
        (None, date(2023, 1, 30), [2021]),  # gone the day before the report on 2022 was due
        (None, date(2023, 1, 31), [2021, 2022]),
    ],
)
def test_who_is_declared_owes_reports_while_it_exists(
    archive: Archive, since: date | None, until: date | None, years: list[int]
) -> None:
    declare(archive, "吉林市水利局", since=since, until=until)
    assert [year for year in (2021, 2022, 2023) if missing(archive, year, date(2024, 4, 30))] == years


def test_a_division_that_ended_owes_nothing_afterwards(archive: Archive) -> None:
    declare(archive, "大同县水利局", "140227")  # 云州区 since 2018
    assert missing(archive, 2016, date(2024, 4, 30))
    assert not missing(archive, 2019, date(2024, 4, 30))


def test_a_successor_owes_from_its_first_day_and_the_predecessor_no_longer(archive: Archive) -> None:
    declare(archive, "吉林市文化局")
    declare(archive, "吉林市文化广播电视和旅游局")
    note = SuccessionNote(
        archive.clock(), "220200", "吉林市文化局", "220200", "吉林市文化广播电视和旅游局", date(2019, 3, 1)
    )
    deposit(archive, notes=[note])
    assert [one.publisher for one in missing(archive, 2017, date(2024, 4, 30))] == ["吉林市文化局"]
    assert [one.publisher for one in missing(archive, 2019, date(2024, 4, 30))] == ["吉林市文化广播电视和旅游局"]


def test_a_merged_publisher_stands_once_with_the_reports_of_both(archive: Archive) -> None:
    article(archive, 2022, agency="财政局", suffix="a", published="2023-01-20", seen=on(2, 1, 2023))
    article(archive, 2023, agency=AGENCY, suffix="b", published="2024-01-20", seen=on(1, 25))
    read_column(archive, at=on(2, 3))
    derive(archive)
    assert names(missing(archive, 2023, date(2024, 4, 30))) == [(AGENCY, Status.ON_TIME), ("财政局", Status.MISSING)]
    deposit(archive, notes=[MergeNote(archive.clock(), SCOPE, "财政局", SCOPE, AGENCY)])
    derive(archive)
    assert names(missing(archive, 2023, date(2024, 4, 30))) == [(AGENCY, Status.ON_TIME)]
    assert names(missing(archive, 2022, date(2024, 4, 30))) == [(AGENCY, Status.ON_TIME)]
    deposit(archive, notes=[MergeNote(archive.clock(), SCOPE, "财政局", None, None)])
    derive(archive)
    assert len(missing(archive, 2023, date(2024, 4, 30))) == 2


def test_institutions_owe_nothing_since_the_law_of_2019(archive: Archive) -> None:
    declare(archive, "吉林市中心医院", publisher_class="institution")
    assert missing(archive, 2016, date(2024, 4, 30))
    assert not missing(archive, 2023, date(2024, 4, 30))


# narrowed, and counted


def test_a_division_is_asked_with_all_below_it_and_a_class_alone(archive: Archive) -> None:
    for scope, name in [
        ("220200", "吉林市水利局"),
        ("220202", "昌邑区人民政府"),
        ("220281", "蛟河市水利局"),
        ("220100", "长春市水利局"),
        ("230881", "同江市水利局"),
    ]:
        declare(archive, name, scope)
    day = date(2024, 4, 30)
    asked = {
        division: {one.publisher for one in missing(archive, 2023, day, division=division)}
        for division in ("220000", "220200", "220202")
    }
    assert asked == {
        "220000": {"吉林市水利局", "昌邑区人民政府", "蛟河市水利局", "长春市水利局"},
        "220200": {"吉林市水利局", "昌邑区人民政府", "蛟河市水利局"},
        "220202": {"昌邑区人民政府"},
    }
    assert [one.publisher for one in missing(archive, 2023, day, kind="government")] == ["昌邑区人民政府"]
    counted = totals.by_division(missing(archive, 2023, day), archive.book, "province")
    assert [(one.label, one.publishers, one.on_time_rate) for one in counted] == [
        ("吉林省", 4, None),
        ("黑龙江省", 1, None),
    ]


def test_the_rate_on_time_counts_only_those_that_were_judged(archive: Archive) -> None:
    article(
        archive, 2023, agency="清湾市水利局", column=f"{PORTAL}a/", suffix="a", published="2024-01-20", seen=on(1, 25)
    )
    article(
        archive, 2023, agency="清湾市审计局", column=f"{PORTAL}b/", suffix="b", published="2024-02-20", seen=on(2, 25)
    )
    article(archive, 2022, agency="清湾市财政局", column=f"{PORTAL}c/", suffix="c", seen=on(2, 1, 2023))
    derive(archive)
    whole = totals.total(missing(archive, 2023, date(2024, 4, 30)))
    assert whole.counts == {Status.ON_TIME: 1, Status.LATE: 1, Status.UNCHECKED: 1}
    assert whole.on_time_rate == 0.5


# rosters


def test_what_a_roster_claims_is_held_against_what_was_found(archive: Archive) -> None:
    article(archive, 2023, agency="清湾市水利局", suffix="a", published="2024-02-20", seen=on(2, 25))
    article(archive, 2023, agency="清湾市审计局", suffix="b", published="2024-01-20", seen=on(1, 25))
    units = (
        ("清湾市水利局", None, None, "按时公布"),
        ("清湾市审计局", None, None, "按时公布"),
        ("清湾市档案馆", None, None, "逾期公布"),
    )
    roster = RosterNote(on(3, 1), None, PORTAL, f"{PORTAL}gbqk.html", "2023年年报公布情况", 2023, units, expected=4)
    deposit(archive, notes=[roster])
    derive(archive)
    (claim,) = claims(archive, 2023, missing(archive, 2023, date(2024, 4, 30)))
    assert (claim.expected, claim.units, claim.known, claim.found) == (4, 3, 3, 2)
    assert [(each.name, each.status) for each in claim.differences] == [("清湾市水利局", Status.LATE)]
    assert claims(archive, 2022, []) == []


def test_the_crawl_that_speaks_is_told_from_another(archive: Archive) -> None:
    known_publisher(archive)
    read_column(archive, crawl=crawl(archive, 1), at=on(2, 3))
    found = standing(archive, as_of=date(2024, 2, 10))
    (proof,) = proofs(archive, [found])
    assert proof.capture is None
    assert proof.reading is not None
    assert proof.reading.read_at == on(2, 3)


def test_the_doubts_of_the_monitor_are_findings_that_may_be_acknowledged(archive: Archive, clock: Clock) -> None:
    clock.now = on(5, 1)
    known_publisher(archive)
    read_column(archive, at=on(2, 5))
    article(archive, 2023, published="2024-01-30", seen=on(2, 20))
    derive(archive)
    lines = list(iterate(archive, Wanted(rule="date"), doubts(archive, Wanted(rule="date"))))
    assert [(one.finding["rule"], one.publisher, one.report_year) for one in lines] == [
        ("date.contradicted", AGENCY, 2023)
    ]
    acknowledge(archive, lines, note="核对过", by="王")
    (line,) = iterate(archive, Wanted(rule="date"), doubts(archive, Wanted(rule="date")))
    assert line.acknowledged is not None
    unproved = Wanted(rule="date.unproved")
    assert [one.report_year for one in iterate(archive, unproved, doubts(archive, unproved))] == [2022]


def test_a_day_in_the_past_is_judged_without_a_stated_day_that_a_reading_contradicts(archive: Archive) -> None:
    known_publisher(archive)
    read_column(archive, at=on(2, 5))
    article(archive, 2023, published="2024-01-30", seen=on(2, 6))
    expected = {
        date(2024, 1, 31): Status.NOT_DUE,
        date(2024, 2, 1): Status.UNCHECKED,  # its column was not read again yet
        date(2024, 2, 5): Status.MISSING,
        date(2024, 2, 6): Status.LATE,
    }
    assert {day: standing(archive, as_of=day).status for day in expected} == expected


def test_a_column_that_only_left_a_report_out_proves_nothing_of_when_it_came(archive: Archive) -> None:
    known_publisher(archive)
    city = f"{PORTAL}ndbg/"
    article(archive, 2022, published="2023-01-20", seen=on(2, 1, 2023), column=city)
    read_column(archive, at=on(1, 20))
    read_column(archive, column=city, at=on(1, 20))
    read_column(archive, column=city, at=on(2, 5))  # read first in the crawl that found the report in its own column
    article(archive, 2023, seen=on(2, 5))
    article(archive, 2023, seen=on(2, 6), column=city)
    assert standing(archive).status is Status.UNCHECKED
