"""Due work: which crawl of which portal is to be done, who is at it, and how it ended.

A task is a crawl of one portal that is due at a time. Whoever works takes a lease on it, gives signs of life, and says how
it ended; a lease that ran out is as good as none. All of it stands in the tables, so that nobody needs to remember anything.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Select, and_, case, delete, func, or_, select, update
from sqlalchemy.orm import Session

from archive import card
from archive.addresses import asked_host
from archive.crawling.crawls import FINISHED
from archive.inserts import insert_new
from archive.schema import Attempt, CrawlRow, Daemon, Portal, RestRow, Task, WarcFile
from archive.store import Archive

REGULAR, DEEP = "regular", "deep"
SCHEDULE, WORKER = "schedule", "worker"  # who gives signs of life
DUE, LEASED, DONE, GIVEN_UP, SKIPPED = "due", "leased", "done", "failed", "skipped"
FAILED = "failed"  # outcome: the crawl told nothing of the portal
STOPPED, LOST = "stopped", "lost"  # outcomes of attempts that say nothing of the portal
UNSTORED = "unstored"  # and of one that read it, and whose bytes only its machine has
WAIT = timedelta(hours=1)  # so long such a reading is waited for, until another is made
SILENCE = timedelta(hours=1)  # from a folder until it is given up
REMEMBERED = timedelta(days=30)  # so long the tables know of a daemon that ended
_CHUNK = 400  # portals in one question: databases have a limit
_NO_TRY = (STOPPED, LOST, UNSTORED)
_DEEP_FIRST = case((Task.kind == DEEP, 0), else_=1)
_UNSYNCHRONIZED = {"synchronize_session": False}


@dataclass(frozen=True)
class Planned:
    """A crawl that is due from ``planned_at`` on; before ``not_before`` there is no use in trying."""

    portal: str
    kind: str
    planned_at: datetime
    not_before: datetime


@dataclass(frozen=True)
class Retries:
    """Which outcomes are tried again (``blocked`` stands for every ``blocked:<system>``), and how long after each try."""

    outcomes: tuple[str, ...]
    pauses: tuple[timedelta, ...]

    def wanted(self, outcome: str) -> bool:
        """Whether a crawl that ended so is to be tried again."""
        return outcome.partition(":")[0] in self.outcomes

    def pause(self, tries: int) -> timedelta | None:
        """How long after so many tries the next is made, null where there is none."""
        return self.pauses[tries - 1] if tries <= len(self.pauses) else None


@dataclass(frozen=True)
class Reading:
    """How a portal was read last.

    ``finished`` is false while its crawl runs, and where it was stopped early; ``stored`` while only one machine has its
    bytes.
    """

    at: datetime
    outcome: str
    crawl_id: int | None
    finished: bool
    full: bool
    whole: bool  # reports of all years were asked for
    stored: bool = True

    def is_other(self, before: Reading | None) -> bool:
        """Whether it was read again since; that the bytes of the one before were stored meanwhile is no reading."""
        return before is None or replace(self, stored=before.stored) != before

    def counts(self, kind: str) -> bool:
        """Whether it does the work of a task of this kind."""
        return self.stored and self.will_count(kind)

    def will_count(self, kind: str) -> bool:
        """Whether it does, once its bytes are stored."""
        return self.finished and self.whole and (self.full or kind != DEEP)


@dataclass(frozen=True)
class Lease:
    """A task that was taken, and how its portal had been read before."""

    task: int
    portal: str
    kind: str
    planned_at: datetime
    attempt: int  # which one it is, from 1
    before: Reading | None


@dataclass(frozen=True)
class Planning:
    """What a planning changed: tasks that are new, that a later one stands for, that somebody's crawl has done."""

    new: int
    skipped: int
    done: int


def plan(archive: Archive, planned: Sequence[Planned], retries: Retries, *, all_portals: bool = False) -> Planning:
    """Enter what is due; again, it changes nothing.

    Of several of a kind that wait, the newest stays and the others are skipped. What a crawl by hand has done meanwhile
    is done. ``all_portals``: these are all there are, and what waits of any other is skipped. Raises
    :class:`archive.errors.ArchiveError`.
    """
    now = archive.clock()
    with archive.session() as session:
        fresh = _fresh(session, planned)
        known = {each.portal for each in planned} if all_portals else None
        if not fresh and not any(_outdated(session, now, known)) and not any(_done(session, now)):
            return Planning(0, 0, 0)
    with archive.writing() as session:
        for each in fresh:
            facts = {"portal": each.portal, "kind": each.kind, "planned_at": each.planned_at}
            facts |= {
                "not_before": max(each.not_before, now),
                "state": DUE,
                "attempts": 0,
            }  # it waits since it is known
            insert_new(session, Task, facts, "portal", "kind", "planned_at")
        done = _count_readings(session, now, retries)
        skipped = list(_outdated(session, now, known))
        for task in skipped:
            task.state, task.ended_at = SKIPPED, now
            task.leased_by = task.leased_until = None
    return Planning(len(fresh), len(skipped), done)


def claim(
    archive: Archive,
    owner: str,
    retries: Retries,
    *,
    lease: timedelta,
    limit: int = 1,
    portals: Collection[str] | None = None,
    running: Collection[int] = (),
) -> list[Lease]:
    """Take up to ``limit`` tasks that may be tried now, each for so long; deep ones first, then what was planned first.

    No two tasks of a host are ever leased at once, and none of a host that rests. ``portals``: only of these.
    ``running`` are tasks that the owner is at, whether or not their leases ran out. Raises
    :class:`archive.errors.ArchiveError`.
    """
    now = archive.clock()
    taken: list[Lease] = []
    with archive.writing() as session:
        _count_readings(session, now, retries)
        busy = {asked_host(task.portal) for task in session.scalars(_at_work(now, running))}
        resting = {row.host: row.until for row in session.scalars(select(RestRow).where(RestRow.until > now))}
        waiting = _open(now).where(Task.not_before <= now).order_by(_DEEP_FIRST, Task.planned_at, Task.id)
        for number, portal in session.execute(waiting.with_only_columns(Task.id, Task.portal)).all():
            host = asked_host(portal)
            if host in busy or (portals is not None and portal not in portals):
                continue
            task = session.get_one(Task, number)
            if host in resting:
                task.state, task.not_before = DUE, resting[host]
                task.leased_by = task.leased_until = None
                continue
            busy.add(host)
            taken.append(_take(session, task, owner, now, lease))
            if len(taken) == limit:
                break
    return taken


@dataclass(frozen=True)
class Ready:
    """A portal whose crawl may be tried now."""

    portal: str
    host: str
    deep: bool


def ready(session: Session, now: datetime, retries: Retries) -> list[Ready]:
    """The portals that may be crawled now and that nobody is at, deep ones first, then what was planned first; each once.

    Two of one host may be among them: whoever takes the second finds no lease to take. None is of a host that rests.
    """
    _count_readings(session, now, retries)
    busy = set(session.scalars(_at_work(now, ()).with_only_columns(Task.portal)))
    resting = set(session.scalars(select(RestRow.host).where(RestRow.until > now)))
    waiting = _open(now).where(Task.not_before <= now).order_by(_DEEP_FIRST, Task.planned_at, Task.id)
    found: dict[str, Ready] = {}
    for portal, kind in session.execute(waiting.with_only_columns(Task.portal, Task.kind)):
        host = asked_host(portal)
        if portal not in busy and host not in resting:
            found.setdefault(portal, Ready(portal, host, kind == DEEP))
    return list(found.values())


def at_work(session: Session, now: datetime) -> dict[str, datetime | None]:
    """The portals on which somebody holds a lease, and until when."""
    return dict(session.execute(_at_work(now, ()).with_only_columns(Task.portal, Task.leased_until)).all())


def ended_since(session: Session, since: datetime) -> set[str]:
    """The portals of which somebody ended a try since then."""
    query = select(Task.portal).join(Attempt, Attempt.task_id == Task.id).where(Attempt.ended_at > since)
    return set(session.scalars(query.distinct()))


def heartbeat(
    archive: Archive,
    owner: str,
    tasks: Collection[int],
    lease: timedelta,
    *,
    role: str = SCHEDULE,
    room: int | None = None,
) -> set[int]:
    """Give a sign of life, and hold these tasks for so long from now. Returns those that are still the owner's.

    A lease that ran out and that nobody else took is held again. ``role`` and ``room`` (jobs side by side) are for others
    to see. Raises :class:`archive.errors.ArchiveError`.
    """
    now = archive.clock()
    with archive.writing() as session:
        row = session.get(Daemon, owner)
        if row is None:
            session.execute(delete(Daemon).where(Daemon.ended_at < now - REMEMBERED), execution_options=_UNSYNCHRONIZED)
            home = card.home(archive.folder)
            session.add(Daemon(name=owner, begun_at=now, seen_at=now, role=role, room=room, home=home))
        else:
            row.seen_at = now
        ours = select(Task).where(Task.id.in_(tasks), Task.leased_by == owner, Task.state == LEASED)
        held = list(session.scalars(ours))
        for task in held:
            task.leased_until = now + lease
        return {task.id for task in held}


def silent_homes(archive: Archive, silence: timedelta = SILENCE, *, since: datetime) -> dict[str, datetime]:
    """The folders that are given up, with files nobody stored, and when those who worked there were last heard of.

    Whoever was heard of last there did not end, and gave no sign of life for so long. ``since``: so long all our own were
    heard. Before that the database may have been away for all; who has not listened for as long as the silence lasts
    gives nobody up. Only files that were begun until the last sign are meant: what was begun later is another's. Raises
    :class:`archive.errors.ArchiveError`.
    """
    until = archive.clock() - silence
    if since > until:
        return {}
    left = select(WarcFile.home, func.min(WarcFile.begun_at)).where(WarcFile.stored_at.is_(None))
    left = left.where(WarcFile.home.is_not(None), WarcFile.home != card.home(archive.folder)).group_by(WarcFile.home)
    with archive.session() as session:
        begun = dict(session.execute(left).all())
        query = select(Daemon).where(Daemon.home.in_(begun)).order_by(Daemon.seen_at)
        newest = {row.home: row for row in session.scalars(query)}
    return {
        home: row.seen_at
        for home, row in sorted(newest.items())
        if home is not None and row.ended_at is None and begun[home] <= row.seen_at < until
    }


def sign_off(archive: Archive, owner: str) -> None:
    """The owner ends and holds nothing any more. Raises :class:`archive.errors.ArchiveError`."""
    now = archive.clock()
    with archive.writing() as session:
        session.execute(update(Daemon).where(Daemon.name == owner).values(seen_at=now, ended_at=now))


def finish(
    archive: Archive, owner: str, lease: Lease, retries: Retries, *, again_after: timedelta | None = None
) -> str | None:
    """End an attempt by what the tables say of the portal now; returns the task's outcome.

    Where no crawl of the portal finished since, it is :data:`FAILED`; with ``again_after`` it was stopped early instead,
    and anybody may go on with it after that time: :data:`STOPPED`. Where one did and only its machine has the bytes, it
    is :data:`UNSTORED`, and done as soon as they are stored. Null where the lease is another's by now. Raises
    :class:`archive.errors.ArchiveError`.
    """
    now = archive.clock()
    with archive.writing() as session:
        reading = _reading(session, lease.portal)
        outcome = STOPPED if again_after is not None else FAILED
        if reading is not None and reading.is_other(lease.before) and reading.will_count(lease.kind):
            outcome = reading.outcome if reading.stored else UNSTORED
        task = _held(session, owner, lease)
        _end_attempt(session, owner, lease, now, LOST if task is None else outcome)
        if task is None:
            return None
        if outcome in {STOPPED, UNSTORED}:
            pause = WAIT if outcome == UNSTORED else again_after or timedelta()
            task.state, task.not_before = DUE, now + pause
            task.leased_by = task.leased_until = None
        else:
            _settle(session, task, outcome, now, retries)
    return outcome


def holds(archive: Archive, task: int, attempt: int) -> bool:
    """Whether the lease under which this try at a task was begun still stands, as far as nobody else took it."""
    with archive.session() as session:
        row = session.get(Task, task)
        return row is not None and (row.state, row.attempts) == (LEASED, attempt)


def given_addresses(archive: Archive) -> dict[str, str]:
    """Every portal that was crawled or registered, and its address as it was last typed."""
    with archive.session() as session:
        rows = session.execute(select(Portal.url, Portal.given).order_by(Portal.id))
        return {url: given or url for url, given in rows}


def given_address(archive: Archive, portal: str) -> str:
    """A portal's address as it was last typed; its own where it never was."""
    with archive.session() as session:
        return session.scalar(select(Portal.given).where(Portal.url == portal)) or portal


def unplanned(archive: Archive, planned: Sequence[Planned]) -> list[Planned]:
    """What is due, stands in no table, and was not done by hand: nobody planned since."""
    with archive.session() as session:
        readings = _readings(session, {each.portal for each in planned})
        return [each for each in _fresh(session, planned) if not _does(readings.get(each.portal), each)]


def _does(reading: Reading | None, each: Planned) -> bool:
    return reading is not None and reading.at > each.planned_at and reading.counts(each.kind)


def _fresh(session: Session, planned: Sequence[Planned]) -> list[Planned]:
    """Those that stand in no table yet."""
    known: set[tuple[str, str, datetime]] = set()
    for some in _chunks(planned):
        query = select(Task.portal, Task.kind, Task.planned_at).where(
            Task.portal.in_({each.portal for each in some}),
            Task.kind.in_({each.kind for each in some}),
            Task.planned_at >= min(each.planned_at for each in some),
        )
        known |= {(portal, kind, at) for portal, kind, at in session.execute(query)}
    return [each for each in planned if (each.portal, each.kind, each.planned_at) not in known]


def _chunks(planned: Sequence[Planned]) -> Iterator[Sequence[Planned]]:
    """By kind and time, so that a question need not reach back further than its own."""
    ordered = sorted(planned, key=lambda each: (each.kind, each.planned_at))
    for at in range(0, len(ordered), _CHUNK):
        yield ordered[at : at + _CHUNK]


def _open(now: datetime) -> Select[Task]:
    """Tasks that nobody is at and that did not end."""
    return select(Task).where(or_(Task.state == DUE, and_(Task.state == LEASED, Task.leased_until <= now)))


def _at_work(now: datetime, running: Collection[int]) -> Select[Task]:
    held = and_(Task.state == LEASED, Task.leased_until > now)
    return select(Task).where(or_(held, Task.id.in_(running)))


def _outdated(session: Session, now: datetime, known: Collection[str] | None) -> Iterator[Task]:
    """Of each portal and kind all that wait but the newest, and those of portals that are no longer known."""
    newest: set[tuple[str, str]] = set()
    for task in session.scalars(_open(now).order_by(Task.planned_at.desc())):
        if (task.portal, task.kind) in newest or (known is not None and task.portal not in known):
            yield task
        newest.add((task.portal, task.kind))


def _done(session: Session, now: datetime) -> Iterator[tuple[Task, Reading]]:
    """What waits and was done meanwhile, by hand or by a daemon that did not live to say so."""
    later = and_(Portal.read_at > Task.planned_at, or_(Task.ended_at.is_(None), Portal.read_at > Task.ended_at))
    waiting = _open(now).join(Portal, Portal.url == Task.portal).where(later)
    tasks = list(session.scalars(waiting))
    readings = _readings(session, {task.portal for task in tasks})
    for task in tasks:
        reading = readings.get(task.portal)
        if reading is not None and reading.counts(task.kind):
            yield task, reading


def _count_readings(session: Session, now: datetime, retries: Retries) -> int:
    found = list(_done(session, now))
    for task, reading in found:
        _close_attempt(session, task, reading)
        _settle(session, task, reading.outcome, reading.at, retries)
    session.flush()
    return len(found)


def _close_attempt(session: Session, task: Task, reading: Reading) -> None:
    """The last attempt made the reading, if it had begun: its daemon is gone, or could not say yet that it is stored."""
    query = select(Attempt).where(Attempt.task_id == task.id).order_by(Attempt.id.desc()).limit(1)
    attempt = session.scalars(query).first()
    if attempt is None or attempt.begun_at > reading.at:
        return
    if attempt.ended_at is None:
        attempt.ended_at, attempt.outcome = reading.at, reading.outcome
    elif attempt.outcome == UNSTORED:
        attempt.outcome = reading.outcome


def _settle(session: Session, task: Task, outcome: str, at: datetime, retries: Retries) -> None:
    """Enter how a try ended: done, to be tried again, or given up."""
    task.leased_by = task.leased_until = None
    task.outcome, task.ended_at = outcome, at
    if not retries.wanted(outcome):
        task.state = DONE
        return
    session.flush()
    told = and_(Attempt.task_id == task.id, Attempt.outcome.is_not(None), Attempt.outcome.not_in(_NO_TRY))
    tries = session.scalar(select(func.count()).select_from(Attempt).where(told)) or 0
    pause = retries.pause(max(tries, 1))
    if pause is None:
        task.state = GIVEN_UP
        return
    rest = session.get(RestRow, asked_host(task.portal))
    task.state, task.not_before = DUE, at + pause
    if rest is not None:
        task.not_before = max(task.not_before, rest.until)


def _take(session: Session, task: Task, owner: str, now: datetime, lease: timedelta) -> Lease:
    task.state, task.leased_by, task.leased_until = LEASED, owner, now + lease
    task.attempts += 1
    session.add(Attempt(task_id=task.id, daemon=owner, begun_at=now))
    return Lease(task.id, task.portal, task.kind, task.planned_at, task.attempts, _reading(session, task.portal))


def _held(session: Session, owner: str, lease: Lease) -> Task | None:
    """The task, if it is still the owner's."""
    task = session.get_one(Task, lease.task)
    return task if (task.state, task.leased_by, task.attempts) == (LEASED, owner, lease.attempt) else None


def _end_attempt(session: Session, owner: str, lease: Lease, now: datetime, outcome: str) -> None:
    ours = and_(Attempt.task_id == lease.task, Attempt.daemon == owner, Attempt.ended_at.is_(None))
    ended = update(Attempt).where(ours).values(ended_at=now, outcome=outcome)
    session.execute(ended, execution_options=_UNSYNCHRONIZED)


def _reading(session: Session, portal: str) -> Reading | None:
    return _readings(session, {portal}).get(portal)


def _readings(session: Session, portals: Iterable[str]) -> dict[str, Reading]:
    """How portals were read last."""
    query = select(Portal, CrawlRow).outerjoin(CrawlRow, CrawlRow.id == Portal.crawl_id)
    wanted, found = sorted(portals), {}
    for at in range(0, len(wanted), _CHUNK):
        for row, crawl in session.execute(query.where(Portal.url.in_(wanted[at : at + _CHUNK]))):
            if row.read_at is not None and row.outcome is not None:
                found[row.url] = _reading_of(row.read_at, row.outcome, crawl)
    return found


def _reading_of(at: datetime, outcome: str, crawl: CrawlRow | None) -> Reading:
    if crawl is None:
        return Reading(at, outcome, None, finished=True, full=False, whole=True)
    said = json.loads(crawl.arguments)
    full, whole = bool(said.get("full")), said.get("year") is None
    finished = crawl.state == FINISHED
    return Reading(at, outcome, crawl.id, finished=finished, full=full, whole=whole, stored=crawl.secured)
