"""Rests: a host that blocks is left alone, the longer the more often it goes on to block when it is asked again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from archive.journal.notes import RestNote
from archive.schema import RestRow
from archive.store import Archive

FIRST, LONGEST = timedelta(hours=1), timedelta(hours=24)


@dataclass(frozen=True)
class Rest:
    """A host's rest: it blocks since ``since``, began to for the ``times``-th time now, and is left alone until ``until``."""

    host: str
    system: str
    times: int
    since: datetime
    until: datetime

    def note(self, at: datetime, crawl_id: int | None) -> RestNote:
        """What is to be kept of it."""
        return RestNote(at, crawl_id, self.host, self.system, self.times, self.since, self.until)


def known(archive: Archive) -> dict[str, Rest]:
    """The hosts that blocked when they were asked last, whether or not their rest is over."""
    with archive.session() as session:
        return {row.host: _rest(row) for row in session.scalars(select(RestRow))}


def of_host(archive: Archive, host: str) -> Rest | None:
    """A host's rest, null where it gave an ordinary page when it was asked last."""
    with archive.session() as session:
        row = session.get(RestRow, host)
        return None if row is None else _rest(row)


def after(before: Rest | None, host: str, system: str, at: datetime) -> Rest:
    """The rest of a host that blocks now: 1 h, and twice as long as the last each time, up to 24 h."""
    if before is None:
        return Rest(host, system, 1, at, at + FIRST)
    length = min(FIRST * 2 ** min(before.times, 10), LONGEST)
    return Rest(host, system, before.times + 1, before.since, at + length)


def _rest(row: RestRow) -> Rest:
    return Rest(row.host, row.system, row.times, row.since, row.until)
