"""Looking: what takes from seconds to minutes is computed beside the requests; a page waits a moment for it and goes on without."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from threading import Event, Lock, Semaphore, Thread
from time import monotonic
from typing import Generic, TypeVar, cast

from archive.errors import ArchiveError
from archive.state import State, state_of
from archive.store import Archive

_Answer = TypeVar("_Answer")
_log = logging.getLogger(__name__)
_KEPT = 6  # answers; one of a nation may have some hundred thousand findings
_AT_ONCE = 2  # computations; others wait for their turn
_WAITING = 16  # computations that are under way or wait for their turn; nobody begins a further one
_LASTS = 900.0  # seconds; a state is not told by everything that may change


@dataclass(frozen=True)
class Looked(Generic[_Answer]):
    """What is known by now. ``answer`` is null where it never was computed; ``running``: a newer one is on its way.

    ``begun`` are the seconds for which it has been.
    """

    answer: _Answer | None
    running: bool
    begun: float = 0.0


@dataclass
class _Job:
    state: State
    begun: float
    ended: Event = field(default_factory=Event)
    trouble: ArchiveError | None = None


@dataclass(frozen=True)
class _Known:
    answer: object
    state: State
    at: float


class Looking:
    """Answers over one archive, each computed in a thread of its own; for use from many threads."""

    def __init__(self, archive: Archive, clock: Callable[[], float] = monotonic) -> None:
        self._archive = archive
        self._clock = clock
        self._lock = Lock()
        self._turns = Semaphore(_AT_ONCE)
        self._known: OrderedDict[Hashable, _Known] = OrderedDict()
        self._jobs: dict[Hashable, _Job] = {}

    def look(self, question: Hashable, answer: Callable[[], _Answer], wait: float | None) -> Looked[_Answer]:
        """The answer to a question, after at most so many seconds, or when it is there; an older one where it is not yet.

        Raises the :class:`ArchiveError` with which its computation ended.
        """
        state = state_of(self._archive)
        job = self._begin(question, answer, state)
        if job is not None:
            job.ended.wait(wait)
            if job.trouble is not None:
                raise job.trouble
        with self._lock:
            known = self._known.get(question)
            found = None if known is None else cast("_Answer", known.answer)
            running = known is None or (job is not None and not job.ended.is_set())
            return Looked(found, running, 0.0 if job is None else self._clock() - job.begun)

    def known(self, question: Hashable, kind: type[_Answer]) -> _Answer | None:
        """The answer that was found last, however old; null where it never was computed."""
        with self._lock:
            found = self._known.get(question)
        return found.answer if found is not None and isinstance(found.answer, kind) else None

    def _begin(self, question: Hashable, answer: Callable[[], object], state: State) -> _Job | None:
        """The computation of an answer; null where it is known, or where too many are under way."""
        with self._lock:
            known = self._known.get(question)
            if known is not None:
                self._known.move_to_end(question)
                if known.state == state and self._clock() < known.at + _LASTS:
                    return None
            job = self._jobs.get(question)
            if job is None and len(self._jobs) < _WAITING:
                job = self._jobs[question] = _Job(state, self._clock())
                Thread(target=self._compute, args=(question, answer, job), name="looking", daemon=True).start()
            return job

    def _compute(self, question: Hashable, answer: Callable[[], object], job: _Job) -> None:
        try:
            with self._turns:
                found = answer()
            with self._lock:
                self._known[question] = _Known(found, job.state, self._clock())
                self._known.move_to_end(question)
                while len(self._known) > _KEPT:
                    self._known.popitem(last=False)
        except ArchiveError as error:
            job.trouble = error
        except Exception:  # noqa: BLE001 - the thread ends with it, and who asks is told
            _log.exception("what is found between reports could not be computed")
            job.trouble = ArchiveError("something unforeseen happened, which the log of the server has")
        finally:
            with self._lock:
                self._jobs.pop(question, None)
            job.ended.set()
