"""Captures: one answer of one address at one time, kept for ever, byte for byte."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from archive.addresses import canonical, wire
from archive.catalogue import (
    DELIVERED,
    DOCUMENT_ROLES,
    RENDERED,
    ROLES,
    SUBRESOURCE,
    Capture,
    from_row,
    select_captures,
)
from archive.deposit import Pending, deposit, store
from archive.errors import DamagedCapture
from archive.schema import CaptureRow
from archive.storage import reach
from archive.store import Archive
from archive.warcs.codings import decode, entity
from archive.warcs.records import (
    SOURCE,
    Answer,
    Making,
    WarcRecord,
    Wire,
    digest,
    header,
    labelled,
    read_head,
    read_member,
)

__all__ = [
    "DELIVERED",
    "DOCUMENT_ROLES",
    "RENDERED",
    "ROLES",
    "SUBRESOURCE",
    "Answer",
    "Capture",
    "Making",
    "Pending",
    "Wire",
    "any_yet",
    "by_id",
    "deposit",
    "from_row",
    "head",
    "last_delivered",
    "latest",
    "of_address",
    "payload",
    "read",
    "select_captures",
    "source",
    "store",
    "stored_payload",
]
_NOT_MODIFIED = 304
_MADE = "conversion"


def latest(
    archive: Archive,
    url: str,
    *,
    crawl_id: int | None = None,
    role: str | None = None,
    status: int | Collection[int] | None = None,
) -> Capture | None:
    """The newest capture of exactly this address whose bytes are there, in one crawl, role or status where asked for.

    A capture whose address answered the same again in a crawl counts for that crawl too. What was made of an answer is
    none: a page as rendered is found by its role only.
    """
    query = select_captures().where(CaptureRow.address == canonical(url), CaptureRow.url == wire(url))
    query = query.where(CaptureRow.lost_at.is_(None))
    if crawl_id is not None:
        query = query.where(or_(CaptureRow.crawl_id == crawl_id, CaptureRow.same_crawl_id == crawl_id))
    query = query.where(CaptureRow.kind != _MADE if role != RENDERED else CaptureRow.kind == _MADE)
    if role is not None:
        query = query.where(CaptureRow.role == role)
    if status is not None:
        query = query.where(CaptureRow.status.in_([status] if isinstance(status, int) else status))
    with archive.session() as session:
        found = session.execute(query.order_by(CaptureRow.id.desc()).limit(1)).first()
        return None if found is None else from_row(*found)


def last_delivered(archive: Archive, url: str) -> Capture | None:
    """What exactly this address answered the last time, if that was a body, or that the one before is still so.

    Null too where its bytes are in the folder of another machine and not stored yet.
    """
    query = select_captures().where(CaptureRow.address == canonical(url), CaptureRow.url == wire(url))
    query = query.where(CaptureRow.method == "GET", CaptureRow.role != "blocked", CaptureRow.lost_at.is_(None))
    query = query.where(CaptureRow.kind != _MADE)
    with archive.session() as session:
        found = session.execute(query.order_by(CaptureRow.id.desc()).limit(1)).first()
        if found is None or found[0].status not in DELIVERED or not _can_be_read(archive, session, found[0]):
            return None
        return from_row(*found)


def _can_be_read(archive: Archive, session: Session, row: CaptureRow) -> bool:
    """Whether the record of a capture, and that of its payload, are within the reach of this machine."""
    rows = [row] if row.original_id is None else [row, session.get_one(CaptureRow, row.original_id)]
    if any(one.lost_at is not None for one in rows):
        return False
    if archive.storage is None:
        return True
    return len(reach.within(archive, session, rows)) == len(rows)


def any_yet(archive: Archive) -> bool:
    """Whether anything was captured at all."""
    with archive.session() as session:
        return session.scalar(select(CaptureRow.id).limit(1)) is not None


def of_address(archive: Archive, url: str) -> Iterator[Capture]:
    """Every capture of an address and of its copies, oldest first."""
    query = select_captures().where(CaptureRow.address == canonical(url)).order_by(CaptureRow.fetched_at, CaptureRow.id)
    with archive.session() as session:
        for found in session.execute(query.execution_options(yield_per=500)):
            yield from_row(*found)


def by_id(archive: Archive, capture_id: int) -> Capture:
    """The capture of that number. Raises :class:`DamagedCapture` if its row is gone."""
    with archive.session() as session:
        found = session.execute(select_captures().where(CaptureRow.id == capture_id)).first()
    if found is None:
        raise DamagedCapture(f"capture {capture_id} has no row: run verify")
    return from_row(*found)


def payload(archive: Archive, capture: Capture) -> bytes:
    """The body with its transfer and content codings removed; a revisit's is read where it refers to.

    Raises :class:`DamagedCapture` if the bytes are not those that were stored, :class:`PayloadRefused` if they do not
    decode within the limit.
    """
    return decode(stored_payload(archive, capture), header(head(archive, capture), "Content-Encoding"), capture.url)


def stored_payload(archive: Archive, capture: Capture) -> bytes:
    """The body as it was transferred, without the framing of its chunks."""
    holder = capture if capture.original_id is None else by_id(archive, capture.original_id)
    record = read(archive, holder)
    body = record.payload
    if digest(body) != capture.stored_digest:
        raise DamagedCapture(
            f"the payload of {capture.url} in {holder.file} at {holder.position} has changed: run verify"
        )
    if record.head and record.field("WARC-Truncated") is None:
        body = entity(body, header(read_head(record.head)[1], "Transfer-Encoding"), capture.url)
    return body


def head(archive: Archive, capture: Capture) -> tuple[tuple[str, str], ...]:
    """The headers of the answer, as Latin-1; with 304 those of the answer that is still so; a file has only its type."""
    if capture.status == _NOT_MODIFIED and capture.original_id is not None:
        capture = by_id(archive, capture.original_id)
    record = read(archive, capture)
    if not record.head:
        return (("Content-Type", record.field("Content-Type") or "application/octet-stream"),)
    return read_head(record.head)[1]


def source(archive: Archive, capture: Capture) -> str | None:
    """Where an import took a capture from: its word for the address and the time. Null for what was fetched here."""
    return read(archive, capture).field(SOURCE) if capture.role == "import" else None


def read(archive: Archive, capture: Capture) -> WarcRecord:
    """The WARC record of a capture itself."""
    if capture.lost_at is not None:
        raise DamagedCapture(f"the bytes of {capture.url} were lost (found on {capture.lost_at:%Y-%m-%d})")
    try:
        data = reach.read(archive, capture.file, capture.position, capture.length)
    except OSError as error:
        path = archive.folder / capture.file
        raise DamagedCapture(f"{path} cannot be read: {error.strerror or error}; put it back, or run verify") from error
    record = read_member(data)
    stated = record.field("WARC-Payload-Digest")
    if record.field("WARC-Target-URI") != capture.url or stated != labelled(capture.stored_digest):
        raise DamagedCapture(f"{capture.file} holds another record at {capture.position} than its row says: run verify")
    return record
