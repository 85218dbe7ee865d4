"""Serves a site made in Python on a loopback port: one answer per request, everything asked for is remembered."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Protocol


@dataclass(frozen=True)
class Asked:
    """A request: path with query as sent, host as addressed, headers with lower-case names."""

    path: str
    host: str
    headers: dict[str, str] = field(default_factory=dict)
    method: str = "GET"
    body: bytes = b""


@dataclass(frozen=True)
class Reply:
    """An answer. ``body`` goes out as it is."""

    body: bytes = b""
    status: int = 200
    content_type: str = "text/html; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()


class Site(Protocol):
    """Anything that answers."""

    def answer(self, asked: Asked) -> Reply: ...


class Pages:
    """A site of fixed pages by path; everything else is 404. ``asked`` holds the paths in the order they came."""

    def __init__(self, pages: dict[str, Reply | str]) -> None:
        self.pages = pages
        self.asked: list[str] = []

    def answer(self, asked: Asked) -> Reply:
        self.asked.append(asked.path)
        page = self.pages.get(asked.path, Reply(b"<title>404</title>", 404))
        return Reply(page.encode()) if isinstance(page, str) else page


@contextmanager
def serve(site: Site, *, port: int = 0) -> Iterator[str]:
    """The address (``http://127.0.0.1:port``) at which a site answers until the block ends."""
    server = _Server(("127.0.0.1", port), _Handler)
    server.site = site
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    site: Site

    def handle_error(self, request: object, client_address: object) -> None:
        """A crawler that is killed breaks its connections; that is no error of the portal."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    timeout = 30
    disable_nagle_algorithm = True  # else each body waits 40 ms for the crawler to acknowledge its headers

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.path, self.headers.get("Host") or "", headers, self.command, self.rfile.read(length))
        reply = self.server.site.answer(asked)
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        for name, value in reply.headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body)

    do_POST = do_HEAD = do_GET  # noqa: N815  # the base class's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name
        """Nothing: what was asked stands in the site."""
