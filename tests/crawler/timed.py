"""The real command line at a simulated time: ``python -m tests.crawler.timed 2024-02-01T12:00:00+00:00 crawl …``.

Only the clock that tells the time of day is moved, and goes on from there; what waits and what measures is real.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime

import time_machine

from tests.warm import ROOT, Order, Process


def run(moment: datetime, arguments: Sequence[str]) -> None:
    """Run ``xxgk`` with these arguments, beginning at a moment, which is aware. Raises :class:`SystemExit`."""
    from crawler.cli import main

    sys.argv = ["xxgk", *arguments]
    with time_machine.travel(moment, tick=True):
        main()


class Crawl:
    """A command that runs in a process of its own, as :class:`crawler.lifeline.Child` does; ``said`` gets what it says."""

    def __init__(
        self, moment: datetime, arguments: Sequence[str], environment: Mapping[str, str], said: list[str]
    ) -> None:
        self._process = Process(
            Order((moment.isoformat(), *arguments), str(ROOT), environment, module="tests.crawler.timed")
        )
        self._said = said

    @property
    def ended(self) -> bool:
        return self._process.returncode is not None

    def wait(self) -> int:
        self._said.extend(self._process.communicate())
        return self._process.wait()

    def end(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self._process.pid, signal.SIGTERM)


if __name__ == "__main__":
    run(datetime.fromisoformat(sys.argv[1]), sys.argv[2:])
