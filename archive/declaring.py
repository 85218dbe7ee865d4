"""Declaring: what people say of many publishers at once, taken from the journal into the tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from archive.divisions import Book
from archive.identity import Identity, Place, identify, key
from archive.merging import merge
from archive.notes import PublisherNote
from archive.publishers import new
from archive.schema import Publisher, PublisherAlias, PublisherSource

IMPORT = "import"
_BATCH = 500  # scopes or numbers in one statement
_Place = tuple[str, str]  # scope and key
_Item = TypeVar("_Item")


def declare(session: Session, notes: Sequence[PublisherNote], book: Book) -> None:
    """Bring the registry into line with notes, in their order; what one costs in statements does not count."""
    _Declaring(session, notes, book).go_through(notes)


def place_of_alias(alias: str, own: Identity, scope: str, book: Book) -> _Place | None:
    """Scope and key under which another name of a publisher stands; null where it is its own name.

    A former name may be of a division that is no more (龙海市教育局, now of 龙海区).
    """
    identity = identify(alias, Place(scope, book))
    place = identity.scope, identity.key
    if place == (own.scope, own.key):  # written with more of its division, or with less
        place = own.scope, key(alias)
    return None if place == (own.scope, own.key) else place


def batches(items: Iterable[_Item]) -> Iterator[list[_Item]]:
    """The items, so many at a time as one statement may name."""
    rest = iter(items)
    while batch := list(islice(rest, _BATCH)):
        yield batch


class _Declaring:
    """Notes together with what the tables say of the same scopes."""

    def __init__(self, session: Session, notes: Sequence[PublisherNote], book: Book) -> None:
        self._session = session
        self._book = book
        self._own = [identify(note.name, Place(note.scope, book)) for note in notes]
        scopes = {own.scope for own in self._own}
        for note, own in zip(notes, self._own, strict=True):
            places = (place_of_alias(alias, own, note.scope, book) for alias in note.aliases)
            scopes.update(place[0] for place in places if place is not None)
        self._publishers: dict[_Place, Publisher] = {}
        self._aliases: dict[_Place, PublisherAlias] = {}
        for several in batches(sorted(scopes)):
            for publisher in session.scalars(select(Publisher).where(Publisher.scope.in_(several))):
                self._publishers[publisher.scope, publisher.key] = publisher
            for alias in session.scalars(select(PublisherAlias).where(PublisherAlias.scope.in_(several))):
                self._aliases[alias.scope, alias.key] = alias

    def go_through(self, notes: Sequence[PublisherNote]) -> None:
        self._add(notes)
        found = [(note, own, self._publisher(own)) for note, own in zip(notes, self._own, strict=True)]
        for note, _, publisher in found:
            publisher.declared = True
            publisher.kind = note.publisher_class or publisher.kind
            publisher.since, publisher.until = note.since or publisher.since, note.until or publisher.until
        self._session.flush()
        self._name(found)
        self._source([(publisher.id, note) for note, _, publisher in found if note.source is not None])

    def _publisher(self, own: Identity) -> Publisher:
        """The publisher of an identity, or the one of which that is another name."""
        found = self._publishers.get((own.scope, own.key))
        if found is not None:
            return found
        return self._session.get_one(Publisher, self._aliases[own.scope, own.key].publisher_id)

    def _add(self, notes: Sequence[PublisherNote]) -> None:
        rows: dict[_Place, dict[str, Any]] = {}
        for note, own in zip(notes, self._own, strict=True):
            place = own.scope, own.key
            if place not in self._publishers and place not in self._aliases and place not in rows:
                rows[place] = new(own, note.name, note.publisher_class)
        if rows:  # one writer at a time: nobody else may have inserted them
            added = insert(Publisher).returning(Publisher)
            for publisher in self._session.scalars(added, list(rows.values())):
                self._publishers[publisher.scope, publisher.key] = publisher

    def _name(self, found: Sequence[tuple[PublisherNote, Identity, Publisher]]) -> None:
        """The other names; who was known by one of them alone until now is the same."""
        for note, own, publisher in found:
            for name in note.aliases:
                place = place_of_alias(name, own, note.scope, self._book)
                if place is None:
                    continue
                alias = self._aliases.get(place)
                if alias is None:
                    alias = PublisherAlias(publisher_id=publisher.id, scope=place[0], key=place[1], name=name)
                    self._aliases[place] = alias
                    self._session.add(alias)
                alias.publisher_id = publisher.id
                other = self._publishers.get(place)
                if other is not None:
                    merge(self._session, other.id, publisher.id)
        self._session.flush()

    def _source(self, found: Sequence[tuple[int, PublisherNote]]) -> None:
        known: set[tuple[int, str]] = set()
        for several in batches(sorted({number for number, _ in found})):
            query = select(PublisherSource.publisher_id, PublisherSource.place)
            query = query.where(PublisherSource.source == IMPORT, PublisherSource.publisher_id.in_(several))
            known.update((number, place) for number, place in self._session.execute(query))
        rows = {
            (number, note.source): {
                "publisher_id": number,
                "source": IMPORT,
                "place": note.source,
                "seen_at": note.at,
            }
            for number, note in found
            if (number, note.source) not in known
        }
        if rows:
            self._session.execute(insert(PublisherSource), list(rows.values()))
