"""Declaring: what people say of many publishers at once, taken from the journal into the tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from archive.among import among
from archive.divisions import Book
from archive.journal.notes import PublisherNote
from archive.registry.identity import Identity, Place, identify, key
from archive.registry.merging import merge
from archive.registry.publishers import new as make
from archive.schema import Base, Publisher, PublisherAlias, PublisherSource

IMPORT = "import"
_Place = tuple[str, str]  # scope and key
_PUBLISHERS, _ALIASES, _SOURCES = (  # rows of many are not to become objects
    Base.metadata.tables[table.__tablename__] for table in (Publisher, PublisherAlias, PublisherSource)
)


def declare(session: Session, notes: Sequence[PublisherNote], book: Book) -> None:
    """Bring the registry into line with notes, in their order; what one costs in statements does not count."""
    _Declaring(session, notes, book).go_through()


def place_of_alias(alias: str, own: Identity, scope: str, book: Book) -> _Place | None:
    """Scope and key under which another name of a publisher stands; null where it is its own name.

    A former name may be of a division that is no more (龙海市教育局, now of 龙海区).
    """
    identity = identify(alias, Place(scope, book))
    place = identity.scope, identity.key
    if place == (own.scope, own.key):  # written with more of its division, or with less
        place = own.scope, key(alias)
    return None if place == (own.scope, own.key) else place


class _Declaring:
    """Notes together with what the tables say of the same scopes."""

    def __init__(self, session: Session, notes: Sequence[PublisherNote], book: Book) -> None:
        self._session = session
        self._said = [(note, identify(note.name, Place(note.scope, book))) for note in notes]
        self._named = [
            (number, name, place)
            for number, (note, own) in enumerate(self._said)
            for name in note.aliases
            if (place := place_of_alias(name, own, note.scope, book)) is not None
        ]
        scopes = {own.scope for _, own in self._said} | {place[0] for _, _, place in self._named}
        self._publishers: dict[_Place, Publisher] = {}
        self._aliases: dict[_Place, PublisherAlias] = {}
        for publisher in session.scalars(select(Publisher).where(among(Publisher.scope, sorted(scopes)))):
            self._publishers[publisher.scope, publisher.key] = publisher
        for alias in session.scalars(select(PublisherAlias).where(among(PublisherAlias.scope, sorted(scopes)))):
            self._aliases[alias.scope, alias.key] = alias
        self._numbers = {place: alias.publisher_id for place, alias in self._aliases.items()}
        self._numbers |= {place: publisher.id for place, publisher in self._publishers.items()}

    def go_through(self) -> None:
        """Bring the tables into line."""
        new: dict[_Place, dict[str, Any]] = {}
        for note, own in self._said:
            place = own.scope, own.key
            if place in self._numbers:
                self._change(place, note)
                continue
            row = new.setdefault(place, {**make(own, note.name), "declared": True, "since": None, "until": None})
            row["kind"] = note.publisher_class or row["kind"]
            row["since"], row["until"] = note.since or row["since"], note.until or row["until"]
        self._session.flush()
        if new:  # one writer at a time: nobody else may have inserted them
            self._session.execute(insert(_PUBLISHERS), list(new.values()))
            query = select(Publisher.id, Publisher.scope, Publisher.key).where(
                among(Publisher.scope, sorted({scope for scope, _ in new}))
            )
            found = {(scope, key): number for number, scope, key in self._session.execute(query)}
            self._numbers |= {place: number for place, number in found.items() if place in new}
        self._name()
        self._source()

    def _change(self, place: _Place, note: PublisherNote) -> None:
        """What a note says of a publisher that is known, perhaps by another name."""
        publisher = self._publishers.get(place) or self._session.get_one(Publisher, self._numbers[place])
        publisher.declared = True
        publisher.kind = note.publisher_class or publisher.kind
        publisher.since, publisher.until = note.since or publisher.since, note.until or publisher.until

    def _name(self) -> None:
        """The other names; who was known by one of them alone until now is the same."""
        new: dict[_Place, dict[str, Any]] = {}
        for said, name, place in self._named:
            own = self._said[said][1]
            number = self._numbers[own.scope, own.key]
            alias = self._aliases.get(place)
            if alias is not None:
                alias.publisher_id = number
            else:
                new[place] = {"publisher_id": number, "scope": place[0], "key": place[1], "name": name}
            other = self._numbers.get(place)
            if other is not None and (place not in self._aliases or place in self._publishers):
                merge(self._session, other, number)
        self._session.flush()
        if new:
            self._session.execute(insert(_ALIASES), list(new.values()))

    def _source(self) -> None:
        rows = {
            (self._numbers[own.scope, own.key], note.source): note.at
            for note, own in self._said
            if note.source is not None
        }
        known: set[tuple[int, str | None]] = set()
        query = select(PublisherSource.publisher_id, PublisherSource.place)
        query = query.where(
            PublisherSource.source == IMPORT,
            among(PublisherSource.publisher_id, sorted({number for number, _ in rows})),
        )
        known.update((number, place) for number, place in self._session.execute(query))
        new = [
            {"publisher_id": number, "source": IMPORT, "place": place, "seen_at": at}
            for (number, place), at in rows.items()
            if (number, place) not in known
        ]
        if new:
            self._session.execute(insert(_SOURCES), new)
