"""Importing the registry: rows of publishers become notes in the journal; what is known already brings none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from archive.deposit import deposit
from archive.divisions import Book
from archive.errors import UnknownPublisher
from archive.journal.notes import MergeNote, Note, PublisherNote, SuccessionNote
from archive.registry.checks import Checks, Known, KnownPublisher, WrongRow
from archive.registry.identity import Identity
from archive.registry.publishers import called, resolve
from archive.registry.rows import Named, Row, WrongCell, read_row
from archive.schema import Article
from archive.store import Archive

NOTES = 5_000  # in one record of the journal and one transaction: about two seconds of writing


@dataclass(frozen=True)
class Plan:
    """What an import would do: the notes it would keep, rows counted by what they bring, and those that are wrong."""

    notes: tuple[Note, ...]
    rows: int
    new: int
    changed: int
    known: int
    merges: int
    successions: int
    wrong: tuple[WrongRow, ...]


def plan(archive: Archive, cells: Iterable[tuple[int, Mapping[str, str]]], source: str | None) -> Plan:
    """What importing rows would do. They come with their line in the file; ``source`` is the file's name.

    Null stands for somebody who says it by hand.
    """
    with archive.session() as session:
        rows, wrong = _read(session, cells, archive.book)
        known = Known(session, rows)
    good, refused = _checked(rows, known)
    wrong += refused
    at = archive.now()
    declared: list[PublisherNote] = []
    others: list[SuccessionNote | MergeNote] = []
    new = changed = 0
    for row in good:
        own = known.find(row.own.place)
        more = own is None or _says_more(row, own, known) or (source is not None and own.id not in known.imported)
        beside: list[SuccessionNote | MergeNote] = [*_successions(row, own, known, at), *_mergers(row, own, known, at)]
        declared += [_declaration(row, at, source)] if more else []
        others += beside
        new += own is None
        changed += own is not None and (more or bool(beside))
    declared.sort(key=lambda note: note.scope)  # the tables are looked up by it
    merges = sum(isinstance(note, MergeNote) for note in others)
    return Plan(
        notes=(*declared, *others),
        rows=len(rows) + len(wrong) - len(refused),
        new=new,
        changed=changed,
        known=len(good) - new - changed,
        merges=merges,
        successions=len(others) - merges,
        wrong=tuple(sorted(wrong, key=lambda one: one.line)),
    )


def keep(archive: Archive, notes: Sequence[Note]) -> bool:
    """Keep notes; whether something is to be derived again then (:func:`archive.deriving.derive.derive`)."""
    for start in range(0, len(notes), NOTES):
        deposit(archive, notes=notes[start : start + NOTES])
    if any(isinstance(note, MergeNote) or (isinstance(note, PublisherNote) and note.aliases) for note in notes):
        return True  # columns and directories are named anew, even where no report is
    with archive.session() as session:
        return bool(session.scalar(select(exists().where(Article.stale > 0))))


def _read(
    session: Session, cells: Iterable[tuple[int, Mapping[str, str]]], book: Book
) -> tuple[list[Row], list[WrongRow]]:
    rows, wrong = [], []
    for line, said in cells:
        try:
            rows.append(_placed(session, read_row(line, said, book), book))
        except (WrongCell, UnknownPublisher) as error:
            wrong.append(WrongRow(line, str(error)))
    return rows, wrong


def _placed(session: Session, row: Row, book: Book) -> Row:
    """The row; where nothing says its division, it is the only publisher of its name that is known, if there is one."""
    if row.placed or row.own.scope.isdecimal() or not called(session, row.own.name, book):
        return row
    found = resolve(session, row.own.name, book)
    return replace(row, own=Named(found.scope, found.name, Identity(found.scope, found.key, found.township)))


def _checked(rows: Sequence[Row], known: Known) -> tuple[list[Row], list[WrongRow]]:
    checks = Checks(known)
    good: list[Row] = []
    wrong: list[WrongRow] = []
    for row in rows:
        said = checks.against_others(row)
        if said is None:
            good.append(row)
        else:
            wrong.append(WrongRow(row.line, said))
    while True:  # who names one that is wrong is wrong too
        refused = {row.line: said for row in good if (said := checks.against_all(row)) is not None}
        if not refused:
            return good, wrong
        wrong += [WrongRow(line, said) for line, said in refused.items()]
        for row in good:
            if row.line in refused:
                checks.drop(row)
        good = [row for row in good if row.line not in refused]


def _says_more(row: Row, own: KnownPublisher, known: Known) -> bool:
    """Whether a row says of a publisher what the archive does not know."""
    said = ((row.kind, own.kind), (row.since, own.since), (row.until, own.until))
    return (
        not own.declared
        or any(new is not None and new != old for new, old in said)
        or any(known.aliases.get(place) != own.id for _, place in row.alias_places)
    )


def _declaration(row: Row, at: datetime, source: str | None) -> PublisherNote:
    return PublisherNote(
        at,
        scope=row.own.scope,
        name=row.own.name,
        publisher_class=row.kind,
        since=row.since,
        until=row.until,
        aliases=row.aliases,
        source=source,
    )


def _successions(row: Row, own: KnownPublisher | None, known: Known, at: datetime) -> list[SuccessionNote]:
    after = row.successor
    if after is None:
        return []
    heir = known.find(after.place)
    pair = (own.id, heir.id) if own is not None and heir is not None else None
    if pair in known.successions and row.on in {None, known.successions[pair]}:
        return []
    note = SuccessionNote(
        at,
        scope=row.own.scope,
        name=row.own.name,
        successor_scope=after.scope,
        successor_name=after.name,
        on=row.on,
        because=row.because,
    )
    return [note]


def _mergers(row: Row, own: KnownPublisher | None, known: Known, at: datetime) -> list[MergeNote]:
    into = row.merged_into
    if into is None:
        return []
    other = known.find(into.place)
    if own is not None and other is not None and known.into.get((own.scope, own.key)) == (other.scope, other.key):
        return []
    note = MergeNote(
        at,
        scope=row.own.scope,
        name=row.own.name,
        into_scope=into.scope,
        into_name=into.name,
        because=row.because,
    )
    return [note]
