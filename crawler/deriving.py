"""Deriving with all cores: documents are opened in child processes, since portals are hostile."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from archive.deriving.derive import Derived, derive
from archive.store import Archive
from parser.isolation import ParserPool


def cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0))


def words(done: Derived) -> str:
    """What deriving did, in one line; the numbers are articles."""
    away = f", {done.away} only on another machine now" if done.away else ""
    return (
        f"reports: {done.created} new, {done.changed} changed, {done.unchanged} unchanged; "
        f"{done.refused} no reports, {done.unread} not readable here, {done.failed} failed{away}"
    )


def derive_pending(
    archive: Archive, say: Callable[[str], None] = lambda _: None, *, portals: Sequence[str] | None = None
) -> Derived:
    """The records of what was captured or noted since the last time; ``say`` is told how far it is.

    ``portals``: of these portals' articles alone.
    """
    jobs = cores()
    with ParserPool(jobs) as parsers:
        return derive(
            archive,
            progress=lambda now, total, url: say(f"reading {now} of {total}: {url}"),
            parse=parsers.parse,
            jobs=jobs,
            portals=portals,
        )
