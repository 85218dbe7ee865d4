"""``xxgk reindex``: the tables made again from the WARC files."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from archive.errors import NoArchive
from archive.upkeep.reindex import reindex
from archive.warcs.files import WARC_FOLDER
from crawler.cli.derived import tell
from crawler.cli.invocation import ATTENTION, Invocation
from crawler.cli.output import print_json, progress, remark
from crawler.deriving import derive_pending

EXAMPLE = "Example: xxgk reindex"


def command(
    context: typer.Context,
    afresh: Annotated[  # noqa: FBT002 - Typer's way to write a flag
        bool, typer.Option("--afresh", help="Also where the tables are there: they are emptied first.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="A line of JSON with what was done.")] = False,  # noqa: FBT002 - Typer's way to write a flag
) -> None:
    """Make the tables of the archive again from its WARC files alone: captures, portals, columns, reports and versions."""
    invocation = Invocation.of(context)
    if not (invocation.folder / WARC_FOLDER).is_dir():
        raise NoArchive(
            f"there are no WARC files in {invocation.folder}: --archive names the folder above {WARC_FOLDER}/"
        )
    with invocation.open(create=True, write=True, rebuild=True) as archive, progress() as show:
        done = reindex(
            archive,
            afresh=afresh,
            progress=lambda now, total, name: show.say(f"{name}: {now:,} of {total:,} bytes"),
        )
        derived = derive_pending(archive, show.say)
    if json:
        print_json([{**asdict(done), "derived": asdict(derived)}])
    else:
        remark(f"{done.files} WARC files: {done.captures} captures, {done.notes} notes of the journal")
        tell(derived)
    for problem in done.problems:
        remark(f"xxgk: {problem}")
    if done.problems or derived.failed:
        raise typer.Exit(ATTENTION)
