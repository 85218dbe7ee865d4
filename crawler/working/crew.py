"""The crew: crawls that run under our leases, each a child of ours, and the signs of life we give for them.

A lease is ours as long as others see our signs of life. Where none gets through, our crawls have ended before others may
go on with them: they are asked to after half a lease, and have a quarter of one to end in.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from secrets import token_hex
from time import monotonic
from types import TracebackType
from typing import Protocol, Self

from archive.crawling import duework
from archive.crawling.duework import DEEP, Lease, Retries
from archive.errors import ArchiveError
from archive.patience import PATIENCE
from archive.store import Archive, utc_now
from crawler.lifeline import LEASED, Child
from spiders.outcomes import OK

LEASE = timedelta(minutes=5)
GRACE = timedelta(seconds=60)  # a crawl has to end in when it is asked to
UNASKED = timedelta(minutes=5)  # until a crawl is begun again that somebody else stopped
_PATIENT = "600"  # seconds a child waits for a database that is away
_STOPPED = 3  # exit status of a crawl that was stopped early
_BEATS = 8  # in a lease
Say = Callable[[str], None]


class Running(Protocol):
    """A program that runs: :class:`crawler.lifeline.Child`."""

    @property
    def ended(self) -> bool:
        """Whether it has."""

    def wait(self) -> int:
        """Its exit status, once it ended."""

    def end(self) -> None:
        """Ask it to end soon."""


# Starts a program by its command, in an environment, with so many seconds to end in. Raises OSError.
Run = Callable[[Sequence[str], dict[str, str], float], Running]


@dataclass(frozen=True)
class Done:
    """A crawl that ended; ``outcome`` is the portal's, ``stopped``, ``failed``, or null where others took it over."""

    portal: str
    kind: str
    outcome: str | None
    begun: bool = True  # false where its process could not be started

    @property
    def needs_attention(self) -> bool:
        """Whether the portal was not read to its end."""
        return self.outcome not in {OK, duework.STOPPED, None}


class Crew:
    """Takes leases, runs crawls under them, and enters how they ended. Several threads may ask it, side by side."""

    def __init__(
        self,
        folder: Path,
        database: str | None,
        say: Say,
        again: Retries,
        *,
        role: str = duework.SCHEDULE,
        room: int | None = None,
        lease: timedelta = LEASE,
        clock: Callable[[], datetime] = utc_now,
        run: Run = Child,
    ) -> None:
        """``role`` and ``room`` (crawls side by side) are for others to see; ``lease``: see the module."""
        self.name = f"{socket.gethostname()}-{os.getpid()}-{token_hex(3)}"
        self.lease = lease
        self.clock = clock
        self.on_beat: Callable[[], None] = lambda: None  # after each sign of life
        self._folder = folder
        self._database = database
        self._say = say
        self._again = again
        self._role = role
        self._room = room
        self._run = run
        self._grace = min(GRACE, lease / 4).total_seconds()
        self._beaten_at, self._beaten = clock(), monotonic()
        self._well_since: datetime | None = None
        self._patient = os.environ.pop(PATIENCE, _PATIENT)  # our own signs of life must not wait
        self._crawls: dict[int, tuple[Lease, Running]] = {}
        self._others: set[Running] = set()
        self._claiming, self._running = threading.Lock(), threading.Lock()
        self._stopped, self._ended = threading.Event(), threading.Event()
        self._pulse = threading.Thread(target=self._beat_on, daemon=True)

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
        with suppress(ArchiveError), self.open() as archive:  # without it we are missed after a while
            duework.sign_off(archive, self.name)

    def open(self) -> AbstractContextManager[Archive]:
        """The archive, to read and to enter work in."""
        return Archive.open(self._folder, self._database, create=True, clock=self.clock)

    def stop(self) -> None:
        """Ask what runs to end, and start nothing more."""
        self._stopped.set()
        with self._running:
            running = [*(crawl for _, crawl in self._crawls.values()), *self._others]
        for child in running:
            child.end()

    def claim(self, portals: Collection[str]) -> Lease | None:
        """Take the lease on a crawl of one of these portals; null where nothing is to be done that nobody is at."""
        with self._claiming, self.open() as archive:
            if self.stopped:
                return None
            with self._running:
                running = list(self._crawls)
            leases = duework.claim(archive, self.name, self._again, lease=self.lease, portals=portals, running=running)
        return leases[0] if leases else None

    def crawl(self, lease: Lease, given: str) -> Done:
        """Crawl the portal of a lease, at its address as it was typed. Raises :class:`ArchiveError`."""
        try:
            crawl = self._run(self.command(lease, given), self.environment(lease), self._grace)
        except OSError as error:
            self._say(f"no crawl can be started ({error.strerror or error}): {lease.portal} is tried again later")
            return replace(self._end(lease, _STOPPED), begun=False)
        with self._running:
            self._crawls[lease.task] = lease, crawl
            if self.stopped:
                crawl.end()
        try:
            return self._end(lease, crawl.wait())
        finally:
            with self._running:
                del self._crawls[lease.task]

    def carry_out(self, *command: str) -> int:
        """Run another command of ours on the archive as a child; its exit status. Raises :class:`OSError`."""
        child = self._run(self._command(*command), self._environment(), self._grace)
        with self._running:
            self._others.add(child)
            if self.stopped:
                child.end()
        try:
            return child.wait()
        finally:
            with self._running:
                self._others.discard(child)

    def command(self, lease: Lease, given: str) -> list[str]:
        """The command that crawls a portal into our archive: the ordinary one."""
        return self._command("crawl", *(["--full"] if lease.kind == DEEP else []), given)

    def environment(self, lease: Lease) -> dict[str, str]:
        """Its environment. With the lease the turns at hosts know whether it is still ours."""
        return {**self._environment(), LEASED: f"{lease.task}:{lease.attempt}"}

    def _command(self, *command: str) -> list[str]:
        return [sys.executable, "-m", "crawler", "--archive", str(self._folder), *command]

    def _environment(self) -> dict[str, str]:
        """The database's address can hold a password, which every user could see in a command."""
        ours = {"XXGK_DATABASE": self._database} if self._database is not None else {}
        return {**os.environ, PATIENCE: self._patient, **ours}

    def _end(self, lease: Lease, status: int) -> Done:
        early = timedelta() if self.stopped else UNASKED if status == _STOPPED else None
        with self.open() as archive:
            outcome = duework.finish(archive, self.name, lease, self._again, again_after=early)
        if outcome == duework.FAILED:
            self._say(f"the crawl of {lease.portal} told nothing and ended with exit status {status}")
        elif outcome == duework.UNSTORED:
            self._say(f"{lease.portal}: read, and kept on this machine until the storage answers")
        elif outcome not in {None, duework.STOPPED}:
            self._say(f"{lease.portal}: {outcome}")
        return Done(lease.portal, lease.kind, outcome)

    def well_since(self) -> datetime | None:
        """Since when all our signs of life were heard; null where the last was not."""
        return self._well_since

    def _beat_on(self) -> None:
        while not self._ended.wait((self.lease / _BEATS).total_seconds()):
            try:
                self._beat()
                self.on_beat()
            except Exception as error:  # noqa: BLE001 - whatever it is, the next sign of life must be given
                self._say(f"xxgk: {error}")

    def _beat(self) -> None:
        """Give a sign of life; crawls that are others' by now, or soon may be, are ended."""
        with self._running:
            crawls = dict(self._crawls)
        try:
            with self.open() as archive:
                ours = duework.heartbeat(
                    archive, self.name, crawls.keys(), self.lease, role=self._role, room=self._room
                )
        except Exception as error:  # noqa: BLE001 - as above: what runs must end before its lease does
            self._well_since = None
            self._say(f"xxgk: {error}")
            if not self._is_late():
                return
            ours = set()
        else:
            if self._well_since is None or self._is_late():
                self._well_since = self.clock()
            self._beaten_at, self._beaten = self.clock(), monotonic()
        for task in crawls.keys() - ours:
            lease, crawl = crawls[task]
            if not crawl.ended:
                self._say(f"the lease on {lease.portal} is no longer ours: its crawl ends here")
                crawl.end()

    def _is_late(self) -> bool:
        """Whether half a lease went by since our last sign of life, by the calendar or by the clock that is never set."""
        passed = max(self.clock() - self._beaten_at, timedelta(seconds=monotonic() - self._beaten))
        return passed >= self.lease / 2
