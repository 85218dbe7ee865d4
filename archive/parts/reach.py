"""Reach: whether this machine can read the bytes that articles were derived from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import select

from archive.among import among
from archive.captures import Capture
from archive.deriving.batches import Work
from archive.schema import CaptureRow, WarcFile
from archive.store import Archive
from archive.warcs import files


def lacking(archive: Archive, works: Sequence[Work]) -> str | None:
    """A WARC file that these articles need and that is not there; null where all are.

    What is known to be lost lacks nowhere: it is as lost on any machine. With a shared storage reading says so itself.
    """
    if archive.storage is not None:
        return None
    captures = [capture for work in works for capture in _captures(work) if capture.lost_at is None]
    names = {capture.file for capture in captures}
    originals = {capture.original_id for capture in captures if capture.original_id is not None}
    if originals:
        held = select(WarcFile.name).join(CaptureRow, CaptureRow.file_id == WarcFile.id)
        with archive.session() as session:
            held = held.where(among(CaptureRow.id, originals), CaptureRow.lost_at.is_(None)).distinct()
            names.update(session.scalars(held))
    return next((name for name in sorted(names) if not files.is_here(archive.folder, name)), None)


def _captures(work: Work) -> Iterator[Capture]:
    for moment in work.timeline.moments:
        if moment.documents is not None:
            if moment.documents.page is not None:
                yield moment.documents.page
            yield from moment.documents.attachments
