from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from archive.crawling import crawls
from archive.deposit import deposit
from archive.deriving.derive import derive
from archive.journal.notes import ColumnNote
from archive.monitor import Standing, Status, missing
from archive.store import Archive
from tests.archive import notetaking
from tests.archive.answers import COLUMN, PORTAL, publish, read_column, report_page, withdraw
from tests.archive.conftest import Clock
from tests.papers.paper import paper

AGENCY = "清湾市财政局"
URL = "http://xxgk.qingwan.gov.cn/czj/ndbg/202401/t20240118_{}.html"
DUE = date(2024, 1, 31)


def on(month: int, day: int, year: int = 2024) -> datetime:
    return datetime(year, month, day, 2, 0, tzinfo=UTC)


def article(
    archive: Archive,
    year: int,
    *,
    agency: str = AGENCY,
    published: str | None = None,
    signed: str | None = None,
    seen: datetime | None = None,
    column: str = COLUMN,
    suffix: str = "",
) -> None:
    item = paper(agency, year)
    page = report_page(item, published=published, signed=signed if signed is not None else "")
    publish(archive, URL.format(f"{year}{suffix}"), page, title=item.title, column=column, at=seen)


def standing(
    archive: Archive, year: int = 2023, as_of: date | None = date(2024, 4, 30), agency: str = AGENCY
) -> Standing:
    derive(archive)
    (found,) = [one for one in missing(archive, year, as_of) if one.publisher == agency]
    return found


def test_who_published_in_time_is_on_time(archive: Archive) -> None:
    article(archive, 2023, published="2024-01-31", seen=on(2, 20))
    found = standing(archive)
    assert (found.status, found.due, found.published_on, found.days) == (Status.ON_TIME, DUE, DUE, None)
    assert found.url == URL.format(2023)


def test_what_was_archived_in_time_is_on_time_whatever_its_page_says_later(archive: Archive) -> None:
    article(archive, 2023, published="2024-06-29", seen=on(1, 30))
    assert standing(archive).status is Status.ON_TIME


def test_who_published_later_is_late_by_so_many_days(archive: Archive) -> None:
    article(archive, 2023, published="2024-02-03", seen=on(2, 20))
    found = standing(archive)
    assert (found.status, found.days) == (Status.LATE, 3)
    assert "条例 2019 第四十九条第一款" in found.basis


def test_a_government_has_until_the_end_of_march(archive: Archive) -> None:
    article(archive, 2023, agency="清湾市人民政府", published="2024-03-31", seen=on(4, 20))
    found = standing(archive, agency="清湾市人民政府")
    assert (found.status, found.due) == (Status.ON_TIME, date(2024, 3, 31))


def test_a_page_date_that_the_date_signed_contradicts_proves_nothing(archive: Archive) -> None:
    article(archive, 2023, published="2026-06-29", signed="2024年1月19日", seen=on(7, 1, 2026))
    found = standing(archive, as_of=date(2026, 7, 2))
    assert found.status is Status.UNCHECKED
    assert "2026-06-29" in found.basis
    assert "2024-01-19" in found.basis


def test_a_date_signed_after_the_deadline_contradicts_nothing(archive: Archive) -> None:
    article(archive, 2023, published="2024-02-29", signed="2024年2月27日", seen=on(3, 5))
    assert standing(archive).status is Status.LATE


def test_a_report_without_a_date_first_seen_after_the_deadline_is_unchecked(archive: Archive) -> None:
    article(archive, 2023, seen=on(2, 20))
    assert standing(archive).status is Status.UNCHECKED


def test_a_report_without_a_date_is_late_if_its_column_was_read_without_it(archive: Archive) -> None:
    article(archive, 2022, seen=on(2, 1, 2023))
    read_column(archive, at=on(2, 3))
    article(archive, 2023, seen=on(2, 20))
    found = standing(archive)
    assert (found.status, found.days) == (Status.LATE, 3)


def known_publisher(archive: Archive) -> None:
    """A publisher with a report on the year before, in a column of its own."""
    article(archive, 2022, published="2023-01-20", seen=on(2, 1, 2023))


def test_before_the_deadline_nobody_is_missing(archive: Archive) -> None:
    known_publisher(archive)
    read_column(archive, at=on(1, 31))
    assert standing(archive, as_of=DUE).status is Status.NOT_DUE


def test_who_is_not_in_its_column_after_the_deadline_is_missing(archive: Archive) -> None:
    known_publisher(archive)
    read_column(archive, at=on(2, 1))
    found = standing(archive, as_of=date(2024, 2, 10))
    assert (found.status, found.days, found.url) == (Status.MISSING, 10, None)
    assert "2024-02-01" in found.basis


@pytest.mark.parametrize(
    ("outcome", "at"),
    [
        ("ok", on(1, 31)),
        ("incomplete", on(2, 9)),
        ("blocked:wzws", on(2, 9)),
        ("unreachable", on(2, 9)),
        ("ok", on(3, 1)),
    ],
    ids=["before the deadline", "incomplete", "blocked", "unreachable", "after the day asked about"],
)
def test_without_a_good_reading_after_the_deadline_nobody_is_called_missing(
    archive: Archive, outcome: str, at: datetime
) -> None:
    known_publisher(archive)
    read_column(archive, outcome=outcome, at=at)
    assert standing(archive, as_of=date(2024, 2, 10)).status is Status.UNCHECKED


def test_a_publisher_without_a_column_is_unchecked(archive: Archive) -> None:
    item = paper(AGENCY, 2022)
    publish(archive, URL.format(1), report_page(item), portal=None, column=None)
    assert standing(archive).status is Status.UNCHECKED


def test_a_column_is_read_in_the_time_of_the_law(archive: Archive) -> None:
    known_publisher(archive)
    read_column(archive, at=datetime(2024, 1, 31, 16, 30, tzinfo=UTC))  # 1 February in Beijing
    assert standing(archive).status is Status.MISSING


def test_a_listed_report_that_could_not_be_read_is_not_missing(archive: Archive) -> None:
    known_publisher(archive)
    publish(archive, URL.format(2023), None, title=paper(AGENCY, 2023).title, at=on(2, 1))
    read_column(archive, at=on(2, 1))
    found = standing(archive)
    assert found.status is Status.UNCHECKED
    assert URL.format(2023) in found.basis


def test_a_row_without_a_year_counts_by_its_date(archive: Archive) -> None:
    known_publisher(archive)
    rows = [(URL.format("x"), "政府信息公开工作年度报告", date(2024, 1, 30))]
    notetaking.note_rows(
        archive, None, portal=PORTAL, column_url=COLUMN, agency=None, family="trs", rows=rows, at=on(2, 1)
    )
    read_column(archive, at=on(2, 1))
    assert standing(archive).status is Status.UNCHECKED
    assert standing(archive, 2024, date(2025, 4, 1)).status is Status.UNCHECKED


def test_a_withdrawn_report_is_withdrawn_from_that_day_on(archive: Archive, clock: Clock) -> None:
    article(archive, 2023, published="2024-01-20", seen=on(1, 25))
    derive(archive)
    clock.now = on(3, 1)
    withdraw(archive, URL.format(2023))
    assert standing(archive, as_of=date(2024, 2, 29)).status is Status.ON_TIME
    assert standing(archive, as_of=date(2024, 3, 1)).status is Status.WITHDRAWN


def test_a_report_published_after_the_day_asked_about_was_missing_then(archive: Archive) -> None:
    known_publisher(archive)
    read_column(archive, at=on(2, 2))
    article(archive, 2023, published="2024-02-20", seen=on(2, 25))
    assert standing(archive, as_of=date(2024, 2, 10)).status is Status.MISSING
    assert standing(archive, as_of=date(2024, 3, 10)).status is Status.LATE


def test_a_publisher_is_judged_only_from_its_first_known_year_on(archive: Archive) -> None:
    known_publisher(archive)
    derive(archive)
    assert missing(archive, 2021, date(2024, 2, 10)) == []
    assert len(missing(archive, 2022, date(2024, 2, 10))) == 1


def test_a_column_of_an_agency_without_any_report_is_judged_too(archive: Archive) -> None:
    read_column(archive, agency="清湾市水利局", rows=0, at=on(2, 3))
    found = standing(archive, agency="清湾市水利局")
    assert found.status is Status.MISSING


def test_an_agency_whose_column_was_never_read_is_not_on_the_roster(archive: Archive) -> None:
    rows = [("http://xxgk.qingwan.gov.cn/g.html", "政府信息公开指南", "指南")]
    notetaking.note_rows(
        archive, None, portal=PORTAL, column_url=COLUMN, agency="清湾市水利局", family=None, rows=[], refused=rows
    )
    derive(archive)
    assert missing(archive, 2023, date(2024, 4, 30)) == []


def test_the_reports_in_a_column_say_whose_it_is_not_the_agency_it_names(archive: Archive) -> None:
    article(archive, 2022, seen=on(2, 1, 2023))
    read_column(archive, agency="清湾市发展和改革局", at=on(2, 3))
    assert standing(archive).status is Status.MISSING


CITY = "http://www.qingwan.gov.cn/ndbg/"


def test_a_list_of_many_publishers_speaks_for_those_it_listed_before(archive: Archive) -> None:
    article(archive, 2022, agency="清湾市财政局", column=CITY, suffix="a", seen=on(2, 1, 2023))
    article(archive, 2022, agency="清湾市水利局", column=CITY, suffix="b", seen=on(2, 1, 2023))
    article(archive, 2023, agency="清湾市水利局", column=CITY, suffix="b", published="2024-01-09", seen=on(2, 3))
    read_column(archive, column=CITY, at=on(2, 3))
    assert standing(archive, agency="清湾市财政局").status is Status.MISSING
    assert standing(archive, agency="清湾市水利局").status is Status.ON_TIME


def test_a_list_of_many_publishers_does_not_speak_for_whom_it_lists_this_year_only(archive: Archive) -> None:
    article(archive, 2023, agency="清湾市财政局", column=CITY, suffix="a", published="2024-01-09", seen=on(2, 3))
    article(archive, 2023, agency="清湾市水利局", column=CITY, suffix="b", published="2024-01-09", seen=on(2, 3))
    article(archive, 2022, agency="清湾市审计局", column=COLUMN, suffix="c", seen=on(2, 3))
    read_column(archive, column=CITY, at=on(2, 3))
    assert standing(archive, agency="清湾市审计局").status is Status.UNCHECKED


def test_a_portal_can_be_asked_about_alone(archive: Archive) -> None:
    known_publisher(archive)
    other = "http://www.liuchuan.gov.cn/"
    publish(archive, f"{other}1.html", report_page(paper("柳川市财政局", 2022)), portal=other, column=f"{other}c/")
    read_column(archive, portal=other, column=f"{other}d/", agency="柳川市水利局")
    derive(archive)
    assert [one.publisher for one in missing(archive, 2023, date(2024, 4, 30), portal=PORTAL)] == [AGENCY]
    assert {one.publisher for one in missing(archive, 2023, date(2024, 4, 30), portal=other)} == {
        "柳川市财政局",
        "柳川市水利局",
    }


def test_today_is_the_day_in_beijing(archive: Archive, clock: Clock) -> None:
    known_publisher(archive)
    clock.now = datetime(2024, 1, 31, 15, 59, tzinfo=UTC)
    assert standing(archive, as_of=None).status is Status.NOT_DUE
    clock.now = datetime(2024, 1, 31, 16, 0, tzinfo=UTC)
    assert standing(archive, as_of=None).status is Status.UNCHECKED


def test_a_column_whose_later_pages_were_taken_as_unchanged_proves_no_absence(archive: Archive) -> None:
    article(archive, 2022, published="2023-01-20", seen=on(1, 20))
    read_column(archive, at=on(1, 20))
    read_column(archive, at=on(2, 2), full=False)
    assert standing(archive).status is Status.UNCHECKED
    read_column(archive, at=on(2, 3))
    assert standing(archive).status is Status.MISSING


def part(
    archive: Archive, crawl_id: int, url: str, outcome: str, *, above: str | None, agency: str | None = None
) -> None:
    """The reading of a column below another, in a crawl of 3 February 2024."""
    facts = ColumnNote(on(2, 3), crawl_id, PORTAL, url, agency, outcome, None, 1, 2, 1, above=above)
    deposit(archive, notes=[facts])


@pytest.mark.parametrize(
    ("outcome", "agency", "status"),
    [
        ("ok", None, Status.MISSING),
        ("incomplete", None, Status.UNCHECKED),
        ("unreachable", AGENCY, Status.UNCHECKED),
        ("incomplete", "清湾市教育局", Status.MISSING),
    ],
    ids=["its year was read", "its year was not", "its year says whose it is", "another's part was not read"],
)
def test_nobody_is_missing_while_a_part_of_the_column_was_not_read(
    archive: Archive, outcome: str, agency: str | None, status: Status
) -> None:
    known_publisher(archive)
    crawl = crawls.begin(archive, {}, [PORTAL]).id
    part(archive, crawl, COLUMN, "ok", above=None, agency=AGENCY)
    part(archive, crawl, f"{COLUMN}2023/", "ok", above=COLUMN)
    part(archive, crawl, f"{COLUMN}2023/bm/", outcome, above=f"{COLUMN}2023/", agency=agency)
    assert standing(archive).status is status
