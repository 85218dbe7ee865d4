"""Staleness: what was derived from an address is to be derived again, since something new was captured there."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select, union, update
from sqlalchemy.orm import Session

from archive.addresses import canonical
from archive.schema import Article, Attachment


def mark_stale(session: Session, urls: Collection[str], *, anew: bool = False) -> None:
    """Have what was derived from these addresses derived again; ``anew``: from its first capture.

    That is for captures that may be older than what was derived. Raises :class:`archive.errors.AddressRefused`.
    """
    addresses = sorted({canonical(url) for url in urls})
    if not addresses:
        return
    touched = union(  # one question each, by its index
        select(Article.id).where(Article.address.in_(addresses)),
        select(Article.id).where(Article.requested_address.in_(addresses)),
        select(Attachment.article_id).where(Attachment.address.in_(addresses)),
    )
    marked = update(Article).where(Article.id.in_(select(touched.subquery().c.id))).values(stale=Article.stale + 1)
    if anew:
        marked = marked.values(derived_through=0)
    session.execute(marked, execution_options={"synchronize_session": False})
