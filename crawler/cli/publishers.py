"""``xxgk publishers``: who is known to publish, and what people say of them: imports, mergers, successions, other names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from archive.journal.notes import Note
from archive.registry.classes import KINDS
from archive.registry.duplicates import Proposal, propose
from archive.registry.export import rows as export_rows
from archive.registry.imports import Plan, keep, plan
from archive.registry.listing import PublisherLine, PublisherView, Wanted, list_publishers, view
from archive.registry.rows import COLUMNS, unknown_columns
from archive.registry.statements import say_merged, say_separate, say_succeeded
from archive.store import Archive
from crawler.cli.derived import tell
from crawler.cli.invocation import ATTENTION, WRONG, Invocation
from crawler.cli.output import print_json, print_table, progress, remark
from crawler.cli.spreadsheets import read_csv, write_csv
from crawler.deriving import derive_pending
from crawler.errors import WrongUsage

EXAMPLE = "Example: xxgk publishers --division 220200 --kind department"
app = typer.Typer(rich_markup_mode=None)
Json = Annotated[bool, typer.Option("--json", help="Lines of JSON.")]
Name = Annotated[str, typer.Argument(metavar="PUBLISHER", help="A name, or SCOPE/NAME.", show_default=False)]
Because = Annotated[str | None, typer.Option(metavar="TEXT", help="Why; kept in the journal.", show_default=False)]


@app.callback(invoke_without_command=True)
def known(
    context: typer.Context,
    division: Annotated[
        str | None, typer.Option(metavar="CODE", help="Only this division and those below it; nine digits: a town.")
    ] = None,
    kind: Annotated[str | None, typer.Option(metavar="CLASS", help=f"Only one of {', '.join(KINDS)}.")] = None,
    scope: Annotated[
        str | None, typer.Option(help="Only exactly this scope (220200, host:example.gov.cn, files).")
    ] = None,
    portal: Annotated[str | None, typer.Option(metavar="URL", help="Only who is found on this portal.")] = None,
    merged: Annotated[bool, typer.Option("--merged", help="Also those that were merged into others.")] = False,  # noqa: FBT002 - Typer's way to write a flag
    json: Json = False,  # noqa: FBT002 - as above
) -> None:
    """List the publishers: by which names, of which class and division, since when, and where they are known from."""
    wanted = Wanted(division, kind, scope, portal, merged)
    if context.invoked_subcommand is not None:
        if wanted != Wanted():
            raise WrongUsage(f"what narrows the list goes without {context.invoked_subcommand}, or behind it")
        return
    if kind is not None and kind not in KINDS:
        raise WrongUsage(f"--kind: {kind!r} is no class: write one of {', '.join(KINDS)}")
    with Invocation.of(context).open() as archive:
        _check_division(archive, division)
        found = list_publishers(archive, wanted)
    if json:
        print_json(line.to_data() for line in found)
        return
    _print(found)
    remark(f"{len(found):,} publishers; `xxgk publishers show` tells all of one")


@app.command("show", epilog="Example: xxgk publishers show 清湾市财政局")
def show(context: typer.Context, publisher: Name, json: Json = False) -> None:  # noqa: FBT002 - Typer's way to write a flag
    """Show all that is known of one publisher: names, reports by year, sources, who came before and after."""
    with Invocation.of(context).open() as archive:
        found = view(archive, publisher)
    if json:
        print_json([found.to_data()])
    else:
        _print_view(found)


@app.command("import", epilog="Example: xxgk publishers import agencies.csv --dry-run")
def import_list(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="With a row of columns' names.", show_default=False)],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change; nothing is written.")] = False,  # noqa: FBT002 - Typer's way to write a flag
    skip_wrong: Annotated[  # noqa: FBT002 - as above
        bool, typer.Option("--skip-wrong", help="Import the other rows where some are wrong.")
    ] = False,
    json: Json = False,  # noqa: FBT002 - as above
) -> None:
    """Import publishers from a table: what they are called, of which division and class they are, who follows whom.

    Where a row is wrong nothing is imported, and every wrong row is told. What is known already is left as it is.
    """
    sheet = read_csv(file)
    if (wrong := unknown_columns(sheet.headings)) is not None:
        raise WrongUsage(f"{file}: {wrong}")
    if sheet.encoding != "utf-8-sig":
        remark(f"{file} is no UTF-8 and was read as GB18030")
    with Invocation.of(context).open(create=not dry_run, write=not dry_run) as archive:
        planned = plan(archive, sheet.rows, file.name)
        refused = bool(planned.wrong) and not skip_wrong
        if not dry_run and not refused:
            _keep(archive, planned.notes)
    _tell_import(file, planned, done=not dry_run and not refused, json=json)
    if refused:
        raise typer.Exit(WRONG)
    if planned.wrong:
        raise typer.Exit(ATTENTION)


@app.command("export", epilog="Example: xxgk publishers export agencies.csv --division 220200")
def export(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", show_default=False)],
    division: Annotated[str | None, typer.Option(metavar="CODE", help="Only this division and those below it.")] = None,
    json: Json = False,  # noqa: FBT002 - Typer's way to write a flag
) -> None:
    """Write the publishers as a table that `xxgk publishers import` reads, those merged into others with them."""
    with Invocation.of(context).open() as archive:
        _check_division(archive, division)
        found = export_rows(list_publishers(archive, Wanted(division, merged=True)))
    write_csv(file, COLUMNS, ([row[column] for column in COLUMNS] for row in found))
    if json:
        print_json([{"file": str(file), "rows": len(found)}])
    remark(f"{len(found):,} rows in {file}")


@app.command("duplicates", epilog="Example: xxgk publishers duplicates --division 220000")
def duplicates(
    context: typer.Context,
    division: Annotated[str | None, typer.Option(metavar="CODE", help="Only this division and those below it.")] = None,
    json: Json = False,  # noqa: FBT002 - Typer's way to write a flag
) -> None:
    """Name publishers that may be one, or one after the other, with the command to say so; nothing is changed."""
    with Invocation.of(context).open() as archive:
        _check_division(archive, division)
        found = propose(archive, division)
    if json:
        print_json(_proposal(each) for each in found)
        return
    for each in found:
        typer.echo(f"{each.one.reference} — {each.other.reference}: {each.because}")
        for sign, sentences in (("+", each.evidence), ("-", each.against)):
            for sentence in sentences:
                typer.echo(f"  {sign} {sentence}")
        typer.echo(f"  {each.command}")
    count = sum(each.kind == "merge" for each in found)
    remark(f"{count:,} pairs may be one publisher, in {len(found) - count:,} one may follow the other")


@app.command("declare", epilog="Example: xxgk publishers declare 清湾市数据局 --division 220200 --since 2024-01-15")
def declare(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its full name.", show_default=False)],
    division: Annotated[str, typer.Option(metavar="CODE", help="Six digits, or the nine of a town.")] = "",
    kind: Annotated[str, typer.Option("--class", metavar="CLASS", help="Its class, if its name does not say it.")] = "",
    since: Annotated[str, typer.Option(metavar="DATE", help="Its first day, or year.")] = "",
    until: Annotated[str, typer.Option(metavar="DATE", help="Its last day, or year.")] = "",
    json: Json = False,  # noqa: FBT002 - Typer's way to write a flag
) -> None:
    """Say that a publisher exists, of which class it is, and since and until when."""
    cells = {"name": name, "division": division, "class": kind, "since": since, "until": until}
    with Invocation.of(context).open(create=True, write=True) as archive:
        planned = _planned(archive, cells)
        scope = _keep_row(archive, planned, cells)
        _tell(archive, scope, json=json, done=bool(planned.notes), said="is declared")


@app.command("alias", epilog="Example: xxgk publishers alias 清湾市卫生健康委员会 清湾市卫健委")
def alias(
    context: typer.Context,
    publisher: Name,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its other name.", show_default=False)],
    json: Json = False,  # noqa: FBT002 - Typer's way to write a flag
) -> None:
    """Give a publisher another name, a short or a former one, by which it is known from then on."""
    with Invocation.of(context).open(write=True) as archive:
        line = view(archive, publisher).line
        planned = _planned(archive, {"name": line.name, "division": line.scope, "aliases": name})
        _keep(archive, planned.notes)
        _tell(archive, line.reference, json=json, done=bool(planned.notes), said=f"is called {name} too")


@app.command("merge", epilog="Example: xxgk publishers merge 220200/财政局 吉林市财政局 --because 同一机关")
def merge(
    context: typer.Context,
    publisher: Name,
    into: Annotated[str, typer.Argument(metavar="INTO", help="The one it is.", show_default=False)],
    because: Because = None,
    json: Json = False,  # noqa: FBT002 - Typer's way to write a flag
) -> None:
    """Say that a publisher is the same as another: its reports stand under that one then. `separate` undoes it."""
    with Invocation.of(context).open(write=True) as archive:
        note = say_merged(archive, publisher, into, because)
        _keep(archive, [note] if note is not None else [])
        _tell(archive, into, json=json, done=note is not None, said=f"is what {publisher} is")


@app.command("separate", epilog="Example: xxgk publishers separate 220200/财政局")
def separate(context: typer.Context, publisher: Name, json: Json = False) -> None:  # noqa: FBT002 - Typer's way to write a flag
    """Say that a publisher is itself, and not the one it was merged into or whose other name it was."""
    with Invocation.of(context).open(write=True) as archive:
        note = say_separate(archive, publisher)
        _keep(archive, [note] if note is not None else [])
        reference = publisher if note is None else f"{note.scope}/{note.name}"
        _tell(archive, reference, json=json, done=note is not None, said="is a publisher by itself")


@app.command("succeed", epilog="Example: xxgk publishers succeed 清湾市环境保护局 清湾市生态环境局 --on 2019-01-10")
def succeed(
    context: typer.Context,
    publisher: Name,
    successor: Annotated[str, typer.Argument(metavar="SUCCESSOR", help="Who took its place.", show_default=False)],
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="DATE", help="The successor's first day.")
    ] = None,
    because: Because = None,
    json: Json = False,  # noqa: FBT002 - Typer's way to write a flag
) -> None:
    """Say that one publisher took the place of another: each keeps its own reports."""
    with Invocation.of(context).open(write=True) as archive:
        note = say_succeeded(archive, publisher, successor, on.date() if on is not None else None, because)
        _keep(archive, [note] if note is not None else [])
        _tell(archive, successor, json=json, done=note is not None, said=f"comes after {publisher}")


def _check_division(archive: Archive, division: str | None) -> None:
    if division is not None and archive.book.get(division) is None:
        raise WrongUsage(f"--division: {division} is unknown: write six digits of GB/T 2260, or a town's nine")


def _planned(archive: Archive, cells: dict[str, str]) -> Plan:
    planned = plan(archive, [(1, cells)], None)
    if planned.wrong:
        raise WrongUsage(planned.wrong[0].message)
    return planned


def _keep_row(archive: Archive, planned: Plan, cells: dict[str, str]) -> str:
    """Keep what a row says; by which scope and name its publisher is found then."""
    _keep(archive, planned.notes)
    scope = next((note.scope for note in planned.notes if hasattr(note, "scope")), cells["division"])
    return f"{scope[:6]}/{cells['name']}" if scope else cells["name"]


def _keep(archive: Archive, notes: tuple[Note, ...] | list[Any]) -> None:
    """Keep notes, and derive again what changed hands by them."""
    if notes and keep(archive, notes):
        with progress() as shown:
            done = derive_pending(archive, shown.say)
        tell(done)


def _tell(archive: Archive, reference: str, *, json: bool, done: bool, said: str) -> None:
    """The publisher as it is now, and that it is so now, or was before."""
    line = view(archive, reference).line
    if json:
        print_json([line.to_data()])
    remark(f"{line.reference} {said}" if done else f"{line.reference} {said}: that was known, nothing changed")


def _tell_import(file: Path, planned: Plan, *, done: bool, json: bool) -> None:
    for one in planned.wrong:
        remark(f"{file}, line {one.line}: {one.message}")
    counts = {
        "rows": planned.rows,
        "new": planned.new,
        "changed": planned.changed,
        "known": planned.known,
        "merges": planned.merges,
        "successions": planned.successions,
    }
    if json:
        print_json([{**counts, "imported": done, "wrong": [asdict(one) for one in planned.wrong]}])
    if planned.wrong and not done:
        remark(
            f"nothing was imported: {len(planned.wrong):,} of {planned.rows:,} rows are wrong; --skip-wrong imports the others"
        )
        return
    remark(
        f"{'' if done else 'nothing was written; this is what would be: '}{planned.rows:,} rows: {planned.new:,} new, "
        f"{planned.changed:,} changed, {planned.known:,} known before, {len(planned.wrong):,} wrong; "
        f"{planned.successions:,} successions, {planned.merges:,} mergers"
    )


def _proposal(each: Proposal) -> dict[str, Any]:
    return {**asdict(each), "one": each.one.reference, "other": each.other.reference}


def _print(found: list[PublisherLine]) -> None:
    print_table(
        ["scope", "publisher", "class", "division", "existed", "reports", "known from", "became"],
        [
            [
                each.scope,
                "; ".join((each.name, *each.aliases)),
                each.kind,
                each.division,
                f"{each.since or ''} to {each.until or ''}" if each.since or each.until else "",
                _reports(each),
                ", ".join(each.known_from),
                _became(each),
            ]
            for each in found
        ],
    )


def _reports(line: PublisherLine) -> str:
    if line.first_year is None:
        return str(line.reports or "")
    years = f"{line.first_year}" if line.first_year == line.last_year else f"{line.first_year}-{line.last_year}"
    return f"{line.reports} ({years})"


def _became(line: PublisherLine) -> str:
    if line.merged_into is not None:
        return f"is {line.merged_into}"
    return ", ".join((*(each.publisher for each in line.successors), *(f"division {code}" for code in line.today)))


def _print_view(found: PublisherView) -> None:
    print_table(["", ""], list(_facts(found)))
    print_table(
        ["report", "year", "state", "published", "first seen", "address"],
        [
            [each.id, each.year, each.state, each.published_on, f"{each.first_seen_at:%Y-%m-%d}", each.url]
            for each in found.reports
        ],
        title="Reports",
    )
    print_table(
        ["from", "where", "seen"],
        [[each.source, each.place, each.seen_at and f"{each.seen_at:%Y-%m-%d}"] for each in found.sources],
        title="Known from",
    )


def _facts(found: PublisherView) -> Iterator[list[Any]]:
    line = found.line
    yield ["name", line.name]
    yield from (["also", name] for name in line.aliases)
    yield ["scope", line.scope]
    yield ["division", line.division]
    yield ["class", line.kind]
    yield from ([name, day] for name, day in (("since", line.since), ("until", line.until)) if day is not None)
    yield from (["merged into it", name] for name in found.merged)
    for name, changes in (("after", line.predecessors), ("before", line.successors)):
        for each in changes:
            told = " ".join(str(part) for part in (each.publisher, each.on, each.because) if part is not None)
            yield [name, told]
    if line.today:
        yield ["division now", ", ".join(line.today)]
