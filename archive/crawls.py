"""Crawls: a crawl is known by its arguments, and goes on where a killed one stopped."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update

from archive.schema import CrawlRow
from archive.store import Archive
from archive.warc import digest

RUNNING, STOPPED, FINISHED = "running", "stopped", "finished"


@dataclass(frozen=True)
class Crawl:
    """A crawl; ``resumed`` if it had begun before and never ended."""

    id: int
    resumed: bool


def begin(archive: Archive, arguments: dict[str, Any], portals: list[str]) -> Crawl:
    """Begin a crawl, or go on with the one of the same arguments and portals that was killed or stopped early."""
    written, addresses = (
        json.dumps(arguments, sort_keys=True, ensure_ascii=False, default=str),
        json.dumps(sorted(portals)),
    )
    key = digest(f"{written}\n{addresses}".encode())
    with archive.writing() as session:
        unended = select(CrawlRow.id).where(CrawlRow.key == key, CrawlRow.state != FINISHED)
        known = session.scalars(unended.order_by(CrawlRow.id.desc()).limit(1)).first()
        if known is not None:
            session.execute(update(CrawlRow).where(CrawlRow.id == known).values(state=RUNNING, ended_at=None))
            return Crawl(known, resumed=True)
        row = CrawlRow(
            key=key, arguments=written, portals=addresses, state=RUNNING, begun_at=archive.clock(), ended_at=None
        )
        session.add(row)
        session.flush()
        return Crawl(row.id, resumed=False)


def finish(archive: Archive, crawl_id: int, state: str) -> None:
    """End a crawl: ``finished``, or ``stopped`` if the same command is to go on with it."""
    if state not in {FINISHED, STOPPED}:
        raise ValueError(f"a crawl does not end as {state!r}")
    with archive.writing() as session:
        session.execute(update(CrawlRow).where(CrawlRow.id == crawl_id).values(state=state, ended_at=archive.clock()))
