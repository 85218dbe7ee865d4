"""``xxgk derive``: the records of what was captured on some portals, for a worker that finds a crawl which lived too short for it."""

from __future__ import annotations

from typing import Annotated

import typer

from crawler.cli.invocation import ATTENTION, Invocation
from crawler.cli.output import progress, remark
from crawler.deriving import derive_pending, words
from crawler.lifeline import hold

EXAMPLE = "Example: xxgk derive http://xxgk.example.gov.cn/"
HIDDEN = True


def command(
    context: typer.Context,
    portals: Annotated[list[str], typer.Argument(metavar="PORTAL...", help="Their own addresses.", show_default=False)],
) -> None:
    """Derive the reports of portals that were captured or noted and not derived yet."""
    hold()
    with Invocation.of(context).open(write=True) as archive, progress() as show:
        done = derive_pending(archive, show.say, portals=portals)
    remark(words(done))
    if done.failed or done.away:
        raise typer.Exit(ATTENTION)
