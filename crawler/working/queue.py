"""The queue: what is due is handed to workers on any number of machines, by Procrastinate in the archive's PostgreSQL.

The queue only carries. What is due, who is at it and how it ended stands in the archive's own tables
(:mod:`archive.crawling.duework`), so that the queue may be emptied at any time and is filled again. A job that crawls a
portal has the portal's host as its lock: of the jobs of a lock one runs at a time, whoever takes it.

Its tables stand in a schema of their own, in the form of the Procrastinate that made them; another version makes them anew.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import metadata
from typing import TYPE_CHECKING, Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from archive.addresses import with_fragment
from archive.crawling import duework
from archive.crawling.duework import Retries
from archive.deriving.batches import pending_portals
from archive.errors import ArchiveError
from archive.store import Archive
from crawler.errors import WrongUsage

if TYPE_CHECKING:
    from procrastinate.jobs import Job

SCHEMA = "xxgk_queue"
CRAWL, DERIVE, PART = "crawl", "derive", "part"  # the queues, and the tasks in them
SETTLING = timedelta(seconds=60)
_LATER = -1  # the priority of what is no crawl: portals have their hours
SILENT = timedelta(seconds=60)  # a worker that gave Procrastinate no sign of life for so long is gone
HERE = text(f"SET LOCAL search_path TO {SCHEMA}, public")  # for the rest of a transaction


_JOBS = """
    SELECT job.id, job.args->>'portal', job.worker_id, job.queue_name FROM procrastinate_jobs job WHERE job.status = 'doing' AND (
        SELECT max(event.at) FROM procrastinate_events event WHERE event.job_id = job.id AND event.type = 'started'
    ) < now() - make_interval(secs => :settling)
    """
_SILENT = """
    SELECT job.id FROM procrastinate_jobs job LEFT JOIN procrastinate_workers worker ON worker.id = job.worker_id
    WHERE job.queue_name <> :queue AND job.status = 'doing'
    AND (worker.id IS NULL OR worker.last_heartbeat < now() - make_interval(secs => :silent))
    """
_AGAIN = """
    UPDATE procrastinate_jobs SET status = 'todo', attempts = attempts + 1, scheduled_at = NULL
    WHERE id = ANY(:jobs) AND status = 'doing'
    """


@dataclass(frozen=True)
class Counts:
    """The jobs of the queues: those that wait and may be done now, and those that run."""

    waiting: dict[str, int] = field(default_factory=dict)
    running: dict[str, int] = field(default_factory=dict)


class Hands:
    """The jobs that this worker is at, and the number by which Procrastinate knows it."""

    def __init__(self) -> None:
        self.worker: int | None = None
        self.jobs: set[int] = set()

    def take(self, job: Job) -> None:
        """A job was begun."""
        self.worker = job.worker_id
        self.jobs.add(job.id or 0)

    def leave(self, job: Job) -> None:
        """It ended."""
        self.jobs.discard(job.id or 0)


def has_queue(archive: Archive) -> bool:
    """Whether work can be handed out here: the tables stand in PostgreSQL and Procrastinate is there."""
    return archive.engine.dialect.name == "postgresql" and lacking() is None


def lacking() -> str | None:
    """What to do where Procrastinate is not there; null where it is."""
    try:
        import procrastinate  # noqa: F401, PLC0415 - an extra
        import psycopg_pool  # noqa: F401, PLC0415 - as above
    except ImportError as error:
        return f"workers need Procrastinate, and {error.name} is not here: install the extra `workers`"
    return None


def prepare(archive: Archive) -> None:
    """Make the queue's tables where there are none, or none of this form.

    Raises :class:`WrongUsage` where Procrastinate is lacking, the tables stand in SQLite, or workers of another version
    live.
    """
    if archive.engine.dialect.name != "postgresql":
        raise WrongUsage(
            "workers share the tables of one archive in PostgreSQL: give --database, xxgk copy moves the tables there"
        )
    said = lacking()
    if said is not None:
        raise WrongUsage(said)
    from procrastinate.schema import SchemaManager  # noqa: PLC0415 - an extra

    form = f"procrastinate {metadata.version('procrastinate')}"
    with archive.session() as session:
        if _form(session) == form:
            return
    with archive.writing() as session:
        standing = _form(session)
        if standing == form:
            return
        if standing is not None and _alive(session):
            raise WrongUsage(f"workers run with {standing}, this one has {form}: let them end first")
        session.execute(text(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE"))
        session.execute(text(f"CREATE SCHEMA {SCHEMA}"))
        session.execute(HERE)
        driver(session).execute(SchemaManager.get_schema())
        session.execute(text(f"COMMENT ON SCHEMA {SCHEMA} IS '{form}'"))


def driver(session: Session) -> Any:
    """The connection of psycopg that a session has."""
    return session.connection().connection.driver_connection


def offer(
    archive: Archive,
    again: Retries,
    settling: timedelta = SETTLING,
    *,
    derive: bool = False,
    hands: Hands | None = None,
) -> int:
    """Put a job into the queue for each portal that may be crawled now and has none, and revive what nobody is at.

    ``settling``: so long a job may have been taken without its lease being entered. ``derive``: portals whose crawl ended
    before its reports were derived get a job for that. ``hands`` are ours. Returns how many crawls are new. Several may do
    so at once. Raises :class:`archive.errors.ArchiveError`.
    """
    now = archive.clock()
    with archive.writing() as session:
        session.execute(HERE)
        _revive(session, now, settling, hands)
        ready = duework.ready(session, now, again)
        known = _known(session, CRAWL)
        fresh = [each for each in ready if each.portal not in known]
        others = {*known, *_known(session, DERIVE), *(each.portal for each in ready)}
        left = _underived(session, now, others) if derive else []
        if fresh or left:
            _defer(session, [*(_crawl_job(each) for each in fresh), *map(_derive_job, left)])
        return len(fresh)


def postpone(archive: Archive, portal: str, pause: timedelta) -> None:
    """Look again after a while for what could not be derived of a portal now. Raises :class:`archive.errors.ArchiveError`."""
    with archive.writing() as session:
        session.execute(HERE)
        if portal not in _known(session, DERIVE, "todo"):
            _defer(session, [_derive_job(portal).evolve(scheduled_at=datetime.now(UTC) + pause)])


def offer_parts(archive: Archive, parts: Iterable[int]) -> int:
    """Put a job into the queue for each of these parts of a work that has none; returns how many are new.

    Raises :class:`archive.errors.ArchiveError`.
    """
    with archive.writing() as session:
        session.execute(HERE)
        live = "SELECT (args->>'part')::bigint FROM procrastinate_jobs WHERE queue_name = :queue AND status IN ('todo', 'doing')"
        known = set(session.scalars(text(live), {"queue": PART}))
        fresh = [part for part in parts if part not in known]
        if fresh:
            _defer(
                session, [_job(PART, {"part": part}, lock=None, key=f"part:{part}", priority=_LATER) for part in fresh]
            )
        return len(fresh)


def counts(archive: Archive) -> Counts | None:
    """What is in the queue; null where there is none."""
    if archive.engine.dialect.name != "postgresql":
        return None
    query = """
        SELECT queue_name, status::text, count(*) FROM procrastinate_jobs
        WHERE status = 'doing' OR (status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now())) GROUP BY 1, 2
        """
    with archive.session() as session:
        if _form(session) is None:
            return None
        session.execute(HERE)
        found = Counts()
        for queue, status, count in session.execute(text(query)):
            (found.waiting if status == "todo" else found.running)[queue] = count
        return found


def _form(session: Session) -> str | None:
    """Which Procrastinate made the tables; null where there are none."""
    said = "SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = :schema"
    form: str | None = session.scalar(text(said), {"schema": SCHEMA})
    return form


def _alive(session: Session) -> bool:
    """Whether a worker gave a sign of life lately."""
    known = text(f"SELECT to_regclass('{SCHEMA}.procrastinate_workers') IS NOT NULL")
    if not session.scalar(known):
        return False
    session.execute(HERE)
    lately = "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - make_interval(secs => :silent)"
    return bool(session.scalar(text(lately), {"silent": SILENT.total_seconds()}))


def _known(session: Session, name: str, *states: str) -> set[str]:
    """The portals that have a job in a queue."""
    live = "SELECT args->>'portal' FROM procrastinate_jobs WHERE queue_name = :queue AND status::text = ANY(:states)"
    return set(session.scalars(text(live), {"queue": name, "states": list(states) or ["todo", "doing"]}))


def _underived(session: Session, now: datetime, others: Collection[str]) -> list[str]:
    """The portals with something to derive that nobody is at."""
    held = {with_fragment(portal) for portal in (*duework.at_work(session, now), *others)}
    return [portal for portal in pending_portals(session) if portal not in held]


def _revive(session: Session, now: datetime, settling: timedelta, hands: Hands | None) -> None:
    """Jobs that were taken and that nobody is at wait again: their worker was killed, or never heard that it has them.

    Who is at a crawl has its lease; who is at anything else gives Procrastinate signs of life, and knows what he is at.
    """
    held = {*duework.at_work(session, now), *duework.ended_since(session, now - settling)}
    left = set(session.scalars(text(_SILENT), {"queue": CRAWL, "silent": SILENT.total_seconds()}))
    for number, portal, worker, name in session.execute(text(_JOBS), {"settling": settling.total_seconds()}):
        unheard = hands is not None and worker == hands.worker and number not in hands.jobs
        if unheard or (name == CRAWL and portal not in held):
            left.add(number)
    if not left:
        return
    session.execute(text(_AGAIN), {"jobs": sorted(left)})
    news = json.dumps({"type": "job_inserted", "job_id": min(left)})  # a job that waits again tells nobody of itself
    session.execute(text("SELECT pg_notify('procrastinate_any_queue_v1', :news)"), {"news": news})


def _crawl_job(ready: duework.Ready) -> Job:
    return _job(
        CRAWL, {"portal": ready.portal}, lock=ready.host, key=f"portal:{ready.portal}", priority=int(ready.deep)
    )


def _derive_job(portal: str) -> Job:
    return _job(DERIVE, {"portal": portal}, lock=f"derive {portal}", key=f"derive:{portal}", priority=_LATER)


def _job(task: str, arguments: dict[str, Any], *, lock: str | None, key: str, priority: int = 0) -> Job:
    from procrastinate.jobs import Job  # noqa: PLC0415 - an extra

    return Job(
        id=None,
        queue=task,
        lock=lock,
        queueing_lock=key,
        task_name=task,
        priority=priority,
        task_kwargs=arguments,
    )


def _defer(session: Session, jobs: Sequence[Job]) -> None:
    """Put jobs into the queue, within the session's transaction."""
    from procrastinate import SyncPsycopgConnector  # noqa: PLC0415 - an extra
    from procrastinate.exceptions import ConnectorException  # noqa: PLC0415 - as above
    from procrastinate.manager import JobManager  # noqa: PLC0415 - as above

    try:
        JobManager(SyncPsycopgConnector()).batch_defer_jobs(list(jobs), connection=driver(session))
    except ConnectorException as error:
        raise ArchiveError(f"work cannot be handed out: {error.__cause__ or error}") from error
