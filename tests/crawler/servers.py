"""Servers of these tests: a portal on loopback that answers as it is told to, and remembers who asked what and when.

It is a forward proxy too: a request for ``http://xxgk.anywhere.gov.cn/…`` is answered from the pages of that host, so a
crawl can be shown portals whose names resolve nowhere.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from time import monotonic
from typing import Any, ClassVar
from urllib.parse import urlsplit

Act = Callable[[BaseHTTPRequestHandler], None]


@dataclass(frozen=True)
class Answer:
    """What an address answers; ``act`` writes to the connection itself where the others cannot say it."""

    body: bytes | str = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    act: Act | None = None


@dataclass(frozen=True)
class Seen:
    """A request as it arrived; ``at`` in seconds of the monotonic clock."""

    host: str
    path: str
    at: float
    headers: dict[str, str]


@dataclass(frozen=True)
class Exchange:
    """A request that was answered; ``ended`` is a moment before the last byte left. Seconds of the monotonic clock."""

    host: str
    began: float
    ended: float
    agent: str


Page = Answer | str | Callable[[int], Answer]  # a callable is given how often the address was asked for before


class Portal:
    """The running server."""

    def __init__(self, pages: dict[str, Page], port: int) -> None:
        self.pages = pages
        self.port = port
        self.seen: list[Seen] = []
        self.exchanges: list[Exchange] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def paths(self, host: str | None = None) -> list[str]:
        return [seen.path for seen in self.seen if host is None or seen.host == host]

    def gaps(self, host: str | None = None) -> list[float]:
        times = [seen.at for seen in self.seen if host is None or seen.host == host]
        return [later - earlier for earlier, later in pairwise(times)]

    def pauses(self, host: str) -> list[tuple[float, str, str]]:
        """What lay between the end of each answer of a host and its next request, and who had asked and asked then."""
        there = sorted((one for one in self.exchanges if one.host == host), key=lambda one: one.began)
        return [(two.began - one.ended, one.agent, two.agent) for one, two in pairwise(there)]

    def answer(self, host: str, path: str) -> Answer:
        page = self.pages.get(f"{host}{path}", self.pages.get(path, self.pages.get("*")))
        asked = sum(1 for seen in self.seen if (seen.host, seen.path) == (host, path)) - 1
        if page is None:
            return Answer("<html><head><title>404</title></head><body><h1>404</h1></body></html>", 404)
        if isinstance(page, str):
            return Answer(page)
        return page if isinstance(page, Answer) else page(asked)


@contextmanager
def serve(pages: dict[str, Page], *, tls: ssl.SSLContext | None = None) -> Iterator[Portal]:
    """Serve pages by path, or by host and path where several hosts are asked for through the proxy."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else a body may wait 40 ms for the crawler to acknowledge its headers
        portal: ClassVar[Portal]

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            host = parts.hostname or self.headers.get("Host", "").rpartition(":")[0]
            path = parts.path + (f"?{parts.query}" if parts.query else "")
            headers = {name.lower(): value for name, value in self.headers.items()}
            seen = Seen(host, path, monotonic(), headers)
            self.portal.seen.append(seen)
            answer = self.portal.answer(host, path)
            if answer.act is not None:
                self.close_connection = True
                answer.act(self)
                return
            body = answer.body.encode() if isinstance(answer.body, str) else answer.body
            self.send_response(answer.status)
            for name, value in {
                "Content-Type": "text/html; charset=utf-8",
                "Content-Length": str(len(body)),
                **answer.headers,
            }.items():
                self.send_header(name, value)
            self.portal.exchanges.append(Exchange(host, seen.at, monotonic(), headers.get("user-agent", "")))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
            """Nothing on the tests' standard error."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A crawler that hangs up early is what some tests are about."""

    server = Server(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    Handler.portal = Portal(pages, server.server_port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield Handler.portal
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
