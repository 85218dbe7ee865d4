"""Rows of the registry beside each other and beside what an archive knows: nothing is merged, moved or renamed by accident."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from archive.among import among
from archive.registry.declaring import IMPORT
from archive.registry.rows import Row
from archive.schema import Publisher, PublisherAlias, PublisherSource, Succession

Standing = tuple[str, str]  # scope and key
_SAME = ("kind", "since", "until", "aliases", "merged_into")


@dataclass(frozen=True)
class WrongRow:
    """A row that cannot be imported: its line in the file, and in a sentence why."""

    line: int
    message: str


@dataclass(frozen=True)
class KnownPublisher:
    """What an archive knows of a publisher that a row may say otherwise."""

    id: int
    scope: str
    key: str
    kind: str
    since: date | None
    until: date | None
    declared: bool


class Known:
    """What an archive knows of the scopes that rows speak of."""

    def __init__(self, session: Session, rows: Sequence[Row]) -> None:
        self._by_place: dict[Standing, KnownPublisher] = {}
        self._by_number: dict[int, KnownPublisher] = {}
        self.aliases: dict[Standing, int] = {}
        self._read(session, {scope for row in rows for scope, _ in _places(row)})
        sourced = select(PublisherSource.publisher_id).where(PublisherSource.source == IMPORT)
        self.imported = frozenset(session.scalars(sourced))
        one, other = aliased(Publisher), aliased(Publisher)
        merged = select(one.scope, one.key, other.scope, other.key).join(other, other.id == one.merged_into_id)
        self.into: Mapping[Standing, Standing] = {(a, b): (c, d) for a, b, c, d in session.execute(merged)}
        pairs = select(Succession.predecessor_id, Succession.successor_id, Succession.on)
        self.successions: Mapping[tuple[int, int] | None, date | None]
        self.successions = {(before, after): on for before, after, on in session.execute(pairs)}

    def find(self, place: Standing) -> KnownPublisher | None:
        """The publisher that stands there, or that has another name there."""
        return self._by_place.get(place) or self._by_number.get(self.aliases.get(place, 0))

    def holds(self, place: Standing) -> bool:
        """Whether a publisher stands there under its own name."""
        return place in self._by_place

    def _read(self, session: Session, scopes: set[str]) -> None:
        columns = (
            Publisher.id,
            Publisher.scope,
            Publisher.key,
            Publisher.kind,
            Publisher.since,
            Publisher.until,
            Publisher.declared,
        )
        for row in session.execute(select(*columns).where(among(Publisher.scope, scopes))):
            known = KnownPublisher(*row)
            self._by_place[known.scope, known.key] = self._by_number[known.id] = known
        named = select(PublisherAlias.scope, PublisherAlias.key, PublisherAlias.publisher_id)
        for scope, key, number in session.execute(named.where(among(PublisherAlias.scope, scopes))):
            self.aliases[scope, key] = number


class Checks:
    """The rows of a file, taken one after the other."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._rows: dict[Standing, Row] = {}
        self._named: dict[Standing, Row] = {}  # by another name
        self._into = dict(known.into)

    def against_others(self, row: Row) -> str | None:
        """Why a row cannot stand beside those before it; null where it can, and is taken."""
        first = self._rows.get(row.own.place)
        if first is not None and (said := _contradiction(row, first)) is not None:
            return said
        for alias, place in row.alias_places:
            other = self._named.get(place, row)
            if other.own.place != row.own.place:
                return f"{alias} is another name of {other.own.name} in line {other.line} too, leave one of them out"
        if row.merged_into is not None:
            if self._end(row.merged_into.place) == row.own.place:
                return f"{row.merged_into.name} was merged into it, leave one of the two out"
            self._into[row.own.place] = row.merged_into.place
        self._rows.setdefault(row.own.place, row)
        for _, place in row.alias_places:
            self._named[place] = row
        return None

    def against_all(self, row: Row) -> str | None:
        """Why a row that was taken cannot be imported: what it names is not there, or is somebody else."""
        for column, other in (("successor", row.successor), ("merged_into", row.merged_into)):
            if other is not None and other.place not in self._rows and self._known.find(other.place) is None:
                return f"its {column} {other.scope}/{other.name} is not known, write a row for it or correct the name"
        for alias, place in row.alias_places:
            if (place in self._rows or self._known.holds(place)) and not self._one(place, row.own.place):
                return f"{alias} is a publisher by itself, merge it into {row.own.name} if the two are one"
            named = self._known.find(place)
            if named is not None and not self._one((named.scope, named.key), row.own.place):
                return f"{alias} is another name of {named.scope}/{named.key} already, leave it out or merge the two"
        return None

    def drop(self, row: Row) -> None:
        """Forget a row: it is not imported, and who names it names nobody."""
        if self._rows.get(row.own.place) is row:
            del self._rows[row.own.place]
            if row.merged_into is not None and row.own.place not in self._known.into:
                self._into.pop(row.own.place, None)

    def _one(self, place: Standing, other: Standing) -> bool:
        """Whether two are one publisher in the end."""
        own = self._known.find(other)
        return self._end(place) in {self._end(other), *(() if own is None else (self._end((own.scope, own.key)),))}

    def _end(self, place: Standing) -> Standing:
        passed = {place}
        while (further := self._into.get(place)) is not None and further not in passed:
            passed.add(further)
            place = further
        return place


def _places(row: Row) -> list[Standing]:
    named = [each.place for each in (row.own, row.successor, row.merged_into) if each is not None]
    return [*named, *(place for _, place in row.alias_places)]


def _contradiction(row: Row, first: Row) -> str | None:
    """A second row of a publisher may say another successor, and nothing else."""
    for attribute in _SAME:
        said = getattr(row, attribute)
        if said and said != getattr(first, attribute):
            column = "class" if attribute == "kind" else attribute
            return f"it is the publisher of line {first.line} and says another {column}, put the two right"
    if row.successor is None or row.successor == first.successor:
        return f"it is the publisher of line {first.line} again, leave one of the two out"
    return None
