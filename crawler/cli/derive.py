"""``xxgk derive``: the records of what was captured on some portals, for a worker that finds a crawl which lived too short for it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from crawler.cli.invocation import ATTENTION, Invocation
from crawler.cli.output import print_json, progress, remark
from crawler.deriving import derive_pending, words
from crawler.lifeline import hold

EXAMPLE = "Example: xxgk derive http://xxgk.example.gov.cn/"
HIDDEN = True


def command(
    context: typer.Context,
    portals: Annotated[list[str], typer.Argument(metavar="PORTAL...", help="Their own addresses.", show_default=False)],
    json: Annotated[bool, typer.Option("--json", help="A line of JSON with the counts.")] = False,  # noqa: FBT002 - Typer's way to write a flag
) -> None:
    """Derive the reports of portals that were captured or noted and not derived yet."""
    hold()
    with Invocation.of(context).open(write=True) as archive, progress() as show:
        done = derive_pending(archive, show.say, portals=portals)
    if json:
        print_json([asdict(done)])
    remark(words(done))
    if done.failed or done.away:
        raise typer.Exit(ATTENTION)
