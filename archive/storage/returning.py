"""Returning: a machine that was given up has its file still, and perhaps more of it than was shipped."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import BinaryIO

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.addresses import canonical
from archive.deposit import deposit
from archive.errors import AddressRefused
from archive.journal.adoption import NotOurs, Piece, adopt, read_piece, renew
from archive.journal.notes import ArticleNote, FoundNote, Note, RowsNote
from archive.journal.noting import Noting
from archive.schema import Article, CaptureRow, JournalRow, ListRow, WarcFile
from archive.staleness import mark_stale
from archive.storage.objects import Storage, sha256_of
from archive.store import Archive
from archive.warcs import files, members
from archive.warcs.locks import take
from archive.warcs.records import digest

DIFFERS = ".differs"  # the ending of what stands under the name of another file: no reader looks for it


@dataclass(frozen=True)
class Returned:
    """What a copy in our folder brought: captures found again. ``busy``: a process writes to it still."""

    found: int = 0
    busy: bool = False
    problems: tuple[str, ...] = ()


def take_back(archive: Archive, storage: Storage, row: WarcFile) -> Returned:
    """Compare a file of our folder with what is stored of it, and add to that what only we have.

    A copy that is neither its beginning nor goes on from it is put aside and told of. Raises
    :class:`archive.errors.StorageTrouble`, :class:`OSError`.
    """
    with files.open_to_write(archive.folder, row.name) as file:
        if not take(file):
            return Returned(busy=True)
        stated, length = sha256_of(file)
        stored, stored_length = row.stored_digest, row.stored_length or 0
        files.mark_closed(archive.folder, row.name)
        if (stated, length) == (stored, stored_length):
            return Returned()
        if length > stored_length and sha256_of(file, stored_length)[0] == stored:
            return _longer(archive, storage, row, file)
        if length <= stored_length:
            with storage.open(row.name) as there:
                if sha256_of(there, length)[0] == stated:
                    (archive.folder / row.name).unlink()  # the storage has all of it, and more
                    return Returned()
        aside = f"{row.name}.{archive.home}{DIFFERS}"
        (archive.folder / row.name).rename(archive.folder / aside)
        said = f"{row.name} of this folder is another file than the one in the storage {storage.url}: it stands as {aside} now, look which is right"
        return Returned(problems=(said,))


def _longer(archive: Archive, storage: Storage, row: WarcFile, file: BinaryIO) -> Returned:
    """Store the longer file in the place of its beginning, then give its records their rows."""
    pieces = _pieces(file, row.stored_length or row.head_length)
    stated, length = sha256_of(file)
    if length > (row.stored_length or 0):
        there = storage.digest(row.name)[0] if storage.size(row.name) is not None else None
        if there != stated:
            storage.put(archive.folder / row.name, row.name, stated, archive.home, replace=there is not None)
    found = _found(archive, row, file, pieces)
    deposit(archive, notes=found)
    problems = []
    with archive.writing() as session:
        noting = Noting(session, archive.folder)
        known = set(session.scalars(select(CaptureRow.position).where(CaptureRow.file_id == row.id)))
        known |= set(session.scalars(select(JournalRow.position).where(JournalRow.file_id == row.id)))
        for piece in pieces:
            if piece.position not in known:
                try:
                    notes = adopt(session, file, row.id, piece)
                except NotOurs as error:
                    problems.append(f"{row.name} at {piece.position}: {error}")
                    continue
                for note in notes:
                    with suppress(AddressRefused):  # its process was cut off before it was refused
                        _apply_unknown(noting, session, note)
                renew(session, piece)
        current = session.get_one(WarcFile, row.id)
        current.stored_at, current.stored_length, current.stored_digest = archive.clock(), length, stated
        mark_stale(session, {note.url for note in found}, anew=True)
    storage.drop_parts(row.name, length)
    return Returned(found=len(found), problems=tuple(problems))


def _apply_unknown(noting: Noting, session: Session, note: Note) -> None:
    """Apply what a note says of articles and rows that nobody knows of.

    Most notes were applied when they were written, and newer ones since; but the connection may have broken before.
    """
    if isinstance(note, ArticleNote):
        known = select(Article.id).where(Article.address == canonical(note.url))
        if session.scalars(known).first() is None:
            noting.apply(note)
    elif isinstance(note, RowsNote):
        addresses = {}
        for row in note.rows:
            with suppress(AddressRefused):  # nothing can be fetched from there either
                addresses[canonical(row[0])] = row
        seen = set(session.scalars(select(ListRow.address).where(ListRow.address.in_(sorted(addresses)))))
        fresh = tuple(row for address, row in addresses.items() if address not in seen)
        if fresh:
            noting.apply(replace(note, rows=fresh, refused=()))


def _pieces(file: BinaryIO, position: int) -> list[Piece]:
    """The whole records from a place on; what is half-written at the end is cut."""
    size = files.length_of(file)
    pieces: list[Piece] = []
    while position < size:
        try:
            pieces.append(read_piece(file, position, size))
        except members.Broken:
            following = members.next_record(file, position + 1)
            if following is None:
                files.cut(file, position)
                return pieces
            position = following
        else:
            position = pieces[-1].end
    return pieces


def _found(archive: Archive, row: WarcFile, file: BinaryIO, pieces: list[Piece]) -> list[FoundNote]:
    """The captures that were marked as lost and whose bytes are here as they were."""
    query = select(CaptureRow).where(CaptureRow.file_id == row.id, CaptureRow.lost_at.is_not(None))
    with archive.session() as session:
        lost = {one.position: one for one in session.scalars(query)}
    moment = archive.clock()
    found = []
    for one in (lost[piece.position] for piece in pieces if piece.position in lost):
        file.seek(one.position)
        if digest(file.read(one.span)) == one.digest:
            found.append(FoundNote(moment, row.name, one.position, one.url, one.fetched_at, one.payload_digest))
    return found
