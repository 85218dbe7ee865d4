"""``xxgk import``: archive and parse what lies on this machine."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from archive.imports import import_paths
from crawler.cli.derived import tell
from crawler.cli.invocation import ATTENTION, Invocation
from crawler.cli.output import print_json, progress, remark
from parser.isolation import IsolatedParser

EXAMPLE = "Example: xxgk import reports/ crawl-2024.warc.gz"


def command(
    context: typer.Context,
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH...", help="Files, folders, WARC files.", show_default=False)
    ],
    json: Annotated[bool, typer.Option("--json", help="A line of JSON with what was done.")] = False,  # noqa: FBT002 - Typer's way to write a flag
) -> None:
    """Archive local files, folders and WARC files, and read the reports in them. What is there already is not kept twice."""
    with (
        Invocation.of(context).open(create=True, write=True) as archive,
        IsolatedParser() as parser,
        progress() as show,
    ):
        done = import_paths(
            archive, paths, lambda now, total, name: show.say(f"{now} of {total}: {name}"), parser.parse
        )
    if json:
        print_json([asdict(done)])
    else:
        remark(f"{done.files} files: {done.captures} captures, {done.known} known before, {done.skipped} no documents")
        tell(done.derived)
    for problem in done.problems:
        remark(f"xxgk: {problem}")
    if done.problems or done.derived.failed or done.derived.refused or done.derived.unread:
        raise typer.Exit(ATTENTION)
