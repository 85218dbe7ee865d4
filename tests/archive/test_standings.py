"""How a report's dates are judged: what is certain counts, what contradicts itself is said."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.monitor.standings import Found, Judgement, Lacking, Status, judge
from archive.registry.deadlines import load

RULES = load(None)
DUE = RULES.due("department", "220200", 2023)  # 31 January 2024


def at(month: int, day: int, year: int = 2024) -> datetime:
    return datetime(year, month, day, 4, 0, tzinfo=UTC)


def judged(
    seen: datetime,
    stated: date | None = None,
    lacked: datetime | None = None,
    signed: date | None = None,
    *,
    again: bool = False,
) -> Judgement:
    assert DUE is not None
    lacking = None if lacked is None else Lacking(7, lacked)
    source = None if stated is None else "column"
    found = Found(1, "http://xxgk.qingwan.gov.cn/1.html", seen, stated, source, signed, lacking=lacking)
    return judge(found, DUE, 2023, stated_again=again)


@pytest.mark.parametrize(
    ("seen", "stated", "lacked", "status", "days", "rules"),
    [
        # archived in time: whatever else is said
        (at(1, 31), None, None, Status.ON_TIME, None, []),
        (at(1, 31), date(2024, 1, 20), None, Status.ON_TIME, None, []),
        (at(1, 31), date(2024, 6, 29), None, Status.ON_TIME, None, ["date.reset"]),
        (at(1, 31), date(2024, 1, 10), at(1, 20), Status.ON_TIME, None, ["date.contradicted"]),
        # first looked for afterwards: the page's word, which nothing proves
        (at(2, 20), date(2024, 1, 31), None, Status.ON_TIME, None, ["date.unproved"]),
        (at(2, 20), date(2024, 2, 3), None, Status.LATE, 3, []),
        (at(2, 20), None, None, Status.UNCHECKED, None, []),
        (at(2, 20), date(2024, 3, 9), None, Status.UNCHECKED, None, ["date.reset"]),
        # its column was read before the deadline, without it
        (at(2, 20), date(2024, 1, 25), at(1, 20), Status.ON_TIME, None, []),
        (at(2, 20), date(2024, 1, 10), at(1, 20), Status.UNCHECKED, None, ["date.contradicted"]),
        (at(2, 20), date(2024, 2, 10), at(1, 20), Status.LATE, 10, []),
        # its column was read after the deadline, without it: it is late, by the days that are certain
        (at(2, 20), None, at(2, 5), Status.LATE, 5, []),
        (at(2, 20), date(2024, 2, 10), at(2, 5), Status.LATE, 10, []),
        (at(2, 20), date(2024, 1, 30), at(2, 5), Status.LATE, 5, ["date.contradicted"]),
        (at(2, 20), date(2024, 6, 29), at(2, 5), Status.LATE, 5, ["date.reset"]),
        # the evening of the last day is in time, the next morning is not
        (datetime(2024, 1, 31, 15, 59, tzinfo=UTC), None, None, Status.ON_TIME, None, []),
        (at(2, 20), None, datetime(2024, 1, 31, 15, 59, tzinfo=UTC), Status.UNCHECKED, None, []),
        (at(2, 20), None, datetime(2024, 1, 31, 16, 0, tzinfo=UTC), Status.LATE, 1, []),
    ],
)
def test_a_report_became_public_between_the_reading_that_lacked_it_and_its_first_sighting(
    seen: datetime,
    stated: date | None,
    lacked: datetime | None,
    status: Status,
    days: int | None,
    rules: list[str],
) -> None:
    found = judged(seen, stated, lacked)
    assert (found.status, found.days, [each.rule for each in found.findings]) == (status, days, rules)


def test_days_that_are_only_the_least_are_marked() -> None:
    assert judged(at(2, 20), None, at(2, 5)).at_least
    assert not judged(at(2, 20), date(2024, 2, 10), at(2, 5)).at_least


@pytest.mark.parametrize(
    ("signed", "again", "status"),
    [
        (None, False, Status.LATE),
        (date(2024, 1, 19), False, Status.UNCHECKED),
        (date(2024, 2, 2), False, Status.LATE),
        (date(2022, 1, 19), False, Status.LATE),  # of another year: it says nothing of this report
        (None, True, Status.UNCHECKED),
    ],
    ids=["nothing else", "signed in time", "signed late", "signed years before", "another year has the same day"],
)
def test_a_late_day_that_a_site_move_may_have_set_is_no_lateness(
    signed: date | None, again: bool, status: Status
) -> None:
    assert judged(at(7, 1), date(2024, 6, 29), None, signed, again=again).status is status


def test_what_was_proved_late_stays_late_whatever_a_site_move_did_to_its_date() -> None:
    assert judged(at(2, 20), date(2024, 2, 10), at(2, 5), date(2024, 1, 19), again=True).status is Status.LATE


_DAYS = st.dates(date(2024, 1, 1), date(2024, 12, 31))


@given(seen=_DAYS, stated=st.none() | _DAYS, lacked=st.none() | _DAYS)
def test_no_dates_at_all_make_a_wrong_judgement(seen: date, stated: date | None, lacked: date | None) -> None:
    assert DUE is not None
    if lacked is not None and lacked >= seen:
        lacked = None
    moment = datetime(seen.year, seen.month, seen.day, 4, tzinfo=UTC)
    before = None if lacked is None else datetime(lacked.year, lacked.month, lacked.day, 4, tzinfo=UTC)
    found = judged(moment, stated, before)
    if seen <= DUE.day:
        assert found.status is Status.ON_TIME
    if found.status is Status.LATE:
        assert seen > DUE.day
        assert found.days is not None
        assert 0 < found.days <= (seen - DUE.day).days
    if lacked is not None and lacked > DUE.day:
        assert found.status is Status.LATE
    if found.status is Status.ON_TIME and seen > DUE.day:
        assert stated is not None
        assert stated <= DUE.day
        assert lacked is None or stated >= lacked
