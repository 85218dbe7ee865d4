"""Gzip members, read strictly: to the last byte of their trailer, and with nothing of a record left unexplained."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from typing import BinaryIO

from archive.warcs.records import WarcRecord, block_digest, digest, labelled, split

_MAGIC = b"\x1f\x8b\x08"
_CHUNK = 1 << 16
_FIELD = re.compile(rb"([!-9;-~]+): ?([^\r\n]*)\Z")
_MAX_LENGTH = 1 << 31
_WITH_PAYLOAD = frozenset({"response", "resource", "conversion"})


class Broken(Exception):
    """What stands here is no whole record; ``cut`` if only its end is missing."""

    def __init__(self, what: str, *, cut: bool) -> None:
        super().__init__(what)
        self.cut = cut


@dataclass(frozen=True)
class Member:
    """A whole gzip member and the record in it."""

    position: int
    length: int
    record: WarcRecord


def read(file: BinaryIO, position: int) -> Member:
    """The member at ``position``. Raises :class:`Broken`."""
    plain, length = inflate(file, position)
    return Member(position, length, parse(plain))


def inflate(file: BinaryIO, position: int) -> tuple[bytes, int]:
    """The content of the member at ``position`` and its compressed length; its CRC and size were checked."""
    file.seek(position)
    unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
    plain, taken = bytearray(), 0
    while not unpacker.eof:
        chunk = file.read(_CHUNK)
        if not chunk:
            raise Broken("the gzip member is cut", cut=True)
        try:
            plain += unpacker.decompress(chunk)
        except zlib.error as error:
            raise Broken(f"the gzip member is damaged ({error})", cut=False) from error
        taken += len(chunk)
        if len(plain) > _MAX_LENGTH:
            raise Broken("the record is larger than any of ours", cut=False)
    return bytes(plain), taken - len(unpacker.unused_data)


def parse(plain: bytes) -> WarcRecord:
    """The record of an inflated member, its fields, length, ending and digests checked. Raises :class:`Broken`."""
    head, found, rest = plain.partition(b"\r\n\r\n")
    version, *lines = head.split(b"\r\n")
    if not found or not version.startswith(b"WARC/1."):
        raise Broken("the member holds no WARC record", cut=False)
    fields: list[tuple[str, str]] = []
    for line in lines:
        match = _FIELD.match(line)
        if match is None:
            raise Broken(f"the record has a header line that is none: {line[:60]!r}", cut=False)
        fields.append((match.group(1).decode("ascii"), match.group(2).decode("utf-8", "replace")))
    record = WarcRecord("", tuple(fields), b"", b"")
    if record.field("Content-Length") != str(len(rest) - 4) or not rest.endswith(b"\r\n\r\n"):
        raise Broken(
            f"Content-Length says {record.field('Content-Length')}, the block has {len(rest) - 4} bytes", cut=False
        )
    block = rest[:-4]
    if record.field("WARC-Block-Digest") != block_digest(block):
        raise Broken("the block digest does not fit the block", cut=False)
    whole = split(tuple(fields), block)
    said = whole.field("WARC-Payload-Digest")
    if whole.type in _WITH_PAYLOAD and said != labelled(digest(whole.payload)):
        raise Broken("the payload digest does not fit the payload", cut=False)
    return whole


def next_record(file: BinaryIO, position: int) -> int | None:
    """Where the first whole record at or behind ``position`` begins; null where there is none."""
    file.seek(position)
    tail = file.read()
    start = tail.find(_MAGIC)
    while start >= 0:
        try:
            read(file, position + start)
        except Broken:
            start = tail.find(_MAGIC, start + 1)
        else:
            return position + start
    return None
