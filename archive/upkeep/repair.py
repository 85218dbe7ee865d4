"""Repair: what verify finds is mended as far as the WARC files allow; bytes that are gone are said to be gone."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import BinaryIO

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from archive.deposit import deposit
from archive.errors import StorageTrouble
from archive.journal.adoption import NotOurs, Piece, adopt, read_piece, renew, row_of
from archive.journal.notes import LossNote
from archive.journal.noting import Noting
from archive.schema import Article, CaptureRow, JournalRow, WarcFile
from archive.storage import reach
from archive.store import Archive
from archive.upkeep.verify import FileCheck, problems
from archive.warcs import files, members
from archive.warcs.locks import take
from archive.warcs.records import digest

ALONE = "repair"
Progress = Callable[[int, int, str], None]
_DERIVED = frozenset({"version.altered", "report.broken"})


@dataclass(frozen=True)
class Repaired:
    """What was mended: bytes cut off, rows made from records, rows set right; ``lost`` says which captures are gone."""

    cut: int = 0
    adopted: int = 0
    corrected: int = 0
    lost: tuple[str, ...] = ()
    derive: bool = False  # what is derived is damaged: it has to be derived anew


def repair(archive: Archive, progress: Progress | None = None) -> Repaired:
    """Cut torn tails, give rows to records that have none, and set rows right that say something else than their record.

    A capture whose bytes are gone keeps its row as a witness, marked as lost, in the journal too. Nothing is written
    over: a damaged record in the midst of a file stays for whoever restores it from a copy. Raises
    :class:`ArchiveError`.
    """
    done = Repaired()
    with archive.alone(ALONE):
        with archive.session() as session:
            rows = session.scalars(select(WarcFile).order_by(WarcFile.id)).all()
        for row in rows:
            if row.stored_at is not None:
                done = _mend_stored(archive, row, done)
            elif files.path_of(archive.folder, row.name).exists():
                with files.open_to_write(archive.folder, row.name) as file:
                    if take(file):
                        done = _mend(archive, row, file, done)
    broken = {problem.kind for problem in problems(archive, progress)} & _DERIVED
    if broken:
        with archive.writing() as session:
            session.execute(update(Article).values(stale=Article.stale + 1, derived_through=0, basis=None))
    return replace(done, derive=bool(broken))


def _mend_stored(archive: Archive, row: WarcFile, done: Repaired) -> Repaired:
    """Rows of a file in the shared storage, whose bytes nobody changes."""
    try:
        with reach.open_to_read(archive, row.name) as file:
            adopted = _fill_gaps(archive, row, file)
            corrected = _correct(archive, row, file)
    except (StorageTrouble, OSError):  # the problems that are looked for behind this tell it
        return done
    return replace(done, adopted=done.adopted + adopted, corrected=done.corrected + corrected)


def _mend(archive: Archive, row: WarcFile, file: BinaryIO, done: Repaired) -> Repaired:
    cut, lost = _drop_lost(archive, row, file)
    adopted = _fill_gaps(archive, row, file)
    corrected = _correct(archive, row, file)
    return replace(
        done,
        cut=done.cut + cut,
        adopted=done.adopted + adopted,
        corrected=done.corrected + corrected,
        lost=(*done.lost, *lost),
    )


def _drop_lost(archive: Archive, row: WarcFile, file: BinaryIO) -> tuple[int, list[str]]:
    """Where the file ends before its rows do: mark what is lost, and cut what is left of its first record."""
    size = os.fstat(file.fileno()).st_size
    with archive.session() as session:
        beyond = select(CaptureRow).where(CaptureRow.file_id == row.id, CaptureRow.lost_at.is_(None))
        captures = session.scalars(beyond.where(CaptureRow.position + CaptureRow.span > size)).all()
        journal = select(JournalRow.id).where(JournalRow.file_id == row.id)
        torn = session.scalars(journal.where(JournalRow.position + JournalRow.length > size)).all()
    if not captures and not torn:
        return 0, []
    with archive.writing() as session:
        session.execute(delete(JournalRow).where(JournalRow.id.in_(torn)))
        session.execute(update(WarcFile).where(WarcFile.id == row.id).values(closed=True))
        gone = [capture for capture in captures if not _keep_answer(session, capture, file)]
    losses = [_loss(archive, row.name, capture) for capture in gone]
    deposit(archive, notes=losses)
    end = row.head_length
    for start, length, _ in FileCheck(archive, row, file).pieces():
        end = max(end, start + length)
    files.cut(file, min(end, size))
    return size - min(end, size), [f"{loss.url} of {loss.fetched_at:%Y-%m-%d}" for loss in losses]


def _loss(archive: Archive, name: str, capture: CaptureRow) -> LossNote:
    return LossNote(
        archive.clock(),
        file=name,
        position=capture.position,
        url=capture.url,
        fetched_at=capture.fetched_at,
        payload_digest=capture.payload_digest,
        why="the file ends before it",
    )


def _keep_answer(session: Session, capture: CaptureRow, file: BinaryIO) -> bool:
    """Whether the answer is whole and only its request is cut; its row then speaks of the answer alone."""
    try:
        member = members.read(file, capture.position)
    except members.Broken:
        return False
    file.seek(capture.position)
    alone = digest(file.read(member.length))
    session.execute(update(CaptureRow).where(CaptureRow.id == capture.id).values(span=member.length, digest=alone))
    return True


def _fill_gaps(archive: Archive, row: WarcFile, file: BinaryIO) -> int:
    """Rows for whole records in the stretches that belong to none."""
    adopted = 0
    for start, end in list(FileCheck(archive, row, file).gaps()):
        for piece in _pieces(file, start, end):
            try:
                with archive.writing() as session:
                    noting = Noting(session, archive.folder)
                    for note in adopt(session, file, row.id, piece):
                        noting.apply(note)
                    renew(session, piece)
            except NotOurs:
                continue
            adopted += 1
    return adopted


def _pieces(file: BinaryIO, start: int, end: int) -> list[Piece]:
    found: list[Piece] = []
    position: int | None = start
    while position is not None and position < end:
        try:
            found.append(read_piece(file, position, end))
            position = found[-1].end
        except members.Broken:
            position = members.next_record(file, position + 1)
    return found


def _correct(archive: Archive, row: WarcFile, file: BinaryIO) -> int:
    """Rows whose bytes are whole and who say something else of them."""
    corrected = 0
    wrong = {problem.offset for problem in FileCheck(archive, row, file).problems() if problem.kind == "record.differs"}
    for offset in sorted(position for position in wrong if position is not None):
        with archive.writing() as session:
            known = select(CaptureRow).where(CaptureRow.file_id == row.id, CaptureRow.position == offset)
            capture = session.scalars(known).first()
            if capture is None:
                continue
            try:
                truth = row_of(session, file, row.id, read_piece(file, offset, offset + capture.span))
            except (NotOurs, members.Broken):
                continue
            for name in CaptureRow.__table__.columns.keys():  # noqa: SIM118 - a column collection iterates over columns
                if name not in {"id", "lost_at"}:
                    setattr(capture, name, getattr(truth, name))
            corrected += 1
    return corrected
