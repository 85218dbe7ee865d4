"""What is derived: reports, their versions and findings. All of it can be made again from the captures."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from archive.figures import Figures, PackedFigures
from archive.schema.base import Base, Packed

_WITHDRAWN = text("withdrawn_at IS NOT NULL")


class Report(Base):
    """A report: publisher and report year, or its address where they are unknown.

    The dates are those of its current version, and what its columns said before it was seen stands here too
    (:mod:`archive.deriving.arrivals`), so that the standing of a nation is read from narrow rows.
    """

    __tablename__ = "reports"
    __table_args__ = (
        Index(None, "publisher_id", "report_year"),
        Index(None, "report_year"),
        Index("ix_reports_withdrawn", "report_year", sqlite_where=_WITHDRAWN, postgresql_where=_WITHDRAWN),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    identity: Mapped[str] = mapped_column(unique=True)
    publisher_id: Mapped[int | None] = mapped_column(ForeignKey("publishers.id"))
    report_year: Mapped[int | None]
    state: Mapped[str] = mapped_column(String(16))  # published, withdrawn
    withdrawn_at: Mapped[datetime | None]
    withdrawn_because: Mapped[str | None]
    first_seen_at: Mapped[datetime]
    url: Mapped[str]
    version_id: Mapped[int | None] = mapped_column(index=True)  # the current one; no foreign key: a ring of tables
    published_on: Mapped[date | None]
    published_source: Mapped[str | None] = mapped_column(String(16))
    signed_on: Mapped[date | None]
    seen_at: Mapped[datetime | None]  # when a list named it first, or a capture brought it
    lacked_at: Mapped[datetime | None]  # the last good reading of its columns that did not
    lacked_column_id: Mapped[int | None]


class Version(Base):
    """One meaning of a report. ``record`` is the line of JSON, ``digest`` is taken over what it means."""

    __tablename__ = "versions"
    __table_args__ = (UniqueConstraint("report_id", "digest"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("reports.id"))
    digest: Mapped[str] = mapped_column(String(64))
    record_digest: Mapped[str] = mapped_column(String(64))
    prose_digest: Mapped[str] = mapped_column(String(64))
    record: Mapped[str] = mapped_column(Packed, deferred=True)  # unpacked only where it is asked for
    line_digest: Mapped[str] = mapped_column(String(64))  # of the bytes of ``record``, for verify
    title: Mapped[str | None]
    publisher: Mapped[str | None]
    report_year: Mapped[int | None]
    published_on: Mapped[date | None]
    published_source: Mapped[str | None] = mapped_column(String(16))
    signed_on: Mapped[date | None]
    template: Mapped[str | None] = mapped_column(String(4))
    figures: Mapped[int]
    cells: Mapped[Figures | None] = mapped_column(
        PackedFigures, deferred=True
    )  # what the figures say; null: as the record
    errors: Mapped[int]
    warnings: Mapped[int]
    infos: Mapped[int]
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    document_url: Mapped[str]
    capture_id: Mapped[int] = mapped_column(ForeignKey("captures.id"), index=True)


class Sighting(Base):
    """A version seen at an article, first and last."""

    __tablename__ = "sightings"

    version_id: Mapped[int] = mapped_column(ForeignKey("versions.id"), primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id"), primary_key=True, index=True)
    capture_id: Mapped[int] = mapped_column(ForeignKey("captures.id"), index=True)  # of the document, when first seen
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    published_on: Mapped[date | None]
    published_source: Mapped[str | None] = mapped_column(String(16))


class Absence(Base):
    """A time in which an article did not show the report it shows before and perhaps after."""

    __tablename__ = "absences"

    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id"), primary_key=True)
    since: Mapped[datetime] = mapped_column(primary_key=True)
    until: Mapped[datetime | None]  # when it was seen again
    because: Mapped[str | None]


class ColumnPublisher(Base):
    """Whose reports stand in a column, and on which years; it speaks for them when they are missing."""

    __tablename__ = "column_publishers"

    column_id: Mapped[int] = mapped_column(ForeignKey("report_columns.id"), primary_key=True)
    publisher_id: Mapped[int] = mapped_column(ForeignKey("publishers.id"), primary_key=True, index=True)
    first_year: Mapped[int]
    last_year: Mapped[int]


class FindingRow(Base):
    """A finding of a version, so that findings can be asked for without reading every record."""

    __tablename__ = "findings"
    __table_args__ = (Index(None, "rule", "version_id"),)

    version_id: Mapped[int] = mapped_column(ForeignKey("versions.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    rule: Mapped[str] = mapped_column(String(64))
    severity: Mapped[str] = mapped_column(String(8))
    line: Mapped[str]  # the finding, as JSON


class Unstudied(Base):
    """A version whose prose is new or another: the indexes of words and of likeness do not know it (:mod:`archive.study`)."""

    __tablename__ = "unstudied"

    version_id: Mapped[int] = mapped_column(ForeignKey("versions.id"), primary_key=True)


class ReparseRun(Base):
    """One reparse, from its beginning over any number of kills to its end, and what it changed so far."""

    __tablename__ = "reparse_runs"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))  # all, pending
    state: Mapped[str] = mapped_column(String(16))  # running, finished, abandoned
    fingerprint: Mapped[str] = mapped_column(String(64))  # of the parser
    begun_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    article_id: Mapped[int] = mapped_column(default=0)  # the last article done
    effects: Mapped[str]  # JSON: the counts
    reports: Mapped[str]  # JSON: the reports named in the summary
