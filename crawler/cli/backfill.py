"""``xxgk backfill``: what left a portal is taken over from a web archive."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from crawler.cli.invocation import ATTENTION, STOPPED, Invocation
from crawler.cli.output import print_json, print_table, progress, remark
from crawler.errors import WrongUsage
from crawler.portals import read_registry
from crawler.webarchives import resolve

if TYPE_CHECKING:
    from crawler.backfill import Backfilled

EXAMPLE = "Example: xxgk backfill jilin-city --from wayback --year 2015 --year 2016"
_FIRST_YEAR, _LAST_YEAR = 2007, 2100  # as for a crawl
_LIMIT = 2000  # some forty minutes at one a second


def command(
    context: typer.Context,
    portals: Annotated[
        list[str],
        typer.Argument(metavar="PORTAL...", help="A registered id, or any address on the portal.", show_default=False),
    ],
    source: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="ARCHIVE",
            help="wayback, commoncrawl, or the address of a CDX server.",
            show_default=False,
        ),
    ],
    year: Annotated[
        list[int] | None,
        typer.Option(help="Only reports on this year; may be given again.", min=_FIRST_YEAR, max=_LAST_YEAR),
    ] = None,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="DATE", help="Only captures of this day or later.")
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], metavar="DATE", help="Only captures of this day or earlier."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Captures to ask for; the same command goes on.")] = _LIMIT,
    delay: Annotated[
        float | None,
        typer.Option(
            help="Least gap between two requests to one host, in seconds [$XXGK_DOWNLOAD_DELAY, else 1].", min=0
        ),
    ] = None,
    allow: Annotated[
        list[str] | None,
        typer.Option(metavar="HOST[:PORT]", help="Also fetch from this host; opens it even if it is this machine."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="A line of JSON with what was done.")] = False,  # noqa: FBT002 - Typer's way to write a flag
) -> None:
    """Take over from a web archive what it captured of portals: reports of years that left the site, with their original time.

    Nothing that is there is overwritten. A run that was killed goes on with the same command.
    """
    from crawler.backfill import backfill  # noqa: PLC0415 - Scrapy takes a second to import

    if since is not None and until is not None and until < since:
        raise WrongUsage(f"--until {until:%Y-%m-%d} is before --since {since:%Y-%m-%d}: no capture can be of both")
    invocation = Invocation.of(context)
    invocation.sync()
    registry = read_registry(invocation.folder)
    entries = [registry.resolve(name) for name in portals]
    with progress() as show:
        done = backfill(
            invocation.folder,
            invocation.database,
            entries,
            resolve(source),
            years=year or [],
            since=None if since is None else since.date(),
            until=None if until is None else until.date(),
            limit=limit,
            delay=delay,
            allow=allow or [],
            progress=show.say,
        )
    if json:
        print_json([{**asdict(done), "log": str(done.log)}])
    else:
        _print_summary(done)
    for sentence in done.problems:
        remark(f"xxgk: {sentence}")
    if done.stopped:
        remark("Stopped early; the same command goes on.")
        raise typer.Exit(STOPPED)
    if done.more:
        remark("The limit was reached; the same command goes on with what is left.")
    if done.needs_attention:
        raise typer.Exit(ATTENTION)


def _print_summary(done: Backfilled) -> None:
    from crawler.cli.derived import tell  # noqa: PLC0415 - as above

    print_table(
        ["portal", "in the index", "taken over", "known before"],
        [[each.portal, each.lines, each.captures, each.known] for each in done.portals],
    )
    if done.reasons:
        remark(f"not kept: {', '.join(f'{count} {reason}' for reason, count in sorted(done.reasons.items()))}")
    if done.damaged:
        remark(f"{done.damaged} lines of the index say no capture")
    if done.unproven:
        remark(f"{done.unproven} captures are kept whose bytes have another digest than the index says")
    if done.derived is not None:
        tell(done.derived)
