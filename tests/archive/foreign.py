"""Files of web archives as other programs write them: every crawler has its habits."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from archive.captures import Capture, latest
from archive.intake.imports import Imported, import_paths
from archive.store import Archive
from tests.archive.answers import report_page
from tests.papers.paper import paper

HTML = [("Content-Type", "text/html; charset=utf-8")]
WHEN = "2021-02-03T04:05:06Z"
SAME = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
UNMODIFIED = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"


def sha1(data: bytes) -> str:
    return "sha1:" + base64.b32encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode()


def urn(number: int) -> str:
    return f"<urn:uuid:00000000-0000-4000-8000-{number:012d}>"


@dataclass
class Writer:
    """Writes records by warcio, each in a member of its own, or none packed."""

    gzip: bool = True
    out: BytesIO = field(default_factory=BytesIO)
    ends: list[int] = field(default_factory=list)
    count: int = 0

    def __post_init__(self) -> None:
        self._writer = WARCWriter(self.out, gzip=self.gzip)
        self._write(self._writer.create_warcinfo_record("foreign.warc.gz", {"software": "another"}))

    def _write(self, record: object) -> None:
        self._writer.write_record(record)
        self.ends.append(self.out.tell())

    def record(
        self,
        kind: str,
        url: str,
        body: bytes = b"",
        *,
        status: str | None = "200 OK",
        headers: list[tuple[str, str]] | None = None,
        protocol: str = "HTTP/1.1",
        date: str = WHEN,
        fields: dict[str, str] | None = None,
        content_type: str | None = None,
    ) -> str:
        """Write a record; its id."""
        self.count += 1
        name = (fields or {}).get("WARC-Record-ID", urn(self.count))
        head = None
        if status is not None:
            head = StatusAndHeaders(status, HTML if headers is None else headers, protocol=protocol)
        record = self._writer.create_warc_record(
            url,
            kind,
            payload=BytesIO(body),
            length=len(body),
            http_headers=head,
            warc_content_type=content_type or "",
            warc_headers_dict={"WARC-Date": date, "WARC-Record-ID": name, **(fields or {})},
        )
        self._write(record)
        return name

    def response(self, url: str, body: bytes, status: str = "200 OK", **more: object) -> str:
        return self.record("response", url, body, status=status, **more)  # type: ignore[arg-type]

    def revisit(self, url: str, digest: str, *, profile: str = SAME, **more: object) -> str:
        fields = {"WARC-Profile": profile, "WARC-Payload-Digest": digest, **more.pop("fields", {})}  # type: ignore[dict-item]
        return self.record("revisit", url, fields=fields, **more)  # type: ignore[arg-type]

    def request(self, url: str, of: str | None, fields: dict[str, str] | None = None) -> bytes:
        """Write the request of an answer; its bytes."""
        head = StatusAndHeaders(
            "GET /page HTTP/1.1", [("Host", "a.gov.cn"), ("User-Agent", "another")], is_http_request=True
        )
        said = {"WARC-Date": WHEN, **({"WARC-Concurrent-To": of} if of is not None else {}), **(fields or {})}
        self._write(self._writer.create_warc_record(url, "request", http_headers=head, warc_headers_dict=said))
        return b"GET /page HTTP/1.1\r\nHost: a.gov.cn\r\nUser-Agent: another\r\n\r\n"

    @property
    def data(self) -> bytes:
        return self.out.getvalue()

    def save(self, path: Path) -> Path:
        path.write_bytes(self.data)
        return path


def chunked(body: bytes) -> bytes:
    half = len(body) // 2
    pieces = (body[:half], body[half:], b"")
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)


def arc(*pages: tuple[str, bytes]) -> bytes:
    """An ARC file of version 1, not packed."""
    about = b"1 0 Another\nURL IP-address Archive-date Content-type Archive-length\n\n"
    data = b"filedesc://a.arc 0.0.0.0 20210203040506 text/plain %d\n%s" % (len(about), about)
    for url, body in pages:
        block = b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n" + body
        data += b"\n%s 10.0.0.1 20210203040506 text/html %d\n%s" % (url.encode(), len(block), block)
    return data + b"\n"


def wacz(path: Path, **members: bytes) -> Path:
    """A WACZ file with these WARC files, and what else stands in one."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("datapackage.json", "{}")
        file.writestr("pages/pages.jsonl", "{}\n")
        for name, data in members.items():
            file.writestr(f"archive/{name}.warc.gz", data)
    return path


URL = "http://xxgk.qingwan.gov.cn/czj/ndbg/202401/t20240118_101.html"
OTHER = "http://xxgk.qingwan.gov.cn/slj/1.html"
LATER = "2022-03-04T05:06:07Z"
PAGE = report_page(paper("清湾市财政局", 2020))
OTHER_PAGE = report_page(paper("清湾市水利局", 2020))
ORDINARY = "<title>信息公开指南</title><p>政府信息公开指南</p>".encode()


def the_capture(archive: Archive, url: str = URL) -> Capture:
    capture = latest(archive, url)
    assert capture is not None
    return capture


def imported(archive: Archive, writer: Writer, path: Path) -> Imported:
    return import_paths(archive, [writer.save(path)])
