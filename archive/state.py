"""State: a few numbers that are others when an archive has changed, read in no time."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import func, select

from archive.schema import Article, CaptureRow, CrawlRow, JournalRow, ReparseRun, Version
from archive.store import Archive


class State(NamedTuple):
    """What tells one state of an archive from the next: the newest of each kind, and what waits to be derived."""

    capture: int
    journal: int
    crawl: int
    version: int
    pending: int
    reparse: tuple[int, str, int]


def state_of(archive: Archive) -> State:
    """The state of an archive. A change of the registry alone, made outside its journal, is not told by it."""
    newest = [
        func.coalesce(select(func.max(table.id)).scalar_subquery(), 0)
        for table in (CaptureRow, JournalRow, CrawlRow, Version)
    ]
    pending = select(func.count()).select_from(Article).where(Article.stale > 0).scalar_subquery()
    run = select(ReparseRun.id, ReparseRun.state, ReparseRun.article_id).order_by(ReparseRun.id.desc()).limit(1)
    with archive.session() as session:
        numbers = session.execute(select(*newest, pending)).one()
        last = session.execute(run).first()
    done = (0, "", 0) if last is None else (last[0], last[1], last[2])
    return State(numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], done)
