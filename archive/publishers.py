"""Publishers: an agency of one administrative division, known by scope and normalised name."""

from __future__ import annotations

import re
import unicodedata

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.addresses import host_of, site_of
from archive.errors import UnknownPublisher
from archive.inserts import insert_new
from archive.schema import Portal, Publisher, ReportColumn

LOCAL_FILES = "files"  # the scope of imported files: nothing says which site they come from
_NOISE = re.compile(r"[\s\W_]+")
_GOVERNMENT = re.compile(r"人民政府|政府")


def key(name: str) -> str:
    """The name for comparison: 同江市, 同江市政府 and 同江市人民政府 are one, …人民政府办公室 and …政府办公室 another.

    White space, brackets and full-width forms do not tell agencies apart, and 人民政府 is written or left out at will.
    """
    plain = _NOISE.sub("", unicodedata.normalize("NFKC", name))
    return _GOVERNMENT.sub("", plain) or plain


def scope(division: str | None, url: str) -> str:
    """Within what a name is unique: the division's code where the portal's is known, else the site's registered domain."""
    if division is not None:
        return division
    if url.startswith("file:"):
        return LOCAL_FILES
    return f"host:{site_of(host_of(url))}"


def find_or_add(session: Session, within: str, name: str) -> int:
    """The number of the publisher of that name."""
    known = select(Publisher.id).where(Publisher.scope == within, Publisher.key == key(name))
    found = session.scalars(known).first()
    if found is None:
        insert_new(session, Publisher, {"scope": within, "key": key(name), "name": name}, "scope", "key")
        found = session.scalars(known).one()
    return found


def resolve(session: Session, name: str) -> Publisher:
    """The one publisher of that name, or of that scope and name (``host:jl.gov.cn/…``). Raises :class:`UnknownPublisher`."""
    within, slash, bare = name.rpartition("/")
    query = select(Publisher).where(Publisher.key == key(bare if slash else name))
    if slash:
        query = query.where(Publisher.scope == within)
    found = session.scalars(query.order_by(Publisher.id)).all()
    if not found:
        raise UnknownPublisher(f"no publisher is called {name}: `publishers` lists them")
    if len(found) > 1:
        choices = ", ".join(f"{one.scope}/{one.name}" for one in found[:5])
        raise UnknownPublisher(f"{len(found)} publishers are called {name}: name one of {choices}")
    return found[0]


def attach_columns(session: Session) -> None:
    """Name the publisher of each column that says its agency."""
    query = (
        select(ReportColumn, Portal.division)
        .join(Portal, Portal.id == ReportColumn.portal_id)
        .where(ReportColumn.publisher_id.is_(None), ReportColumn.agency.is_not(None))
    )
    for column, division in session.execute(query).all():
        if column.agency:
            column.publisher_id = find_or_add(session, scope(division, column.url), column.agency)
