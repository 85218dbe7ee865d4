"""Deriving: from captures to reports and versions. Whatever stands here can be made again from the captures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

import parser
from archive.deriving.batches import BATCH, Selection, Work, count, load_again, load_batch
from archive.deriving.documents import Outcome, Parse, Reading
from archive.deriving.filing import Filer, refresh
from archive.deriving.readers import Readers
from archive.deriving.timeline import Moment
from archive.deriving.visits import Gone, Visits
from archive.registry.publishers import attach
from archive.schema import Absence, Article, Sighting, Version
from archive.store import Archive
from archive.warcs.locks import locked, take

LOCK = "derive.lock"
_TRIES = 3  # articles that others derive again and again are then read while nobody else may write
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Derived:
    """What a run did, counted in articles; ``created`` and ``changed`` say whether one brought a new report or version.

    ``away`` were left as they stand: only another machine has their bytes now, and they are derived when it stored them.
    """

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    unread: int = 0
    failed: int = 0
    uncaptured: int = 0
    away: int = 0


def derive(
    archive: Archive,
    *,
    everything: bool = False,
    portals: Sequence[str] | None = None,
    progress: Progress | None = None,
    parse: Parse = parser.parse,
    jobs: int = 1,
) -> Derived:
    """Derive what was captured or noted since the last time; ``everything`` derives all anew.

    ``portals`` restricts it to the articles of these portals, by their addresses.
    ``progress`` gets (done, all, address) after each article. ``parse`` may be a guarded stand-in for
    :func:`parser.parse` that opens documents in child processes, ``jobs`` of them side by side. A run that is killed
    goes on with the next one.
    """
    counts: Counter[str] = Counter()
    selection = Selection(everything, portals=None if portals is None else tuple(portals))
    readers = Readers(archive, parse, jobs)

    def name_publishers() -> None:
        with archive.writing() as session:
            attach(session, archive.book)

    def file(works: list[Work]) -> None:
        told: list[str] = []

        def enter(session: Session, standing: list[Work]) -> None:
            told[:] = file_batch(session, standing)

        file_standing(archive, selection, readers, works, enter)
        counts.update(told)

    with turn(archive.folder):
        archive.patiently(name_publishers)
        counts["away"] = len(walk(archive, selection, readers, file, progress=progress))
    return Derived(**{field.name: counts[field.name] for field in fields(Derived)})


def walk(
    archive: Archive,
    selection: Selection,
    readers: Readers,
    file: Callable[[list[Work]], None],
    *,
    after: int = 0,
    progress: Progress | None = None,
) -> list[str]:
    """Read the selected articles behind an id and hand them to ``file`` in batches, in their order.

    The next batch is being read while one is filed. Returns why articles could not be read now, one sentence for each.
    """
    away: list[str] = []
    total = archive.patiently(partial(count, archive, selection, after))
    done = 0
    with readers:
        begun = readers.start(archive.patiently(partial(load_batch, archive, selection, after, BATCH)))
        while begun:
            works: list[Work] = []
            for future in begun:
                works.append(future.result())
                done += 1
                if progress is not None:
                    progress(done, max(done, total), works[-1].article.url)
            last = works[-1].article.id
            begun = readers.start(archive.patiently(partial(load_batch, archive, selection, last, BATCH)))
            away += [work.away for work in works if work.away is not None]
            if works := [work for work in works if work.away is None]:
                file(works)
    return away


def file_standing(
    archive: Archive,
    selection: Selection,
    readers: Readers,
    works: list[Work],
    file: Callable[[Session, list[Work]], None],
    is_done: Callable[[Session], bool] | None = None,
) -> None:
    """File works together, in one writing, that stand as they were loaded: what somebody else derived is read again.

    ``file`` enters them, and what belongs to them, and may be called again where the connection broke; ``is_done`` says
    whether an earlier call was committed after all. Without it that is told from the articles.
    """
    tried: list[Work] = []

    def enter(*, hold: bool) -> list[Work]:
        with archive.writing() as session:
            overtaken = _overtaken(session, works)
            if tried and (is_done(session) if is_done is not None else _are_filed(session, tried)):
                return []
            if overtaken and not hold:
                return overtaken
            if overtaken:  # nobody else files while we write
                _read_again(archive, selection, readers, works, overtaken)
            tried[:] = works
            file(session, works)
        return []

    for _ in range(_TRIES):
        overtaken = archive.patiently(partial(enter, hold=False))
        if not overtaken:
            return
        archive.patiently(partial(_read_again, archive, selection, readers, works, overtaken))
        tried.clear()
    archive.patiently(partial(enter, hold=True))


def _read_again(
    archive: Archive, selection: Selection, readers: Readers, works: list[Work], overtaken: list[Work]
) -> None:
    """Put what is to be filed now in the place of works that were overtaken: nothing, where somebody else has done it."""
    begun = readers.start(load_again(archive, selection, overtaken))
    fresh = {work.article.id: work for work in (future.result() for future in begun) if work.away is None}
    gone = {work.article.id for work in overtaken} - set(fresh)
    works[:] = [fresh.get(work.article.id, work) for work in works if work.article.id not in gone]


def _overtaken(session: Session, works: Sequence[Work]) -> list[Work]:
    """Works whose articles somebody derived, or wants derived from their beginning, since they were loaded."""
    now = _marks(session, works)
    return [
        work for work in works if now.get(work.article.id) != (work.article.derivations, work.article.derived_through)
    ]


def _are_filed(session: Session, works: Sequence[Work]) -> bool:
    """Whether all of them were derived once since they were loaded, as they are all together or not at all."""
    now = _marks(session, works)
    return all(now.get(work.article.id) == (work.article.derivations + 1, work.timeline.through) for work in works)


def _marks(session: Session, works: Sequence[Work]) -> dict[int, tuple[int, int]]:
    query = select(Article.id, Article.derivations, Article.derived_through)
    rows = session.execute(query.where(Article.id.in_([work.article.id for work in works])))
    return {number: (derivations, through) for number, derivations, through in rows}


@contextmanager
def turn(folder: Path, waiting: Callable[[], None] | None = None) -> Iterator[None]:
    """Deriving takes turns; ``waiting`` is called where somebody else is at it."""
    with (folder / LOCK).open("ab") as file:
        if take(file):
            yield
            return
    if waiting is not None:
        waiting()
    with locked(folder, LOCK):
        yield


def file_batch(session: Session, works: Sequence[Work]) -> list[str]:
    """File the readings of a batch; for each article the name of the count in :class:`Derived` it goes to."""
    ids = [work.article.id for work in works]
    articles = {article.id: article for article in session.scalars(select(Article).where(Article.id.in_(ids)))}
    seen = select(Version.report_id).join(Sighting, Sighting.version_id == Version.id)
    reports = set(session.scalars(seen.where(Sighting.article_id.in_(ids))))
    anew = [work.article.id for work in works if work.anew]
    if anew:  # what was seen before is seen again, or was never there
        session.execute(delete(Sighting).where(Sighting.article_id.in_(anew)))
        session.execute(delete(Absence).where(Absence.article_id.in_(anew)))
    filer = Filer(session)
    counts = []
    for work in works:
        filing = _Filing(session, filer, articles[work.article.id], work)
        counts.append(filing.go_through(work))
        reports |= filing.reports
    filer.close()
    _freshen(session, works)
    refresh(session, reports)
    return counts


def _freshen(session: Session, works: Sequence[Work]) -> None:
    """Nothing is to be derived of these articles any more, but for those that were noted meanwhile."""
    marked: dict[int, list[int]] = {}
    for work in works:
        marked.setdefault(work.article.stale, []).append(work.article.id)
    for stale, ids in sorted(marked.items()):
        fresh = update(Article).where(Article.id.in_(ids), Article.stale == stale).values(stale=0)
        session.execute(fresh, execution_options={"synchronize_session": False})


class _Filing:
    """Files the readings of one article."""

    def __init__(self, session: Session, filer: Filer, article: Article, work: Work) -> None:
        self._session = session
        self._filer = filer
        self._article = article
        self._place = work.place
        self.reports: set[int] = set()
        self._count: str | None = None

    def go_through(self, work: Work) -> str:
        """File what was read; the name of the article's count."""
        article = self._article
        before = article.withdrawn_at
        visits = Visits.of(work, article.version_id)
        visits.go_through(work, self._file, self._again)
        article.outcome, article.detail, article.version_id = visits.outcome, visits.detail, visits.version
        article.withdrawn_at, article.withdrawn_because = visits.withdrawn_at, visits.withdrawn_because
        _note_absences(self._session, article.id, visits.absences)
        article.basis, article.derived_through = work.basis, work.timeline.through
        article.derivations += 1
        if self._count is not None:
            return "unread" if article.outcome == Outcome.UNREAD else self._count
        if article.outcome in {Outcome.REFUSED, Outcome.FAILED, Outcome.UNCAPTURED}:
            return str(article.outcome)
        return "changed" if article.withdrawn_at != before else "unchanged"

    def _file(self, moment: Moment, reading: Reading) -> int:
        """A reading with a record becomes a version, or is one that is known."""
        filed = self._filer.file(self._article, reading, self._place, moment.at)
        self.reports.add(filed.report_id)
        if filed.new_report:
            self._count = "created"
        elif self._count is None and (filed.new_version or reading.outcome is Outcome.UNREAD):
            self._count = "changed"
        return filed.version_id

    def _again(self, moment: Moment, version_id: int) -> None:
        """The same documents were seen once more."""
        sighting = self._session.get_one(Sighting, (version_id, self._article.id))
        sighting.last_seen_at = max(sighting.last_seen_at, moment.at)


def _note_absences(session: Session, article_id: int, found: Sequence[Gone]) -> None:
    """Keep when an article did not show its report."""
    for each in found:
        row = session.get(Absence, (article_id, each.since))
        if row is None:
            row = Absence(article_id=article_id, since=each.since)
            session.add(row)
        row.until, row.because = each.until, each.because
