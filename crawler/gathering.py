"""Gathering: answers and notes on their way to the archive, many in one writing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from archive.captures import Capture, Pending, deposit
from archive.errors import ArchiveError
from archive.journal.notes import Note
from archive.store import Archive

MOST_ANSWERS = 64
MOST_BYTES = 16 << 20
MOST_NOTES = 64  # a record of the journal costs some 400 bytes beside its notes
LONGEST = 30.0  # seconds a note waits for company; a killed crawl takes its notes again when it goes on


@dataclass(frozen=True)
class _Waiting:
    pending: Pending
    kept: asyncio.Future[Capture]


class Gatherer:
    """Writes what has come together while the last writing went on: one flush to the disk and one commit for all of it.

    The writing is done in a thread: the disk may take its time while other hosts are served. ``fail`` is told of the
    first error that the archive raises; nothing is written after it.
    """

    def __init__(self, archive: Archive, fail: Callable[[ArchiveError], None]) -> None:
        self._archive = archive
        self._fail = fail
        self._answers: list[_Waiting] = []
        self._notes: list[Note] = []
        self._error: ArchiveError | None = None
        self._writing: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._due = False

    async def keep(self, pending: Pending) -> Capture:
        """Keep an answer; returns when it is on the disk and in the tables. Raises :class:`ArchiveError`."""
        if self._error is not None:
            raise self._error
        waiting = _Waiting(pending, asyncio.get_running_loop().create_future())
        self._answers.append(waiting)
        self._begin()
        return await waiting.kept

    def note(self, note: Note, *, at_once: bool = False) -> None:
        """Keep a note, soon; ``at_once``: even if the crawl is killed a moment later."""
        self._notes.append(note)
        if at_once or len(self._notes) >= MOST_NOTES:
            self._hurry()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(LONGEST, self._hurry)

    async def drain(self) -> None:
        """Return when everything is written. Raises the error that kept it from being."""
        self._hurry()
        while self._writing is not None and not self._writing.done():
            await self._writing
        if self._error is not None:
            raise self._error

    def _hurry(self) -> None:
        """The notes wait no longer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._due = bool(self._notes)
        self._begin()

    def _begin(self) -> None:
        if self._writing is None or self._writing.done():
            self._writing = asyncio.ensure_future(self._write())

    async def _write(self) -> None:
        while (self._answers or self._due) and self._error is None:
            answers, notes = self._take()
            try:
                captures = await asyncio.to_thread(deposit, self._archive, [one.pending for one in answers], notes)
            except ArchiveError as error:
                self._break_off(error, answers)
            except Exception as error:
                self._break_off(ArchiveError(f"the archive cannot keep: {type(error).__name__}: {error}"), answers)
                raise
            else:
                for one, capture in zip(answers, captures, strict=True):
                    if not one.kept.done():  # whoever waited may have been cancelled
                        one.kept.set_result(capture)

    def _take(self) -> tuple[list[_Waiting], list[Note]]:
        count, size = 0, 0
        for one in self._answers[:MOST_ANSWERS]:
            size += len(one.pending.answer.stored)
            if count and size > MOST_BYTES:
                break
            count += 1
        answers, self._answers = self._answers[:count], self._answers[count:]
        notes: list[Note] = []
        if self._due:
            notes, self._notes, self._due = self._notes, [], False
        return answers, notes

    def _break_off(self, error: ArchiveError, answers: list[_Waiting]) -> None:
        self._error = error
        for one in [*answers, *self._answers]:
            if not one.kept.done():
                one.kept.set_exception(error)
        self._answers = []
        self._fail(error)
