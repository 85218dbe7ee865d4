"""A reparse in parts: each is a range of articles, done in batches, each filed together with how far it came.

So a part that was killed goes on, and of two machines that do the same one only the first files a batch.
"""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from typing import Any

import simplejson
from sqlalchemy import Integer, cast, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from archive.deriving.batches import Selection, Work
from archive.deriving.derive import Progress, file_batch, file_standing, walk
from archive.deriving.documents import Parse
from archive.deriving.effects import MOST_REPORTS, Effects, effects_of
from archive.deriving.readers import Readers
from archive.deriving.reparsing import ABANDONED, ALL, FINISHED, PENDING, Reparsed, Say, parser_fingerprint
from archive.errors import ConnectionLost, OutOfReach, StorageTrouble
from archive.parts import grounds, ledger
from archive.parts.ledger import DONE, IN_PARTS, REPARSE, UNITS, UNTOLD, WAITING, Refused
from archive.parts.reach import lacking
from archive.registry.publishers import attach, classify
from archive.schema import Article, Partition, ReparseRun
from archive.store import Archive

ARTICLES = 1_000  # to a part: half a minute on a core; to begin one takes a second or two
_AFTER, _THROUGH = "after", "through"
_REPORTS = "reports"


class _Overtaken(Exception):
    """The part stands elsewhere by now."""


def begin(
    archive: Archive, *, pending: bool = False, fingerprint: str | None = None, say: Say = lambda _: None
) -> tuple[int, int]:
    """Begin a reparse in parts, or join the one of its kind that goes on; its number, and how many articles were done.

    Parts that were given up wait again. One that ended, and of which nobody was told, is joined too. One by another version of
    the parser, or by other files of the owner, is abandoned. ``say`` is told in a sentence.
    Raises :class:`archive.errors.ArchiveError`.
    """
    ledger.demand_postgresql(archive, "a reparse")
    program, kind = fingerprint or parser_fingerprint(), PENDING if pending else ALL
    ours = grounds.grounds(archive, program)
    with archive.writing() as session:
        attach(session, archive.book)
        classify(session)
        known = select(ReparseRun).where(ReparseRun.kind == kind, ReparseRun.state.in_((IN_PARTS, UNTOLD)))
        run = session.scalars(known.order_by(ReparseRun.id.desc()).limit(1)).first()
        if run is not None and run.fingerprint == ours:
            say(_joined(run))
            ledger.try_again(session, REPARSE, run.id)
            return run.id, run.article_id
        if run is not None and run.state == IN_PARTS:
            changed = "divisions.csv or deadlines.toml" if grounds.are_of(program, run.fingerprint) else "the parser"
            say(f"{changed} has changed since the run in parts of {_minute(run.begun_at)}: it begins anew")
            ledger.abandon(session, REPARSE, run.id, archive.clock())
            run.state, run.ended_at = ABANDONED, archive.clock()
        elif run is not None:
            run.state = FINISHED
        run = ReparseRun(kind=kind, state=IN_PARTS, fingerprint=ours, begun_at=archive.clock(), article_id=0)
        run.effects, run.reports = _written(Effects())
        session.add(run)
        session.flush()
        _lay(session, run)
        return run.id, 0


def _joined(run: ReparseRun) -> str:
    if run.state == IN_PARTS:
        return f"joining the run in parts of {_minute(run.begun_at)}, after {run.article_id} articles"
    ended = _minute(run.ended_at or run.begun_at)
    return f"the run in parts of {_minute(run.begun_at)} ended at {ended}, and this is what it did; the same command again begins a new one"


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def do(
    archive: Archive,
    part_id: int,
    *,
    parse: Parse,
    jobs: int = 1,
    fingerprint: str | None = None,
    progress: Progress | None = None,
) -> None:
    """Do a part, from where it stands to its end; who ends the last one sums up the run.

    Raises :class:`archive.parts.ledger.Refused` where the parser or the owner's files here are others, or where bytes are out of reach.
    """

    def go_on() -> bool:
        """Whether there was something to do."""
        part = _standing(archive, part_id)
        if part is None:
            return False
        run, selection, position = part
        program = fingerprint or parser_fingerprint()
        grounds.check(archive, run.fingerprint, program, f"part {part_id} is of a reparse", "the parser")
        readers = Readers(archive, parse, jobs, strict=True)
        filing = _Filing(archive, part_id, selection, readers, position)
        try:
            walk(archive, selection, readers, filing, after=position, progress=progress)
        except (_Overtaken, Refused, OutOfReach, StorageTrouble, ConnectionLost) as error:
            readers.wait()
            if isinstance(error, _Overtaken):
                return True
            if isinstance(error, OutOfReach | StorageTrouble):
                raise Refused(f"part {part_id} cannot be read on this machine: {error}") from error
            raise
        _end(archive, part_id, filing.position)
        return True

    while archive.patiently(go_on):
        pass


def summary(archive: Archive, run_id: int, joined_after: int) -> Reparsed:
    """What a run changed, so far where it did not end."""
    with archive.session() as session:
        run = session.get_one(ReparseRun, run_id)
        finished = run.state in {FINISHED, UNTOLD}
        effects = Effects.of(simplejson.loads(run.effects), simplejson.loads(run.reports))
        if run.state == IN_PARTS:
            effects = _summed_up(ledger.parts_of(session, REPARSE, run_id))
        return Reparsed(run.kind, dry_run=False, finished=finished, resumed_after=joined_after, effects=effects)


class _Filing:
    """Files batches of one part, as long as nobody else does."""

    def __init__(self, archive: Archive, part_id: int, selection: Selection, readers: Readers, position: int) -> None:
        self._archive = archive
        self._part_id = part_id
        self._selection = selection
        self._readers = readers
        self.position = position

    def __call__(self, works: list[Work]) -> None:
        name = lacking(self._archive, works)
        if name is not None:
            raise Refused(
                f"part {self._part_id} needs {name}, which is not in {self._archive.folder}: put it there, or let another machine do the part"
            )
        last = works[-1].article.id
        self._archive.patiently(self._look)  # what another has filed need not be read again to be found out

        def enter(session: Session, standing: list[Work]) -> None:
            row = _ours(session, self._part_id, self.position)
            effects = effects_of(self._archive, standing)  # before they are filed
            file_batch(session, standing)
            _add(row, effects)
            row.position, row.said = last, None
            row.begun_at = row.begun_at or self._archive.clock()
            session.get_one(ReparseRun, row.run_id).article_id += len(standing)

        def is_done(session: Session) -> bool:
            row = session.get(Partition, self._part_id)
            return row is None or row.position >= last

        file_standing(self._archive, self._selection, self._readers, works, enter, is_done)
        self.position = last

    def _look(self) -> None:
        with self._archive.session() as session:
            _ours(session, self._part_id, self.position)


def _lay(session: Session, run: ReparseRun) -> None:
    """Enter the ranges of the run's articles. What is captured later is left for the next one."""
    selection = Selection(everything=True) if run.kind == ALL else Selection(failed_after=0)
    counted = func.row_number().over(order_by=Article.id).label("number")
    articles = select(Article.id, counted).where(selection.where()).subquery()
    group = (articles.c.number - 1) // ARTICLES
    query = select(func.max(articles.c.id), func.count()).group_by(group).order_by(func.max(articles.c.id))
    ranges = [(through, number) for through, number in session.execute(query)]
    ends = [0, *(through for through, _ in ranges)]
    arguments = [
        {_AFTER: after, _THROUGH: through, UNITS: number}
        for (after, through), (_, number) in zip(pairwise(ends), ranges, strict=True)
    ]
    ledger.lay(session, REPARSE, run.id, arguments, ends[:-1])
    if not arguments:
        _close(session, run, run.begun_at)


def _standing(archive: Archive, part_id: int) -> tuple[ReparseRun, Selection, int] | None:
    """The run of a part, what is to be read, and after which article; null where nothing is left to do."""
    with archive.session() as session:
        part = session.get(Partition, part_id)
        if part is None or part.state != WAITING:
            return None
        run = session.get_one(ReparseRun, part.run_id)
        through = simplejson.loads(part.arguments)[_THROUGH]
        if run.kind == ALL:
            return run, Selection(everything=True, through=through), part.position
        return run, Selection(failed_after=part.position, through=through), part.position


def _ours(session: Session, part_id: int, position: int) -> Partition:
    """The row of a part that still stands where we left it."""
    row = session.get(Partition, part_id)
    if row is None or row.state != WAITING or row.position != position:
        raise _Overtaken
    return row


def _end(archive: Archive, part_id: int, position: int) -> None:
    with archive.writing() as session:
        try:
            row = _ours(session, part_id, position)
        except _Overtaken:
            return
        _spare(session, row)
        row.state, row.ended_at = DONE, archive.clock()
        session.flush()
        states = ledger.states(session, REPARSE, row.run_id)
        if states[DONE] == states.total():
            _close(session, session.get_one(ReparseRun, row.run_id), row.ended_at)


def _close(session: Session, run: ReparseRun, now: datetime) -> None:
    run.effects, run.reports = _written(_summed_up(ledger.parts_of(session, REPARSE, run.id)))
    run.state, run.ended_at = UNTOLD, now
    session.flush()
    ledger.clear(session, REPARSE, run.id)


def _summed_up(parts: list[Partition]) -> Effects:
    effects = Effects()
    for part in parts:
        if part.result is not None:
            effects.add(_effects(part))
    return effects


def _add(row: Partition, done: Effects) -> None:
    effects = _effects(row) if row.result is not None else Effects()
    effects.add(done)
    _keep(row, effects)


def _spare(session: Session, row: Partition) -> None:
    """Keep no reports that the summary will not name: those before it name enough."""
    if row.result is None:
        return
    effects = _effects(row)
    if not effects.reports:
        return
    named = func.jsonb_array_length(cast(Partition.result, JSONB)[_REPORTS])
    before = select(func.coalesce(cast(func.sum(named), Integer), 0)).where(
        Partition.kind == REPARSE, Partition.run_id == row.run_id, Partition.number < row.number
    )
    left = MOST_REPORTS - (session.scalar(before) or 0)
    if left < len(effects.reports):
        del effects.reports[max(0, left) :]
        _keep(row, effects)


def _effects(row: Partition) -> Effects:
    kept: dict[str, Any] = simplejson.loads(row.result or "{}")
    return Effects.of(kept["counts"], kept[_REPORTS])


def _keep(row: Partition, effects: Effects) -> None:
    kept = {"counts": effects.to_counts(), _REPORTS: effects.reports}
    row.result = simplejson.dumps(kept, ensure_ascii=False)


def _written(effects: Effects) -> tuple[str, str]:
    counts = simplejson.dumps(effects.to_counts(), ensure_ascii=False)
    return counts, simplejson.dumps(effects.reports, ensure_ascii=False)
