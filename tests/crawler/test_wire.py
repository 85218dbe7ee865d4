"""What the crawl says went over the wire is what a server on the other end heard and said, byte for byte."""

from __future__ import annotations

import base64
import gzip
import json
import socket
import ssl
import struct
import subprocess
import sys
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import brotli
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.testing import StringTransport
from twisted.web._newclient import Request as WebRequest
from twisted.web.http_headers import Headers

from crawler.wire import FRAMING, Exchange, Tape, TapedFactory, TapedRequest
from tests.crawler.commands import environment

MOST = 1 << 20  # DOWNLOAD_MAXSIZE of these crawls, bytes
PAGE = "清河县2024年政府信息公开工作年度报告".encode("gbk") * 40
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
CHUNKS = b"5\r\nabcde\r\n0010;name=value\r\n0123456789abcdef\r\n0\r\n\r\n"
TRAILERS = b"3\r\nabc\r\n0\r\nX-Digest: 1\r\nx-digest:  2\r\n\r\n"
LAST = b"Connection: close"

# A plain crawl with our download handler: the requests come in as JSON, what each hop and each try left goes out as JSON.
PROGRAM = """
import base64, gc, json, sys
import scrapy
from scrapy import signals
from scrapy.crawler import CrawlerProcess
from scrapy.exceptions import StopDownload
from crawler.wire import Exchange, Tape

given = json.load(sys.stdin)
notes = {}

def text(data):
    return base64.b64encode(data).decode()

class Noting:
    def note(self, request, answer):
        exchange = request.meta.get("xxgk_exchange")
        parts = [text(part) for part in (exchange.request, exchange.head, exchange.body)] if exchange else []
        notes.setdefault(request.meta["name"], []).append([parts, exchange and exchange.complete, answer])
    def process_response(self, request, response):
        self.note(request, text(response.body))
        return response
    def process_exception(self, request, exception):
        self.note(request, type(exception).__name__)

class Asking(scrapy.Spider):
    name = "asking"
    @classmethod
    def from_crawler(cls, crawler):
        spider = super().from_crawler(crawler)
        crawler.signals.connect(spider.headers, signals.headers_received)
        crawler.signals.connect(spider.bytes, signals.bytes_received)
        crawler.signals.connect(spider.idle, signals.spider_idle)
        return spider
    def headers(self, request, **_):
        if request.meta.get("stop") == "head":
            raise StopDownload(fail=request.meta["fail"])
    def bytes(self, request, **_):
        if request.meta.get("stop") == "body":
            raise StopDownload(fail=request.meta["fail"])
    def idle(self):
        gc.collect()
        things = gc.get_objects()
        notes["held"] = sum(isinstance(thing, Exchange) for thing in things)
        notes["taped"] = sum(thing.held for thing in things if isinstance(thing, Tape))
    async def start(self):
        for number, one in enumerate(given["requests"]):
            yield scrapy.Request(one["url"], self.done, method=one["method"], body=base64.b64decode(one["body"]),
                                 meta=one["meta"], errback=self.done, dont_filter=True, priority=-number)
    def done(self, _):
        pass

process = CrawlerProcess({
    "DOWNLOAD_HANDLERS": {"http": "crawler.fetching.Fetching", "https": "crawler.fetching.Fetching"},
    "DOWNLOADER_MIDDLEWARES": {Noting: 1000},
    "CONCURRENT_REQUESTS_PER_DOMAIN": 1, "DOWNLOAD_DELAY": given["delay"], "DOWNLOAD_DELAY_JITTER": 0, "RETRY_TIMES": 1,
    "DOWNLOAD_MAXSIZE": given["most"], "DOWNLOAD_FAIL_ON_DATALOSS": False, "ROBOTSTXT_OBEY": False,
    "TELNETCONSOLE_ENABLED": False, "REMOTE_CONTROL_ENABLED": False, "HTTPERROR_ALLOW_ALL": True, "LOG_LEVEL": "ERROR"})
process.crawl(Asking)
process.start()
json.dump(notes, sys.stdout)
"""


@dataclass(frozen=True)
class Said:
    """An answer, in the pieces in which it is sent, and what happens to the connection then."""

    pieces: tuple[bytes, ...]
    then: str = "keep"  # close: in order; drop: without TLS's closing alert; reset; hang: until the client goes


class Server:
    """Says what stands under a path, verbatim, and remembers what it heard; a forward proxy and a tunnel as well."""

    def __init__(self, tls: ssl.SSLContext, *, secure: bool = False) -> None:
        self.says: dict[str, list[Said]] = {}
        self.heard: dict[str, list[bytes]] = defaultdict(list)
        self.connections: dict[str, list[int]] = defaultdict(list)
        self.together = threading.Barrier(4, timeout=30)
        self._tls, self._secure = tls, secure
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def stop(self) -> None:
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(30)
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._threads.append(threading.Thread(target=self._serve, args=(connection, len(self._threads))))
                self._threads[-1].start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        with suppress(OSError):
            if self._secure:
                connection = self._tls.wrap_socket(connection, server_side=True)
            while request := _hear(connection):
                target = request.split(b" ", 2)[1].decode()
                if request.startswith(b"CONNECT"):
                    connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    connection = self._tls.wrap_socket(connection, server_side=True)
                    continue
                path = urlsplit(target).path
                self.heard[path].append(request)
                self.connections[path].append(number)
                said = self.says[path][min(len(self.heard[path]), len(self.says[path])) - 1]
                for piece in said.pieces:
                    if path.startswith("/together"):
                        self.together.wait()  # all of them are asked and half answered at once
                    connection.sendall(piece)
                if said.then != "keep":
                    _leave(connection, said.then)
                    break
        connection.close()


def _hear(connection: socket.socket) -> bytes:
    request = b""
    while b"\r\n\r\n" not in request:
        data = connection.recv(65536)
        if not data:
            return b""
        request += data
    head, _, _ = request.partition(b"\r\n\r\n")
    named = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    whole = len(head) + 4 + (int(named[0].partition(b":")[2]) if named else 0)
    while len(request) < whole:
        request += connection.recv(65536)
    return request


def _leave(connection: socket.socket, how: str) -> None:
    if how == "hang":
        while connection.recv(65536):
            pass
    elif how == "reset":
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    elif how == "close" and isinstance(connection, ssl.SSLSocket):
        connection.unwrap()


@dataclass(frozen=True)
class Case:
    """One request, what it is answered, and what of that is the exchange's head and body."""

    name: str
    head: bytes
    body: bytes = b""
    before: bytes = b""  # interim answers
    after: bytes = b""  # beyond the message's end
    then: str = "keep"
    complete: bool = True
    method: str = "GET"
    sends: bytes = b""
    meta: dict[str, Any] = field(default_factory=dict)
    route: str = "direct"
    host: str = "xxgk.qinghe.gov.cn"  # of a proxy's or tunnel's other end

    @property
    def path(self) -> str:
        return "/" + self.name.replace(" ", "-")

    @property
    def said(self) -> Said:
        return Said((self.before + self.head + self.body + self.after,), self.then)


def length(body: bytes, *headers: bytes) -> bytes:
    return OK + b"".join(header + b"\r\n" for header in (*headers, b"Content-Length: %d" % len(body))) + b"\r\n"


PACKED, SQUEEZED = gzip.compress(PAGE), brotli.compress(PAGE)
LARGE = bytes(range(256)) * 2048
TO_THE_CLOSE = OK + b"Content-Type: text/html\r\n\r\n"
ODD = (
    b"HTTP/1.1 200  Tr\xe8s  bien\r\nsERVER:nginx\r\nSet-Cookie: a=1\r\nset-cookie:   b=2  \r\nSet-Cookie: a=1\r\n"
    b"X-Name: \xc7\xe5\xba\xd3\r\nX-Folded: one\r\n\t two\r\n  three\r\nno colon here\r\nX-Empty:\r\n"
    b"content-LENGTH:  3 \r\n\r\n"
)
BARE = b"HTTP/1.0 200 OK\nServer: old\r\nConnection: keep-alive\nContent-Length: 3\n\n"
HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"

FRAMINGS = [
    Case("content length", length(PAGE), PAGE),
    Case("empty body", OK + b"Content-Length: 0\r\n\r\n"),
    Case("chunked", CHUNKED, CHUNKS),
    Case("chunked with trailers", CHUNKED, TRAILERS),
    Case("until the close", TO_THE_CLOSE, PAGE, then="close"),
    Case("large", length(LARGE), LARGE),
]
CASES = [
    *FRAMINGS,
    *(
        Case(f"{case.name} by {route}", case.head, case.body, then=case.then, route=route)
        for route in ("proxy", "tls", "tunnel")
        for case in FRAMINGS
    ),
    Case("gzip", length(PACKED, b"Content-Encoding: gzip"), PACKED),
    Case("brotli", length(SQUEEZED, b"Content-Encoding: br"), SQUEEZED),
    Case(
        "gzip in chunks",
        OK + b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"%x\r\n%b\r\n%x\r\n%b\r\n0\r\n\r\n" % (9, PACKED[:9], len(PACKED) - 9, PACKED[9:]),
    ),
    Case("no content", b"HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n"),
    Case("not modified", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n"),
    Case("head request", length(PAGE), method="HEAD"),
    Case("error page", b"HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\n", b"404"),
    Case("continue", length(b"abc"), b"abc", before=b"HTTP/1.1 100 Continue\r\n\r\n"),
    Case("early hints", length(b"abc"), b"abc", before=HINTS + HINTS),
    Case("odd headers", ODD, b"abc"),
    Case("bare line feeds", BARE, b"abc"),
    Case("no reason", b"HTTP/1.1 200\r\nContent-Length: 3\r\n\r\n", b"abc"),
    Case("something after the length", length(b"abc", LAST), b"abc", after=b"surplus", then="close"),
    Case("something after the chunks", CHUNKED[:-2] + LAST + b"\r\n\r\n", CHUNKS, after=b"surplus", then="close"),
    Case("after no content", b"HTTP/1.1 204 None\r\n" + LAST + b"\r\n\r\n", after=b"surplus", then="close"),
    Case("form", length(b"abc"), b"abc", method="POST", sends="年度=2024".encode("gbk")),
    Case("large form", length(b"abc"), b"abc", method="POST", sends=LARGE),
    Case("empty form", length(b"abc"), b"abc", method="POST"),
    Case("form by proxy", length(b"abc"), b"abc", method="POST", sends=b"year=2024", route="proxy"),
    Case("cut length", length(PAGE), PAGE[:100], then="close", complete=False),
    Case("cut chunks", CHUNKED, b"5\r\nabcde\r\n10\r\n01234", then="close", complete=False),
    Case("cut before the last chunk", CHUNKED, b"5\r\nabcde\r\n", then="close", complete=False),
    Case("wrong chunks", CHUNKED, b"5\r\nabcde\r\nxyz\r\n", then="hang", complete=False),
    Case("closed without the alert", TO_THE_CLOSE, PAGE, then="drop", complete=False, route="tls"),
    Case("time is up", length(PAGE), PAGE[:100], then="hang", complete=False, meta={"download_timeout": 0.8}),
    Case("time is up without length", TO_THE_CLOSE, PAGE, then="hang", complete=False, meta={"download_timeout": 0.8}),
    Case("over the limit", OK + b"Content-Length: %d\r\n\r\n" % (MOST + 1), then="hang", complete=False),
    Case("over the tape", TO_THE_CLOSE, bytes(3 << 20), then="close", complete=False, meta={"download_maxsize": 0}),
]
STOPS = [
    Case(f"{part} {fail}", length(PAGE), PAGE, then="hang", complete=False, meta={"stop": part, "fail": fail})
    for part in ("head", "body")
    for fail in (True, False)
]


def certificate(folder: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "qinghe")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    forms = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = folder / "server.pem"
    file.write_bytes(key.private_bytes(*forms) + made.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


@contextmanager
def servers(folder: Path) -> Iterator[tuple[Server, Server]]:
    """One that speaks in the open, and tunnels, and one behind TLS."""
    tls = certificate(folder)
    both = Server(tls), Server(tls, secure=True)
    try:
        yield both
    finally:
        for server in both:
            server.stop()


@dataclass(frozen=True)
class Hop:
    """What one request to the network left: its exchange, and the response's body or the failure's name."""

    exchange: Exchange | None
    answer: str

    @classmethod
    def of(cls, parts: list[str], complete: bool | None, answer: str) -> Hop:
        if complete is None:
            return cls(None, answer)
        request, head, body = map(base64.b64decode, parts)
        return cls(Exchange(request, head, body, complete), answer)


@dataclass(frozen=True)
class Crawl:
    """A crawl that was run to its end."""

    plain: Server
    secure: Server
    hops: dict[str, list[Hop]]
    held: int
    taped: int

    def heard(self, path: str) -> list[bytes]:
        return self.plain.heard[path] + self.secure.heard[path]


def _asked(case: Case, plain: Server, secure: Server) -> dict[str, Any]:
    proxy = {"proxy": f"http://127.0.0.1:{plain.port}"}
    origin, meta = {
        "direct": (f"http://127.0.0.1:{plain.port}", {}),
        "proxy": (f"http://{case.host}", proxy),
        "tls": (f"https://127.0.0.1:{secure.port}", {}),
        "tunnel": (f"https://{case.host}", proxy),
    }[case.route]
    return {
        "url": origin + case.path,
        "method": case.method,
        "body": base64.b64encode(case.sends).decode(),
        "meta": {"name": case.name, "dont_retry": True, **meta, **case.meta},
    }


def crawl(cases: list[Case], plain: Server, secure: Server, delay: float = 0.001) -> Crawl:
    """Ask for each case, in a child process; without a delay Scrapy asks a host for several at once."""
    given = {"most": MOST, "delay": delay, "requests": [_asked(case, plain, secure) for case in cases]}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=json.dumps(given),
        env=environment(),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    notes = json.loads(done.stdout)
    held, taped = notes.pop("held"), notes.pop("taped")
    return Crawl(plain, secure, {name: [Hop.of(*note) for note in left] for name, left in notes.items()}, held, taped)


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawl]:
    """All cases of the table in one crawl."""
    with servers(tmp_path_factory.mktemp("tls")) as (plain, secure):
        for case in (*CASES, *STOPS):
            (secure if case.route == "tls" else plain).says[case.path] = [case.said]
        yield crawl([*CASES, *STOPS], plain, secure)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_exchange_is_what_the_server_heard_and_said(crawled: Crawl, case: Case) -> None:
    (hop,) = crawled.hops[case.name]
    (heard,) = crawled.heard(case.path)
    assert hop.exchange is not None
    assert hop.exchange.request == heard
    assert hop.exchange.head == case.head
    assert hop.exchange.body == case.body[: MOST + FRAMING - len(case.head)]
    assert hop.exchange.complete is case.complete


@pytest.mark.parametrize("case", STOPS, ids=lambda case: case.name)
def test_a_download_that_was_stopped_has_what_came_till_then(crawled: Crawl, case: Case) -> None:
    (hop,) = crawled.hops[case.name]
    assert hop.exchange is not None
    assert [hop.exchange.request] == crawled.heard(case.path)
    assert hop.exchange.head == case.head
    assert case.body.startswith(hop.exchange.body)
    assert not hop.exchange.complete
    assert (hop.answer == "StopDownload") is case.meta["fail"]


@pytest.mark.parametrize(("route", "origin"), [("proxy", b"http://xxgk.qinghe.gov.cn"), ("tunnel", b""), ("tls", b"")])
def test_only_a_forward_proxy_is_told_the_whole_address(crawled: Crawl, route: str, origin: bytes) -> None:
    (hop,) = crawled.hops[f"chunked by {route}"]
    assert hop.exchange is not None
    assert hop.exchange.request.startswith(b"GET " + origin + b"/chunked-by-" + route.encode() + b" HTTP/1.1\r\n")


def test_nothing_of_an_exchange_stays_after_it_was_handed_over(crawled: Crawl) -> None:
    assert len(crawled.hops) == len(CASES) + len(STOPS)
    assert (crawled.held, crawled.taped) == (0, 0)


def test_each_exchange_on_a_kept_connection_is_its_own(tmp_path: Path) -> None:
    cases = [Case(f"kept {body!r}", length(body), body) for body in (b"one", b"second", b"3")]
    last = Case("refused once", length(b"abc"), b"abc")
    with servers(tmp_path) as (plain, secure):
        plain.says = {case.path: [case.said] for case in cases}
        plain.says[last.path] = [Said((), "close"), last.said]  # Twisted itself asks once more over a new connection
        done = crawl([*cases, last], plain, secure, delay=0.2)
        assert [plain.connections[case.path] for case in (*cases, last)] == [[1], [1], [1], [1, 2]]
        for case in cases:
            assert done.hops[case.name][0].exchange == Exchange(plain.heard[case.path][0], case.head, case.body, True)
        assert done.hops[last.name][0].exchange == Exchange(plain.heard[last.path][1], last.head, last.body, True)


def test_each_hop_and_each_try_has_its_own_exchange_or_none(tmp_path: Path) -> None:
    moved = Case("moved", b"HTTP/1.1 301 Moved\r\nLocation: /there\r\nContent-Length: 5\r\n\r\n", b"moved")
    busy = Case("busy", b"HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\n", b"busy", meta={"dont_retry": False})
    gone = Case("gone", b"HTTP/1.1 503 Busy\r\nConnection: close\r\nContent-Length: 4\r\n\r\n", b"busy", meta=busy.meta)
    then = length(b"then") + b"then"
    with servers(tmp_path) as (plain, secure):
        plain.says = {
            moved.path: [moved.said],
            "/there": [Said((then,))],
            busy.path: [busy.said, Said((then,))],
            gone.path: [Said(gone.said.pieces, "close"), Said((), "close")],
        }
        done = crawl([moved, busy, gone], plain, secure)
        answers = {
            name: [hop.exchange and (hop.exchange.request, hop.exchange.head + hop.exchange.body) for hop in hops]
            for name, hops in done.hops.items()
        }
        first = {case.name: (plain.heard[case.path][0], case.head + case.body) for case in (moved, busy, gone)}
        assert answers == {
            "moved": [first["moved"], (plain.heard["/there"][0], then)],
            "busy": [first["busy"], (plain.heard[busy.path][1], then)],
            "gone": [first["gone"], None],
        }


def test_exchanges_with_several_hosts_at_once_are_not_mixed(tmp_path: Path) -> None:
    with servers(tmp_path) as (plain, secure):
        asked = []
        for number in range(4):
            body = b"%d" % number * 1000 * (number + 1)
            case = Case(f"together {number}", length(body), body, route="proxy", host=f"{number}.gov.cn")
            plain.says[case.path] = [Said((case.head[:20], case.head[20:] + body[:500], body[500:]))]
            asked.append(case)
        done = crawl(asked, plain, secure)
        for case in asked:
            assert done.hops[case.name][0].exchange == Exchange(plain.heard[case.path][0], case.head, case.body, True)


MESSAGES = st.sampled_from([case for case in CASES if case.complete and case.then == "keep" and len(case.body) < 2000])


@settings(deadline=None)
@given(case=MESSAGES, data=st.data())
def test_how_the_bytes_are_cut_on_their_way_makes_no_difference(case: Case, data: st.DataObject) -> None:
    stream = case.before + case.head + case.body
    cuts = sorted(data.draw(st.sets(st.sampled_from(range(1, len(stream)))) | st.just(set(range(1, len(stream))))))
    tape = Tape()
    transport: Any = StringTransport()  # type: ignore[no-untyped-call]
    protocol: Any = TapedFactory(lambda _: None, "").buildProtocol(None)  # type: ignore[no-untyped-call]
    protocol.makeConnection(transport)
    for _ in range(2):
        transport.clear()
        headers = Headers({b"Host": [b"xxgk.qinghe.gov.cn"]})
        asked = WebRequest(case.method.encode(), b"/", headers, None, persistent=True)  # type: ignore[no-untyped-call]
        protocol.request(TapedRequest(asked, tape))
        for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
            protocol.dataReceived(stream[start:end])
        assert tape.hand_over(whole=True) == Exchange(transport.value(), case.head, case.body, complete=True)
