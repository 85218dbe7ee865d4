"""A small crawl's exchanges, one of every kind that the archive keeps, with their bytes on the wire."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from archive.captures import Answer, Pending, Wire, deposit
from archive.journal.notes import PortalNote
from archive.store import Archive

PORTAL = "http://xxgk.qingwan.gov.cn/"
WHEN = datetime(2024, 1, 20, 4, 0, tzinfo=UTC)
FIRST, SECOND, THIRD, FOURTH = (WHEN + timedelta(days=day) for day in range(4))
PAGE, CHANGED, PACKED, PDF, MOVED, BLOCKED, GBK = (
    f"{PORTAL}{name}"
    for name in ("czj/t1.html", "czj/t1.html", "czj/t2.html", "czj/P1.pdf", "old", "waf.html", "3.htm")
)
FILE = "file:///srv/reports/%E5%B9%B4%E6%8A%A5.html"
HTML = ("Content-Type", "text/html; charset=utf-8")

PAGE_BODY = "<html><head><title>年报</title></head><body><p>本机关2023年年报</p></body></html>".encode()
CHANGED_BODY = PAGE_BODY.replace("本机关".encode(), "更正：本机关".encode())
PACKED_BODY = gzip.compress(PAGE_BODY * 30, mtime=0)
GBK_BODY = "<html><head><meta charset=gbk></head><body>清湾县财政局年度报告</body></html>".encode("gbk")
PDF_BODY = b"%PDF-1.4\n" + bytes(range(256)) * 20
FILE_BODY = PAGE_BODY + b"\n"
EVIDENCE = b"<script>challenge()</script>".ljust(2048, b" ")


@dataclass(frozen=True)
class Kept:
    """What one exchange must come back as: when, under which address, with which status and body as it was sent."""

    url: str
    at: datetime
    status: int
    body: bytes


KEPT = (
    Kept(PAGE, FIRST, 200, PAGE_BODY),
    Kept(PAGE, SECOND, 200, PAGE_BODY),
    Kept(PAGE, THIRD, 200, PAGE_BODY),  # the portal said 304
    Kept(CHANGED, FOURTH, 200, CHANGED_BODY),
    Kept(PACKED, FIRST, 200, PACKED_BODY),
    Kept(GBK, FIRST, 200, GBK_BODY),
    Kept(PDF, FIRST, 200, PDF_BODY),
    Kept(MOVED, FIRST, 302, b""),
)


def keep(archive: Archive) -> None:
    """Keep them, in two writings as a crawl would, with a note for the journal."""
    page, *_ = deposit(
        archive,
        [
            Pending(_exchange(PAGE, PAGE_BODY, FIRST, HTML, ("ETag", '"1"'), _length(PAGE_BODY)), "article"),
            Pending(_exchange(GBK, GBK_BODY, FIRST, ("Content-Type", "text/html"), _length(GBK_BODY)), "article"),
            Pending(_exchange(PDF, PDF_BODY, FIRST, ("Content-Type", "application/pdf"), _length(PDF_BODY)), "attachment"),
            Pending(_exchange(MOVED, b"", FIRST, ("Location", PAGE), status="302 Found"), "redirect"),
            Pending(_chunked(), "article"),
        ],
        [PortalNote(FIRST, None, PORTAL, "ok", None)],
    )  # fmt: skip
    evidence = _exchange(
        BLOCKED,
        EVIDENCE,
        FIRST,
        HTML,
        ("Content-Length", "90000"),
        status="412 Precondition Failed",
        truncated="length",
    )
    deposit(
        archive,
        [
            Pending(_exchange(PAGE, PAGE_BODY, SECOND, HTML, _length(PAGE_BODY)), "article"),
            Pending(_exchange(PAGE, b"", THIRD, ("ETag", '"1"'), status="304 Not Modified"), "article", unmodified=page),
            Pending(_exchange(CHANGED, CHANGED_BODY, FOURTH, HTML, _length(CHANGED_BODY)), "article"),
            Pending(evidence, "blocked"),
            Pending(Answer(FILE, 200, "OK", (("Content-Type", "text/html"),), FILE_BODY, FIRST), "import"),
        ],
    )  # fmt: skip


def _chunked() -> Answer:
    first, rest = PACKED_BODY[:7], PACKED_BODY[7:]
    framed = b"7;name=value\r\n%b\r\n%X\r\n%b\r\n0\r\n\r\n" % (first, len(rest), rest)
    headers = (HTML, ("Content-Encoding", "gzip"), ("Transfer-Encoding", "chunked"))
    return _exchange(PACKED, PACKED_BODY, FIRST, *headers, framed=framed)


def _exchange(
    url: str,
    body: bytes,
    at: datetime,
    *headers: tuple[str, str],
    status: str = "200 OK",
    framed: bytes | None = None,
    truncated: str | None = None,
) -> Answer:
    number, _, reason = status.partition(" ")
    head = f"HTTP/1.1 {status}\r\n" + "".join(f"{name}:{value}\r\n" for name, value in headers) + "\r\n"
    request = f"GET /{url.removeprefix(PORTAL)} HTTP/1.1\r\nHost: xxgk.qingwan.gov.cn\r\nUser-Agent: xxgk\r\n\r\n"
    wire = Wire(head.encode(), body if framed is None else framed, request.encode())
    return Answer(url, int(number), reason, headers, body, at, wire=wire, truncated=truncated)


def _length(body: bytes) -> tuple[str, str]:
    return "Content-Length", str(len(body))
