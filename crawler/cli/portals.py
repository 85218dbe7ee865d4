"""``xxgk portals``: what is known of the portals of an archive, and the registry."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import simplejson
import typer

from archive import listings
from crawler.cli.crawl import line
from crawler.cli.invocation import ATTENTION, Invocation
from crawler.cli.output import print_json, print_table, remark
from crawler.entries import PortalFile
from crawler.errors import WrongUsage
from crawler.expectations import PortalCheck, judge_all
from crawler.portals import add, entry_of, read_registry, unregistered

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
    entry: Annotated[
        list[str] | None, typer.Option(metavar="URL", help="A further address at which its reading begins.")
    ] = None,
    delay: Annotated[
        float | None,
        typer.Option(help="Least gap between two requests to its hosts, in seconds, if above the crawl's."),
    ] = None,
    allow: Annotated[
        list[str] | None, typer.Option(metavar="HOST[:PORT]", help="A host outside .gov.cn it leads to.")
    ] = None,
    insecure_tls: Annotated[  # noqa: FBT002 - Typer's way to write a flag
        bool, typer.Option("--insecure-tls", help="Its certificate is broken, and it is to be read all the same.")
    ] = False,
    encoding: Annotated[
        str | None,
        typer.Option(metavar="CHARSET", help="What its pages are written in, where they declare it wrongly."),
    ] = None,
    scripted: Annotated[  # noqa: FBT002 - Typer's way to write a flag
        bool, typer.Option("--scripted", help="Only a browser shows the rows of its lists (extra scripted).")
    ] = False,
    reason: Annotated[
        str | None, typer.Option(help="Why: goes with --allow, --insecure-tls, --encoding and --scripted.")
    ] = None,
    least: Annotated[
        int | None, typer.Option("--reports-per-year", help="The least reports it publishes on each year.")
    ] = None,
    since: Annotated[int | None, typer.Option(help="The first year of which --reports-per-year is expected.")] = None,
    json: Json = False,  # noqa: FBT002 - Typer's way to write a flag
) -> None:
    """Register a portal for this archive."""
    if (allow or insecure_tls or encoding or scripted) and not reason:
        raise WrongUsage(
            "--allow, --insecure-tls, --encoding and --scripted need a --reason: whoever reviews the entry must know it"
        )
    facts = {
        "name": name,
        "level": level,
        "division": division,
        "entries": entry or [],
        "delay": delay,
        "allow": [{"host": host, "reason": reason} for host in allow or ()],
        "insecure_tls": {"reason": reason} if insecure_tls else None,
        "encoding": {"charset": encoding, "reason": reason} if encoding else None,
        "scripted": {"reason": reason} if scripted else None,
        "expects": {"reports_per_year": least, "since": since} if (least, since) != (None, None) else None,
    }
    added = entry_of({"id": identifier, "url": url, **facts})
    path = add(Invocation.of(context).folder, added)
    if json:
        print_json([added.model_dump(mode="json")])
    remark(f"{added.id} is registered in {path}; `xxgk crawl {added.id}` reads it")


@app.command("candidates", epilog="Example: xxgk portals candidates")
def candidates(context: typer.Context, json: Json = False) -> None:  # noqa: FBT002 - Typer's way to write a flag
    """List sites of departments and lower governments that portals name and nobody registered or crawled yet."""
    invocation = Invocation.of(context)
    with invocation.open() as archive:
        found = unregistered(archive, read_registry(invocation.folder))
    if json:
        print_json(asdict(site) for site in found)
    else:
        print_table(
            ["name", "address", "named by", "under"],
            [[each.name, each.url, each.page_url, each.label] for each in found],
        )
    remark(f"{len(found)} sites; `xxgk portals add ID URL --name NAME` registers one after a person has looked at it")


@app.command("schema", epilog="Example: xxgk portals schema > portals.schema.json")
def schema(json: Json = False) -> None:  # noqa: FBT002 - Typer's way to write a flag
    """Print what a file of the registry may say, as a JSON schema for editors; with --json on one line."""
    found = PortalFile.model_json_schema()
    if json:
        print_json([found])
    else:
        typer.echo(simplejson.dumps(found, ensure_ascii=False, indent=2))


@app.command("check", epilog="Example: xxgk portals check jilin-city jilin-changchun --json")
def check(
    context: typer.Context,
    portals: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PORTAL]...", help="Only these; else all of the archive.", show_default=False),
    ] = None,
    json: Json = False,  # noqa: FBT002 - Typer's way to write a flag
) -> None:
    """Name the portals that were not read well, or that no longer give the reports expected of them."""
    invocation = Invocation.of(context)
    with invocation.open() as archive:
        registry = read_registry(invocation.folder)
        named = [registry.resolve(name) for name in portals or ()]
        checks = judge_all(archive, registry, named)
    wanting = [each for each in checks if each.attention]
    if json:
        print_json(_checked(each) for each in checks)
    else:
        print_table(
            ["portal", "outcome", "attention"],
            [[each.url, each.outcome or "never read", "; ".join(each.attention)] for each in wanting],
        )
    remark(
        f"{len(list(registry))} registry entries are well formed; {len(wanting)} of {len(checks)} portals need attention"
    )
    if wanting:
        raise typer.Exit(ATTENTION)


def _checked(each: PortalCheck) -> dict[str, Any]:
    return {
        "id": each.id,
        "url": each.url,
        "outcome": each.outcome,
        "expects": each.expects.model_dump() if each.expects is not None else None,
        "found": {str(year): count for year, count in each.found.items()},
        "attention": list(each.attention),
    }
