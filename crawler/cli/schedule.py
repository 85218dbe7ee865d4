"""``xxgk schedule``: the campaign as a daemon, once, or its plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from heapq import merge
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer

from archive.errors import NoArchive
from archive.store import Archive, utc_now
from crawler.campaign import Run, campaign, runs_after, slot_of
from crawler.cli.invocation import ATTENTION, STOPPED, Invocation
from crawler.cli.output import print_json, print_table, remark
from crawler.cli.status import measure
from crawler.errors import WrongUsage
from crawler.schedule import Schedule, once, watched
from crawler.schedule import run as run_daemon
from crawler.sending import after_crawl
from crawler.working import queue
from crawler.working.crew import LEASE

EXAMPLE = "Example: xxgk schedule --plan"
_ROOM = 4  # portals side by side on a machine alone
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def command(
    context: typer.Context,
    portals: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PORTAL]...", help="Only these; else all that are registered or were crawled.", show_default=False
        ),
    ] = None,
    plan: Annotated[bool, typer.Option("--plan", help="Only print the next runs.")] = False,  # noqa: FBT002 - Typer's way to write a flag
    count: Annotated[int, typer.Option(help="How many runs to print.", min=1, max=100_000)] = 10,
    only_once: Annotated[bool, typer.Option("--once", help="Do what is due now, and end.")] = False,  # noqa: FBT002 - as above
    side_by_side: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="So many portals at once, each in a process of its own [4; with tables in PostgreSQL 0: workers crawl].",
            min=0,
            max=256,
            show_default=False,
        ),
    ] = None,
    lease: Annotated[
        float,
        typer.Option(
            metavar="SECONDS",
            help="So long after our last sign of life others go on with our crawls.",
            min=1,
            max=86_400,
        ),
    ] = LEASE.total_seconds(),
    metrics: Annotated[
        str | None,
        typer.Option(
            metavar="[HOST:]PORT", help="Serve metrics for Prometheus here; without HOST on this machine alone."
        ),
    ] = None,
    metrics_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write them to this file, again and again.", dir_okay=False)
    ] = None,
    json: Annotated[  # noqa: FBT002 - as above
        bool, typer.Option("--json", help="A line of JSON per planned run, or with --once per crawl that ended.")
    ] = False,
) -> None:
    """Crawl every portal when the campaign plans it: daily in the publishing seasons, weekly otherwise, once a year in depth.

    What is due stands in the archive: a late start makes up for the runs that were missed, with one, and several
    schedules are as one. With tables in PostgreSQL it is handed to workers (xxgk worker), on any number of machines.
    """
    invocation = Invocation.of(context)
    named = portals or []
    if plan:
        _print_plan(invocation, named, count, json=json)
        return
    hand_out = _queue(invocation)
    room = side_by_side if side_by_side is not None else 0 if hand_out is not None else _ROOM
    if room == 0 and hand_out is None:
        raise WrongUsage(
            "nobody would crawl: --side-by-side 0 needs tables in PostgreSQL, which workers share, and the extra `workers`"
        )
    schedule = Schedule(
        invocation.folder,
        invocation.database,
        remark,
        named=named,
        hand_out=hand_out,
        room=room,
        lease=timedelta(seconds=lease),
    )
    with ExitStack() as ending:
        health = measure(invocation, named)
        if metrics is not None or metrics_file is not None:
            from crawler.metrics import serve, write  # noqa: PLC0415 - only who shows metrics need wait for it

            if metrics is not None:
                ending.callback(serve(health, metrics))
            if metrics_file is not None:
                path = metrics_file
                schedule.crew.on_beat = lambda: write(health, path)
        if not only_once:
            run_daemon(schedule, room, remark, lambda: after_crawl(invocation.folder, invocation.database, remark))
            return
        done = once(schedule, room)
        if done:
            after_crawl(invocation.folder, invocation.database, remark)
    if json:
        print_json({"portal": each.portal, "kind": each.kind, "outcome": each.outcome} for each in done)
    if room == 0:
        remark(f"{schedule.handed_out} crawls are handed out to workers")
    else:
        remark(f"{len(done)} crawls ended, {sum(each.needs_attention for each in done)} need attention")
    if schedule.stopped:
        raise typer.Exit(STOPPED)
    if any(each.needs_attention for each in done):
        raise typer.Exit(ATTENTION)


def _queue(invocation: Invocation) -> Callable[[Archive], int] | None:
    """What hands due work to the workers; null where there can be none."""
    with Archive.open(invocation.folder, invocation.database, create=True) as archive:
        if not queue.has_queue(archive):
            return None
        queue.prepare(archive)
    again = campaign().again

    def hand_out(archive: Archive) -> int:
        return queue.offer(archive, again)

    return hand_out


def _print_plan(invocation: Invocation, named: list[str], count: int, *, json: bool) -> None:
    now = utc_now()
    try:
        with invocation.open() as archive:
            urls = list(watched(invocation.folder, archive, named))
    except NoArchive:
        urls = list(watched(invocation.folder, None, named))
    runs = list(islice(merge(*(_runs(url, now) for url in urls), key=lambda each: each[1].at), count))
    if json:
        print_json(
            {
                "at": run.at.isoformat(),
                "kind": run.kind,
                "season": run.season,
                "portal": url,
                "portals": 1,
                **_slot(url),
            }
            for url, run in runs
        )
        return
    print_table(
        [f"next runs ({campaign().timezone})", "kind", "offset", "portal"],
        [
            [f"{run.at:%Y-%m-%d %a %H:%M}", run.kind, "+{minute} min, {day}, week {week}".format(**_slot(url)), url]
            for url, run in runs
        ],
    )
    remark(
        f"{len(urls)} portals; each has its minute from {campaign().window.begin:%H:%M} on, its day of the week outside the seasons, and its week of the deep pass"
    )


def _runs(url: str, now: datetime) -> Iterator[tuple[str, Run]]:
    for run in runs_after(url, now):
        yield url, run


def _slot(url: str) -> dict[str, Any]:
    slot = slot_of(url)
    return {"minute": slot.minute, "day": _DAYS[slot.weekday], "week": slot.turn % campaign().deep.weeks + 1}
