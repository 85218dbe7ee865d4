"""Foreign records: what stands in the WARC, ARC and WACZ files of other programs, one after the other, as it stands there."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
import struct
import zipfile
import zlib
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, cast

from archive.errors import PayloadRefused, UnreadableImport
from archive.intake.unpacked import Damaged, Unpacked
from archive.warcs.codings import entity
from archive.warcs.records import WarcRecord, bare_id, header, read_head, split

ENDINGS = (".warc", ".warc.gz", ".warc.zst", ".warc.gz.open", ".arc", ".arc.gz", ".wacz")
LARGEST = 256 << 20  # bytes; as for a payload
_ANSWERS = frozenset({"response", "resource", "revisit"})
_WANTED = _ANSWERS | {"request"}
_LONGEST_LINE = 1 << 16  # bytes
_MOST_LINES = 1000
_REQUESTS = 16  # that wait for their answer: the two stand side by side
_LARGEST_REQUEST = 1 << 20
_MOST_MEMBERS = 100_000
_ZIP_RATIO = 200  # a plain WARC file packs to a fifth
_ENCRYPTED = 1  # the flag of a member
_LOCAL_LENGTHS = 26  # where a member's own header has the lengths of its name and of its extra field
_LENGTHS = {"md5": 16, "sha1": 20, "sha256": 32, "sha512": 64}
_MESSAGE = "application/http;msgtype=response"
_FAILURES = (Damaged, OSError, EOFError, zipfile.BadZipFile, zlib.error)
_VERSION = re.compile(rb"WARC/\d+\.\d+\s*\Z")


@dataclass(frozen=True)
class Source:
    """A file of records; ``name`` goes into the archive, ``member`` is its name in a WACZ file."""

    path: Path
    name: str
    member: str | None = None


@dataclass(frozen=True)
class ForeignRecord:
    """A record with where it stands, in words, and the request it answers; ``whole`` is false for one that was left unread."""

    record: WarcRecord
    place: str
    request: bytes = b""
    whole: bool = True

    @property
    def url(self) -> str | None:
        """The target's address."""
        url = self.record.field("WARC-Target-URI")
        return None if url is None else url.strip("<> ")  # some write brackets around it, as WARC 1.0 had it

    @property
    def moment(self) -> datetime | None:
        """WARC-Date, to the second; null where it says no time."""
        try:
            moment = datetime.fromisoformat((self.record.field("WARC-Date") or "").strip())
        except ValueError:
            return None
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).replace(microsecond=0)

    @property
    def is_sound(self) -> bool:
        """Whether the block is what its writer said it is; where the writer said nothing, it is."""
        record = self.record
        fits = _fits(record.field("WARC-Block-Digest"), [record.head + record.payload])
        # the payload's digest tells nothing alone: programs take it of the body as sent, without chunks, or unpacked
        return fits is not False or _fits(record.field("WARC-Payload-Digest"), _bodies(record)) is True


def sources(path: Path) -> Iterator[Source]:
    """The files of records that stand in a file. Raises :class:`UnreadableImport`."""
    if not path.name.lower().endswith(".wacz"):
        yield Source(path, path.name)
        return
    with _zip(path) as wacz:
        members = wacz.infolist()
        if len(members) > _MOST_MEMBERS:
            raise UnreadableImport(f"it has more than {_MOST_MEMBERS} members")
        names = [one.filename for one in members if _holds_records(one.filename)]
    if not names:
        raise UnreadableImport("it holds no archive/*.warc.gz as a WACZ file does")
    for name in names:
        yield Source(path, f"{path.name}/{name}", name)


@dataclass
class Bookmark:
    """How far a source was read: ``position`` in bytes of its file, the packed member and the place (in words) of the record at hand."""

    position: int = 0
    member: int = 0
    place: str = "at byte 0"


def records(source: Source, bookmark: Bookmark) -> Iterator[ForeignRecord]:
    """The answers of a source, each with its request; the bookmark is moved on.

    Raises :class:`UnreadableImport` where it is damaged or cut, after all that stands before.
    """
    with _open(source) as file:
        unpacked = Unpacked(file)
        try:
            yield from _with_requests(_records(unpacked, bookmark))
        except Damaged as damage:
            place = bookmark.place if damage.member <= bookmark.member else f"at byte {damage.member}"
            where = f" (in {source.member})" if source.member is not None else ""
            raise UnreadableImport(
                f"{damage}, {place}{where}; what stands before was imported: get the file anew for the rest"
            ) from damage


def label(field: str | None) -> str | None:
    """A digest field as ``algorithm:hexadecimal``, however it is written; null where it is none we know."""
    algorithm, _, written = (field or "").strip().partition(":")
    algorithm = algorithm.lower().replace("-", "")
    length = _LENGTHS.get(algorithm)
    if length is None:
        return None
    if len(written) == 2 * length:
        value = written.lower()
        return f"{algorithm}:{value}" if re.fullmatch(r"[0-9a-f]+", value) else None
    try:
        value = base64.b32decode(written.upper() + "=" * (-len(written) % 8)).hex()
    except (binascii.Error, ValueError):
        return None
    return f"{algorithm}:{value}" if len(value) == 2 * length else None


def _fits(field: str | None, blocks: list[bytes]) -> bool | None:
    """Whether one of the blocks has the digest; null where none is stated."""
    stated = label(field)
    if stated is None:
        return None
    algorithm, _, value = stated.partition(":")
    return any(hashlib.new(algorithm, block, usedforsecurity=False).hexdigest() == value for block in blocks)


def _bodies(record: WarcRecord) -> list[bytes]:
    if not record.head:
        return [record.payload]
    try:
        plain = entity(record.payload, header(read_head(record.head)[1], "Transfer-Encoding"), "")
    except PayloadRefused:
        return [record.payload]
    return [record.payload, plain]


def _holds_records(name: str) -> bool:
    return name.startswith("archive/") and name.lower().endswith(ENDINGS[:-1])


@contextmanager
def _zip(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as wacz:
            yield wacz
    except (
        zipfile.BadZipFile,
        RuntimeError,
        EOFError,
    ) as error:  # RuntimeError: it wants a password, or is packed as we do not read it
        raise UnreadableImport(f"it is no whole WACZ file ({error}): get it anew") from error


@contextmanager
def _open(source: Source) -> Iterator[BinaryIO]:
    """The file, or the member within its WACZ file: nothing is unpacked to the disk."""
    if source.member is None:
        with source.path.open("rb") as file:
            yield file
        return
    with _zip(source.path) as wacz:
        facts = wacz.getinfo(source.member)
        if facts.file_size > _ZIP_RATIO * max(1, facts.compress_size):
            raise UnreadableImport(f"{source.member} unpacks to more than {_ZIP_RATIO} times its size")
        if facts.compress_type == zipfile.ZIP_STORED and not facts.flag_bits & _ENCRYPTED:
            with source.path.open("rb") as file:
                yield cast("BinaryIO", _Stored(file, facts))
        else:
            with wacz.open(facts) as member:
                yield cast("BinaryIO", member)


class _Stored:
    """A member that stands in its zip file as it is, which is how WACZ files hold theirs.

    Read past :mod:`zipfile`, which throws away the last bytes of a member with a wrong checksum; what is in it has its own.
    """

    def __init__(self, file: BinaryIO, facts: zipfile.ZipInfo) -> None:
        file.seek(facts.header_offset + _LOCAL_LENGTHS)
        lengths: tuple[int, int] = struct.unpack("<HH", file.read(4).ljust(4, b"\0"))
        self._file = file
        self._start = file.tell() + sum(lengths)
        self._size = facts.file_size
        self.seek(0)

    def read(self, size: int) -> bytes:
        """At most so many bytes."""
        return self._file.read(max(0, min(size, self._size - self.tell())))

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a position from the member's beginning."""
        del whence  # its readers count from there only
        self._file.seek(self._start + offset)
        return offset

    def tell(self) -> int:
        """The position from the member's beginning."""
        return self._file.tell() - self._start

    def close(self) -> None:
        """Nothing: the file is closed by whoever opened it."""


def _with_requests(found: Iterator[ForeignRecord]) -> Iterator[ForeignRecord]:
    """Each answer with the request that says it is concurrent to it, or that it says so of: before it or right behind it."""
    requests: OrderedDict[str, WarcRecord] = OrderedDict()
    held: ForeignRecord | None = None
    try:
        for one in found:
            if one.record.type != "request":
                if held is not None:
                    yield held
                held = replace(one, request=_request_of(one.record, list(requests.values())))
                continue
            request = one.record
            if held is not None and not held.request and _request_of(held.record, [request]):
                held = replace(held, request=request.head + request.payload)
            elif request.record_id is not None and len(request.head) + len(request.payload) <= _LARGEST_REQUEST:
                requests[request.record_id] = request
                if len(requests) > _REQUESTS:
                    requests.popitem(last=False)
    except _FAILURES:
        if held is not None:
            yield held
        raise
    if held is not None:
        yield held


def _request_of(answer: WarcRecord, requests: list[WarcRecord]) -> bytes:
    said = _concurrent(answer)
    for request in requests:
        if request.record_id in said or (answer.record_id is not None and answer.record_id in _concurrent(request)):
            return request.head + request.payload
    return b""


def _concurrent(record: WarcRecord) -> set[str | None]:
    return {bare_id(value) for name, value in record.fields if name.lower() == "warc-concurrent-to"}


def _records(unpacked: Unpacked, bookmark: Bookmark) -> Iterator[ForeignRecord]:
    while unpacked.skip_line_ends():
        bookmark.position, bookmark.member, bookmark.place = (
            unpacked.position,
            unpacked.member_ahead(),
            unpacked.place(),
        )
        first = unpacked.line(_LONGEST_LINE)
        if _VERSION.match(first):
            fields, size = _warc_fields(unpacked)
        elif b"://" in first or first.startswith((b"filedesc:", b"dns:")):
            fields, size = _arc_fields(unpacked, first)
        else:
            raise Damaged("what stands there is no WARC or ARC record", member=unpacked.member())
        kind = header(fields, "WARC-Type") or ""
        if kind not in _WANTED or size > LARGEST:
            unpacked.skip(size)
            if kind in _ANSWERS:
                yield ForeignRecord(WarcRecord(kind, fields, b"", b""), bookmark.place, whole=False)
            continue
        one = ForeignRecord(_record(fields, unpacked.read(size)), bookmark.place)
        home = unpacked.member()
        try:
            unpacked.skip_line_ends()  # to the end of its member, where the packing proves right or not
        except Damaged as damage:
            if damage.cut or damage.member != home:
                yield one
            raise
        yield one


def _warc_fields(unpacked: Unpacked) -> tuple[tuple[tuple[str, str], ...], int]:
    """The fields of a WARC record and the length of its block."""
    lines: list[bytes] = []
    while line := unpacked.line(_LONGEST_LINE):
        if not line.rstrip(b"\r\n"):
            break
        lines.append(line)
        if len(lines) > _MOST_LINES:
            raise Damaged(f"a record has more than {_MOST_LINES} fields", member=unpacked.member())
    if not line:
        raise Damaged("it ends within a record", member=unpacked.member(), cut=True)
    fields: list[tuple[str, str]] = []
    for line in lines:
        text = line.decode("utf-8", "replace").rstrip("\r\n")
        if text[:1] in {" ", "\t"} and fields:
            fields[-1] = (fields[-1][0], f"{fields[-1][1]} {text.strip()}")
        else:
            name, _, value = text.partition(":")
            fields.append((name.strip(), value.strip()))
    length = header(tuple(fields), "Content-Length") or ""
    if not length.isascii() or not length.isdecimal():
        raise Damaged("a record does not say its length", member=unpacked.member())
    return tuple(fields), int(length)


def _arc_fields(unpacked: Unpacked, line: bytes) -> tuple[tuple[tuple[str, str], ...], int]:
    """The line before an ARC record (version 1 or 2), as the fields a WARC record would have."""
    words = line.decode("utf-8", "replace").split()
    try:
        # version 2 has five words more between type and length, and an address may hold spaces
        after = next(at for at in (-4, -9) if len(words) > -at and re.fullmatch(r"\d{14}|\d{12}", words[at + 1]))
        size = int(words[-1])
        moment = datetime.strptime(words[after + 1].ljust(14, "0"), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except (StopIteration, ValueError) as error:
        raise Damaged("what stands there is no WARC or ARC record", member=unpacked.member()) from error
    about = words[0].startswith("filedesc:")
    fields = (
        ("WARC-Type", "warcinfo" if about else "response"),
        ("WARC-Target-URI", " ".join(words[:after])),
        ("WARC-Date", moment.isoformat()),
        ("Content-Type", words[after + 2]),
    )
    return fields, size


def _record(fields: tuple[tuple[str, str], ...], block: bytes) -> WarcRecord:
    if block.startswith(b"HTTP/") and header(fields, "WARC-Record-ID") is None:  # ARC states the type of the page
        fields = (*(one for one in fields if one[0] != "Content-Type"), ("Content-Type", _MESSAGE))
    return split(fields, block)
