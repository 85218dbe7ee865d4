"""``xxgk index``: the captures in the form that replay tools look them up in."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from archive.replay import cdxj
from crawler.cli.invocation import Invocation
from crawler.cli.output import print_json, remark

EXAMPLE = "Example: xxgk index --output index.cdxj"


def command(
    context: typer.Context,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where to write it [standard output].", show_default=False)
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="A line of JSON with what was written; needs --output.")] = False,  # noqa: FBT002 - Typer's way to write a flag
) -> None:
    """Write a CDXJ index of all captures, for pywb and other replay tools."""
    if output is None:
        if json:
            raise typer.BadParameter("the index itself goes to standard output: name a file with --output")
        with Invocation.of(context).open() as archive:
            sys.stdout.buffer.writelines(cdxj.lines(archive))
            sys.stdout.buffer.flush()
        return
    with Invocation.of(context).open() as archive:
        written = cdxj.write(archive, output)
    if json:
        print_json([{"output": str(output), "captures": written}])
    else:
        remark(f"{written} captures stand in {output}")
