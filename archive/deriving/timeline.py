"""The timeline of an article: what it consisted of after each crawl that visited it, from its captures alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

from sqlalchemy import Subquery, func, literal, select, union
from sqlalchemy.orm import Session

from archive.captures import DELIVERED, DOCUMENT_ROLES, Capture, from_row, select_captures
from archive.deriving.documents import Documents
from archive.schema import Article, Attachment, CaptureRow, WarcFile

GONE = frozenset({404, 410})


@dataclass(frozen=True)
class Moment:
    """An article after one crawl's visit; ``documents`` is null where the page was ``gone``, which says how.

    ``page_read`` says that this visit brought the page itself.
    """

    at: datetime
    documents: Documents | None
    gone: str | None = None
    page_read: bool = False


@dataclass(frozen=True)
class Timeline:
    """The moments that were not derived yet, and the newest capture among them."""

    moments: tuple[Moment, ...]
    through: int


@dataclass
class _Kept:
    """What the tables hold of one article: its links, its new captures, and the newest ones derived before."""

    links: list[Attachment] = field(default_factory=list)
    captures: list[tuple[Capture, str]] = field(default_factory=list)
    before: dict[str, Capture] = field(default_factory=dict)


def load(session: Session, articles: Sequence[Article], *, anew: frozenset[int] = frozenset()) -> dict[int, Timeline]:
    """The moments of articles since each was last derived, from the beginning for those of ``anew``, by their number.

    All articles of a batch are asked for together: what an article costs in statements does not count.
    """
    ids = [article.id for article in articles]
    kept = {number: _Kept() for number in ids}
    links = select(Attachment).where(Attachment.article_id.in_(ids)).order_by(Attachment.position, Attachment.id)
    for link in session.scalars(links):
        kept[link.article_id].links.append(link)
    _captures(session, [number for number in ids if number in anew], kept, anew=True)
    _captures(session, [number for number in ids if number not in anew], kept, anew=False)
    return {
        article.id: _timeline(article, kept[article.id], 0 if article.id in anew else article.derived_through)
        for article in articles
    }


def _timeline(article: Article, kept: _Kept, through: int) -> Timeline:
    state = _State(article, kept.links, kept.before)
    moments = [moment for visit in _visits(kept.captures) if (moment := state.after(visit)) is not None]
    if not kept.captures and article.gone_at is None:  # nothing was fetched: what lists and pages say of it has changed
        documents = state.documents(article.noted_at)
        if documents.page is not None or documents.attachments:
            moments = [Moment(article.noted_at, documents)]
    return Timeline(tuple(moments), max([through, *(capture.id for capture, _ in kept.captures)]))


class _State:
    """What an article consists of, visit by visit; a document that could not be fetched this time stays as it was."""

    def __init__(self, article: Article, links: Sequence[Attachment], before: Mapping[str, Capture]) -> None:
        self._article = article
        self._links = links
        self._page = before.get(article.address)
        self._files = {link.address: before[link.address] for link in links if link.address in before}

    def after(self, visit: list[tuple[Capture, str]]) -> Moment | None:
        """The state after a visit; null if the visit brought nothing to read, a 503 for instance."""
        at = max(capture.fetched_at for capture, _ in visit)
        fresh = {address: capture for capture, address in visit if capture.status in DELIVERED}
        pages = [capture for capture, address in visit if self._is_page(capture, address)]
        if pages and pages[-1].status in GONE:
            return Moment(at, None, gone=f"its address answers {pages[-1].status}")
        pages = [capture for capture in pages if capture.status in DELIVERED]
        if pages:  # of several copies of the page, the one it is known by
            self._page = next((page for page in reversed(pages) if page.url == self._article.url), pages[-1])
        files = {link.address: fresh[link.address] for link in self._links if link.address in fresh}
        if not pages and not files:
            return None
        self._files.update(files)
        documents = self.documents(min(capture.fetched_at for capture, _ in visit), files)
        return Moment(at, documents, page_read=bool(pages))

    def documents(self, at: datetime, fetched: dict[str, Capture] | None = None) -> Documents:
        """Page and attachments, without those the page no longer linked to at that time."""
        linked = [link.address for link in self._links if link.last_noted_at >= at or link.address in (fetched or {})]
        files = tuple(self._files[address] for address in linked if address in self._files)
        return Documents(self._page, files, unfetched=len(files) < len(linked))

    def _is_page(self, capture: Capture, address: str) -> bool:
        """A redirect's own address counts only where it says that the article is gone."""
        if address == self._article.address:
            return capture.status in DELIVERED or capture.status in GONE
        return address == self._article.requested_address and capture.status in GONE


def _captures(session: Session, ids: Sequence[int], kept: Mapping[int, _Kept], *, anew: bool) -> None:
    if not ids:
        return
    places = _places(ids)
    through = literal(0) if anew else places.c.derived_through
    fresh = (
        select(places.c.article_id, CaptureRow, WarcFile.name)
        .join(CaptureRow, CaptureRow.address == places.c.address)
        .join(WarcFile, WarcFile.id == CaptureRow.file_id)
        .where(CaptureRow.id > through, CaptureRow.role.in_(DOCUMENT_ROLES))
        .order_by(places.c.article_id, CaptureRow.fetched_at, CaptureRow.id)
    )
    for article_id, row, file in session.execute(fresh):
        kept[article_id].captures.append((from_row(row, file), row.address))
    if anew:
        return
    rank = func.row_number().over(  # by its time: what was found again late has a high number
        partition_by=(places.c.article_id, places.c.address),
        order_by=(CaptureRow.fetched_at.desc(), CaptureRow.id.desc()),
    )
    ranked = (
        select(places.c.article_id, CaptureRow.id.label("capture_id"), rank.label("rank"))
        .join(CaptureRow, CaptureRow.address == places.c.address)
        .where(CaptureRow.id <= through, CaptureRow.status.in_(DELIVERED), CaptureRow.role.in_(DOCUMENT_ROLES))
        .subquery()
    )
    older = select_captures().add_columns(ranked.c.article_id).join(ranked, ranked.c.capture_id == CaptureRow.id)
    older = older.where(ranked.c.rank == 1)
    for row, file, article_id in session.execute(older):
        kept[article_id].before[row.address] = from_row(row, file)


def _places(ids: Sequence[int]) -> Subquery:
    """The addresses at which the documents of articles stand, each article's once."""
    page = select(Article.id.label("article_id"), Article.address, Article.derived_through).where(Article.id.in_(ids))
    asked = select(Article.id, Article.requested_address, Article.derived_through).where(Article.id.in_(ids))
    files = (
        select(Attachment.article_id, Attachment.address, Article.derived_through)
        .join(Article, Article.id == Attachment.article_id)
        .where(Attachment.article_id.in_(ids))
    )
    return union(page, asked, files).subquery()


def _visits(captures: list[tuple[Capture, str]]) -> Iterator[list[tuple[Capture, str]]]:
    """Captures of one crawl belong together; an import has no crawl, and each of its captures stands alone."""
    for _, visit in groupby(
        captures, key=lambda pair: ("crawl", pair[0].crawl_id) if pair[0].crawl_id else ("alone", pair[0].id)
    ):
        yield list(visit)
