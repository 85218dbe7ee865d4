"""The tables. The captures and what the spiders noted are kept; what hangs under *derived* can be rebuilt from them."""

from __future__ import annotations

import zlib
from datetime import UTC, date, datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Moment(TypeDecorator[datetime]):
    """A time in UTC, aware on both sides; SQLite knows no zones, so they are put on and taken off here."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To the database."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone is not kept")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """From the database."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Words(TypeDecorator[str]):
    """Text of a portal: NUL (which PostgreSQL refuses) and broken surrogates are taken out."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """To the database."""
        del dialect
        return None if value is None else storable(value)


class Packed(TypeDecorator[str]):
    """Long text, compressed. Bytes that do not unpack are read as an empty text, which no digest agrees with."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        """To the database."""
        del dialect
        return None if value is None else zlib.compress(value.encode("utf-8"), 6)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        """From the database."""
        del dialect
        if value is None:
            return None
        try:
            return zlib.decompress(value).decode("utf-8")
        except (zlib.error, UnicodeDecodeError):
            return ""


class Digest(TypeDecorator[str]):
    """A digest or an identifier, hexadecimal in Python, its bytes in the database: half as long, in the indexes too."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        """To the database."""
        del dialect
        return None if value is None else bytes.fromhex(value.replace("-", ""))

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        """From the database."""
        del dialect
        return None if value is None else bytes(value).hex()


class Identifier(Digest):
    """A UUID, in its usual writing in Python."""

    cache_ok = True

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        """From the database."""
        del dialect
        if value is None:
            return None
        return str(UUID(bytes=bytes(value))) if len(value) == 16 else bytes(value).hex()  # damaged: verify tells


def storable(text: str) -> str:
    """The text as :class:`Words` keeps it."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


class Base(DeclarativeBase):
    """The root of the tables."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: Moment, str: Words}  # noqa: RUF012 - SQLAlchemy's own attribute, of its own type


# What was fetched


class WarcFile(Base):
    """One of our WARC files; the digest covers the bytes of its ``warcinfo`` member."""

    __tablename__ = "warc_files"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)  # below the folder, with forward slashes
    head_length: Mapped[int]
    head_digest: Mapped[str] = mapped_column(Digest)
    begun_at: Mapped[datetime]
    closed: Mapped[bool] = mapped_column(default=False)  # nothing is appended any more


_HOLDERS = text("kind <> 'revisit'")
_PENDING = text("stale > 0")


class CaptureRow(Base):
    """One answer of one address. ``span`` covers its record and the ``request`` behind it, ``digest`` their bytes."""

    __tablename__ = "captures"
    __table_args__ = (
        UniqueConstraint("file_id", "position"),
        Index(None, "address"),
        Index(  # the same page is met again every day: only where its bytes stand is looked for
            None, "payload_digest", sqlite_where=_HOLDERS, postgresql_where=_HOLDERS
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    file_id: Mapped[int] = mapped_column(ForeignKey("warc_files.id"))
    position: Mapped[int] = mapped_column(BigInteger)  # where the record begins in the file
    length: Mapped[int]  # of the record alone
    span: Mapped[int]
    digest: Mapped[str] = mapped_column(Digest)
    kind: Mapped[str] = mapped_column(String(16))  # response, resource, revisit, conversion
    record_id: Mapped[str] = mapped_column(Identifier)
    url: Mapped[str]
    address: Mapped[str]  # canonical
    method: Mapped[str]
    status: Mapped[int]
    role: Mapped[str] = mapped_column(String(16))
    crawl_id: Mapped[int | None] = mapped_column(ForeignKey("crawls.id"))
    fetched_at: Mapped[datetime]
    content_type: Mapped[str | None]
    payload_digest: Mapped[str] = mapped_column(Digest)  # sha256 of the body without its transfer coding
    framed_digest: Mapped[str | None] = mapped_column(Digest)  # of the body as it stands in the file, where chunked
    payload_length: Mapped[int]
    original_id: Mapped[int | None] = mapped_column(ForeignKey("captures.id"))  # a revisit's: where the payload stands
    same_at: Mapped[datetime | None]  # when the address last answered with the same again, without a record of its own
    same_crawl_id: Mapped[int | None]
    lost_at: Mapped[datetime | None]  # when its bytes were found gone; the row stays as the witness


class JournalRow(Base):
    """A record of the journal: a ``metadata`` record of notes, which the tables below were made from."""

    __tablename__ = "journal"
    __table_args__ = (UniqueConstraint("file_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    file_id: Mapped[int] = mapped_column(ForeignKey("warc_files.id"))
    position: Mapped[int] = mapped_column(BigInteger)
    length: Mapped[int]
    digest: Mapped[str] = mapped_column(Digest)
    record_id: Mapped[str] = mapped_column(Identifier)
    written_at: Mapped[datetime]


class CrawlRow(Base):
    """One crawl, from its beginning over any number of kills to its end."""

    __tablename__ = "crawls"
    __table_args__ = (Index(None, "key", "state"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(64))  # of the arguments
    arguments: Mapped[str]
    portals: Mapped[str]
    state: Mapped[str] = mapped_column(String(16))  # running, stopped, finished
    begun_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class RestRow(Base):
    """A host that blocks, until it gives an ordinary page again: since when, how often it began to, and how long it rests."""

    __tablename__ = "rests"

    host: Mapped[str] = mapped_column(primary_key=True)  # without its port
    system: Mapped[str]
    times: Mapped[int]
    since: Mapped[datetime]
    until: Mapped[datetime]


# What the spiders found


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


class ReportColumn(Base):
    """A column (栏目) of a portal in which annual reports are listed."""

    __tablename__ = "report_columns"
    __table_args__ = (UniqueConstraint("portal_id", "url"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    portal_id: Mapped[int] = mapped_column(ForeignKey("portals.id"))
    url: Mapped[str] = mapped_column(index=True)
    agency: Mapped[str | None]
    publisher_id: Mapped[int | None] = mapped_column(ForeignKey("publishers.id"))  # derived: by the column's agency
    above: Mapped[str | None]  # the column of which it is a part (a year, a kind of units)


class ColumnReading(Base):
    """One column read in one crawl: the evidence of the monitor."""

    __tablename__ = "column_readings"
    __table_args__ = (UniqueConstraint("column_id", "crawl_id"), Index(None, "column_id", "outcome", "read_at"))

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


# Derived


class Publisher(Base):
    """An agency of one administrative division: scope and normalised name."""

    __tablename__ = "publishers"
    __table_args__ = (UniqueConstraint("scope", "key"), Index(None, "key"))

    id: Mapped[int] = mapped_column(primary_key=True)
    scope: Mapped[str]
    key: Mapped[str]
    name: Mapped[str]


class Report(Base):
    """A report: publisher and report year, or its address where they are unknown."""

    __tablename__ = "reports"
    __table_args__ = (Index(None, "publisher_id", "report_year"), Index(None, "report_year"))

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


class FindingRow(Base):
    """A finding of a version, so that findings can be asked for without reading every record."""

    __tablename__ = "findings"
    __table_args__ = (Index(None, "rule", "version_id"),)

    version_id: Mapped[int] = mapped_column(ForeignKey("versions.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    rule: Mapped[str] = mapped_column(String(64))
    severity: Mapped[str] = mapped_column(String(8))
    line: Mapped[str]  # the finding, as JSON


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
