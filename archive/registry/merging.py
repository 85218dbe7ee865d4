"""Merging: one publisher is found to be another, or to be itself after all. Whose reports they are is derived again."""

from __future__ import annotations

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from archive.registry.identity import Identity
from archive.registry.publishers import DIRECTORY, ROSTER, add, standing_for
from archive.schema import (
    Article,
    ColumnPublisher,
    Publisher,
    PublisherAlias,
    PublisherSource,
    Report,
    ReportColumn,
    RosterUnit,
    Sighting,
    UnitRow,
    Version,
)

_PLAIN = {"synchronize_session": False}


def merge(session: Session, number: int, into: int) -> None:
    """One publisher is another: the reports of the first are derived again and stand under the second then.

    Said of two that were merged the other way round, the last word counts.
    """
    publisher = session.get_one(Publisher, number)
    if into in {number, publisher.merged_into_id}:
        return
    if number in _chain(session, into):
        part(session, into)
    part(session, number)
    publisher.merged_into_id = into
    session.flush()
    _derive_again(session, number)


def separate(session: Session, identity: Identity, name: str) -> None:
    """A publisher is itself: neither merged into another nor a mere other name of one."""
    number = add(session, identity, name)
    part(session, number)
    named = select(PublisherAlias).where(PublisherAlias.scope == identity.scope, PublisherAlias.key == identity.key)
    for alias in session.scalars(named.where(PublisherAlias.publisher_id != number)).all():
        _derive_again(session, standing_for(session, alias.publisher_id))
        session.delete(alias)
    session.flush()


def part(session: Session, number: int) -> None:
    """Undo what one publisher was merged into, if it was."""
    publisher = session.get_one(Publisher, number)
    if publisher.merged_into_id is not None:
        _derive_again(session, standing_for(session, number))
        publisher.merged_into_id = None
        session.flush()


def _chain(session: Session, number: int) -> list[int]:
    """A publisher and those it was merged into, one after the other."""
    chain = [number]
    while (into := session.get_one(Publisher, chain[-1]).merged_into_id) is not None and into not in chain:
        chain.append(into)
    return chain


def _derive_again(session: Session, number: int) -> None:
    """Derive again what stands under a publisher: its reports, its columns, and what names it elsewhere."""
    session.flush()
    seen = select(Sighting.article_id).join(Version, Version.id == Sighting.version_id)
    seen = seen.join(Report, Report.id == Version.report_id)
    seen = seen.where(Report.publisher_id == number)
    again = update(Article).where(Article.id.in_(seen)).values(stale=Article.stale + 1, derived_through=0)
    session.execute(again, execution_options=_PLAIN)
    for table in (ReportColumn, UnitRow, RosterUnit):
        unnamed = update(table).where(table.publisher_id == number).values(publisher_id=None)
        session.execute(unnamed, execution_options=_PLAIN)
    found = PublisherSource.source.in_([DIRECTORY, ROSTER])
    session.execute(
        delete(PublisherSource).where(PublisherSource.publisher_id == number, found), execution_options=_PLAIN
    )
    session.execute(delete(ColumnPublisher).where(ColumnPublisher.publisher_id == number), execution_options=_PLAIN)
