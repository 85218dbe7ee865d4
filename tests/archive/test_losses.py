"""Losses: half of the reports gone at once, or a column with reports, is no portal that was read well."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from archive.crawling import crawls
from archive.crawling.losses import Reading, lost, measure, of_columns, of_crawl
from archive.deposit import deposit
from archive.deriving.derive import derive
from archive.monitor import Status, missing
from archive.schema import ColumnReading, CrawlRow, ReportColumn
from archive.store import Archive
from tests.archive import notetaking
from tests.archive.answers import URL, publish, report_page
from tests.archive.conftest import Clock
from tests.papers.paper import paper

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
        notetaking.note_column(
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


def evidence(archive: Archive) -> list[tuple[str, int, bool]]:
    """The last reading of each column: its path, its reports, and whether it says what is not in it."""
    query = select(ReportColumn.url, ColumnReading.reports, ColumnReading.full)
    query = query.join(ReportColumn, ReportColumn.id == ColumnReading.column_id).order_by(ColumnReading.id)
    with archive.session() as session:
        last = {url.removeprefix(PORTAL): (reports, full) for url, reports, full in session.execute(query)}
    return [(path, *reading) for path, reading in sorted(last.items())]


def judged(archive: Archive, *columns: tuple[str, int, str], year: int | None = None) -> list[str]:
    """A crawl that is judged as the crawler does; the columns that are no evidence afterwards."""
    crawl(archive, *columns, year=year)
    with archive.session() as session:
        number = session.scalars(select(func.max(CrawlRow.id))).one()
    deposit(archive, notes=of_columns(archive, number, PORTAL))
    read = {path for path, _, outcome in columns if outcome == "ok"}
    return [path for path, _, full in evidence(archive) if path in read and not full]


def test_a_column_that_lost_half_is_no_evidence_until_it_was_told_three_times(archive: Archive) -> None:
    assert judged(archive, ("a/", 60, "ok"), ("b/", 8, "ok")) == []
    for _ in range(3):
        assert judged(archive, ("a/", 60, "ok"), ("b/", 4, "ok")) == ["b/"]
    assert judged(archive, ("a/", 60, "ok"), ("b/", 4, "ok")) == []


@pytest.mark.parametrize(
    ("before", "now", "no_evidence"),
    [
        ((60, 8), (60, 8), []),
        ((60, 8), (60, 5), []),
        ((60, 3), (60, 1), []),
        ((60, 3), (60, 0), ["b/"]),  # all it had
        ((60, 0), (60, 0), []),
        ((60, 60), (70, 60), []),
        ((20, 20, 20), (20, 6, 2), ["b/", "c/"]),
        ((6, 3, 3), (2, 2, 1), ["a/", "b/", "c/"]),  # half of the portal's
        ((6, 3, 3), (2, 3, 1), ["a/", "c/"]),
    ],
)
def test_which_columns_are_no_evidence(
    archive: Archive, before: tuple[int, ...], now: tuple[int, ...], no_evidence: list[str]
) -> None:
    def columns(counts: tuple[int, ...]) -> list[tuple[str, int, str]]:
        return [(f"{'abc'[at]}/", count, "ok") for at, count in enumerate(counts)]

    assert judged(archive, *columns(before)) == []
    assert judged(archive, *columns(now)) == no_evidence


def test_a_column_is_judged_whatever_became_of_the_others(archive: Archive) -> None:
    assert judged(archive, ("a/", 8, "ok"), ("b/", 9, "unreachable")) == []
    assert judged(archive, ("a/", 2, "ok"), ("b/", 0, "incomplete")) == ["a/"]
    assert judged(archive, ("a/", 2, "ok"), year=2024) == []
    assert judged(archive, ("a/", 8, "ok")) == []


def test_what_is_noted_again_of_a_column_keeps_all_else(archive: Archive, clock: Clock) -> None:
    crawl(archive, ("a/", 8, "ok"))
    clock.advance(days=1)
    crawl(archive, ("a/", 2, "ok"))
    read_at = clock.now
    clock.advance(hours=1)
    (note,) = of_columns(archive, 2, PORTAL)
    deposit(archive, notes=[note])
    assert note.detail == ("2 reports are listed, 8 were on 2024-01-20; look at the portal, it may have been rebuilt")
    with archive.session() as session:
        reading = session.scalars(select(ColumnReading).order_by(ColumnReading.id.desc())).first()
        assert reading is not None
        assert (reading.outcome, reading.rows, reading.reports, reading.full) == ("ok", 2, 2, False)
        assert (reading.read_at, reading.detail) == (read_at, note.detail)


def test_who_is_not_in_a_column_that_lost_half_is_not_called_missing(archive: Archive, clock: Clock) -> None:
    before = paper(year=2022)
    publish(archive, URL, report_page(before), title=before.title, column=f"{PORTAL}a/", portal=PORTAL)
    assert judged(archive, ("a/", 8, "ok")) == []
    clock.advance(days=30)  # past the deadline
    statuses = []
    for _ in range(4):
        judged(archive, ("a/", 3, "ok"))
        derive(archive)
        statuses += [one.status for one in missing(archive, 2023)]
        clock.advance(days=1)
    assert statuses == [Status.UNCHECKED] * 3 + [Status.MISSING]
