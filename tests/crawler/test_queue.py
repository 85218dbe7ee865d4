"""The queue on a real PostgreSQL: each due portal has one job, a host's jobs run one by one, and what a kill left is revived."""

from __future__ import annotations

import errno
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from archive.crawling import duework
from archive.crawling.duework import DEEP, REGULAR, Planned, Retries
from archive.schema import Article, Portal
from archive.store import Archive
from crawler.errors import WrongUsage
from crawler.working import queue
from crawler.working.worker import Worker
from tests.crawler.commands import Here
from tests.databases import new_database

AGAIN = Retries((), ())
HOUR = timedelta(hours=1)
PORTALS = ("http://xxgk.qinghe.gov.cn/a/", "http://xxgk.qinghe.gov.cn/b/", "http://xxgk.liuchuan.gov.cn/")
HOSTS = {"xxgk.qinghe.gov.cn", "xxgk.liuchuan.gov.cn"}


@pytest.fixture
def database(postgresql: str) -> str:
    return new_database(postgresql, tables=True)


@pytest.fixture
def archive(tmp_path: Path, database: str) -> Iterator[Archive]:
    with Archive.open(tmp_path / "xxgk-archive", database, create=True) as opened:
        queue.prepare(opened)
        yield opened


def plan(archive: Archive, *portals: str, kind: str = REGULAR) -> None:
    at = datetime.now(UTC) - HOUR
    duework.plan(archive, [Planned(portal, kind, at, at) for portal in portals], AGAIN)


def ask(archive: Archive, query: str, **given: Any) -> list[tuple[Any, ...]]:
    """What Procrastinate's own tables and functions say."""
    with archive.writing() as session:
        session.execute(text(f"SET LOCAL search_path TO {queue.SCHEMA}"))
        return [tuple(row) for row in session.execute(text(query), given)]


def jobs(archive: Archive) -> list[tuple[Any, ...]]:
    query = "SELECT args->>'portal', lock, queueing_lock, priority, status::text FROM procrastinate_jobs ORDER BY id"
    return ask(archive, query)


def take(archive: Archive, worker: int) -> str | None:
    """The portal of the job that a worker gets."""
    [(found,)] = ask(archive, "SELECT args->>'portal' FROM procrastinate_fetch_job_v2(NULL, :worker)", worker=worker)
    return None if found is None else str(found)


def worker(archive: Archive) -> int:
    [(number,)] = ask(archive, "SELECT worker_id FROM procrastinate_register_worker_v1()")
    return int(number)


def test_each_portal_that_is_due_gets_one_job_with_its_host_as_the_lock_however_often_it_is_offered(
    archive: Archive,
) -> None:
    plan(archive, *PORTALS)
    plan(archive, PORTALS[2], kind=DEEP)
    assert [queue.offer(archive, AGAIN) for _ in range(3)] == [3, 0, 0]
    found = jobs(archive)
    assert {job[0] for job in found} == set(PORTALS)
    assert {job[1] for job in found} == HOSTS
    assert [job[3] for job in found] == [1, 0, 0]  # the deep pass first
    assert queue.counts(archive) == queue.Counts({"crawl": 3}, {})


def test_two_jobs_of_one_host_never_run_at_once(archive: Archive) -> None:
    plan(archive, *PORTALS)
    queue.offer(archive, AGAIN)
    one, two, three = (worker(archive) for _ in range(3))
    taken = [take(archive, one), take(archive, two), take(archive, three)]
    assert taken == [PORTALS[0], PORTALS[2], None]
    ask(
        archive,
        "SELECT procrastinate_finish_job_v1(id, 'succeeded', true) FROM procrastinate_jobs WHERE worker_id = :one",
        one=one,
    )
    assert take(archive, three) == PORTALS[1]


def test_a_portal_somebody_is_at_gets_no_job(archive: Archive) -> None:
    plan(archive, PORTALS[0])
    duework.claim(archive, "by hand", AGAIN, lease=HOUR)
    assert queue.offer(archive, AGAIN) == 0


@pytest.mark.parametrize(
    ("lease", "revived"), [(None, True), (timedelta(seconds=-1), True), (HOUR, False)], ids=["none", "over", "held"]
)
def test_a_job_that_was_taken_waits_again_only_if_nobody_holds_its_lease(
    archive: Archive, lease: timedelta | None, revived: bool
) -> None:
    plan(archive, PORTALS[2])
    queue.offer(archive, AGAIN)
    assert take(archive, worker(archive)) == PORTALS[2]
    if lease is not None:
        duework.claim(archive, "killed", AGAIN, lease=lease)
    assert queue.offer(archive, AGAIN) == 0  # it may have been taken this moment
    assert queue.counts(archive) == queue.Counts({}, {"crawl": 1})
    assert queue.offer(archive, AGAIN, timedelta()) == 0
    assert queue.counts(archive) == queue.Counts(*([{"crawl": 1}, {}] if revived else [{}, {"crawl": 1}]))


def test_a_job_whose_crawl_ended_a_moment_ago_is_left_to_its_worker(archive: Archive) -> None:
    plan(archive, PORTALS[2])
    queue.offer(archive, AGAIN)
    take(archive, worker(archive))
    (lease,) = duework.claim(archive, "one", AGAIN, lease=HOUR)
    duework.finish(archive, "one", lease, AGAIN)
    queue.offer(archive, AGAIN, timedelta(seconds=5))
    assert queue.counts(archive) == queue.Counts({}, {"crawl": 1})


def test_a_job_we_never_heard_that_we_have_waits_again_and_one_we_are_at_does_not(archive: Archive) -> None:
    queue.offer_parts(archive, [1, 2])
    number = worker(archive)
    hands = queue.Hands()
    hands.worker = number
    for _ in range(2):
        take(archive, number)
    [(known,), _] = ask(archive, "SELECT id FROM procrastinate_jobs ORDER BY id")
    hands.jobs.add(known)
    queue.offer(archive, AGAIN, timedelta(), hands=hands)
    assert queue.counts(archive) == queue.Counts({"part": 1}, {"part": 1})


def test_what_a_killed_crawl_left_gets_a_job_which_keeps_no_crawl_from_the_portal(archive: Archive) -> None:
    at = datetime.now(UTC)
    with archive.writing() as session:
        session.add(Portal(id=1, url=PORTALS[2], host="xxgk.liuchuan.gov.cn"))
        session.flush()
        url = f"{PORTALS[2]}1.html"
        session.add(Article(portal_id=1, url=url, address=url, requested_address=url, noted_at=at, stale=1))
    queue.offer(archive, AGAIN)
    assert queue.counts(archive) == queue.Counts()
    for _ in range(2):
        queue.offer(archive, AGAIN, derive=True)
    assert queue.counts(archive) == queue.Counts({"derive": 1}, {})
    ask(archive, "DELETE FROM procrastinate_jobs RETURNING id")
    queue.postpone(archive, PORTALS[2], HOUR)
    queue.postpone(archive, PORTALS[2], HOUR)
    queue.offer(archive, AGAIN, derive=True)
    assert queue.counts(archive) == queue.Counts()  # it waits for its time
    assert len(jobs(archive)) == 1
    plan(archive, PORTALS[2])
    assert queue.offer(archive, AGAIN, derive=True) == 1


def test_a_crawl_goes_before_parts_that_were_offered_earlier(archive: Archive) -> None:
    queue.offer_parts(archive, range(1, 4))
    plan(archive, PORTALS[0])
    queue.offer(archive, AGAIN)
    assert take(archive, worker(archive)) == PORTALS[0]


class Nothing:
    """A crawl that tells nothing and ends at once, as on a machine whose disk is full."""

    ended = True

    def wait(self) -> int:
        return 2

    def end(self) -> None:
        """Nothing runs."""


def test_a_machine_on_which_every_crawl_fails_leaves_the_work_to_others_for_a_while(
    archive: Archive, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    portals = [f"http://xxgk.p{number}.gov.cn/" for number in range(5)]
    plan(archive, *portals)
    monkeypatch.setattr("crawler.working.worker._FIRST_REST", 0.1)
    said: list[str] = []
    done = Worker(archive.folder, database, said.append, run=lambda *_: Nothing()).work(once=True)
    assert Counter(each.outcome for each in done.crawls) == {"failed": 5}
    rests = [sentence for sentence in said if "the fault may be this machine's" in sentence]
    assert [sentence.partition(" crawls")[0] for sentence in rests] == ["3", "4"]


def test_a_machine_that_can_start_no_process_leaves_the_work_to_others_for_a_while(
    archive: Archive, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cannot(*_: object) -> Nothing:
        raise OSError(errno.ENOMEM, "Cannot allocate memory")

    plan(archive, *(f"http://xxgk.p{number}.gov.cn/" for number in range(5)))
    monkeypatch.setattr("crawler.working.worker._FIRST_REST", 0.1)
    said: list[str] = []
    done = Worker(archive.folder, database, said.append, run=cannot).work(once=True)
    assert Counter((each.outcome, each.begun) for each in done.crawls) == {("stopped", False): 5}
    rests = [sentence for sentence in said if "the fault may be this machine's" in sentence]
    assert [sentence.partition(" crawls")[0] for sentence in rests] == ["3", "4"]


def test_a_part_is_offered_once_and_waits_again_when_its_worker_is_gone(archive: Archive) -> None:
    assert [queue.offer_parts(archive, [1, 2]), queue.offer_parts(archive, [2, 3])] == [2, 1]
    number = worker(archive)
    take(archive, number)
    queue.offer(archive, AGAIN)
    assert queue.counts(archive) == queue.Counts({"part": 2}, {"part": 1})
    ask(archive, "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '2 minutes' RETURNING id")
    queue.offer(archive, AGAIN)
    assert queue.counts(archive) == queue.Counts({"part": 3}, {})


def test_another_version_of_the_queue_is_made_anew_unless_workers_of_it_live(archive: Archive) -> None:
    plan(archive, PORTALS[0])
    queue.offer(archive, AGAIN)
    queue.prepare(archive)
    assert len(jobs(archive)) == 1  # the same version keeps what is in it
    worker(archive)
    with archive.writing() as session:
        session.execute(text(f"COMMENT ON SCHEMA {queue.SCHEMA} IS 'procrastinate 2.0'"))
    with pytest.raises(
        WrongUsage, match=r"workers run with procrastinate 2\.0, this one has procrastinate 3.*: let them end"
    ):
        queue.prepare(archive)
    ask(archive, "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '2 minutes' RETURNING id")
    queue.prepare(archive)
    assert jobs(archive) == []
    assert queue.offer(archive, AGAIN) == 1  # what is due stands in the archive


def test_tables_in_sqlite_have_no_queue_and_need_none(tmp_path: Path) -> None:
    with Archive.open(tmp_path / "xxgk-archive", create=True) as archive:
        assert not queue.has_queue(archive)
        assert queue.counts(archive) is None
        with pytest.raises(WrongUsage, match="xxgk copy moves the tables there"):
            queue.prepare(archive)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["worker"], "workers share one archive's tables in PostgreSQL: name them with --database or XXGK_DATABASE"),
        (["schedule", "--side-by-side", "0"], "nobody would crawl: --side-by-side 0 needs tables in PostgreSQL"),
    ],
)
def test_what_needs_postgresql_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: list[str], said: str
) -> None:
    ran = Here(capsys, monkeypatch, tmp_path)(*arguments)
    assert ran.status == 2
    assert said in ran.err


def test_schedules_hand_out_each_crawl_once_and_status_counts_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, database: str
) -> None:
    here = Here(capsys, monkeypatch, tmp_path, "--database", database)
    for fresh in (3, 0):
        ran = here("schedule", *PORTALS, "--once")
        assert (ran.status, ran.err.splitlines()[-1]) == (0, f"{fresh} crawls are handed out to workers"), ran.err
    (line,) = here("status", *PORTALS, "--json").lines
    assert line["queue"] == {"waiting": {"crawl": 3}, "running": {}}
    assert "crawl: 3 wait, 0 run" in here("status").out
    metrics = here("status", *PORTALS, "--metrics", "-").out
    assert 'xxgk_queue_jobs{queue="crawl",state="waiting"} 3.0' in metrics
