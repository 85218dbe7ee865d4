"""WARC records: an answer as gzip members (written by warcio), and a member in its parts again (read by FastWARC)."""

from __future__ import annotations

import base64
import hashlib
import uuid
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO

from fastwarc.warc import ArchiveIterator
from warcio.recordloader import ArcWarcRecord
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from archive.errors import DamagedCapture

VERSION = "WARC/1.1"  # the first to define WARC-Refers-To-Target-URI and -Date
SOFTWARE = "xxgk"
_STANDARD = "https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"
PROFILE = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
ROLE, CRAWL = "XXGK-Role", "XXGK-Crawl"  # what a capture was fetched for stands in the file too: the tables can be lost
_LEVEL = 6  # warcio's own 9 takes four times as long for two percent
_GZIP = 16 + zlib.MAX_WBITS
_MOVED = "X-Archive-Orig-"  # where archiving tools keep a header that no longer fits the body


@dataclass(frozen=True)
class Answer:
    """What an address answered. Header texts are Latin-1 readings of their bytes; ``body`` keeps its content coding.

    ``fetched_at`` is aware; it is kept to the second, as WARC-Date and the replay tools have it. A ``file:`` address
    is kept as a ``resource`` record: it has no HTTP head, only the content type.
    """

    url: str
    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    fetched_at: datetime
    method: str = "GET"
    request_headers: tuple[tuple[str, str], ...] = ()
    request_body: bytes = b""

    def header(self, name: str) -> str | None:
        """The first header of that name."""
        return header(self.headers, name)


@dataclass(frozen=True)
class Original:
    """The record a revisit refers to."""

    record_id: str
    url: str
    fetched_at: datetime


@dataclass(frozen=True)
class WarcRecord:
    """A record as it stands in a file. ``head`` is the HTTP head with its empty line, where there is one."""

    type: str
    fields: tuple[tuple[str, str], ...]
    head: bytes
    payload: bytes

    def field(self, name: str) -> str | None:
        """The first field of that name."""
        return header(self.fields, name)

    @property
    def record_id(self) -> str | None:
        """The bare UUID."""
        return bare_id(self.field("WARC-Record-ID"))


class _Head:
    """An HTTP head as it was received; warcio would percent-encode what is not ASCII in it."""

    def __init__(self, data: bytes) -> None:
        self.headers_buff = data

    def compute_headers_buffer(self, _filter: object = None) -> None:
        """Nothing to compute."""


def header(headers: tuple[tuple[str, str], ...], name: str) -> str | None:
    """The first header of that name, whatever its case."""
    return next((value for key, value in headers if key.lower() == name.lower()), None)


def digest(data: bytes) -> str:
    """Sha256, hexadecimal: as the tables have it."""
    return hashlib.sha256(data).hexdigest()


def labelled(hexadecimal: str) -> str:
    """The same digest as a WARC header has it: base32, as warcio and FastWARC expect it."""
    return "sha256:" + base64.b32encode(bytes.fromhex(hexadecimal)).decode("ascii")


def unlabelled(field: str) -> str:
    """The hexadecimal digest of a WARC header's."""
    return base64.b32decode(field.partition(":")[2]).hex()


def date_field(moment: datetime) -> str:
    """A time as WARC-Date has it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_date(field: str) -> datetime:
    """The time of a WARC-Date, to the second. Raises :class:`ValueError`."""
    return datetime.fromisoformat(field.strip()).astimezone(UTC).replace(microsecond=0)


def new_id() -> str:
    """A fresh bare UUID."""
    return str(uuid.uuid4())


def bare_id(field: str | None) -> str | None:
    """``<urn:uuid:…>`` without its wrapping."""
    return None if field is None else field.strip().strip("<>").removeprefix("urn:uuid:")


def http_head(answer: Answer) -> bytes:
    """Status line and headers. ``Transfer-Encoding`` is renamed: the body has it no longer, and readers would undo it."""
    lines = [f"HTTP/1.1 {answer.status} {answer.reason}"]
    for name, value in answer.headers:
        lines.append(f"{_MOVED if name.lower() == 'transfer-encoding' else ''}{name}: {value}")
    return _lines(lines)


def warcinfo_member(filename: str, record_id: str, moment: datetime) -> bytes:
    """The first member of a file."""
    block = _lines([f"software: {SOFTWARE}", f"format: {VERSION}", f"conformsTo: {_STANDARD}"])
    fields = [
        ("WARC-Type", "warcinfo"),
        ("WARC-Record-ID", _urn(record_id)),
        ("WARC-Filename", filename),
        ("WARC-Date", date_field(moment)),
    ]
    return _member("warcinfo", fields, "application/warc-fields", None, block)


def answer_member(
    answer: Answer, *, record_id: str, role: str, crawl_id: int | None, original: Original | None
) -> bytes:
    """The record of an answer: ``response`` (``resource`` for a file), ``revisit`` where its payload is kept already."""
    is_file = answer.url.startswith("file:")
    head = b"" if is_file else http_head(answer)
    kind = "revisit" if original is not None else "resource" if is_file else "response"
    fields = [
        ("WARC-Type", kind),
        ("WARC-Record-ID", _urn(record_id)),
        ("WARC-Target-URI", answer.url),
        ("WARC-Date", date_field(answer.fetched_at)),
        ("WARC-Payload-Digest", labelled(digest(answer.body))),
        (ROLE, role),
    ]
    if crawl_id is not None:
        fields.append((CRAWL, str(crawl_id)))
    if original is not None:
        fields += [
            ("WARC-Profile", PROFILE),
            ("WARC-Refers-To", _urn(original.record_id)),
            ("WARC-Refers-To-Target-URI", original.url),
            ("WARC-Refers-To-Date", date_field(original.fetched_at)),
        ]
    content_type = (
        _one_line(answer.header("Content-Type") or "application/octet-stream")
        if is_file
        else "application/http; msgtype=response"
    )
    return _member(kind, fields, content_type, head, b"" if original is not None else answer.body)


def request_member(answer: Answer, *, record_id: str, concurrent_to: str) -> bytes:
    """The record of the request an answer answers."""
    target = "/" + answer.url.partition("://")[2].partition("/")[2]
    lines = [f"{answer.method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in answer.request_headers)]
    fields = [
        ("WARC-Type", "request"),
        ("WARC-Record-ID", _urn(record_id)),
        ("WARC-Target-URI", answer.url),
        ("WARC-Date", date_field(answer.fetched_at)),
        ("WARC-Concurrent-To", _urn(concurrent_to)),
        ("WARC-Payload-Digest", labelled(digest(answer.request_body))),
    ]
    return _member("request", fields, "application/http; msgtype=request", _lines(lines), answer.request_body)


def read_member(data: bytes) -> WarcRecord:
    """The record of one gzip member. Raises :class:`DamagedCapture`."""
    try:
        for record in ArchiveIterator(BytesIO(data), parse_http=False):
            fields = tuple((str(name), str(value)) for name, value in record.headers.items())
            block = record.reader.read()
            if len(block) != record.content_length:  # FastWARC hands out what is left of a cut record
                raise DamagedCapture("a WARC record is cut")
            return split(fields, block)
    except (OSError, ValueError) as error:
        raise DamagedCapture(f"a WARC record cannot be read: {error}") from error
    raise DamagedCapture("there is no WARC record where one should be")


def split(fields: tuple[tuple[str, str], ...], block: bytes) -> WarcRecord:
    """A record from its fields and its block."""
    kind = header(fields, "WARC-Type") or ""
    if not (header(fields, "Content-Type") or "").startswith("application/http"):
        return WarcRecord(kind, fields, b"", block)
    end = block.find(b"\r\n\r\n")
    cut = len(block) if end < 0 else end + 4
    return WarcRecord(kind, fields, block[:cut], block[cut:])


def read_head(head: bytes) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Status line and headers of an HTTP head, as Latin-1."""
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines if ":" in line)
    return first, tuple((name.strip(), value.strip()) for name, _, value in pairs)


def status_of(line: str) -> tuple[str, int, str]:
    """Protocol, status and reason of a status line; 0 where it has no status."""
    protocol, _, rest = line.partition(" ")
    status, _, reason = rest.strip().partition(" ")
    return protocol, int(status) if status.isdecimal() else 0, reason


def _member(kind: str, fields: list[tuple[str, str]], content_type: str, head: bytes | None, payload: bytes) -> bytes:
    block_digest = ("WARC-Block-Digest", labelled(digest((head or b"") + payload)))
    named = {name for name, _ in fields}
    if "WARC-Payload-Digest" not in named:
        fields = [*fields, ("WARC-Payload-Digest", labelled(digest(payload)))]
    record = ArcWarcRecord(
        "warc",
        kind,
        StatusAndHeaders("", [*fields, block_digest], protocol=VERSION),
        BytesIO(payload),
        _Head(head) if head else None,
        content_type,
        len(payload),
    )
    record.payload_length = len(payload)
    plain = BytesIO()
    WARCWriter(plain, gzip=False, warc_version=VERSION).write_record(record)
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
    return packer.compress(plain.getvalue()) + packer.flush()


def _lines(lines: list[str]) -> bytes:
    return b"".join(_bytes(_one_line(line)) + b"\r\n" for line in lines) + b"\r\n"


def _one_line(text: str) -> str:
    return " ".join(text.splitlines())


def _bytes(text: str) -> bytes:
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def _urn(record_id: str) -> str:
    return f"<urn:uuid:{record_id}>"
