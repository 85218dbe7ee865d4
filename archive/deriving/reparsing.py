"""Reparsing: records derived again by the parser as it is now, with a summary of what that changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import simplejson
from sqlalchemy import select, update
from sqlalchemy.orm import Session

import parser
from archive.deriving.batches import Selection, Work
from archive.deriving.derive import Progress, file_batch, file_standing, turn, walk
from archive.deriving.documents import Parse
from archive.deriving.effects import Effects, effects_of
from archive.deriving.readers import Readers
from archive.registry.publishers import attach, classify
from archive.schema import ReparseRun
from archive.store import Archive

ALL, PENDING = "all", "pending"
RUNNING, FINISHED, ABANDONED = "running", "finished", "abandoned"
Say = Callable[[str], None]


@dataclass(frozen=True)
class Reparsed:
    """A reparse and what it changed; ``finished`` is false where it was stopped, and the same call goes on.

    ``resumed_after`` counts the articles that an earlier, unfinished call had done; ``effects`` covers them too.
    """

    kind: str
    dry_run: bool
    finished: bool
    resumed_after: int
    effects: Effects

    @property
    def needs_attention(self) -> bool:
        """Whether something failed, was lost, or could not be reached."""
        return self.effects.failed > 0 or self.effects.lost > 0 or self.effects.away > 0

    def to_data(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "kind": self.kind,
            "dry_run": self.dry_run,
            "finished": self.finished,
            "resumed_after": self.resumed_after,
            **self.effects.to_data(),
        }


def reparse(
    archive: Archive,
    *,
    pending: bool = False,
    dry_run: bool = False,
    parse: Parse = parser.parse,
    jobs: int = 1,
    fingerprint: str | None = None,
    progress: Progress | None = None,
    say: Say = lambda _: None,
) -> Reparsed:
    """Derive every article anew, or with ``pending`` those captured or noted since, or failed at their last reading.

    ``parse`` must bear ``jobs`` callers at once. ``dry_run`` writes nothing and waits for nobody. A killed run goes on
    where it stopped, unless ``fingerprint`` (by default of the parser's files) is another by now: then it begins anew.
    Ctrl-C ends it in good order. ``say`` is told in a sentence why it waits or where it goes on.
    """
    readers = Readers(archive, parse, jobs)
    kind = PENDING if pending else ALL
    if dry_run:
        return _rehearse(archive, kind, readers, progress)
    waiting = "another reparse, import or crawl is reading this archive: waiting for it to end"
    with turn(archive.folder, lambda: say(waiting)):
        run = _begin(archive, kind, fingerprint or parser_fingerprint(), say)
        return _carry_out(archive, run, readers, progress, say)


@cache
def parser_fingerprint() -> str:
    """A digest over the source and the data of the parser: while it stays, the same bytes give the same record."""
    root = Path(parser.__file__).parent
    found = sha256()
    for path in sorted(root.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            found.update(f"{path.relative_to(root).as_posix()} {path.stat().st_size}\n".encode())
            found.update(path.read_bytes())
    return found.hexdigest()


def _rehearse(archive: Archive, kind: str, readers: Readers, progress: Progress | None) -> Reparsed:
    effects = Effects()
    finished = True
    try:
        away = walk(
            archive,
            _selection(kind, 0),
            readers,
            lambda works: effects.add(effects_of(archive, works)),
            progress=progress,
        )
        effects.away = len(away)
    except KeyboardInterrupt:
        finished = False
    return Reparsed(kind, dry_run=True, finished=finished, resumed_after=0, effects=effects)


def _selection(kind: str, done: int) -> Selection:
    return Selection(everything=True) if kind == ALL else Selection(failed_after=done)


@dataclass(frozen=True)
class _Begun:
    id: int
    kind: str
    after: int  # the last article done


def _begin(archive: Archive, kind: str, fingerprint: str, say: Say) -> _Begun:
    """The unfinished run of this kind where the parser is still the same, else a new one."""
    with archive.writing() as session:
        attach(session, archive.book)
        classify(session)
        unfinished = select(ReparseRun).where(ReparseRun.kind == kind, ReparseRun.state == RUNNING)
        run = session.scalars(unfinished.order_by(ReparseRun.id.desc()).limit(1)).first()
        if run is not None and run.fingerprint != fingerprint:
            say(f"the parser has changed since the run of {run.begun_at:%Y-%m-%d %H:%M} UTC stopped: it begins anew")
            run = None
        elif run is not None:
            done = _effects(run).articles
            say(f"going on with the run of {run.begun_at:%Y-%m-%d %H:%M} UTC, after {done} articles")
        if run is None:
            over = update(ReparseRun).where(ReparseRun.kind == kind, ReparseRun.state == RUNNING)
            session.execute(over.values(state=ABANDONED, ended_at=archive.clock()))
            run = ReparseRun(kind=kind, state=RUNNING, fingerprint=fingerprint, begun_at=archive.clock(), article_id=0)
            _keep(run, Effects())
            session.add(run)
            session.flush()
        return _Begun(run.id, kind, run.article_id)


def _carry_out(archive: Archive, begun: _Begun, readers: Readers, progress: Progress | None, say: Say) -> Reparsed:
    with archive.session() as session:
        resumed_after = _effects(session.get_one(ReparseRun, begun.id)).articles

    selection = _selection(begun.kind, begun.after)

    def file(works: list[Work]) -> None:
        last = works[-1].article.id

        def enter(session: Session, standing: list[Work]) -> None:
            done = effects_of(archive, standing)  # before they are filed
            file_batch(session, standing)
            _note(session, begun.id, last, done)

        def is_done(session: Session) -> bool:
            return session.get_one(ReparseRun, begun.id).article_id >= last

        file_standing(archive, selection, readers, works, enter, is_done)

    finished = True
    try:
        away = walk(
            archive,
            selection,
            readers,
            file,
            after=begun.after if begun.kind == ALL else 0,
            progress=progress,
        )
        _tell_away(away, say)
        archive.patiently(partial(_end, archive, begun.id, len(away)))
    except KeyboardInterrupt:
        finished = False
    with archive.session() as session:  # what was committed, and nothing else
        effects = _effects(session.get_one(ReparseRun, begun.id))
    return Reparsed(begun.kind, dry_run=False, finished=finished, resumed_after=resumed_after, effects=effects)


def _tell_away(away: list[str], say: Say) -> None:
    if away:
        say(f"{len(away)} articles were left as they stand, since their bytes are not within reach: {away[0]}")


def _end(archive: Archive, run_id: int, away: int) -> None:
    with archive.writing() as session:
        run = session.get_one(ReparseRun, run_id)
        effects = _effects(run)
        effects.away += away
        _keep(run, effects)
        run.state, run.ended_at = FINISHED, archive.clock()


def _note(session: Session, run_id: int, last: int, done: Effects) -> None:
    run = session.get_one(ReparseRun, run_id)
    effects = _effects(run)
    effects.add(done)
    run.article_id = max(run.article_id, last)
    _keep(run, effects)


def _keep(run: ReparseRun, effects: Effects) -> None:
    run.effects = simplejson.dumps(effects.to_counts(), ensure_ascii=False)
    run.reports = simplejson.dumps(effects.reports, ensure_ascii=False)


def _effects(run: ReparseRun) -> Effects:
    return Effects.of(simplejson.loads(run.effects), simplejson.loads(run.reports))
