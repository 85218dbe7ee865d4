"""A worker: takes jobs of the queue, some side by side, until it is asked to end or nothing is left.

Each crawl is the ordinary command in a process of its own, under a lease of ours (:mod:`crawler.working.crew`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Any

from procrastinate import App

from archive import ownerfiles
from archive.crawling import crawls, duework
from archive.database import url_of
from archive.errors import ArchiveError
from archive.parts import doing, ledger
from archive.storage import pushing
from archive.store import Archive
from crawler.campaign import Campaign, campaign
from crawler.errors import CrawlerError
from crawler.lifeline import Child
from crawler.working import queue
from crawler.working.crew import LEASE, Crew, Done, Run, Say
from crawler.working.patient import PatientConnector

STOPPED = 3  # exit status of a part that is left to others
POLL = 1.0  # seconds: so soon an idle worker sees a job that waited behind a lock; nobody tells it
_BESIDE = 3  # connections beside the one that looks for jobs: signs of life, ends of jobs, news
_HEARTBEAT = 10.0  # seconds
_GIVEN_UP = 12  # leases: a folder nobody works in for so long is given up, and its files are stored by another


@dataclass
class Worked:
    """What a worker did: crawls, and parts of works by whether they were done."""

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
        self._derived: dict[str, float] = {}  # portals whose reports were derived here for others, and when
        self._threads = ThreadPoolExecutor(room, thread_name_prefix="job")
        self._ending: Callable[[], object] = lambda: None

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
        with Archive.open(self._folder, self._database, create=True, write=True) as archive:  # mends what a kill left
            queue.prepare(archive)
            ownerfiles.sync(archive)
            self._push(archive)
        self._offer()
        with self.crew, self._threads:
            asyncio.run(self._work(once=once))
        return self.worked

    def stop(self) -> None:
        """Ask what runs to end, and take nothing more."""
        self.crew.stop()
        self._ending()

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
                if not working.cancelled() and (error := working.exception()) is not None:
                    raise error
                if self.stopped or (once and not await loop.run_in_executor(None, self._waits)):
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
            stalled_worker_timeout=queue.SILENT.total_seconds(),
        )

    def _app(self, loop: asyncio.AbstractEventLoop) -> App:
        url = url_of(self._folder, self._database).set(drivername="postgresql")
        given = url.query.get("options", "")
        options = f"{given if isinstance(given, str) else ' '.join(given)} -c search_path={queue.SCHEMA}"
        plain = url.difference_update_query(["options"]).render_as_string(hide_password=False)
        app = App(connector=PatientConnector(plain, options, 1 + _BESIDE, self._say))

        @app.task(name=queue.CRAWL, queue=queue.CRAWL)
        async def crawl(portal: str) -> None:
            await loop.run_in_executor(self._threads, self._guarded, self._crawl, portal)

        @app.task(name=queue.DERIVE, queue=queue.DERIVE)
        async def derive(portal: str) -> None:
            await loop.run_in_executor(self._threads, self._guarded, self._derive, portal)

        @app.task(name=queue.PART, queue=queue.PART)
        async def do_part(part: int) -> None:
            await loop.run_in_executor(self._threads, self._guarded, self._do_part, part)

        return app

    def _guarded(self, do: Callable[[Any], None], what: Any) -> None:
        """Whatever goes wrong is said and entered in the archive's tables: the job itself is over."""
        try:
            do(what)
        except (ArchiveError, CrawlerError, OSError) as error:
            self._say(f"xxgk: {error}")

    def _crawl(self, portal: str) -> None:
        if self.stopped:
            return
        with self.crew.open() as archive:
            ownerfiles.sync(archive)
            given = duework.given_address(archive, portal)
        lease = self.crew.claim([portal])
        if lease is None:  # done meanwhile, or another's, or a crawl of the same host
            return
        self.worked.crawls.append(self.crew.crawl(lease, given))
        self._offer()  # what this one kept waiting

    def _derive(self, portal: str) -> None:
        """What a killed crawl had captured; articles that cannot be reached now are looked at again after a lease."""
        if not self.stopped:
            self._derived[portal] = monotonic()
            self.crew.carry_out("derive", portal)

    def _do_part(self, part: int) -> None:
        if self.stopped:
            return
        status = self.crew.carry_out("part", str(part))
        self.worked.parts[part] = status in {0, STOPPED}
        if status not in {0, STOPPED} and not self.stopped:
            said = f"a worker's process ended with exit status {status}; its own words stand in that worker's log"
            with self.crew.open() as archive:
                doing.not_done(archive, part, said)

    def _push(self, archive: Archive) -> None:
        """Store what is left to be stored here; what cannot be is told, and goes with the next crawl."""
        if archive.storage is not None:
            self._tell(pushing.push(archive))
            crawls.secure(archive)

    def _tell(self, pushed: pushing.Pushed) -> None:
        for problem in pushed.problems:
            self._say(f"xxgk: {problem}")

    def _take_over(self) -> None:
        """Store what machines that are gone for good had not stored."""
        with self.crew.open() as archive:
            gone = duework.silent_homes(archive, self.crew.lease * _GIVEN_UP) if archive.storage is not None else []
        for home in gone:
            with Archive.open(self._folder, self._database, write=True) as archive:
                found = pushing.adopt_lost(archive, home)
            self._say(
                f"nothing was heard of the folder {home} for long: {found.taken} files it had not stored are stored "
                f"from here, {found.lost} answers are lost with it"
            )
            self._tell(found)

    def _beat(self) -> None:
        self._offer()
        self._offer_parts()
        self._take_over()
        for call in self.beside:
            call()

    def _offer(self) -> None:
        since = monotonic() - self.crew.lease.total_seconds()
        tried = {portal for portal, at in self._derived.items() if at > since}
        with self.crew.open() as archive:
            queue.offer(archive, self._campaign.again, min(queue.SETTLING, self.crew.lease), but=tried)

    def _offer_parts(self) -> None:
        with self.crew.open() as archive:
            parts = [part.id for part in ledger.waiting(archive)]
            if parts:
                queue.offer_parts(archive, parts)

    def _waits(self) -> bool:
        """Whether something is left that may be done now; what others are at is theirs."""
        self._offer()
        with self.crew.open() as archive:
            found = queue.counts(archive)
        return found is not None and bool(found.waiting)
