"""``xxgk check``: what does not add up over the archive, and what people said of it."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from archive.divisions.asked import code_of
from archive.findings import likeness
from archive.findings.across import across, looks_for_copies
from archive.findings.counting import Summary, summary_of
from archive.findings.lines import FindingLine, Wanted, acknowledge, find, iterate, reopen, shortest
from archive.findings.telling import division_data, line_data, rule_data
from archive.store import Archive
from crawler.cli.invocation import ATTENTION, Invocation
from crawler.cli.output import print_json, print_table, remark
from crawler.cli.spreadsheets import write_csv
from crawler.cli.studying import catch_up
from crawler.errors import WrongUsage

EXAMPLE = "Example: xxgk check --rule requests --year 2024"
app = typer.Typer(rich_markup_mode=None)
Json = Annotated[bool, typer.Option("--json", help="Lines of JSON.")]
Ids = Annotated[list[str], typer.Argument(metavar="ID...", help="As `xxgk check` shows them.", show_default=False)]
By = Annotated[str | None, typer.Option(metavar="NAME", help="Who says so [$USER].", show_default=False)]

_CELLS = ("table", "row", "column", "expected", "found", "message")
_HEADINGS = (
    "id", "state", "report", "url", "publisher", "scope", "kind", "report_year", "severity", "rule", *_CELLS, "note", "by", "at",
)  # fmt: skip


@app.callback(invoke_without_command=True)
def findings(
    context: typer.Context,
    rule: Annotated[
        str | None, typer.Option(help="Only this rule, or a family of them (requests, chain, hierarchy).")
    ] = None,
    severity: Annotated[str | None, typer.Option(help="Only error, warning or info.")] = None,
    year: Annotated[int | None, typer.Option(help="Only this report year.")] = None,
    publisher: Annotated[str | None, typer.Option(help="Only this publisher.")] = None,
    division: Annotated[
        str | None, typer.Option(metavar="CODE|NAME", help="Only this division and those below it.")
    ] = None,
    kind: Annotated[str | None, typer.Option(help="Only this class of publishers (department).")] = None,
    portal: Annotated[str | None, typer.Option(metavar="URL", help="Only what was found from this portal.")] = None,
    acknowledged: Annotated[  # noqa: FBT002 - Typer's way to write a flag
        bool, typer.Option("--acknowledged", help="Only those that somebody acknowledged.")
    ] = False,
    everything: Annotated[bool, typer.Option("--all", help="The open and the acknowledged.")] = False,  # noqa: FBT002 - Typer's way to write a flag
    summary: Annotated[  # noqa: FBT002 - Typer's way to write a flag
        bool, typer.Option("--summary", help="Only how many, by rule and year and by division.")
    ] = False,
    csv: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", dir_okay=False, help="Write a table for a spreadsheet.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="A line of JSON per finding.")] = False,  # noqa: FBT002 - Typer's way to write a flag
) -> None:
    """List the findings over the archive that are open; the acknowledged ones are counted apart."""
    wanted = Wanted(rule, severity, year, publisher, division, portal, kind)
    if context.invoked_subcommand is not None:
        if wanted != Wanted():
            raise WrongUsage(f"{context.invoked_subcommand} takes ids: what narrows the list goes without it")
        return
    if acknowledged and everything:
        raise WrongUsage("--acknowledged shows a part of what --all shows: give one of them")
    if csv is not None and (json or summary):
        raise WrongUsage("--csv writes every finding to a file: give it without --json and --summary")
    shown = (acknowledged, everything)
    counts: Counter[bool] = Counter()
    with Invocation.of(context).open() as archive:
        wanted = replace(wanted, division=code_of(division, archive.book))
        prose = looks_for_copies(wanted)
        if prose:
            catch_up(archive)
        between = across(archive, wanted, prose=prose)
        lines = _counted(iterate(archive, wanted, between), counts)
        if summary:
            found = summary_of(archive, wanted, between)
            counts.update({False: found.open, True: found.acknowledged})
            _sum_up(found, json=json)
        elif json:
            print_json(line_data(line) for line in lines if _is_shown(line, *shown))
        elif csv is not None:
            write_csv(csv, _HEADINGS, (_cells(line) for line in lines if _is_shown(line, *shown)))
        else:
            _print(list(lines), *shown)
    remark(f"{counts[False]:,} open findings, {counts[True]:,} acknowledged")
    if wanted.asks(likeness.RULES) and not prose:
        remark(
            "prose taken over was not looked for, which takes its time: --rule copy asks for it, or a publisher or division"
        )
    if counts[False]:
        raise typer.Exit(ATTENTION)


@app.command("acknowledge", epilog="Example: xxgk check acknowledge 3f09a1c2 --note 核对过原文，原文如此")
def acknowledge_some(
    context: typer.Context,
    ids: Ids,
    note: Annotated[str, typer.Option(metavar="TEXT", help="What was looked at, and what it is.", show_default=False)],
    by: By = None,
    json: Json = False,  # noqa: FBT002 - Typer's way to write a flag
) -> None:
    """Keep a note on findings that a person looked at: they are no longer open, until what they say is another thing."""
    with Invocation.of(context).open(write=True) as archive:
        found = _find(archive, ids)
        acknowledge(archive, found, note=note, by=_name(by))
        _tell(archive, found, json=json)
    remark(f"{len(found):,} findings are acknowledged; `xxgk check reopen` takes it back")


@app.command("reopen", epilog="Example: xxgk check reopen 3f09a1c2")
def reopen_some(
    context: typer.Context,
    ids: Ids,
    by: By = None,
    json: Json = False,  # noqa: FBT002 - Typer's way to write a flag
) -> None:
    """Take back the acknowledgements of findings: they are open again."""
    with Invocation.of(context).open(write=True) as archive:
        found = _find(archive, ids)
        count = reopen(archive, found, by=_name(by))
        _tell(archive, found, json=json)
    remark(f"{count:,} of {len(found):,} findings were acknowledged; all of these are open")


def _find(archive: Archive, ids: list[str]) -> list[FindingLine]:
    """The findings of ids; those of prose last, which takes minutes for a nation."""
    return find(archive, ids, across(archive, prose=False), likeness.findings(archive))


def _name(by: str | None) -> str:
    name = by if by is not None else os.environ.get("USER", "")
    if not name.strip():
        raise WrongUsage("it is not known who says so: give --by NAME, or set $USER")
    return name


def _tell(archive: Archive, found: list[FindingLine], *, json: bool) -> None:
    """The findings as they are now."""
    if json:
        print_json(line_data(line) for line in _find(archive, [line.id for line in found]))


def _counted(lines: Iterable[FindingLine], counts: Counter[bool]) -> Iterator[FindingLine]:
    for line in lines:
        counts[line.acknowledged is not None] += 1
        yield line


def _is_shown(line: FindingLine, acknowledged: bool, everything: bool) -> bool:  # noqa: FBT001 - the two flags of the command
    return everything or (line.acknowledged is not None) == acknowledged


def _print(lines: list[FindingLine], acknowledged: bool, everything: bool) -> None:  # noqa: FBT001 - as above
    length = shortest(line.id for line in lines)
    with_notes = acknowledged or everything
    print_table(
        ["id", "report", "publisher", "year", "severity", "rule", "what", *(["acknowledged"] if with_notes else [])],
        [
            [
                line.id[:length],
                line.report_id,
                line.publisher,
                line.report_year,
                line.finding["severity"],
                line.finding["rule"],
                line.finding["message"],
                *([_said(line)] if with_notes else []),
            ]
            for line in lines
            if _is_shown(line, acknowledged, everything)
        ],
    )


def _said(line: FindingLine) -> str:
    said = line.acknowledged
    return "" if said is None else f"{said.by}, {said.at:%Y-%m-%d}: {said.note}"


def _cells(line: FindingLine) -> list[Any]:
    """The cells under :data:`_HEADINGS`."""
    said = line.acknowledged
    return [
        line.id,
        "open" if said is None else "acknowledged",
        line.report_id,
        line.url,
        line.publisher,
        line.scope,
        line.kind,
        line.report_year,
        line.finding["severity"],
        line.finding["rule"],
        *(line.finding.get(name) for name in _CELLS),
        *((said.note, said.by, said.at.isoformat()) if said is not None else (None, None, None)),
    ]


def _sum_up(summary: Summary, *, json: bool) -> None:
    """How many, by rule and year, and by the divisions below the one asked for."""
    if json:
        print_json(map(rule_data, summary.rules))
        print_json(map(division_data, summary.divisions))
        return
    print_table(
        ["rule", "year", "open", "acknowledged"],
        [[each.rule, each.report_year, each.tally.open, each.tally.acknowledged] for each in summary.rules],
    )
    print_table(
        ["division", "name", "open", "acknowledged"],
        [[each.code, each.name, each.tally.open, each.tally.acknowledged] for each in summary.divisions],
    )
