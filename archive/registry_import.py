"""Importing the registry: rows of publishers become notes in the journal, all of them or none, and what is known stays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

from archive.declaring import IMPORT, batches
from archive.deposit import deposit
from archive.errors import UnknownPublisher
from archive.identity import Identity
from archive.notes import MergeNote, Note, PublisherNote, SuccessionNote
from archive.publishers import called, resolve
from archive.registry_rows import Named, Row, WrongCell, read_row
from archive.schema import Article, Publisher, PublisherAlias, PublisherSource, Succession
from archive.store import Archive

NOTES = 5_000  # in one record of the journal and one transaction: about two seconds of writing
_Place = tuple[str, str]  # scope and key
_SAME = (("kind", "class"), ("since", "since"), ("until", "until"), ("aliases", "aliases"), ("merged_into",) * 2)


@dataclass(frozen=True)
class WrongRow:
    """A row that cannot be imported: its line in the file, and in a sentence why."""

    line: int
    message: str


@dataclass(frozen=True)
class Plan:
    """What an import would do: notes to be kept; rows counted by what they bring; and the rows that are wrong."""

    notes: tuple[Note, ...]
    rows: int
    new: int
    changed: int
    known: int
    merges: int
    successions: int
    wrong: tuple[WrongRow, ...]


def plan(archive: Archive, cells: Iterable[tuple[int, Mapping[str, str]]], source: str) -> Plan:
    """What importing rows would do. They come with their line in the file; ``source`` is the file's name.

    A row that says what is known already brings no note.
    """
    rows: list[Row] = []
    wrong: list[WrongRow] = []
    count = 0
    with archive.session() as session:
        for line, said in cells:
            count += 1
            try:
                rows.append(_placed(session, read_row(line, said, archive.book), archive))
            except (WrongCell, UnknownPublisher) as error:
                wrong.append(WrongRow(line, str(error)))
        known = _Known(session, rows)
    checked = _Checked(known)
    good = [row for row in rows if checked.take(row)]
    while refused := [row for row in good if not checked.stands(row)]:  # who names one of these is wrong too
        good = [row for row in good if row not in refused]
    wrong += checked.wrong
    notes = _notes(good, known, archive.now(), source)
    return Plan(
        notes=tuple(notes.all),
        rows=count,
        new=notes.new,
        changed=notes.changed,
        known=len(good) - notes.new - notes.changed,
        merges=notes.merges,
        successions=notes.successions,
        wrong=tuple(sorted(wrong, key=lambda one: one.line)),
    )


def keep(archive: Archive, notes: Sequence[Note]) -> bool:
    """Keep notes; whether something is to be derived again then (:func:`archive.derive.derive`)."""
    for start in range(0, len(notes), NOTES):
        deposit(archive, notes=notes[start : start + NOTES])
    return is_pending(archive)


def is_pending(archive: Archive) -> bool:
    """Whether something is to be derived: whose the reports of an article are may have changed."""
    with archive.session() as session:
        return bool(session.scalar(select(exists().where(Article.stale > 0))))


def _placed(session: Session, row: Row, archive: Archive) -> Row:
    """The row; without a division, of the only publisher of its name that is known, if there is one."""
    if row.placed or row.own.identity.scope.isdecimal():
        return row
    if not called(session, row.own.name, archive.book):
        return row
    found = resolve(session, row.own.name, archive.book)
    return replace(row, own=Named(found.scope, row.own.name, Identity(found.scope, found.key, found.township)))


class _Known:
    """What the archive knows of the scopes that rows speak of."""

    def __init__(self, session: Session, rows: Sequence[Row]) -> None:
        places = [place for row in rows for place in _places(row)]
        self.publishers: dict[_Place, _Publisher] = {}
        self.aliases: dict[_Place, int] = {}
        numbers: dict[int, _Place] = {}
        for scopes in batches(sorted({scope for scope, _ in places})):
            query = select(
                Publisher.id,
                Publisher.scope,
                Publisher.key,
                Publisher.kind,
                Publisher.since,
                Publisher.until,
                Publisher.declared,
            )
            for number, scope, key, *facts in session.execute(query.where(Publisher.scope.in_(scopes))):
                self.publishers[scope, key] = _Publisher(number, *facts)
                numbers[number] = scope, key
            named = select(PublisherAlias.scope, PublisherAlias.key, PublisherAlias.publisher_id)
            for scope, key, number in session.execute(named.where(PublisherAlias.scope.in_(scopes))):
                self.aliases[scope, key] = number
        sourced = select(PublisherSource.publisher_id).where(PublisherSource.source == IMPORT)
        self.imported = set(session.scalars(sourced))
        one, other = aliased(Publisher), aliased(Publisher)
        merged = select(one.scope, one.key, other.scope, other.key).join(other, other.id == one.merged_into_id)
        self.into: dict[_Place, _Place] = {(a, b): (c, d) for a, b, c, d in session.execute(merged)}
        pairs = select(Succession.predecessor_id, Succession.successor_id, Succession.on)
        self.successions = {(a, b): on for a, b, on in session.execute(pairs)}
        self._numbers = numbers

    def number(self, place: _Place) -> int | None:
        """The publisher that stands there, or that has another name there."""
        known = self.publishers.get(place)
        return known.id if known is not None else self.aliases.get(place)

    def place(self, number: int) -> _Place | None:
        return self._numbers.get(number)


@dataclass(frozen=True)
class _Publisher:
    id: int
    kind: str
    since: date | None
    until: date | None
    declared: bool


def _places(row: Row) -> list[_Place]:
    named = [each.place for each in (row.own, row.successor, row.merged_into) if each is not None]
    return [*named, *row.alias_places]


class _Checked:
    """The rows beside each other and beside what is known."""

    def __init__(self, known: _Known) -> None:
        self.wrong: list[WrongRow] = []
        self._known = known
        self._rows: dict[_Place, Row] = {}
        self._into = dict(known.into)

    def take(self, row: Row) -> bool:
        """Whether a row may stand beside those before it."""
        first = self._rows.get(row.own.place)
        if first is not None and (message := _contradiction(row, first)) is not None:
            return self._refuse(row, message)
        if row.merged_into is not None:
            place, passed = row.merged_into.place, {row.own.place}
            while place not in passed and (further := self._into.get(place)) is not None:
                passed.add(place)
                place = further
            if place == row.own.place:
                return self._refuse(row, f"{row.merged_into.name} was merged into it, leave one of the two out")
            self._into[row.own.place] = row.merged_into.place
        self._rows.setdefault(row.own.place, row)
        return True

    def stands(self, row: Row) -> bool:
        """Whether what a row names stands in the file or is known, and none of its names is another publisher's."""
        for column, other in (("successor", row.successor), ("merged_into", row.merged_into)):
            if other is not None and not self._is_known(other.place):
                label = "/".join((other.identity.scope, other.name))
                return self._drop(row, f"its {column} {label} is not known, write a row for it or correct the name")
        for name, place in zip(row.aliases, row.alias_places, strict=False):
            if self._is_another(place, row.own.place):
                return self._drop(row, f"{name} is a publisher by itself, give that one's row merged_into instead")
        return True

    def _is_known(self, place: _Place) -> bool:
        return place in self._rows or self._known.number(place) is not None

    def _is_another(self, place: _Place, own: _Place) -> bool:
        """Whether a publisher stands there that is not merged into one's own."""
        if place == own or (place not in self._rows and place not in self._known.publishers):
            return False
        return self._end(place) != self._end(own)

    def _end(self, place: _Place) -> _Place:
        passed = {place}
        while (further := self._into.get(place)) is not None and further not in passed:
            passed.add(further)
            place = further
        return place

    def _drop(self, row: Row, message: str) -> bool:
        if self._rows.get(row.own.place) is row:
            del self._rows[row.own.place]
        return self._refuse(row, message)

    def _refuse(self, row: Row, message: str) -> bool:
        self.wrong.append(WrongRow(row.line, message))
        return False


def _contradiction(row: Row, first: Row) -> str | None:
    """What a second row of a publisher may say is another successor."""
    for attribute, column in _SAME:
        said = getattr(row, attribute)
        if said and said != getattr(first, attribute):
            return f"it is the publisher of line {first.line} and says another {column}, put the two right"
    new = row.successor is not None and row.successor != first.successor
    return None if new else f"it is the publisher of line {first.line} again, leave one of the two out"


class _notes:  # noqa: N801 - what it makes is what counts
    """The notes that rows bring: publishers by their division, then successions, then mergers."""

    def __init__(self, rows: Sequence[Row], known: _Known, at: datetime, source: str) -> None:
        self.new = self.changed = self.merges = self.successions = 0
        declared: list[PublisherNote] = []
        others: list[SuccessionNote | MergeNote] = []
        for row in rows:
            number = known.number(row.own.place)
            brings = []
            if _says_more(row, number, known):
                declared.append(_publisher_note(row, at, source))
                brings.append("facts")
            if row.successor is not None and not _is_successor(row, number, known):
                others.append(_succession_note(row, row.successor, at))
                self.successions += 1
            if row.merged_into is not None and known.into.get(row.own.place) != row.merged_into.place:
                others.append(_merge_note(row, row.merged_into, at))
                self.merges += 1
            self.new += number is None
            self.changed += number is not None and bool(brings)
        order = sorted(declared, key=lambda note: note.scope)
        self.all: list[Note] = [*order, *sorted(others, key=lambda note: note.kind, reverse=True)]
