"""``xxgk part``: one part of a reparse or an export, as a worker has it done by a child, so that no document kills it."""

from __future__ import annotations

from typing import Annotated

import typer

from archive.parts.doing import do_part
from archive.parts.ledger import Refused
from crawler.cli.invocation import STOPPED, Invocation
from crawler.cli.output import print_json, progress, remark
from crawler.deriving import cores
from crawler.lifeline import hold
from parser.isolation import ParserPool

EXAMPLE = "Example: xxgk part 17"
HIDDEN = True  # workers run it, people run reparse and export


def command(
    context: typer.Context,
    number: Annotated[int, typer.Argument(metavar="ID", help="The number of the part.", min=1)],
    jobs: Annotated[
        int | None, typer.Option(min=1, max=64, help="Documents read side by side [as many as there are cores].")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="A line of JSON.")] = False,  # noqa: FBT002 - Typer's way to write a flag
) -> None:
    """Do one part of a work that is done in parts, or go on with it. Exit status 3: it is left to others."""
    hold()  # where a worker started it, it ends with it
    several = jobs if jobs is not None else cores()
    with Invocation.of(context).open() as archive, ParserPool(several) as parsers, progress() as show:
        try:
            done = do_part(
                archive,
                number,
                parse=parsers.parse,
                jobs=several,
                progress=lambda now, of: show.say(f"part {number}: {now:,} of {of:,}"),
            )
        except Refused as refusal:
            remark(str(refusal))
            if json:
                print_json([{"part": number, "done": False}])
            raise typer.Exit(STOPPED) from None
    if json:
        print_json([{"part": number, "done": True}])
    if not done:
        remark(f"nothing is left to do of part {number}")
