"""The January campaign: when crawls are planned, and what is due."""

from __future__ import annotations

import signal
import threading
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.listings import PortalState
from archive.store import Archive
from crawler.campaign import campaign, due, last_run, next_runs
from crawler.schedule import Ticker
from tests.archive import notetaking
from tests.crawler import pages
from tests.crawler.commands import start, xxgk
from tests.crawler.servers import Answer, serve

CHINA = ZoneInfo("Asia/Shanghai")


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


@pytest.mark.parametrize(
    ("now", "following", "season"),
    [
        ("2025-12-31 23:00", "2026-01-01 20:00", "agencies"),
        ("2026-01-01 20:00", "2026-01-02 20:00", "agencies"),
        ("2026-02-09 21:00", "2026-02-10 20:00", "agencies"),
        ("2026-02-10 20:00", "2026-02-15 03:00", "rest of the year"),
        ("2026-03-15 04:00", "2026-03-20 20:00", "governments"),
        ("2026-04-10 20:00", "2026-04-12 03:00", "rest of the year"),
        ("2026-07-01 12:00", "2026-07-05 03:00", "rest of the year"),
        ("2024-02-28 12:00", "2024-03-03 03:00", "rest of the year"),
    ],
)
def test_the_next_run_is_dense_in_season_and_weekly_otherwise(now: str, following: str, season: str) -> None:
    (run,) = next_runs(moment(now), 1)
    assert (run.at, run.season) == (moment(following), season)


def test_a_year_has_a_run_for_each_day_of_the_seasons_and_each_other_sunday() -> None:
    runs = [run for run in next_runs(moment("2025-12-31 23:59"), 200) if run.at.year == 2026]
    assert sum(run.season == "agencies" for run in runs) == 41
    assert sum(run.season == "governments" for run in runs) == 22
    assert sum(run.season == "rest of the year" for run in runs) == 43


@given(st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2040, 1, 1)), st.integers(1, 40))  # noqa: DTZ001
def test_runs_follow_one_another_and_no_gap_is_longer_than_a_week(naive: datetime, count: int) -> None:
    now = naive.replace(tzinfo=UTC)
    runs = next_runs(now, count)
    moments = [last_run(now).at, *(run.at for run in runs)]
    assert moments[0] <= now < moments[1]
    assert all(timedelta(0) < later - earlier <= timedelta(days=8) for earlier, later in pairwise(moments))
    assert last_run(runs[-1].at).at == runs[-1].at


def state(url: str, read_at: datetime | None) -> PortalState:
    return PortalState(
        url=url, given=url, host="h", division=None, outcome=None, detail=None, read_at=read_at, columns=0, articles=0
    )


@pytest.mark.parametrize(
    ("read_at", "is_due"),
    [
        (None, True),
        ("2026-01-09 20:00", True),
        ("2026-01-10 19:59", True),
        ("2026-01-10 20:00", False),
        ("2026-01-11 08:00", False),
        ("2025-11-01 08:00", True),  # ten weeks of runs were missed: one makes up for them
    ],
)
def test_a_portal_is_due_when_the_last_planned_run_passed_it_by(read_at: str | None, is_due: bool) -> None:
    states = [state("http://a.gov.cn/", moment(read_at) if read_at is not None else None)]
    assert due(states, ["http://a.gov.cn/"], moment("2026-01-11 09:00")) == (["http://a.gov.cn/"] if is_due else [])


def test_a_registered_portal_that_was_never_crawled_is_due() -> None:
    assert due([], ["http://a.gov.cn/"], moment("2026-01-11 09:00")) == ["http://a.gov.cn/"]


class Quick(Ticker):
    """A ticker whose crawl is a program that does nothing."""

    def command(self, urls: object) -> list[str]:
        del urls
        return ["true"]


def test_a_crawl_that_told_nothing_is_not_tried_again_at_each_tick(tmp_path: Path) -> None:
    ticker = Quick(tmp_path, None, ["http://a.gov.cn/"], lambda _: None)
    now = moment("2026-01-11 09:00")
    assert ticker.tick(now) == ["http://a.gov.cn/"]
    assert ticker.tick(now + timedelta(minutes=1)) == []
    assert ticker.tick(now + timedelta(hours=2)) == ["http://a.gov.cn/"]


def test_what_was_read_since_is_not_crawled_again(tmp_path: Path) -> None:
    now = moment("2026-01-11 09:00")
    with Archive.open(tmp_path, create=True, write=True) as archive:
        notetaking.note_portal(
            archive, None, portal="http://a.gov.cn/", outcome="ok", detail="", at=moment("2026-01-10 21:00")
        )
    ticker = Quick(tmp_path, None, ["http://a.gov.cn/", "http://b.gov.cn/"], lambda _: None)
    assert ticker.tick(now) == ["http://b.gov.cn/"]


def test_the_crawl_of_the_schedule_is_the_ordinary_command_and_shows_nobody_a_password(tmp_path: Path) -> None:
    ticker = Ticker(tmp_path, "postgresql://user:geheim@h/x", [], lambda _: None)
    assert ticker.command(["http://a.gov.cn/"])[1:] == [
        "-m",
        "crawler",
        "--archive",
        str(tmp_path),
        "crawl",
        "http://a.gov.cn/",
    ]
    assert ticker.environment()["XXGK_DATABASE"] == "postgresql://user:geheim@h/x"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_daemon_crawls_what_is_due_and_ends_when_it_is_asked_to(tmp_path: Path, number: signal.Signals) -> None:
    host = "xxgk.qinghe.gov.cn"
    asked = threading.Event()

    def answer(_: int) -> Answer:
        asked.set()
        return Answer("", 404)

    with serve({**pages.portal(1, host=host), f"{host}/robots.txt": answer}) as proxy:
        url = f"http://{host}{pages.COLUMN}"
        daemon = start("schedule", url, folder=tmp_path, http_proxy=proxy.url, XXGK_DOWNLOAD_DELAY="0")
        assert asked.wait(60)
        daemon.send_signal(number)
        _, said = daemon.communicate(timeout=60)  # its crawl has ended too: it would hold the pipe open
    assert daemon.returncode == 0, said
    assert "1 portals are due" in said
    assert "Traceback" not in said
    assert [line["url"] for line in xxgk("portals", "--json", folder=tmp_path).lines] == [url]


def test_the_plan_is_printed_without_an_archive(tmp_path: Path) -> None:
    ran = xxgk("schedule", "http://a.gov.cn/", "--plan", "--json", "--count", "3", folder=tmp_path)
    assert ran.status == 0, ran.err
    assert [line["portals"] for line in ran.lines] == [1, 1, 1]
    assert [datetime.fromisoformat(line["at"]).utcoffset() for line in ran.lines] == [timedelta(hours=8)] * 3
    assert not (tmp_path / "xxgk-archive").exists()


def test_the_campaign_is_well_formed() -> None:
    assert [season.name for season in campaign().seasons] == ["agencies", "governments"]
