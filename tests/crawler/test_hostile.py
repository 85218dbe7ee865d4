"""Answers that are made to hurt, or broken on their way: each ends as an outcome, and the rest of the portal is read."""

from __future__ import annotations

import gzip
import zlib
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from archive import captures
from archive.store import Archive
from tests.crawler import pages
from tests.crawler.commands import environment
from tests.crawler.servers import Answer, Page, serve

HOST = "xxgk.qinghe.gov.cn"
MANY = 3 << 20

# The same crawl with limits a test can reach: 1 MiB an answer, 2 s a request, one retry.
PROGRAM = f"""
import sys
from pathlib import Path
from crawler.portals import PortalEntry
from crawler.run import crawl
limits = {{"DOWNLOAD_MAXSIZE": 1 << 20, "DOWNLOAD_TIMEOUT": 2, "RETRY_TIMES": 1}}
portal = PortalEntry(id="qinghe", url="http://{HOST}{pages.COLUMN}")
print(crawl(Path("xxgk-archive"), None, [portal], delay=0, overrides=limits).portals[0].outcome)
"""


def crawl(folder: Path, proxy: str) -> str:
    import subprocess
    import sys

    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=folder,
        env=environment(http_proxy=proxy),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def bomb() -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join(packer.compress(bytes(1 << 20)) for _ in range(200)) + packer.flush()


def endless(connection: BaseHTTPRequestHandler) -> None:
    connection.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
    try:
        while True:
            connection.wfile.write(b"<p>x</p>" * 8192)
    except OSError:
        return  # the crawler hung up, as it should


def slow(connection: BaseHTTPRequestHandler) -> None:
    connection.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 100000\r\n\r\n")
    connection.connection.settimeout(0.1)
    try:
        while True:
            connection.wfile.write(b"x")
            connection.wfile.flush()
            try:
                if connection.connection.recv(1) == b"":
                    return
            except TimeoutError:
                continue
    except OSError:
        return


def cut(connection: BaseHTTPRequestHandler) -> None:
    connection.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5000\r\n\r\n<html><h1>half")


def garbage(connection: BaseHTTPRequestHandler) -> None:
    connection.wfile.write(b"\x00\x01\x02 no HTTP at all\r\n\r\n")


def silent(connection: BaseHTTPRequestHandler) -> None:
    connection.connection.close()


@pytest.mark.parametrize(
    ("name", "answer", "kept"),
    [
        ("bomb", Answer(bomb(), headers={"Content-Encoding": "gzip"}), True),
        ("nested", Answer(gzip.compress(bomb()), headers={"Content-Encoding": "gzip, gzip"}), True),
        ("announced", Answer(b"x" * MANY), True),
        ("endless", Answer(act=endless), True),
        ("slow", Answer(act=slow), False),
        ("cut", Answer(act=cut), True),
        ("garbage", Answer(act=garbage), False),
        ("silent", Answer(act=silent), False),
        ("circle", Answer("", 302, {"Location": pages.address(0)}), True),
        ("packed wrongly", Answer(b"\x1f\x8b no gzip", headers={"Content-Encoding": "gzip"}), True),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_answer_that_hurts_costs_itself_and_nothing_else(
    tmp_path: Path, name: str, answer: Answer, kept: bool
) -> None:
    site: dict[str, Page] = {**pages.portal(3, host=HOST), f"{HOST}{pages.address(0)}": answer}
    began = monotonic()
    with serve(site) as proxy:
        outcome = crawl(tmp_path, proxy.url)
    assert outcome == "incomplete", name
    assert monotonic() - began < 60
    with Archive.open(tmp_path / "xxgk-archive") as archive:
        capture = captures.latest(archive, f"http://{HOST}{pages.address(0)}")
        assert (capture is not None) == kept
        for number in (1, 2):
            whole: Any = captures.latest(archive, f"http://{HOST}{pages.address(number)}", role="article", status=200)
            assert whole is not None


@pytest.mark.parametrize("answer", [Answer(act=cut), Answer(act=endless), Answer(b"x" * MANY)])
def test_what_was_not_read_whole_is_kept_as_evidence_and_not_as_the_document(tmp_path: Path, answer: Answer) -> None:
    site: dict[str, Page] = {**pages.portal(1, host=HOST), f"{HOST}{pages.address(0)}": answer}
    with serve(site) as proxy:
        crawl(tmp_path, proxy.url)
    with Archive.open(tmp_path / "xxgk-archive") as archive:
        capture = captures.latest(archive, f"http://{HOST}{pages.address(0)}")
        assert capture is not None
        assert capture.role == "blocked"
        assert capture.payload_length <= 2048
