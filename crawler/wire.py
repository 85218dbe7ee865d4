# ruff: noqa: N802 - Twisted's names
"""The bytes of each HTTP exchange, written down while they pass: between TLS below and Twisted's parser above."""

from __future__ import annotations

import re
import sys
from collections.abc import Hashable, Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from scrapy.core.downloader.handlers.http11 import (
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
    _LenientHTTPClientParser,
)
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IAddress
from twisted.python.failure import Failure
from twisted.web._newclient import Request
from twisted.web.client import HTTPConnectionPool
from twisted.web.iweb import IResponse

EXCHANGE = "xxgk_exchange"  # the key in Request.meta; who reads it takes it away, or a retry or redirect carries it on
FRAMING = 1 << 20  # bytes an answer may have beyond DOWNLOAD_MAXSIZE: its head, and the framing of its chunks
LARGEST_HEAD = 256 << 10  # bytes, as in Chrome; those of interim answers count
MOST_INTERIMS = 20  # interim answers (1xx) before one that counts
_STATUS = re.compile(rb"[1-9][0-9]{2}")


class AnswerRefused(Exception):
    """An answer that is not read on: what is wrong with it, as the rest of a sentence that begins with its address."""


@dataclass(frozen=True)
class Exchange:
    """One HTTP exchange as it went over the wire, behind TLS. Bytes; through a tunnel, those of the inner exchange.

    * ``request``: request line, headers, empty line and body, exactly as written.
    * ``head``: status line and headers with the empty line, exactly as received; the final answer's, not an interim one's.
    * ``body``: what followed, exactly as transferred: chunk framing and trailers stand in it, content is not decoded.
    * ``complete``: the message came to its end. A body that ends with the connection is complete where that was closed
      in order, over TLS with its closing alert (RFC 9112, section 9.8). False for all that the connection, a time
      limit or a size limit cut.
    """

    request: bytes
    head: bytes
    body: bytes
    complete: bool


class Tape:
    """What one exchange has written and read so far; of the answer at most ``most`` bytes."""

    def __init__(self, most: int = sys.maxsize) -> None:
        self._most = most
        self.start()

    @classmethod
    def for_answers_of(cls, maxsize: int) -> Tape:
        """A tape for answers of at most so many bytes; 0 is no limit, as in DOWNLOAD_MAXSIZE."""
        return cls(maxsize + FRAMING) if maxsize else cls()

    @property
    def held(self) -> int:
        """Bytes in memory."""
        return self._request.tell() + self._head.tell() + self._body.size

    def start(self) -> None:
        """Begin anew: the request is sent once more, over another connection."""
        self._request = BytesIO()
        self._broken = False
        self._over = False
        self._answers = 0
        self._lines = 0
        self.start_answer()

    def start_answer(self) -> None:
        """Forget an interim answer. Raises :class:`AnswerRefused` where there is no end of them."""
        self._answers += 1
        if self._answers > MOST_INTERIMS + 1:
            raise AnswerRefused(f"sent more than {MOST_INTERIMS} interim answers and was not read")
        self._head = BytesIO()
        self._body = _Pieces()
        self._seen = 0
        self._answered = False
        self._ended = False

    def wrote(self, data: bytes) -> None:
        """A part of the request."""
        self._request.write(data)

    def line(self, line: bytes) -> None:
        """A line of the head, without its line feed. Raises :class:`AnswerRefused` where the head becomes too large."""
        self._lines += len(line) + 1
        if self._lines > LARGEST_HEAD:
            raise AnswerRefused(f"has a head of more than {LARGEST_HEAD >> 10} KiB and was not read")
        self._head.write((line + b"\n")[: self._most - self._head.tell()])

    def end_head(self) -> None:
        """The head's empty line was read."""
        self._answered = True

    def data(self, data: bytes) -> None:
        """A part of the body, perhaps with something after its end. Raises :class:`AnswerRefused` where nobody reads on."""
        if self._over or self._seen > self._most:
            raise AnswerRefused("is larger than what is read of an answer")
        self._seen += len(data)
        self._body.add(data[: self._most - self._head.tell() - self._body.size])

    def end(self, surplus: int) -> None:
        """The body has ended; so many of the last bytes are not its own."""
        self._seen = max(0, self._seen - surplus)
        self._ended = not self._broken and self._head.tell() < self._most and self._body.size >= self._seen

    def break_off(self) -> None:
        """The connection was lost, not closed."""
        self._broken = True

    def hand_over(self, *, whole: bool) -> Exchange | None:
        """The exchange, and nothing stays here; None where no answer came. ``whole``: nobody stopped reading."""
        request, head, body = self._request.getvalue(), self._head.getvalue(), self._body.joined()[: self._seen]
        exchange = Exchange(request, head, body, complete=self._ended and whole) if self._answered else None
        self.start()
        self._over = True
        return exchange


class _Pieces:
    """Bytes that come in pieces, large or tiny: each is copied at most twice, and none costs much more than itself."""

    def __init__(self) -> None:
        self.size = 0
        self._blocks: list[bytes] = []
        self._pieces: list[bytes] = []

    def add(self, piece: bytes) -> None:
        self.size += len(piece)
        self._pieces.append(piece)
        if len(self._pieces) == 1024:
            self._blocks.append(b"".join(self._pieces))
            self._pieces.clear()

    def joined(self) -> bytes:
        return b"".join((*self._blocks, *self._pieces))


recording: ContextVar[Tape] = ContextVar("recording")
"""The tape of the download that runs in this context."""


class _Connection:
    """A connection, or Twisted's wrapper that asks once more over a new one where a kept one was dead."""

    def __init__(self, connection: Any, tape: Tape) -> None:
        self._connection = connection
        self._tape = tape

    def request(self, request: Request) -> Deferred[IResponse]:
        answer: Deferred[IResponse] = self._connection.request(TapedRequest(request, self._tape))
        return answer


class TapedRequest(Request):
    """A request that has its tape with it, wherever Twisted sends it."""

    def __init__(self, request: Request, tape: Tape) -> None:
        self.__dict__.update(vars(request))  # checked by the request's own constructor
        self.tape = tape

    def writeTo(self, transport: Any) -> Any:
        """Write it, and write it down."""
        self.tape.start()
        return super().writeTo(_Written(transport, self.tape))  # type: ignore[no-untyped-call]


class _Written:
    """A transport for the time of writing a request."""

    def __init__(self, transport: Any, tape: Tape) -> None:
        self._transport = transport
        self._tape = tape

    def write(self, data: bytes) -> None:
        self._tape.wrote(data)
        self._transport.write(data)

    def writeSequence(self, parts: Iterable[bytes]) -> None:
        self.write(b"".join(parts))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class _TapedParser(_LenientHTTPClientParser):
    """Knows where the head ends, where the message ends and what was an interim answer; so it writes them down."""

    request: TapedRequest

    def connectionMade(self) -> None:
        self.request.tape.start_answer()  # Twisted comes here again after an interim answer
        super().connectionMade()  # type: ignore[no-untyped-call]

    def dataReceived(self, data: bytes) -> None:
        try:
            super().dataReceived(data)  # type: ignore[no-untyped-call]
        except AnswerRefused:
            self._hang_up()
            raise

    def lineReceived(self, line: bytes) -> None:
        self.request.tape.line(line)
        super().lineReceived(line)

    def statusReceived(self, status: bytes) -> None:
        """Twisted takes any number for a status, be it negative or larger than a database holds."""
        parts = status.split(b" ", 2)
        if len(parts) > 1 and _STATUS.fullmatch(parts[1]) is None:
            raise AnswerRefused("has a status line without a status of three digits and was not read")
        super().statusReceived(status)  # type: ignore[no-untyped-call]

    def lineLengthExceeded(self, line: bytes) -> None:
        """Refuse it; Twisted would close the connection and not say why."""
        del line
        raise AnswerRefused(f"has a line of more than {self.MAX_LENGTH >> 10} KiB in its head and was not read")

    def _hang_up(self) -> None:
        """Cut the connection: who closes it in order has to hear the other side out, and that may go on for ever."""
        proxy: Any = self.transport
        connection = proxy._producer  # noqa: SLF001 - as Scrapy does: the proxy has no word for it
        if connection is not None:
            connection.abortConnection()

    def allHeadersReceived(self) -> None:
        self.request.tape.end_head()
        super().allHeadersReceived()  # type: ignore[no-untyped-call]

    def rawDataReceived(self, data: bytes) -> None:
        self.request.tape.data(data)
        super().rawDataReceived(data)  # type: ignore[no-untyped-call]

    def _finished(self, rest: bytes) -> None:
        self.request.tape.end(len(rest))
        super()._finished(rest)  # type: ignore[no-untyped-call]

    def connectionLost(self, reason: Any = None) -> None:
        if isinstance(reason, Failure) and not isinstance(reason.value, ConnectionDone):
            self.request.tape.break_off()
        super().connectionLost(reason)


class _TapedProtocol(_LenientHTTP11ClientProtocol):
    def request(self, request: Request) -> Deferred[IResponse]:
        answer = super().request(request)
        if self._parser is not None:
            self._parser.__class__ = _TapedParser  # as Scrapy does: Twisted names the class of its parser in its code
        return answer


class TapedFactory(_LenientHTTP11ClientFactory):
    """Builds the connections of a :class:`TapedPool`."""

    def buildProtocol(self, addr: IAddress | None) -> _TapedProtocol:
        """A connection; its address says nothing about it."""
        del addr
        return _TapedProtocol(self._quiescentCallback)  # type: ignore[no-untyped-call]


class TapedPool(HTTPConnectionPool):
    """A pool like another, whose connections write each exchange on the tape of the context that asked for them."""

    _factory = TapedFactory

    def __init__(self, like: HTTPConnectionPool) -> None:
        super().__init__(like._reactor, persistent=like.persistent)  # type: ignore[no-untyped-call]  # noqa: SLF001 - its own class
        self.maxPersistentPerHost = like.maxPersistentPerHost

    def getConnection(self, key: Hashable, endpoint: Any) -> Deferred[Any]:
        """A connection for one request: a kept one or a new one."""
        connected: Deferred[Any] = super().getConnection(key, endpoint)
        return connected.addCallback(_Connection, recording.get())
