"""Deriving with all cores: documents are opened in child processes, since portals are hostile."""

from __future__ import annotations

import os
from collections.abc import Callable

from archive.deriving.derive import Derived, derive
from archive.store import Archive
from parser.isolation import ParserPool


def cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0))


def words(done: Derived) -> str:
    """What deriving did, in one line; the numbers are articles."""
    return (
        f"reports: {done.created} new, {done.changed} changed, {done.unchanged} unchanged; "
        f"{done.refused} no reports, {done.unread} not readable here, {done.failed} failed"
    )


def derive_pending(archive: Archive, say: Callable[[str], None] = lambda _: None) -> Derived:
    """The records of what was captured or noted since the last time; ``say`` is told how far it is."""
    jobs = cores()
    with ParserPool(jobs) as parsers:
        return derive(
            archive,
            progress=lambda now, total, url: say(f"reading {now} of {total}: {url}"),
            parse=parsers.parse,
            jobs=jobs,
        )
