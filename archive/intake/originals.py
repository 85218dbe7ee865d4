"""Originals: the answers that the revisit records of other programs refer to, found among what was imported."""

from __future__ import annotations

import hashlib
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select

from archive.addresses import canonical, wire
from archive.captures import Capture, by_id, from_row, read, select_captures, stored_payload
from archive.errors import AddressRefused, ArchiveError
from archive.intake.foreign import ForeignRecord, label
from archive.schema import CaptureRow
from archive.store import Archive
from archive.warcs.records import bare_id

_TABLE = "CREATE TABLE originals (key TEXT PRIMARY KEY, url TEXT, at TEXT, digest TEXT, kept INTEGER) WITHOUT ROWID"
_ADD = "INSERT OR IGNORE INTO originals VALUES (?, ?, ?, ?, ?)"
_FIND = "SELECT url, at, digest, kept FROM originals WHERE key = ?"
_MOST = 50  # captures of one address whose bytes are looked at


@dataclass(frozen=True)
class Original:
    """What a revisit refers to: a capture, or (``capture`` is null) an answer in the files that was no document."""

    capture: Capture | None


class Originals:
    """Where the answers of the imported files stand, by record id, by address and time, and by digest.

    A revisit may stand before its original, and in another file. The table lies in a private file that the database
    removes: it may grow with the files that are imported.
    """

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._table = sqlite3.connect("")
        self._table.execute("PRAGMA journal_mode=OFF")
        self._table.execute(_TABLE)

    def close(self) -> None:
        """Drop the table."""
        self._table.close()

    def add(self, one: ForeignRecord, *, kept: bool) -> None:
        """Note an answer; ``kept`` says that it is (or will be) in the archive."""
        url, moment = one.url, one.moment
        if url is None or moment is None:
            return
        stated = label(one.record.field("WARC-Payload-Digest"))
        keys = [_at(url, moment)]
        if one.record.record_id is not None:
            keys.append(f"id {one.record.record_id}")
        if stated is not None:
            keys.append(f"is {stated}")
        self._table.executemany(_ADD, [(key, url, moment.isoformat(), stated, kept) for key in keys])

    def find(self, revisit: ForeignRecord) -> Original | None:
        """What a revisit refers to: by the id, the address and time, or the digest it names; never by likeness."""
        field = revisit.record.field
        stated = label(field("WARC-Payload-Digest"))
        url, moment = (field("WARC-Refers-To-Target-URI") or "").strip("<> "), _moment(field("WARC-Refers-To-Date"))
        keys = [f"id {bare_id(field('WARC-Refers-To'))}"]
        if url and moment is not None:
            keys.append(_at(url, moment))
        if stated is not None:
            keys.append(f"is {stated}")
        for key in keys:
            row = self._table.execute(_FIND, (key,)).fetchone()
            if row is None or _contradict(row[2], stated):
                continue
            if not row[3]:
                return Original(None)
            captures = self._archived(row[0], datetime.fromisoformat(row[1]))
            capture = captures[0] if len(captures) == 1 else self._having(captures, stated)
            if capture is not None:
                return Original(capture)
        return self._known_before(url or revisit.url, moment, stated)

    def _known_before(self, url: str | None, moment: datetime | None, stated: str | None) -> Original | None:
        """A capture of an earlier import, or of a crawl."""
        captures = self._archived(url, moment) if url is not None and (moment is not None or stated is not None) else []
        capture = self._having(captures, stated) if stated is not None or len(captures) != 1 else captures[0]
        if capture is None and stated is not None and stated.startswith("sha256:"):
            capture = self._with_digest(stated.partition(":")[2])
        return None if capture is None else Original(capture)

    def _archived(self, url: str, moment: datetime | None) -> list[Capture]:
        """The captures of an address, at a time where one is named; the newest first."""
        try:
            query = select_captures().where(CaptureRow.address == canonical(url), CaptureRow.url == wire(url))
        except AddressRefused:
            return []
        query = query.where(CaptureRow.lost_at.is_(None), CaptureRow.status == 200, CaptureRow.kind != "conversion")
        if moment is not None:
            query = query.where(CaptureRow.fetched_at == moment)
        with self._archive.session() as session:
            found = session.execute(query.order_by(CaptureRow.id.desc()).limit(_MOST)).all()
        return [from_row(*row) for row in found]

    def _having(self, captures: list[Capture], stated: str | None) -> Capture | None:
        return next((one for one in captures if stated is not None and self._has(one, stated)), None)

    def _with_digest(self, sha256: str) -> Capture | None:
        query = select(CaptureRow.id).where(CaptureRow.payload_digest == sha256)
        query = query.where(CaptureRow.kind.not_in(["revisit", "conversion"]))
        with self._archive.session() as session:
            number = session.scalars(query.where(CaptureRow.lost_at.is_(None)).order_by(CaptureRow.id).limit(1)).first()
        return None if number is None else by_id(self._archive, number)

    def _has(self, capture: Capture, stated: str) -> bool:
        """Whether a capture's payload has the digest, with its chunks or without."""
        algorithm, _, value = stated.partition(":")
        holder = capture if capture.original_id is None else by_id(self._archive, capture.original_id)
        try:
            bodies = [read(self._archive, holder).payload, stored_payload(self._archive, capture)]
        except ArchiveError:  # verify tells of it
            return False
        return any(hashlib.new(algorithm, body, usedforsecurity=False).hexdigest() == value for body in bodies)


def _at(url: str, moment: datetime) -> str:
    return f"at {moment:%Y%m%d%H%M%S} {url}"


def _moment(field: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat((field or "").strip())
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).replace(microsecond=0)


def _contradict(one: str | None, other: str | None) -> bool:
    """Whether two digests are of different payloads; two of different algorithms say nothing of each other."""
    if one is None or other is None:
        return False
    return one != other and one.partition(":")[0] == other.partition(":")[0]
