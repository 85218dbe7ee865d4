"""``xxgk status``: whether the schedule is well, for people, for programs, and for Prometheus."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from archive.crawling.duework import SCHEDULE, WORKER
from archive.crawling.health import SILENCE, Health
from crawler.campaign import campaign
from crawler.cli.invocation import ATTENTION, Invocation
from crawler.cli.output import print_json, print_table, remark
from crawler.working.overview import Overview, overview
from crawler.working.queue import Counts

_MOST = 12  # hosts named
EXAMPLE = "Example: xxgk status --json"


def command(
    context: typer.Context,
    portals: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PORTAL]...", help="Only these are scheduled; else all.", show_default=False),
    ] = None,
    silence: Annotated[
        float,
        typer.Option(metavar="MINUTES", help="So long nobody may give a sign of life while work waits.", min=1),
    ] = SILENCE / timedelta(minutes=1),
    metrics: Annotated[
        str | None,
        typer.Option(metavar="FILE|-", help="Write metrics for Prometheus to a file, or with - to standard output."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="A line of JSON.")] = False,  # noqa: FBT002 - Typer's way to write a flag
) -> None:
    """Say who runs the schedule, what waits, what failed and which hosts block; status 1 where somebody should look."""
    invocation = Invocation.of(context)
    found = measure(invocation, portals or [], timedelta(minutes=silence))()
    if metrics is not None:
        _show(found, metrics)
    elif json:
        print_json([_line(found)])
    else:
        print_table(["schedule", ""], _rows(found))
    for reason in found.health.reasons:
        remark(reason)
    if not found.health.healthy:
        raise typer.Exit(ATTENTION)


def measure(invocation: Invocation, named: Sequence[str], silence: timedelta = SILENCE) -> Callable[[], Overview]:
    """What reads how the work stands, of these portals or of all. It raises what the archive and the registry raise."""

    def read() -> Overview:
        with invocation.open() as archive:
            return overview(archive, invocation.folder, named, silence)

    return read


def _show(found: Overview, metrics: str) -> None:
    from crawler.metrics import text, write  # noqa: PLC0415 - only who wants metrics need wait for it

    if metrics == "-":
        typer.echo(text(lambda: found), nl=False)
    else:
        write(lambda: found, Path(metrics))


def _line(found: Overview) -> dict[str, Any]:
    health: dict[str, Any] = _plain(asdict(found.health))
    queued = None if found.queued is None else asdict(found.queued)
    return {
        "healthy": found.health.healthy,
        **health,
        "queue": queued,
        "works": _plain([asdict(run) for run in found.works]),
    }


def _plain(value: Any) -> Any:
    """Times as ISO 8601."""
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value.isoformat() if isinstance(value, datetime) else value


def _rows(overview: Overview) -> list[tuple[str, str]]:
    found, queued = overview.health, overview.queued
    tasks = (
        f"{found.due} due, {found.overdue} of them overdue; {found.leased} run, {found.waiting} wait for a later try"
    )
    roles = Counter(each.role for each in found.daemons)
    room = sum(each.room or 0 for each in found.daemons if each.role == WORKER)
    return [
        ("health", "ok" if found.healthy else "somebody should look"),
        (
            "alive",
            f"{roles[SCHEDULE]} schedules, {roles[WORKER]} workers with room for {room}; last sign of life {_moment(found.seen_at)}",
        ),
        ("crawls", f"{tasks}, {found.failed} given up until the next run"),
        *([] if queued is None else [("queue", _queued(queued))]),
        *(
            (f"{run.kind} {run.id}", f"{run.done} of {run.all} parts done, {run.failed} given up")
            for run in overview.works
        ),
        ("hosts in work", _hosts(found)),
        (
            "rate",
            "no crawl ended in the last hour" if found.per_hour is None else f"{found.per_hour:.0f} crawls an hour",
        ),
        (
            "expected end",
            "nothing is due" if found.expected_end is None and not found.due else _moment(found.expected_end),
        ),
        ("blocked hosts", ", ".join(found.blocked) or "none"),
        ("last crawl", _moment(found.last_crawl_at)),
        ("next crawl", _moment(found.next_due_at)),
    ]


def _queued(queued: Counts) -> str:
    names = sorted({*queued.waiting, *queued.running})
    said = [f"{name}: {queued.waiting.get(name, 0)} wait, {queued.running.get(name, 0)} run" for name in names]
    return "; ".join(said) or "empty"


def _hosts(found: Health) -> str:
    hosts = [each.host for each in found.at_work]
    more = f" and {len(hosts) - _MOST} more" if len(hosts) > _MOST else ""
    return f"{', '.join(hosts[:_MOST])}{more}" if hosts else "none"


def _moment(moment: datetime | None) -> str:
    return "never" if moment is None else f"{moment.astimezone(campaign().zone):%Y-%m-%d %H:%M} {campaign().timezone}"
