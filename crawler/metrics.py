"""Metrics of the schedule for Prometheus: read from the tables when they are asked for, so any process may show them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest, start_http_server, write_to_textfile
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from archive.crawling.duework import SCHEDULE, WORKER
from archive.crawling.health import Health
from archive.errors import ArchiveError
from crawler.errors import CrawlerError, WrongUsage
from crawler.working.overview import Overview

LOOPBACK = "127.0.0.1"
Measure = Callable[[], Overview]


class ScheduleCollector(Collector):
    """The health of the schedule as metrics; where the archive cannot be read, only that."""

    def __init__(self, measure: Measure) -> None:
        self._measure = measure

    def describe(self) -> list[Metric]:
        """None beforehand: registering must not read the archive."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Prometheus's way to ask."""
        try:
            found = self._measure()
        except (ArchiveError, CrawlerError):
            yield GaugeMetricFamily("xxgk_archive_readable", "Whether the archive could be read.", 0)
            return
        yield GaugeMetricFamily("xxgk_archive_readable", "Whether the archive could be read.", 1)
        yield from _metrics(found.health)
        yield from _beside(found)


def registry_of(measure: Measure) -> CollectorRegistry:
    """A registry of our metrics alone."""
    registry = CollectorRegistry()
    registry.register(ScheduleCollector(measure))
    return registry


def text(measure: Measure) -> str:
    """The metrics in Prometheus's text format."""
    return generate_latest(registry_of(measure)).decode("utf-8")


def write(measure: Measure, path: Path) -> None:
    """Write them to a file for node_exporter's textfile collector, at one stroke. Raises :class:`CrawlerError`."""
    try:
        write_to_textfile(str(path), registry_of(measure))
    except OSError as error:
        raise CrawlerError(f"the metrics cannot be written to {path}: {error.strerror}; give the right to") from error


def serve(measure: Measure, address: str) -> Callable[[], None]:
    """Serve them at ``[HOST:]PORT``, on this machine alone unless a host is named; returns what ends it.

    Raises :class:`WrongUsage` for what is no such address, or is taken.
    """
    host, _, port = address.rpartition(":")
    host = host.strip("[]") or LOOPBACK
    if not port.isascii() or not port.isdigit() or not 0 < int(port) < 1 << 16:
        raise WrongUsage(f"{address!r} is no place to serve metrics at: write PORT or HOST:PORT")
    try:
        server, thread = start_http_server(int(port), addr=host, registry=registry_of(measure))
    except OSError as error:
        raise WrongUsage(f"metrics cannot be served at {address}: {error.strerror}; name another place") from error

    def end() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return end


def _metrics(found: Health) -> Iterator[Metric]:
    yield _gauge("xxgk_schedule_healthy", "1 where nobody needs to look.", int(found.healthy))
    hands = GaugeMetricFamily("xxgk_schedule_daemons", "Who gave a sign of life lately, by role.", labels=["role"])
    for role in (SCHEDULE, WORKER):
        hands.add_metric([role], sum(each.role == role for each in found.daemons))
    yield hands
    room = sum(each.room or 0 for each in found.daemons if each.role == WORKER)
    yield _gauge("xxgk_worker_room", "Jobs that the living workers do side by side.", room)
    yield _gauge(
        "xxgk_hosts_in_work", "Hosts whose portal somebody crawls.", len({each.host for each in found.at_work})
    )
    if found.per_hour is not None:
        yield _gauge("xxgk_schedule_crawls_per_hour", "Crawls that ended in the last hour.", found.per_hour)
    if found.expected_end is not None:
        at = found.expected_end.timestamp()
        yield _gauge("xxgk_schedule_expected_end_timestamp_seconds", "When what is due is done at this rate.", at)
    tasks = GaugeMetricFamily("xxgk_schedule_tasks", "Crawls by state; overdue ones are due too.", labels=["state"])
    counts = {"due": found.due, "overdue": found.overdue, "waiting": found.waiting}
    for state, count in (counts | {"leased": found.leased, "failed": found.failed}).items():
        tasks.add_metric([state], count)
    yield tasks
    waits = 0.0 if found.oldest_due_at is None else (found.at - found.oldest_due_at).total_seconds()
    yield _gauge("xxgk_schedule_longest_wait_seconds", "How long the crawl waits that is due for longest.", waits)
    yield _gauge("xxgk_blocked_hosts", "Hosts that block and rest.", len(found.blocked))
    attempts = CounterMetricFamily("xxgk_schedule_attempts", "Crawls that ended, by outcome.", labels=["outcome"])
    for outcome, count in found.attempts.items():
        attempts.add_metric([outcome], count)
    yield attempts
    portals = GaugeMetricFamily("xxgk_portals", "Portals by the outcome of their last reading.", labels=["outcome"])
    for outcome, count in found.portals.items():
        portals.add_metric([outcome], count)
    yield portals
    if found.seen_at is not None:
        at = found.seen_at.timestamp()
        yield _gauge("xxgk_schedule_seen_timestamp_seconds", "The last sign of life.", at)
    if found.last_crawl_at is not None:
        at = found.last_crawl_at.timestamp()
        yield _gauge("xxgk_last_crawl_timestamp_seconds", "When the last crawl finished.", at)
    if found.next_due_at is not None:
        at = found.next_due_at.timestamp()
        yield _gauge("xxgk_schedule_next_timestamp_seconds", "When the next crawl is planned.", at)


def _beside(found: Overview) -> Iterator[Metric]:
    """The queue, and works that are done in parts."""
    if found.queued is not None:
        jobs = GaugeMetricFamily("xxgk_queue_jobs", "Jobs in the queue.", labels=["queue", "state"])
        for state, counts in (("waiting", found.queued.waiting), ("running", found.queued.running)):
            for name, count in counts.items():
                jobs.add_metric([name, state], count)
        yield jobs
    parts = GaugeMetricFamily("xxgk_work_parts", "Parts of works that go on.", labels=["kind", "state"])
    for run in found.works:
        for state, count in (("done", run.done), ("failed", run.failed), ("waiting", run.all - run.done - run.failed)):
            parts.add_metric([run.kind, state], count)
    yield parts


def _gauge(name: str, said: str, value: float) -> Metric:
    return GaugeMetricFamily(name, said, value)
