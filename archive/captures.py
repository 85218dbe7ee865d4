"""Captures: one answer of one address at one time, kept for ever, byte for byte."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from archive.addresses import canonical, wire
from archive.codings import decode
from archive.errors import DamagedCapture
from archive.schema import Article, Attachment, CaptureRow, WarcFile
from archive.store import Archive
from archive.warc import (
    Answer,
    Original,
    WarcRecord,
    answer_member,
    digest,
    header,
    labelled,
    new_id,
    read_head,
    read_member,
    request_member,
)

__all__ = ["Answer", "Capture", "head", "latest", "of_address", "payload", "store"]

ROLES = frozenset({"robots", "entry", "list", "article", "attachment", "redirect", "blocked", "import"})
DOCUMENT_ROLES = ("article", "attachment", "import")


@dataclass(frozen=True)
class Capture:
    """A capture as the tables know it. ``file`` is below the archive's folder, ``position`` and ``length`` count bytes.

    ``payload_digest`` is the sha256, hexadecimal, of the body as it was transferred.
    """

    id: int
    url: str
    status: int
    role: str
    kind: str
    crawl_id: int | None
    fetched_at: datetime
    content_type: str | None
    payload_digest: str
    payload_length: int
    original_id: int | None
    file: str
    position: int
    length: int


def store(archive: Archive, answer: Answer, *, role: str, crawl_id: int | None = None) -> Capture:
    """Keep an answer: its bytes are on the disk before its row is committed. A payload kept before becomes a ``revisit``.

    ``role`` says what it was fetched for, one of :data:`ROLES`. Raises :class:`ArchiveError`.
    """
    if role not in ROLES:
        raise ValueError(f"a capture has no role {role!r}")
    answer = _kept(answer)
    payload_digest = digest(answer.body)
    original = _find_original(archive, payload_digest) if answer.body else None
    record_id = new_id()
    member = answer_member(
        answer,
        record_id=record_id,
        role=role,
        crawl_id=crawl_id,
        original=None if original is None else Original(original.record_id, original.url, original.fetched_at),
    )
    asked = (
        b"" if answer.url.startswith("file:") else request_member(answer, record_id=new_id(), concurrent_to=record_id)
    )
    with archive.writer.appending(member + asked) as (file_id, position), archive.writing() as session:
        row = CaptureRow(
            file_id=file_id,
            position=position,
            length=len(member),
            span=len(member) + len(asked),
            digest=digest(member + asked),
            kind="revisit" if original is not None else "response" if asked else "resource",
            record_id=record_id,
            url=answer.url,
            address=canonical(answer.url),
            method=answer.method,
            status=answer.status,
            role=role,
            crawl_id=crawl_id,
            fetched_at=answer.fetched_at,
            content_type=answer.header("Content-Type"),
            payload_digest=payload_digest,
            payload_length=len(answer.body),
            original_id=None if original is None else original.id,
        )
        session.add(row)
        session.flush()
        if role in DOCUMENT_ROLES:
            _mark_stale(session, row.address)
        return from_row(row, session.get_one(WarcFile, file_id).name)


def latest(
    archive: Archive, url: str, *, crawl_id: int | None = None, role: str | None = None, status: int | None = None
) -> Capture | None:
    """The newest capture of exactly this address, in one crawl, role or status where asked for."""
    query = select_captures().where(CaptureRow.url == wire(url))
    if crawl_id is not None:
        query = query.where(CaptureRow.crawl_id == crawl_id)
    if role is not None:
        query = query.where(CaptureRow.role == role)
    if status is not None:
        query = query.where(CaptureRow.status == status)
    with archive.session() as session:
        found = session.execute(query.order_by(CaptureRow.id.desc()).limit(1)).first()
        return None if found is None else from_row(*found)


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
    """The body with its content coding removed; a revisit's is read where it refers to.

    Raises :class:`DamagedCapture` if the bytes are not those that were stored, :class:`PayloadRefused` if they do not
    decode within the limit.
    """
    coding = header(head(archive, capture), "Content-Encoding")
    return decode(stored_payload(archive, capture), coding, capture.url)


def stored_payload(archive: Archive, capture: Capture) -> bytes:
    """The body as it was transferred."""
    holder = capture if capture.original_id is None else by_id(archive, capture.original_id)
    body = read(archive, holder).payload
    if digest(body) != capture.payload_digest:
        raise DamagedCapture(
            f"the payload of {capture.url} in {holder.file} at {holder.position} has changed: run verify"
        )
    return body


def head(archive: Archive, capture: Capture) -> tuple[tuple[str, str], ...]:
    """The headers of the answer, as Latin-1; a file has only its type."""
    record = read(archive, capture)
    if not record.head:
        return (("Content-Type", record.field("Content-Type") or "application/octet-stream"),)
    return read_head(record.head)[1]


def read(archive: Archive, capture: Capture) -> WarcRecord:
    """The WARC record of a capture itself."""
    path = archive.folder / capture.file
    try:
        with path.open("rb") as file:
            file.seek(capture.position)
            data = file.read(capture.length)
    except OSError as error:
        raise DamagedCapture(f"{path} cannot be read: {error.strerror or error}") from error
    record = read_member(data)
    if record.field("WARC-Target-URI") != capture.url or record.field("WARC-Payload-Digest") != labelled(
        capture.payload_digest
    ):
        raise DamagedCapture(f"{path} holds another record at {capture.position} than its row says: run verify")
    return record


def _kept(answer: Answer) -> Answer:
    """The answer as it can be kept: an address for the wire, a time to the second."""
    return Answer(
        url=wire(answer.url),
        status=answer.status,
        reason=answer.reason,
        headers=answer.headers,
        body=answer.body,
        fetched_at=answer.fetched_at.replace(microsecond=0),
        method=answer.method,
        request_headers=answer.request_headers,
        request_body=answer.request_body,
    )


def _find_original(archive: Archive, payload_digest: str) -> CaptureRow | None:
    query = select(CaptureRow).where(CaptureRow.payload_digest == payload_digest, CaptureRow.kind != "revisit")
    with archive.session() as session:
        return session.scalars(query.order_by(CaptureRow.id).limit(1)).first()


def _mark_stale(session: Session, address: str) -> None:
    """What was derived from this address is to be derived again."""
    owners = select(Attachment.article_id).where(Attachment.address == address)
    here = (Article.address == address) | (Article.requested_address == address) | Article.id.in_(owners)
    touched = update(Article).where(here).values(stale=Article.stale + 1)
    session.execute(touched, execution_options={"synchronize_session": False})


def select_captures() -> Select[CaptureRow, str]:
    """A query for captures, each with the name of its file."""
    return select(CaptureRow, WarcFile.name).join(WarcFile, WarcFile.id == CaptureRow.file_id)


def from_row(row: CaptureRow, file: str) -> Capture:
    """The capture of a row."""
    return Capture(
        id=row.id,
        url=row.url,
        status=row.status,
        role=row.role,
        kind=row.kind,
        crawl_id=row.crawl_id,
        fetched_at=row.fetched_at,
        content_type=row.content_type,
        payload_digest=row.payload_digest,
        payload_length=row.payload_length,
        original_id=row.original_id,
        file=file,
        position=row.position,
        length=row.length,
    )
