"""The writer: appends to a WARC file of its own, bytes before rows, and repairs what a killed process left behind."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive import members
from archive.addresses import canonical
from archive.errors import ArchiveError
from archive.locks import locked, take
from archive.schema import CaptureRow, CrawlRow, WarcFile
from archive.warc import (
    CRAWL,
    ROLE,
    SOFTWARE,
    WarcRecord,
    digest,
    new_id,
    read_date,
    read_head,
    status_of,
    unlabelled,
    warcinfo_member,
)

WARC_FOLDER = "warc"
ROTATION = 1 << 30  # bytes: the size the WARC guidelines recommend


class Writer:
    """Appends members to the WARC file this process holds the lock of; opens, repairs and rotates it."""

    def __init__(
        self,
        folder: Path,
        writing: Callable[[], AbstractContextManager[Session]],
        clock: Callable[[], datetime],
        rotation: int = ROTATION,
    ) -> None:
        self.folder = folder
        self.rotation = rotation
        self._writing = writing
        self._clock = clock
        self._turn = threading.RLock()
        self._file: BinaryIO | None = None
        self._file_id = 0

    @contextmanager
    def appending(self, data: bytes) -> Iterator[tuple[int, int]]:
        """Put ``data`` on the disk, then run the block with (file id, position); if it fails, the bytes are taken back.

        The block commits the row, so that no row ever points at bytes that are not there. One thread at a time.
        """
        with self._turn:
            file = self._claim()
            position = file.seek(0, os.SEEK_END)
            try:
                _write(file, data)
            except OSError as error:
                _take_back(file, position)
                raise ArchiveError(f"nothing can be written to {file.name}: {error.strerror or error}") from error
            try:
                yield self._file_id, position
            except BaseException:
                _take_back(file, position)
                raise

    def recover(self) -> None:
        """Repair every file that no living process writes to."""
        with locked(self.folder):
            waiting = self._candidates()
            while left := [(name, known) for name, known in waiting if not self._repair_alone(name, known)]:
                if len(left) == len(waiting):
                    return
                waiting = left  # a revisit may have waited for its original in a file that came later

    def _repair_alone(self, name: str, file_id: int | None) -> bool:
        """Whether nothing is left to do for a file."""
        path = self.folder / name
        with path.open("r+b", buffering=0) as file:
            return not take(file) or self._repair(file, name, file_id) is not None or not path.exists()

    def close(self) -> None:
        """Give the file back."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _claim(self) -> BinaryIO:
        if self._file is not None and self._file.seek(0, os.SEEK_END) >= self.rotation:
            self.close()
            with self._writing() as session:
                session.get_one(WarcFile, self._file_id).closed = True
        if self._file is None:
            with locked(self.folder):
                self._file = self._take_over() or self._begin()
        return self._file

    def _take_over(self) -> BinaryIO | None:
        """An unfinished file of ours that nobody writes to, repaired."""
        for name, file_id in self._candidates():
            file = (self.folder / name).open("r+b", buffering=0)
            if take(file):
                usable = self._repair(file, name, file_id)
                if usable is not None and file.seek(0, os.SEEK_END) < self.rotation:
                    self._file_id = usable
                    return file
            file.close()
        return None

    def _begin(self) -> BinaryIO:
        moment, record_id = self._clock(), new_id()
        name = f"{WARC_FOLDER}/{SOFTWARE}-{moment:%Y%m%d%H%M%S}-{record_id[:8]}.warc.gz"
        data = warcinfo_member(Path(name).name, record_id, moment)
        try:
            file = (self.folder / name).open("x+b", buffering=0)
            take(file)
            _write(file, data)
            _sync_folder(self.folder / WARC_FOLDER)
        except OSError as error:
            raise ArchiveError(f"no WARC file can be made: {self.folder / name}: {error.strerror or error}") from error
        self._file_id = self._note_file(name, data, moment)
        return file

    def _note_file(self, name: str, head: bytes, moment: datetime) -> int:
        with self._writing() as session:
            row = WarcFile(name=name, head_length=len(head), head_digest=digest(head), begun_at=moment, closed=False)
            session.add(row)
            session.flush()
            return row.id

    def _candidates(self) -> list[tuple[str, int | None]]:
        """Files that are not full, and files on the disk that no row names: their process died before it could."""
        with self._writing() as session:
            known = set(session.scalars(select(WarcFile.name)))
            unfinished = session.execute(select(WarcFile.name, WarcFile.id).where(WarcFile.closed.is_(False))).all()
        present = [(name, file_id) for name, file_id in sorted(unfinished) if (self.folder / name).exists()]
        names = sorted(f"{WARC_FOLDER}/{path.name}" for path in (self.folder / WARC_FOLDER).glob("*.warc.gz"))
        return [*present, *((name, None) for name in names if name not in known)]

    def _repair(self, file: BinaryIO, name: str, file_id: int | None) -> int | None:
        """Bring file and rows together again; the file's id, or null where it must not be appended to."""
        if file_id is None:
            file_id = self._adopt_file(file, name)
            if file_id is None:
                return None
        with self._writing() as session:
            row = session.get_one(WarcFile, file_id)
            last = session.scalar(select(func.max(CaptureRow.position)).where(CaptureRow.file_id == file_id))
            end = row.head_length
            if last is not None:
                end = (
                    last
                    + session.scalars(
                        select(CaptureRow.span).where(CaptureRow.file_id == file_id, CaptureRow.position == last)
                    ).one()
                )
            if file.seek(0, os.SEEK_END) < end:  # cut by somebody else: verify tells, and nothing is written over it
                row.closed = True
                return None
            usable = self._adopt_tail(session, file, row, end)
            row.closed = not usable
        return file_id if usable else None

    def _adopt_file(self, file: BinaryIO, name: str) -> int | None:
        with self._writing() as session:
            known = session.scalars(select(WarcFile.id).where(WarcFile.name == name)).first()
        if known is not None:  # adopted in an earlier round
            return known
        try:
            first = members.read(file, 0)
        except members.Broken as broken:
            if broken.cut:  # the process died while it wrote the first record
                (self.folder / name).unlink()
            return None
        if first.record.type != "warcinfo" or f"software: {SOFTWARE}".encode() not in first.record.payload:
            return None
        file.seek(0)
        head = file.read(first.length)
        return self._note_file(name, head, read_date(first.record.field("WARC-Date") or ""))

    def _adopt_tail(self, session: Session, file: BinaryIO, row: WarcFile, position: int) -> bool:
        """Give rows to whole records that have none, cut what is half-written; false if neither explains the tail."""
        size = file.seek(0, os.SEEK_END)
        while position < size:
            try:
                answer = members.read(file, position)
            except members.Broken as broken:
                if not broken.cut and members.has_whole_record(file, position):
                    return False
                _take_back(file, position)
                return True
            span = answer.length + _request_length(file, answer, size)
            if not _adopt(session, file, row.id, answer, span):
                return False
            position += span
        return True


def _request_length(file: BinaryIO, answer: members.Member, size: int) -> int:
    position = answer.position + answer.length
    if position >= size:
        return 0
    try:
        behind = members.read(file, position)
    except members.Broken:
        return 0
    return behind.length if behind.record.type == "request" else 0


def _adopt(session: Session, file: BinaryIO, file_id: int, member: members.Member, span: int) -> bool:
    """A row for a record that was written whole by a process that died before it could commit."""
    record = member.record
    digest_field, url, record_id = (
        record.field("WARC-Payload-Digest"),
        record.field("WARC-Target-URI"),
        record.record_id,
    )
    if record.type not in {"response", "resource", "revisit"} or not (digest_field and url and record_id):
        return False
    payload_digest = unlabelled(digest_field)
    original = None
    if record.type == "revisit":
        original = session.scalars(
            select(CaptureRow)
            .where(CaptureRow.payload_digest == payload_digest, CaptureRow.kind != "revisit")
            .order_by(CaptureRow.id)
            .limit(1)
        ).first()
        if original is None:
            return False
    line, headers = read_head(record.head)
    crawl = record.field(CRAWL)
    crawl_id = int(crawl) if crawl is not None and session.get(CrawlRow, int(crawl)) is not None else None
    file.seek(member.position)
    row = CaptureRow(
        file_id=file_id,
        position=member.position,
        length=member.length,
        span=span,
        digest=digest(file.read(span)),
        kind=record.type,
        record_id=record_id,
        url=url,
        address=canonical(url),
        method="GET",
        status=status_of(line)[1] if record.head else 200,
        role=record.field(ROLE) or "import",
        crawl_id=crawl_id,
        fetched_at=read_date(record.field("WARC-Date") or ""),
        content_type=_content_type(record, headers),
        payload_digest=payload_digest,
        payload_length=original.payload_length if original is not None else len(record.payload),
        original_id=original.id if original is not None else None,
    )
    session.add(row)
    session.flush()
    return True


def _content_type(record: WarcRecord, headers: tuple[tuple[str, str], ...]) -> str | None:
    if not record.head:
        return record.field("Content-Type")
    return next((value for name, value in headers if name.lower() == "content-type"), None)


def _write(file: BinaryIO, data: bytes) -> None:
    """All of it, and down to the disk. The files are opened without a buffer: nothing can come out of one later."""
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]
    os.fsync(file.fileno())


def _take_back(file: BinaryIO, position: int) -> None:
    """Cut the file; if the power fails before that is on the disk, the next opening cuts it again."""
    os.ftruncate(file.fileno(), position)
    file.seek(position)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
