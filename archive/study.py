"""Study: the indexes of prose read what was filed since they last did, in batches, each committed with what it taught.

An index is a student: it learns the sections of versions and forgets those that are dropped. What waits stands in a table
of its own, so that filing a report costs no indexing, and a kill loses a batch's work and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, Protocol

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session, undefer

from archive.among import among
from archive.reuse.index import LikenessIndex
from archive.schema import Unstudied, Version
from archive.store import Archive
from archive.words.index import Words
from parser.record import Record, Section

BATCH = 200  # versions to a transaction: a writer waits no longer for its turn than a second or two


class Lesson(NamedTuple):
    """What is learned of a version."""

    version_id: int
    report_id: int
    sections: tuple[Section, ...]


class Student(Protocol):
    """An index of prose. Both are called in a transaction that writes."""

    def learn(self, session: Session, lessons: Sequence[Lesson]) -> None:
        """Take in versions; what was known of them before is replaced."""

    def forget(self, session: Session, version_ids: Sequence[int]) -> None:
        """Drop what is known of versions."""


STUDENTS: tuple[Student, ...] = (Words(), LikenessIndex())


def await_study(session: Session, version_ids: Iterable[int]) -> None:
    """Note that versions are to be studied."""
    ids = set(version_ids)
    waiting = set(session.scalars(select(Unstudied.version_id).where(among(Unstudied.version_id, ids))))
    if ids - waiting:
        session.execute(insert(Unstudied), [{"version_id": number} for number in sorted(ids - waiting)])


def forget(session: Session, version_ids: Sequence[int]) -> None:
    """Let every index forget versions that are dropped."""
    for student in STUDENTS:
        student.forget(session, version_ids)
    session.execute(delete(Unstudied).where(among(Unstudied.version_id, version_ids)))


def waiting(archive: Archive) -> int:
    """How many versions are still to be studied."""
    with archive.session() as session:
        return session.scalar(select(func.count()).select_from(Unstudied)) or 0


def study(archive: Archive, progress: Callable[[int], object] | None = None) -> int:
    """Study what waits; how many versions that were. ``progress`` is told after each batch how many there were in it."""
    done = 0
    while True:
        with archive.writing() as session:
            ids = list(session.scalars(select(Unstudied.version_id).order_by(Unstudied.version_id).limit(BATCH)))
            if not ids:
                return done
            query = select(Version).where(among(Version.id, ids)).order_by(Version.id).options(undefer(Version.record))
            lessons = [_lesson(version) for version in session.scalars(query)]
            for student in STUDENTS:
                student.learn(session, lessons)
            session.execute(delete(Unstudied).where(among(Unstudied.version_id, ids)))
        done += len(ids)
        if progress is not None:
            progress(len(ids))


def _lesson(version: Version) -> Lesson:
    """A record that cannot be read any more teaches nothing; ``verify`` names it."""
    try:
        sections = Record.from_json(version.record).sections
    except ValueError:
        sections = ()
    return Lesson(version.id, version.report_id, sections)
