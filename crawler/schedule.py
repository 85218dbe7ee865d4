"""The campaign at work: what is due is read from the tables, crawled by child processes, and entered there again.

APScheduler only ticks. With tables in SQLite a schedule crawls by itself. With PostgreSQL it hands what is due to the
queue (:mod:`crawler.working.queue`), and crawls only if it was told to; any number of schedules are as one. Each child
crawls one portal: a crawl goes on where it stopped only with the same portals, and another would put them together
otherwise.
"""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self

from apscheduler.schedulers.blocking import BlockingScheduler

from archive import ownerfiles
from archive.crawling import duework
from archive.crawling.duework import Planned
from archive.errors import ArchiveError
from archive.store import Archive, utc_now
from crawler.campaign import Campaign, campaign, due
from crawler.errors import CrawlerError
from crawler.lifeline import Child
from crawler.portals import read_registry
from crawler.working.crew import LEASE, Crew, Done, Run, Say

TICK = timedelta(minutes=1)  # between two looks at what is due
BESIDE = timedelta(minutes=15)  # between two looks at what is to be told


@dataclass(frozen=True)
class Watched:
    """A portal that is crawled: by its address, as somebody typed it, and at its own hours."""

    url: str
    given: str
    hours: str | None


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
    """Sees that what is due gets done. Several may work at one archive, on one machine or on many; each task gets done once."""

    def __init__(
        self,
        folder: Path,
        database: str | None,
        say: Say,
        *,
        named: Sequence[str] = (),
        plan: Campaign | None = None,
        hand_out: Callable[[Archive], int] | None = None,
        room: int | None = None,
        lease: timedelta = LEASE,
        clock: Callable[[], datetime] = utc_now,
        run: Run = Child,
    ) -> None:
        """``named``: only these portals. ``hand_out`` gives to the workers what is due; with a ``room`` of 0 we crawl nothing.

        ``lease``: so long after the last sign of life others may go on with our crawls.
        """
        self.tick = min(TICK, lease / 2)
        self._folder = folder
        self._say = say
        self._named = named
        self._campaign = plan or campaign()
        self._clock = clock
        self._hand_out = hand_out
        self.handed_out = 0  # crawls that wait for workers
        self._crawls = room != 0
        self._portals: dict[str, Watched] = {}
        self._planned_at: datetime | None = None
        self._planning = threading.Lock()
        self.crew = Crew(folder, database, say, self._campaign.again, room=room, lease=lease, clock=clock, run=run)

    @property
    def stopped(self) -> bool:
        """Whether it was asked to end."""
        return self.crew.stopped

    def __enter__(self) -> Self:
        self.crew.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.crew.__exit__(kind, error, trace)

    def work(self) -> list[Done]:
        """Crawl what is due, one portal after the other, until nothing is that nobody is at; or only hand it out.

        Several threads may do so, side by side. Raises :class:`ArchiveError` and :class:`CrawlerError`.
        """
        done: list[Done] = []
        while not self.stopped:
            self._plan()
            lease = self.crew.claim(self._portals.keys()) if self._crawls else None
            if lease is None:
                break
            portal = self._portals.get(lease.portal)
            done.append(self.crew.crawl(lease, lease.portal if portal is None else portal.given))
        return done

    def tick_once(self) -> None:
        """As :meth:`work`, for a daemon: what goes wrong is said, and tried again at the next tick."""
        try:
            self.work()
        except (ArchiveError, CrawlerError, OSError) as error:
            self._say(f"xxgk: {error}")

    def stop(self) -> None:
        """Ask running crawls to end, and start no other."""
        self.crew.stop()

    def _plan(self) -> None:
        with self._planning:
            now = self._clock()
            if self._planned_at is not None and timedelta() <= now - self._planned_at < self.tick:
                return
            with self.crew.open() as archive:
                ownerfiles.sync(archive)
                self._portals = watched(self._folder, archive, self._named)
                planned = due_now(self._portals, now, self._campaign)
                found = duework.plan(archive, planned, self._campaign.again, all_portals=not self._named)
                if self._hand_out is not None:
                    self.handed_out = self._hand_out(archive)
            self._planned_at = now
            if found.new:
                self._say(f"{now.astimezone():%Y-%m-%d %H:%M} {found.new} crawls are due")


def run(schedule: Schedule, side_by_side: int, say: Say, beside: Callable[[], object] = lambda: None) -> None:
    """Tick until SIGINT or SIGTERM; ``beside`` is called every quarter of an hour, while crawls run too.

    Raises :class:`ArchiveError` where the archive cannot be opened at the beginning.
    """
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    scheduler = BlockingScheduler(
        timezone=UTC, executors={"default": {"type": "threadpool", "max_workers": side_by_side + 2}}
    )
    scheduler.add_job(
        beside, "interval", seconds=BESIDE.total_seconds(), coalesce=True, max_instances=1, misfire_grace_time=None
    )
    for _ in range(max(1, side_by_side)):  # each crawls one portal after the other
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

        on_signals(end)
        say("The schedule runs; SIGTERM or Ctrl-C ends it.")
        scheduler.start()


def once(schedule: Schedule, side_by_side: int) -> list[Done]:
    """Do what is due now. Raises :class:`ArchiveError` and :class:`CrawlerError`."""
    threads_wanted = max(1, side_by_side)
    with schedule, ThreadPoolExecutor(threads_wanted) as threads:
        on_signals(schedule.stop)
        works = [threads.submit(schedule.work) for _ in range(threads_wanted)]
        return [done for work in works for done in work.result()]


def on_signals(end: Callable[[], object]) -> None:
    """Call this when we are asked to end; in a thread, since the handler interrupts one that must not wait here."""

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        threading.Thread(target=end).start()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
