from __future__ import annotations

import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from string import Formatter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from archive.deposit import deposit
from archive.deriving.derive import derive
from archive.errors import ArchiveError
from archive.journal.notes import MergeNote, SentNote
from archive.notices.kinds import BASELINE, SEEN, Happening, kinds, plain
from archive.notices.notices import Wanted, find, listed, since_day
from archive.schema import Delivery, Notice
from archive.store import Archive
from archive.upkeep.reindex import reindex
from tests.archive import notetaking
from tests.archive.answers import COLUMN, PORTAL, publish, read_column, report_page, withdraw
from tests.archive.conftest import Clock, Place
from tests.papers.paper import Paper, paper

AGENCY, OTHER = "清湾市财政局", "清湾市民政局"
URL = "http://xxgk.qingwan.gov.cn/{}/ndbg/202401/t20240118_{}.html"
COLUMNS = {AGENCY: COLUMN, OTHER: "http://xxgk.qingwan.gov.cn/mzj/ndbg/"}
NEWS = Counter[str]


def on(month: int, day: int, year: int = 2024) -> datetime:
    return datetime(year, month, day, 2, 0, tzinfo=UTC)


def put(
    archive: Archive, year: int = 2023, *, agency: str = AGENCY, published: str | None = None, item: Paper | None = None
) -> str:
    """A report is on its page, now."""
    item = item if item is not None else paper(agency, year)
    url = URL.format("czj" if agency == AGENCY else "mzj", year)
    publish(archive, url, report_page(item, published=published, signed=""), title=item.title, column=COLUMNS[agency])
    return url


def read_portal(archive: Archive, outcome: str = "ok", detail: str | None = None) -> None:
    notetaking.note_portal(archive, None, portal=PORTAL, outcome=outcome, detail=detail)


def look(archive: Archive) -> list[tuple[str, str]]:
    """What is found now, as kind and title."""
    derive(archive)
    return [(row.kind, row.title) for row in find(archive, archive.clock())]


def news(archive: Archive) -> list[str]:
    return [kind for kind, _ in look(archive)]


@pytest.fixture
def clock() -> Clock:
    """A clock at the beginning of a year."""
    return Clock(on(1, 1))


@pytest.fixture
def season(archive: Archive, clock: Clock) -> Archive:
    """An archive that began to notice at the new year; it has last year's reports of two agencies."""
    clock.now = on(1, 2)
    for agency, column in COLUMNS.items():
        put(archive, 2022, agency=agency, published="2023-01-20")
        read_column(archive, column=column)
    clock.advance(minutes=10)
    read_portal(archive)
    assert news(archive) == [BASELINE]
    clock.advance(hours=2)
    return archive


def test_who_begins_to_notice_is_not_told_the_past(archive: Archive, clock: Clock) -> None:
    clock.now = on(2, 20)
    put(archive, 2023, published="2024-02-10")
    put(archive, 2022, agency=OTHER, published="2023-01-20")
    read_column(archive, column=COLUMNS[OTHER])
    read_portal(archive, "blocked:wzws")
    clock.advance(minutes=1)
    ((kind, _),) = look(archive)
    assert kind == BASELINE
    (baseline,) = listed(archive, Wanted())
    assert "2023年年报1份" in baseline.text
    assert "逾期公布1家" in baseline.text
    assert "逾期未公布1家" in baseline.text
    clock.advance(days=1)
    assert look(archive) == []


def test_two_that_begin_at_once_begin_once(place: Place, clock: Clock) -> None:
    with place.open() as archive:
        clock.now = on(2, 20)
        put(archive, 2022, agency=OTHER, published="2023-01-20")
        read_column(archive, column=COLUMNS[OTHER])
        read_portal(archive, "unreachable")
        derive(archive)
    clock.advance(minutes=1)
    found: list[str] = []

    def run() -> None:
        with place.open() as own:
            found.extend(row.key for row in find(own, clock.now))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [BASELINE]


def test_each_thing_of_a_season_is_told_on_its_day_and_once(season: Archive, clock: Clock) -> None:
    clock.now = on(1, 20)
    first = put(season, published="2024-01-19")
    read_portal(season)
    assert look(season) == [("report.new", f"{AGENCY}公布了2023年年报")]
    clock.now = on(1, 31)
    read_column(season, column=COLUMNS[OTHER])
    assert look(season) == []
    clock.now = on(2, 2)
    read_column(season, column=COLUMNS[OTHER])
    read_portal(season)
    assert look(season) == [("report.missing", f"{OTHER}未按期公布2023年年报")]
    clock.now = on(2, 9)
    put(season, agency=OTHER, published="2024-02-08")
    read_portal(season)
    assert sorted(look(season)) == [
        ("report.late", f"{OTHER}逾期8天公布2023年年报"),
        ("report.new", f"{OTHER}公布了2023年年报"),
    ]
    clock.now = on(2, 20)
    put(season, published="2024-01-19", item=paper(AGENCY, 2023).with_figures(disclosure__penalties__decisions="777"))
    assert look(season) == [("report.edited", f"{AGENCY}修改了已公布的2023年年报")]
    assert "行政处罚 · 本年处理决定数量" in listed(season, Wanted(kinds=("report.edited",)))[0].text
    clock.now = on(3, 1)
    withdraw(season, first)
    assert look(season) == [("report.withdrawn", f"{AGENCY}的2023年年报已撤下")]
    clock.now = on(3, 9)
    put(season, published="2024-01-19", item=paper(AGENCY, 2023).with_figures(disclosure__penalties__decisions="777"))
    assert look(season) == [("report.returned", f"{AGENCY}的2023年年报重新公布")]
    clock.now = on(4, 1)
    withdraw(season, first)
    assert news(season) == ["report.withdrawn"]
    for _ in range(3):
        clock.advance(days=20)
        assert look(season) == []


def test_the_reports_of_a_portal_that_is_read_for_the_first_time_are_one_notice(archive: Archive, clock: Clock) -> None:
    clock.now = on(1, 2)
    assert news(archive) == [BASELINE]
    clock.now = on(1, 20)
    put(archive, 2023)
    put(archive, 2022)
    put(archive, 2023, agency=OTHER)
    assert look(archive) == []  # its reading has not ended
    clock.advance(minutes=30)
    read_portal(archive)
    assert look(archive) == [("portal.new", "首次读取xxgk.qingwan.gov.cn，已有年报3份")]
    clock.advance(days=1)
    assert look(archive) == []


def test_what_is_imported_is_no_news(season: Archive, clock: Clock) -> None:
    clock.now = on(1, 20)
    item = paper("清湾市司法局", 2023)
    publish(season, "file:///a/b.html", report_page(item), portal=None, column=None)
    assert look(season) == []


def test_a_report_that_an_old_copy_brings_is_no_news(season: Archive, clock: Clock) -> None:
    clock.now = on(12, 20)
    item = paper(AGENCY, 2023)
    page = report_page(item, published="2024-01-18")
    publish(season, URL.format("czj", 2023), page, title=item.title, column=COLUMN, at=on(1, 20))
    assert look(season) == []


def test_an_edit_of_an_old_report_is_told_and_a_better_copy_of_it_is_not(season: Archive, clock: Clock) -> None:
    clock.now = on(6, 1)
    put(season, 2022, published="2023-01-20", item=paper(AGENCY, 2022).with_figures(disclosure__fees__amount="9.9"))
    assert news(season) == ["report.edited"]
    item = paper(OTHER, 2022).with_figures(disclosure__fees__amount="8.8")
    publish(season, URL.format("mzj", 2022), report_page(item), title=item.title, at=on(6, 1, 2019))
    assert look(season) == []


def test_another_page_with_another_text_is_no_edit(season: Archive, clock: Clock) -> None:
    clock.now = on(1, 20)
    put(season)
    read_portal(season)
    assert news(season) == ["report.new"]
    clock.advance(days=1)
    item = paper(AGENCY, 2023).with_figures(disclosure__fees__amount="9.9")
    publish(season, URL.format("szf", 2023), report_page(item), title=item.title, column=COLUMN)
    assert look(season) == []


@pytest.mark.parametrize(
    ("outcome", "kind"),
    [
        ("blocked:wzws", "portal.blocked"),
        ("incomplete", "portal.incomplete"),
        ("unreachable", "portal.unreachable"),
        ("disallowed", "portal.disallowed"),
    ],
)
def test_a_portal_in_trouble_is_told_once_until_it_is_well_again(
    season: Archive, clock: Clock, outcome: str, kind: str
) -> None:
    found = []
    for day, how in enumerate([outcome, outcome, "ok", "ok", outcome, outcome, "ok"], start=5):
        clock.now = on(1, day)
        read_portal(season, how)
        found += news(season)
    assert found == [kind, "portal.recovered", kind, "portal.recovered"]


def test_a_block_by_another_system_is_the_same_trouble_and_a_dead_host_another(season: Archive, clock: Clock) -> None:
    found = []
    for day, how in enumerate(["blocked:wzws", "blocked:jiasule", "unreachable", "blocked:wzws"], start=5):
        clock.now = on(1, day)
        read_portal(season, how)
        found += news(season)
    assert found == ["portal.blocked", "portal.unreachable", "portal.blocked"]


def test_who_merges_two_publishers_is_not_told_their_reports_again(season: Archive, clock: Clock) -> None:
    clock.now = on(2, 9)
    put(season, published="2024-02-08")
    read_portal(season)
    assert sorted(news(season)) == ["report.late", "report.new"]
    clock.advance(days=1)
    put(season, 2021, agency=OTHER)
    deposit(
        season,
        notes=[MergeNote(clock.now, "host:qingwan.gov.cn", AGENCY, "host:qingwan.gov.cn", "清湾市财政和国资局")],
    )
    assert [kind for kind in news(season) if kind == "report.new"] == []
    rows = listed(season, Wanted(kinds=("report.new",)))
    assert len(rows) == 1


def test_a_reindex_finds_again_what_was_told_under_the_same_keys_and_not_what_was_before(
    place: Place, clock: Clock
) -> None:
    with place.open() as archive:
        clock.now = on(1, 2)
        put(archive, 2022, agency=OTHER, published="2023-01-20")
        read_column(archive, column=COLUMNS[OTHER])
        clock.advance(minutes=5)
        read_portal(archive)
        assert news(archive) == [BASELINE]
        clock.now = on(2, 2)
        put(archive, published="2024-02-01")
        read_column(archive, column=COLUMNS[OTHER])
        read_portal(archive, "incomplete")
        derive(archive)
        told = {row.key for row in find(archive, clock.now)}
        deposit(archive, notes=[SentNote(clock.now, "值班群", tuple(told))])
    assert len(told) == 4
    clock.advance(days=3)
    with Archive.open(place.folder, place.database, write=True, rebuild=True, clock=clock) as archive:
        assert reindex(archive, afresh=True).problems == ()
        derive(archive)
    with place.open() as archive:
        again = {row.key: row for row in find(archive, clock.now)}
        assert again.keys() == {*told, BASELINE}
        with archive.session() as session:
            sent = set(session.scalars(select(Delivery.key).where(Delivery.target == "值班群")))
        assert sent == told
        assert again[BASELINE].at == on(1, 2) + timedelta(minutes=5)
        late = [row.noticed_at for row in again.values() if row.kind == "report.new"]
        assert late == [on(2, 2)]  # as far as is known, and not today


def test_who_is_late_is_asked_once_a_day_and_within_the_hour_only_by_a_person(season: Archive, clock: Clock) -> None:
    clock.now = on(2, 9)
    assert find(season, clock.now) == []
    put(season, published="2024-02-08")
    read_portal(season)
    derive(season)
    clock.advance(minutes=10)
    assert [row.kind for row in find(season, clock.now, eager=False)] == ["report.new"]
    assert [row.kind for row in find(season, clock.now)] == ["report.late"]


def test_who_is_late_is_asked_again_in_the_next_hour_where_something_was_kept(season: Archive, clock: Clock) -> None:
    clock.now = on(2, 9)
    assert find(season, clock.now) == []
    put(season, published="2024-02-08")
    derive(season)
    clock.advance(minutes=70)
    assert [row.kind for row in find(season, clock.now, eager=False)] == ["report.late", "report.new"]


def test_the_list_is_narrowed_by_kind_day_year_and_division(season: Archive, clock: Clock) -> None:
    clock.now = on(1, 20)
    notetaking.note_portal(
        season, None, portal="http://www.a.gov.cn/", outcome="unreachable", detail="no route", division="220202"
    )
    put(season)
    read_portal(season)
    look(season)
    assert {row.kind for row in listed(season, Wanted())} == {BASELINE, "report.new", "portal.unreachable"}
    assert [row.kind for row in listed(season, Wanted(divisions=("220000",)))] == ["portal.unreachable"]
    assert listed(season, Wanted(divisions=("230000",))) == []
    assert [row.kind for row in listed(season, Wanted(kinds=("report.new",), years=(2023,)))] == ["report.new"]
    assert listed(season, Wanted(kinds=("report.new",), years=(2021,))) == []
    assert listed(season, Wanted(since=since_day(on(1, 21).date()))) == []
    assert len(listed(season, Wanted(), limit=1)) == 1
    with pytest.raises(ArchiveError, match=r"no kind of notice report\.old"):
        listed(season, Wanted(kinds=("report.old",)))


def test_every_kind_fills_its_words_from_the_facts_that_it_names() -> None:
    known = {"publisher", "year", "portal", "url"}
    for kind in kinds().values():
        fields = {name for text in (kind.title, kind.text) for _, name, _, _ in Formatter().parse(text) if name}
        assert fields <= known | set(kind.facts), kind.kind
        assert set(kind.facts) <= fields, kind.kind
        facts: dict[str, object] = dict.fromkeys([*kind.facts, "publisher", "portal"], "甲")
        told = Happening(kind.kind, "k", on(1, 1), facts, report_year=2023).told()
        assert told.title
        assert "{" not in told.title + told.text


@pytest.mark.parametrize(
    ("fact", "kept"),
    [
        ("一行\n两行\t三", "一行 两行 三"),
        ("a\x00b\x1b[31mc", "a b [31mc"),
        ("右\u202e到左", "右 到左"),
        ("半\ud800个", "半 个"),
        ("长" * 200, "长" * 119 + "…"),
        ("{publisher}", "{publisher}"),
        (None, ""),
    ],
)
def test_what_a_portal_wrote_is_one_short_line_in_a_notice(fact: str | None, kept: str) -> None:
    assert plain(fact) == kept
    happening = Happening("report.new", "k", on(1, 1), {"publisher": fact, "published": "", "seen": ""})
    assert kept in happening.told().title


STEPS = ("publish", "edit", "withdraw", "other", "late", "block", "recover", "read", "wait", "month", "look", "look")


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(STEPS), min_size=4, max_size=14))
def test_whatever_happens_and_whenever_it_is_looked_for_nothing_is_told_twice(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str]
) -> None:
    clock = Clock(on(1, 2))
    told: list[tuple[str, str]] = []
    with Archive.open(tmp_path_factory.mktemp("a") / "archive", create=True, write=True, clock=clock) as archive:
        put(archive, 2022, agency=OTHER, published="2023-01-20")
        read_column(archive, column=COLUMNS[OTHER])
        clock.advance(hours=1)
        read_portal(archive)
        derive(archive)
        find(archive, clock.now)
        for number, step in enumerate(steps):
            clock.advance(hours=7)
            _take(archive, clock, step, number)
            if step == "look":
                told += [(row.kind, row.key) for row in find(archive, clock.now)]
        told += [(row.kind, row.key) for row in find(archive, clock.now)]
        assert find(archive, clock.now) == []
        with archive.session() as session:
            rows = session.scalar(select(func.count()).select_from(Notice).where(Notice.kind != SEEN))
    assert len(set(told)) == len(told) == (rows or 0) - 1
    counts: NEWS = Counter(kind for kind, _ in told)
    assert counts["report.new"] <= 2
    assert counts["report.late"] <= 2
    assert counts["report.missing"] <= 2
    assert abs(counts["report.withdrawn"] - counts["report.returned"]) <= 1


def _take(archive: Archive, clock: Clock, step: str, number: int) -> None:
    match step:
        case "publish":
            put(archive, published="2024-01-19")
        case "edit":
            item = paper(AGENCY, 2023).with_figures(disclosure__penalties__decisions=str(1000 + number))
            put(archive, published="2024-01-19", item=item)
        case "withdraw":
            withdraw(archive, URL.format("czj", 2023))
        case "other":
            put(archive, agency=OTHER)
        case "late":
            put(archive, agency=OTHER, published=f"{clock.now:%Y-%m-%d}")
        case "block":
            read_portal(archive, "blocked:wzws")
        case "recover":
            read_portal(archive)
        case "read":
            read_column(archive, column=COLUMNS[OTHER])
        case "month":
            clock.advance(days=31)
    derive(archive)
