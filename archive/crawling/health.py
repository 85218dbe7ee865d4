"""Health of the schedule: who lives, what waits and for how long, what is given up, which hosts block."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from archive.addresses import asked_host
from archive.crawling.crawls import FINISHED
from archive.crawling.duework import DUE, GIVEN_UP, LEASED, LOST, STOPPED, Planned, unplanned
from archive.schema import Attempt, CrawlRow, Daemon, Portal, RestRow, Task
from archive.store import Archive

SILENCE = timedelta(minutes=30)  # so long nobody may give a sign of life while work waits
_OK = "ok"
_HOUR, _LEAST = timedelta(hours=1), timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=26)  # a day's work, and the hours in which the next day's is spread


@dataclass(frozen=True)
class AtWork:
    """A crawl that somebody is at: the host, whose lease it is, since when."""

    host: str
    portal: str
    worker: str
    since: datetime | None


@dataclass(frozen=True)
class Hand:
    """A schedule or a worker that gave a sign of life lately; ``room`` is how many jobs it does side by side."""

    name: str
    role: str
    room: int | None
    seen_at: datetime
    crawls: int  # that it is at


@dataclass(frozen=True)
class Health:
    """The schedule at a moment. Of tasks: ``due`` may be tried now, ``overdue`` waits longer than the silence allowed.

    ``waiting`` are to be tried later, ``failed`` are given up until the next run. ``per_hour`` counts the crawls that ended
    in the last hour, or since the first of them began where that is less; at that rate what is due is done by
    ``expected_end``. ``reasons`` say what is wrong.
    """

    at: datetime
    daemons: tuple[Hand, ...]
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
    at_work: tuple[AtWork, ...]
    per_hour: float | None
    expected_end: datetime | None
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
        crawls = or_(Daemon.room.is_(None), Daemon.room > 0)  # a schedule that only hands out does not
        seen = session.scalar(select(func.max(Daemon.seen_at)).where(crawls))
        at_work = _at_work(session, now)
        per_hour = _rate(session, now)
        due = sorted(moment for moment in opened if moment <= now)
        overdue = [moment for moment in due if moment <= now - silence]
        later = [moment for moment in opened if moment > now]
        blocked = select(RestRow.host).where(RestRow.until > now).order_by(RestRow.host)
        last = select(func.max(CrawlRow.ended_at)).where(CrawlRow.state == FINISHED)
        return Health(
            at=now,
            daemons=_hands(session, now - silence, at_work),
            seen_at=seen,
            due=len(due),
            overdue=len(overdue),
            waiting=len(later),
            leased=len(at_work),
            failed=_failed(session),
            oldest_due_at=due[0] if due else None,
            blocked=tuple(session.scalars(blocked)),
            last_crawl_at=session.scalar(last),
            next_due_at=min([*later, *([] if upcoming is None else [upcoming])], default=None),
            at_work=at_work,
            per_hour=per_hour,
            expected_end=_end(now, len(due) + len(at_work), per_hour),
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
        reasons.append(
            f"{len(overdue)} crawls wait and nobody who crawls gave a sign of life {since}: "
            "start xxgk schedule, or xxgk worker where the tables stand in PostgreSQL"
        )
    late = [moment for moment in entered if moment <= now - LONGEST_WAIT]
    if late:
        reasons.append(
            f"{len(late)} crawls wait for more than {LONGEST_WAIT / timedelta(hours=1):g} hours: "
            "let more run side by side, or see why none gets done"
        )
    return reasons


def _at_work(session: Session, now: datetime) -> tuple[AtWork, ...]:
    begun = select(func.max(Attempt.begun_at)).where(Attempt.task_id == Task.id).scalar_subquery()
    held = select(Task.portal, Task.leased_by, begun).where(Task.state == LEASED, Task.leased_until > now)
    return tuple(
        AtWork(asked_host(portal), portal, worker or "", since)
        for portal, worker, since in session.execute(held.order_by(Task.portal))
    )


def _hands(session: Session, since: datetime, at_work: Sequence[AtWork]) -> tuple[Hand, ...]:
    crawls = Counter(each.worker for each in at_work)
    alive = select(Daemon).where(Daemon.ended_at.is_(None), Daemon.seen_at > since).order_by(Daemon.name)
    return tuple(Hand(row.name, row.role, row.room, row.seen_at, crawls[row.name]) for row in session.scalars(alive))


def _rate(session: Session, now: datetime) -> float | None:
    """Crawls an hour; null where none ended lately."""
    ended = select(func.count(), func.min(Attempt.begun_at)).where(
        Attempt.ended_at > now - _HOUR, Attempt.outcome.not_in([STOPPED, LOST])
    )
    count, first = session.execute(ended).one()
    if not count:
        return None
    return float(count / (max(min(now - first, _HOUR), _LEAST) / _HOUR))


def _end(now: datetime, left: int, per_hour: float | None) -> datetime | None:
    """When what is left is done at this rate; null where nothing is left or nobody can tell."""
    return None if not left or not per_hour else now + left / per_hour * _HOUR


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
