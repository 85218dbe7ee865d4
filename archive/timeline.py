"""The timeline of an article: what it consisted of after each crawl that visited it, from its captures alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.captures import DOCUMENT_ROLES, Capture, from_row, select_captures
from archive.documents import Documents
from archive.schema import Article, Attachment, CaptureRow

GONE = frozenset({404, 410})


@dataclass(frozen=True)
class Moment:
    """An article after one crawl's visit; ``documents`` is null where the page was gone."""

    at: datetime
    documents: Documents | None


@dataclass(frozen=True)
class Timeline:
    """The moments that were not derived yet, and the newest capture among them."""

    moments: tuple[Moment, ...]
    through: int


def load(session: Session, article: Article) -> Timeline:
    """The moments of an article since it was last derived."""
    links = session.scalars(
        select(Attachment).where(Attachment.article_id == article.id).order_by(Attachment.position, Attachment.id)
    ).all()
    captures = _new_captures(session, article, links)
    state = _State(session, article, links)
    moments = [moment for visit in _visits(captures) if (moment := state.after(visit)) is not None]
    if not captures and article.gone_at is None:  # nothing was fetched: what lists and pages say of it has changed
        documents = state.documents(article.noted_at)
        if documents.page is not None or documents.attachments:
            moments = [Moment(article.noted_at, documents)]
    return Timeline(tuple(moments), max([article.derived_through, *(capture.id for capture, _ in captures)]))


class _State:
    """What an article consists of, visit by visit; a document that could not be fetched this time stays as it was."""

    def __init__(self, session: Session, article: Article, links: Sequence[Attachment]) -> None:
        self._article = article
        self._links = links
        self._page = _before(session, article.address, article.derived_through)
        found = ((link.address, _before(session, link.address, article.derived_through)) for link in links)
        self._files = {address: capture for address, capture in found if capture is not None}

    def after(self, visit: list[tuple[Capture, str]]) -> Moment | None:
        """The state after a visit; null if the visit brought nothing to read, a 503 for instance."""
        at = max(capture.fetched_at for capture, _ in visit)
        fresh = {address: capture for capture, address in visit if capture.status == 200}
        pages = [capture for capture, address in visit if self._is_page(capture, address)]
        if pages and pages[-1].status in GONE:
            return Moment(at, None)
        pages = [capture for capture in pages if capture.status == 200]
        if pages:  # of several copies of the page, the one it is known by
            self._page = next((page for page in reversed(pages) if page.url == self._article.url), pages[-1])
        files = {link.address: fresh[link.address] for link in self._links if link.address in fresh}
        if not pages and not files:
            return None
        self._files.update(files)
        return Moment(at, self.documents(min(capture.fetched_at for capture, _ in visit), files))

    def documents(self, at: datetime, fetched: dict[str, Capture] | None = None) -> Documents:
        """Page and attachments, without those the page no longer linked to at that time."""
        linked = [link.address for link in self._links if link.last_noted_at >= at or link.address in (fetched or {})]
        return Documents(self._page, tuple(self._files[address] for address in linked if address in self._files))

    def _is_page(self, capture: Capture, address: str) -> bool:
        """A redirect's own address counts only where it says that the article is gone."""
        if address == self._article.address:
            return capture.status == 200 or capture.status in GONE
        return address == self._article.requested_address and capture.status in GONE


def _new_captures(session: Session, article: Article, links: Sequence[Attachment]) -> list[tuple[Capture, str]]:
    addresses = {article.address, article.requested_address, *(link.address for link in links)}
    query = select_captures().where(
        CaptureRow.address.in_(sorted(addresses)),
        CaptureRow.id > article.derived_through,
        CaptureRow.role.in_(DOCUMENT_ROLES),
    )
    found = session.execute(query.order_by(CaptureRow.fetched_at, CaptureRow.id))
    return [(from_row(row, file), row.address) for row, file in found]


def _before(session: Session, address: str, through: int) -> Capture | None:
    """The newest readable capture that was derived already."""
    query = select_captures().where(
        CaptureRow.address == address,
        CaptureRow.id <= through,
        CaptureRow.status == 200,
        CaptureRow.role.in_(DOCUMENT_ROLES),
    )
    found = session.execute(query.order_by(CaptureRow.id.desc()).limit(1)).first()
    return None if found is None else from_row(*found)


def _visits(captures: list[tuple[Capture, str]]) -> Iterator[list[tuple[Capture, str]]]:
    """Captures of one crawl belong together; an import has no crawl, and each of its captures stands alone."""
    for _, visit in groupby(
        captures, key=lambda pair: ("crawl", pair[0].crawl_id) if pair[0].crawl_id else ("alone", pair[0].id)
    ):
        yield list(visit)
