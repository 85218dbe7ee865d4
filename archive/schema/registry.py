"""The registry: publishers, what is known of them, and what people say of them and of findings."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from archive.schema.base import Base

_MERGED = text("merged_into_id IS NOT NULL")


class Publisher(Base):
    """An agency of one administrative division: scope and normalised name (:mod:`archive.registry.identity`).

    The scope is the division's six digits, or what stands in for them where no division is known. ``merged_into_id`` names
    the publisher it was found to be the same as, whose the reports are then; no foreign key, since rows of one table that
    refer to each other cannot be copied in any order.
    """

    __tablename__ = "publishers"
    __table_args__ = (
        UniqueConstraint("scope", "key"),
        Index(None, "key"),
        Index(  # the few that were merged: SQLite would look for those that were not by it, and they are nearly all
            None, "merged_into_id", sqlite_where=_MERGED, postgresql_where=_MERGED
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    scope: Mapped[str]
    key: Mapped[str]
    name: Mapped[str]
    township: Mapped[str | None] = mapped_column(String(9))  # the code of a town or street
    kind: Mapped[str] = mapped_column(
        String(16), default="department", server_default="department"
    )  # its class, by name or as it was declared
    declared: Mapped[bool] = mapped_column(
        default=False, server_default=false()
    )  # somebody said that it exists, and perhaps its class
    since: Mapped[date | None]
    until: Mapped[date | None]  # the last day on which it existed
    merged_into_id: Mapped[int | None]
    first_year: Mapped[int | None]  # derived: the first year of which a report is known


class PublisherAlias(Base):
    """Another name of a publisher in its scope: a former name, or a short one."""

    __tablename__ = "publisher_aliases"
    __table_args__ = (UniqueConstraint("scope", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    publisher_id: Mapped[int] = mapped_column(ForeignKey("publishers.id"), index=True)
    scope: Mapped[str]
    key: Mapped[str]
    name: Mapped[str]


class Succession(Base):
    """One publisher took the place of another (撤县设区, 机构改革); several may follow one, or one several."""

    __tablename__ = "successions"

    predecessor_id: Mapped[int] = mapped_column(ForeignKey("publishers.id"), primary_key=True)
    successor_id: Mapped[int] = mapped_column(ForeignKey("publishers.id"), primary_key=True, index=True)
    on: Mapped[date | None]  # the successor's first day
    because: Mapped[str | None]


class PublisherSource(Base):
    """Where a publisher is known from beside its reports and columns: import, directory or roster, and the place."""

    __tablename__ = "publisher_sources"

    publisher_id: Mapped[int] = mapped_column(ForeignKey("publishers.id"), primary_key=True)
    source: Mapped[str] = mapped_column(String(16), primary_key=True)
    place: Mapped[str] = mapped_column(primary_key=True)
    seen_at: Mapped[datetime]


class Acknowledgement(Base):
    """A person's note on a finding: it was looked at. ``fingerprint`` is of what the finding says, not of its version."""

    __tablename__ = "acknowledgements"
    __table_args__ = (UniqueConstraint("subject", "fingerprint"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str]  # whose report on which year, or its address
    rule: Mapped[str] = mapped_column(String(64))
    fingerprint: Mapped[str] = mapped_column(String(64))
    note: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime]
