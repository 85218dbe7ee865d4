"""Deriving: from captures to reports and versions. Whatever stands here can be made again from the captures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

import parser
from archive.deriving.batches import BATCH, Selection, Work, count, load_batch
from archive.deriving.documents import Outcome, Parse, Reading
from archive.deriving.filing import file_reading, refresh
from archive.deriving.readers import Readers
from archive.deriving.timeline import Moment
from archive.deriving.visits import Gone, Visits
from archive.registry.publishers import attach
from archive.schema import Absence, Article, Sighting, Version
from archive.store import Archive
from archive.warcs.locks import locked, take

LOCK = "derive.lock"
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Derived:
    """What a run did, counted in articles; ``created`` and ``changed`` say whether one brought a new report or version."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    unread: int = 0
    failed: int = 0
    uncaptured: int = 0


def derive(
    archive: Archive,
    *,
    everything: bool = False,
    progress: Progress | None = None,
    parse: Parse = parser.parse,
    jobs: int = 1,
) -> Derived:
    """Derive what was captured or noted since the last time; ``everything`` derives all anew.

    ``progress`` gets (done, all, address) after each article. ``parse`` may be a guarded stand-in for
    :func:`parser.parse` that opens documents in child processes, ``jobs`` of them side by side. A run that is killed
    goes on with the next one.
    """
    counts: Counter[str] = Counter()

    def file(works: list[Work]) -> None:
        with archive.writing() as session:
            counts.update(file_batch(session, works))

    with turn(archive.folder):
        with archive.writing() as session:
            attach(session, archive.book)
        walk(archive, Selection(everything), Readers(archive, parse, jobs), file, progress=progress)
    return Derived(**{field.name: counts[field.name] for field in fields(Derived)})


def walk(
    archive: Archive,
    selection: Selection,
    readers: Readers,
    file: Callable[[list[Work]], None],
    *,
    after: int = 0,
    progress: Progress | None = None,
) -> None:
    """Read the selected articles behind an id and hand them to ``file`` in batches, in their order.

    The next batch is being read while one is filed.
    """
    total = count(archive, selection, after)
    done = 0
    with readers:
        begun = readers.start(load_batch(archive, selection, after, BATCH))
        while begun:
            works: list[Work] = []
            for future in begun:
                works.append(future.result())
                done += 1
                if progress is not None:
                    progress(done, max(done, total), works[-1].article.url)
            begun = readers.start(load_batch(archive, selection, works[-1].article.id, BATCH))
            file(works)


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
    counts = []
    for work in works:
        filing = _Filing(session, articles[work.article.id], work)
        counts.append(filing.go_through(work))
        reports |= filing.reports
    refresh(session, reports)
    return counts


class _Filing:
    """Files the readings of one article."""

    def __init__(self, session: Session, article: Article, work: Work) -> None:
        self._session = session
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
        _note_absences(self._session, article.id, visits.absences, anew=work.anew)
        article.basis, article.derived_through = work.basis, work.timeline.through
        fresh = update(Article).where(Article.id == article.id, Article.stale == work.article.stale)
        self._session.execute(  # not if it was noted meanwhile
            fresh.values(stale=0), execution_options={"synchronize_session": False}
        )
        if self._count is not None:
            return "unread" if article.outcome == Outcome.UNREAD else self._count
        if article.outcome in {Outcome.REFUSED, Outcome.FAILED, Outcome.UNCAPTURED}:
            return str(article.outcome)
        return "changed" if article.withdrawn_at != before else "unchanged"

    def _file(self, moment: Moment, reading: Reading) -> int:
        """A reading with a record becomes a version, or is one that is known."""
        filed = file_reading(self._session, self._article, reading, self._place, moment.at)
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


def _note_absences(session: Session, article_id: int, found: Sequence[Gone], *, anew: bool) -> None:
    """Keep when an article did not show its report; one that is derived anew has no other absences."""
    if anew:
        session.execute(delete(Absence).where(Absence.article_id == article_id))
    for each in found:
        row = session.get(Absence, (article_id, each.since))
        if row is None:
            row = Absence(article_id=article_id, since=each.since)
            session.add(row)
        row.until, row.because = each.until, each.because
