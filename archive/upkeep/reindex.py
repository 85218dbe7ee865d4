"""Reindex: the tables made again from the WARC files alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from heapq import merge
from io import BytesIO
from itertools import groupby
from typing import BinaryIO

from sqlalchemy import func, select

from archive import card, migrations
from archive.errors import AddressRefused, ArchiveError
from archive.inserts import set_sequences
from archive.journal.adoption import NotOurs, Piece, adopt, read_piece
from archive.journal.notes import Note, PublisherNote, from_lines
from archive.journal.noting import Noting
from archive.schema import CaptureRow, JournalRow, WarcFile
from archive.storage import reach
from archive.storage.objects import sha256_of
from archive.store import Archive
from archive.warcs import files, members
from archive.warcs.locks import take

ALONE = "reindex"
BATCH = 500  # records to a transaction
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Reindexed:
    """What was found in the files; ``problems`` are sentences about what could not be read."""

    files: int
    captures: int
    notes: int
    problems: tuple[str, ...]


def reindex(archive: Archive, *, afresh: bool = False, progress: Progress | None = None) -> Reindexed:
    """Make the tables from the WARC files: captures, and from the journal all that the spiders found.

    What is derived is not: that is :func:`archive.deriving.derive.derive`'s. ``afresh`` empties tables that hold rows; without
    it such an archive is refused. Open it with ``rebuild=True``. A run that was killed begins anew. ``progress`` gets
    (bytes done, all bytes, file). Raises :class:`ArchiveError`.
    """
    with archive.alone(ALONE):
        if not afresh and not card.is_rebuilding(archive.folder) and _holds_rows(archive):
            raise ArchiveError(
                f"the tables of the archive {archive.folder} are there: verify --repair mends them, reindex --afresh makes them anew"
            )
        _check_elsewhere(archive)
        card.mark_rebuilding(archive.folder, going_on=True)
        _empty(archive)
        work = _Work(archive, progress)
        work.captures()
        notes = work.notes()
        with archive.writing() as session:
            set_sequences(session)
            captures = session.scalar(select(func.count()).select_from(CaptureRow)) or 0
        card.mark_rebuilding(archive.folder, going_on=False)
    return Reindexed(len(work.found), captures, notes, tuple(work.problems))


class _Work:
    """The files of ours, in the folder and in the shared storage, in the order in which they were begun."""

    def __init__(self, archive: Archive, progress: Progress | None) -> None:
        self.archive = archive
        self.problems: list[str] = []
        self.found: list[tuple[str, int]] = []
        self._progress = progress
        self._waiting: list[tuple[str, int, int]] = []  # revisits whose original stands in a file that comes later

    def captures(self) -> None:
        """Rows for all records."""
        folder, storage = self.archive.folder, self.archive.storage
        sizes = {name: files.path_of(folder, name).stat().st_size for name in files.names(folder)}
        stored = {} if storage is None else storage.sizes()
        done = 0
        for name in sorted(sizes | stored):
            if name in sizes:
                self._file(name)
            else:
                self._stored_file(name)
                sizes[name] = stored[name]
            done += sizes[name]
            if self._progress is not None:
                self._progress(done, sum((stored | sizes).values()), name)
        while waiting := self._waiting:
            self._waiting = []
            for name, file_id, position in waiting:
                self._piece_at(name, file_id, position)
            if len(self._waiting) == len(waiting):
                break
        self.problems += [
            f"{name} at {position}: the record it refers to is in no file" for name, _, position in self._waiting
        ]

    def notes(self) -> int:
        """The journal's notes, applied in the order in which they were written."""
        count = 0
        batch: list[Note] = []
        for note in merge(*(self._journal(file_id, name) for name, file_id in self.found), key=lambda pair: pair[0]):
            batch.append(note[1])
            count += 1
            if len(batch) >= BATCH:
                self._apply(batch)
                batch = []
        self._apply(batch)
        return count

    def _apply(self, notes: list[Note]) -> None:
        with self.archive.writing() as session:
            noting = Noting(session, self.archive.folder)
            for kind, several in groupby(notes, key=type):
                if kind is PublisherNote:  # they name no address, and together they are quick
                    noting.apply_all(list(several))
                    continue
                for note in several:
                    try:
                        noting.apply(note)
                    except AddressRefused as error:
                        self.problems.append(str(error))

    def _file(self, name: str) -> None:
        archive = self.archive
        with files.open_to_write(archive.folder, name) as file:
            if not take(file):
                raise ArchiveError(f"another process writes to {name}: let it end first")
            file_id = archive.writer.adopt_file(file, name)
            if file_id is None:
                self.problems.append(f"{name} was not written by this program: xxgk import reads it")
                return
            self.found.append((name, file_id))
            end = self._records(file, name, file_id)
            if end is not None:  # a process that was killed left it half-written
                files.cut(file, end)
        files.mark_closed(archive.folder, name)

    def _stored_file(self, name: str) -> None:
        """A file that only the shared storage has; nothing is changed of it."""
        archive = self.archive
        with reach.open_to_read(archive, name) as file:
            stated, length = sha256_of(file)
            file_id = archive.writer.adopt_file(file, name)
            if file_id is None:
                self.problems.append(f"{name} in the storage was not written by this program")
                return
            self.found.append((name, file_id))
            self._records(file, name, file_id)
        with archive.writing() as session:
            row = session.get_one(WarcFile, file_id)
            row.closed, row.home = True, None
            row.stored_at, row.stored_length, row.stored_digest = archive.clock(), length, stated

    def _records(self, file: BinaryIO, name: str, file_id: int) -> int | None:
        """Rows for the records of an open file; where it is cut within its last one, null where it is not."""
        size = files.length_of(file)
        with self.archive.session() as session:
            position = session.get_one(WarcFile, file_id).head_length
        pieces: list[Piece] = []
        end = None
        while position < size:
            try:
                piece = read_piece(file, position, size)
            except members.Broken as broken:
                following = members.next_record(file, position + 1)
                if following is None and broken.cut:
                    end = position
                    break
                self.problems.append(f"{name} at {position}: {broken}")
                if following is None:
                    break
                position = following
                continue
            pieces.append(piece)
            position = piece.end
            if len(pieces) >= BATCH:
                self._adopt(name, file_id, pieces)
                pieces = []
        self._adopt(name, file_id, pieces)
        return end

    def _piece_at(self, name: str, file_id: int, position: int) -> None:
        with reach.open_to_read(self.archive, name) as file:
            piece = read_piece(file, position, files.length_of(file))
        self._adopt(name, file_id, [piece])

    def _adopt(self, name: str, file_id: int, pieces: list[Piece]) -> None:
        with reach.open_to_read(self.archive, name) as file, self.archive.writing() as session:
            for piece in pieces:
                try:
                    adopt(session, file, file_id, piece)
                except NotOurs as error:
                    if piece.member.record.type == "revisit":
                        self._waiting.append((name, file_id, piece.position))
                    else:
                        self.problems.append(f"{name} at {piece.position}: {error}")

    def _journal(self, file_id: int, name: str) -> Iterator[tuple[tuple[object, ...], Note]]:
        """A file's notes with the key of their order: when they were written, and where."""
        query = select(JournalRow.written_at, JournalRow.position, JournalRow.length).where(
            JournalRow.file_id == file_id
        )
        with self.archive.session() as session:
            rows = session.execute(query.order_by(JournalRow.position)).all()
        latest = datetime.min.replace(tzinfo=UTC)
        for written_at, position, length in rows:
            latest = max(latest, written_at)  # two threads may have written a moment out of order
            member = members.read(BytesIO(reach.read(self.archive, name, position, length)), 0)
            for number, note in enumerate(from_lines(member.record.payload)):
                yield (latest, name, position, number), note


def _holds_rows(archive: Archive) -> bool:
    with archive.session() as session:
        return session.scalar(select(WarcFile.id).limit(1)) is not None


def _check_elsewhere(archive: Archive) -> None:
    """Raise :class:`ArchiveError` where other machines have files that are not stored: their rows would be gone."""
    if archive.storage is None:
        return
    query = select(func.count()).select_from(WarcFile)
    query = query.where(WarcFile.stored_at.is_(None), WarcFile.home.is_not(None), WarcFile.home != archive.home)
    with archive.session() as session:
        number = session.scalar(query) or 0
    if number:
        raise ArchiveError(
            f"{number} WARC files are in the folders of other machines and not stored: xxgk storage push there, or xxgk storage recover here, then reindex"
        )


def _empty(archive: Archive) -> None:
    """Take all rows away: the tables are made again in one transaction."""
    with archive.writing() as session:
        connection = session.connection()
        migrations.downgrade(connection)
        migrations.upgrade(connection)
