"""``xxgk notices``: what happened, told to whom the archive's owner named."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from archive.notices import feeds
from archive.notices.notices import Wanted, find, kinds, line, listed, since_day
from archive.schema import Notice
from crawler import sending, targets
from crawler.cli.invocation import ATTENTION, Invocation
from crawler.cli.output import print_json, print_table, remark
from crawler.errors import WrongUsage

EXAMPLE = "Example: xxgk notices --kind report.missing --division 220000 --since 2026-02-01"
app = typer.Typer(rich_markup_mode=None)
Json = Annotated[bool, typer.Option("--json", help="Lines of JSON.")]


@app.callback(invoke_without_command=True)
def noticed(
    context: typer.Context,
    since: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], metavar="DATE", help="Only what was noticed on this day or later."),
    ] = None,
    division: Annotated[
        list[str] | None, typer.Option(metavar="CODE", help="Only this division and those below it.")
    ] = None,
    kind: Annotated[list[str] | None, typer.Option(help="Only this kind (report.missing).")] = None,
    year: Annotated[list[int] | None, typer.Option(help="Only this report year.")] = None,
    limit: Annotated[int, typer.Option(min=0, help="Only the newest; 0 shows all.")] = 100,
    json: Json = False,  # noqa: FBT002 - Typer's way to write a flag
) -> None:
    """List what was noticed: new, late, missing, edited and withdrawn reports, and portals in trouble."""
    if context.invoked_subcommand is not None:
        if since or division or kind or year:
            raise WrongUsage(f"{context.invoked_subcommand} does not narrow the list: notices.toml says who gets what")
        return
    day = since_day(since.date()) if since is not None else None
    wanted = Wanted(day, tuple(kind or ()), tuple(division or ()), tuple(year or ()))
    with Invocation.of(context).open() as archive:
        rows = listed(archive, wanted, limit or None)
    if json:
        print_json(_data(row) for row in rows)
        return
    print_table(
        ["noticed", "kind", "what", "more", "address"],
        [[f"{row.noticed_at:%Y-%m-%d %H:%M}", row.kind, row.title, row.text, row.url] for row in rows],
    )
    if not rows:
        remark(
            "nothing was noticed; `xxgk notices send` looks for what happened, and the schedule does after each crawl"
        )


@app.command("send", epilog="Example: xxgk notices send --dry-run")
def send(
    context: typer.Context,
    dry_run: Annotated[  # noqa: FBT002 - Typer's way to write a flag
        bool, typer.Option("--dry-run", help="Only show what would be sent; nothing is looked for, sent or kept.")
    ] = False,
    at_once: Annotated[  # noqa: FBT002 - Typer's way to write a flag
        bool, typer.Option("--at-once", help="Do not wait for the hours of daily digests.")
    ] = False,
    json: Json = False,  # noqa: FBT002 - Typer's way to write a flag
) -> None:
    """Look for what happened, write the feeds, and send the digests that are due."""
    invocation = Invocation.of(context)
    owner = targets.read(invocation.folder)
    with invocation.open(write=not dry_run) as archive:
        if not dry_run:
            sending.begin(archive, owner, remark)
            found = find(archive, archive.clock())
            changed = sending.write_feeds(archive, owner)
            remark(f"{len(found)} new notices, {len(changed)} feeds changed")
        sent = sending.send(archive, owner, remark, at_once=at_once, dry_run=dry_run)
    if json:
        print_json({"target": one.target, "title": one.title, "body": one.body} for one in sent.digests)
    else:
        for one in sent.digests:
            typer.echo(f"{one.target}: {one.title}\n{one.body}\n" if dry_run else f"{one.target}: {one.title}")
    if not owner.targets:
        remark(f"nothing is sent: {invocation.folder / targets.FILE} names no targets")
    if sent.failed:
        raise typer.Exit(ATTENTION)


@app.command("feeds", epilog="Example: xxgk notices feeds /var/www/notices --base https://example.org/notices")
def write_feeds(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", file_okay=False, show_default=False)],
    base: Annotated[str | None, typer.Option(metavar="URL", help="Under what address the folder is served.")] = None,
    json: Json = False,  # noqa: FBT002 - Typer's way to write a flag
) -> None:
    """Write an Atom feed of the newest notices for the nation, each division that has any, and the rest."""
    with Invocation.of(context).open() as archive:
        changed = feeds.write(archive, folder, base=base)
    if json:
        print_json({"file": str(path)} for path in changed)
    remark(f"{len(changed)} feeds in {folder} changed")


@app.command("test", epilog="Example: xxgk notices test 值班群")
def try_target(
    context: typer.Context,
    target: Annotated[str, typer.Argument(metavar="TARGET", help="Its name in notices.toml.", show_default=False)],
    json: Json = False,  # noqa: FBT002 - as above
) -> None:
    """Send a line to a target, to see whether it arrives."""
    named = targets.read(Invocation.of(context).folder).target(target)
    taken = sending.try_out(named)
    if json:
        print_json([{"target": named.name, "taken": taken}])
    if not taken:
        remark(f"the target {named.name} did not take the line: look at its URL in notices.toml and at docs/notices.md")
        raise typer.Exit(ATTENTION)
    remark(f"{named.name} took the line")


@app.command("kinds", epilog="Example: xxgk notices kinds")
def list_kinds(json: Json = False) -> None:  # noqa: FBT002 - Typer's way to write a flag
    """List the kinds of notices and what they are called in a digest."""
    if json:
        print_json({"kind": each.kind, "name": each.name} for each in kinds().values())
        return
    print_table(["kind", "name"], [[each.kind, each.name] for each in kinds().values()])


def _data(row: Notice) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in line(row).items()}
