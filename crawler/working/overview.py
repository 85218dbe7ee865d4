"""How the whole work stands: the schedule's health, what is in the queue, and the works that are done in parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from archive.crawling.health import SILENCE, Health, health
from archive.parts import ledger
from archive.parts.ledger import Run
from archive.store import Archive
from crawler.campaign import campaign, next_runs
from crawler.schedule import due_now, watched
from crawler.working import queue
from crawler.working.queue import Counts


@dataclass(frozen=True)
class Overview:
    """The work at a moment; ``queued`` is null where there is no queue."""

    health: Health
    queued: Counts | None
    works: tuple[Run, ...]


def overview(archive: Archive, folder: Path, named: Sequence[str] = (), silence: timedelta = SILENCE) -> Overview:
    """Look after all of it. ``named``: only these portals are scheduled. Raises what the registry and the archive raise."""
    plan = campaign()
    now = archive.clock()
    found = watched(folder, archive, named)
    upcoming = min((next_runs(url, now, 1)[0].at for url in found), default=None)
    state = health(archive, due_now(found, now, plan), upcoming, silence=silence)
    return Overview(state, queue.counts(archive), tuple(ledger.progress(archive)))
