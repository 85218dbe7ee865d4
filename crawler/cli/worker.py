"""``xxgk worker``: this machine takes part in what is due, with others."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from crawler.cli.invocation import ATTENTION, STOPPED, Invocation
from crawler.cli.output import print_json, remark
from crawler.cli.status import measure
from crawler.errors import WrongUsage
from crawler.schedule import on_signals
from crawler.working import queue
from crawler.working.crew import LEASE

EXAMPLE = "Example: xxgk worker --side-by-side 8"


def command(
    context: typer.Context,
    side_by_side: Annotated[
        int, typer.Option(metavar="N", help="So many jobs at once, each in a process of its own.", min=1, max=256)
    ] = 4,
    only_once: Annotated[  # noqa: FBT002 - Typer's way to write a flag
        bool, typer.Option("--once", help="Do what waits now, and end.")
    ] = False,
    lease: Annotated[
        float,
        typer.Option(
            metavar="SECONDS",
            help="So long after our last sign of life others go on with our crawls; the same for all.",
            min=1,
            max=86_400,
        ),
    ] = LEASE.total_seconds(),
    poll: Annotated[
        float,
        typer.Option(metavar="SECONDS", help="How often to look for jobs that waited behind a lock.", min=0.05, max=60),
    ] = 1.0,
    metrics: Annotated[
        str | None,
        typer.Option(
            metavar="[HOST:]PORT", help="Serve metrics for Prometheus here; without HOST on this machine alone."
        ),
    ] = None,
    metrics_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write them to this file, again and again.", dir_okay=False)
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="A line of JSON per job that ended.")] = False,  # noqa: FBT002 - as above
) -> None:
    """Take part in crawls, reparses and exports that a schedule or a command hands out; on any number of machines.

    The archive's folder is this machine's own; its tables stand in one PostgreSQL for all. A worker may be killed at any
    moment: others go on with what it was at.
    """
    invocation = Invocation.of(context)
    lacking = queue.lacking()
    if lacking is not None:
        raise WrongUsage(lacking)
    if invocation.database is None:
        raise WrongUsage("workers share one archive's tables in PostgreSQL: name them with --database or XXGK_DATABASE")
    from crawler.working.worker import Worker  # noqa: PLC0415 - an extra, and slow to import

    worker = Worker(
        invocation.folder,
        invocation.database,
        remark,
        room=side_by_side,
        lease=timedelta(seconds=lease),
        poll=poll,
    )
    with ExitStack() as ending:
        if metrics is not None or metrics_file is not None:
            from crawler.metrics import serve, write  # noqa: PLC0415 - only who shows metrics need wait for it

            health = measure(invocation, [])
            if metrics is not None:
                ending.callback(serve(health, metrics))
            if metrics_file is not None:
                path = metrics_file
                worker.beside.append(lambda: write(health, path))
        on_signals(worker.stop)
        if not only_once:
            remark(f"The worker {worker.crew.name} runs; SIGTERM or Ctrl-C ends it.")
        done = worker.work(once=only_once)
    if json:
        print_json({"portal": each.portal, "kind": each.kind, "outcome": each.outcome} for each in done.crawls)
        print_json({"part": part, "done": well} for part, well in done.parts.items())
    attention = sum(each.needs_attention for each in done.crawls) + sum(not well for well in done.parts.values())
    remark(f"{len(done.crawls)} crawls and {len(done.parts)} parts ended, {attention} need attention")
    if worker.stopped:
        raise typer.Exit(STOPPED)
    if attention:
        raise typer.Exit(ATTENTION)
