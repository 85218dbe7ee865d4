"""Losses: half of the reports gone at once, or a column with reports, is no portal that was read well."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from archive import crawls, listings
from archive.losses import Reading, lost, measure, of_crawl
from archive.store import Archive

PORTAL = "http://xxgk.qinghe.gov.cn/"
BEGUN = datetime(2026, 1, 20, 8, 0, tzinfo=UTC)


def reading(*reports: int, day: int = 0) -> Reading:
    columns = {f"{PORTAL}{'abcdef'[at]}/": count for at, count in enumerate(reports)}
    return Reading(BEGUN + timedelta(days=day), columns)


@pytest.mark.parametrize(
    ("before", "now", "is_loss"),
    [
        ([8], [8], False),
        ([8], [9], False),
        ([8], [5], False),  # more than half is there
        ([8], [4], True),
        ([8], [0], True),
        ([6], [3], False),  # three may have been withdrawn one by one
        ([7], [3], True),
        ([3], [0], False),
        ([0], [0], False),
        ([100], [51], False),
        ([100], [50], True),
        ([60, 40], [60, 38], False),
        ([60, 40], [60, 0], False),  # found, and emptied: more than half is there
        ([60, 40], [60], True),  # no longer found
        ([60, 1], [60], True),
        ([60, 0], [60], False),  # had none
        ([60, 40], [100], False),  # both lists in one now
        ([60, 40], [101], False),
    ],
)
def test_a_loss_is_half_of_the_reports_or_a_column_that_had_some(
    before: list[int], now: list[int], is_loss: bool
) -> None:
    assert (lost(reading(*before), reading(*now, day=7)) is not None) == is_loss


def test_a_loss_is_told_with_both_numbers_the_day_and_the_columns() -> None:
    assert lost(reading(6, 5, 1, 1, 1), reading(4)) == (
        "4 reports are listed, 14 were on 2026-01-20; no longer found: http://xxgk.qinghe.gov.cn/b/, "
        "http://xxgk.qinghe.gov.cn/c/, http://xxgk.qinghe.gov.cn/d/ and 1 more; look at the portal, it may have been rebuilt"
    )


@pytest.mark.parametrize(
    ("counts", "held_against"),
    [
        ([], None),
        ([8], 8),
        ([8, 9], 9),
        ([8, 7, 6, 5], 5),  # one by one
        ([8, 2], 8),
        ([8, 2, 2], 8),
        ([8, 2, 2, 2], 2),  # told three times: so it is now
        ([8, 2, 2, 8], 8),
        ([8, 2, 2, 8, 2, 2], 8),
    ],
)
def test_a_loss_is_no_measure_until_it_was_told_three_times(counts: list[int], held_against: int | None) -> None:
    found = measure([reading(count, day=day) for day, count in enumerate(counts)])
    assert (None if found is None else found.reports) == held_against


def crawl(
    archive: Archive, *columns: tuple[str, int, str], state: str = crawls.FINISHED, year: int | None = None
) -> str | None:
    """A crawl that read these columns (address, reports, outcome), and what it is judged to have lost."""
    begun = crawls.begin(archive, {"year": year}, [PORTAL])
    for path, reports, outcome in columns:
        listings.note_column(
            archive,
            begun.id,
            portal=PORTAL,
            column_url=f"{PORTAL}{path}",
            agency=None,
            outcome=outcome,
            detail=None,
            pages=1,
            rows=reports,
            reports=reports,
        )
    crawls.finish(archive, begun.id, state)
    return of_crawl(archive, begun.id, PORTAL)


def test_a_crawl_is_held_against_the_crawls_before_it(archive: Archive) -> None:
    assert crawl(archive, ("a/", 8, "ok"), ("b/", 4, "ok")) is None
    assert crawl(archive, ("a/", 7, "ok"), ("b/", 4, "ok")) is None
    said = crawl(archive, ("a/", 3, "ok"), ("b/", 2, "ok"))
    assert said is not None
    assert said.startswith("5 reports are listed, 11 were on ")
    assert crawl(archive, ("a/", 8, "ok"), ("b/", 4, "ok")) is None


def test_what_was_not_read_whole_is_neither_judged_nor_a_measure(archive: Archive) -> None:
    assert crawl(archive, ("a/", 12, "ok")) is None
    assert crawl(archive, ("a/", 2, "incomplete")) is None
    assert crawl(archive, ("a/", 2, "ok"), ("b/", 0, "unreachable")) is None
    assert crawl(archive) is None
    assert crawl(archive, ("a/", 2, "ok"), state=crawls.STOPPED) is None
    assert crawl(archive, ("a/", 2, "ok")) is not None


def test_a_crawl_narrowed_to_a_year_is_held_against_its_like(archive: Archive) -> None:
    assert crawl(archive, ("a/", 12, "ok")) is None
    assert crawl(archive, ("a/", 2, "ok"), year=2024) is None
    assert crawl(archive, ("a/", 12, "ok")) is None
    assert crawl(archive, ("a/", 8, "ok"), year=2025) is None
    assert crawl(archive, ("a/", 4, "ok"), year=2025) is not None


def test_another_portal_s_columns_do_not_count(archive: Archive) -> None:
    assert crawl(archive, ("a/", 12, "ok")) is None
    other = crawls.begin(archive, {"year": None}, ["http://xxgk.baisha.gov.cn/"])
    crawls.finish(archive, other.id, crawls.FINISHED)
    assert of_crawl(archive, other.id, "http://xxgk.baisha.gov.cn/") is None
    assert of_crawl(archive, other.id, PORTAL) is None
