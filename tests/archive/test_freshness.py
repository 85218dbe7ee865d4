from __future__ import annotations

from datetime import UTC, datetime

import pytest

from archive.crawling.freshness import is_fresh
from archive.store import Archive
from tests.archive.answers import COLUMN, read_column

LAST_READ = datetime(2024, 1, 20, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("last", "now", "fresh"),
    [
        ("2024-01-20T04:00", "2024-01-20T04:00", True),
        ("2024-01-20T04:00", "2024-01-27T03:59", True),
        ("2024-01-20T04:00", "2024-01-27T04:01", False),  # portals insert rows on later pages: once a week all are read
        ("2024-01-30T04:00", "2024-01-31T15:59", True),  # 31 January in China to its last minute
        ("2024-01-30T04:00", "2024-01-31T16:00", False),  # the deadline has passed: who is missing is to be looked for
        ("2024-01-31T16:01", "2024-02-02T04:00", True),
        ("2024-03-30T04:00", "2024-03-31T16:00", False),
        ("2023-12-30T04:00", "2024-01-03T04:00", True),
        ("2024-01-20T04:00", "2024-01-19T04:00", False),  # the clock went back
    ],
)
def test_later_pages_rest_for_a_week_and_never_across_a_deadline(
    archive: Archive, last: str, now: str, *, fresh: bool
) -> None:
    moments = [datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (last, now)]
    read_column(archive, at=moments[0])
    assert is_fresh(archive, COLUMN, moments[1]) is fresh


def test_a_deadline_of_the_archive_s_own_rules_counts_too(table: Archive) -> None:
    (table.folder / "deadlines.toml").write_text(
        """
        [[rules]]
        id = "qingwan"
        title = "units of the place"
        division = "2202"
        month = 1
        day = 22
        basis = "清湾市通知"
        source = "清政办〔2023〕1号"
        binding = "rule"
        """,
        encoding="utf-8",
    )
    read_column(table, at=LAST_READ)
    assert is_fresh(table, COLUMN, datetime(2024, 1, 22, 15, 59, tzinfo=UTC))
    assert not is_fresh(table, COLUMN, datetime(2024, 1, 22, 16, 0, tzinfo=UTC))


def test_a_reading_that_failed_or_left_pages_out_does_not_count(archive: Archive) -> None:
    assert not is_fresh(archive, COLUMN, LAST_READ)
    read_column(archive, at=LAST_READ, outcome="incomplete")
    assert not is_fresh(archive, COLUMN, LAST_READ)
    read_column(archive, at=LAST_READ, full=False)
    assert not is_fresh(archive, COLUMN, LAST_READ)
    read_column(archive, at=LAST_READ)
    assert is_fresh(archive, COLUMN, LAST_READ)
    assert not is_fresh(archive, "http://xxgk.qingwan.gov.cn/other/", LAST_READ)
