"""The calendar of arrivals, and its bars."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from archive.monitor import Standing, Status
from archive.monitor.calendar import calendar
from archive.monitor.standings import DateFinding
from archive.web.drawing.bars import LEFT, bars

FIRST = date(2024, 1, 1)


def standing(stated: date | None, seen: date | None, *findings: str) -> Standing:
    moment = None if seen is None else datetime(seen.year, seen.month, seen.day, 4, tzinfo=UTC)
    told = tuple(DateFinding(rule, "") for rule in findings)
    return Standing(
        1, "清湾市财政局", "220200", "department", 2023, Status.ON_TIME, date(2024, 1, 31), date(2024, 1, 31),
        published_on=stated, first_seen_at=moment, findings=told,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("stated", "seen", "findings", "arrived", "by_page"),
    [
        (date(2024, 1, 20), date(2024, 2, 3), (), date(2024, 1, 20), True),
        (date(2024, 1, 20), date(2024, 2, 3), ("date.unproved",), date(2024, 1, 20), True),
        (None, date(2024, 2, 3), (), date(2024, 2, 3), False),
        (date(2024, 4, 20), date(2024, 2, 3), ("date.reset",), date(2024, 2, 3), False),
        (date(2024, 1, 20), date(2024, 2, 3), ("date.contradicted",), date(2024, 2, 3), False),
    ],
)
def test_a_report_arrives_on_the_day_it_states_unless_that_cannot_be(
    stated: date | None, seen: date, findings: tuple[str, ...], arrived: date, by_page: bool
) -> None:
    found = calendar([standing(stated, seen, *findings)], 2023, date(2024, 4, 30))
    days = {each.day: (each.stated, each.seen) for each in found.days if each.reports}
    assert days == {arrived: (1, 0) if by_page else (0, 1)}


def test_what_arrived_outside_of_the_days_is_counted_beside_them() -> None:
    told = [standing(day, date(2024, 6, 1)) for day in (date(2023, 12, 30), FIRST, date(2024, 4, 30), date(2024, 5, 1))]
    found = calendar([*told, standing(None, None)], 2023, date(2024, 12, 31))
    assert (found.before, found.after, len(found.days)) == (1, 1, 121)
    assert (found.days[0].so_far, found.days[-1].so_far) == (2, 3)


@pytest.mark.parametrize(
    ("until", "days"), [(date(2023, 12, 31), 0), (FIRST, 1), (date(2024, 2, 29), 60), (date(2025, 1, 1), 121)]
)
def test_the_days_end_with_april_or_with_the_day_asked_about(until: date, days: int) -> None:
    assert len(calendar([], 2023, until).days) == days


def test_a_bar_stands_at_its_day_and_the_last_days_behind_theirs() -> None:
    told = [standing(date(2024, 1, 1), date(2024, 2, 1))] * 3 + [standing(None, FIRST)] * 3
    drawn = bars(calendar(told, 2023, date(2024, 2, 15)), 2023, date(2024, 2, 15), [date(2024, 1, 31)] * 2)
    assert drawn.stated == f"M{LEFT} 176h5v-75h-5z"  # 3 of 6
    assert drawn.seen == f"M{LEFT} 101h5v-75h-5z"
    assert [mark.value for mark in drawn.counts] == [0, 3, 6]
    assert [line.at for line in drawn.lines] == [LEFT + 31 * 6 - 0.5]
    assert drawn.until == LEFT + 46 * 6 - 0.5


@pytest.mark.parametrize(
    ("most", "top"), [(0, 1), (1, 1), (2, 2), (3, 4), (7, 8), (10, 10), (11, 20), (560, 600), (8_001, 10_000)]
)
def test_the_axis_ends_with_a_round_number(most: int, top: int) -> None:
    found = calendar([standing(FIRST, FIRST)] * most, 2023, FIRST)
    assert bars(found, 2023, FIRST, []).counts[-1].value == top
