"""``xxgk import``: archive and parse what lies on this machine."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from archive.intake.imports import Imported, import_paths
from crawler.cli.derived import tell
from crawler.cli.invocation import ATTENTION, Invocation
from crawler.cli.output import print_json, progress, remark
from parser.isolation import ParserPool

EXAMPLE = "Example: xxgk import reports/ crawl-2024.warc.gz"


def command(
    context: typer.Context,
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH...", help="Files, folders, WARC, ARC and WACZ files.", show_default=False),
    ],
    json: Annotated[bool, typer.Option("--json", help="A line of JSON with what was done.")] = False,  # noqa: FBT002 - Typer's way to write a flag
) -> None:
    """Archive local files, folders and WARC, ARC or WACZ files, and read the reports in them. What is there already is not kept twice.

    Ordinary pages in a folder or a WARC file are no failure; a single file that is named and holds no report gives exit
    status 1, as does what is damaged or cannot be read.
    """
    several = len(os.sched_getaffinity(0))
    with (
        Invocation.of(context).open(create=True, write=True) as archive,
        ParserPool(several) as parsers,
        progress() as show,
    ):
        done = import_paths(archive, paths, show.say, parsers.parse, several)
    if json:
        print_json([asdict(done)])
    else:
        _print_summary(done)
    for sentence in (*done.problems, *done.without_report):
        remark(f"xxgk: {sentence}")
    if done.problems or done.without_report or done.derived.failed or done.derived.unread:
        raise typer.Exit(ATTENTION)


def _print_summary(done: Imported) -> None:
    why = ", ".join(f"{count} {reason}" for reason, count in sorted(done.reasons.items()))
    skipped = f"{done.skipped} not kept ({why})" if why else "none left out"
    remark(f"{done.files} files: {done.captures} captures, {done.known} known before, {skipped}")
    tell(done.derived)
