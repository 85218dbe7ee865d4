"""Publishers: agencies of administrative divisions, under whatever names their reports, columns and rosters give them."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Select, func, or_, select, union, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from archive.addresses import host_of, site_of
from archive.among import among
from archive.divisions import Book
from archive.errors import UnknownPublisher
from archive.inserts import insert_new
from archive.registry.classes import kind_of
from archive.registry.identity import Identity, Place, identify, key
from archive.schema import (
    Portal,
    Publisher,
    PublisherAlias,
    PublisherSource,
    ReportColumn,
    RosterRow,
    RosterUnit,
    UnitRow,
)

LOCAL_FILES = "files"  # the scope of imported files: nothing says which site they come from
DIRECTORY, ROSTER = "directory", "roster"
_SCOPE = re.compile(rf"\d{{6}}|host:[^/]+|{LOCAL_FILES}")


def scope(division: str | None, url: str) -> str:
    """Within what a name is unique: the division's code where the portal's is known, else the site's registered domain."""
    if division is not None:
        return division
    if url.startswith("file:"):
        return LOCAL_FILES
    return f"host:{site_of(host_of(url))}"


def find(session: Session, identity: Identity, name: str) -> int | None:
    """The number of the publisher of an identity, or of that name for another; where it was merged, of the one it is."""
    number = itself(session, identity, name)
    return None if number is None else standing_for(session, number)


def itself(session: Session, identity: Identity, name: str) -> int | None:
    """As :func:`find`, but the publisher itself, whether or not it was merged."""
    own = select(Publisher.id).where(Publisher.scope == identity.scope, Publisher.key == identity.key)
    found = session.scalars(own).first()
    if found is not None:
        return found
    other = select(PublisherAlias.publisher_id).where(PublisherAlias.scope == identity.scope)
    other = other.where(PublisherAlias.key.in_([identity.key, key(name)]))
    return session.scalars(other.order_by(PublisherAlias.publisher_id)).first()


def standing_for(session: Session, number: int) -> int:
    """The number of the publisher that one is: its own, or that of the one it was merged into in the end."""
    passed = {number}
    while True:
        into = session.scalar(select(Publisher.merged_into_id).where(Publisher.id == number))
        if into is None or into in passed:
            return number
        passed.add(into)
        number = into


def find_or_add(session: Session, place: Place, name: str) -> int:
    """The number of the publisher that is called so in a place; the spelling is kept as one of its names."""
    identity = identify(name, place)
    found = itself(session, identity, name)
    if found is None:
        found = add(session, identity, name)
    if key(name) != identity.key:
        values = {"publisher_id": found, "scope": identity.scope, "key": key(name), "name": name}
        insert_new(session, PublisherAlias, values, "scope", "key")
    return standing_for(session, found)


def add(session: Session, identity: Identity, name: str, kind: str | None = None) -> int:
    """A publisher of an identity, unless there is one; its number. Whether it was merged is not asked."""
    insert_new(session, Publisher, new(identity, name, kind), "scope", "key")
    query = select(Publisher.id).where(Publisher.scope == identity.scope, Publisher.key == identity.key)
    return session.scalars(query).one()


def new(identity: Identity, name: str, kind: str | None = None) -> dict[str, Any]:
    """The row of a publisher of an identity; its class is that of its name unless it is given."""
    division = identity.scope if identity.scope.isdecimal() else None
    return {
        "scope": identity.scope,
        "key": identity.key,
        "name": name,
        "township": identity.township,
        "kind": kind or kind_of(name, division),
    }


def classify(session: Session) -> None:
    """Judge the class of every publisher by its name again, but for those of which somebody declared it."""
    rows = session.execute(select(Publisher.id, Publisher.scope, Publisher.name, Publisher.kind, Publisher.declared))
    for number, within, name, known, declared in rows.all():
        kind = kind_of(name, within if within.isdecimal() else None)
        if not declared and kind != known:
            session.execute(update(Publisher).where(Publisher.id == number).values(kind=kind))


def naming(name: str, book: Book) -> Select[int]:
    """A query for the numbers of the publishers of a name, or of a scope and name (``220200/财政局``), in any spelling.

    The name of one that was merged into another is the name of that one.
    """
    called_so = _named(name, book).subquery()
    named = select(called_so.c.id, called_so.c.merged_into_id).cte("named", recursive=True)
    into = select(Publisher.id, Publisher.merged_into_id).join(named, Publisher.id == named.c.merged_into_id)
    named = named.union(into)
    return select(named.c.id).where(named.c.merged_into_id.is_(None))


def _named(name: str, book: Book) -> CompoundSelect[int, int | None]:
    """A query for the publishers that are called so themselves, merged or not: their numbers, and into what."""
    within, bare = _split(name)
    whole = identify(bare, Place(within or "", book))
    keys = sorted({key(bare), whole.key})
    own = select(Publisher.id, Publisher.merged_into_id).where(Publisher.key.in_(keys))
    other = select(Publisher.id, Publisher.merged_into_id)
    other = other.join(PublisherAlias, PublisherAlias.publisher_id == Publisher.id)
    other = other.where(PublisherAlias.key.in_(keys))
    if within is not None:
        scopes = [within, whole.scope]
        return union(own.where(among(Publisher.scope, scopes)), other.where(among(PublisherAlias.scope, scopes)))
    if whole.scope:  # 吉林市昌邑区财政局 names its division: no other 昌邑区财政局 is meant
        return union(
            own.where(or_(Publisher.scope == whole.scope, *_unplaced(Publisher.scope))),
            other.where(or_(PublisherAlias.scope == whole.scope, *_unplaced(PublisherAlias.scope))),
        )
    return union(own, other)


def _split(name: str) -> tuple[str | None, str]:
    """The scope that stands before a name, or null, and the name."""
    within, slash, bare = name.partition("/")  # a name may have a stroke of its own
    return (within, bare) if slash and _SCOPE.fullmatch(within) is not None else (None, name)


def _unplaced(scope: InstrumentedAttribute[str]) -> tuple[ColumnElement[bool], ...]:
    """No division is known."""
    return scope.startswith("host:"), scope == LOCAL_FILES


def called(session: Session, name: str, book: Book) -> list[Publisher]:
    """Every publisher of a name, as :func:`naming` finds them."""
    return list(session.scalars(select(Publisher).where(Publisher.id.in_(naming(name, book))).order_by(Publisher.id)))


def resolve(session: Session, name: str, book: Book) -> Publisher:
    """The one publisher of a name. Raises :class:`UnknownPublisher` where there is none or several of them."""
    return _only(called(session, name, book), name, book)


def resolve_itself(session: Session, name: str, book: Book) -> Publisher:
    """As :func:`resolve`, but the publisher that is called so itself, whether or not it was merged."""
    numbers = select(_named(name, book).subquery().c.id)
    found = list(session.scalars(select(Publisher).where(Publisher.id.in_(numbers)).order_by(Publisher.id)))
    _, bare = _split(name)
    return _only([one for one in found if one.key == key(bare)] or found, name, book)


def _only(found: list[Publisher], name: str, book: Book) -> Publisher:
    if not found:
        raise UnknownPublisher(f"no publisher is called {name}: `xxgk publishers` lists them")
    within, bare = _split(name)
    if len(found) > 1 and within is not None:  # a name of its own goes before another one's other name
        exact = identify(bare, Place(within, book))
        found = [one for one in found if (one.scope, one.key) == (exact.scope, exact.key)] or found
    if len(found) > 1:
        choices = ", ".join(f"{one.scope}/{one.name}" for one in found[:5])
        raise UnknownPublisher(f"{len(found)} publishers are called {name}: name one of {choices}")
    return found[0]


def attach(session: Session, book: Book) -> None:
    """Name the publisher of each column that says its agency, and of each unit that a directory or a roster names."""
    columns = select(ReportColumn, Portal.division).join(Portal, Portal.id == ReportColumn.portal_id)
    columns = columns.where(ReportColumn.publisher_id.is_(None), ReportColumn.agency.is_not(None))
    for column, division in session.execute(columns).all():
        if column.agency:
            place = Place(scope(division, column.url), book)
            column.publisher_id = find_or_add(session, place, column.agency)
    units = select(UnitRow, Portal.division, Portal.url).join(Portal, Portal.id == UnitRow.portal_id)
    units = units.where(UnitRow.publisher_id.is_(None)).order_by(func.length(UnitRow.name).desc(), UnitRow.id)
    for unit, division, url in session.execute(units).all():  # the longer name first: a shorter one may mean the same
        place = Place(scope(division, url), book)
        unit.publisher_id = _of_unit(session, place, unit.name, DIRECTORY, unit.page_url, unit.last_seen_at)
    listed = select(RosterUnit, RosterRow, Portal.division, Portal.url)
    listed = listed.join(RosterRow, RosterRow.id == RosterUnit.roster_id)
    listed = listed.join(Portal, Portal.id == RosterRow.portal_id).where(RosterUnit.publisher_id.is_(None))
    listed = listed.order_by(func.length(RosterUnit.name).desc(), RosterUnit.roster_id, RosterUnit.position)
    for one, roster, division, url in session.execute(listed).all():
        place = Place(scope(division, url), book)
        one.publisher_id = _of_unit(session, place, one.name, ROSTER, roster.url, roster.read_at)


def _of_unit(session: Session, place: Place, name: str, source: str, page: str, at: datetime) -> int | None:
    """The publisher that a directory or a roster names; null where it may be one that is known by a longer name."""
    identity = identify(name, place)
    number = find(session, identity, name)
    if number is None:
        longer = Publisher.key.endswith(identity.key, autoescape=True)
        if session.scalar(select(Publisher.id).where(Publisher.scope == identity.scope, longer).limit(1)) is not None:
            return None  # 财政局 beside 某市财政局: perhaps one, which a person is to say
        number = find_or_add(session, place, name)
    values = {"publisher_id": number, "source": source, "place": page, "seen_at": at}
    insert_new(session, PublisherSource, values, "publisher_id", "source", "place")
    return number
