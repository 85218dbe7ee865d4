"""``xxgk copy``: the tables of an archive, moved to another database."""

from __future__ import annotations

from typing import Annotated

import typer

from archive.upkeep.copying import SQLITE, Copied, copy
from crawler.cli.invocation import Invocation
from crawler.cli.output import print_json, print_table, progress, remark

EXAMPLE = "Example: xxgk copy --to postgresql://xxgk@db.example/xxgk"


def command(
    context: typer.Context,
    to: Annotated[
        str,
        typer.Option(
            metavar="URL", help="An empty PostgreSQL database, or the word sqlite: a file in the archive's folder."
        ),
    ],
    json: Annotated[bool, typer.Option("--json", help="A line of JSON per table.")] = False,  # noqa: FBT002 - Typer's way to write a flag
) -> None:
    """Copy the tables from SQLite to PostgreSQL or back, compare them, and go on with them there. WARC files stay.

    Nobody may write meanwhile. A run that was killed is run again.
    """
    invocation = Invocation.of(context)
    with progress() as show:
        done = copy(
            invocation.folder,
            invocation.database,
            to,
            lambda table, now, total: show.say(f"{table}: {now:,} of {total:,} rows"),
        )
    if json:
        print_json({"table": each.name, "rows": each.rows} for each in done.tables)
    else:
        print_table(["table", "rows"], [[each.name, f"{each.rows:,}"] for each in done.tables])
    remark(_told(done))


def _told(done: Copied) -> str:
    rows = sum(table.rows for table in done.tables)
    where = "leave --database out" if done.kind == SQLITE else "give --database with that URL"
    old = "the old tables may be dropped" if done.left is None else f"{done.left} may be deleted"
    return f"{rows:,} rows stand in {done.kind}, the same as before; from now on {where}; {old}"
