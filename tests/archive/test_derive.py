"""From captures to reports and versions: what is new, what is not, what is gone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import Connection, event, text

from archive import listings
from archive.captures import store
from archive.deriving.derive import Derived, derive
from archive.reports import list_reports, show, troubles
from archive.store import Archive
from archive.upkeep.verify import verify
from parser.hints import Hints
from parser.record import Record
from tests.archive import notetaking
from tests.archive.answers import (
    COLUMN,
    DOCX,
    FILE,
    PORTAL,
    SAME,
    URL,
    answer,
    corrected,
    crawl,
    publish,
    read_column,
    report_page,
    the_report,
    withdraw,
)
from tests.archive.conftest import Clock, Place
from tests.papers.paper import Paper, paper


def test_a_captured_article_becomes_a_report(archive: Archive) -> None:
    item = paper("清湾市财政局", 2023)
    publish(archive, URL, report_page(item), title=item.title, listed_on=date(2024, 1, 18))
    assert derive(archive) == Derived(created=1)
    view = the_report(archive)
    assert (view.line.url, view.line.publisher, view.line.report_year) == (URL, "清湾市财政局", 2023)
    assert (view.line.title, view.line.published_on, view.state) == (item.title, date(2024, 1, 18), "published")
    assert view.line.template == "2021"
    assert view.line.figures == len(item.figures) == len(view.record.figures)
    assert len(view.versions) == len(view.captures) == 1
    assert view.addresses == (URL,)


def test_what_was_derived_is_not_derived_again(archive: Archive) -> None:
    publish(archive, URL, report_page(), title=paper().title)
    derive(archive)
    assert derive(archive, parse=never) == Derived()


def never(_data: bytes, _hints: Hints) -> Record:
    raise AssertionError("nothing should be read again")


def test_the_same_bytes_in_the_next_crawl_are_not_read_again(archive: Archive, clock: Clock) -> None:
    for number in range(3):
        publish(archive, URL, report_page(), crawl=crawl(archive, number), title=paper().title)
        counted = derive(archive) if number == 0 else derive(archive, parse=never)
        assert counted == (Derived(created=1) if number == 0 else Derived(unchanged=1))
        clock.advance(days=7)
    view = the_report(archive)
    assert len(view.captures) == 3
    assert (view.versions[0].first_seen_at.day, view.versions[0].last_seen_at.day) == (20, 3)


@pytest.mark.parametrize(
    "footer",
    [
        "<p>访问量：1024</p>",
        "<span>2024年1月21日 星期日 10:00</span>",
        "<script>var t=1705800000</script>",
        "<!-- 生成于 12:01 -->",
    ],
)
def test_a_new_counter_or_clock_on_the_page_is_no_new_version(archive: Archive, footer: str) -> None:
    for number, changed in enumerate(("", footer)):
        publish(archive, URL, report_page(footer=changed), crawl=crawl(archive, number), title=paper().title)
        derive(archive)
    view = the_report(archive)
    assert (len(view.versions), len(view.captures)) == (1, 2)


def test_the_date_of_a_page_reset_by_a_migration_is_no_new_version(archive: Archive) -> None:
    for number, published in enumerate(("2024-01-18", "2026-06-29")):
        publish(archive, URL, report_page(published=published), crawl=crawl(archive, number), title=paper().title)
        derive(archive)
    view = the_report(archive)
    assert (len(view.versions), view.line.published_on) == (1, date(2024, 1, 18))


def reworded(item: Paper) -> Paper:
    return replace(item, prose={**item.prose, 6: ("年内开展了两次满意度调查。",)})


@pytest.mark.parametrize("change", [corrected, reworded])
def test_another_figure_or_other_prose_is_a_new_version_and_the_old_one_is_kept(
    archive: Archive, clock: Clock, change: Callable[[Paper], Paper]
) -> None:
    item = paper()
    first = publish(archive, URL, report_page(item), crawl=crawl(archive, 1), title=item.title)
    derive(archive)
    clock.advance(days=30)
    second = publish(archive, URL, report_page(change(item)), crawl=crawl(archive, 2), title=item.title)
    assert derive(archive) == Derived(changed=1)
    view = the_report(archive)
    old, new = view.versions
    assert first is not None
    assert second is not None
    assert (old.capture_id, new.capture_id) == (first.id, second.id)
    assert (old.current, new.current) == (False, True)
    assert old.digest != new.digest
    assert (old.first_seen_at, new.first_seen_at) == (first.fetched_at, second.fetched_at)
    assert view.first_seen_at == first.fetched_at


def test_a_change_taken_back_is_no_third_version(archive: Archive, clock: Clock) -> None:
    item = paper()
    for number, shown in enumerate((item, corrected(item), item)):
        publish(archive, URL, report_page(shown), crawl=crawl(archive, number), title=item.title)
        derive(archive)
        clock.advance(days=1)
    view = the_report(archive)
    assert [version.current for version in view.versions] == [True, False]


def test_several_crawls_derived_at_once_give_the_same_versions_as_one_by_one(place: Place) -> None:
    item = paper()
    with place.open() as archive:
        for number, shown in enumerate((item, corrected(item), reworded(item))):
            publish(
                archive,
                URL,
                report_page(shown),
                crawl=crawl(archive, number),
                title=item.title,
                at=place.clock.advance(days=1),
            )
        assert derive(archive) == Derived(created=1)
        view = the_report(archive)
        assert [version.first_seen_at.day for version in view.versions] == [21, 22, 23]
        assert [version.current for version in view.versions] == [False, False, True]


@pytest.mark.parametrize("status", [404, 410])
def test_a_report_that_is_gone_is_withdrawn_and_one_that_is_back_is_published(
    archive: Archive, clock: Clock, status: int
) -> None:
    publish(archive, URL, report_page(), crawl=crawl(archive, 1), title=paper().title)
    derive(archive)
    gone_at = clock.advance(days=1)
    withdraw(archive, URL, crawl=crawl(archive, 2), status=status)
    assert derive(archive, parse=never) == Derived(changed=1)
    view = the_report(archive)
    assert (view.state, view.withdrawn_at, len(view.versions)) == ("withdrawn", gone_at, 1)
    clock.advance(days=1)
    withdraw(archive, URL, crawl=crawl(archive, 3), status=status)
    derive(archive)
    assert the_report(archive).withdrawn_at == gone_at
    clock.advance(days=1)
    publish(archive, URL, report_page(), crawl=crawl(archive, 4), title=paper().title)
    derive(archive)
    assert (the_report(archive).state, the_report(archive).withdrawn_at) == ("published", None)


def test_an_error_page_that_is_noted_gone_withdraws_a_report_too(archive: Archive, clock: Clock) -> None:
    publish(archive, URL, report_page(), title=paper().title)
    derive(archive)
    clock.advance(days=1)
    note_gone(archive, URL, URL)
    derive(archive)
    assert the_report(archive).state == "withdrawn"


def note_gone(archive: Archive, url: str, requested: str) -> None:
    notetaking.note_article(
        archive, None, portal=PORTAL, url=url, requested_url=requested, column_url=COLUMN, page_title=None,
        page_date=None, agency=None, refused=None, gone=True,
    )  # fmt: skip


def test_an_address_that_redirected_and_is_gone_withdraws_where_it_led(archive: Archive, clock: Clock) -> None:
    start = "http://xxgk.qingwan.gov.cn/go?id=7"
    publish(archive, URL, report_page(), requested=start, title=paper().title)
    derive(archive)
    clock.advance(days=1)
    store(archive, answer(start, b"", status=404, at=clock()), role="article")
    note_gone(archive, start, start)
    derive(archive)
    assert the_report(archive).state == "withdrawn"


def test_a_server_that_fails_withdraws_nothing(archive: Archive, clock: Clock) -> None:
    publish(archive, URL, report_page(), crawl=crawl(archive, 1), title=paper().title)
    derive(archive)
    store(archive, answer(URL, b"", status=503, at=clock.advance(days=1)), role="article", crawl_id=crawl(archive, 2))
    derive(archive)
    assert the_report(archive).state == "published"


def test_a_page_that_becomes_something_else_keeps_the_report_and_says_so(archive: Archive, clock: Clock) -> None:
    publish(archive, URL, report_page(), crawl=crawl(archive, 1), title=paper().title)
    derive(archive)
    clock.advance(days=1)
    publish(archive, URL, "<p>系统维护中</p>".encode(), crawl=crawl(archive, 2), title=paper().title)
    assert derive(archive) == Derived(refused=1)
    assert the_report(archive).state == "published"
    assert [trouble.url for trouble in troubles(archive)] == [URL]


def test_everything_can_be_derived_anew_without_a_trace(place: Place) -> None:
    with place.open() as archive:
        for number, shown in enumerate((paper(), corrected(paper()), paper())):
            at = place.clock.advance(days=1)
            publish(archive, URL, report_page(shown), crawl=crawl(archive, number), title=shown.title, at=at)
            publish(
                archive,
                SAME[0],
                report_page(paper()),
                crawl=crawl(archive, number),
                column=f"{COLUMN}2",
                title=shown.title,
                at=at,
            )
            derive(archive)
        place.clock.advance(days=1)
        withdraw(archive, SAME[0], crawl=crawl(archive, 9))
        derive(archive)
        before = the_report(archive)
        assert derive(archive, everything=True).failed == 0
        assert the_report(archive) == before
        assert verify(archive) == []


class Killed(BaseException):
    pass


def test_a_run_that_is_killed_goes_on_with_the_next_one(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archive.deriving.derive.BATCH", 3)

    def stop(done: int, _total: int, _url: str) -> None:
        if done == 8:
            raise Killed

    with place.open() as archive:
        for number in range(10):
            publish(archive, f"{URL}?{number}", report_page(paper(f"清湾市第{number}局")))
        with pytest.raises(Killed):
            derive(archive, progress=stop)
    with place.open() as archive:
        assert len(list_reports(archive)) == 6
        assert derive(archive) == Derived(created=4)
        assert verify(archive) == []


def test_what_is_captured_while_deriving_is_derived_the_next_time(archive: Archive) -> None:
    publish(archive, URL, report_page(), crawl=crawl(archive, 1), title=paper().title)
    second = crawl(archive, 2)

    def capture_meanwhile(_done: int, _total: int, _url: str) -> None:
        publish(archive, URL, report_page(corrected(paper())), crawl=second, title=paper().title)

    derive(archive, progress=capture_meanwhile)
    assert derive(archive) == Derived(changed=1)
    assert len(the_report(archive).versions) == 2


@pytest.fixture
def statements(archive: Archive) -> Iterator[list[str]]:
    """The statements sent to the database."""
    sent: list[str] = []

    def note(_connection: Connection, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    event.listen(archive.engine, "before_cursor_execute", note)
    yield sent
    event.remove(archive.engine, "before_cursor_execute", note)


def test_an_articles_history_costs_nothing_once_it_is_derived(
    archive: Archive, statements: list[str], clock: Clock
) -> None:
    costs = []
    for number in range(12):
        publish(archive, URL, report_page(footer=f"<p>{number}</p>"), crawl=crawl(archive, number), title=paper().title)
        clock.advance(days=1)
        statements.clear()
        derive(archive)
        costs.append(len(statements))
    assert costs[-1] <= costs[1]


def test_a_report_without_a_title_stands_under_its_address_until_a_list_names_it(archive: Archive) -> None:
    item = replace(paper(), title="", preface="统计期限不详。", signed=None, signed_by=None)
    body = report_page(item, published=None).replace(b"<h1></h1>", b"")
    publish(archive, URL, body)
    derive(archive)
    (line,) = list_reports(archive)
    assert line.url == URL
    assert show(archive, URL) is not None


def test_notes_taken_twice_change_nothing(archive: Archive) -> None:
    for _ in range(2):
        publish(
            archive,
            URL,
            report_page(),
            crawl=None,
            title=paper().title,
            listed_on=date(2024, 1, 18),
            attachments=((FILE, b"x", DOCX),),
        )
        read_column(archive, crawl=None)
    derive(archive)
    with archive.session() as session:
        counts = {
            table: session.execute(text(f"SELECT count(*) FROM {table}")).scalar()
            for table in (
                "portals",
                "report_columns",
                "list_rows",
                "articles",
                "attachments",
                "article_columns",
                "reports",
            )
        }
    assert set(counts.values()) == {1}


def test_portals_say_how_they_were_last_read(archive: Archive, clock: Clock) -> None:
    notetaking.note_portal(archive, crawl(archive, 1), portal=PORTAL, outcome="blocked:wzws", detail="challenge page")
    first = clock.now
    clock.advance(hours=1)
    notetaking.note_portal(archive, None, portal="http://122.137.0.1:8080/", outcome=None, detail=None)
    one, other = listings.portals(archive)
    assert (one.host, one.outcome, one.detail, one.read_at) == (
        "xxgk.qingwan.gov.cn",
        "blocked:wzws",
        "challenge page",
        first,
    )
    assert (other.host, other.outcome, other.read_at) == ("122.137.0.1:8080", None, None)
    assert first == datetime(2024, 1, 20, 4, 0, tzinfo=UTC)
