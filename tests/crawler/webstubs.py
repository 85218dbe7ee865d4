"""Web archives of these tests: they speak the dialects of the large ones, are reached through a proxy, and remember who asked what."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from archive.captures import Capture
from tests.replay.server import Asked, Reply, serve

PLAIN = """
import crawler.webarchives as w
read = w.read
w.read = lambda text: read(text.replace("https://", "http://").replace("lines: 20000", "lines: 2").replace("lines: 2000", "lines: 2"))
"""  # without TLS, and with answers of two lines
Answering = Callable[[str, dict[str, list[str]], Asked], Reply]


@dataclass
class Web:
    """Hosts by name; ``asked`` are the addresses in the order they were asked for, robots.txt apart."""

    hosts: dict[str, Answering]
    robots: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def answer(self, asked: Asked) -> Reply:
        parts = urlsplit(asked.path)
        host = parts.hostname or ""
        if parts.path == "/robots.txt":
            return Reply(self.robots.get(host, "").encode(), 200 if host in self.robots else 404, "text/plain")
        self.asked.append(asked.path)
        if host not in self.hosts:
            return Reply(b"no such host", 502)
        return self.hosts[host](parts.path, parse_qs(parts.query), asked)


@contextmanager
def proxied(web: Web) -> Iterator[str]:
    """The address of the proxy through which the hosts are reached."""
    with serve(web) as url:
        yield url


@dataclass(frozen=True)
class Held:
    """What the stub of a replay server holds: the capture and what it sends of it."""

    url: str
    at: datetime
    body: bytes
    kind: str = "text/html"
    status: str = "200"
    headers: tuple[tuple[str, str], ...] = ()
    sent: bytes | None = None
    digest: str | None = None

    @property
    def row(self) -> list[str]:
        digest = self.digest or base64.b32encode(hashlib.sha1(self.body).digest()).decode()
        return ["key", f"{self.at:%Y%m%d%H%M%S}", self.url, self.kind, self.status, digest, str(len(self.body))]

    def reply(self) -> Reply:
        memento = ("Memento-Datetime", format_datetime(self.at, usegmt=True))
        return Reply(self.body if self.sent is None else self.sent, 200, self.kind, (*self.headers, memento))


def wayback(held: Sequence[Held]) -> Answering:
    """The Internet Archive's two interfaces."""

    def answer(path: str, said: dict[str, list[str]], asked: Asked) -> Reply:
        del asked
        if path != "/cdx/search/cdx":
            stamp, _, url = path.removeprefix("/web/").partition("id_/")
            found = [one for one in held if one.url == url and f"{one.at:%Y%m%d%H%M%S}" == stamp]
            return found[0].reply() if found else Reply(b"<h1>Not archived</h1>", 404)
        rows = [one.row for one in held if one.url.startswith(said["url"][0])]
        start, limit = int(said.get("resumeKey", ["0"])[0]), int(said["limit"][0])
        page: list[Any] = [said["fl"][0].split(","), *rows[start : start + limit]]
        if start + limit < len(rows):
            page += [[], [str(start + limit)]]
        return Reply(json.dumps(page).encode(), content_type="application/json")

    return answer


def common_crawl(lines: Sequence[dict[str, str]]) -> Answering:
    """Common Crawl's index server: a catalogue of two crawls, the older with the lines, one to a page."""

    def answer(path: str, said: dict[str, list[str]], asked: Asked) -> Reply:
        base = "http://index.commoncrawl.org"
        if path == "/collinfo.json":
            crawls = [
                {"id": name, "cdx-api": f"{base}/{name}-index"} for name in ("CC-MAIN-2024-10", "CC-MAIN-2020-10")
            ]
            return Reply(json.dumps(crawls).encode(), content_type="application/json")
        assert asked.path.startswith(base)
        if path != "/CC-MAIN-2020-10-index":
            return Reply(b'{"message": "No Captures found"}', 404, "application/json")
        if "showNumPages" in said:
            return Reply(
                json.dumps({"pages": len(lines), "pageSize": 5, "blocks": 1}).encode(), content_type="text/x-ndjson"
            )
        return Reply(json.dumps(lines[int(said["page"][0])]).encode() + b"\n", content_type="text/x-ndjson")

    return answer


def ranges(files: dict[str, bytes]) -> Answering:
    """A server of files in ranges."""

    def answer(path: str, said: dict[str, list[str]], asked: Asked) -> Reply:
        del said
        first, _, last = asked.headers["range"].removeprefix("bytes=").partition("-")
        whole = files[path.removeprefix("/")]
        part = whole[int(first) : int(last) + 1]
        said_range = ("Content-Range", f"bytes {first}-{last}/{len(whole)}")
        return Reply(part, 206, "application/octet-stream", (said_range,))

    return answer


def line_of(capture: Capture, kind: str) -> dict[str, str]:
    """The line that an index has of one of our own captures."""
    return {
        "urlkey": "key", "timestamp": f"{capture.fetched_at:%Y%m%d%H%M%S}", "url": capture.url, "mime": kind,
        "status": str(capture.status), "digest": f"sha256:{capture.stored_digest}", "length": str(capture.length),
        "offset": str(capture.position), "filename": capture.file,
    }  # fmt: skip
