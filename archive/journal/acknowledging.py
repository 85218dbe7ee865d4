"""Acknowledging: a person looked at a finding and left a note; the last word on a finding counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from archive.journal.notes import AcknowledgedNote
from archive.schema import Acknowledgement, Publisher


@dataclass(frozen=True)
class Acknowledged:
    """Who looked at a finding, when, and what they say; ``subject`` is as it was called then."""

    note: str
    by: str
    at: datetime
    subject: str


Acknowledgements = Mapping[tuple[str, str], tuple[Acknowledged, ...]]  # by subject and fingerprint, the newest first


def apply(session: Session, note: AcknowledgedNote) -> None:
    """Bring the table into line with a note: an empty one takes the acknowledgement back."""
    here = Acknowledgement.subject == note.subject, Acknowledgement.fingerprint == note.fingerprint
    if not note.text:
        session.execute(delete(Acknowledgement).where(*here))
        return
    row = session.scalars(select(Acknowledgement).where(*here)).first()
    if row is None:
        row = Acknowledgement(subject=note.subject, fingerprint=note.fingerprint)
        session.add(row)
    row.rule, row.note, row.by, row.at = note.rule, note.text, note.by, note.at
    session.flush()


def subject_of(scope: str, key: str, report_year: int) -> str:
    """What a finding is about: whose report on which year."""
    return f"{scope}/{key}/{report_year}"


def read_all(session: Session) -> Acknowledgements:
    """Every acknowledgement; those of a publisher that was merged stand with the one it is."""
    merged = _merged(session)
    found: dict[tuple[str, str], tuple[Acknowledged, ...]] = {}
    for row in session.scalars(select(Acknowledgement).order_by(Acknowledgement.at, Acknowledgement.id)):
        publisher, slash, year = row.subject.rpartition("/")
        subject = f"{merged.get(publisher, publisher)}{slash}{year}"
        own = Acknowledged(row.note, row.by, row.at, row.subject)
        found[subject, row.fingerprint] = (own, *found.get((subject, row.fingerprint), ()))
    return found


def _merged(session: Session) -> dict[str, str]:
    """Of each publisher that is another one: its scope and key, and those of the other."""
    query = select(Publisher.id, Publisher.merged_into_id, Publisher.scope, Publisher.key)
    gone = session.execute(query.where(Publisher.merged_into_id.is_not(None))).all()
    into = {number: other for number, other, _, _ in gone}
    named = session.execute(query.where(Publisher.id.in_(set(into.values())))).all()
    names = {number: f"{scope}/{key}" for number, _, scope, key in named}
    found: dict[str, str] = {}
    for number, _, scope, key in gone:
        last, passed = number, {number}
        while (following := into.get(last)) is not None and following not in passed:
            last = following
            passed.add(last)
        if last in names:
            found[f"{scope}/{key}"] = names[last]
    return found
