"""Memory: what takes long to ask is kept until the archive is another, and asked once, however many ask for it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from time import monotonic
from typing import TypeVar, cast

from archive.state import State, state_of
from archive.store import Archive

_Answer = TypeVar("_Answer")
_MOST = 64  # answers
_LONG, _KEPT = 1.0, 10.0  # what took more seconds is kept ten times as long: while a crawl runs, each state is new
_LASTS = 300.0  # seconds; a state is not told by everything that may change, by a reparse in place for instance


@dataclass
class _Place:
    lock: Lock = field(default_factory=Lock)
    state: State | None = None
    ends: float = 0.0
    kept: float = 0.0
    at: datetime | None = None
    answer: object = None


class Memory:
    """Answers over one archive; for use from many threads."""

    def __init__(self, archive: Archive, clock: Callable[[], float] = monotonic) -> None:
        self._archive = archive
        self._clock = clock
        self._places: OrderedDict[Hashable, _Place] = OrderedDict()
        self._lock = Lock()

    def recall(self, question: Hashable, answer: Callable[[], _Answer], *, most: int | None = None) -> _Answer:
        """The answer to a question, computed where it is not known or the archive has changed since.

        Of large answers only the ``most`` last asked for are kept, among questions with the same first word.
        """
        with self._lock:
            place = self._places.setdefault(question, _Place())
            self._places.move_to_end(question)
            if most is not None:
                self._keep(question, most)
            while len(self._places) > _MOST:
                self._places.popitem(last=False)
        with place.lock:
            state = state_of(self._archive)
            begun = self._clock()
            moment = self._archive.clock()
            if begun >= place.ends or (place.state != state and begun >= place.kept):
                place.answer, place.state, place.at = answer(), state, moment
                ended = self._clock()
                took = ended - begun
                place.ends = ended + _LASTS
                place.kept = ended + _KEPT * took if took > _LONG else ended
            return cast("_Answer", place.answer)

    def at(self, question: Hashable) -> datetime | None:
        """When the answer that is kept was asked of the archive; null where none is."""
        with self._lock:
            place = self._places.get(question)
        return None if place is None else place.at

    def _keep(self, question: Hashable, most: int) -> None:
        first = question[0] if isinstance(question, tuple) else question
        alike = [each for each in self._places if isinstance(each, tuple) and each[0] == first]
        for each in alike[:-most]:
            del self._places[each]

    def forget(self, *firsts: str) -> None:
        """Begin anew, after a change of ours; with words only the questions that are one of them, or begin with one."""
        with self._lock:
            for each in list(self._places):
                if not firsts or (each[0] if isinstance(each, tuple) else each) in firsts:
                    del self._places[each]
