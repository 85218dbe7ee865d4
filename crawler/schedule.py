"""The campaign at work: what is due is read from the tables, crawled by child processes, and entered there again.

APScheduler only ticks. A schedule holds a lease on each portal it crawls and gives signs of life; where it dies, its crawls
end with it (:mod:`crawler.lifeline`), its leases run out, and another goes on. Each child crawls one portal: a crawl goes on
where it stopped only with the same portals, and another schedule would put them together otherwise.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_hex
from types import FrameType, TracebackType
from typing import Protocol, Self

from apscheduler.schedulers.blocking import BlockingScheduler

from archive.crawling import duework
from archive.crawling.duework import DEEP, Lease, Planned
from archive.errors import ArchiveError
from archive.store import Archive, utc_now
from crawler.campaign import Campaign, campaign, due
from crawler.errors import CrawlerError
from crawler.lifeline import Child
from crawler.portals import read_registry
from spiders.outcomes import OK

TICK = timedelta(minutes=1)  # between two looks at what is due
BESIDE = timedelta(minutes=15)  # between two looks at what is to be told
LEASE = timedelta(minutes=5)
GRACE = timedelta(seconds=60)  # a crawl has to end in when it is asked to; less than half a lease
UNASKED = timedelta(minutes=5)  # until a crawl is begun again that somebody else stopped
_STOPPED = 3  # exit status of a crawl that was stopped early
Say = Callable[[str], None]


class Running(Protocol):
    """A crawl that runs: :class:`crawler.lifeline.Child`."""

    @property
    def ended(self) -> bool:
        """Whether it has."""

    def wait(self) -> int:
        """Its exit status, once it ended."""

    def end(self) -> None:
        """Ask it to end soon."""


# Starts a crawl by its command, in an environment, with so many seconds to end in. Raises OSError.
Run = Callable[[Sequence[str], dict[str, str], float], Running]


@dataclass(frozen=True)
class Watched:
    """A portal that is crawled: by its address, as somebody typed it, and at its own hours."""

    url: str
    given: str
    hours: str | None


@dataclass(frozen=True)
class Done:
    """A crawl that ended; ``outcome`` is the portal's, ``stopped``, ``failed``, or null where others took it over."""

    portal: str
    kind: str
    outcome: str | None

    @property
    def needs_attention(self) -> bool:
        """Whether the portal was not read to its end."""
        return self.outcome not in {OK, duework.STOPPED, None}


def watched(folder: Path, archive: Archive | None, named: Sequence[str] = ()) -> dict[str, Watched]:
    """The named portals, or all that are registered or were crawled. Raises what the registry and the archive raise."""
    registry = read_registry(folder)
    given = {} if archive is None else duework.given_addresses(archive)
    if named:
        entries = [registry.resolve(name) for name in named]
    else:
        entries = [*registry, *(registry.resolve(url) for url in given)]
    return {entry.url: Watched(entry.url, given.get(entry.url, entry.url), entry.hours) for entry in entries}


def due_now(portals: dict[str, Watched], now: datetime, plan: Campaign) -> list[Planned]:
    """What the campaign says is to have been done by now."""
    return [each for portal in portals.values() for each in due(portal.url, now, hours=portal.hours, plan=plan)]


class Schedule:
    """Does what is due. Several may work at one archive, on one machine or on many; each task gets done once."""

    def __init__(
        self,
        folder: Path,
        database: str | None,
        say: Say,
        *,
        named: Sequence[str] = (),
        plan: Campaign | None = None,
        lease: timedelta = LEASE,
        clock: Callable[[], datetime] = utc_now,
        run: Run = Child,
    ) -> None:
        """``named``: only these portals. ``lease``: so long after the last sign of life others may go on with its crawls."""
        self.name = f"{socket.gethostname()}-{os.getpid()}-{token_hex(3)}"
        self.tick = min(TICK, lease / 2)
        self._folder = folder
        self._database = database
        self._say = say
        self._named = named
        self._campaign = plan or campaign()
        self._lease = lease
        self._clock = clock
        self._run = run
        self._portals: dict[str, Watched] = {}
        self._planned_at: datetime | None = None
        self._beaten_at = clock()
        self._crawls: dict[int, tuple[Lease, Running]] = {}
        self._planning, self._claiming = threading.Lock(), threading.Lock()
        self._stopped, self._ended = threading.Event(), threading.Event()
        self._pulse = threading.Thread(target=self._beat_on, daemon=True)
        self.on_beat: Callable[[], None] = lambda: None  # after each sign of life

    @property
    def stopped(self) -> bool:
        """Whether it was asked to end."""
        return self._stopped.is_set()

    def __enter__(self) -> Self:
        self._beat()
        self._pulse.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._pulse.join()
        with suppress(ArchiveError), self._open() as archive:  # without it we are missed after a while
            duework.sign_off(archive, self.name)

    def work(self) -> list[Done]:
        """Crawl what is due, one portal after the other, until nothing is that nobody is at.

        Several threads may do so, side by side. Raises :class:`ArchiveError` and :class:`CrawlerError`.
        """
        done: list[Done] = []
        while not self.stopped:
            self._plan()
            lease = self._claim()
            if lease is None:
                break
            done.append(self._crawl(lease))
        return done

    def tick_once(self) -> None:
        """As :meth:`work`, for a daemon: what goes wrong is said, and tried again at the next tick."""
        try:
            self.work()
        except (ArchiveError, CrawlerError, OSError) as error:
            self._say(f"xxgk: {error}")

    def stop(self) -> None:
        """Ask running crawls to end, and start no other."""
        self._stopped.set()
        with self._claiming:
            crawls = [crawl for _, crawl in self._crawls.values()]
        for crawl in crawls:
            crawl.end()

    def command(self, lease: Lease) -> list[str]:
        """The command that crawls a portal into our archive: the ordinary one."""
        portal = self._portals.get(lease.portal)
        url = lease.portal if portal is None else portal.given
        full = ["--full"] if lease.kind == DEEP else []
        return [sys.executable, "-m", "crawler", "--archive", str(self._folder), "crawl", *full, url]

    def environment(self) -> dict[str, str]:
        """Its environment: the database's address can hold a password, which every user could see in a command."""
        return {**os.environ, **({"XXGK_DATABASE": self._database} if self._database is not None else {})}

    def _plan(self) -> None:
        with self._planning:
            now = self._clock()
            if self._planned_at is not None and timedelta() <= now - self._planned_at < self.tick:
                return
            with self._open() as archive:
                self._portals = watched(self._folder, archive, self._named)
                planned = due_now(self._portals, now, self._campaign)
                found = duework.plan(archive, planned, self._campaign.again, all_portals=not self._named)
            self._planned_at = now
            if found.new:
                self._say(f"{now.astimezone():%Y-%m-%d %H:%M} {found.new} crawls are due")

    def _claim(self) -> Lease | None:
        with self._claiming, self._open() as archive:
            if self.stopped:
                return None
            leases = duework.claim(
                archive,
                self.name,
                self._campaign.again,
                lease=self._lease,
                portals=self._portals.keys(),
                running=self._crawls.keys(),
            )
        return leases[0] if leases else None

    def _crawl(self, lease: Lease) -> Done:
        try:
            crawl = self._run(self.command(lease), self.environment(), min(GRACE, self._lease / 2).total_seconds())
        except OSError as error:
            self._say(f"no crawl can be started ({error.strerror or error}): {lease.portal} is tried again later")
            return self._end(lease, _STOPPED)
        with self._claiming:
            self._crawls[lease.task] = lease, crawl
            if self.stopped:
                crawl.end()
        try:
            return self._end(lease, crawl.wait())
        finally:
            with self._claiming:
                del self._crawls[lease.task]

    def _end(self, lease: Lease, status: int) -> Done:
        early = timedelta() if self.stopped else UNASKED if status == _STOPPED else None
        with self._open() as archive:
            outcome = duework.finish(archive, self.name, lease, self._campaign.again, again_after=early)
        if outcome == duework.FAILED:
            self._say(f"the crawl of {lease.portal} told nothing and ended with exit status {status}")
        elif outcome not in {None, duework.STOPPED}:
            self._say(f"{lease.portal}: {outcome}")
        return Done(lease.portal, lease.kind, outcome)

    def _beat_on(self) -> None:
        while not self._ended.wait((self._lease / 4).total_seconds()):
            self._beat()
            self._tell(self.on_beat)

    def _tell(self, listener: Callable[[], None]) -> None:
        """Tell one who listens; what goes wrong there keeps nobody from crawling."""
        try:
            listener()
        except (ArchiveError, CrawlerError) as error:
            self._say(f"xxgk: {error}")

    def _beat(self) -> None:
        """Give a sign of life; crawls that are others' by now are ended."""
        with self._claiming:
            crawls = dict(self._crawls)
        try:
            with self._open() as archive:
                ours = duework.heartbeat(archive, self.name, crawls.keys(), self._lease)
            self._beaten_at = self._clock()
        except (ArchiveError, OSError) as error:
            self._say(f"xxgk: {error}")
            if self._clock() - self._beaten_at < self._lease:
                return
            ours = set()
        for task in crawls.keys() - ours:
            lease, crawl = crawls[task]
            if not crawl.ended:
                self._say(f"the lease on {lease.portal} is no longer ours: its crawl ends here")
                crawl.end()

    def _open(self) -> AbstractContextManager[Archive]:
        return Archive.open(self._folder, self._database, create=True, clock=self._clock)


def run(schedule: Schedule, side_by_side: int, say: Say, beside: Callable[[], object] = lambda: None) -> None:
    """Tick until SIGINT or SIGTERM; ``beside`` is called every quarter of an hour, while crawls run too.

    Raises :class:`ArchiveError` where the archive cannot be opened at the beginning.
    """
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    scheduler = BlockingScheduler(
        timezone=UTC, executors={"default": {"type": "threadpool", "max_workers": side_by_side + 1}}
    )
    scheduler.add_job(
        beside, "interval", seconds=BESIDE.total_seconds(), coalesce=True, max_instances=1, misfire_grace_time=None
    )
    for _ in range(side_by_side):  # each crawls one portal after the other
        # Coalesced and never twice at once: a tick that waited for a long crawl counts as one.
        scheduler.add_job(
            schedule.tick_once,
            "interval",
            seconds=schedule.tick.total_seconds(),
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
            next_run_time=datetime.now(UTC),
        )
    with schedule:

        def end() -> None:
            schedule.stop()
            scheduler.shutdown(wait=True)

        _on_signals(end)
        say("The schedule runs; SIGTERM or Ctrl-C ends it.")
        scheduler.start()


def once(schedule: Schedule, side_by_side: int) -> list[Done]:
    """Do what is due now. Raises :class:`ArchiveError` and :class:`CrawlerError`."""
    with schedule, ThreadPoolExecutor(side_by_side) as threads:
        _on_signals(schedule.stop)
        works = [threads.submit(schedule.work) for _ in range(side_by_side)]
        return [done for work in works for done in work.result()]


def _on_signals(end: Callable[[], object]) -> None:
    """Call this when we are asked to end; in a thread, since the handler interrupts one that must not wait here."""

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        threading.Thread(target=end).start()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
