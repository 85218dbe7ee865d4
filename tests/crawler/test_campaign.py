"""The January campaign: when each portal is crawled, and what is due."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from archive.crawling.duework import DEEP, REGULAR
from crawler.campaign import Campaign, Run, Slot, campaign, due, last_deep, last_run, next_runs, slot_of

CHINA = ZoneInfo("Asia/Shanghai")
PORTAL = "http://xxgk.qinghe.gov.cn/"
SLOT = slot_of(PORTAL)
MINUTE = timedelta(minutes=SLOT.minute)
HOSTS = [f"http://xxgk.{number}.gov.cn/" for number in range(3500)]

moments = st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2040, 1, 1)).map(  # noqa: DTZ001
    lambda naive: naive.replace(tzinfo=UTC)
)
portals = st.sampled_from(HOSTS)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


def evening(day: str) -> datetime:
    """When our portal is due in the night that begins on this day."""
    return moment(f"{day} 20:00") + MINUTE


def runs_of_year(portal: str, year: int) -> list[Run]:
    """The runs of the nights of a year."""
    begin, end = moment(f"{year}-01-01 20:00"), moment(f"{year + 1}-01-01 20:00")
    return [run for run in next_runs(portal, begin - timedelta(seconds=1), 200) if run.at < end]


def test_the_place_of_a_host_is_the_same_for_ever_and_for_all_its_portals() -> None:
    assert SLOT == Slot(minute=293, weekday=6, turn=543127113) == slot_of("https://xxgk.qinghe.gov.cn:8443/ndbg/")


@pytest.mark.parametrize(
    ("now", "following", "season"),
    [
        ("2025-12-31 23:59", "2026-01-01", "agencies"),
        ("2026-01-09 12:00", "2026-01-09", "agencies"),
        ("2026-02-10 12:00", "2026-02-10", "agencies"),
        ("2026-02-11 12:00", "2026-02-15", "rest of the year"),  # a Sunday, its day
        ("2026-02-16 12:00", "2026-02-22", "rest of the year"),
        ("2026-03-19 12:00", "2026-03-20", "governments"),
        ("2026-04-10 12:00", "2026-04-10", "governments"),
        ("2026-04-11 12:00", "2026-04-12", "rest of the year"),
        ("2026-07-01 23:59", "2026-07-05", "rest of the year"),
        ("2024-02-28 23:59", "2024-03-03", "rest of the year"),
    ],
)
def test_the_next_run_is_in_each_night_of_a_season_and_weekly_otherwise(now: str, following: str, season: str) -> None:
    (run,) = next_runs(PORTAL, moment(now), 1)
    assert (run.at, run.season, run.kind) == (evening(following), season, REGULAR)


def test_a_year_has_a_run_for_each_night_of_the_seasons_and_each_other_week_and_one_in_depth() -> None:
    for portal in HOSTS[:50]:
        found = Counter((run.kind, run.season) for run in runs_of_year(portal, 2026))
        assert found[REGULAR, "agencies"] == 41
        assert found[REGULAR, "governments"] == 22
        assert found[REGULAR, "rest of the year"] in range(42, 46)
        assert found[DEEP, "old years"] == 1


@given(portals, st.integers(2020, 2040))
def test_the_deep_pass_lies_between_the_seasons_in_a_night_of_the_regular_crawl(portal: str, year: int) -> None:
    runs = runs_of_year(portal, year)
    (deep,) = [run for run in runs if run.kind == DEEP]
    assert deep.at in [run.at for run in runs if run.kind == REGULAR]
    assert (5, 1) <= (deep.at.month, deep.at.day) <= (9, 1)


@given(portals, moments, st.integers(2, 40))
def test_runs_follow_one_another_in_the_window_and_no_gap_is_longer_than_a_week(
    portal: str, now: datetime, count: int
) -> None:
    runs = [run for run in next_runs(portal, now, 2 * count) if run.kind == REGULAR][:count]
    times = [last_run(portal, now).at, *(run.at for run in runs)]
    assert times[0] <= now < times[1]
    assert all(timedelta(0) < later - earlier <= timedelta(days=7) for earlier, later in pairwise(times))
    assert last_run(portal, runs[-1].at).at == runs[-1].at
    assert all(at.hour >= 20 or at.hour < 6 for at in times)


@settings(deadline=None)  # each example looks a year ahead
@given(portals, moments, st.lists(st.integers(0, 600 * 24 * 60), min_size=1, max_size=40))
def test_whatever_the_ticks_each_planned_run_is_due_once_and_the_newest_makes_up_for_the_others(
    portal: str, begin: datetime, minutes: list[int]
) -> None:
    ticks = [begin + timedelta(minutes=each) for each in sorted(minutes)]
    regular = [last_run(portal, begin).at]
    regular += [run.at for run in next_runs(portal, begin, 400) if run.kind == REGULAR]
    found = {each for tick in ticks for each in due(portal, tick)}
    expected = {max(at for at in regular if at <= tick) for tick in ticks}
    assert {each.planned_at for each in found if each.kind == REGULAR} == expected
    assert len([each for each in found if each.kind == REGULAR]) == len(expected)


@pytest.mark.parametrize("portal", HOSTS[:3])
def test_ticked_every_hour_each_run_of_two_years_is_due_once(portal: str) -> None:
    begin, end = moment("2024-01-02 06:00"), moment("2025-12-31 20:00")
    runs = {(run.kind, run.at) for run in next_runs(portal, begin, 250) if run.at <= end}
    ticks = [begin + timedelta(hours=hour) for hour in range((end - begin) // timedelta(hours=1) + 1)]
    found = {(each.kind, each.planned_at) for tick in [*ticks, end] for each in due(portal, tick)}
    assert {(kind, at) for kind, at in found if at > begin} == runs


def test_a_deep_pass_that_was_missed_is_made_up_for_when_no_season_holds() -> None:
    deep = last_deep(PORTAL, moment("2026-01-09 12:00"))
    assert deep.at.year == 2025
    assert [each.kind for each in due(PORTAL, moment("2026-01-09 12:00"))] == [REGULAR]
    assert [each.planned_at for each in due(PORTAL, moment("2026-02-16 12:00"))] == [evening("2026-02-15"), deep.at]
    assert last_deep(PORTAL, moment("2026-09-30 12:00")).at.year == 2026


@pytest.mark.parametrize(
    ("hours", "begins"),
    [
        (None, MINUTE),
        ("20:00-06:00", MINUTE),
        ("02:00-05:00", timedelta(hours=6)),
        ("12:00-14:00", timedelta(hours=16)),
    ],
)
def test_a_portal_with_hours_of_its_own_is_not_tried_before_they_begin(hours: str | None, begins: timedelta) -> None:
    (run,) = due(PORTAL, moment("2026-01-10 12:00"), hours=hours)
    assert run.planned_at == evening("2026-01-09")
    assert run.not_before == moment("2026-01-09 20:00") + begins


def test_hosts_are_spread_over_the_hours_the_days_and_the_weeks() -> None:
    slots = [slot_of(portal) for portal in HOSTS]
    for places, name in ((10, "hours"), (7, "days"), (campaign().deep.weeks, "weeks")):
        place = {"hours": lambda slot: slot.minute // 60, "days": lambda slot: slot.weekday}
        found = Counter(place.get(name, lambda slot: slot.turn % campaign().deep.weeks)(slot) for slot in slots)
        assert len(found) == places
        assert max(found.values()) < 1.35 * len(HOSTS) / places, name
        assert min(found.values()) > 0.7 * len(HOSTS) / places, name
    together = Counter((slot.weekday, slot.minute) for slot in slots)  # in a night of the rest of the year
    assert max(together.values()) <= 8


def test_the_campaign_is_well_formed() -> None:
    plan = campaign()
    assert [season.name for season in plan.seasons] == ["agencies", "governments"]
    assert [season.every for season in plan.seasons] == ["day", "day"]
    assert plan.deep.weeks == 17
    assert plan.again.wanted("blocked:wzws")
    assert plan.again.wanted("unreachable")
    assert not plan.again.wanted("disallowed")
    assert all(later > earlier for earlier, later in pairwise(plan.again.pauses))


@pytest.mark.parametrize(
    "change",
    [
        {"deep": {"name": "old years", "from": "08-31", "to": "05-01"}},
        {"deep": {"name": "old years", "from": "05-01", "to": "05-03"}},
        {"window": {"from": "20:00", "hours": 25}},
        {"otherwise": {"name": "never", "every": "month"}},
        {"seasons": [{"name": "agencies", "from": "02-30", "to": "03-01", "every": "day"}]},
    ],
)
def test_a_campaign_that_cannot_be_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Campaign.model_validate({**campaign().model_dump(by_alias=True, mode="json"), **change})
