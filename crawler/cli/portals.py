"""``xxgk portals``: what is known of the portals of an archive, and the registry."""

from __future__ import annotations

from typing import Annotated

import typer
from pydantic import ValidationError

from archive import listings
from crawler.cli.crawl import line
from crawler.cli.invocation import ATTENTION, Invocation
from crawler.cli.output import print_json, print_table, remark
from crawler.errors import WrongUsage
from crawler.portals import PortalEntry, add, read_registry
from spiders.outcomes import OK

EXAMPLE = "Example: xxgk portals --json"
app = typer.Typer(rich_markup_mode=None)
Json = Annotated[bool, typer.Option("--json", help="Lines of JSON.")]


@app.callback(invoke_without_command=True)
def known(context: typer.Context, json: Json = False) -> None:  # noqa: FBT002 - Typer's way to write a flag
    """Say of each portal of the archive when it was last read and how: ok, incomplete, blocked, unreachable, disallowed."""
    if context.invoked_subcommand is not None:
        return
    with Invocation.of(context).open() as archive:
        states = listings.portals(archive)
    if json:
        print_json(line(state) for state in states)
        return
    print_table(
        ["portal", "outcome", "read at", "columns", "articles", "detail"],
        [
            [
                state.url,
                state.outcome,
                state.read_at and f"{state.read_at:%Y-%m-%d %H:%M}",
                state.columns,
                state.articles,
                state.detail,
            ]
            for state in states
        ],
    )


@app.command("list", epilog="Example: xxgk portals list")
def registered(context: typer.Context, json: Json = False) -> None:  # noqa: FBT002 - Typer's way to write a flag
    """List the registered portals: built in, and added to this archive."""
    entries = list(read_registry(Invocation.of(context).folder))
    if json:
        print_json(entry.model_dump(mode="json") for entry in entries)
        return
    print_table(
        ["id", "name", "division", "portal"], [[each.id, each.name, each.division, each.url] for each in entries]
    )


@app.command(
    "add",
    epilog="Example: xxgk portals add lijiang http://xxgk.lijiang.example.gov.cn/ --name 丽江市 --division 530700",
)
def register(
    context: typer.Context,
    identifier: Annotated[str, typer.Argument(metavar="ID", help="Small letters, digits and hyphens.")],
    url: Annotated[
        str, typer.Argument(metavar="URL", help="Any address on the portal; the column of reports is best.")
    ],
    name: Annotated[str | None, typer.Option(help="Whose portal it is, as 吉林市.")] = None,
    division: Annotated[str | None, typer.Option(help="The six digits of GB/T 2260.")] = None,
    level: Annotated[
        str | None, typer.Option(help="central, province, prefecture, county, township, zone or vertical.")
    ] = None,
    allow: Annotated[
        list[str] | None, typer.Option(metavar="HOST[:PORT]", help="A host outside .gov.cn it leads to.")
    ] = None,
    insecure_tls: Annotated[  # noqa: FBT002 - Typer's way to write a flag
        bool, typer.Option("--insecure-tls", help="Its certificate is broken, and it is to be read all the same.")
    ] = False,
    json: Json = False,  # noqa: FBT002 - Typer's way to write a flag
) -> None:
    """Register a portal for this archive."""
    facts = {
        "name": name,
        "division": division,
        "level": level,
        "allow": tuple(allow or ()),
        "insecure_tls": insecure_tls,
    }
    try:
        entry = PortalEntry.model_validate({"id": identifier, "url": url, **facts})
    except ValidationError as error:
        first = error.errors()[0]
        raise WrongUsage(f"{first['loc'][0]}: {first['msg']}") from error
    path = add(Invocation.of(context).folder, entry)
    if json:
        print_json([entry.model_dump(mode="json")])
    remark(f"{entry.id} is registered in {path}; `xxgk crawl {entry.id}` reads it")


@app.command("check", epilog="Example: xxgk portals check")
def check(context: typer.Context, json: Json = False) -> None:  # noqa: FBT002 - Typer's way to write a flag
    """Check the registry, and name the portals that were not read well when they were last tried."""
    invocation = Invocation.of(context)
    registry = read_registry(invocation.folder)
    with invocation.open() as archive:
        states = [state for state in listings.portals(archive) if state.outcome != OK]
    if json:
        print_json(line(state) for state in states)
    else:
        print_table(
            ["portal", "outcome", "detail"],
            [[state.url, state.outcome or "never read", state.detail] for state in states],
        )
    remark(f"{len(list(registry))} registry entries are well formed; {len(states)} portals need attention")
    if states:
        raise typer.Exit(ATTENTION)
