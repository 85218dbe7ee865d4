"""The lifeline between a schedule and the crawls it started: a pipe that closes when the schedule dies, however it dies.

A child with ``XXGK_LIFELINE`` in its environment reads its standard input, on which nothing ever comes. When that ends,
the child stops as by SIGTERM; what it fetched is kept, and the next crawl of the portal goes on. If it has not ended after
as many seconds as the variable says, it is killed.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Sequence
from time import sleep

LIFELINE = "XXGK_LIFELINE"
LEASED = "XXGK_LEASE"  # in the environment of a crawl under a lease: the task and which try at it this is, as 17:2
_STANDARD_INPUT = 0


class Child:
    """A program that ends when we do."""

    def __init__(self, command: Sequence[str], environment: dict[str, str], grace: float) -> None:
        """``grace``: seconds it has to end in when it is asked to, or when we are gone. Raises :class:`OSError`."""
        self._grace = grace
        self._ending = False
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            command,
            env={**environment, LIFELINE: f"{grace:g}"},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,  # what it has to say to people it says on standard error
            start_new_session=True,  # Ctrl-C is for us: twice asked to end, Scrapy drops what it has in hand
        )

    @property
    def ended(self) -> bool:
        """Whether it has."""
        return self._process.poll() is not None

    def wait(self) -> int:
        """Its exit status, once it ended; negative where a signal ended it."""
        status = self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()
        return status

    def end(self) -> None:
        """Ask it to end, and see that it does. Asked twice, Scrapy drops what it has in hand: the first time counts."""
        if self._ending:
            return
        self._ending = True
        self._process.terminate()
        threading.Thread(target=self._see_to_it, daemon=True).start()

    def _see_to_it(self) -> None:
        try:
            self._process.wait(self._grace)
        except subprocess.TimeoutExpired:
            self._process.kill()  # nothing is lost by it: the next crawl goes on


def hold() -> None:
    """Be such a child, if that is what the environment says; its own children are none."""
    grace = os.environ.pop(LIFELINE, None)
    if grace is not None:
        threading.Thread(target=_watch, args=(float(grace),), daemon=True).start()


def _watch(grace: float) -> None:
    while os.read(_STANDARD_INPUT, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    sleep(grace)
    os.kill(os.getpid(), signal.SIGKILL)
