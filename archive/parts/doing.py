"""Doing: one part of whatever run, here and now."""

from __future__ import annotations

from collections.abc import Callable

import parser
from archive.deriving.documents import Parse
from archive.parts import exports, ledger, reparses
from archive.parts.ledger import EXPORT, WAITING, Refused
from archive.schema import Partition
from archive.store import Archive

TRIES = 3  # at a part, before it is given up


def do_part(
    archive: Archive,
    part_id: int,
    *,
    parse: Parse = parser.parse,
    jobs: int = 1,
    fingerprint: str | None = None,
    progress: Callable[[int, int], None] = lambda done, of: None,  # noqa: ARG005 - says nothing
) -> bool:
    """Do a part, or go on with it; false where there is nothing left to do of it. Two may do the same at once.

    Whoever ends the last part of a run ends the run. ``parse`` must bear ``jobs`` callers at once; ``fingerprint`` is of the
    parser. Raises :class:`archive.parts.ledger.Refused` where this machine cannot do it: why is entered, and it is left to
    others. Any other :class:`archive.errors.ArchiveError` leaves it as well.
    """
    ledger.demand_postgresql(archive, "a work")
    with archive.session() as session:
        part = session.get(Partition, part_id)
    if part is None:
        return False
    try:
        if part.kind == EXPORT:
            exports.do(archive, part_id, progress=progress)
        else:
            reparses.do(
                archive,
                part_id,
                parse=parse,
                jobs=jobs,
                fingerprint=fingerprint,
                progress=lambda done, of, _: progress(done, of),
            )
    except Refused as refusal:
        ledger.note(archive, part_id, str(refusal))
        raise
    return part.state == WAITING


def not_done(archive: Archive, part_id: int, said: str, *, tries: int = TRIES) -> None:
    """A try at a part ended badly: ``said`` is why, in a sentence. After so many it is given up.

    An export without one of its parts is given up whole; a reparse goes on. Raises :class:`archive.errors.ArchiveError`.
    """
    if not ledger.fail(archive, part_id, said, tries):
        return
    with archive.session() as session:
        part = session.get_one(Partition, part_id)
    if part.kind == EXPORT:
        exports.fail(archive, part.run_id, said)
