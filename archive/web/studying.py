"""Studying: what was filed since is read for the index of words while people go on searching; no request waits for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Lock, Thread
from time import monotonic

from archive.errors import ArchiveError
from archive.store import Archive
from archive.study import study, waiting

_PAUSE = 0.2  # seconds between two batches, so that pages are answered and other writers have their turn
_AGAIN = 60.0  # seconds until it is tried again, after the tables could not be written


@dataclass(frozen=True)
class Left:
    """How many versions the index does not know yet, whether they are being read, and why not where they cannot be."""

    versions: int
    running: bool
    trouble: str | None


class _Stopped(Exception):
    pass


class Studying:
    """Reads what waits, in one thread, when somebody searches; for use from many threads."""

    def __init__(self, archive: Archive, clock: Callable[[], float] = monotonic) -> None:
        self._archive = archive
        self._clock = clock
        self._lock = Lock()
        self._ending = Event()
        self._thread: Thread | None = None
        self._trouble: str | None = None
        self._next = float("-inf")

    def left(self) -> Left:
        """What is not read yet; reading it begins, or goes on."""
        versions = waiting(self._archive)
        with self._lock:
            running = self._thread is not None and self._thread.is_alive()
            if versions and not running and not self._ending.is_set() and self._clock() >= self._next:
                self._thread = Thread(target=self._study, name="study", daemon=True)
                self._thread.start()
                running = True
            return Left(versions, running, None if running else self._trouble)

    def wait(self, seconds: float) -> None:
        """Wait until what is being read has been, at most so long."""
        with self._lock:
            thread = self._thread
        if thread is not None:
            thread.join(seconds)

    def end(self) -> None:
        """Let the batch that is being read be the last."""
        self._ending.set()
        self.wait(30)

    def _study(self) -> None:
        trouble: str | None = "something unforeseen happened, which the terminal of the server shows"
        try:
            study(self._archive, self._rest)
            trouble = None
        except _Stopped:
            trouble = None
        except ArchiveError as error:
            trouble = str(error)
        finally:
            with self._lock:
                self._trouble = trouble
                self._next = float("-inf") if trouble is None else self._clock() + _AGAIN

    def _rest(self, _: int) -> None:
        if self._ending.wait(_PAUSE):
            raise _Stopped
