"""Waiting for a work that others do in parts: its parts are offered to the workers, and how far they are is shown."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from time import monotonic, sleep

from archive.parts import exports, ledger
from archive.parts.ledger import EXPORT, Standing
from archive.store import Archive
from crawler.cli.output import remark
from crawler.working import queue

POLL = 1.0  # seconds
_OFFER = 30.0  # seconds: a part that a machine could not do is offered again
LEFT = "Stopped waiting: the workers go on, the same command joins them again."


def attend(archive: Archive, kind: str, run: int, show: Callable[[str], None], unit: str) -> Standing:
    """Wait until nothing more will come of a run; ``show`` is told how far it is, ``unit`` is what its parts count.

    Raises :class:`archive.errors.ArchiveError`, and :class:`crawler.errors.WrongUsage` where no worker can be told.
    """
    archive.patiently(partial(queue.prepare, archive))
    told: set[str] = set()
    offered = float("-inf")
    while (now := archive.patiently(partial(ledger.standing, archive, kind, run))).going_on:
        if kind == EXPORT and now.to_be_closed and exports.close(archive, run):
            continue
        if monotonic() - offered > _OFFER:
            offered = monotonic()
            archive.patiently(partial(_offer, archive, kind, run))
        for said in archive.patiently(partial(ledger.refusals, archive, kind, run)):
            if said not in told:
                told.add(said)
                remark(said)
        show(f"{now.done:,} of {now.all:,} parts, {now.units:,} of {now.of:,} {unit}")
        sleep(POLL)
    return now


def tell_failures(archive: Archive, kind: str, run: int, failed: int) -> None:
    """Say which parts were given up and why."""
    for said in ledger.refusals(archive, kind, run):
        remark(said)
    remark(f"{failed} parts were given up: the same command tries them again")


def _offer(archive: Archive, kind: str, run: int) -> None:
    queue.offer_parts(archive, ledger.of_run(archive, kind, run))
