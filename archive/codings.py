"""Content codings: what a server packed is unpacked within bounds, and never further."""

from __future__ import annotations

import re
import sys
import zlib

import brotli

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

from archive.errors import PayloadRefused

LIMIT = 256 << 20  # bytes; the largest reports are scans of some tens of megabytes
_STEP = 1 << 20
_ZSTD = b"\x28\xb5\x2f\xfd"
_MARKUP = re.compile(rb"(?:\xef\xbb\xbf)?\s*<[!?a-zA-Z]")  # these two codings have no sign of their own
_HEXADECIMAL = re.compile(rb"[0-9A-Fa-f]{1,8}")


def decode(body: bytes, coding: str | None, url: str) -> bytes:
    """The body without the codings of a ``Content-Encoding`` header. Raises :class:`PayloadRefused`.

    A body that plainly is not in the coding its header names is returned as it is: servers and proxies unpack a file
    and leave the header.
    """
    names = [name.strip().lower() for name in (coding or "").split(",")]
    for name in reversed(names):
        if name in {"", "identity"} or not body:
            continue
        if name in {"gzip", "x-gzip"}:
            body = _inflate(body, 16 + zlib.MAX_WBITS, url) if body.startswith(b"\x1f\x8b") else body
        elif name == "deflate":  # zlib by the standard, raw deflate in practice
            body = (
                body
                if _MARKUP.match(body)
                else _inflate(body, zlib.MAX_WBITS if _is_zlib(body) else -zlib.MAX_WBITS, url)
            )
        elif name == "br":
            body = body if _MARKUP.match(body) else _unpack_brotli(body, url)
        elif name == "zstd":
            body = _unpack_zstd(body, url) if body.startswith(_ZSTD) else body
        else:
            raise PayloadRefused(f"the payload of {url} has the content coding {name!r}, which is not read")
    return body


def entity(body: bytes, transfer_encoding: str | None, url: str) -> bytes:
    """The body without its transfer coding (RFC 9112, 7.1). Raises :class:`PayloadRefused`.

    A body that is not chunked although its header says so is returned as it is, as with content codings.
    """
    if (transfer_encoding or "").strip().lower() != "chunked":
        return body
    plain: list[bytes] = []
    position = 0
    while True:
        end = body.find(b"\n", position)
        size = body[position:end].partition(b";")[0].strip() if end >= 0 else b""
        if not _HEXADECIMAL.fullmatch(size):
            if not plain:
                return body
            raise PayloadRefused(f"the chunks of {url} are damaged at {position}")
        length = int(size, 16)
        if length == 0:
            return b"".join(plain)
        position = end + 1
        if position + length > len(body):
            raise PayloadRefused(f"the chunks of {url} are cut")
        plain.append(body[position : position + length])
        position += length
        position += 2 if body[position : position + 2] == b"\r\n" else 1


def _is_zlib(body: bytes) -> bool:
    return len(body) > 1 and body[0] & 0x0F == 8 and int.from_bytes(body[:2], "big") % 31 == 0


def _inflate(body: bytes, window: int, url: str) -> bytes:
    unpacker, plain, rest = zlib.decompressobj(window), bytearray(), body
    try:
        while rest and not unpacker.eof:
            plain += unpacker.decompress(rest, _STEP)
            rest = unpacker.unconsumed_tail
            _check(len(plain), url)
        plain += unpacker.flush()
    except zlib.error as error:
        raise PayloadRefused(f"the payload of {url} cannot be inflated: {error}") from error
    _check(len(plain), url)
    return bytes(plain)


def _unpack_brotli(body: bytes, url: str) -> bytes:
    unpacker, plain = brotli.Decompressor(), bytearray()
    try:
        plain += unpacker.process(body, output_buffer_limit=_STEP)
        while not unpacker.can_accept_more_data():
            plain += unpacker.process(b"", output_buffer_limit=_STEP)
            _check(len(plain), url)
    except brotli.error as error:
        raise PayloadRefused(f"the payload of {url} cannot be unpacked: {error}") from error
    return bytes(plain)


def _unpack_zstd(body: bytes, url: str) -> bytes:
    plain, rest = bytearray(), body
    try:
        while rest.startswith(_ZSTD):  # a body may be several frames
            unpacker = zstd.ZstdDecompressor()
            plain += unpacker.decompress(rest, _STEP)
            while not unpacker.eof and not unpacker.needs_input:
                plain += unpacker.decompress(b"", _STEP)
                _check(len(plain), url)
            if not unpacker.eof:
                raise PayloadRefused(f"the payload of {url} is cut: its zstd frame has no end")
            rest = unpacker.unused_data
    except zstd.ZstdError as error:
        raise PayloadRefused(f"the payload of {url} cannot be unpacked: {error}") from error
    _check(len(plain), url)
    return bytes(plain)


def _check(length: int, url: str) -> None:
    if length > LIMIT:
        raise PayloadRefused(f"the payload of {url} inflates beyond {LIMIT >> 20} MiB")
