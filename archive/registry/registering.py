"""Registering: what people say of publishers, taken from the journal into the tables. The last word counts."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from archive.divisions import Book
from archive.journal.notes import MergeNote, PublisherNote, SuccessionNote
from archive.registry.declaring import declare
from archive.registry.identity import Place, identify
from archive.registry.merging import merge, separate
from archive.registry.publishers import add, itself
from archive.schema import Publisher, Succession

_DAY = timedelta(days=1)


def register(session: Session, note: PublisherNote | MergeNote | SuccessionNote, book: Book) -> None:
    """Bring the registry into line with a note; :func:`archive.registry.declaring.declare` takes many publishers at once."""
    match note:
        case PublisherNote():
            declare(session, [note], book)
        case MergeNote(into_scope=str(scope), into_name=str(name)):
            merge(session, _number(session, note.scope, note.name, book), _number(session, scope, name, book))
        case MergeNote():
            separate(session, identify(note.name, Place(note.scope, book)), note.name)
        case SuccessionNote():
            _succeed(session, note, book)


def _succeed(session: Session, note: SuccessionNote, book: Book) -> None:
    one = _number(session, note.scope, note.name, book)
    other = _number(session, note.successor_scope, note.successor_name, book)
    if one == other:  # two names of one by now
        return
    row = session.get(Succession, (one, other))
    if row is None:
        row = Succession(predecessor_id=one, successor_id=other)
        session.add(row)
    before, after = session.get_one(Publisher, one), session.get_one(Publisher, other)
    if row.on is not None and row.on != note.on:  # said otherwise until now
        before.until = None if before.until == row.on - _DAY else before.until
        after.since = None if after.since == row.on else after.since
    row.on, row.because = note.on, note.because
    if note.on is not None:
        before.until = before.until or note.on - _DAY
        after.since = after.since or note.on
    session.flush()


def _number(session: Session, scope: str, name: str, book: Book) -> int:
    """The publisher itself, whether or not it was merged; one that is not known is added."""
    identity = identify(name, Place(scope, book))
    found = itself(session, identity, name)
    return found if found is not None else add(session, identity, name)
