"""Health of the schedule: who lives, what waits and for how long, what is given up, which hosts block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from archive.crawling.crawls import FINISHED
from archive.crawling.duework import DUE, GIVEN_UP, LEASED, Planned, unplanned
from archive.schema import Attempt, CrawlRow, Daemon, Portal, RestRow, Task
from archive.store import Archive

SILENCE = timedelta(minutes=30)  # so long nobody may give a sign of life while work waits
_OK = "ok"
LONGEST_WAIT = timedelta(hours=26)  # a day's work, and the hours in which the next day's is spread


@dataclass(frozen=True)
class Health:
    """The schedule at a moment. Of tasks: ``due`` may be tried now, ``overdue`` waits longer than the silence allowed.

    ``waiting`` are to be tried later, ``failed`` are given up until the next run. ``reasons`` say what is wrong.
    """

    at: datetime
    daemons: tuple[str, ...]
    seen_at: datetime | None
    due: int
    overdue: int
    waiting: int
    leased: int
    failed: int
    oldest_due_at: datetime | None
    blocked: tuple[str, ...]
    last_crawl_at: datetime | None
    next_due_at: datetime | None
    portals: dict[str, int]  # by the outcome of their last reading
    attempts: dict[str, int]  # that ended, by outcome
    reasons: tuple[str, ...]

    @property
    def healthy(self) -> bool:
        """Whether nobody needs to look."""
        return not self.reasons


def health(
    archive: Archive,
    planned: Sequence[Planned] = (),
    upcoming: datetime | None = None,
    *,
    silence: timedelta = SILENCE,
) -> Health:
    """Look after the schedule. ``planned`` is what the campaign says is due, ``upcoming`` when it plans the next run.

    Raises :class:`archive.errors.ArchiveError`.
    """
    now = archive.clock()
    missed = [each.not_before for each in unplanned(archive, planned)]
    with archive.session() as session:
        entered = _open(session, now)
        opened = [*entered, *missed]
        seen = session.scalar(select(func.max(Daemon.seen_at)))
        alive = select(Daemon.name).where(Daemon.ended_at.is_(None), Daemon.seen_at > now - silence)
        due = sorted(moment for moment in opened if moment <= now)
        overdue = [moment for moment in due if moment <= now - silence]
        later = [moment for moment in opened if moment > now]
        blocked = select(RestRow.host).where(RestRow.until > now).order_by(RestRow.host)
        held = select(func.count()).select_from(Task).where(Task.state == LEASED, Task.leased_until > now)
        last = select(func.max(CrawlRow.ended_at)).where(CrawlRow.state == FINISHED)
        return Health(
            at=now,
            daemons=tuple(session.scalars(alive.order_by(Daemon.name))),
            seen_at=seen,
            due=len(due),
            overdue=len(overdue),
            waiting=len(later),
            leased=session.scalar(held) or 0,
            failed=_failed(session),
            oldest_due_at=due[0] if due else None,
            blocked=tuple(session.scalars(blocked)),
            last_crawl_at=session.scalar(last),
            next_due_at=min([*later, *([] if upcoming is None else [upcoming])], default=None),
            portals=_counts(session, Portal.outcome),
            attempts=_counts(session, Attempt.outcome),
            reasons=tuple(_reasons(now, seen, entered, overdue, silence)),
        )


def _reasons(
    now: datetime, seen: datetime | None, entered: list[datetime], overdue: list[datetime], silence: timedelta
) -> list[str]:
    reasons = []
    if overdue and (seen is None or seen <= now - silence):
        since = "ever" if seen is None else f"since {seen:%Y-%m-%d %H:%M} UTC"
        reasons.append(f"{len(overdue)} crawls wait and no schedule gave a sign of life {since}: start xxgk schedule")
    late = [moment for moment in entered if moment <= now - LONGEST_WAIT]
    if late:
        reasons.append(
            f"{len(late)} crawls wait for more than {LONGEST_WAIT / timedelta(hours=1):g} hours: "
            "let more run side by side, or see why none gets done"
        )
    return reasons


def _open(session: Session, now: datetime) -> list[datetime]:
    """When each task that nobody is at may be tried."""
    waiting = select(Task.not_before).where(Task.state == DUE)
    expired = select(Task.leased_until).where(Task.state == LEASED, Task.leased_until <= now)
    return [*session.scalars(waiting), *(until for until in session.scalars(expired) if until is not None)]


def _failed(session: Session) -> int:
    """The portals whose newest task of a kind was given up, and that nobody read well since."""
    later = aliased(Task)
    newer = select(later.id).where(
        later.portal == Task.portal, later.kind == Task.kind, later.planned_at > Task.planned_at
    )
    read = select(Portal.id).where(Portal.url == Task.portal, Portal.outcome == _OK, Portal.read_at > Task.ended_at)
    query = select(func.count()).select_from(Task).where(Task.state == GIVEN_UP, ~newer.exists(), ~read.exists())
    return session.scalar(query) or 0


def _counts(session: Session, outcome: InstrumentedAttribute[str | None]) -> dict[str, int]:
    query = select(outcome, func.count()).where(outcome.is_not(None)).group_by(outcome).order_by(outcome)
    return {str(name): count for name, count in session.execute(query)}
