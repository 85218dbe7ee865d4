"""``xxgk status``: whether the schedule is well, for people, for programs, and for Prometheus."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from archive.crawling.health import SILENCE, Health, health
from crawler.campaign import campaign, next_runs
from crawler.cli.invocation import ATTENTION, Invocation
from crawler.cli.output import print_json, print_table, remark
from crawler.schedule import due_now, watched

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
    found = measure(Invocation.of(context), portals or [], timedelta(minutes=silence))()
    if metrics is not None:
        _show(found, metrics)
    elif json:
        print_json([_line(found)])
    else:
        print_table(["schedule", ""], _rows(found))
    for reason in found.reasons:
        remark(reason)
    if not found.healthy:
        raise typer.Exit(ATTENTION)


def measure(invocation: Invocation, named: Sequence[str], silence: timedelta = SILENCE) -> Callable[[], Health]:
    """What reads the health of the schedule of these portals, or of all. It raises what the archive and the registry raise."""

    def read() -> Health:
        plan = campaign()
        with invocation.open() as archive:
            now = archive.clock()
            found = watched(invocation.folder, archive, named)
            upcoming = min((next_runs(url, now, 1)[0].at for url in found), default=None)
            return health(archive, due_now(found, now, plan), upcoming, silence=silence)

    return read


def _show(found: Health, metrics: str) -> None:
    from crawler.metrics import text, write  # noqa: PLC0415 - only who wants metrics need wait for it

    if metrics == "-":
        typer.echo(text(lambda: found), nl=False)
    else:
        write(lambda: found, Path(metrics))


def _line(found: Health) -> dict[str, Any]:
    facts = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in asdict(found).items()}
    return {"healthy": found.healthy, **facts}


def _rows(found: Health) -> list[tuple[str, str]]:
    tasks = (
        f"{found.due} due, {found.overdue} of them overdue; {found.leased} run, {found.waiting} wait for a later try"
    )
    return [
        ("health", "ok" if found.healthy else "somebody should look"),
        ("daemons", f"{len(found.daemons)} alive, last sign of life {_moment(found.seen_at)}"),
        ("crawls", f"{tasks}, {found.failed} given up until the next run"),
        ("blocked hosts", ", ".join(found.blocked) or "none"),
        ("last crawl", _moment(found.last_crawl_at)),
        ("next crawl", _moment(found.next_due_at)),
    ]


def _moment(moment: datetime | None) -> str:
    return "never" if moment is None else f"{moment.astimezone(campaign().zone):%Y-%m-%d %H:%M} {campaign().timezone}"
