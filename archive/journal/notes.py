"""Notes: what a crawl found out beside the bytes it fetched, one small fact each, as it stands in the journal.

The journal is kept in the WARC files (``metadata`` records of JSON lines), so that the tables can be made again from the
files alone. A note names crawls by their number and addresses as they go over the wire.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import MISSING, dataclass, fields
from datetime import date, datetime
from typing import Any, ClassVar, TypeAlias, get_args

import simplejson

MEDIA_TYPE = "application/x-ndjson"


@dataclass(frozen=True)
class CrawlBegun:
    """A crawl began, or went on after a kill. ``arguments`` and ``portals`` are JSON, ``key`` is their digest."""

    kind: ClassVar[str] = "crawl.begun"
    at: datetime
    crawl: int
    key: str
    arguments: str
    portals: str


@dataclass(frozen=True)
class CrawlEnded:
    """A crawl ended as ``finished`` or ``stopped``."""

    kind: ClassVar[str] = "crawl.ended"
    at: datetime
    crawl: int
    state: str


@dataclass(frozen=True)
class PortalNote:
    """How reading a portal ended; null ``outcome`` where it only became known.

    Then it says what the registry says: ``encoding`` is the charset of its pages where they declare a wrong one, and
    holds until the next such note. ``given`` is the address as it was typed, where one was.
    """

    kind: ClassVar[str] = "portal"
    at: datetime
    crawl: int | None
    portal: str
    outcome: str | None
    detail: str | None
    division: str | None = None
    encoding: str | None = None
    given: str | None = None


@dataclass(frozen=True)
class ColumnNote:
    """A column was followed to its end, or given up.

    ``full``: all its pages were asked for, none taken as unchanged, and it lost not much (:mod:`archive.crawling.losses`).
    ``above`` is the column of which it is a part (a year, a kind of units).
    """

    kind: ClassVar[str] = "column"
    at: datetime
    crawl: int | None
    portal: str
    column_url: str
    agency: str | None
    outcome: str
    detail: str | None
    pages: int
    rows: int
    reports: int
    full: bool = True
    above: str | None = None


@dataclass(frozen=True)
class RowsNote:
    """The rows of a list page: reports as (address, title, date), the others as (address, title, reason)."""

    kind: ClassVar[str] = "rows"
    at: datetime
    crawl: int | None
    portal: str
    column_url: str
    agency: str | None
    family: str | None
    rows: tuple[tuple[str, str, date | None], ...]
    refused: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class ArticleNote:
    """An article page was read, or found gone. ``url`` is its final address; attachments are (address, name)."""

    kind: ClassVar[str] = "article"
    at: datetime
    crawl: int | None
    portal: str | None
    url: str
    requested_url: str
    column_url: str | None
    page_title: str | None
    page_date: date | None
    agency: str | None
    refused: str | None
    gone: bool
    attachments: tuple[tuple[str, str | None], ...] = ()


@dataclass(frozen=True)
class SiteNote:
    """A page of a portal names a site of the same authority on a host of its own; ``label`` stands above the link."""

    kind: ClassVar[str] = "site"
    at: datetime
    crawl: int | None
    portal: str
    url: str
    name: str
    label: str
    page_url: str


@dataclass(frozen=True)
class SameNote:
    """An address answered with what was kept of it the last time: 304, or the same bytes again.

    ``request`` and ``head`` are those of the exchange, as Latin-1. Many of these go into one record, since each would
    need a record larger than all it says (docs/archive.md).
    """

    kind: ClassVar[str] = "same"
    at: datetime
    crawl: int | None
    url: str
    role: str
    status: int
    request: str
    head: str


@dataclass(frozen=True)
class LossNote:
    """A capture whose bytes are no longer there; its row stays and says so."""

    kind: ClassVar[str] = "loss"
    at: datetime
    file: str
    position: int
    url: str
    fetched_at: datetime
    payload_digest: str
    why: str


@dataclass(frozen=True)
class FoundNote:
    """The bytes of a capture that was said to be lost are there again, whole: the machine that had them came back."""

    kind: ClassVar[str] = "found"
    at: datetime
    file: str
    position: int
    url: str
    fetched_at: datetime
    payload_digest: str


@dataclass(frozen=True)
class BackfillNote:
    """A web archive was asked for a portal's captures. ``queries`` is JSON: what was asked for, as [match, address].

    ``lines`` were found in its index; of their captures ``captures`` were taken over, ``known`` were here, ``passed``
    are none to keep. A record of the search: no table is made from it.
    """

    kind: ClassVar[str] = "backfill"
    at: datetime
    portal: str
    server: str
    queries: str
    lines: int
    captures: int
    known: int
    passed: int


@dataclass(frozen=True)
class RestNote:
    """A host blocks since a time, for the ``times``-th time now, and is to be left alone until another."""

    kind: ClassVar[str] = "rest"
    at: datetime
    crawl: int | None
    host: str
    system: str
    times: int
    since: datetime
    until: datetime


@dataclass(frozen=True)
class RestEnded:
    """A host that blocked gave an ordinary page again."""

    kind: ClassVar[str] = "rest.ended"
    at: datetime
    crawl: int | None
    host: str


@dataclass(frozen=True)
class UnitsNote:
    """A directory of a portal names units, each as (name, address); the address is null where none stands there."""

    kind: ClassVar[str] = "units"
    at: datetime
    crawl: int | None
    portal: str
    page_url: str
    units: tuple[tuple[str, str | None], ...]


@dataclass(frozen=True)
class RosterNote:
    """A page says who published their reports (年报公布情况), each unit as (name, address, day, what stands beside it).

    ``expected``, ``published``, ``on_time`` and ``late`` are the numbers it prints.
    """

    kind: ClassVar[str] = "roster"
    at: datetime
    crawl: int | None
    portal: str
    url: str
    title: str
    report_year: int | None
    units: tuple[tuple[str, str | None, date | None, str | None], ...]
    expected: int | None = None
    published: int | None = None
    on_time: int | None = None
    late: int | None = None


@dataclass(frozen=True)
class PublisherNote:
    """Somebody says that a publisher exists: of a scope and a name, with its class, its days, its other names.

    What is null or empty is not said, and leaves what is known.
    """

    kind: ClassVar[str] = "publisher"
    at: datetime
    scope: str
    name: str
    publisher_class: str | None = None
    since: date | None = None
    until: date | None = None
    aliases: tuple[str, ...] = ()
    source: str | None = None


@dataclass(frozen=True)
class MergeNote:
    """Somebody says that a publisher is the same as another, or, with a null ``into_name``, that it is itself after all."""

    kind: ClassVar[str] = "merge"
    at: datetime
    scope: str
    name: str
    into_scope: str | None
    into_name: str | None
    because: str | None = None


@dataclass(frozen=True)
class SuccessionNote:
    """Somebody says that a publisher took the place of another; ``on`` is its first day."""

    kind: ClassVar[str] = "succession"
    at: datetime
    scope: str
    name: str
    successor_scope: str
    successor_name: str
    on: date | None = None
    because: str | None = None


@dataclass(frozen=True)
class AcknowledgedNote:
    """A person looked at a finding; with an empty ``text`` the acknowledgement is taken back."""

    kind: ClassVar[str] = "acknowledged"
    at: datetime
    subject: str
    rule: str
    fingerprint: str
    text: str
    by: str


@dataclass(frozen=True)
class SentNote:
    """Notices were sent to a target; each is named by its key."""

    kind: ClassVar[str] = "sent"
    at: datetime
    target: str
    keys: tuple[str, ...]


Note: TypeAlias = (
    CrawlBegun
    | CrawlEnded
    | PortalNote
    | ColumnNote
    | RowsNote
    | ArticleNote
    | SiteNote
    | SameNote
    | LossNote
    | FoundNote
    | BackfillNote
    | RestNote
    | RestEnded
    | UnitsNote
    | RosterNote
    | PublisherNote
    | MergeNote
    | SuccessionNote
    | AcknowledgedNote
    | SentNote
)
_KINDS: dict[str, type[Any]] = {kind.kind: kind for kind in get_args(Note)}


def to_lines(notes: Iterable[Note]) -> bytes:
    """The notes as JSON lines; what is null or as by default is left out."""
    return b"".join(_line(note) for note in notes)


def from_lines(block: bytes) -> list[Note]:
    """The notes of a journal record. Raises :class:`ValueError` where a line is none of ours."""
    return [_read(simplejson.loads(line)) for line in block.decode("utf-8").split("\n") if line]


def _line(note: Note) -> bytes:
    facts: dict[str, Any] = {"note": note.kind}
    for field in fields(note):
        value = getattr(note, field.name)
        if value is not None and value not in (field.default, ()):
            facts[field.name] = value
    text = simplejson.dumps(facts, ensure_ascii=False, default=_plain, separators=(",", ":"))
    return text.encode("utf-8", "replace") + b"\n"


def _plain(value: object) -> str:
    if isinstance(value, date):  # a datetime is one too
        return value.isoformat()
    raise TypeError(f"a note holds {type(value).__name__}")


def _read(facts: Any) -> Note:
    if not isinstance(facts, dict):
        raise ValueError(f"a journal line is no note: {facts!r:.60}")  # noqa: TRY004 - a line that cannot be read
    kind = _KINDS.get(str(facts.pop("note", None)))
    if kind is None:
        raise ValueError("a journal line of an unknown kind: the archive was written by a newer program")
    values: dict[str, Any] = {}
    for field in fields(kind):
        if field.name in facts:
            values[field.name] = _value(kind, field.name, facts.pop(field.name))
        elif field.default is MISSING:
            values[field.name] = _absent(kind, field.name)
    if facts:
        raise ValueError(f"a journal line of the kind {kind.kind} says more than is known: {', '.join(sorted(facts))}")
    note: Note = kind(**values)
    return note


def _unit(kind: type[Any], unit: list[Any]) -> tuple[Any, ...]:
    if kind is RosterNote:
        name, url, day, said = unit
        return name, url, None if day is None else date.fromisoformat(day), said
    name, url = unit
    return name, url


def _absent(kind: type[Any], name: str) -> Any:
    if kind is RowsNote and name == "rows":
        return ()
    if "None" not in kind.__annotations__[name]:
        raise ValueError(f"a journal line of the kind {kind.kind} does not say {name}")
    return None


def _value(kind: type[Any], name: str, value: Any) -> Any:
    try:
        written = str(kind.__annotations__[name]).removesuffix(" | None")
        if written == "datetime":
            return datetime.fromisoformat(value)
        if written == "date":
            return date.fromisoformat(value)
        if name == "rows" and isinstance(value, list):
            return tuple((url, title, None if day is None else date.fromisoformat(day)) for url, title, day in value)
        if name == "units" and isinstance(value, list):
            return tuple(_unit(kind, each) for each in value)
        if name in {"refused", "attachments"} and isinstance(value, list):
            return tuple(tuple(each) for each in value)
        if name in {"aliases", "keys"} and isinstance(value, list):
            return tuple(value)
    except (TypeError, ValueError) as error:
        raise ValueError(f"a journal line of the kind {kind.kind} has a {name} that is none: {error}") from error
    return value
