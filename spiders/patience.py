"""Patience: how long the understanding of one answer may take. What is read in this process has no child to be ended."""

from __future__ import annotations

import signal
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_ORDINARY = 2.0  # seconds of computing; an ordinary page takes some hundredths, the largest lists one second
_MOST = 120.0  # seconds beyond that, of one portal


class TookTooLong(Exception):
    """An answer that would occupy the crawl, and with it every other portal."""


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raise :class:`TookTooLong` within the block once it has computed for so many seconds.

    Regular expressions are interrupted too; a call into C is when it returns. Only the main thread can be interrupted,
    and there the crawl runs: elsewhere nothing is limited. Time in which the machine did something else does not count.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(number: int, frame: FrameType | None) -> None:
        del number, frame
        raise TookTooLong(f"more than {seconds:g} s of computing")

    before = signal.signal(signal.SIGVTALRM, interrupt)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


class Effort:
    """What the answers of each portal cost beyond what is ordinary: pages just below the limit must not add up to days."""

    def __init__(self, most: float = _MOST, ordinary: float = _ORDINARY) -> None:
        self._most = most
        self._ordinary = ordinary
        self._beyond: defaultdict[str, float] = defaultdict(float)

    @contextmanager
    def of(self, portal: str) -> Iterator[None]:
        """Count the computing within the block for a portal."""
        began = time.process_time()
        try:
            yield
        finally:
            self._beyond[portal] += max(0.0, time.process_time() - began - self._ordinary)

    def is_spent(self, portal: str) -> bool:
        """Whether a portal has had its share."""
        return self._beyond[portal] > self._most
