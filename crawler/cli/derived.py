"""``xxgk reparse``, and how every command tells what deriving did."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from archive.reports import Derived, derive
from crawler.cli.invocation import ATTENTION, Invocation
from crawler.cli.output import print_json, progress, remark
from parser.isolation import IsolatedParser

EXAMPLE = "Example: xxgk reparse"


def command(
    context: typer.Context,
    json: Annotated[bool, typer.Option("--json", help="A line of JSON with what was done.")] = False,  # noqa: FBT002 - Typer's way to write a flag
) -> None:
    """Derive everything again from the captures: records, findings and statuses, with the parser as it is now."""
    with Invocation.of(context).open() as archive, IsolatedParser() as parser, progress() as show:
        done = derive(
            archive,
            everything=True,
            progress=lambda now, total, url: show.say(f"{now} of {total}: {url}"),
            parse=parser.parse,
        )
    if json:
        print_json([asdict(done)])
    else:
        tell(done)
    if done.failed:
        raise typer.Exit(ATTENTION)


def tell(done: Derived) -> None:
    """What deriving did, in one line."""
    remark(
        f"reports: {done.created} new, {done.changed} changed, {done.unchanged} unchanged; "
        f"{done.refused} no reports, {done.unread} not readable here, {done.failed} failed"
    )
