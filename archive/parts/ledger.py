"""The ledger: which works are done in parts, which of their parts wait, and how far they came. PostgreSQL only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import simplejson
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from archive.errors import ArchiveError
from archive.schema import ExportRun, Partition, ReparseRun
from archive.store import Archive

REPARSE, EXPORT = "reparse", "export"
WAITING, DONE, FAILED, ABANDONED = "waiting", "done", "failed", "abandoned"  # the states of a part
IN_PARTS = "parts"  # the state of a reparse that goes on in parts
RUNNING, FINISHED = "running", "finished"
UNTOLD = "untold"  # the state of a run that ended, and no command was there to tell what it did
UNITS = "units"  # in the arguments of every part: articles or reports
_UNSYNCHRONIZED = {"synchronize_session": False}


class Refused(ArchiveError):
    """A part that cannot be done on this machine: it is left waiting for others."""


@dataclass(frozen=True)
class Part:
    """A part that waits to be done; ``number`` counts from 1 in its run."""

    id: int
    kind: str
    run: int
    number: int


@dataclass(frozen=True)
class Run:
    """A work that is going on in parts, and how many of them stand how; ``failed`` ones were given up."""

    kind: str
    id: int
    done: int
    failed: int
    all: int
    since: datetime


@dataclass(frozen=True)
class Standing:
    """How a run stands: its parts, and articles or reports. ``going_on`` is false once nothing more will come of it."""

    state: str
    done: int
    failed: int
    all: int
    units: int
    of: int

    @property
    def going_on(self) -> bool:
        """Whether parts wait, or all are done and what they gave is not put together yet."""
        waits = self.done + self.failed < self.all
        return self.state in {IN_PARTS, RUNNING} and (waits or not self.failed)

    @property
    def to_be_closed(self) -> bool:
        """Whether all parts are done, and nobody put together what they gave."""
        return self.state in {IN_PARTS, RUNNING} and self.done == self.all


def demand_postgresql(archive: Archive, what: str) -> None:
    """Raise :class:`ArchiveError` where other machines cannot reach the tables."""
    if archive.engine.dialect.name != "postgresql":
        raise ArchiveError(
            f"{what} in parts is for archives whose tables stand in PostgreSQL, those of {archive.folder} do not: leave --in-parts out"
        )


def waiting(archive: Archive) -> list[Part]:
    """The parts that somebody has to do, of all runs, oldest first.

    Where all parts of an export are done and nobody lived to put them together, it is the last one: doing it again does that.
    """
    wanted = select(Partition.id, Partition.kind, Partition.run_id, Partition.number).order_by(Partition.id)
    with archive.session() as session:
        found = [Part(*row) for row in session.execute(wanted.where(Partition.state == WAITING))]
        for run in _going_on(session):
            if run.kind == EXPORT and run.done == run.all:
                last = wanted.where(Partition.kind == EXPORT, Partition.run_id == run.id, Partition.number == run.all)
                found += [Part(*row) for row in session.execute(last)]
    return found


def progress(archive: Archive) -> list[Run]:
    """The works that are going on in parts, oldest first."""
    with archive.session() as session:
        return sorted(_going_on(session), key=lambda run: run.since)


def of_run(archive: Archive, kind: str, run_id: int) -> list[int]:
    """The numbers of the parts of a run that wait."""
    mine = select(Partition.id).where(*_of(kind, run_id), Partition.state == WAITING)
    with archive.session() as session:
        return list(session.scalars(mine.order_by(Partition.number)))


def standing(archive: Archive, kind: str, run_id: int) -> Standing:
    """How a run stands now."""
    with archive.session() as session:
        counts = states(session, kind, run_id)
        known = select(Partition.arguments, Partition.state).where(*_of(kind, run_id))
        units = [(simplejson.loads(arguments)[UNITS], state) for arguments, state in session.execute(known)]
        if kind == REPARSE:
            row = session.get_one(ReparseRun, run_id)
            state, done = row.state, row.article_id
        else:
            state = session.get_one(ExportRun, run_id).state
            done = sum(each for each, part in units if part == DONE)
    return Standing(
        state,
        counts[DONE],
        counts[FAILED],
        counts.total(),
        done,
        sum(each for each, part in units if part != ABANDONED),
    )


def mark_told(archive: Archive, kind: str, run_id: int) -> None:
    """Somebody was told what a run did: the same command begins a new one."""
    with archive.writing() as session:
        row = ReparseRun if kind == REPARSE else ExportRun
        told = update(row).where(row.id == run_id, row.state == UNTOLD).values(state=FINISHED)
        session.execute(told, execution_options=_UNSYNCHRONIZED)


def refusals(archive: Archive, kind: str, run_id: int) -> list[str]:
    """Why machines left parts waiting, or somebody gave them up; each sentence once."""
    query = select(Partition.said).where(*_of(kind, run_id), Partition.said.is_not(None))
    with archive.session() as session:
        return sorted({said for said in session.scalars(query.where(Partition.state.in_((WAITING, FAILED)))) if said})


def lay(
    session: Session, kind: str, run_id: int, arguments: Sequence[Mapping[str, Any]], starts: Sequence[int]
) -> None:
    """Enter the parts of a new run, each with where it starts; those of its kind that ended are forgotten."""
    over = select(ReparseRun.id).where(ReparseRun.state == IN_PARTS)
    if kind == EXPORT:
        over = select(ExportRun.id).where(ExportRun.state == RUNNING)
    ended = delete(Partition).where(Partition.kind == kind, Partition.run_id.not_in(over))
    session.execute(ended, execution_options=_UNSYNCHRONIZED)
    rows = [
        {"kind": kind, "run_id": run_id, "number": number, "state": WAITING, "position": start}
        | {"arguments": simplejson.dumps(each, ensure_ascii=False)}
        for number, (each, start) in enumerate(zip(arguments, starts, strict=True), start=1)
    ]
    if rows:
        session.execute(insert(Partition), rows)


def states(session: Session, kind: str, run_id: int) -> Counter[str]:
    """How many parts of a run stand how."""
    query = select(Partition.state, func.count()).where(*_of(kind, run_id)).group_by(Partition.state)
    return Counter({state: number for state, number in session.execute(query)})  # noqa: C416 - rows are no pairs to mypy


def parts_of(session: Session, kind: str, run_id: int) -> list[Partition]:
    """The rows of the parts of a run, in their order."""
    return list(session.scalars(select(Partition).where(*_of(kind, run_id)).order_by(Partition.number)))


def try_again(session: Session, kind: str, run_id: int) -> None:
    """Let parts that were given up wait again."""
    again = update(Partition).where(*_of(kind, run_id), Partition.state == FAILED)
    session.execute(
        again.values(state=WAITING, ended_at=None, said=None, failures=0), execution_options=_UNSYNCHRONIZED
    )


def abandon(session: Session, kind: str, run_id: int, now: datetime) -> None:
    """Nobody shall do what waits of a run any more."""
    rest = update(Partition).where(*_of(kind, run_id), Partition.state.in_((WAITING, FAILED)))
    session.execute(rest.values(state=ABANDONED, ended_at=now, result=None), execution_options=_UNSYNCHRONIZED)


def clear(session: Session, kind: str, run_id: int) -> None:
    """Forget what the parts of a run gave: it was put together."""
    done = update(Partition).where(*_of(kind, run_id))
    session.execute(done.values(result=None), execution_options=_UNSYNCHRONIZED)


def note(archive: Archive, part_id: int, said: str) -> None:
    """Enter why a machine leaves a part to others."""
    with archive.writing() as session:
        mine = update(Partition).where(Partition.id == part_id, Partition.state == WAITING)
        session.execute(mine.values(said=said), execution_options=_UNSYNCHRONIZED)


def fail(archive: Archive, part_id: int, said: str, tries: int) -> bool:
    """Enter why a try ended badly; whether it was the last of so many that a part has."""
    with archive.writing() as session:
        row = session.get(Partition, part_id)
        if row is None or row.state != WAITING:
            return False
        row.said, row.failures = said, row.failures + 1
        if row.failures >= tries:
            row.state, row.ended_at = FAILED, archive.clock()
        return row.state == FAILED


def _of(kind: str, run_id: int) -> tuple[Any, Any]:
    return Partition.kind == kind, Partition.run_id == run_id


def _going_on(session: Session) -> list[Run]:
    reparses = select(ReparseRun.id, ReparseRun.begun_at).where(ReparseRun.state == IN_PARTS)
    exports = select(ExportRun.id, ExportRun.begun_at).where(ExportRun.state == RUNNING)
    found = []
    for kind, query in ((REPARSE, reparses), (EXPORT, exports)):
        for number, since in session.execute(query):
            counts = states(session, kind, number)
            found.append(Run(kind, number, counts[DONE], counts[FAILED], counts.total(), since))
    return found
