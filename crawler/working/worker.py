"""A worker: takes jobs of the queue, some side by side, until it is asked to end or nothing is left.

Each job is a command of ours in a process of its own; a crawl runs under a lease of ours (:mod:`crawler.working.crew`).
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Any

from procrastinate import App, JobContext
from procrastinate.exceptions import ConnectorException

from archive import ownerfiles
from archive.crawling import duework
from archive.database import url_of
from archive.errors import ArchiveError
from archive.parts import doing, ledger
from archive.store import Archive
from crawler.campaign import Campaign, campaign
from crawler.deriving import cores
from crawler.errors import CrawlerError
from crawler.lifeline import Child
from crawler.working import queue
from crawler.working.crew import LEASE, Crew, Done, Run, Say
from crawler.working.patient import PatientConnector
from crawler.working.storing import Storing

POLL = 1.0  # seconds: so soon an idle worker sees a job that waited behind a lock; nobody tells it
STOPPED = 3  # exit status of a part that is left to others
ILLS = 3  # crawls in a row that told nothing: the fault may be this machine's, and others take the work meanwhile
_FIRST_REST, _LONGEST_REST = 60.0, 600.0  # seconds
_BESIDE = 3  # connections beside the one that looks for jobs: signs of life, ends of jobs, news
_HEARTBEAT = 10.0  # seconds
_PRUNED = 86_400.0  # seconds: a worker that only slept must find its row again


@dataclass
class Worked:
    """What a worker did: crawls, and parts of works by whether they were done or left to others."""

    crawls: list[Done] = field(default_factory=list)
    parts: dict[int, bool] = field(default_factory=dict)


class Worker:
    """Does jobs. ``work`` runs once."""

    def __init__(
        self,
        folder: Path,
        database: str,
        say: Say,
        *,
        room: int = 1,
        lease: timedelta = LEASE,
        poll: float = POLL,
        plan: Campaign | None = None,
        run: Run = Child,
    ) -> None:
        """``room``: so many jobs side by side. ``lease``, ``run``: as for :class:`Crew`. ``poll``: see :data:`POLL`."""
        self._folder = folder
        self._database = database
        self._say = say
        self._room = room
        self._poll = poll
        self._campaign = plan or campaign()
        self.crew = Crew(
            folder, database, say, self._campaign.again, role=duework.WORKER, room=room, lease=lease, run=run
        )
        self.crew.on_beat = self._beat
        self.beside: list[Callable[[], None]] = []  # called after each sign of life
        self.worked = Worked()
        self._hands = queue.Hands()
        self._refused: dict[int, float] = {}  # parts that ended badly here, and when: others may do better
        self._ills = 0
        self._threads = ThreadPoolExecutor(room, thread_name_prefix="job")
        self._ending: Callable[[], object] = lambda: None
        self._resting = threading.Event()  # set where nobody need wait any more

    @property
    def stopped(self) -> bool:
        """Whether it was asked to end."""
        return self.crew.stopped

    def work(self, *, once: bool = False) -> Worked:
        """Do jobs until :meth:`stop`; with ``once`` until nothing waits that may be done now.

        Raises :class:`ArchiveError` and :class:`CrawlerError` for what is wrong at the beginning.
        """
        logging.getLogger("procrastinate").setLevel(logging.ERROR)  # what people need to know we say
        logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
        with self._open_to_write() as archive:  # mends what a kill left
            queue.prepare(archive)
            ownerfiles.sync(archive)
        self._offer()
        storing = Storing(self._open_to_write, self.crew.well_since, self.crew.lease / 8, self._say)
        with self.crew, storing, self._threads:
            asyncio.run(self._work(once=once))
        return self.worked

    def stop(self) -> None:
        """Ask what runs to end, and take nothing more."""
        self._resting.set()
        self.crew.stop()
        self._ending()

    def _open_to_write(self) -> AbstractContextManager[Archive]:
        return Archive.open(self._folder, self._database, create=True, write=True)

    async def _work(self, *, once: bool) -> None:
        loop = asyncio.get_running_loop()
        app = self._app(loop)
        async with app.open_async():
            while True:
                working = asyncio.ensure_future(self._take_jobs(app, once=once))
                self._ending = lambda working=working: loop.call_soon_threadsafe(working.cancel)  # type: ignore[misc]
                if self.stopped:
                    working.cancel()
                await asyncio.wait({working})
                error = None if working.cancelled() else working.exception()
                if self.stopped:
                    return
                if isinstance(error, ConnectorException):  # the queue was made anew, or does not take our words
                    self._say(f"xxgk: the queue cannot be used ({error.__cause__ or error}); it is tried again")
                    await loop.run_in_executor(None, self._guarded, self._prepare, None)
                elif error is not None:
                    raise error
                elif once and not await loop.run_in_executor(None, self._waits):
                    return
                await asyncio.sleep(self._poll)

    async def _take_jobs(self, app: App, *, once: bool) -> None:
        await app.run_worker_async(
            queues=[queue.CRAWL, queue.DERIVE, queue.PART],
            name=self.crew.name,
            concurrency=self._room,
            wait=not once,
            fetch_job_polling_interval=self._poll,
            install_signal_handlers=False,
            delete_jobs="always",
            update_heartbeat_interval=_HEARTBEAT,
            stalled_worker_timeout=_PRUNED,
        )

    def _app(self, loop: asyncio.AbstractEventLoop) -> App:
        url = url_of(self._folder, self._database).set(drivername="postgresql")
        given = url.query.get("options", "")
        options = f"{given if isinstance(given, str) else ' '.join(given)} -c search_path={queue.SCHEMA}"
        plain = url.difference_update_query(["options"]).render_as_string(hide_password=False)
        connector = PatientConnector(plain, options, 1 + _BESIDE, self._say, lambda: self.stopped)
        app = App(connector=connector)

        def task(name: str, do: Callable[[Any], None]) -> None:
            @app.task(name=name, queue=name, pass_context=True)
            async def job(context: JobContext, /, **what: Any) -> None:
                self._hands.take(context.job)
                try:
                    await loop.run_in_executor(self._threads, self._guarded, do, *what.values())
                finally:
                    self._hands.leave(context.job)

        task(queue.CRAWL, self._crawl)
        task(queue.DERIVE, self._derive)
        task(queue.PART, self._do_part)
        return app

    def _guarded(self, do: Callable[[Any], None], what: Any) -> None:
        """Whatever goes wrong is said and entered in the archive's tables: the job itself is over."""
        try:
            do(what)
        except (ArchiveError, CrawlerError, OSError) as error:
            self._ills += 1
            self._say(f"xxgk: {error}")

    def _prepare(self, _: object) -> None:
        with self.crew.open() as archive:
            queue.prepare(archive)

    def _crawl(self, portal: str) -> None:
        self._rest()
        if self.stopped:
            return
        with self.crew.open() as archive:
            ownerfiles.sync(archive)
            given = duework.given_address(archive, portal)
        lease = self.crew.claim([portal])
        if lease is None:  # done meanwhile, or another's, or a crawl of the same host
            return
        done = self.crew.crawl(lease, given)
        self.worked.crawls.append(done)
        self._ills = self._ills + 1 if done.outcome == duework.FAILED or not done.begun else 0
        self._offer()  # what this one kept waiting

    def _rest(self) -> None:
        """Leave the work to others for a while, where one crawl after the other told nothing."""
        over = self._ills - ILLS
        if over >= 0:
            seconds = min(_FIRST_REST * 2 ** min(over, 10), _LONGEST_REST)
            self._say(
                f"{self._ills} crawls in a row told nothing: the fault may be this machine's, which rests for {seconds:.0f} s; "
                "others take its work"
            )
            self._resting.wait(seconds)

    def _derive(self, portal: str) -> None:
        """What a killed crawl had captured; what cannot be reached now is looked at again after a lease."""
        if not self.stopped and self.crew.carry_out("derive", portal) and not self.stopped:
            with self.crew.open() as archive:
                queue.postpone(archive, portal, self.crew.lease)

    def _do_part(self, part: int) -> None:
        if self.stopped or self._leaves(part):
            return
        well = False
        try:
            status = self.crew.carry_out("part", str(part), "--jobs", str(max(1, cores() // self._room)))
            well = status == 0
        finally:
            if not well:
                self._refused[part] = monotonic()
        self.worked.parts[part] = status in {0, STOPPED}
        if status not in {0, STOPPED} and not self.stopped:
            said = f"a worker's process ended with exit status {status}; its own words stand in that worker's log"
            with self.crew.open() as archive:
                doing.not_done(archive, part, said)

    def _beat(self) -> None:
        self._offer()
        self._offer_parts()
        for call in self.beside:
            call()

    def _offer(self) -> None:
        settling = min(queue.SETTLING, self.crew.lease)
        with self.crew.open() as archive:
            queue.offer(archive, self._campaign.again, settling, derive=True, hands=self._hands)

    def _offer_parts(self) -> None:
        with self.crew.open() as archive:
            parts = [part.id for part in ledger.waiting(archive) if not self._leaves(part.id)]
            if parts:
                queue.offer_parts(archive, parts)

    def _leaves(self, part: int) -> bool:
        """Whether a part is left to others for now."""
        tried = self._refused.get(part)
        return tried is not None and monotonic() - tried < self.crew.lease.total_seconds()

    def _waits(self) -> bool:
        """Whether something is left that may be done now; what others are at is theirs."""
        self._offer()
        with self.crew.open() as archive:
            found = queue.counts(archive)
        return found is not None and bool(found.waiting)
