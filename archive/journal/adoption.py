"""Rows for records that stand in a file and in no table: of a process that was killed, or of an archive whose tables are gone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.addresses import canonical
from archive.catalogue import DOCUMENT_ROLES
from archive.errors import AddressRefused, PayloadRefused
from archive.journal.notes import Note, from_lines
from archive.schema import CaptureRow, CrawlRow, JournalRow
from archive.staleness import mark_stale
from archive.warcs import members
from archive.warcs.codings import entity
from archive.warcs.records import (
    CRAWL,
    ROLE,
    WarcRecord,
    bare_id,
    digest,
    header,
    read_date,
    read_head,
    status_of,
    unlabelled,
)

ANSWERS = frozenset({"response", "resource", "revisit", "conversion"})
STOPPED = "stopped"


class NotOurs(Exception):
    """A record that this program did not write, or that refers to one that is not known (yet)."""


@dataclass(frozen=True)
class Piece:
    """A whole record with what belongs to it, and where it stands; ``answer`` is null for a journal record."""

    position: int
    span: int
    member: members.Member
    request: WarcRecord | None

    @property
    def end(self) -> int:
        """Where the next piece begins."""
        return self.position + self.span


def read_piece(file: BinaryIO, position: int, size: int) -> Piece:
    """The record at ``position`` and the request behind it. Raises :class:`archive.warcs.members.Broken`."""
    member = members.read(file, position)
    end = position + member.length
    if member.record.type in ANSWERS and end < size:
        try:
            behind = members.read(file, end)
        except members.Broken:
            return Piece(position, member.length, member, None)
        if behind.record.type == "request":
            return Piece(position, member.length + behind.length, member, behind.record)
    return Piece(position, member.length, member, None)


def adopt(session: Session, file: BinaryIO, file_id: int, piece: Piece) -> list[Note]:
    """Give a piece its row; the notes it holds are handed back, to be applied. Raises :class:`NotOurs`."""
    record = piece.member.record
    if record.type in ANSWERS:
        session.add(row_of(session, file, file_id, piece))
        session.flush()
        return []
    if record.type != "metadata" or record.record_id is None:
        raise NotOurs(f"a record of the type {record.type!r}, which is never written alone")
    try:
        notes = from_lines(record.payload)
    except ValueError as error:
        raise NotOurs(str(error)) from error
    row = JournalRow(
        file_id=file_id,
        position=piece.position,
        length=piece.span,
        digest=_digest(file, piece),
        record_id=record.record_id,
        written_at=read_date(record.field("WARC-Date") or ""),
    )
    session.add(row)
    session.flush()
    return notes


def renew(session: Session, piece: Piece) -> None:
    """Have what rests on an adopted answer derived anew: others may have derived what they captured after it."""
    record = piece.member.record
    url = record.field("WARC-Target-URI")
    if record.type in ANSWERS and url is not None and (record.field(ROLE) or "import") in DOCUMENT_ROLES:
        mark_stale(session, [url], anew=True)


def row_of(session: Session, file: BinaryIO, file_id: int, piece: Piece) -> CaptureRow:
    """The row of an answer, as its record has it; not added to the session. Raises :class:`NotOurs`."""
    with session.no_autoflush:
        try:
            return _capture(session, file_id, piece, _digest(file, piece))
        except (AddressRefused, ValueError) as error:
            raise NotOurs(str(error)) from error


def _digest(file: BinaryIO, piece: Piece) -> str:
    file.seek(piece.position)
    return digest(file.read(piece.span))


def _capture(session: Session, file_id: int, piece: Piece, bytes_digest: str) -> CaptureRow:
    record = piece.member.record
    url, record_id = record.field("WARC-Target-URI"), record.record_id
    stated = record.field("WARC-Payload-Digest")
    if url is None or record_id is None or stated is None:
        raise NotOurs("a record without address, id or digest")
    line, headers = read_head(record.head)
    original = _original(session, record) if record.type == "revisit" else None
    if original is not None:
        payload_digest, framed, length = original.payload_digest, original.framed_digest, original.payload_length
    else:
        payload_digest, framed, length = _payload(record, headers, unlabelled(stated), url)
    return CaptureRow(
        file_id=file_id,
        position=piece.position,
        length=piece.member.length,
        span=piece.span,
        digest=bytes_digest,
        kind=record.type,
        record_id=record_id,
        url=url,
        address=canonical(url),
        method=_method(piece.request),
        status=status_of(line)[1] if record.head else 200,
        role=record.field(ROLE) or "import",
        crawl_id=_crawl(session, record),
        fetched_at=read_date(record.field("WARC-Date") or ""),
        content_type=header(headers, "Content-Type") if record.head else record.field("Content-Type"),
        payload_digest=payload_digest,
        framed_digest=framed,
        payload_length=length,
        original_id=None if original is None else original.id,
    )


def _payload(
    record: WarcRecord, headers: tuple[tuple[str, str], ...], stated: str, url: str
) -> tuple[str, str | None, int]:
    """Digest of the body without its chunk framing, of the body as it stands there if that is another, and its length."""
    if record.field("WARC-Truncated") is not None:
        return stated, None, len(record.payload)
    try:
        body = entity(record.payload, header(headers, "Transfer-Encoding"), url)
    except PayloadRefused:
        return stated, None, len(record.payload)
    return (stated, None, len(body)) if body == record.payload else (digest(body), stated, len(body))


def _original(session: Session, record: WarcRecord) -> CaptureRow:
    """The row a revisit refers to, by address and id."""
    target, record_id = record.field("WARC-Refers-To-Target-URI"), bare_id(record.field("WARC-Refers-To"))
    if target is None or record_id is None:
        raise NotOurs("a revisit that does not say of what")
    query = select(CaptureRow).where(CaptureRow.address == canonical(target), CaptureRow.record_id == record_id)
    found = session.scalars(query).first()
    if found is None:
        raise NotOurs(f"a revisit of {target}, whose first record is not known")
    return found


def _crawl(session: Session, record: WarcRecord) -> int | None:
    """The crawl it was fetched in; one whose beginning is not known (yet) gets an empty row."""
    number = record.field(CRAWL)
    if number is None or not number.isdecimal():
        return None
    if session.get(CrawlRow, int(number)) is None:
        moment = read_date(record.field("WARC-Date") or "")
        session.add(
            CrawlRow(
                id=int(number), key="", arguments="{}", portals="[]", state=STOPPED, begun_at=moment, ended_at=moment
            )
        )
        session.flush()
    return int(number)


def _method(request: WarcRecord | None) -> str:
    word = request.head.split(b" ", 1)[0].decode("latin-1") if request is not None else ""
    return word if word.isalpha() else "GET"
