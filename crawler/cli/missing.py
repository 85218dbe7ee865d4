"""``xxgk missing``: who published in time, who late, who not at all, and what that rests on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from archive.divisions import Book
from archive.divisions.asked import code_of
from archive.monitor import Standing, Status, missing, totals
from archive.monitor.claims import Claim, claims, say
from archive.monitor.lines import COLUMNS, lines, place, total_line
from archive.monitor.totals import Total
from archive.registry.classes import KINDS
from crawler.cli.invocation import ATTENTION, Invocation
from crawler.cli.output import print_json, print_table, remark
from crawler.cli.spreadsheets import write_csv
from crawler.errors import WrongUsage

EXAMPLE = "Example: xxgk missing --year 2024 --as-of 2025-04-01 --status late"
_ALARMING = frozenset({Status.MISSING, Status.LATE, Status.WITHDRAWN})


def command(
    context: typer.Context,
    year: Annotated[int, typer.Option(help="The report year.", show_default=False)],
    as_of: Annotated[
        datetime | None,
        typer.Option("--as-of", formats=["%Y-%m-%d"], metavar="DATE", help="The day to judge by [today]."),
    ] = None,
    portal: Annotated[str | None, typer.Option(help="Only publishers found from this portal.")] = None,
    division: Annotated[
        str | None, typer.Option(metavar="CODE|NAME", help="Only this division and all below it: 220200, or 吉林市.")
    ] = None,
    kind: Annotated[str | None, typer.Option("--class", metavar="CLASS", help=f"One of {', '.join(KINDS)}.")] = None,
    status: Annotated[
        list[Status] | None, typer.Option(help="Only those that stand so; may be given several times.")
    ] = None,
    by: Annotated[
        Literal["division", "class"] | None, typer.Option(help="Totals instead of publishers.", show_default=False)
    ] = None,
    rosters: Annotated[  # noqa: FBT002 - Typer's way to write a flag
        bool, typer.Option("--rosters", help="What the authorities' own lists say, against what was found.")
    ] = False,
    csv: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a table for a spreadsheet, evidence included.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="A line of JSON per publisher, total or roster.")] = False,  # noqa: FBT002 - Typer's way to write a flag
) -> None:
    """Say who reported in time, late, or not at all.

    A report is called missing only if its publisher's column was read to the end after the deadline; where the archive
    cannot tell, the status is `unchecked` or `blocked`, and the basis says why.
    """
    if kind is not None and kind not in KINDS:
        raise WrongUsage(f"{kind} is no class of publishers: name one of {', '.join(KINDS)}")
    with Invocation.of(context).open() as archive:
        code = code_of(division, archive.book)
        everybody = missing(
            archive, year, as_of.date() if as_of is not None else None, portal=portal, division=code, kind=kind
        )
        found = [one for one in everybody if status is None or one.status in status]
        if csv is not None:
            write_csv(csv, COLUMNS, ([_written(line[name]) for name in COLUMNS] for line in lines(archive, found)))
            remark(f"{len(found)} publishers are written to {csv}")
        if rosters:
            _rosters(claims(archive, year, everybody), json=json)
        elif by is not None:
            _totals(_counted(by, found, archive.book, code), json=json)
        elif json:
            print_json({name: _written(value) for name, value in line.items()} for line in lines(archive, found))
        elif csv is None:
            _print(found, archive.book, every=status is not None)
    _sum_up(year, everybody)
    if any(standing.status in _ALARMING for standing in found):
        raise typer.Exit(ATTENTION)


def _counted(by: str, found: Sequence[Standing], book: Book, code: str | None) -> list[Total]:
    if by == "class":
        return totals.by_class(found)
    return totals.by_division(found, book, totals.level_below(code, book))


def _written(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _print(found: Sequence[Standing], book: Book, *, every: bool) -> None:
    shown = [standing for standing in found if every or standing.status is not Status.ON_TIME]
    print_table(
        ["publisher", "division", "status", "due", "published", "days", "basis"],
        [
            [
                each.publisher,
                place(each.scope, book),
                each.status,
                each.due,
                each.published_on,
                None if each.days is None else f"{'≥ ' if each.at_least else ''}{each.days}",
                each.basis,
            ]
            for each in shown
        ],
    )


def _totals(counted: Iterable[Total], *, json: bool) -> None:
    rows = list(counted)
    if json:
        print_json(total_line(row) for row in rows)
        return
    print_table(
        ["", "publishers", *(status.value.replace("_", " ") for status in Status), "on time of those judged"],
        [
            [row.label, row.publishers, *(row.counts.get(status, 0) for status in Status), _percent(row.on_time_rate)]
            for row in rows
        ],
    )


def _rosters(found: Sequence[Claim], *, json: bool) -> None:
    if json:
        print_json(
            {
                **{name: value for name, value in vars(claim).items() if name != "differences"},
                "read_at": claim.read_at.isoformat(),
                "differences": [vars(each) for each in claim.differences],
            }
            for claim in found
        )
        return
    for claim in found:
        remark(say(claim))
        if claim.differences:
            print_table(
                ["unit", "roster", "archive", "what"],
                [[each.name, each.said, each.status or "unknown", each.message] for each in claim.differences],
                title=claim.title,
            )
    if not found:
        remark("no roster page of that year is in the archive")


def _sum_up(year: int, found: Sequence[Standing]) -> None:
    whole = totals.total(found)
    counts = ", ".join(f"{count} {status}" for status, count in sorted(whole.counts.items(), key=lambda each: -each[1]))
    rate = f"; {_percent(whole.on_time_rate)} of those judged on time" if whole.on_time_rate is not None else ""
    remark(f"{year}: {whole.publishers} publishers{': ' if counts else ''}{counts}{rate}")


def _percent(rate: float | None) -> str | None:
    return None if rate is None else f"{rate:.1%}"
