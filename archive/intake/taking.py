"""Intake: answers from elsewhere go into the archive in batches, none twice, each document as an article of its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select, update

from archive.addresses import canonical, wire
from archive.captures import Answer, Capture, Pending, deposit, latest
from archive.journal.notes import ArticleNote
from archive.schema import Article, CaptureRow
from archive.store import Archive
from archive.warcs.records import digest

ROLE = "import"
MOST, LARGEST = 64, 8 << 20  # answers and bytes of a batch: what a kill loses, and what is held in memory
_Key = tuple[str, datetime, str]  # address, time and payload: two captures that share them are one


@dataclass(frozen=True)
class _Taken:
    pending: Pending
    digest: str
    of_article: bool
    portal: str | None

    @property
    def key(self) -> _Key:
        answer = self.pending.answer
        return answer.url, answer.fetched_at, self.digest


class Intake:
    """Takes answers and deposits them; ``captures`` were kept, ``known`` were there, ``foreign`` belong to no article."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._batch: list[_Taken] = []
        self._size = 0
        self.captures = 0
        self.known = 0
        self.foreign = 0

    def take(
        self,
        answer: Answer,
        *,
        unmodified: Capture | None = None,
        of_article: bool = False,
        portal: str | None = None,
    ) -> None:
        """Keep an answer with the next batch; ``of_article``: only where the archive knows its address as an article's.

        ``portal`` is the portal a new article is noted for. Its address must be one :func:`archive.addresses.wire` made. Raises :class:`archive.errors.ArchiveError`.
        """
        held = digest(answer.body) if unmodified is None else unmodified.payload_digest
        self._batch.append(_Taken(Pending(answer, ROLE, unmodified=unmodified), held, of_article, portal))
        self._size += len(answer.body)
        if len(self._batch) >= MOST or self._size >= LARGEST:
            self.flush()

    def flush(self) -> None:
        """Deposit what was taken: answers and notes in one writing."""
        batch, self._batch, self._size = self._batch, [], 0
        if not batch:
            return
        known, articles = self._known(batch), self._articles(batch)
        answers: list[Pending] = []
        notes: list[ArticleNote] = []
        for one in batch:
            address = canonical(one.pending.answer.url)
            if one.of_article and address not in articles:
                self.foreign += 1
                continue
            if one.key in known or self._is_same_file(one):
                self.known += 1
                continue
            known.add(one.key)
            answers.append(one.pending)
            if address not in articles:  # what a crawl said of an article stays as it is
                articles.add(address)
                notes.append(self._note(one))
        self._derive_anew({canonical(one.answer.url) for one in answers})
        deposit(self._archive, answers, notes)
        self.captures += len(answers)

    def _known(self, batch: list[_Taken]) -> set[_Key]:
        addresses = {canonical(one.pending.answer.url) for one in batch}
        times = {one.pending.answer.fetched_at for one in batch}
        query = select(CaptureRow.url, CaptureRow.fetched_at, CaptureRow.payload_digest)
        query = query.where(CaptureRow.address.in_(sorted(addresses)), CaptureRow.fetched_at.in_(sorted(times)))
        with self._archive.session() as session:
            return set(session.execute(query.where(CaptureRow.lost_at.is_(None))).all())

    def _articles(self, batch: list[_Taken]) -> set[str]:
        """The addresses of articles; those that only lead to one count for what is gone."""
        addresses = sorted({canonical(one.pending.answer.url) for one in batch})
        asked = sorted({canonical(one.pending.answer.url) for one in batch if one.of_article})
        query = select(Article.address, Article.requested_address)
        query = query.where(or_(Article.address.in_(addresses), Article.requested_address.in_(asked)))
        with self._archive.session() as session:
            found = session.execute(query).all()
        return {address for address, _ in found} | ({requested for _, requested in found} & set(asked))

    def _is_same_file(self, one: _Taken) -> bool:
        """A file has no time of its own: it is new where it differs from what was there last."""
        if not one.pending.answer.is_file:
            return False
        last = latest(self._archive, one.pending.answer.url, status=200)
        return last is not None and last.payload_digest == one.digest

    def _derive_anew(self, addresses: set[str]) -> None:
        """What comes in now may be older than what was derived: such articles are read from their first capture again."""
        older = update(Article).where(Article.address.in_(sorted(addresses)), Article.derived_through > 0)
        with self._archive.writing() as session:
            session.execute(older.values(derived_through=0), execution_options={"synchronize_session": False})

    def _note(self, one: _Taken) -> ArticleNote:
        url = one.pending.answer.url
        return ArticleNote(
            self._archive.now(),
            None,
            portal=one.portal,
            url=wire(url),
            requested_url=wire(url),
            column_url=None,
            page_title=None,
            page_date=None,
            agency=None,
            refused=None,
            gone=False,
        )
