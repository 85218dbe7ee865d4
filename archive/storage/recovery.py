"""Recovery: the files that a machine had open when it was lost, put together again from what it had shipped."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

from sqlalchemy import delete, select, update

from archive.crawling import crawls
from archive.deposit import deposit
from archive.errors import ArchiveError, StorageTrouble
from archive.journal.notes import LossNote
from archive.schema import CaptureRow, CrawlRow, JournalRow, WarcFile
from archive.storage.objects import CHUNK, Part, Storage
from archive.storage.shipping import shipped_end
from archive.store import Archive
from archive.warcs import files
from archive.warcs.files import WARC_FOLDER
from archive.warcs.records import digest
from archive.writer import adopt_tail, last_end

WHY = "its machine is gone"


def take_over(archive: Archive, home: str, before: datetime | None = None) -> int:
    """Make the files ours that another folder had not stored yet; how many. Whoever still writes one begins another.

    ``home`` is the name on the card of that folder; ``before``: only what was begun until then. What was shipped of the
    files goes to the storage with the next push, and what was not is marked as lost then. Whether the crawls that ended
    there are safe is ours to say from now on; one that did not end is the affair of whoever goes on with it. Raises
    :class:`ArchiveError`.
    """
    if archive.storage is None:
        raise ArchiveError(
            f"the archive {archive.folder} has no shared storage: nothing of another machine can be reached"
        )
    if home == archive.home:
        raise ArchiveError(f"{home} is this folder itself: xxgk storage push stores its files")
    theirs = update(WarcFile).where(WarcFile.home == home, WarcFile.stored_at.is_(None))
    waiting = update(CrawlRow).where(
        CrawlRow.home == home, CrawlRow.secured.is_(False), CrawlRow.state == crawls.FINISHED
    )
    if before is not None:
        theirs = theirs.where(WarcFile.begun_at <= before)
        waiting = waiting.where(CrawlRow.begun_at <= before)
    with archive.writing() as session:
        taken = session.execute(theirs.values(home=archive.home, closed=True).returning(WarcFile.id)).all()
        session.execute(waiting.values(home=archive.home))
    return len(taken)


def assemble(archive: Archive, storage: Storage, row: WarcFile) -> int:
    """Put a file of ours that is not in our folder together from what the storage has; how many captures are lost.

    Where nothing was shipped an empty file takes its place. Raises :class:`StorageTrouble`, :class:`OSError`.
    """
    fresh = archive.folder / f"{row.name}.adopting"
    size = _gather(storage, row, fresh)
    with fresh.open("rb") as file:
        head = file.read(row.head_length)
    if digest(head) != row.head_digest:
        size = 0  # less than its first record was shipped
    lost = _lose(archive, row, size)
    with fresh.open("r+b", buffering=0) as file:
        if not size:
            files.cut(file, 0)
        else:
            with archive.writing() as session:
                adopt_tail(session, archive.folder, file, row, max(row.head_length, last_end(session, row.id)))
        os.fsync(file.fileno())
    fresh.rename(archive.folder / row.name)
    files.sync_folder(archive.folder / WARC_FOLDER)
    return lost


def _gather(storage: Storage, row: WarcFile, fresh: Path) -> int:
    """Write what the storage has of a file into one of its own; its bytes.

    That may be all of it, where the tables are older than the storage.
    """
    size = storage.size(row.name) or 0
    end = max(size, shipped_end(storage, row.name))
    pieces = [(row.name, Part(0, size))] if size == end else _parts(storage, row.name)
    done = 0
    with fresh.open("wb") as file:
        for name, part in pieces:
            while part.offset <= done < min(part.end, end):
                start = done - part.offset
                data = storage.read(name, start, min(CHUNK, part.length - start))
                if not data:
                    raise StorageTrouble(f"{name} in the storage {storage.url} is shorter than it says")
                file.write(data)
                done += len(data)
    return done


def _parts(storage: Storage, name: str) -> list[tuple[str, Part]]:
    return [(storage.part_name(name, part.offset), part) for part in storage.parts(name)]


def _lose(archive: Archive, row: WarcFile, size: int) -> int:
    """Mark the captures whose bytes stand behind a place as lost, in the journal too; their crawls are never safe."""
    beyond = select(CaptureRow).where(CaptureRow.file_id == row.id, CaptureRow.lost_at.is_(None))
    with archive.writing() as session:
        captures = session.scalars(beyond.where(CaptureRow.position + CaptureRow.span > size)).all()
        torn = delete(JournalRow).where(JournalRow.file_id == row.id, JournalRow.position + JournalRow.length > size)
        session.execute(torn)
        resting = select(CaptureRow.crawl_id).where(CaptureRow.original_id.in_([one.id for one in captures]))
        spoilt = {one.crawl_id for one in captures} | set(session.scalars(resting.distinct()))
        crawls.spoil(session, {number for number in spoilt if number is not None})
    moment = archive.clock()
    losses = [
        LossNote(moment, row.name, one.position, one.url, one.fetched_at, one.payload_digest, WHY) for one in captures
    ]
    deposit(archive, notes=losses)
    return len(losses)
