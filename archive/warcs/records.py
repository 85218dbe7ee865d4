"""WARC records: an answer as gzip members, and a member in its parts again (read by FastWARC)."""

from __future__ import annotations

import base64
import hashlib
import re
import uuid
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from io import BytesIO
from typing import Any

from fastwarc.warc import ArchiveIterator
from isal import isal_zlib

from archive.errors import DamagedCapture

VERSION = "WARC/1.1"  # the first to define WARC-Refers-To-Target-URI and -Date
SOFTWARE = "xxgk"
_STANDARD = "https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"
SAME_PAYLOAD = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
NOT_MODIFIED = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
ROLE, CRAWL = "XXGK-Role", "XXGK-Crawl"  # what a capture was fetched for stands in the file too: the tables can be lost
SOURCE = "XXGK-Source"  # of an import: the file and the record it was taken from
MAKER = "XXGK-Made-By"  # of a conversion: the program that made it, with its version
LEVEL = 2  # of ISA-L: a seventh more bytes than zlib's 6 in a sixth of its time (docs/performance.md)
_THOROUGH = 9  # of zlib, for the journal: its lines are alike, and ISA-L makes three times as many bytes of them
_GZIP = 16 + isal_zlib.MAX_WBITS
_MOVED = "X-Archive-Orig-"  # where archiving tools keep a header that no longer fits the body
_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_PAIRS = [first + second for first in _BASE32 for second in _BASE32]  # half the time of base64.b32encode
_PADDING = 4  # bits that fill the 256 of a digest to 26 pairs of base32 digits
_SHIFTS = range(250, -1, -10)
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
_MESSAGE = "application/http"


@dataclass(frozen=True)
class Wire:
    """An exchange as it was transferred, byte for byte; ``body`` with its chunk framing, ``request`` with its body."""

    head: bytes
    body: bytes
    request: bytes = b""


@dataclass(frozen=True)
class Making:
    """How something was made of a record: the bare UUID of that record, and the programs that did it."""

    record_id: str
    by: str


@dataclass(frozen=True)
class Answer:
    """What an address answered. Header texts are Latin-1 readings of their bytes; ``body`` keeps its content coding.

    ``fetched_at`` is aware; it is kept to the second, as WARC-Date and the replay tools have it. A ``file:`` address
    is kept as a ``resource`` record: it has no HTTP head, only the content type; so is what another archive had as one
    (its ``wire`` has an empty head). Where ``wire`` is known the record
    has its bytes; else head and request are written from their parts. ``truncated`` says why a body is not whole
    (``length``, ``disconnect``: WARC 1.1, 5.13), ``source`` where an import took it from. With ``making`` it is no answer
    at all but what was made of one, a ``conversion`` (WARC 1.1, 6.8): a page as a browser shows it.
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
    wire: Wire | None = None
    truncated: str | None = None
    source: str | None = None
    making: Making | None = None

    def header(self, name: str) -> str | None:
        """The first header of that name."""
        return header(self.headers, name)

    @property
    def is_file(self) -> bool:
        """Whether it has no HTTP head: a file of this machine's disk, a resource of another archive, a conversion."""
        return self.making is not None or self.url.startswith("file:") or (self.wire is not None and not self.wire.head)

    @property
    def record_type(self) -> str:
        """The type of its record where its payload stands in it."""
        return "conversion" if self.making is not None else "resource" if self.is_file else "response"

    @property
    def stored(self) -> bytes:
        """The body as it stands in the record."""
        return self.body if self.wire is None else self.wire.body


@dataclass(frozen=True)
class Original:
    """The record a revisit refers to. ``digest`` is of its payload as that record states it, hexadecimal."""

    record_id: str
    url: str
    fetched_at: datetime
    digest: str


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


def header(headers: tuple[tuple[str, str], ...], name: str) -> str | None:
    """The first header of that name, whatever its case."""
    return next((value for key, value in headers if key.lower() == name.lower()), None)


def digest(data: bytes) -> str:
    """Sha256, hexadecimal: as the tables have it."""
    return hashlib.sha256(data).hexdigest()


def labelled(hexadecimal: str) -> str:
    """The same digest as a WARC header has it: base32, as warcio and FastWARC expect it."""
    number = int(hexadecimal, 16) << _PADDING
    return "sha256:" + "".join([_PAIRS[(number >> shift) & 1023] for shift in _SHIFTS]) + "===="


def block_digest(*parts: bytes) -> str:
    """The digest of a record's block, given in its parts, as its header has it."""
    found = hashlib.sha256()
    for part in parts:
        found.update(part)
    return labelled(found.hexdigest())


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
    """Status line and headers, as received or written from their parts.

    Where they are written, ``Transfer-Encoding`` is renamed: the body has it no longer, and readers would undo it.
    """
    if answer.wire is not None:
        return answer.wire.head
    lines = [f"HTTP/1.1 {answer.status} {answer.reason}"]
    for name, value in answer.headers:
        lines.append(f"{_MOVED if name.lower() == 'transfer-encoding' else ''}{name}: {value}")
    return _lines(lines)


def software() -> str:
    """Who writes the files, with its version."""
    try:
        return f"{SOFTWARE}/{version(SOFTWARE)}"
    except PackageNotFoundError:  # a checkout that was never installed
        return SOFTWARE


def warcinfo_block(description: Iterable[tuple[str, str]] = ()) -> bytes:
    """What a file says about the program that wrote it and its settings."""
    said = [("software", software()), ("format", VERSION), ("conformsTo", _STANDARD), *description]
    return _lines([f"{name}: {value}" for name, value in said])


def warcinfo_member(filename: str, record_id: str, moment: datetime, block: bytes) -> bytes:
    """The first member of a file."""
    fields = [
        ("WARC-Type", "warcinfo"),
        ("WARC-Record-ID", _urn(record_id)),
        ("WARC-Filename", filename),
        ("WARC-Date", date_field(moment)),
    ]
    return _member(fields, "application/warc-fields", block)


def journal_member(record_id: str, moment: datetime, media_type: str, block: bytes) -> bytes:
    """A ``metadata`` record of what was found out beside the answers."""
    fields = [
        ("WARC-Type", "metadata"),
        ("WARC-Record-ID", _urn(record_id)),
        ("WARC-Date", date_field(moment)),
    ]
    return _member(fields, media_type, block, packer=zlib.compressobj(_THOROUGH, zlib.DEFLATED, _GZIP))


def answer_member(
    answer: Answer,
    *,
    record_id: str,
    role: str,
    crawl_id: int | None,
    original: Original | None,
    payload_digest: str | None = None,
) -> bytes:
    """The record of an answer: :attr:`Answer.record_type`, or ``revisit`` where its payload is kept already.

    ``payload_digest`` is that of :attr:`Answer.stored`, hexadecimal, where it is known already.
    """
    kind = "revisit" if original is not None else answer.record_type
    fields = [
        ("WARC-Type", kind),
        ("WARC-Record-ID", _urn(record_id)),
        ("WARC-Target-URI", answer.url),
        ("WARC-Date", date_field(answer.fetched_at)),
        ("WARC-Payload-Digest", labelled(original.digest if original else payload_digest or digest(answer.stored))),
        (ROLE, role),
    ]
    if crawl_id is not None:
        fields.append((CRAWL, str(crawl_id)))
    if answer.source is not None:
        fields.append((SOURCE, answer.source))
    if answer.truncated is not None:
        fields.append(("WARC-Truncated", answer.truncated))
    if answer.making is not None:
        fields += [("WARC-Refers-To", _urn(answer.making.record_id)), (MAKER, answer.making.by)]
    if original is not None:
        fields += [
            ("WARC-Profile", NOT_MODIFIED if answer.status == 304 else SAME_PAYLOAD),
            ("WARC-Refers-To", _urn(original.record_id)),
            ("WARC-Refers-To-Target-URI", original.url),
            ("WARC-Refers-To-Date", date_field(original.fetched_at)),
        ]
    if answer.is_file:
        said = answer.header("Content-Type") or "application/octet-stream"
        return _member(fields, said, b"" if original is not None else answer.body)
    parts = (http_head(answer),) if original is not None else (http_head(answer), answer.stored)
    return _member(fields, f"{_MESSAGE}; msgtype=response", *parts)


def request_member(answer: Answer, request: bytes, *, record_id: str, concurrent_to: str) -> bytes:
    """The record of the request (as :func:`http_request` gives it) an answer answers."""
    fields = [
        ("WARC-Type", "request"),
        ("WARC-Record-ID", _urn(record_id)),
        ("WARC-Target-URI", answer.url),
        ("WARC-Date", date_field(answer.fetched_at)),
        ("WARC-Concurrent-To", _urn(concurrent_to)),
    ]
    return _member(fields, f"{_MESSAGE}; msgtype=request", request)


def http_request(answer: Answer) -> bytes:
    """The request as sent, or written from its parts; empty where nothing is known of it."""
    if answer.wire is not None and answer.wire.request:
        return answer.wire.request
    if answer.is_file or not answer.request_headers:
        return b""
    target = "/" + answer.url.partition("://")[2].partition("/")[2]
    lines = [f"{answer.method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in answer.request_headers)]
    return _lines(lines) + answer.request_body


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
    if not (header(fields, "Content-Type") or "").startswith(_MESSAGE):
        return WarcRecord(kind, fields, b"", block)
    end = _END_OF_HEAD.search(block)
    cut = len(block) if end is None else end.end()
    return WarcRecord(kind, fields, block[:cut], block[cut:])


def is_head(head: bytes) -> bool:
    """Whether an HTTP head ends with its first empty line, so that :func:`split` finds it again."""
    end = _END_OF_HEAD.search(head)
    return end is not None and end.end() == len(head)


def read_head(head: bytes) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Status line and headers of an HTTP head, as Latin-1; a folded line belongs to the one before it."""
    first, *lines = head.decode("latin-1").replace("\r\n", "\n").split("\n")
    pairs: list[tuple[str, str]] = []
    for line in lines:
        if line[:1] in {" ", "\t"} and pairs:
            pairs[-1] = (pairs[-1][0], f"{pairs[-1][1]} {line.strip()}")
        elif ":" in line:
            name, _, value = line.partition(":")
            pairs.append((name.strip(), value.strip()))
    return first, tuple(pairs)


def status_of(line: str) -> tuple[str, int, str]:
    """Protocol, status and reason of a status line; 0 where it has no status."""
    protocol, _, rest = line.partition(" ")
    status, _, reason = rest.strip().partition(" ")
    return protocol, int(status) if status.isdecimal() else 0, reason


def _member(fields: list[tuple[str, str]], content_type: str, *block: bytes, packer: Any = None) -> bytes:
    """One record as one gzip member; the block's parts are copied nowhere.

    Written here: warcio's writer needs four times as long (benchmarks/archiving.py).
    """
    said = [
        *fields,
        ("WARC-Block-Digest", block_digest(*block)),
        ("Content-Type", content_type),
        ("Content-Length", str(sum(map(len, block)))),
    ]
    head = "".join([f"{name}: {_one_line(value)}\r\n" for name, value in said])
    packer = packer or isal_zlib.compressobj(LEVEL, isal_zlib.DEFLATED, _GZIP)
    plain = (f"{VERSION}\r\n{head}\r\n".encode("utf-8", "replace"), *block, b"\r\n\r\n")
    return b"".join([*map(packer.compress, plain), packer.flush()])


def _lines(lines: list[str]) -> bytes:
    return b"".join(_bytes(_one_line(line)) + b"\r\n" for line in lines) + b"\r\n"


def _one_line(text: str) -> str:
    return text if text.isprintable() else " ".join(text.splitlines())


def _bytes(text: str) -> bytes:
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def _urn(record_id: str) -> str:
    return f"<urn:uuid:{record_id}>"
