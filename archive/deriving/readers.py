"""Readers: the documents of articles are parsed side by side, and come back in the order of the articles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from threading import Event
from types import TracebackType
from typing import Self

from archive.deriving.batches import Work
from archive.deriving.documents import Known, Outcome, Parse, read_documents
from archive.deriving.timeline import Moment
from archive.errors import OutOfReach, StorageTrouble
from archive.store import Archive
from parser.hints import Hints
from parser.record import Record


class _Stopped(BaseException):
    """The run was given up: no further document is begun."""


class Readers:
    """``jobs`` threads that read articles; ``parse`` must bear that many callers at once.

    An article whose bytes only another machine has now is left as it stands; with ``strict`` that is raised.
    """

    def __init__(self, archive: Archive, parse: Parse, jobs: int = 1, *, strict: bool = False) -> None:
        self._archive = archive
        self._strict = strict
        self._parse = parse
        self._stopped = Event()
        self._threads = ThreadPoolExecutor(max_workers=jobs, thread_name_prefix="reader")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        # a document that takes its minutes is left to whoever owns the parsers: closing them ends it
        self._threads.shutdown(wait=error is None, cancel_futures=True)

    def wait(self) -> None:
        """Wait for what was begun before it was given up."""
        self._threads.shutdown(cancel_futures=True)

    def start(self, works: Sequence[Work]) -> Sequence[Future[Work]]:
        """Begin to read articles."""
        return [self._threads.submit(self._read, work) for work in works]

    def _read(self, work: Work) -> Work:
        try:
            return self._read_all(work)
        except (OutOfReach, StorageTrouble) as error:
            if self._strict:
                raise
            work.away = str(error)
            return work

    def _read_all(self, work: Work) -> Work:
        """Read each moment's documents; the same documents are never read twice in a row."""
        for moment, known in _moments(work):
            reading = None
            if moment.documents is not None and (fresh := moment.documents.basis(known)) != work.basis:
                given = self._archive, moment.documents, known, self._guarded
                reading = self._archive.patiently(partial(read_documents, *given))
                reading.prepare()
                work.basis = fresh
            work.readings.append((moment, reading))
        if not work.readings and (work.anew or work.article.outcome is None):
            work.nothing = Outcome.UNCAPTURED, "nothing of it was fetched"
            if work.known.refused is not None:
                work.nothing = Outcome.REFUSED, work.known.refused
        return work

    def _guarded(self, data: bytes, hints: Hints) -> Record:
        if self._stopped.is_set():
            raise _Stopped
        return self._parse(data, hints)


def _moments(work: Work) -> Iterator[tuple[Moment, Known]]:
    """The moments, each with what was known then: the spider refused the page as it was last, not what stood there once."""
    pages = [one.documents.page for one in work.timeline.moments if one.documents is not None]
    last = pages[-1].payload_digest if pages and pages[-1] is not None else None
    for moment in work.timeline.moments:
        page = moment.documents.page if moment.documents is not None else None
        same = page is None or page.payload_digest == last
        yield moment, work.known if same else replace(work.known, refused=None)
