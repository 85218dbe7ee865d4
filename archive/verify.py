"""Verify: the archive against itself. Every byte of every WARC file of ours is accounted for, and every row has its bytes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from sqlalchemy import Row, exists, func, select, text
from sqlalchemy.orm import Session, aliased

from archive import members
from archive.locks import take
from archive.schema import Article, CaptureRow, Report, Sighting, Version, WarcFile
from archive.store import Archive
from archive.warc import ROLE, WarcRecord, date_field, digest, labelled
from archive.writer import WARC_FOLDER

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Problem:
    """Something that is not as it was written. ``file`` is below the archive's folder, ``offset`` counts its bytes.

    ``kind``: ``file.missing``, ``file.unknown``, ``file.head``, ``record.cut``, ``record.altered``, ``record.differs``,
    ``record.unknown``, ``row.overlap``, ``row.lost``, ``version.altered``, ``report.broken``, ``tables.broken``.
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
    on_disk = {f"{WARC_FOLDER}/{path.name}" for path in (archive.folder / WARC_FOLDER).glob("*.warc.gz")}
    total = sum((archive.folder / name).stat().st_size for name in on_disk)
    done = 0
    for row in rows:
        path = archive.folder / row.name
        if not path.is_file():
            yield Problem("file.missing", row.name, None, f"{row.name} is gone: restore it from a copy")
            continue
        with path.open("rb") as file:
            yield from _File(archive, row, file).problems()
        done += path.stat().st_size
        if progress is not None:
            progress(done, total, row.name)
    for name in sorted(on_disk - {row.name for row in rows}):
        yield Problem("file.unknown", name, None, f"{name} is known to no row: another archive's, or its row was lost")
    with archive.session() as session:
        yield from _derived(session)


class _File:
    """One file against its rows, from its first byte to its last."""

    def __init__(self, archive: Archive, row: WarcFile, file: BinaryIO) -> None:
        self.archive = archive
        self.row = row
        self.file = file
        self.size = os.fstat(file.fileno()).st_size

    def problems(self) -> Iterator[Problem]:
        yield from self._head()
        position = self.row.head_length
        original = aliased(CaptureRow)
        query = select(CaptureRow, original).outerjoin(original, original.id == CaptureRow.original_id)
        query = query.where(CaptureRow.file_id == self.row.id).order_by(CaptureRow.position)
        with self.archive.session() as session:
            for found in session.execute(query.execution_options(yield_per=200)):
                row = found[0]
                if row.position > position:
                    yield from self._unknown(position, row.position)
                elif row.position < position:
                    yield self._problem("row.overlap", row.position, f"capture {row.id} overlaps the one before it")
                yield from self._capture(found)
                position = max(position, row.position + row.span)
        yield from self._tail(position)

    def _problem(self, kind: str, offset: int, what: str) -> Problem:
        return Problem(kind, self.row.name, offset, f"{self.row.name} at {offset}: {what}")

    def _head(self) -> Iterator[Problem]:
        data = self._bytes(0, self.row.head_length)
        if digest(data) != self.row.head_digest:
            yield self._problem("file.head", 0, "the first record is not the one that was written")

    def _capture(self, found: Row[CaptureRow, CaptureRow | None]) -> Iterator[Problem]:
        row, original = found
        data = self._bytes(row.position, row.span)
        if len(data) < row.span:
            yield self._problem("record.cut", row.position, f"the file ends within the record of {row.url}")
            return
        try:
            member = members.read(self.file, row.position)
        except members.Broken as broken:
            yield self._problem("record.altered", row.position, f"the record of {row.url} is damaged: {broken}")
            return
        if digest(data) != row.digest:
            yield self._problem("record.altered", row.position, f"the bytes of the record of {row.url} have changed")
            return
        if member.length != row.length:
            yield self._problem("record.differs", row.position, f"the row of {row.url} gives another length")
        for what in _differences(row, original, member.record):
            yield self._problem("record.differs", row.position, f"{what} of {row.url} differs between record and row")
        if row.kind == "revisit" and original is None:
            yield self._problem("row.lost", row.position, f"the capture that {row.url} refers to has no row")

    def _unknown(self, start: int, end: int) -> Iterator[Problem]:
        yield self._problem("record.unknown", start, f"{end - start} bytes belong to no row: a row was lost")

    def _tail(self, end: int) -> Iterator[Problem]:
        """What stands behind the last row: a living process may be writing it at this moment."""
        if self.size <= end:
            return
        if not take(self.file):
            return
        with self.archive.session() as session:  # a row may have been committed since
            last = select(func.max(CaptureRow.position + CaptureRow.span)).where(CaptureRow.file_id == self.row.id)
            end = max(end, session.scalar(last) or 0)
        self.size = os.fstat(self.file.fileno()).st_size
        if self.size > end:
            what = f"{self.size - end} bytes behind the last row: of a killed process, which the next crawl or import clears up, or of a lost row"
            yield self._problem("record.unknown", end, what)

    def _bytes(self, position: int, length: int) -> bytes:
        self.file.seek(position)
        return self.file.read(length)


def _differences(row: CaptureRow, original: CaptureRow | None, record: WarcRecord) -> Iterator[str]:
    """Where a row says something else than its record."""
    status = record.head.split(b" ", 2)[1].decode("latin-1") if record.head else "200"
    said = {
        "the type": (record.type, row.kind),
        "the id": (record.record_id, row.record_id),
        "the address": (record.field("WARC-Target-URI"), row.url),
        "the date": (record.field("WARC-Date"), date_field(row.fetched_at)),
        "the payload digest": (record.field("WARC-Payload-Digest"), labelled(row.payload_digest)),
        "the role": (record.field(ROLE), row.role),
        "the status": (status, str(row.status)),
    }
    if original is not None:
        said["the original"] = (record.field("WARC-Refers-To"), f"<urn:uuid:{original.record_id}>")
        said["the original's digest"] = (original.payload_digest, row.payload_digest)
    else:
        said["the payload length"] = (str(len(record.payload)), str(row.payload_length))
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
