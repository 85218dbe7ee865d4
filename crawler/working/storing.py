"""Storing: what a worker's folder has left for the shared storage, and what machines that are gone had not stored.

It takes as long as it takes, in a thread of its own: signs of life do not wait for it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from time import monotonic
from types import TracebackType
from typing import Self

from archive.crawling import crawls, duework
from archive.errors import ArchiveError
from archive.storage import pushing
from archive.store import Archive
from crawler.working.crew import Say

GIVEN_UP = timedelta(hours=1)  # a folder nobody works in for so long is given up, and its files are stored by another
_PUSH = 300.0  # seconds between two looks for what could not be stored


def given_up() -> timedelta:
    """How long a folder's workers are silent until it is given up: an hour, or as many seconds as ``XXGK_GIVEN_UP`` says."""
    written = os.environ.get("XXGK_GIVEN_UP", "")
    return timedelta(seconds=float(written)) if written else GIVEN_UP


class Storing:
    """A thread that stores, from the beginning of the block to its end."""

    def __init__(
        self,
        open_to_write: Callable[[], AbstractContextManager[Archive]],
        well_since: Callable[[], datetime | None],
        pause: timedelta,
        say: Say,
    ) -> None:
        """``well_since``: since when all our signs of life were heard, null where the last was not. ``pause``: between two looks."""
        self._open = open_to_write
        self._well_since = well_since
        self._pause = pause.total_seconds()
        self._say = say
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="storing", daemon=True)
        self._pushed_at = float("-inf")
        self._silence = given_up()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join(60)  # what is being stored then is stored by the next

    def _run(self) -> None:
        while True:
            try:
                self._look()
            except (ArchiveError, OSError) as error:
                self._say(f"xxgk: {error}")
            if self._ended.wait(self._pause):
                return

    def _look(self) -> None:
        with self._open() as archive:
            if archive.storage is None:  # it may be named later
                return
            if monotonic() - self._pushed_at >= _PUSH:
                self._pushed_at = monotonic()
                self._tell(pushing.push(archive))
                crawls.secure(archive)
            since = self._well_since()
            gone = {} if since is None else duework.silent_homes(archive, self._silence, since=since)
            for home, heard in gone.items():
                found = pushing.adopt_lost(archive, home, before=heard)
                crawls.secure(archive)
                self._say(
                    f"nothing was heard of the folder {home} for long: {found.taken} files it had not stored are stored "
                    f"from here, {found.lost} answers are lost with it"
                )
                self._tell(found)

    def _tell(self, pushed: pushing.Pushed) -> None:
        for problem in pushed.problems:
            self._say(f"xxgk: {problem}")
