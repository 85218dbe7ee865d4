"""Visits: what an article shows after each of its moments, and whether it is withdrawn. Nothing is stored here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

from archive.deriving.batches import Work
from archive.deriving.documents import Outcome, Reading
from archive.deriving.timeline import Moment

Shown = TypeVar("Shown")
_Read = tuple[Moment, Reading | None]
_WITH_RECORD = frozenset({Outcome.REPORT, Outcome.UNREAD})


@dataclass
class Gone:
    """A time in which an article did not show its report; ``until`` is null while it does not."""

    since: datetime
    because: str
    until: datetime | None = None


@dataclass
class Visits(Generic[Shown]):
    """The state of an article while its readings are gone through in their order.

    ``version`` is what it showed last and stays when it is withdrawn; ``emptied`` says that its own page withdrew it,
    ``has_text`` that a report was read there: a page that now has only its title does not take its place.
    """

    outcome: str | None
    detail: str | None
    version: Shown | None
    last_seen: datetime | None
    withdrawn_at: datetime | None
    withdrawn_because: str | None
    emptied: bool = False
    has_text: bool = False
    absences: list[Gone] = field(default_factory=list)

    @classmethod
    def of(cls, work: Work, version: Shown | None) -> Visits[Shown]:
        """An article as it was; one that is derived anew has shown nothing yet."""
        article = work.article
        outcome, detail = work.nothing if work.nothing is not None else (article.outcome, article.detail)
        if work.anew:
            return cls(outcome, detail, None, None, None, None)
        has_text = work.before is not None and work.before.has_text
        withdrawn_at, withdrawn_because = article.withdrawn_at, article.withdrawn_because
        begun = [] if withdrawn_at is None else [Gone(withdrawn_at, withdrawn_because or "it is gone")]
        seen = work.last_seen
        return cls(outcome, detail, version, seen, withdrawn_at, withdrawn_because, has_text=has_text, absences=begun)

    def go_through(
        self,
        work: Work,
        file: Callable[[Moment, Reading], Shown],
        again: Callable[[Moment, Shown], None],
    ) -> None:
        """Each reading in its order: ``file`` takes one with a record, ``again`` the same documents seen once more."""
        shown = self.version if self.outcome in _WITH_RECORD else None
        for moment, reading in _with_what_came_later(work.readings):
            if moment.documents is None:
                self._withdraw(moment.at, moment.gone or "it is gone")
            elif reading is None and shown is not None:
                again(moment, shown)
                self._seen(moment.at, shown)
            elif reading is not None:
                lost = reading.hollow and self.has_text
                self.outcome, self.detail, shown = Outcome.REFUSED if lost else reading.outcome, reading.detail, None
                if reading.record is not None and not lost:
                    shown = file(moment, reading)
                    self.has_text = bool(reading.record.figures or reading.record.sections)
                    self._seen(moment.at, shown)
                elif reading.holds_none and moment.page_read and self.last_seen is not None:
                    self._withdraw(moment.at, f"its page holds no report any more: {reading.detail}", emptied=True)
        if work.article.gone_at is not None:  # the spider may have found it gone where no status says so
            self._withdraw(work.article.gone_at, "its address says that it is gone")

    def _withdraw(self, at: datetime, because: str, *, emptied: bool = False) -> None:
        if self.last_seen is not None and at < self.last_seen:
            return
        if self.withdrawn_at is None:
            self.withdrawn_at, self.withdrawn_because, self.emptied = at, because, emptied
            self.absences.append(Gone(at, because))

    def _seen(self, at: datetime, version: Shown) -> None:
        if self.last_seen is None or at >= self.last_seen:
            self.last_seen, self.version = at, version
            if self.withdrawn_at is not None:
                self.absences[-1].until = at
            self.withdrawn_at = self.withdrawn_because = None
            self.emptied = False


def _with_what_came_later(readings: Sequence[_Read]) -> list[_Read]:
    """The readings, each with the text that was fetched after its page: an import has page and files one by one."""
    found = list(readings)
    for at in range(len(found) - 2, -1, -1):
        (moment, reading), (later, text) = found[at : at + 2]
        if reading is None or not reading.hollow or text is None or text.hollow or text.record is None:
            continue
        if not later.page_read:
            found[at : at + 2] = [(moment, text), (later, None)]
    return found
