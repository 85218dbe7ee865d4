"""CDX: how an index of a web archive is asked, and what its lines say. Nothing is fetched here.

The CDX server API as the Internet Archive, OpenWayback and pywb speak it; answers are a JSON list of lists, lines of
JSON, or CDXJ lines. They are strangers' words: a line that does not say what it must is counted and left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal
from urllib.parse import urlencode

from archive.addresses import wire
from archive.errors import AddressRefused
from archive.intake.foreign import label

Match = Literal["exact", "prefix"]
REVISIT = "warc/revisit"
_NAMES = {"original": "url", "mimetype": "mime", "statuscode": "status"}
_USUAL = ("urlkey", "timestamp", "url", "mime", "status", "digest", "length")  # of a list that does not say its own
_TIMESTAMP = re.compile(r"[0-9]{14}")
_NUMBER = re.compile(r"[0-9]{1,15}")
_LONGEST_KEY = 4096  # characters of a resume key
_MOST_INDEXES = 1000


@dataclass(frozen=True)
class Query:
    """What an index is asked for: one address, or all that begin with it; days in UTC, both included."""

    url: str
    match: Match
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True)
class Line:
    """A capture as an index has it. ``length`` and ``offset`` are bytes of its record in the WARC file ``filename``.

    ``status`` is null for a revisit, ``digest`` is ``algorithm:hexadecimal`` of the body as it was sent.
    """

    url: str
    moment: datetime
    media_type: str
    status: int | None
    digest: str | None
    length: int | None = None
    offset: int | None = None
    filename: str | None = None

    @property
    def timestamp(self) -> str:
        """The time in 14 digits."""
        return f"{self.moment:%Y%m%d%H%M%S}"


@dataclass(frozen=True)
class Page:
    """An answer: its lines, how many were none, and the key with which it goes on."""

    lines: tuple[Line, ...]
    refused: int = 0
    resume: str | None = None


@dataclass(frozen=True)
class Index:
    """One index of a catalogue; the time it covers, where it says so."""

    url: str
    since: str
    until: str


def address(
    server: str,
    parameters: Iterable[tuple[str, str]],
    query: Query,
    *,
    lines: int = 0,
    resume: str | None = None,
    page: int | None = None,
) -> str:
    """The address of a question. ``lines`` limits the answer, which then says a resume key; ``page`` numbers from 0."""
    said = [("url", query.url), ("matchType", query.match), *parameters]
    if query.since is not None:
        said.append(("from", f"{query.since:%Y%m%d}"))
    if query.until is not None:
        said.append(("to", f"{query.until:%Y%m%d}"))
    if lines:
        said += [("limit", str(lines)), ("showResumeKey", "true")]
    if resume is not None:
        said.append(("resumeKey", resume))
    if page is not None:
        said.append(("page", str(page)))
    return f"{server}?{urlencode(said)}"


def pages_address(server: str, parameters: Iterable[tuple[str, str]], query: Query) -> str:
    """The address at which a server says how many pages the answer has."""
    return f"{address(server, parameters, query)}&showNumPages=true"


def read(body: bytes) -> Page:
    """The lines of an answer. Raises :class:`ValueError` for what is no answer of a CDX server."""
    text = body.decode("utf-8", "replace").strip()
    if text.startswith("["):
        return _read_lists(_json(text))
    found: list[Line] = []
    refused = 0
    rows = text.split("\n")
    resume = _resume_behind(rows)
    for row in rows if resume is None else rows[:-2]:
        if not row.strip():
            continue
        line = _line(_of_row(row.strip()))
        if line is None:
            refused += 1
        else:
            found.append(line)
    if refused and not found:
        raise ValueError(f"it begins {text[:60]!r}")
    return Page(tuple(found), refused, resume)


def read_number_of_pages(body: bytes) -> int:
    """How many pages an answer has. Raises :class:`ValueError`."""
    said = _json(body.decode("utf-8", "replace"))
    number = said.get("pages") if isinstance(said, dict) else said
    if not isinstance(number, int) or number < 0:
        raise ValueError(f"it says {str(said)[:60]!r} for the number of pages")
    return number


def read_catalogue(body: bytes) -> list[Index]:
    """The indexes of a catalogue in its order, the newest first. Raises :class:`ValueError`."""
    said = _json(body.decode("utf-8", "replace"))
    if not isinstance(said, list):
        raise ValueError("it is no list of indexes")  # noqa: TRY004 - a document that cannot be read
    found = [
        Index(entry["cdx-api"], _digits(entry.get("from"), "0"), _digits(entry.get("to"), "9"))
        for entry in said[:_MOST_INDEXES]
        if isinstance(entry, dict) and isinstance(entry.get("cdx-api"), str)
    ]
    if not found:
        raise ValueError("it names no index")
    return found


def fitting(indexes: Iterable[Index], since: date | None, until: date | None, newest: int) -> list[Index]:
    """The newest indexes that may have captures of the time asked for."""
    first = "" if since is None else f"{since:%Y%m%d}"
    last = "9" if until is None else f"{until:%Y%m%d}9"
    return [one for one in indexes if one.until >= first and one.since <= last][:newest]


def _digits(written: Any, filling: str) -> str:
    digits = re.sub(r"[^0-9]", "", written)[:14] if isinstance(written, str) else ""
    return digits.ljust(14, filling)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("its lists are nested without end") from error


def _read_lists(said: Any) -> Page:
    rows = [row for row in said if isinstance(row, list)]
    resume = None
    if len(rows) >= 2 and rows[-2] == [] and len(rows[-1]) == 1:
        resume, rows = _key(rows[-1][0]), rows[:-2]
    names: tuple[str, ...] = _USUAL
    if rows and "timestamp" in rows[0]:
        names, rows = tuple(str(name) for name in rows[0]), rows[1:]
    found = [_line(dict(zip(names, row, strict=False))) for row in rows]
    lines = tuple(line for line in found if line is not None)
    return Page(lines, len(found) - len(lines), resume)


def _resume_behind(rows: list[str]) -> str | None:
    """The key behind an empty line at the end."""
    if len(rows) < 2 or rows[-2].strip() or "{" in rows[-1]:
        return None
    return _key(rows[-1].strip())


def _key(written: Any) -> str | None:
    return written if isinstance(written, str) and 0 < len(written) <= _LONGEST_KEY else None


def _of_row(row: str) -> Mapping[str, Any]:
    """The fields of a line of JSON, of CDXJ, or of the old CDX with its columns."""
    if not row.startswith("{"):
        words = row.split(" ", 2)
        if len(words) < 3 or not words[2].startswith("{"):
            return dict(zip(_USUAL, row.split(" "), strict=False))
        before: dict[str, Any] = {"urlkey": words[0], "timestamp": words[1]}
        row = words[2]
    else:
        before = {}
    try:
        said = _json(row)
    except ValueError:
        return {}
    return {**before, **said} if isinstance(said, dict) else {}


def _line(fields: Mapping[str, Any]) -> Line | None:
    said = {_NAMES.get(name, name): str(value) for name, value in fields.items() if isinstance(value, str | int)}
    stamp = said.get("timestamp", "")
    if _TIMESTAMP.fullmatch(stamp) is None:
        return None
    try:
        moment = datetime.strptime(stamp, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        url = wire(said.get("url", ""))
    except (ValueError, AddressRefused):
        return None
    written = said.get("digest", "")
    return Line(
        url,
        moment,
        said.get("mime", "").lower(),
        _number(said.get("status")),
        label(written if ":" in written else f"sha1:{written}"),
        _number(said.get("length")),
        _number(said.get("offset")),
        said.get("filename"),
    )


def _number(written: str | None) -> int | None:
    return int(written) if written is not None and _NUMBER.fullmatch(written) else None
