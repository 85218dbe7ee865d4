"""``xxgk reparse``, and how every command tells what deriving did."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from archive.deriving.reparsing import Reparsed, reparse
from archive.parts import ledger, reparses
from archive.parts.ledger import REPARSE
from archive.reports import Derived
from crawler.cli.in_parts import LEFT, attend, tell_failures
from crawler.cli.invocation import ATTENTION, STOPPED, Invocation
from crawler.cli.output import print_json, print_table, progress, remark
from crawler.deriving import cores, words
from crawler.errors import WrongUsage
from parser.isolation import ParserPool

EXAMPLE = "Example: xxgk reparse --dry-run"


def command(
    context: typer.Context,
    pending: Annotated[bool, typer.Option("--pending", help="Only what is new since, or failed last time.")] = False,  # noqa: FBT002 - Typer's way to write a flag
    jobs: Annotated[
        int | None, typer.Option(min=1, max=64, help="Documents read side by side [as many as there are cores].")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change; nothing is written.")] = False,  # noqa: FBT002 - as above
    in_parts: Annotated[  # noqa: FBT002 - as above
        bool, typer.Option("--in-parts", help="Let the workers do it, on any number of machines, and wait for them.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="A line of JSON with what changed.")] = False,  # noqa: FBT002 - as above
) -> None:
    """Derive everything again from the captures with the parser as it is now, and say what that changed.

    A run that was stopped or killed goes on with the same command.
    """
    if in_parts:
        if dry_run or jobs is not None:
            raise WrongUsage("--in-parts lets the workers write: leave --dry-run and --jobs out")
        _reparse_in_parts(Invocation.of(context), pending=pending, json=json)
        return
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
    _tell_reparse(done, json=json)
    if not done.finished:
        remark("Stopped; the same command goes on." if not dry_run else "Stopped.")
        raise typer.Exit(STOPPED)
    if done.needs_attention:
        raise typer.Exit(ATTENTION)


def _reparse_in_parts(invocation: Invocation, *, pending: bool, json: bool) -> None:
    failed = 0
    with invocation.open() as archive:
        run, after = reparses.begin(archive, pending=pending, say=remark)
        try:
            with progress() as show:
                failed = attend(archive, REPARSE, run, show.say, "articles").failed
        except KeyboardInterrupt:
            remark(LEFT)
        done = reparses.summary(archive, run, after)
        if failed:
            tell_failures(archive, REPARSE, run, failed)
        _tell_reparse(done, json=json)
        ledger.mark_told(archive, REPARSE, run)
    if not done.finished and not failed:
        raise typer.Exit(STOPPED)
    if done.needs_attention or failed:
        raise typer.Exit(ATTENTION)


def _tell_reparse(done: Reparsed, *, json: bool) -> None:
    if json:
        print_json([done.to_data()])
    else:
        _print_summary(done)


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
        f"{counts.uncaptured} not captured{f', {counts.away} only on another machine now' if counts.away else ''}"
    )
    remark(f"figures: {figures['changed']} changed, {figures['appeared']} appeared, {figures['vanished']} vanished")
