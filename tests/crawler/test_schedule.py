"""The schedule at work: each due crawl is made once, whoever is killed, asleep, or works beside it."""

from __future__ import annotations

import os
import random
import signal
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from archive.crawling import crawls, duework
from archive.crawling.duework import DEEP, REGULAR
from archive.schema import Attempt, CrawlRow, Daemon, Task
from archive.store import Archive
from crawler.campaign import campaign, last_run, next_runs
from crawler.schedule import Schedule
from crawler.working.crew import Crew, Done
from tests.archive.notetaking import note_portal
from tests.crawler import pages
from tests.crawler.commands import start, xxgk
from tests.crawler.servers import Answer, Page, Portal, serve
from tests.databases import DATABASES, new_database
from tests.warm import Process

ROUNDS = int(os.environ.get("XXGK_SCHEDULE_ROUNDS", "1"))  # make schedule-test sets more
KILLS = int(os.environ.get("XXGK_SCHEDULE_KILLS", "2"))  # in each round
PATIENCE = 120  # seconds until a test gives up
LEASE = 3.0  # seconds
HERE, THERE = "http://xxgk.qinghe.gov.cn/", "http://xxgk.liuchuan.gov.cn/"
HOSTS = [f"xxgk.{name}.gov.cn" for name in ("qinghe", "liuchuan", "dongling", "beiyuan")]


def tasks_of(folder: Path, database: str | None = None) -> list[Task]:
    with Archive.open(folder, database) as archive, archive.session() as session:
        return list(session.scalars(select(Task).order_by(Task.id)))


def attempts_of(folder: Path, database: str | None = None) -> list[tuple[int, str | None]]:
    """The task and the outcome of each attempt."""
    with Archive.open(folder, database) as archive, archive.session() as session:
        return [(row.task_id, row.outcome) for row in session.scalars(select(Attempt).order_by(Attempt.id))]


def unheard(sentence: str) -> None:
    del sentence


# With a clock that is driven, and crawls that only say how they ended


@dataclass
class Crawls:
    """A crawler that takes no time, and the clock."""

    folder: Path
    now: datetime
    outcome: str = "ok"
    made: list[tuple[str, bool, datetime]] = field(default_factory=list)
    meanwhile: Callable[[], None] = lambda: None  # happens while a crawl runs

    def clock(self) -> datetime:
        return self.now

    def run(self, command: Sequence[str], given: dict[str, str], grace: float) -> Made:
        assert command[1:6] == ["-m", "crawler", "--archive", str(self.folder), "crawl"]
        assert grace > 0
        assert given
        self.made.append((command[-1], "--full" in command, self.now))
        return Made(self, command[-1], full="--full" in command)

    def schedule(self, *named: str) -> Schedule:
        return Schedule(self.folder, None, unheard, named=named, clock=self.clock, run=self.run)

    def read(self, portal: str, *, full: bool = False) -> None:
        with Archive.open(self.folder, create=True, write=True, clock=self.clock) as archive:
            begun = crawls.begin(archive, {"year": None, **({"full": True} if full else {})}, [portal])
            note_portal(archive, begun.id, portal=portal, outcome=self.outcome, detail=None)
            crawls.finish(archive, begun.id, crawls.FINISHED)


@dataclass
class Made:
    """A crawl of these."""

    crawls: Crawls
    portal: str
    full: bool
    ended: bool = False

    def wait(self) -> int:
        self.crawls.meanwhile()
        if not self.ended:
            self.crawls.read(self.portal, full=self.full)
        self.ended = True
        return 0

    def end(self) -> None:
        self.ended = True


@pytest.fixture
def driven(tmp_path: Path) -> Crawls:
    return Crawls(tmp_path / "xxgk-archive", datetime(2026, 1, 10, 4, 0, tzinfo=UTC))


def test_each_night_of_a_season_is_done_once_whenever_the_schedule_looks(driven: Crawls) -> None:
    rng = random.Random(6)
    begun, end = driven.now, driven.now + timedelta(days=20)
    with driven.schedule(HERE, THERE) as schedule:
        schedule.work()
        while driven.now < end:
            driven.now += timedelta(minutes=rng.choice([1, 30, 600, 1500]))
            schedule.work()
    for portal in (HERE, THERE):
        nights = [last_run(portal, begun).at, *(run.at for run in next_runs(portal, begun, 21) if run.at <= driven.now)]
        made = [at for url, _, at in driven.made if url == portal]
        assert len(made) <= len(nights)  # a gap over a whole night is made up for with one crawl
        assert len({max(night for night in nights if night <= at) for at in made}) == len(made)
    states = Counter(task.state for task in tasks_of(driven.folder))
    assert states == {"done": len(driven.made)}


def test_asleep_through_its_hours_it_does_the_work_once_when_it_is_back(driven: Crawls) -> None:
    with driven.schedule(HERE) as schedule:
        schedule.work()
        driven.now += timedelta(days=5, hours=7)
        assert [done.outcome for done in schedule.work()] == ["ok"]
        assert schedule.work() == []
    assert len(driven.made) == 2


def test_a_portal_that_was_crawled_by_hand_is_not_crawled_again(driven: Crawls) -> None:
    driven.read(HERE)
    with driven.schedule(HERE, THERE) as schedule:
        assert schedule.work() == [Done(THERE, REGULAR, "ok")]


def test_what_fails_is_tried_again_after_the_pauses_of_the_campaign_and_then_in_the_next_night(driven: Crawls) -> None:
    driven.outcome = "unreachable"
    begun = driven.now
    with driven.schedule(HERE) as schedule:
        for _ in range(16 * 6):
            schedule.work()
            driven.now += timedelta(minutes=10)
    tried = [(at - begun) / timedelta(hours=1) for _, _, at in driven.made]
    night = (next_runs(HERE, begun, 1)[0].at - begun) / timedelta(hours=1)
    before = [hours for hours in (0, 1, 4, 12) if hours < night]
    assert tried[: len(before)] == before
    assert all(hours >= night for hours in tried[len(before) :])


def test_the_deep_pass_takes_the_place_of_a_regular_crawl(driven: Crawls) -> None:
    driven.now = datetime(2026, 4, 20, tzinfo=UTC)
    driven.read(HERE, full=True)
    with driven.schedule(HERE) as schedule:
        while driven.now < datetime(2026, 9, 10, tzinfo=UTC):
            schedule.work()
            driven.now += timedelta(hours=24)
    assert [full for _, full, _ in driven.made].count(True) == 1
    gaps = Counter(
        (at.date() - before.date()).days
        for (_, _, before), (_, _, at) in zip(driven.made, driven.made[1:], strict=False)
    )
    assert set(gaps) == {7}
    deep = [(task.planned_at.year, task.attempts) for task in tasks_of(driven.folder) if task.kind == DEEP]
    assert deep == [(2025, 0), (2026, 1)]  # what was missed last year was done by hand


def test_a_schedule_that_slept_through_its_lease_ends_its_crawl_and_leaves_the_task_to_the_other(
    driven: Crawls,
) -> None:
    with driven.schedule(HERE) as one, driven.schedule(HERE) as other:

        def sleep() -> None:
            driven.meanwhile = lambda: None
            driven.now += timedelta(hours=2)
            assert [done.outcome for done in other.work()] == ["ok"]
            one.crew._beat()

        driven.meanwhile = sleep
        assert one.work() == [Done(HERE, REGULAR, None)]
    assert [task.state for task in tasks_of(driven.folder)] == ["done"]
    assert Counter(outcome for _, outcome in attempts_of(driven.folder)) == {"ok": 1, "lost": 1}


def test_a_sign_of_life_holds_the_crawl_that_runs(driven: Crawls) -> None:
    with driven.schedule(HERE) as one, driven.schedule(HERE) as other:

        def work_long() -> None:
            for _ in range(10):
                driven.now += timedelta(minutes=4)
                one.crew._beat()
                assert other.work() == []

        driven.meanwhile = work_long
        assert one.work() == [Done(HERE, REGULAR, "ok")]


def test_what_cannot_be_started_is_said_and_tried_again_later(driven: Crawls) -> None:
    said: list[str] = []

    def run(command: Sequence[str], given: dict[str, str], grace: float) -> Made:
        raise OSError(12, "Cannot allocate memory", command, given, grace)

    with Schedule(driven.folder, None, said.append, named=[HERE], clock=driven.clock, run=run) as schedule:
        assert schedule.work() == [Done(HERE, REGULAR, "stopped", begun=False)]
        assert schedule.work() == []
    assert said[1:] == [f"no crawl can be started (Cannot allocate memory): {HERE} is tried again later"]
    driven.now += timedelta(minutes=6)
    with driven.schedule(HERE) as schedule:
        assert schedule.work() == [Done(HERE, REGULAR, "ok")]


def test_the_crawl_of_the_schedule_is_the_ordinary_command_and_shows_nobody_a_password(tmp_path: Path) -> None:
    crew = Crew(tmp_path, "postgresql://user:geheim@h/x", unheard, campaign().again)
    lease = duework.Lease(7, HERE, REGULAR, datetime.now(UTC), 2, None)
    assert crew.command(lease, HERE)[1:] == ["-m", "crawler", "--archive", str(tmp_path), "crawl", HERE]
    given = crew.environment(lease)
    assert (given["XXGK_DATABASE"], given["XXGK_LEASE"]) == ("postgresql://user:geheim@h/x", "7:2")


# With real daemons, real crawls, and a portal that counts


def column(host: str) -> str:
    return f"http://{host}{pages.COLUMN}"


def site() -> dict[str, Page]:
    return {address: page for host in HOSTS for address, page in pages.portal(3, host=host).items()}


def daemon(folder: Path, proxy: Portal, database: str | None, *words: str, prelude: str = "") -> Process:
    return start(
        *("schedule", *map(column, HOSTS), "--lease", f"{LEASE:g}", "--side-by-side", "2", *words),
        folder=folder,
        prelude=prelude,
        http_proxy=proxy.url,
        XXGK_DOWNLOAD_DELAY="0",
        XXGK_DATABASE=database or "",
    )


def until_done(folder: Path, database: str | None, process: Process, hosts: int = len(HOSTS)) -> None:
    """Wait until a daemon has done all there is."""
    waiting = threading.Event()
    for _ in range(PATIENCE * 5):
        assert process.poll() is None, process.communicate()
        found = tasks_of(folder, database) if folder.exists() else []
        if len({task.portal for task in found}) == hosts and {task.state for task in found} == {"done"}:
            return
        waiting.wait(0.2)
    raise AssertionError([(task.portal, task.state, task.outcome) for task in tasks_of(folder, database)])


def quit_daemon(process: Process) -> None:
    process.terminate()
    _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode in {0, 3, -signal.SIGTERM}, said  # the latter where it was asked before it began
    assert "Traceback" not in said


def check_each_once(folder: Path, database: str | None, proxy: Portal, kills: int) -> None:
    """Each task ended well once; whatever a kill cut off is all that was asked for twice."""
    found = tasks_of(folder, database)
    assert {(task.state, task.outcome) for task in found} == {("done", "ok")}
    assert Counter(task.portal for task in found if task.kind == DEEP) <= Counter(map(column, HOSTS))
    ended = [task for task, outcome in attempts_of(folder, database) if outcome == "ok"]
    assert len(ended) == len(set(ended))
    assert {task.portal for task in found if task.id in ended} == set(map(column, HOSTS))
    assert len(ended) == len(HOSTS)  # a deep pass does the regular crawl's work too
    articles = Counter((seen.host, seen.path) for seen in proxy.seen if seen.path.endswith(".html"))
    assert len(articles) == 3 * len(HOSTS)
    assert sum(articles.values()) <= len(articles) + 2 * kills  # two crawls ran when it was killed
    lists = Counter(seen.host for seen in proxy.seen if seen.path == pages.COLUMN)
    assert sum(lists.values()) <= len(HOSTS) + 2 * kills


@pytest.mark.parametrize("kind", DATABASES if ROUNDS > 1 else ["postgresql"])
@pytest.mark.parametrize("seed", range(ROUNDS))
def test_a_daemon_killed_at_random_moments_leaves_each_crawl_to_be_made_once(
    request: pytest.FixtureRequest, tmp_path: Path, seed: int, kind: str
) -> None:
    database = new_database(request.getfixturevalue("postgresql")) if kind == "postgresql" else None
    rng = random.Random(f"{seed} {kind}")
    folder = tmp_path / "xxgk-archive"
    with serve(site()) as proxy:
        for _ in range(KILLS):
            point, number = rng.choice([("commit", rng.randint(2, 25)), ("time", rng.randint(1500, 6000))])
            killed = daemon(tmp_path, proxy, database, prelude=_killing(point, number))
            _, said = killed.communicate(
                timeout=PATIENCE
            )  # ends only when its crawls have ended too: they hold the pipe
            assert killed.returncode == -signal.SIGKILL, said
        last = daemon(tmp_path, proxy, database)
        until_done(folder, database, last)
        quit_daemon(last)
        check_each_once(folder, database, proxy, KILLS)


def _killing(point: str, number: int) -> str:
    """Python that kills its process at its n-th commit, and within 10 s at the latest; or after n milliseconds."""
    return f"""
import os, signal, threading
from sqlalchemy import event
from sqlalchemy.orm import Session
left = {number}
def commit(session):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
if {point!r} == "commit":
    event.listen(Session, {"after_commit" if number % 2 else "before_commit"!r}, commit)
threading.Timer({number if point == "time" else 10_000} / 1000, os.kill, (os.getpid(), signal.SIGKILL)).start()
"""


@pytest.mark.parametrize("kind", DATABASES if ROUNDS > 1 else ["sqlite"])
def test_two_daemons_at_once_make_each_crawl_once(request: pytest.FixtureRequest, tmp_path: Path, kind: str) -> None:
    database = new_database(request.getfixturevalue("postgresql")) if kind == "postgresql" else None
    with serve(site()) as proxy:
        both = [daemon(tmp_path, proxy, database, "--once") for _ in range(2)]
        said = [process.communicate(timeout=PATIENCE)[1] for process in both]
        assert [process.returncode for process in both] == [0, 0], said
        check_each_once(tmp_path / "xxgk-archive", database, proxy, 0)
    with Archive.open(tmp_path / "xxgk-archive", database) as archive, archive.session() as session:
        assert [row.ended_at is not None for row in session.scalars(select(Daemon))] == [True, True]


def test_the_crawl_of_a_killed_daemon_ends_with_it_and_the_next_goes_on(tmp_path: Path) -> None:
    asked, goes_on = threading.Event(), threading.Event()

    def hold(_: int) -> Answer:
        asked.set()
        assert goes_on.wait(PATIENCE)
        return Answer(pages.article(pages.AGENCIES[1]))

    held = {**pages.portal(3, host=HOSTS[0]), f"{HOSTS[0]}{pages.address(1)}": hold}
    folder = tmp_path / "xxgk-archive"
    words = ("schedule", column(HOSTS[0]), "--lease", f"{LEASE:g}")
    with serve(held) as proxy:
        killed = start(*words, folder=tmp_path, http_proxy=proxy.url, XXGK_DOWNLOAD_DELAY="0")
        assert asked.wait(PATIENCE)
        killed.kill()
        killed.communicate(timeout=PATIENCE)  # its crawl holds its standard error open for as long as it lives
        goes_on.set()
        following = start(*words, folder=tmp_path, http_proxy=proxy.url, XXGK_DOWNLOAD_DELAY="0")
        until_done(folder, None, following, hosts=1)
        quit_daemon(following)
        asked_for = Counter(proxy.paths(HOSTS[0]))
    assert asked_for[pages.address(0)] == 1  # captured before the kill
    assert len(xxgk("reports", "--json", folder=tmp_path).lines) == 3
    with Archive.open(folder) as archive, archive.session() as session:
        assert [(row.id, row.state) for row in session.scalars(select(CrawlRow))] == [(1, "finished")]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT] if ROUNDS > 1 else [signal.SIGTERM])
def test_a_daemon_ends_with_its_crawl_when_it_is_asked_to_and_the_next_goes_on_at_once(
    tmp_path: Path, number: signal.Signals
) -> None:
    asked = threading.Event()

    def answer(_: int) -> Answer:
        asked.set()
        return Answer("", 404)

    with serve({**pages.portal(1, host=HOSTS[0]), f"{HOSTS[0]}/robots.txt": answer}) as proxy:
        process = start("schedule", column(HOSTS[0]), folder=tmp_path, http_proxy=proxy.url, XXGK_DOWNLOAD_DELAY="0")
        assert asked.wait(PATIENCE)
        process.send_signal(number)
        _, said = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, said
        assert "The schedule runs" in said
        assert "Traceback" not in said
        assert attempts_of(tmp_path / "xxgk-archive") == [(attempts_of(tmp_path / "xxgk-archive")[0][0], "stopped")]
        following = xxgk(
            "schedule",
            column(HOSTS[0]),
            "--once",
            "--json",
            folder=tmp_path,
            http_proxy=proxy.url,
            XXGK_DOWNLOAD_DELAY="0",
        )
    assert following.status == 0, following.err
    assert [line["outcome"] for line in following.lines] == ["ok"]


def test_once_says_what_needs_attention_and_leaves_what_is_done_alone(tmp_path: Path) -> None:
    site = {**pages.portal(1, host=HOSTS[0]), f"{HOSTS[1]}/robots.txt": Answer("", 503)}
    with serve(site) as proxy:
        words = ("schedule", column(HOSTS[0]), column(HOSTS[1]), "--once", "--json")
        first = xxgk(*words, folder=tmp_path, http_proxy=proxy.url, XXGK_DOWNLOAD_DELAY="0")
        asked = len(proxy.seen)
        second = xxgk(*words, folder=tmp_path, http_proxy=proxy.url, XXGK_DOWNLOAD_DELAY="0")
        assert len(proxy.seen) == asked
    assert first.status == 1, first.err
    assert {line["portal"]: line["outcome"] for line in first.lines} == {
        column(HOSTS[0]): "ok",
        column(HOSTS[1]): "unreachable",
    }
    assert (second.status, second.lines) == (0, [])


def test_the_plan_is_printed_without_an_archive(tmp_path: Path) -> None:
    ran = xxgk("schedule", "http://a.gov.cn/", "http://b.gov.cn/", "--plan", "--json", "--count", "5", folder=tmp_path)
    assert ran.status == 0, ran.err
    times = [datetime.fromisoformat(line["at"]) for line in ran.lines]
    assert times == sorted(times)
    assert [time.utcoffset() for time in times] == [timedelta(hours=8)] * 5
    assert {line["portal"] for line in ran.lines} == {"http://a.gov.cn/", "http://b.gov.cn/"}
    assert {"at", "kind", "season", "portal", "portals", "minute", "day", "week"} == set(ran.lines[0])
    assert not (tmp_path / "xxgk-archive").exists()
    assert "http://b.gov.cn/" in xxgk("schedule", "http://b.gov.cn/", "--plan", folder=tmp_path).out
