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
    """A schedule that runs, or ran: when it last gave a sign of life."""

    __tablename__ = "daemons"

    name: Mapped[str] = mapped_column(primary_key=True)  # host, process and a random part
    begun_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


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
