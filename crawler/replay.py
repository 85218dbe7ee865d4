"""Replay: what a web archive hands out for a capture, turned back into what the portal answered then.

A replay server sends the body as it was and the head in parts: some headers under ``X-Archive-Orig-``, some as its own.
A range of a WARC file is the record itself, byte for byte.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from tempfile import NamedTemporaryFile

from scrapy.http import Response

from archive.captures import Answer
from archive.errors import PayloadRefused, UnreadableImport
from archive.intake.foreign import Bookmark, Source, records
from archive.intake.transcripts import NotKept, of_record
from archive.warcs.codings import decode
from archive.warcs.records import header, read_head, status_of
from crawler.blocked import Kind, judge
from crawler.cdx import Line
from crawler.wire import EXCHANGE, Exchange

OTHER_CAPTURE, NO_CAPTURE, CHALLENGE = "another capture came", "no capture came", "a challenge page"
NO_RECORD = "no record stands there"
_PREFIX = "x-archive-orig-"
# What a server says of the capture in its own name; all else is of the server.
_OF_CAPTURE = frozenset({"content-type", "content-disposition", "content-language", "last-modified"})
_CODING = "content-encoding"
_MEMENTO = "Memento-Datetime"
_SECONDS = 1  # some servers cut the fraction of a second, some round it


class NotTaken(Exception):
    """An answer that is not the capture asked for; the message is one of the words above, or of an import."""


def is_capture(response: Response) -> bool:
    """Whether a server says that an answer is a capture of another time (RFC 7089, 2.1.1)."""
    return _MEMENTO in response.headers


def of_replay(line: Line, response: Response) -> Answer:
    """The capture that a replay server sent for a line of its index. Raises :class:`NotTaken`."""
    status, headers, reason = _head(response)
    moment = _moment(header(headers, _MEMENTO))
    if moment is None:
        raise NotTaken(NO_CAPTURE)
    if status != 200 or abs((moment - line.moment).total_seconds()) > _SECONDS:
        raise NotTaken(OTHER_CAPTURE)
    if judge(response).kind is Kind.BLOCKED:
        raise NotTaken(CHALLENGE)
    body, original = _fitting(line, response.body, _original(headers))
    return Answer(line.url, status, reason, original, body, line.moment)


def of_range(line: Line, body: bytes) -> Answer:
    """The capture whose WARC record was sent, byte for byte. Raises :class:`NotTaken`."""
    with NamedTemporaryFile(suffix=".warc.gz") as file:
        file.write(body)
        file.flush()
        source = Source(Path(file.name), line.filename or "")
        try:
            one = next(records(source, Bookmark()), None)
        except UnreadableImport as error:
            raise NotTaken(NO_RECORD) from error
    if one is None or one.record.type != "response":
        raise NotTaken(NO_RECORD)
    try:
        answer = of_record(one, source)
    except NotKept as reason:
        raise NotTaken(str(reason)) from reason
    if answer.status != 200 or (answer.url, answer.fetched_at) != (line.url, line.moment):
        raise NotTaken(OTHER_CAPTURE)
    return answer


def is_proven(line: Line, answer: Answer) -> bool | None:
    """Whether a body has the digest that the index states; null where that cannot be told.

    Of a body that came in chunks many archives take the digest with the chunks, which a replay server does not send.
    """
    if line.digest is None:
        return None
    if _has(answer.stored, line.digest) or _has(answer.body, line.digest):
        return True
    return None if answer.header("Transfer-Encoding") is not None else False


def with_source(answer: Answer, line: Line, server: str) -> Answer:
    """The capture, saying whose word it is."""
    return replace(answer, source=f"{server} {line.timestamp} {line.url}")


def _head(response: Response) -> tuple[int, tuple[tuple[str, str], ...], str]:
    """Status, headers and reason, as they came over the wire where that was recorded."""
    exchange: Exchange | None = response.meta.pop(EXCHANGE, None)
    if exchange is None:
        pairs = [(name, value) for name in response.headers for value in response.headers.getlist(name)]
        return response.status, tuple((a.decode("latin-1"), b.decode("latin-1")) for a, b in pairs), "OK"
    first, headers = read_head(exchange.head)
    return response.status, headers, status_of(first)[2]


def _original(headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """The headers of the capture, in the order in which they came."""
    prefixed = {name.lower() for name, _ in headers if name.lower().startswith(_PREFIX)}
    coded = header(headers, _CODING) is not None
    found = []
    for name, value in headers:
        low = name.lower()
        if low.removeprefix(_PREFIX) == _CODING:  # the body that came is coded as the answer itself says
            if coded == (low == _CODING):
                found.append((name, value))
        elif low in prefixed:
            found.append((name[len(_PREFIX) :], value))
        elif low in _OF_CAPTURE and f"{_PREFIX}{low}" not in prefixed:
            found.append((name, value))
    return tuple(found)


def _fitting(
    line: Line, body: bytes, headers: tuple[tuple[str, str], ...]
) -> tuple[bytes, tuple[tuple[str, str], ...]]:
    """Body and headers that fit each other: a server may pack a body for the way, which the digest tells."""
    coding = header(headers, _CODING)
    if coding is not None and line.digest is not None and not _has(body, line.digest):
        try:
            plain = decode(body, coding, line.url)
        except PayloadRefused:  # deriving says so
            plain = body
        if plain is not body and _has(plain, line.digest):
            body, headers = plain, tuple(pair for pair in headers if pair[0].lower() != _CODING)
    length = str(len(body))
    return body, tuple(
        (f"X-Archive-Orig-{name}" if name.lower() == "content-length" and value.strip() != length else name, value)
        for name, value in headers
    )


def _has(body: bytes, stated: str) -> bool:
    algorithm, _, value = stated.partition(":")
    return hashlib.new(algorithm, body, usedforsecurity=False).hexdigest() == value


def _moment(written: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(written or "")
    except (ValueError, IndexError):
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
