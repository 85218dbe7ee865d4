"""Gaps: what is known of a portal and is not there, and what of other archives' captures is there already."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from archive.addresses import canonical, with_fragment
from archive.catalogue import DELIVERED, DOCUMENT_ROLES
from archive.deriving.documents import Outcome
from archive.schema import Article, Attachment, CaptureRow, ListRow, Portal, ReportColumn
from archive.store import Archive

_ASKED = 400  # addresses in one statement


@dataclass(frozen=True)
class Gaps:
    """The report columns of a portal, and the addresses of reports and files that were named and never delivered, or are gone."""

    columns: tuple[str, ...]
    addresses: tuple[str, ...]


def of_portal(archive: Archive, portal: str, years: Collection[int] = ()) -> Gaps:
    """What a portal is known to have had. Rows whose title says another year than ``years`` are left out, if any is named."""
    columns = select(ReportColumn.url).join(Portal, Portal.id == ReportColumn.portal_id)
    columns = columns.where(Portal.url == with_fragment(portal)).order_by(ReportColumn.id)
    with archive.session() as session:
        queries = (_rows(portal, years), _articles(portal), _files(portal))
        found = [url for query in queries for url in session.scalars(query)]
        return Gaps(tuple(session.scalars(columns)), tuple(dict.fromkeys(found)))


def held(archive: Archive, places: Iterable[tuple[str, datetime]]) -> set[tuple[str, datetime]]:
    """Those of the addresses (as :func:`archive.addresses.wire` writes them) and times of which there is a capture."""
    found: set[tuple[str, datetime]] = set()
    waiting = iter(places)
    while several := list(islice(waiting, _ASKED)):
        query = select(CaptureRow.url, CaptureRow.fetched_at).where(
            CaptureRow.address.in_(sorted({canonical(url) for url, _ in several})),
            CaptureRow.fetched_at.in_(sorted({moment for _, moment in several})),
            CaptureRow.lost_at.is_(None),
        )
        with archive.session() as session:
            found |= {(url, moment) for url, moment in session.execute(query)}
    return found


def _rows(portal: str, years: Collection[int]) -> Select[str]:
    query = (
        select(ListRow.url)
        .join(ReportColumn, ReportColumn.id == ListRow.column_id)
        .join(Portal, Portal.id == ReportColumn.portal_id)
        .where(Portal.url == with_fragment(portal), ListRow.refused.is_(None))
    )
    reached = select(Article.id).where(
        or_(Article.address == ListRow.address, Article.requested_address == ListRow.address),
        Article.outcome.in_([Outcome.REPORT, Outcome.UNREAD]),
    )
    if years:
        query = query.where(or_(ListRow.report_year.is_(None), ListRow.report_year.in_(sorted(years))))
    return query.where(~_delivered(ListRow.address), ~reached.exists()).order_by(ListRow.id)


def _articles(portal: str) -> Select[str]:
    query = select(Article.url).join(Portal, Portal.id == Article.portal_id).where(Portal.url == with_fragment(portal))
    absent = or_(Article.gone_at.is_not(None), Article.withdrawn_at.is_not(None), ~_delivered(Article.address))
    return query.where(absent, Article.refused.is_(None)).order_by(Article.id)


def _files(portal: str) -> Select[str]:
    query = select(Attachment.url).join(Article, Article.id == Attachment.article_id)
    query = query.join(Portal, Portal.id == Article.portal_id).where(Portal.url == with_fragment(portal))
    return query.where(~_delivered(Attachment.address)).order_by(Attachment.id)


def _delivered(address: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    there = select(CaptureRow.id).where(CaptureRow.address == address, CaptureRow.status.in_(DELIVERED))
    return there.where(CaptureRow.role.in_(DOCUMENT_ROLES)).exists()
