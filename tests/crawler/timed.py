"""The real command line at a simulated time: ``python -m tests.crawler.timed 2024-02-01T12:00:00+00:00 -- crawl …``.

Only the clock that tells the time of day is moved, and goes on from there; what waits and what measures is real.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Sequence
from datetime import datetime
from multiprocessing.context import ForkServerContext
from pathlib import Path
from socket import socket

import time_machine

from tests.warm import begin_parsers_from, parsers

_WARM = ["crawler.cli", "crawler.run", "crawler.deriving", "tests.crawler.timed"]


def run(moment: datetime, arguments: Sequence[str]) -> None:
    """Run ``xxgk`` with these arguments, beginning at a moment, which is aware. Raises :class:`SystemExit`."""
    from crawler.cli import main

    sys.argv = ["xxgk", *arguments]
    with time_machine.travel(moment, tick=True):
        main()


def processes() -> ForkServerContext:
    """Where processes come from that have everything imported already: a crawl takes a third of the time.

    The program is found where the current folder or PYTHONPATH has it when the first process begins.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_WARM)
    return context


class Crawl:
    """A command that runs in a process of its own, as :class:`crawler.lifeline.Child` does; what it says goes to a file."""

    def __init__(
        self,
        context: ForkServerContext,
        moment: datetime,
        arguments: Sequence[str],
        environment: dict[str, str],
        said: Path,
    ) -> None:
        begun = (moment, tuple(arguments), environment, said, parsers())
        self._process = context.Process(target=_begin, args=begun)
        self._process.start()
        self._status: int | None = None

    @property
    def ended(self) -> bool:
        return self._status is not None

    def wait(self) -> int:
        self._process.join()
        self._status = self._process.exitcode
        self._process.close()
        return -1 if self._status is None else self._status

    def end(self) -> None:
        self._process.terminate()


def _begin(
    moment: datetime, arguments: tuple[str, ...], environment: dict[str, str], said: Path, parsers: socket
) -> None:
    os.environ.clear()
    os.environ.update(environment)
    begin_parsers_from(parsers)
    with said.open("a", encoding="utf-8") as file:
        sys.stdout = sys.stderr = file
        run(moment, arguments)


if __name__ == "__main__":
    run(datetime.fromisoformat(sys.argv[1]), sys.argv[3:])
