"""Writing WARC records, against warcio's own writer as it comes; and what the levels of compression cost."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from io import BytesIO
from statistics import median
from typing import Any

from isal import isal_zlib
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from archive.warcs.records import LEVEL, Answer, Wire, answer_member, digest, new_id
from benchmarks.portal import report
from benchmarks.timing import Ratio, measure

PAGES = 50  # to a round: two of each prepared page
LIMIT = 0.25  # of warcio's time
_MOMENT = datetime(2024, 1, 20, 4, 0, tzinfo=UTC)
_URL = "http://xxgk.qingwan.gov.cn/zcbm/b0/ndbg/202401/t20240120_{}.html"


def ratios(rounds: int = 9) -> Iterator[Ratio]:
    """Records of the same pages, with the digests of payload and block, both to memory."""
    bodies = [report(number) for number in range(PAGES)]
    yield measure(
        f"WARC records of {PAGES} pages",
        partial(_ours, bodies),
        partial(_warcio, bodies),
        limit=LIMIT,
        against="warcio's WARCWriter",
        rounds=rounds,
    )


def levels(rounds: int = 3) -> Iterator[str]:
    """A line for each compressor and level: bytes and milliseconds a page."""
    bodies = [report(number) for number in range(PAGES)]
    plain = sum(map(len, bodies))
    yield f"{'compression':<14} {'KB a page':>9} {'of plain':>8} {'ms a page':>9}"
    for name, compressor, level in (
        *(("ISA-L", isal_zlib.compressobj, level) for level in range(4)),
        ("zlib", zlib.compressobj, 1),
        ("zlib", zlib.compressobj, 6),
        ("zlib", zlib.compressobj, 9),
    ):
        size, seconds = _pack(bodies, partial(compressor, level, zlib.DEFLATED, 16 + zlib.MAX_WBITS), rounds)
        ours = "  <- archive/warcs/records.py" if name == "ISA-L" and level == LEVEL else ""
        yield f"{name:<12} {level} {size / 1000 / PAGES:9.2f} {size / plain:8.1%} {seconds * 1000 / PAGES:9.3f}{ours}"


def _pack(bodies: list[bytes], compressor: Callable[[], Any], rounds: int) -> tuple[int, float]:
    times = []
    size = 0
    for _ in range(rounds):
        started = time.perf_counter()
        size = 0
        for body in bodies:
            packer = compressor()
            size += len(packer.compress(body)) + len(packer.flush())
        times.append(time.perf_counter() - started)
    return size, median(times)


def _ours(bodies: list[bytes]) -> bytes:
    file = BytesIO()
    for number, body in enumerate(bodies):
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\n\r\n" % len(body)
        answer = Answer(_URL.format(number), 200, "OK", (), body, _MOMENT, wire=Wire(head, body))
        file.write(
            answer_member(
                answer, record_id=new_id(), role="article", crawl_id=1, original=None, payload_digest=digest(body)
            )
        )
    return file.getvalue()


def _warcio(bodies: list[bytes]) -> bytes:
    file = BytesIO()
    writer = WARCWriter(file, gzip=True)
    for number, body in enumerate(bodies):
        headers = [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(body)))]
        record = writer.create_warc_record(
            _URL.format(number),
            "response",
            payload=BytesIO(body),
            http_headers=StatusAndHeaders("200 OK", headers, protocol="HTTP/1.1"),
        )
        writer.write_record(record)
    return file.getvalue()
