"""Answers that are made to hurt, each by its name; the hosts of one crawl give them side by side."""

from __future__ import annotations

import gzip
import socket
import struct
import zlib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from itertools import repeat

import brotli
from backports import zstd

from tests.crawler import pages
from tests.crawler.servers import Answer

MOST = 1 << 20  # DOWNLOAD_MAXSIZE of these crawls, bytes
HUGE = 200 << 20  # bytes a bomb inflates to
OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


def said(
    data: bytes, more: Iterator[bytes] | None = None, then: Callable[[BaseHTTPRequestHandler], None] | None = None
) -> Answer:
    """What goes over the wire as it stands here; ``more`` until the crawler hangs up."""

    def act(connection: BaseHTTPRequestHandler) -> None:
        try:
            connection.wfile.write(data)
            for part in more or ():
                connection.wfile.write(part)
            if then is not None:
                then(connection)
        except OSError:
            return  # the crawler hung up, as it should

    return Answer(act=act)


def drip(data: bytes, drop: bytes) -> Answer:
    """A drop each tenth of a second, for as long as somebody listens."""

    def drops(connection: BaseHTTPRequestHandler) -> None:
        connection.connection.settimeout(0.1)
        while True:
            connection.wfile.write(drop)
            try:
                if connection.connection.recv(1) == b"":
                    return
            except TimeoutError:
                continue

    return said(data, then=drops)


def hold(connection: BaseHTTPRequestHandler) -> None:
    """Nothing more, and the connection stays open."""
    while connection.connection.recv(1024):
        continue


def reset(connection: BaseHTTPRequestHandler) -> None:
    """The connection is cut with RST."""
    connection.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.connection.close()


def packed(body: bytes, coding: str) -> Answer:
    """A body in its content coding."""
    return Answer(body, headers={"Content-Encoding": coding})


def deflated(window: int) -> bytes:
    """Zeros, with a window as zlib counts it."""
    packer = zlib.compressobj(9, zlib.DEFLATED, window)
    return b"".join(packer.compress(bytes(1 << 20)) for _ in range(HUGE >> 20)) + packer.flush()


def attributes(number: int) -> str:
    """A page with one element that has so many attributes."""
    return f"<html><body><a {' '.join(f'a{n}=1' for n in range(number))}>青禾市</a></body></html>"


BOMB = deflated(31)
WHOLE = pages.article(pages.AGENCIES[0]).encode()

ATTACKS: dict[str, Answer] = {
    # Bombs
    "gzip": packed(BOMB, "gzip"),
    "deflate": packed(deflated(-15), "deflate"),
    "brotli": packed(brotli.compress(bytes(HUGE), quality=1), "br"),
    "zstd": packed(zstd.compress(bytes(HUGE)), "zstd"),
    "nested": packed(gzip.compress(gzip.compress(BOMB)), "gzip, gzip, gzip"),
    "layers": packed(b"x" * 99, ", ".join(["gzip"] * 1000)),
    "members": packed(gzip.compress(b"") * 5000, "gzip"),
    "no gzip": packed(b"\x1f\x8b no gzip", "gzip"),
    # Size
    "announced": said(OK + b"Content-Length: 300000000\r\n\r\n", repeat(b"<p>x</p>" * 8192)),
    "endless": said(OK + b"\r\n", repeat(b"<p>x</p>" * 8192)),
    "chunks": said(CHUNKED, repeat(b"1000\r\n" + b"<p>x</p>" * 512 + b"\r\n")),
    "astronomic": said(OK + b"Content-Length: " + b"9" * 30 + b"\r\n\r\nhello"),
    "digits": said(OK + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\nhello"),
    # Heads
    "headers": said(OK, repeat(b"X-Flood: flood\r\n" * 500)),
    "folded": said(OK + b"X-Flood: 1\r\n", repeat(b" flood\r\n" * 500)),
    "line": said(OK + b"X-Flood: ", repeat(b"a" * 8192)),
    "status line": said(b"HTTP/1.1 200 ", repeat(b"a" * 8192)),
    "cookies": said(OK + b"".join(b"Set-Cookie: a%d=1\r\n" % n for n in range(20_000)) + b"\r\n"),
    "interim": said(b"", repeat(b"HTTP/1.1 103 Early Hints\r\n\r\n")),
    "number": said(b"HTTP/1.1 9999999999 OK\r\nContent-Length: 5\r\n\r\nhello"),
    "negative": said(b"HTTP/1.1 -1 OK\r\nContent-Length: 5\r\n\r\nhello"),
    # Time
    "silent": said(b"", then=hold),
    "drip head": drip(OK, b"X-Drop: 1\r\n"),
    "drip body": drip(OK + b"Content-Length: 100000\r\n\r\n", b"x"),
    "drip chunks": drip(CHUNKED, b"1\r\nx\r\n"),
    # Framing
    "shorter": said(OK + b"Content-Length: %d\r\n\r\n" % (len(WHOLE) + 1000) + WHOLE),
    "minus": said(OK + b"Content-Length: -5\r\n\r\nhello"),
    "doubled": said(OK + b"Content-Length: 5\r\nContent-Length: 50\r\n\r\nhello"),
    "no coding": said(OK + b"Transfer-Encoding: xchunked\r\n\r\nhello"),
    "trailers": said(CHUNKED + b"5\r\nhello\r\n0\r\n", repeat(b"X-Trailer: 1\r\n" * 500)),
    "garbage": said(b"\x00\x01\x02 no HTTP at all\r\n\r\n"),
    "ancient": said(b"<html><body>no head at all</body></html>"),
    # Connections
    "reset head": said(b"HTTP/1.1 200 OK\r\nContent-", then=reset),
    "reset body": said(OK + b"Content-Length: 50000\r\n\r\n" + WHOLE, then=reset),
    "reset": said(b"", then=reset),
    # Redirects
    "circle": Answer("", 302, {"Location": "?"}),
    "chain": Answer("", 302, {"Location": "x"}),  # onwards from every address of its host
    "far": Answer("", 302, {"Location": "/" + "a" * 5000}),
    # Pages
    "attributes": Answer(attributes(100_000)),
    "punycode": Answer(
        f"<html><body>{'x' * 5000}-a</body></html>", headers={"Content-Type": "text/html; charset=punycode"}
    ),
    "metas": Answer("<html><head>" + "<meta " * 150_000),
}
