"""Statements: what a person says of two publishers, as a note for the journal; null where it is known already."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.errors import ArchiveError
from archive.journal.notes import MergeNote, SuccessionNote
from archive.registry.identity import Place, identify
from archive.registry.publishers import resolve, resolve_itself, standing_for
from archive.schema import Publisher, PublisherAlias, Succession
from archive.store import Archive


def say_merged(archive: Archive, name: str, into: str, because: str | None = None) -> MergeNote | None:
    """One publisher is another. Raises :class:`ArchiveError` for one that is the other itself, or the other way round."""
    with archive.session() as session:
        one = resolve_itself(session, name, archive.book)
        other = resolve_itself(session, into, archive.book)
        if one.id == other.id:
            raise ArchiveError(f"{name} and {into} are the same publisher: name two that differ")
        if standing_for(session, one.id) == standing_for(session, other.id):
            if standing_for(session, one.id) == one.id:
                raise ArchiveError(
                    f"{other.scope}/{other.name} was merged into {one.scope}/{one.name}: "
                    f"`xxgk publishers separate {other.scope}/{other.name}` first, to merge them the other way round"
                )
            return None
        last = session.get_one(Publisher, standing_for(session, other.id))
    return MergeNote(
        archive.now(),
        scope=one.scope,
        name=one.name,
        into_scope=last.scope,
        into_name=last.name,
        because=because,
    )


def say_separate(archive: Archive, name: str) -> MergeNote | None:
    """A publisher is itself, or another name of one is a publisher's own. Raises :class:`ArchiveError`."""
    with archive.session() as session:
        one = resolve_itself(session, name, archive.book)
        scope, own = one.scope, one.name
        alias = _alias(session, archive, one, name)
        if alias is not None:
            scope, own = alias.scope, alias.name
        elif one.merged_into_id is None:
            return None
    return MergeNote(archive.now(), scope=scope, name=own, into_scope=None, into_name=None)


def say_succeeded(
    archive: Archive, name: str, successor: str, on: date | None = None, because: str | None = None
) -> SuccessionNote | None:
    """One publisher took the place of another. Raises :class:`ArchiveError` for one that came before itself."""
    with archive.session() as session:
        before, after = resolve(session, name, archive.book), resolve(session, successor, archive.book)
        if before.id == after.id:
            raise ArchiveError(f"{name} and {successor} are the same publisher: nobody succeeds itself")
        if before.id in _following(session, after.id):
            raise ArchiveError(
                f"{before.scope}/{before.name} came after {after.scope}/{after.name} already: name the earlier one first"
            )
        known = session.get(Succession, (before.id, after.id))
        if known is not None and on in {None, known.on} and because in {None, known.because}:
            return None
    return SuccessionNote(
        archive.now(),
        scope=before.scope,
        name=before.name,
        successor_scope=after.scope,
        successor_name=after.name,
        on=on if on is not None or known is None else known.on,
        because=because if because is not None or known is None else known.because,
    )


def _alias(session: Session, archive: Archive, one: Publisher, name: str) -> PublisherAlias | None:
    """The other name of a publisher by which it was called, if it was, and if that could be a publisher's own."""
    bare = name.rpartition("/")[2]
    for alias in session.scalars(select(PublisherAlias).where(PublisherAlias.publisher_id == one.id)):
        called = identify(bare, Place(alias.scope, archive.book))
        own = identify(alias.name, Place(alias.scope, archive.book))
        if (own.scope, own.key) != (one.scope, one.key) and (called.scope, called.key) == (own.scope, own.key):
            return alias
    return None


def _following(session: Session, number: int) -> set[int]:
    """All that came after a publisher, one after the other."""
    found: set[int] = set()
    waiting = [number]
    while waiting:
        query = select(Succession.successor_id).where(Succession.predecessor_id == waiting.pop())
        new = [each for each in session.scalars(query) if each not in found]
        found.update(new)
        waiting += new
    return found
