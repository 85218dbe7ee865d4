"""The work of the schedule: what is due, who is at it, what was tried; and the notices that were sent."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from archive.schema.base import Base


class Task(Base):
    """A crawl of one portal that is due at a time. One row a portal, kind and time, whoever plans it.

    ``state``: due, leased, done, failed (given up), skipped (a later one stands for it). A lease that ran out is as good
    as none. A try that is to be made again is the same row with a later ``not_before``; ``ended_at`` and ``outcome`` are
    those of the last try.
    """

    __tablename__ = "tasks"
    __table_args__ = (UniqueConstraint("portal", "kind", "planned_at"), Index(None, "state", "not_before"))

    id: Mapped[int] = mapped_column(primary_key=True)
    portal: Mapped[str]
    kind: Mapped[str] = mapped_column(String(16))  # regular, deep
    planned_at: Mapped[datetime]
    not_before: Mapped[datetime]  # when it may be tried, or tried again
    state: Mapped[str] = mapped_column(String(16))
    attempts: Mapped[int] = mapped_column(default=0)
    leased_by: Mapped[str | None]
    leased_until: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None]


class Attempt(Base):
    """One try at a task, from the lease to its end; ``ended_at`` is null while it runs and after a kill."""

    __tablename__ = "attempts"

    id: Mapped[int] = mapped_column(primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("tasks.id"), index=True)
    daemon: Mapped[str]
    begun_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None]


class Daemon(Base):
    """A schedule or a worker that runs, or ran: when it last gave a sign of life."""

    __tablename__ = "daemons"

    name: Mapped[str] = mapped_column(primary_key=True)  # host, process and a random part
    begun_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    role: Mapped[str] = mapped_column(String(16), default="schedule", server_default="schedule")  # or worker
    room: Mapped[int | None]  # so many jobs it does side by side
    home: Mapped[str | None] = mapped_column(String(36), index=True)  # the name on its folder's card


class HostTurn(Base):
    """Who asks a host now, and when it was asked last, over all machines; times are those of the database's own clock."""

    __tablename__ = "host_turns"

    host: Mapped[str] = mapped_column(primary_key=True)  # without its port
    holder: Mapped[str | None]  # the crawl that has the turn
    held_until: Mapped[datetime | None]  # then it is taken to be gone
    ended_at: Mapped[datetime | None]  # of the last exchange
    gap: Mapped[float] = mapped_column(default=0.0, server_default="0")  # seconds that lie behind it
    pause: Mapped[float] = mapped_column(default=0.0, server_default="0")  # seconds that the host asked for then
    waiter: Mapped[str | None]  # the crawl that has the next turn: so two crawls alternate
    waits_until: Mapped[datetime | None]  # without a sign of life from it, then anybody has


class Partition(Base):
    """A part of a work that is done in parts, by whoever is free: a reparse, an export."""

    __tablename__ = "partitions"
    __table_args__ = (UniqueConstraint("kind", "run_id", "number"), Index(None, "state"))

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))  # reparse, export
    run_id: Mapped[int]
    number: Mapped[int]  # from 1
    arguments: Mapped[str]  # JSON: what is its part
    state: Mapped[str] = mapped_column(String(16))  # waiting, done, failed, abandoned
    position: Mapped[int] = mapped_column(default=0, server_default="0")  # how far it came
    result: Mapped[str | None]  # JSON
    said: Mapped[str | None]  # why a machine left it to others, or why it was given up
    failures: Mapped[int] = mapped_column(default=0, server_default="0")  # tries that ended badly
    begun_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class ExportRun(Base):
    """An export in parts, from its beginning to the moment its files stand in their folder."""

    __tablename__ = "export_runs"

    id: Mapped[int] = mapped_column(primary_key=True)
    folder: Mapped[str]  # where it is to stand, as every machine names it
    state: Mapped[str] = mapped_column(String(16))  # running, untold, finished, failed
    wish: Mapped[str]  # JSON: what was asked for
    fingerprint: Mapped[str] = mapped_column(String(64))  # of the tables it writes
    version: Mapped[str]  # the state of the archive when it began
    snapshot: Mapped[str | None]  # PostgreSQL's name of the view that all its parts share while its command waits
    begun_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    result: Mapped[str | None]  # JSON: the files, or why there are none


class OwnerFile(Base):
    """A file that the owner of an archive wrote into its folder, as all machines use it: ``portals/x.yml``, ``divisions.csv``."""

    __tablename__ = "owner_files"

    name: Mapped[str] = mapped_column(primary_key=True)  # below the folder, with forward slashes
    body: Mapped[str]
    changed_at: Mapped[datetime]


class Notice(Base):
    """Something that happened and that somebody may want to be told, once. ``key`` says what, so that it is found once."""

    __tablename__ = "notices"
    __table_args__ = (Index(None, "noticed_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime]  # when it happened, as far as is known
    noticed_at: Mapped[datetime]
    division: Mapped[str | None] = mapped_column(String(9))
    publisher_id: Mapped[int | None] = mapped_column(ForeignKey("publishers.id"))
    report_year: Mapped[int | None]
    title: Mapped[str]
    text: Mapped[str]
    url: Mapped[str | None]


class Delivery(Base):
    """A notice that a target was sent. It names the notice by its key: notices can be found again, sendings cannot."""

    __tablename__ = "deliveries"

    key: Mapped[str] = mapped_column(primary_key=True)
    target: Mapped[str] = mapped_column(primary_key=True)  # its name in notices.toml
    sent_at: Mapped[datetime]
