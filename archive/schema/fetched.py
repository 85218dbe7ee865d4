"""What was fetched: WARC files, captures, the journal, crawls, and hosts that are left alone."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint, text, true
from sqlalchemy.orm import Mapped, mapped_column

from archive.schema.base import Base, Digest, Identifier


class WarcFile(Base):
    """One of our WARC files; the digest covers the bytes of its ``warcinfo`` member."""

    __tablename__ = "warc_files"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)  # below the folder, with forward slashes
    head_length: Mapped[int]
    head_digest: Mapped[str] = mapped_column(Digest)
    begun_at: Mapped[datetime]
    closed: Mapped[bool] = mapped_column(default=False)  # nothing is appended any more
    home: Mapped[str | None] = mapped_column(String(36))  # the folder it was begun in, by the name on its card
    stored_at: Mapped[datetime | None]  # since when the shared storage has all of it, read back and found the same
    stored_length: Mapped[int | None] = mapped_column(BigInteger)
    stored_digest: Mapped[str | None] = mapped_column(Digest)


_HOLDERS = text("kind <> 'revisit'")


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
    home: Mapped[str | None] = mapped_column(String(36))  # the folder in which it was begun, or gone on with last
    secured: Mapped[bool] = mapped_column(default=True, server_default=true())  # false: only that folder has its bytes


class RestRow(Base):
    """A host that blocks, until it gives an ordinary page again: since when, how often it began to, and how long it rests."""

    __tablename__ = "rests"

    host: Mapped[str] = mapped_column(primary_key=True)  # without its port
    system: Mapped[str]
    times: Mapped[int]
    since: Mapped[datetime]
    until: Mapped[datetime]
