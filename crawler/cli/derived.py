"""``xxgk reparse``, and how every command tells what deriving did."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from archive.deriving.reparsing import Reparsed, reparse
from archive.reports import Derived
from crawler.cli.invocation import ATTENTION, STOPPED, Invocation
from crawler.cli.output import print_json, print_table, progress, remark
from crawler.deriving import cores, words
from parser.isolation import ParserPool

EXAMPLE = "Example: xxgk reparse --dry-run"


def command(
    context: typer.Context,
    pending: Annotated[bool, typer.Option("--pending", help="Only what is new since, or failed last time.")] = False,  # noqa: FBT002 - Typer's way to write a flag
    jobs: Annotated[
        int | None, typer.Option(min=1, max=64, help="Documents read side by side [as many as there are cores].")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change; nothing is written.")] = False,  # noqa: FBT002 - as above
    json: Annotated[bool, typer.Option("--json", help="A line of JSON with what changed.")] = False,  # noqa: FBT002 - as above
) -> None:
    """Derive everything again from the captures with the parser as it is now, and say what that changed.

    A run that was stopped or killed goes on with the same command.
    """
    several = jobs if jobs is not None else cores()
    with Invocation.of(context).open() as archive, ParserPool(several) as parsers, progress() as show:
        done = reparse(
            archive,
            pending=pending,
            dry_run=dry_run,
            parse=parsers.parse,
            jobs=several,
            progress=lambda now, total, url: show.say(f"{now} of {total}: {url}"),
            say=remark,
        )
    if json:
        print_json([done.to_data()])
    else:
        _print_summary(done)
    if not done.finished:
        remark("Stopped; the same command goes on." if not dry_run else "Stopped.")
        raise typer.Exit(STOPPED)
    if done.needs_attention:
        raise typer.Exit(ATTENTION)


def tell(done: Derived) -> None:
    """What deriving did, in one line."""
    remark(words(done))


def _print_summary(done: Reparsed) -> None:
    counts, data = done.effects, done.to_data()
    if data["figures"]["keys"]:
        print_table(
            ["figure", "changed", "appeared", "vanished"],
            [[one["key"], one["changed"], one["appeared"], one["vanished"]] for one in data["figures"]["keys"]],
        )
    rules = sorted({*counts.findings_appeared, *counts.findings_vanished})
    if rules:
        print_table(
            ["finding", "appeared", "vanished"],
            [[rule, counts.findings_appeared[rule], counts.findings_vanished[rule]] for rule in rules],
        )
    for one in counts.reports:
        if one["what"] == "lost":
            remark(f"lost: {one['url']}")
    _tell_counts(done, data["figures"])


def _tell_counts(done: Reparsed, figures: dict[str, Any]) -> None:
    counts = done.effects
    if done.dry_run:
        remark("nothing was written; this is what would be:")
    remark(
        f"{counts.articles} articles: records {counts.created} created, {counts.changed} changed, {counts.lost} lost, "
        f"{counts.withdrawn} withdrawn, {counts.returned} back, {counts.unchanged} unchanged; "
        f"{counts.refused} no reports, {counts.unread} not readable here, {counts.failed} failed, "
        f"{counts.uncaptured} not captured"
    )
    remark(f"figures: {figures['changed']} changed, {figures['appeared']} appeared, {figures['vanished']} vanished")
