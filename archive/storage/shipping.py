"""Shipping: what a crawl has written goes to the shared storage in parts while the file is open, in case the machine is lost.

Only bytes whose rows are committed are shipped: they never change any more.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.errors import ArchiveError, StorageTrouble
from archive.schema import WarcFile
from archive.storage.objects import LARGEST, Storage
from archive.warcs import files

EVERY = "XXGK_SHIP_SECONDS"
SECONDS = 30.0  # so much of the newest is lost with a machine at most, and is fetched again
_LARGEST = 32 << 20  # bytes of a part
logger = logging.getLogger(__name__)


def seconds() -> float:
    """How often is shipped. Raises :class:`ArchiveError` for what is no number of seconds."""
    written = os.environ.get(EVERY, "").strip()
    try:
        value = float(written or SECONDS)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise ArchiveError(f"{EVERY} must be a number of seconds above 0, and is {written!r}")
    return value


def prepare(storage: Storage, session: Callable[[], AbstractContextManager[Session]]) -> None:
    """See that the storage is there: an empty folder may stand where it should be mounted. Raises :class:`StorageTrouble`."""
    if storage.is_marked():
        return
    with session() as opened:
        stored = opened.scalars(select(WarcFile.id).where(WarcFile.stored_at.is_not(None)).limit(1)).first()
    if stored is not None or not storage.is_there():
        raise StorageTrouble(
            f"there is no storage of ours at {storage.url}: see that it is mounted, or that the bucket is there, then run xxgk storage push"
        )
    storage.mark()


class Shipper:
    """Ships what the writer of one folder has committed, in a thread that begins with the first bytes."""

    def __init__(
        self,
        storage: Storage,
        folder: Path,
        home: str,
        session: Callable[[], AbstractContextManager[Session]],
        every: float | None = None,
    ) -> None:
        self._storage = storage
        self._folder = folder
        self._home = home
        self._session = session
        self._every = seconds() if every is None else every
        self._written: dict[str, int] = {}  # by file: where its committed bytes end
        self._shipped: dict[str, int] = {}
        self._turn = threading.Lock()
        self._shipping = threading.Lock()
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None
        self._is_told = False

    def committed(self, name: str, end: int) -> None:
        """The bytes of a file before ``end`` have their rows."""
        with self._turn:
            self._written[name] = end
            if self._thread is None:
                self._ending.clear()
                self._thread = threading.Thread(target=self._run, name="shipper", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Ship what is left. What cannot be shipped is told of, and stays: the file itself is stored later."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
            self._try()

    def ship(self) -> None:
        """Ship what was committed since the last time. Raises :class:`ArchiveError`."""
        with self._shipping:
            with self._turn:
                waiting = dict(self._written)
            if waiting:
                prepare(self._storage, self._session)
            for name, end in waiting.items():
                if self._is_ours(name):
                    self._ship(name, end)
                with self._turn:
                    if self._written.get(name) == end:
                        del self._written[name]

    def _run(self) -> None:
        while not self._ending.wait(self._every):
            self._try()

    def _try(self) -> None:
        try:
            self.ship()
            self._is_told = False
        except (ArchiveError, OSError) as error:
            if not self._is_told:  # once, until it goes again
                logger.warning("what was written last is on this machine only: %s", error)
            self._is_told = True

    def _is_ours(self, name: str) -> bool:
        """Whether a file is still ours to write, and not stored."""
        with self._session() as session:
            row = session.scalars(select(WarcFile).where(WarcFile.name == name)).first()
        return row is not None and row.stored_at is None and row.home in {None, self._home}

    def _ship(self, name: str, end: int) -> None:
        start = self._shipped.get(name)
        if start is None:  # the file may have been begun by a process before us
            start = shipped_end(self._storage, name)
        with files.open_to_read(self._folder, name) as file:
            while start < end:
                file.seek(start)
                data = file.read(min(_LARGEST, end - start))
                if not data:
                    return  # cut by somebody else: verify tells
                self._storage.put_bytes(data, self._storage.part_name(name, start), self._home)
                start += len(data)
                self._shipped[name] = start


def shipped_end(storage: Storage, name: str) -> int:
    """How far the parts of a file reach from its beginning without a gap."""
    end = 0
    for part in storage.parts(name):
        if part.offset > end or part.end > LARGEST:
            break
        end = max(end, part.end)
    return end
