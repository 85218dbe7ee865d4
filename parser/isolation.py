"""Hostile documents are opened in a child process with limits on time and memory; the parent reads JSON, and hands on pictures.

A request names its task (:mod:`parser.tasks`). The child is kept for the next document and replaced when one has killed it, so a folder of files pays for one start.
"""

from __future__ import annotations

import json
import os
import select
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from queue import LifoQueue
from types import TracebackType
from typing import IO, TYPE_CHECKING, Self, TypeVar

from parser import tasks
from parser.effort import Effort, heard_by
from parser.errors import UnreadableDocument
from parser.hints import Hints
from parser.record import Record

if TYPE_CHECKING:
    from parser.marking import Box, Excerpt, Marked

_Answer = TypeVar("_Answer")

_HEADER = struct.Struct(">Q")
_MAX_ANSWER = 64 * 1024 * 1024
_ANNOUNCED = b"effort "  # an answer that begins so is none yet: longer work begins


@dataclass(frozen=True)
class Limits:
    """What one document may take. ``seconds`` of wall time, ``megabytes`` of address space.

    A document that turns out to need recognition or conversion (parser/effort.py) gets the other figures from then on;
    for all others nothing is wider.
    """

    seconds: float = 18.0
    megabytes: int = 1_400
    recognition_seconds: float = 300.0  # 40 pages of 3 to 7 s, on one thread
    recognition_megabytes: int = 2_400  # 1200 do for an A4 page, 1800 for a picture of 16 million pixels
    conversion_seconds: float = 60.0  # LibreOffice is given up after 50

    def seconds_of(self, effort: Effort) -> float:
        """How long such work may take."""
        return self.recognition_seconds if effort is Effort.RECOGNITION else self.conversion_seconds


class IsolatedParser:
    """Opens documents one at a time in a child process. Not for use from several threads at once."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits if limits is not None else Limits()
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the child process."""
        if self._child is not None:
            self._child.kill()
            self._child.wait()
            for stream in (self._child.stdin, self._child.stdout):
                if stream is not None:
                    stream.close()
            self._child = None

    def interrupt(self) -> None:
        """End the child process from another thread; whoever waits for its answer is told that there is none."""
        child = self._child
        if child is not None:
            child.kill()

    def parse(self, data: bytes, hints: Hints | None = None) -> Record:
        """The record of one document; the errors of :func:`parser.parse`, and UnreadableDocument over a limit."""
        return tasks.record_of(self._ask(data, tasks.request("parse", hints)))

    def mark(self, data: bytes, hints: Hints | None, marks: Collection[str] = (), *, as_read: bool = False) -> Marked:
        """The document with places marked, as :func:`parser.marking.mark` has it; UnreadableDocument over a limit too."""
        return tasks.marked_of(self._ask(data, tasks.request("mark", hints, marks=sorted(marks), as_read=as_read)))

    def excerpt(self, data: bytes, hints: Hints | None, marks: Collection[str]) -> tuple[Excerpt, ...]:
        """What stands around marked places, as :func:`parser.marking.excerpt` has it; UnreadableDocument over a limit too."""
        return tasks.excerpts_of(self._ask(data, tasks.request("excerpt", hints, marks=sorted(marks))))

    def picture(
        self,
        data: bytes,
        hints: Hints | None,
        page: int,
        boxes: Sequence[Box] = (),
        *,
        scale: float = 2.0,
        excerpt: bool = False,
        recognised: bool = False,
    ) -> bytes:
        """A page as a PNG, as :func:`parser.marking.picture` has it; UnreadableDocument over a limit too."""
        asked = tasks.request(
            "picture", hints, page=page, boxes=list(boxes), scale=scale, excerpt=excerpt, recognised=recognised
        )
        return tasks.picture_of(self._ask(data, asked))

    def _ask(self, data: bytes, request: bytes) -> bytes:
        """The child's answer. Raises UnreadableDocument where it gives none."""
        child = self._child if self._child is not None else self._start()
        allowed = self._limits.seconds
        deadline = time.monotonic() + allowed
        spent = False  # the models stay in memory: such a child is not kept for a document with narrower limits
        try:
            _write(child.stdin, request)
            _write(child.stdin, data)
            answer = self._read(child, deadline)
            while answer is not None and answer.startswith(_ANNOUNCED):
                effort = Effort(answer.removeprefix(_ANNOUNCED).decode())
                spent = spent or effort is Effort.RECOGNITION
                allowed = self._limits.seconds_of(effort)
                deadline = time.monotonic() + allowed
                answer = self._read(child, deadline)
        except BrokenPipeError:
            answer = None
        if spent and answer is not None:
            self.close()
        if answer is None:
            late = time.monotonic() >= deadline
            self.close()
            message = (
                f"the document takes more than {allowed:g} s to read; it is damaged or made to stall"
                if late
                else "the document ended the reader; it is damaged or made to do so"
            )
            raise UnreadableDocument(message)
        return answer

    def _start(self) -> subprocess.Popen[bytes]:
        limits = self._limits
        environment = {
            **os.environ,
            "XXGK_PARSER_MEGABYTES": str(limits.megabytes),
            "XXGK_RECOGNITION_MEGABYTES": str(limits.recognition_megabytes),
        }
        self._child = subprocess.Popen(
            [sys.executable, "-m", "parser.isolation"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
        )
        return self._child

    def _read(self, child: subprocess.Popen[bytes], deadline: float) -> bytes | None:
        """One answer, or null where the child ended or is late."""
        if child.stdout is None:
            return None
        head = _read_until(child.stdout, _HEADER.size, deadline)
        if head is None:
            return None
        (length,) = _HEADER.unpack(head)
        return _read_until(child.stdout, length, deadline) if length <= _MAX_ANSWER else None


class ParserPool:
    """Several isolated parsers for callers in several threads: each call takes one that is free, or waits for it."""

    def __init__(self, jobs: int, limits: Limits | None = None) -> None:
        self._parsers = [IsolatedParser(limits) for _ in range(jobs)]
        self._free: LifoQueue[IsolatedParser] = (
            LifoQueue()
        )  # the last used first: one child where one document comes at a time
        self._closed = False
        for parser in self._parsers:
            self._free.put(parser)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the child processes, and with them the documents they are at."""
        self._closed = True
        for parser in self._parsers:
            parser.interrupt()
        for parser in [self._free.get() for _ in self._parsers]:  # each comes back as soon as its caller has been told
            parser.close()
            self._free.put(parser)

    def parse(self, data: bytes, hints: Hints | None = None) -> Record:
        """As :meth:`IsolatedParser.parse`, from any thread."""
        return self._with(lambda parser: parser.parse(data, hints))

    def mark(self, data: bytes, hints: Hints | None, marks: Collection[str] = (), *, as_read: bool = False) -> Marked:
        """As :meth:`IsolatedParser.mark`, from any thread."""
        return self._with(lambda parser: parser.mark(data, hints, marks, as_read=as_read))

    def excerpt(self, data: bytes, hints: Hints | None, marks: Collection[str]) -> tuple[Excerpt, ...]:
        """As :meth:`IsolatedParser.excerpt`, from any thread."""
        return self._with(lambda parser: parser.excerpt(data, hints, marks))

    def picture(
        self,
        data: bytes,
        hints: Hints | None,
        page: int,
        boxes: Sequence[Box] = (),
        *,
        scale: float = 2.0,
        excerpt: bool = False,
        recognised: bool = False,
    ) -> bytes:
        """As :meth:`IsolatedParser.picture`, from any thread."""
        return self._with(
            lambda parser: parser.picture(data, hints, page, boxes, scale=scale, excerpt=excerpt, recognised=recognised)
        )

    def _with(self, ask: Callable[[IsolatedParser], _Answer]) -> _Answer:
        parser = self._free.get()
        try:
            if self._closed:
                raise UnreadableDocument("the reader was stopped before it came to this document; read it again")
            return ask(parser)
        finally:
            self._free.put(parser)


def _read_until(stream: IO[bytes], length: int, deadline: float) -> bytes | None:
    parts: list[bytes] = []
    left = length
    while left:
        ready, _, _ = select.select([stream], [], [], max(0.0, deadline - time.monotonic()))
        part = os.read(stream.fileno(), min(left, 1 << 20)) if ready else b""
        if not part:
            return None
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def _write(stream: IO[bytes] | None, data: bytes) -> None:
    if stream is not None:
        stream.write(_HEADER.pack(len(data)))
        stream.write(data)
        stream.flush()


def _serve() -> None:
    """The child: a request and a document in, one answer out, until the parent hangs up."""
    import resource  # noqa: PLC0415  Unix only, and only the child needs it
    import signal  # noqa: PLC0415  as above

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent says when it is over
    limits = Limits()
    own = int(os.environ.get("XXGK_PARSER_MEGABYTES", limits.megabytes)) << 20
    most = max(own, int(os.environ.get("XXGK_RECOGNITION_MEGABYTES", limits.recognition_megabytes)) << 20)
    resource.setrlimit(resource.RLIMIT_AS, (own, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    requests = sys.stdin.buffer
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # nothing a library prints may look like an answer

    def widen(effort: Effort) -> None:
        if effort is Effort.RECOGNITION:
            resource.setrlimit(resource.RLIMIT_AS, (most, most))
        _write(answers, _ANNOUNCED + effort.encode())

    while head := requests.read(_HEADER.size):
        request = json.loads(requests.read(_HEADER.unpack(head)[0]))
        data = requests.read(_HEADER.unpack(requests.read(_HEADER.size))[0])
        with heard_by(widen):
            answer = tasks.answer(request, data)
        _write(answers, answer)


if __name__ == "__main__":
    _serve()
