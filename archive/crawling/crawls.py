"""Crawls: a crawl is known by its arguments, and goes on where a killed one stopped."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session, aliased

from archive.deposit import deposit
from archive.journal import noting
from archive.journal.notes import CrawlBegun, CrawlEnded, Note
from archive.schema import CaptureRow, CrawlRow, WarcFile
from archive.store import Archive
from archive.warcs.records import digest

STOPPED, FINISHED = "stopped", noting.FINISHED


@dataclass(frozen=True)
class Crawl:
    """A crawl; ``resumed`` if it had begun before and never ended."""

    id: int
    resumed: bool


def begin(
    archive: Archive,
    arguments: dict[str, Any],
    portals: list[str],
    beside: Callable[[int], Sequence[Note]] = lambda _: (),
) -> Crawl:
    """Begin a crawl, or go on with the one of the same arguments and portals that was killed or stopped early.

    ``beside`` gives notes to be kept with its beginning, by its number.
    """
    written = json.dumps(arguments, sort_keys=True, ensure_ascii=False, default=str)
    addresses = json.dumps(sorted(portals))
    key = digest(f"{written}\n{addresses}".encode("utf-8", "surrogatepass"))
    moment = archive.clock()

    def number() -> tuple[int, bool]:
        with archive.writing() as session:  # writers take turns: two that begin at once get two numbers
            unended = select(CrawlRow.id).where(CrawlRow.key == key, CrawlRow.state != FINISHED)
            known = session.scalars(unended.order_by(CrawlRow.id.desc()).limit(1)).first()
            place = {"home": archive.home, "secured": archive.storage is None}
            if known is not None:
                session.execute(update(CrawlRow).where(CrawlRow.id == known).values(**place))
                return known, True
            fresh = (session.scalar(select(func.max(CrawlRow.id))) or 0) + 1
            facts = {"key": key, "arguments": written, "portals": addresses, "state": STOPPED, "begun_at": moment}
            session.add(CrawlRow(id=fresh, **facts, **place))
        return fresh, False

    crawl, resumed = archive.patiently(number)
    note = CrawlBegun(moment, crawl, key=key, arguments=written, portals=addresses)
    deposit(archive, notes=[note, *beside(crawl)])  # after a kill before it, the same command goes on with the number
    return Crawl(crawl, resumed)


def secure(archive: Archive) -> None:
    """Enter which crawls of this folder are safe from its loss: the shared storage has every answer of theirs.

    Until then a crawl that ended does not count: if its machine is lost, it is made again.
    """
    waiting = select(CrawlRow).where(
        CrawlRow.secured.is_(False), CrawlRow.home == archive.home, CrawlRow.state == FINISHED
    )
    with archive.writing() as session:
        ended_here = session.scalars(waiting).all()
        if not ended_here:
            return
        here = select(WarcFile.id).where(WarcFile.home == archive.home, WarcFile.stored_at.is_(None))
        files = session.scalars(here).all()
        loose = select(CaptureRow.crawl_id).where(CaptureRow.file_id.in_(files), CaptureRow.crawl_id.is_not(None))
        unsafe = set(session.scalars(loose.distinct())) if files else set()
        unsafe |= _resting_on_others(session, [crawl.id for crawl in ended_here])
        for crawl in ended_here:
            crawl.secured = crawl.id not in unsafe


def _resting_on_others(session: Session, crawl_ids: Collection[int]) -> set[int]:
    """Those of these crawls that found what another was the first to keep, in a file that is not stored or is lost."""
    holder = aliased(CaptureRow)
    resting = select(CaptureRow.crawl_id).join(holder, holder.id == CaptureRow.original_id)
    resting = resting.join(WarcFile, WarcFile.id == holder.file_id).where(CaptureRow.crawl_id.in_(crawl_ids))
    resting = resting.where(or_(WarcFile.stored_at.is_(None), holder.lost_at.is_not(None)))
    return {number for number in session.scalars(resting.distinct()) if number is not None}


def spoil(session: Session, lost: Collection[int]) -> None:
    """Answers of these crawls are lost: those that ended and were not safe yet never will be, and are made again."""
    ended = update(CrawlRow).where(CrawlRow.id.in_(lost), CrawlRow.secured.is_(False), CrawlRow.state == FINISHED)
    session.execute(ended.values(home=None))


def ended(archive: Archive, crawl_id: int, state: str) -> CrawlEnded:
    """The note that ends a crawl: ``finished``, or ``stopped`` if the same command is to go on with it."""
    if state not in {FINISHED, STOPPED}:
        raise ValueError(f"a crawl does not end as {state!r}")
    return CrawlEnded(archive.clock(), crawl_id, state)


def finish(archive: Archive, crawl_id: int, state: str) -> None:
    """End a crawl at once."""
    deposit(archive, notes=[ended(archive, crawl_id, state)])
