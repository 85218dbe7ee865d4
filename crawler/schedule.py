"""The campaign as a daemon. APScheduler only ticks: what is due is read from the archive at each tick.

So nothing is lost when the daemon was down or a crawl was killed: what is overdue runs once, as soon as somebody looks.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType

from apscheduler.schedulers.blocking import BlockingScheduler

from archive import listings
from archive.listings import PortalState
from archive.store import Archive
from crawler.campaign import due

TICK = 60  # seconds
PAUSE = timedelta(hours=1)  # until a portal whose crawl told nothing (killed, no disk) is tried again
GRACE = 90  # seconds a crawl has to end when it is asked to
Say = Callable[[str], None]


class Ticker:
    """At each tick starts one child process that crawls what is due, and waits for it."""

    def __init__(self, folder: Path, database: str | None, portals: Sequence[str], say: Say) -> None:
        self._folder = folder
        self._database = database
        self._portals = portals
        self._say = say
        self._tried: dict[str, datetime] = {}
        self._child: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._stopped = False

    def tick(self, now: datetime | None = None) -> list[str]:
        """Crawl what is due; returns it. Takes as long as the crawl does."""
        now = now or datetime.now(UTC)
        states = self._states()
        overdue = due(states, self._portals, now)
        urls = [url for url in overdue if now - self._tried.get(url, datetime.min.replace(tzinfo=UTC)) >= PAUSE]
        if not urls:
            return []
        given = {state.url: state.given for state in states}  # as somebody knows them
        self._tried.update(dict.fromkeys(urls, now))
        self._say(f"{now.astimezone():%Y-%m-%d %H:%M} {len(urls)} portals are due")
        with self._lock:
            if self._stopped:
                return []
            self._child = subprocess.Popen(  # noqa: S603 - our own program
                self.command([given.get(url, url) for url in urls]), env=self.environment(), stdin=subprocess.DEVNULL
            )
        status = self._child.wait()
        self._child = None
        self._say(f"the crawl ended with exit status {status}")
        return urls

    def command(self, urls: Sequence[str]) -> list[str]:
        """The command that crawls these portals into our archive."""
        return [sys.executable, "-m", "crawler", "--archive", str(self._folder), "crawl", *urls]

    def environment(self) -> dict[str, str]:
        """Its environment: the database's address can hold a password, which every user could see in a command."""
        return {**os.environ, **({"XXGK_DATABASE": self._database} if self._database is not None else {})}

    def stop(self) -> None:
        """Ask a running crawl to end, and start no other."""
        with self._lock:
            self._stopped = True
            child = self._child
        if child is None:
            return
        child.terminate()
        try:
            child.wait(GRACE)
        except subprocess.TimeoutExpired:
            child.kill()  # nothing is lost by it: the next crawl goes on

    def _states(self) -> list[PortalState]:
        with Archive.open(self._folder, self._database, create=True) as archive:
            return listings.portals(archive)


def run(ticker: Ticker, say: Say) -> None:
    """Tick until SIGINT or SIGTERM."""
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    scheduler = BlockingScheduler(timezone=UTC)
    # Coalesced and never twice at once: a tick that waited for a long crawl counts as one.
    scheduler.add_job(
        ticker.tick,
        "interval",
        seconds=TICK,
        coalesce=True,
        max_instances=1,
        misfire_grace_time=None,
        next_run_time=datetime.now(UTC),
    )

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        # In a thread: the handler interrupts the main thread, which must not wait for a crawl here.
        threading.Thread(target=_end, args=(ticker, scheduler)).start()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    say("The schedule runs; SIGTERM or Ctrl-C ends it.")
    scheduler.start()


def _end(ticker: Ticker, scheduler: BlockingScheduler) -> None:
    ticker.stop()
    scheduler.shutdown(wait=True)
