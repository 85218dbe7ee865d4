"""The beginning of a body behind its content coding, as much as was asked for and never more."""

from __future__ import annotations

import zlib

import brotli


def peek(body: bytes, coding: str | None, most: int) -> bytes:
    """At most ``most`` bytes of a body without its content coding; the body's own beginning where it does not decode."""
    for name in reversed([part.strip().lower() for part in (coding or "").split(",")]):
        try:
            if name in {"gzip", "x-gzip"} and body.startswith(b"\x1f\x8b"):
                body = zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(body, most)
            elif name == "deflate":
                body = _inflate_deflate(body, most)
            elif name == "br":
                body = brotli.Decompressor().process(body, output_buffer_limit=most)
        except (zlib.error, brotli.error):
            break
    return body[:most]


def _inflate_deflate(body: bytes, most: int) -> bytes:
    """``deflate`` is zlib by the standard and raw deflate in practice."""
    try:
        return zlib.decompressobj().decompress(body, most)
    except zlib.error:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(body, most)
