"""Verify: the archive against itself. Every byte of every WARC file of ours is accounted for, and every row has its bytes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from heapq import merge
from typing import BinaryIO

from sqlalchemy import Row, exists, select, text
from sqlalchemy.orm import Session, aliased

from archive.errors import StorageTrouble
from archive.schema import Article, CaptureRow, JournalRow, Report, Sighting, Version, WarcFile
from archive.storage import auditing, reach
from archive.store import Archive
from archive.warcs import files, members
from archive.warcs.files import WARC_FOLDER
from archive.warcs.locks import take
from archive.warcs.records import ROLE, WarcRecord, bare_id, date_field, digest, labelled, read_head, status_of
from archive.writer import last_end

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Problem:
    """Something that is not as it was written. ``file`` is below the archive's folder, ``offset`` counts its bytes.

    ``kind``: ``file.missing``, ``file.unknown``, ``file.head``, ``record.cut``, ``record.altered``, ``record.differs``,
    ``record.unknown``, ``row.overlap``, ``row.lost``, ``version.altered``, ``report.broken``, ``tables.broken``; with a
    shared storage also ``file.elsewhere``, ``file.differs``, ``stored.missing``, ``stored.altered``, ``stored.unknown``.
    """

    kind: str
    file: str | None
    offset: int | None
    message: str


def verify(archive: Archive, progress: Progress | None = None) -> list[Problem]:
    """All problems, none for a whole archive. ``progress`` gets (bytes done, all bytes, file)."""
    return list(problems(archive, progress))


def problems(archive: Archive, progress: Progress | None = None) -> Iterator[Problem]:
    """As :func:`verify`, one after the other."""
    with archive.session() as session:
        rows = session.scalars(select(WarcFile).order_by(WarcFile.id)).all()
    if rows and not (archive.folder / WARC_FOLDER).is_dir():
        said = (
            f"{WARC_FOLDER} is gone, and with it {len(rows)} WARC files: put the folder back, or a link to where it is"
        )
        yield Problem("file.missing", WARC_FOLDER, None, said)
    else:
        yield from _files(archive, rows, progress)
    with archive.session() as session:
        yield from _derived(session)


def _files(archive: Archive, rows: Sequence[WarcFile], progress: Progress | None) -> Iterator[Problem]:
    on_disk = list(files.names(archive.folder))
    known = set(on_disk)
    total = sum(files.size_of(archive.folder, name) for name in on_disk)
    total += sum(row.stored_length or 0 for row in rows if row.name not in known)
    done = 0
    for row in rows:
        if row.stored_at is not None:
            yield from _stored(archive, row)
        if row.stored_at is not None and not files.is_here(archive.folder, row.name):
            done += row.stored_length or 0
        else:
            try:
                file = files.open_to_read(archive.folder, row.name)
            except OSError as error:
                yield _missing(archive, row, error)
                continue
            with file:
                yield from FileCheck(archive, row, file).problems()
                done += files.length_of(file)
        if progress is not None:
            progress(done, total, row.name)
    for name in sorted(known - {row.name for row in rows}):
        if not _is_begun(archive, name):
            said = f"{name} is known to no row: another archive's, or its row was lost"
            yield Problem("file.unknown", name, None, said)
    yield from (Problem(kind, name, None, said) for kind, name, said in auditing.strangers(archive, rows))


def _stored(archive: Archive, row: WarcFile) -> Iterator[Problem]:
    """What is stored of a file: record by record where it stands there only, by its digest where it is here too."""
    alone = not files.is_here(archive.folder, row.name)
    try:
        wrong = auditing.difference(archive, row, whole=not alone)
        if wrong is not None:
            kind, name, said = wrong
            yield Problem(kind, name, None, said)
        elif alone and row.stored_length:  # one without bytes stands for what was lost with its machine
            with reach.open_to_read(archive, row.name) as file:
                yield from FileCheck(archive, row, file).problems()
    except (StorageTrouble, OSError) as error:
        yield Problem("stored.missing", row.name, None, str(error))


def _missing(archive: Archive, row: WarcFile, error: OSError) -> Problem:
    if archive.storage is not None and row.home not in {None, archive.home}:
        said = f"{row.name} is in the folder of another machine ({row.home}) and not stored yet: verify there"
        return Problem("file.elsewhere", row.name, None, said)
    if isinstance(error, FileNotFoundError):
        return Problem("file.missing", row.name, None, f"{row.name} is gone: restore it from a copy")
    return Problem("file.missing", row.name, None, f"{row.name} cannot be read: {error.strerror or error}")


def _is_begun(archive: Archive, name: str) -> bool:
    """Whether a file that had no row has one by now, is being begun at this moment, or was taken away again."""
    try:
        with files.open_to_read(archive.folder, name) as file:
            if not take(file) and _is_head_only(file):
                return True
    except FileNotFoundError:
        return True
    with archive.session() as session:
        return session.scalar(select(WarcFile.id).where(WarcFile.name == name)) is not None


def _is_head_only(file: BinaryIO) -> bool:
    try:
        return members.read(file, 0).length == os.fstat(file.fileno()).st_size
    except members.Broken as broken:
        return broken.cut


def _is_being_written(file: BinaryIO) -> bool:
    """Whether a living process has the lock of a file; nobody writes to one in the storage."""
    try:
        file.fileno()
    except OSError:
        return False
    return not take(file)


class FileCheck:
    """One file against its rows, from its first byte to its last."""

    def __init__(self, archive: Archive, row: WarcFile, file: BinaryIO) -> None:
        self.archive = archive
        self.row = row
        self.file = file
        self.size = files.length_of(file)

    def problems(self) -> Iterator[Problem]:
        """What is wrong with it."""
        yield from self._head()
        position = self.row.head_length
        for start, span, check in self.pieces():
            if start > position:
                yield from self._unknown(position, start)
            elif start < position:
                yield self._problem("row.overlap", start, "a record overlaps the one before it")
            yield from check()
            position = max(position, start + span)
        yield from self._tail(position)

    def gaps(self) -> Iterator[tuple[int, int]]:
        """The stretches (from, to) that belong to no row."""
        position = self.row.head_length
        for start, span, _ in self.pieces():
            if start > position:
                yield position, start
            position = max(position, start + span)
        if self.size > position:
            yield position, self.size

    def pieces(self) -> Iterator[tuple[int, int, Callable[[], Iterator[Problem]]]]:
        """What the rows say: where each piece begins, how long it is, and how to check it, in the file's order."""
        yield from merge(self._captures(), self._journal(), key=lambda piece: piece[0])

    def _captures(self) -> Iterator[tuple[int, int, Callable[[], Iterator[Problem]]]]:
        original = aliased(CaptureRow)
        query = select(CaptureRow, original).outerjoin(original, original.id == CaptureRow.original_id)
        query = query.where(CaptureRow.file_id == self.row.id, CaptureRow.lost_at.is_(None))
        with self.archive.session() as session:
            for found in session.execute(query.order_by(CaptureRow.position).execution_options(yield_per=200)):
                yield found[0].position, found[0].span, partial(self._capture, found)

    def _journal(self) -> Iterator[tuple[int, int, Callable[[], Iterator[Problem]]]]:
        query = select(JournalRow).where(JournalRow.file_id == self.row.id).order_by(JournalRow.position)
        with self.archive.session() as session:
            for row in session.scalars(query.execution_options(yield_per=200)):
                yield row.position, row.length, partial(self._journal_record, row)

    def _problem(self, kind: str, offset: int, what: str) -> Problem:
        return Problem(kind, self.row.name, offset, f"{self.row.name} at {offset}: {what}")

    def _head(self) -> Iterator[Problem]:
        data = self._bytes(0, self.row.head_length)
        if digest(data) != self.row.head_digest:
            yield self._problem("file.head", 0, "the first record is not the one that was written")

    def _record(self, position: int, span: int, stated: str, what: str) -> members.Member | Problem:
        """The record that begins there, or what is wrong with its bytes."""
        data = self._bytes(position, span)
        if len(data) < span:
            return self._problem("record.cut", position, f"the file ends within {what}")
        try:
            member = members.read(self.file, position)
        except members.Broken as broken:
            return self._problem("record.altered", position, f"{what} is damaged: {broken}")
        if digest(data) != stated:
            return self._problem("record.altered", position, f"the bytes of {what} have changed")
        return member

    def _journal_record(self, row: JournalRow) -> Iterator[Problem]:
        found = self._record(row.position, row.length, row.digest, "a record of the journal")
        if isinstance(found, Problem):
            yield found
        elif (found.length, found.record.type, found.record.record_id) != (row.length, "metadata", row.record_id):
            yield self._problem("record.differs", row.position, "the journal's row says something else than its record")

    def _capture(self, found: Row[CaptureRow, CaptureRow | None]) -> Iterator[Problem]:
        row, original = found
        member = self._record(row.position, row.span, row.digest, f"the record of {row.url}")
        if isinstance(member, Problem):
            yield member
            return
        if member.length != row.length:
            yield self._problem("record.differs", row.position, f"the row of {row.url} gives another length")
        for what in _differences(row, original, member.record):
            yield self._problem("record.differs", row.position, f"{what} of {row.url} differs between record and row")
        if row.kind == "revisit" and original is None:
            yield self._problem("row.lost", row.position, f"the capture that {row.url} refers to has no row")
        if row.kind == "conversion" and not self._is_known(row, bare_id(member.record.field("WARC-Refers-To"))):
            yield self._problem(
                "row.lost", row.position, f"the answer that {row.url} as rendered was made of has no row"
            )

    def _is_known(self, row: CaptureRow, record_id: str | None) -> bool:
        """Whether an answer of the same address has the record of that id."""
        if record_id is None:
            return False
        answer = select(CaptureRow.id).where(CaptureRow.address == row.address, CaptureRow.record_id == record_id)
        with self.archive.session() as session:
            return session.scalar(answer.limit(1)) is not None

    def _unknown(self, start: int, end: int) -> Iterator[Problem]:
        yield self._problem("record.unknown", start, f"{end - start} bytes belong to no row: a row was lost")

    def _tail(self, end: int) -> Iterator[Problem]:
        """What stands behind the last row: a living process may be writing it at this moment."""
        if self.size <= end:
            return
        if _is_being_written(self.file):
            return
        with self.archive.session() as session:  # a row may have been committed since
            end = max(end, last_end(session, self.row.id))
        self.size = files.length_of(self.file)
        if self.size > end:
            what = f"{self.size - end} bytes behind the last row: of a killed process, which the next crawl or import clears up, or of a lost row"
            yield self._problem("record.unknown", end, what)

    def _bytes(self, position: int, length: int) -> bytes:
        self.file.seek(position)
        return self.file.read(length)


def _differences(row: CaptureRow, original: CaptureRow | None, record: WarcRecord) -> Iterator[str]:
    """Where a row says something else than its record."""
    status = status_of(read_head(record.head)[0])[1] if record.head else 200
    said: dict[str, tuple[object, object]] = {
        "the type": (record.type, row.kind),
        "the id": (record.record_id, row.record_id),
        "the address": (record.field("WARC-Target-URI"), row.url),
        "the date": (record.field("WARC-Date"), date_field(row.fetched_at)),
        "the payload digest": (record.field("WARC-Payload-Digest"), labelled(row.framed_digest or row.payload_digest)),
        "the role": (record.field(ROLE), row.role),
        "the status": (status, row.status),
    }
    if original is not None:
        said["the original"] = (record.field("WARC-Refers-To"), f"<urn:uuid:{original.record_id}>")
        said["the original's digest"] = (original.payload_digest, row.payload_digest)
    elif row.framed_digest is None:
        said["the payload length"] = (len(record.payload), row.payload_length)
    yield from (name for name, (in_record, in_row) in said.items() if in_record != in_row)


def _derived(session: Session) -> Iterator[Problem]:
    """The tables among themselves; what is wrong here can be derived anew."""
    query = select(Version.id, Version.record, Version.line_digest).order_by(Version.id)
    for version_id, line, line_digest in session.execute(query.execution_options(yield_per=200)):
        if digest(line.encode()) != line_digest:
            yield Problem(
                "version.altered", None, None, f"the record of version {version_id} has changed: reparse makes it anew"
            )
    current = aliased(Version)
    broken = select(Report.id).outerjoin(current, current.id == Report.version_id)
    broken = broken.where(current.id.is_(None) | (current.report_id != Report.id))
    for report_id in session.scalars(broken.order_by(Report.id)):
        yield Problem(
            "report.broken", None, None, f"report {report_id} has lost its current version: reparse makes it anew"
        )
    seen = exists().where(Sighting.article_id == Article.id, Sighting.version_id == Article.version_id)
    lost = select(Article.url).where(Article.version_id.is_not(None), ~seen)
    for url in session.scalars(lost.order_by(Article.id)):
        yield Problem("report.broken", None, None, f"what was read at {url} is lost: reparse makes it anew")
    unseen = select(Version.id).where(~exists().where(Sighting.version_id == Version.id))
    for version_id in session.scalars(unseen.order_by(Version.id)):
        yield Problem("report.broken", None, None, f"version {version_id} was seen nowhere: reparse makes it anew")
    if session.get_bind().dialect.name == "sqlite":
        yield from _sqlite(session)


def _sqlite(session: Session) -> Iterator[Problem]:
    for (said,) in session.execute(text("PRAGMA integrity_check(20)")):
        if said != "ok":
            yield Problem("tables.broken", None, None, f"the tables are damaged: {said}")
    for table, row_id, parent, _ in session.execute(text("PRAGMA foreign_key_check")):
        yield Problem("tables.broken", None, None, f"row {row_id} of {table} refers to a row of {parent} that is gone")
