"""``xxgk verify``: the archive against itself."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from archive.store import Archive
from archive.upkeep.repair import Progress
from archive.upkeep.repair import repair as mend
from archive.upkeep.verify import problems
from crawler.cli.invocation import ATTENTION, Invocation
from crawler.cli.output import print_json, print_table, progress, remark
from crawler.deriving import derive_pending

VERIFY_EXAMPLE = "Example: xxgk verify"


def archive(
    context: typer.Context,
    repair: Annotated[  # noqa: FBT002 - Typer's way to write a flag
        bool,
        typer.Option("--repair", help="Cut torn tails, make lost rows again from the files, and say what is gone."),
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="A line of JSON per problem.")] = False,  # noqa: FBT002 - Typer's way to write a flag
) -> None:
    """Check the archive against itself: every byte of every WARC file, every row, every version."""
    with Invocation.of(context).open(write=repair) as opened, progress() as show:

        def tell(done: int, total: int, name: str) -> None:
            show.say(f"{name}: {done:,} of {total:,} bytes")

        if repair:
            _repair(opened, tell)
        found = list(problems(opened, tell))
    if json:
        print_json(asdict(problem) for problem in found)
    elif found:
        print_table(
            ["kind", "file", "offset", "what"], [[each.kind, each.file, each.offset, each.message] for each in found]
        )
    remark(f"{len(found)} problems found" if found else "the archive is whole")
    if found:
        raise typer.Exit(ATTENTION)


def _repair(opened: Archive, tell: Progress) -> None:
    done = mend(opened, tell)
    if done.derive:
        derive_pending(opened)
    remark(f"{done.cut:,} bytes cut, {done.adopted} rows made from records, {done.corrected} rows set right")
    for lost in done.lost:
        remark(f"lost: {lost}; its row stays, the next crawl may fetch it again")
