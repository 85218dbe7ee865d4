"""``xxgk schedule``: the campaign as a daemon, or its plan."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from archive import listings
from archive.errors import NoArchive
from crawler.campaign import campaign, next_runs
from crawler.cli.invocation import Invocation
from crawler.cli.output import print_json, print_table, remark
from crawler.portals import read_registry
from crawler.schedule import Ticker, run

EXAMPLE = "Example: xxgk schedule --plan"


def command(
    context: typer.Context,
    portals: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PORTAL]...", help="Only these; else all that are registered or were crawled.", show_default=False
        ),
    ] = None,
    plan: Annotated[bool, typer.Option("--plan", help="Only print the next runs.")] = False,  # noqa: FBT002 - Typer's way to write a flag
    count: Annotated[int, typer.Option(help="How many runs to print.", min=1, max=1000)] = 10,
    json: Annotated[bool, typer.Option("--json", help="With --plan: a line of JSON per run.")] = False,  # noqa: FBT002 - as above
) -> None:
    """Crawl every portal when the campaign plans it: daily in the publishing seasons, weekly otherwise.

    What is due is read from the archive, so a late start makes up for the runs that were missed, with one.
    """
    invocation = Invocation.of(context)
    urls = _portals(invocation, portals or [])
    if plan:
        runs = next_runs(datetime.now(UTC), count)
        if json:
            print_json({"at": each.at.isoformat(), "season": each.season, "portals": len(urls)} for each in runs)
        else:
            print_table(
                [f"next runs ({campaign().timezone})", "season", "portals"],
                [[f"{each.at:%Y-%m-%d %a %H:%M}", each.season, len(urls)] for each in runs],
            )
        return
    run(Ticker(invocation.folder, invocation.database, urls, remark), remark)


def _portals(invocation: Invocation, named: list[str]) -> list[str]:
    registry = read_registry(invocation.folder)
    if named:
        return list(dict.fromkeys(registry.resolve(name).url for name in named))
    try:
        with invocation.open() as archive:
            crawled = [state.url for state in listings.portals(archive)]
    except NoArchive:
        crawled = []
    return list(dict.fromkeys([*(entry.url for entry in registry), *crawled]))
