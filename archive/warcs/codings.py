"""Content codings: what a server packed is unpacked within bounds, and never further."""

from __future__ import annotations

import re
import sys
import zlib
from dataclasses import dataclass

import brotli

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

from archive.errors import PayloadRefused, PayloadTooLarge

LIMIT = 256 << 20  # bytes; the largest reports are scans of some tens of megabytes
MOST_CODINGS = 3  # one upon the other; more than one is a mistake, and a thousand are an attack
MOST_PARTS = 1000  # gzip members or zstd frames of a body; each costs time, even an empty one
_STEP = 1 << 20
_PIECE = 16 << 10  # bytes fed at once where parts follow each other: what is left of a piece is copied at each end
_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_MARKUP = re.compile(rb"(?:\xef\xbb\xbf)?\s*<[!?a-zA-Z]")  # these two codings have no sign of their own
_HEXADECIMAL = re.compile(rb"[0-9A-Fa-f]{1,8}")


def decode(body: bytes, coding: str | None, url: str, most: int | None = None) -> bytes:
    """The body without the codings of a ``Content-Encoding`` header, of at most so many bytes (``LIMIT``) after each of them.

    Raises :class:`PayloadRefused`, and of it :class:`PayloadTooLarge` for what is made to fill the memory. A body that plainly is not in the coding its header names is returned as it is: servers and proxies unpack a file
    and leave the header.
    """
    names = [name for part in (coding or "").split(",") if (name := part.strip().lower()) not in {"", "identity"}]
    if len(names) > MOST_CODINGS:
        raise PayloadTooLarge(f"the payload of {url} has {len(names)} content codings one upon the other")
    limit = _Limit(url, LIMIT if most is None else most)
    for name in reversed(names):
        if not body:
            continue
        if name in {"gzip", "x-gzip"}:
            body = _unpack_gzip(body, limit) if body.startswith(_GZIP) else body
        elif name == "deflate":  # zlib by the standard, raw deflate in practice
            body = (
                body
                if _MARKUP.match(body)
                else _inflate(body, zlib.MAX_WBITS if _is_zlib(body) else -zlib.MAX_WBITS, limit)
            )
        elif name == "br":
            body = body if _MARKUP.match(body) else _unpack_brotli(body, limit)
        elif name == "zstd":
            body = _unpack_zstd(body, limit) if body.startswith(_ZSTD) else body
        else:
            raise PayloadRefused(f"the payload of {url} has the content coding {name!r}, which is not read")
    return body


def entity(body: bytes, transfer_encoding: str | None, url: str) -> bytes:
    """The body without its transfer coding (RFC 9112, 7.1). Raises :class:`PayloadRefused`.

    A body that is not chunked although its header says so is returned as it is, as with content codings.
    """
    if (transfer_encoding or "").strip().lower() != "chunked":
        return body
    plain = bytearray()
    begun = False
    position = 0
    while True:
        end = body.find(b"\n", position)
        size = body[position:end].partition(b";")[0].strip() if end >= 0 else b""
        if not _HEXADECIMAL.fullmatch(size):
            if not begun:
                return body
            raise PayloadRefused(f"the chunks of {url} are damaged at {position}")
        length = int(size, 16)
        if length == 0:
            return bytes(plain)
        position = end + 1
        if position + length > len(body):
            raise PayloadRefused(f"the chunks of {url} are cut")
        begun = True
        plain += body[position : position + length]
        position += length
        position += 2 if body[position : position + 2] == b"\r\n" else 1


def _is_zlib(body: bytes) -> bool:
    return len(body) > 1 and body[0] & 0x0F == 8 and int.from_bytes(body[:2], "big") % 31 == 0


@dataclass(frozen=True)
class _Limit:
    """How far a payload may inflate."""

    url: str
    most: int

    def check(self, length: int) -> None:
        """Raise :class:`PayloadTooLarge` for a length beyond it."""
        if length > self.most:
            raise PayloadTooLarge(f"the payload of {self.url} inflates beyond {_size(self.most)}")

    def count(self, parts: int) -> None:
        """Raise :class:`PayloadTooLarge` for more parts than any program makes."""
        if parts > MOST_PARTS:
            raise PayloadTooLarge(f"the payload of {self.url} is packed in more than {MOST_PARTS} parts")

    def refusal(self, verb: str, error: Exception) -> PayloadRefused:
        """What to raise for a damaged payload."""
        return PayloadRefused(f"the payload of {self.url} cannot be {verb}: {error}")


def _inflate(body: bytes, window: int, limit: _Limit) -> bytes:
    unpacker, plain, rest = zlib.decompressobj(window), bytearray(), body
    try:
        while rest and not unpacker.eof:
            plain += unpacker.decompress(rest, _STEP)
            rest = unpacker.unconsumed_tail
            limit.check(len(plain))
        plain += unpacker.flush()
    except zlib.error as error:
        raise limit.refusal("inflated", error) from error
    limit.check(len(plain))
    return bytes(plain)


def _unpack_gzip(body: bytes, limit: _Limit) -> bytes:
    """A body may be several members (RFC 1952, 2.2); what is no member behind one is padding."""
    plain, position, members = bytearray(), 0, 0
    try:
        while body.startswith(_GZIP, position):
            members += 1
            limit.count(members)
            unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
            while not unpacker.eof and position < len(body):
                piece = body[position : position + _PIECE]
                position += len(piece)
                while piece and not unpacker.eof:
                    plain += unpacker.decompress(piece, _STEP)
                    piece = unpacker.unconsumed_tail
                    limit.check(len(plain))
            if not unpacker.eof:  # after the end flushing would double what is left
                plain += unpacker.flush()
                limit.check(len(plain))
            position -= len(unpacker.unused_data)
    except zlib.error as error:
        raise limit.refusal("inflated", error) from error
    return bytes(plain)


def _unpack_brotli(body: bytes, limit: _Limit) -> bytes:
    unpacker, plain = brotli.Decompressor(), bytearray()
    try:
        step = unpacker.process(body, output_buffer_limit=_STEP)
        while step:  # it says that it can accept more while it still holds some of what it has
            plain += step
            limit.check(len(plain))
            step = unpacker.process(b"", output_buffer_limit=_STEP) if not unpacker.is_finished() else b""
    except brotli.error as error:
        raise limit.refusal("unpacked", error) from error
    return bytes(plain)


def _unpack_zstd(body: bytes, limit: _Limit) -> bytes:
    plain, position, frames = bytearray(), 0, 0
    try:
        while body.startswith(_ZSTD, position):  # a body may be several frames
            frames += 1
            limit.count(frames)
            unpacker = zstd.ZstdDecompressor()
            while not unpacker.eof and (position < len(body) or not unpacker.needs_input):
                piece = body[position : position + _PIECE] if unpacker.needs_input else b""
                position += len(piece)
                plain += unpacker.decompress(piece, _STEP)
                limit.check(len(plain))
            if not unpacker.eof:
                raise PayloadRefused(f"the payload of {limit.url} is cut: its zstd frame has no end")
            position -= len(unpacker.unused_data)
    except zstd.ZstdError as error:
        raise limit.refusal("unpacked", error) from error
    return bytes(plain)


def _size(length: int) -> str:
    return f"{length >> 20} MiB" if length >= 1 << 20 else f"{length} bytes"
