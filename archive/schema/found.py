"""What the spiders found: portals, columns and their rows, articles, rosters, and how each was read."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from archive.schema.base import Base

_PENDING = text("stale > 0")
FAILED = text("column_readings.outcome <> 'ok'")  # as the index has it, or SQLite does not use that
_FAILED = text("outcome <> 'ok'")


class Portal(Base):
    """A portal and how its last reading ended."""

    __tablename__ = "portals"

    id: Mapped[int] = mapped_column(primary_key=True)
    url: Mapped[str] = mapped_column(unique=True)
    host: Mapped[str]
    given: Mapped[str | None]  # its address as it was last typed
    division: Mapped[str | None]  # the code of its administrative division, where the registry knows it
    encoding: Mapped[str | None]  # the charset of its pages, where the registry says that they declare a wrong one
    outcome: Mapped[str | None]
    detail: Mapped[str | None]
    crawl_id: Mapped[int | None] = mapped_column(ForeignKey("crawls.id"))
    read_at: Mapped[datetime | None]


class PortalReading(Base):
    """One portal read in one crawl, and how that ended."""

    __tablename__ = "portal_readings"
    __table_args__ = (UniqueConstraint("portal_id", "crawl_id"), Index(None, "portal_id", "read_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    portal_id: Mapped[int] = mapped_column(ForeignKey("portals.id"))
    crawl_id: Mapped[int | None] = mapped_column(ForeignKey("crawls.id"))
    outcome: Mapped[str]
    detail: Mapped[str | None]
    read_at: Mapped[datetime]


class ReportColumn(Base):
    """A column (栏目) of a portal in which annual reports are listed."""

    __tablename__ = "report_columns"
    __table_args__ = (UniqueConstraint("portal_id", "url"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    portal_id: Mapped[int] = mapped_column(ForeignKey("portals.id"))
    url: Mapped[str] = mapped_column(index=True)
    agency: Mapped[str | None]
    publisher_id: Mapped[int | None] = mapped_column(
        ForeignKey("publishers.id"), index=True
    )  # derived: by the column's agency
    above: Mapped[str | None]  # the column of which it is a part (a year, a kind of units)


class ColumnReading(Base):
    """One column read in one crawl: the evidence of the monitor."""

    __tablename__ = "column_readings"
    __table_args__ = (
        UniqueConstraint("column_id", "crawl_id"),
        Index(None, "column_id", "outcome", "full", "read_at"),
        Index("ix_column_readings_failed", "crawl_id", sqlite_where=_FAILED, postgresql_where=_FAILED),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    column_id: Mapped[int] = mapped_column(ForeignKey("report_columns.id"))
    crawl_id: Mapped[int | None] = mapped_column(ForeignKey("crawls.id"))
    outcome: Mapped[str]
    detail: Mapped[str | None]
    pages: Mapped[int]
    rows: Mapped[int]
    reports: Mapped[int]
    full: Mapped[bool] = mapped_column(default=True)  # no page was taken as unchanged, and no loss is told
    read_at: Mapped[datetime]


class SiteRow(Base):
    """A site of the same authority with a host of its own, which a page of a portal names; perhaps a portal itself."""

    __tablename__ = "sites"
    __table_args__ = (UniqueConstraint("portal_id", "url"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    portal_id: Mapped[int] = mapped_column(ForeignKey("portals.id"))
    url: Mapped[str]
    name: Mapped[str]
    label: Mapped[str]  # what stands above the link (区县政府网站), empty where nothing does
    page_url: Mapped[str]
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]


class UnitRow(Base):
    """A unit that a directory of a portal names, whether or not it has a column of reports."""

    __tablename__ = "units"
    __table_args__ = (UniqueConstraint("portal_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    portal_id: Mapped[int] = mapped_column(ForeignKey("portals.id"))
    name: Mapped[str]
    url: Mapped[str | None]
    page_url: Mapped[str]
    publisher_id: Mapped[int | None] = mapped_column(ForeignKey("publishers.id"), index=True)  # derived
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]


class RosterRow(Base):
    """A page on which an authority says who published (年报公布情况); the numbers are those it prints, null where it has none."""

    __tablename__ = "rosters"
    __table_args__ = (UniqueConstraint("portal_id", "url"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    portal_id: Mapped[int] = mapped_column(ForeignKey("portals.id"))
    url: Mapped[str]
    title: Mapped[str]
    report_year: Mapped[int | None]
    expected: Mapped[int | None]  # 应公布
    published: Mapped[int | None]  # 已公布
    on_time: Mapped[int | None]
    late: Mapped[int | None]
    read_at: Mapped[datetime]


class RosterUnit(Base):
    """A unit that a roster names; ``said`` is what stands beside it, as printed."""

    __tablename__ = "roster_units"

    roster_id: Mapped[int] = mapped_column(ForeignKey("rosters.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    url: Mapped[str | None]
    listed_on: Mapped[date | None]
    said: Mapped[str | None]
    publisher_id: Mapped[int | None] = mapped_column(ForeignKey("publishers.id"), index=True)  # derived


class ListRow(Base):
    """A row of a column's list; ``refused`` says why it is no report's."""

    __tablename__ = "list_rows"
    __table_args__ = (UniqueConstraint("column_id", "address"), Index(None, "address"))

    id: Mapped[int] = mapped_column(primary_key=True)
    column_id: Mapped[int] = mapped_column(ForeignKey("report_columns.id"))
    url: Mapped[str]
    address: Mapped[str]
    title: Mapped[str]
    listed_on: Mapped[date | None]
    report_year: Mapped[int | None]  # as the title says
    family: Mapped[str | None]
    refused: Mapped[str | None]
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]


class Article(Base):
    """An article page or a file a list leads to. The part below ``stale`` is derived."""

    __tablename__ = "articles"
    __table_args__ = (  # what is to be derived is walked by id, and is little beside the whole
        Index("ix_articles_pending", "id", sqlite_where=_PENDING, postgresql_where=_PENDING),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    url: Mapped[str]
    address: Mapped[str] = mapped_column(unique=True)
    requested_address: Mapped[str] = mapped_column(index=True)
    portal_id: Mapped[int | None] = mapped_column(ForeignKey("portals.id"), index=True)
    page_title: Mapped[str | None]
    page_date: Mapped[date | None]
    agency: Mapped[str | None]
    refused: Mapped[str | None]
    gone_at: Mapped[datetime | None]
    noted_at: Mapped[datetime]
    stale: Mapped[int] = mapped_column(default=0)  # how often something was noted or captured since it was derived
    outcome: Mapped[str | None] = mapped_column(String(16))  # report, refused, unread, failed, uncaptured
    detail: Mapped[str | None]
    basis: Mapped[str | None] = mapped_column(String(64))  # digest of all that the last reading was made from
    derived_through: Mapped[int] = mapped_column(default=0)  # the newest capture considered
    derivations: Mapped[int] = mapped_column(
        default=0, server_default="0"
    )  # how often it was derived: who read it meanwhile, somebody else has overtaken
    withdrawn_at: Mapped[datetime | None]
    withdrawn_because: Mapped[str | None]
    version_id: Mapped[int | None] = mapped_column(index=True)  # the version it shows; no foreign key: a ring of tables


class ArticleColumn(Base):
    """In which columns an article stands."""

    __tablename__ = "article_columns"

    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id"), primary_key=True)
    column_id: Mapped[int] = mapped_column(ForeignKey("report_columns.id"), primary_key=True, index=True)


class Attachment(Base):
    """A file an article links to; it counts for a reading only while the article still links to it."""

    __tablename__ = "attachments"
    __table_args__ = (UniqueConstraint("article_id", "address"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id"))
    url: Mapped[str]
    address: Mapped[str] = mapped_column(index=True)
    name: Mapped[str | None]
    position: Mapped[int]
    last_noted_at: Mapped[datetime]
