"""Deposit: answers and notes go into the archive together, bytes before rows, many in one writing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from archive.addresses import canonical, wire
from archive.catalogue import DOCUMENT_ROLES, ROLES, Capture, from_row, select_captures
from archive.errors import GivenAway, PayloadRefused
from archive.journal.notes import MEDIA_TYPE, Note, to_lines
from archive.journal.noting import Noting
from archive.schema import CaptureRow, JournalRow, WarcFile
from archive.staleness import mark_stale
from archive.storage import reach
from archive.store import Archive
from archive.warcs.codings import entity
from archive.warcs.records import (
    Answer,
    Original,
    answer_member,
    digest,
    header,
    http_request,
    is_head,
    journal_member,
    new_id,
    read_head,
    request_member,
)

_NOT_MODIFIED = 304
_ORIGINALS = text("kind <> 'revisit'")  # as the index has it
_MADE = "conversion"  # no portal sent it: no answer is a revisit of one


@dataclass(frozen=True)
class Pending:
    """An answer to be kept. ``unmodified`` is the capture that a 304 says is still so."""

    answer: Answer
    role: str
    crawl_id: int | None = None
    unmodified: Capture | None = None


@dataclass(frozen=True)
class _Prepared:
    """An answer with its digests; ``framed`` is null where the body stands in the record as it is."""

    pending: Pending
    answer: Answer
    record_id: str
    payload_digest: str
    framed: str | None
    payload_length: int


@dataclass(frozen=True)
class _Record:
    """A record ready to be written; ``original`` is the payload's holder: a row, or another record of this writing.

    ``framed`` is of the body as it stands in the record, the holder's for a revisit: chunks may be cut otherwise there.
    """

    prepared: _Prepared
    data: bytes
    length: int
    original: int | _Prepared | None
    framed: str | None


def store(archive: Archive, answer: Answer, *, role: str, crawl_id: int | None = None) -> Capture:
    """Keep an answer: its bytes are on the disk before its row is committed. A payload kept before becomes a ``revisit``.

    ``role`` says what it was fetched for, one of :data:`ROLES`. Raises :class:`ArchiveError`.
    """
    return deposit(archive, [Pending(answer, role, crawl_id)])[0]


def deposit(archive: Archive, answers: Sequence[Pending] = (), notes: Sequence[Note] = ()) -> list[Capture]:
    """Keep answers, and notes in the journal and in the tables: all of it or nothing, in one flush and one commit.

    Raises :class:`ArchiveError`; :class:`archive.errors.AddressRefused` for an address that cannot be kept.
    """
    moment = archive.now()
    prepared = [_prepare(one) for one in answers]
    records = archive.patiently(lambda: _compose(archive, prepared))
    journal_id = new_id()
    journal = journal_member(journal_id, moment, MEDIA_TYPE, to_lines(notes)) if notes else b""
    data = b"".join([*(record.data for record in records), journal])
    if not data:
        return []
    written: tuple[int, int] | None = None  # where the bytes of a try stand whose end was not heard of

    def keep() -> list[Capture]:
        nonlocal written
        if written is not None:
            archive.writer.recover()  # as after a kill: what is on the disk gets its rows
            known = _find(archive, written, len(data), records, journal_id if notes else None)
            if known is not None:
                return known
        with archive.writer.appending(data) as (file_id, start):
            written = file_id, start
            with archive.writing() as session:
                _check_ours(archive, session, file_id)
                captures = _insert(session, file_id, start, records)
                mark_stale(session, {one.answer.url for one in prepared if one.pending.role in DOCUMENT_ROLES})
                if notes:
                    row = {
                        "file_id": file_id,
                        "position": start + len(data) - len(journal),
                        "length": len(journal),
                        "digest": digest(journal),
                        "record_id": journal_id,
                        "written_at": moment,
                    }
                    session.execute(insert(JournalRow).values(**row))
                    Noting(session, archive.folder).apply_all(notes)
        return captures

    try:
        return archive.patiently(keep)
    except GivenAway:  # what was written was taken back: it goes into a new file
        written = None
        return archive.patiently(keep)


def _check_ours(archive: Archive, session: Session, file_id: int) -> None:
    """Raise :class:`GivenAway` where another machine took our file over, since it had not heard of us for long."""
    file = session.get_one(WarcFile, file_id)
    if file.closed or file.stored_at is not None or file.home not in {None, archive.home}:
        raise GivenAway(f"another machine took {file.name} over while nothing was heard of this one: run verify")


def _find(
    archive: Archive, written: tuple[int, int], length: int, records: list[_Record], journal_id: str | None
) -> list[Capture] | None:
    """What stands in the tables of a writing, in its order; null where that is nothing."""
    file_id, start = written
    here = select_captures().where(CaptureRow.file_id == file_id, CaptureRow.position >= start)
    note = select(JournalRow.record_id).where(JournalRow.file_id == file_id, JournalRow.position >= start)
    with archive.session() as session:
        rows = session.execute(here.where(CaptureRow.position < start + length)).all()
        noted = journal_id is None or journal_id in session.scalars(note.where(JournalRow.position < start + length))
    found = {row.record_id: from_row(row, file) for row, file in rows}
    if not noted or any(record.prepared.record_id not in found for record in records):
        return None
    return [found[record.prepared.record_id] for record in records]


def _prepare(pending: Pending) -> _Prepared:
    if pending.role not in ROLES:
        raise ValueError(f"a capture has no role {pending.role!r}")
    given = pending.answer
    answer = replace(given, url=wire(given.url), fetched_at=given.fetched_at.replace(microsecond=0))
    if pending.unmodified is not None:
        holder = pending.unmodified
        return _Prepared(pending, answer, new_id(), holder.payload_digest, holder.framed_digest, holder.payload_length)
    answer, framed = _framed(answer)
    return _Prepared(pending, answer, new_id(), digest(answer.body), framed, len(answer.body))


def _framed(answer: Answer) -> tuple[Answer, str | None]:
    """An answer with the digest of its body as it was transferred, where that is another: only chunks are read again.

    Where the wire would be read as something else than the body, the body is kept; what is cut stands as it came.
    """
    if answer.wire is None:
        return answer, None
    if not is_head(answer.wire.head):
        return replace(answer, wire=None), None
    if answer.truncated is not None:
        return replace(answer, body=answer.wire.body), None
    _, headers = read_head(answer.wire.head)
    try:
        plain = entity(answer.wire.body, header(headers, "Transfer-Encoding"), answer.url)
    except PayloadRefused:
        return replace(answer, wire=None), None
    if plain != answer.body:
        return replace(answer, wire=None), None
    return answer, None if plain == answer.wire.body else digest(answer.wire.body)


def _compose(archive: Archive, prepared: list[_Prepared]) -> list[_Record]:
    asked = {one.payload_digest for one in prepared if one.payload_length and one.answer.making is None}
    originals = _find_originals(archive, asked)
    here: dict[tuple[str, bool], _Prepared] = {}
    records = []
    for one in prepared:
        if one.answer.making is not None:
            records.append(_record(one, None))
            continue
        key = (one.payload_digest, one.framed is None)
        holder: Capture | CaptureRow | _Prepared | None = originals.get(key) or here.get(key)
        if one.pending.unmodified is not None:
            holder = _holder(archive, one.pending.unmodified)
        if holder is None and one.payload_length and one.answer.truncated is None:
            here[key] = one
        records.append(_record(one, holder))
    return records


def _holder(archive: Archive, capture: Capture) -> Capture | CaptureRow:
    """The capture in whose record the payload stands."""
    if capture.original_id is None:
        return capture
    with archive.session() as session:
        return session.get_one(CaptureRow, capture.original_id)


def _record(one: _Prepared, holder: CaptureRow | Capture | _Prepared | None) -> _Record:
    original, framed = None, one.framed
    if isinstance(holder, _Prepared):
        framed = holder.framed
        stated = framed or holder.payload_digest
        original = Original(holder.record_id, holder.answer.url, holder.answer.fetched_at, stated)
    elif holder is not None:
        framed = holder.framed_digest
        stated = framed or holder.payload_digest
        original = Original(holder.record_id, holder.url, holder.fetched_at, stated)
    member = answer_member(
        one.answer,
        record_id=one.record_id,
        role=one.pending.role,
        crawl_id=one.pending.crawl_id,
        original=original,
        payload_digest=one.framed or one.payload_digest,
    )
    request = http_request(one.answer)
    asked = request_member(one.answer, request, record_id=new_id(), concurrent_to=one.record_id) if request else b""
    known = holder if isinstance(holder, _Prepared) else None if holder is None else holder.id
    return _Record(one, member + asked, len(member), known, framed)


def _find_originals(archive: Archive, digests: set[str]) -> dict[tuple[str, bool], CaptureRow]:
    """The first record of each payload, by its digest and whether it stands there as it is (or chunked)."""
    if not digests:
        return {}
    query = select(CaptureRow).where(CaptureRow.payload_digest.in_(sorted(digests)), _ORIGINALS)
    query = query.where(CaptureRow.lost_at.is_(None), CaptureRow.kind != _MADE).order_by(CaptureRow.id.desc())
    with archive.session() as session:
        found = reach.within(archive, session, session.scalars(query))
        return {(row.payload_digest, row.framed_digest is None): row for row in found}


def _insert(session: Session, file_id: int, start: int, records: list[_Record]) -> list[Capture]:
    """The rows of the records, in their order."""
    file = session.get_one(WarcFile, file_id).name
    ids: dict[str, int] = {}
    captures: list[Capture] = []
    waiting: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {}  # by record: what goes in together
    for record in records:
        one, original = record.prepared, record.original
        if isinstance(original, _Prepared):
            if original.record_id not in ids:
                captures += _insert_rows(session, file, waiting, ids)
            original = ids[original.record_id]
        answer = one.answer
        values: dict[str, Any] = {
            "position": start,
            "length": record.length,
            "kind": "revisit" if original is not None else answer.record_type,
            "record_id": one.record_id,
            "url": answer.url,
            "status": answer.status,
            "role": one.pending.role,
            "crawl_id": one.pending.crawl_id,
            "fetched_at": answer.fetched_at,
            "content_type": answer.header("Content-Type"),
            "payload_digest": one.payload_digest,
            "framed_digest": record.framed,
            "payload_length": one.payload_length,
            "original_id": original,
        }
        beside = {
            "file_id": file_id,
            "span": len(record.data),
            "digest": digest(record.data),
            "address": canonical(answer.url),
            "method": answer.method,
        }
        waiting[one.record_id] = values, beside
        start += len(record.data)
    return captures + _insert_rows(session, file, waiting, ids)


def _insert_rows(
    session: Session,
    file: str,
    waiting: dict[str, tuple[dict[str, Any], dict[str, Any]]],
    ids: dict[str, int],
) -> list[Capture]:
    """Insert what waits, in its order, in one statement; ``ids`` learns the numbers, by record."""
    if not waiting:
        return []
    numbered = insert(CaptureRow).returning(CaptureRow.id, sort_by_parameter_order=True)
    numbers = session.scalars(numbered, [{**values, **beside} for values, beside in waiting.values()]).all()
    ids.update(zip(waiting, numbers, strict=True))
    found = [
        Capture(id=number, file=file, **values) for number, (values, _) in zip(numbers, waiting.values(), strict=True)
    ]
    waiting.clear()
    return found
