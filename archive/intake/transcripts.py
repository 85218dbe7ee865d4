"""Transcripts: what a foreign record says an address answered, its head and body byte for byte; or why it is not kept."""

from __future__ import annotations

from urllib.parse import urlsplit

from archive.addresses import wire
from archive.captures import DOCUMENT_ROLES, Capture, by_id, head, read, stored_payload
from archive.errors import AddressRefused, PayloadRefused
from archive.intake.candidates import is_never
from archive.intake.foreign import ForeignRecord, Source
from archive.store import Archive
from archive.warcs.codings import entity
from archive.warcs.records import ROLE, Answer, Wire, header, read_head, status_of

NO_DOCUMENT, NO_PLACE, REDIRECT = "no document", "no address or time", "redirect"
OTHER_STATUS, PARTIAL, TOO_LARGE, DAMAGED = "another status", "cut by its writer", "too large", "damaged"
_SCHEMES = frozenset({"http", "https", "ftp", "file"})  # browser tools keep texts and pictures under urn: and text:
_DELIVERED, _NOT_MODIFIED = 200, 304


class NotKept(Exception):
    """A record that brings no document; the message is one of the words above."""


def of_record(one: ForeignRecord, source: Source) -> Answer:
    """What a ``response`` or ``resource`` record says was answered. Raises :class:`NotKept`."""
    url = _place(one)
    record = one.record
    content_type = record.field("Content-Type")
    if not record.head:
        stated = (("Content-Type", content_type or ""),)
        return _answer(one, source, url, _DELIVERED, "OK", stated, record.payload, Wire(b"", record.payload))
    line, headers = read_head(record.head)
    _, status, reason = status_of(line)
    body = _plain(one, headers, url)
    return _answer(one, source, url, status, reason, headers, body, Wire(record.head, record.payload, one.request))


def status_of_revisit(one: ForeignRecord) -> int | None:
    """The status a ``revisit`` record states, null where it has no head. Raises :class:`NotKept` for what is no document."""
    _place(one)
    if not one.record.head:
        return None
    line, headers = read_head(one.record.head)
    status = status_of(line)[1]
    if status not in {_DELIVERED, _NOT_MODIFIED}:
        raise NotKept(REDIRECT if 300 <= status < 400 else OTHER_STATUS)
    if is_never(header(headers, "Content-Type")):
        raise NotKept(NO_DOCUMENT)
    return status


def of_revisit(one: ForeignRecord, source: Source, original: Capture, archive: Archive) -> Answer:
    """What a ``revisit`` record says was answered: its own head, and the body its original has. Raises :class:`NotKept`."""
    url, said = _place(one), one.record.head
    of_original = head(archive, original)
    status = status_of_revisit(one)
    if status == _NOT_MODIFIED:
        line, headers = read_head(said)
        return _answer(one, source, url, status, status_of(line)[2], headers, b"", Wire(said, b"", one.request))
    holder = original if original.original_id is None else by_id(archive, original.original_id)
    framed, plain = read(archive, holder).payload, stored_payload(archive, original)
    coding = "Content-Encoding"
    if not said or header(read_head(said)[1], coding) != header(of_original, coding):
        said = read(archive, original).head  # the body is coded as its own head says
    if not said:
        return _answer(one, source, url, _DELIVERED, "OK", of_original, plain, None)
    line, headers = read_head(said)
    body = framed if (header(headers, "Transfer-Encoding") or "").strip().lower() == "chunked" else plain
    transcript = Wire(said, body, one.request)
    return _answer(one, source, url, _DELIVERED, status_of(line)[2], headers, plain, transcript)


def _place(one: ForeignRecord) -> str:
    """The address as it is kept; what cannot be a document is refused here already."""
    record = one.record
    try:
        url = wire(one.url or "")
    except AddressRefused as error:
        raise NotKept(NO_PLACE) from error
    if one.moment is None:
        raise NotKept(NO_PLACE)
    role = record.field(ROLE)  # where the file is one of ours
    if urlsplit(url).scheme.lower() not in _SCHEMES or (role is not None and role not in DOCUMENT_ROLES):
        raise NotKept(NO_DOCUMENT)
    if not one.whole:
        raise NotKept(TOO_LARGE)
    if record.field("WARC-Truncated") is not None or record.field("WARC-Segment-Number") is not None:
        raise NotKept(PARTIAL)  # a report of which the end is missing would be read as one that says less
    if not one.is_sound:
        raise NotKept(DAMAGED)
    return url


def _plain(one: ForeignRecord, headers: tuple[tuple[str, str], ...], url: str) -> bytes:
    try:
        return entity(one.record.payload, header(headers, "Transfer-Encoding"), url)
    except PayloadRefused:  # deriving says so
        return one.record.payload


def _answer(
    one: ForeignRecord,
    source: Source,
    url: str,
    status: int,
    reason: str,
    headers: tuple[tuple[str, str], ...],
    body: bytes,
    transcript: Wire | None,
) -> Answer:
    moment = one.moment
    if moment is None:
        raise NotKept(NO_PLACE)
    method = one.request.partition(b" ")[0].decode("latin-1")
    return Answer(
        url,
        status,
        reason,
        headers,
        body,
        moment,
        method=method if method.isalpha() else "GET",
        wire=transcript,
        source=f"{one.record.field('WARC-Record-ID') or f'the record {one.place}'} in {source.name}",
    )
