"""``xxgk hierarchy``: what governments state, beside what their archived subordinates do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from archive.divisions.asked import code_of
from archive.findings.hierarchy import MAXIMUM, SUM, Comparison, comparisons
from archive.findings.lines import Wanted
from crawler.cli.invocation import ATTENTION, Invocation
from crawler.cli.output import print_json, print_table, remark
from crawler.cli.spreadsheets import write_csv
from crawler.errors import WrongUsage
from parser.record import Result

EXAMPLE = "Example: xxgk hierarchy --year 2024 --division 220200"
_HEADINGS = (
    "publisher", "scope", "report_year", "figure", "found", "largest", "largest_of", "at_least_largest", "sum", "at_least_sum", "archived",
    "owed", "roster_complete",
)  # fmt: skip

_WORDS = {Result.HOLDS: "holds", Result.FAILS: "FAILS", Result.UNJUDGED: "not judged"}
_SHOWN = ("government", "figure", "found", "largest below", "sum below", "archived")


def command(
    context: typer.Context,
    publisher: Annotated[str | None, typer.Argument(help="Only this government.", show_default=False)] = None,
    year: Annotated[int | None, typer.Option(help="Only this report year.")] = None,
    division: Annotated[
        str | None, typer.Option(metavar="CODE|NAME", help="Only this division and those below it.")
    ] = None,
    csv: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", dir_okay=False, help="Write a table for a spreadsheet.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="A line of JSON per figure of a government.")] = False,  # noqa: FBT002 - Typer's way to write a flag
) -> None:
    """List what governments state of requests, beside the largest and the sum of their archived subordinates.

    Each rule holds, fails, or cannot be judged; how many of the subordinates are archived, and whether a roster says that
    these are all, stands beside it. Those that fail are findings of `xxgk check --rule hierarchy` too.
    """
    if csv is not None and json:
        raise WrongUsage("--csv writes every figure to a file: give it without --json")
    counts: Counter[Result] = Counter()
    with Invocation.of(context).open() as archive:
        wanted = Wanted(year=year, publisher=publisher, division=code_of(division, archive.book))
        found = _counted(comparisons(archive, wanted), counts)
        if json:
            print_json(_data(one) for one in found)
        elif csv is not None:
            write_csv(csv, _HEADINGS, (_cells(one) for one in found))
        else:
            print_table(_SHOWN, (_row(one) for one in found))
    remark(
        f"{counts[Result.FAILS]:,} fail, {counts[Result.HOLDS]:,} hold, {counts[Result.UNJUDGED]:,} cannot be judged; "
        "what is not archived is not in the sums"
    )
    if counts[Result.FAILS]:
        raise typer.Exit(ATTENTION)


def _counted(found: Iterable[Comparison], counts: Counter[Result]) -> Iterator[Comparison]:
    for one in found:
        counts.update(one.result(rule) for rule in (MAXIMUM, SUM))
        yield one


def _data(one: Comparison) -> dict[str, Any]:
    whose = one.whose
    return {
        "publisher": whose.name,
        "scope": whose.scope,
        "report_year": whose.year,
        "report": whose.report_id,
        "url": whose.url,
        "figure": one.key,
        "found": one.found,
        MAXIMUM: one.result(MAXIMUM),
        SUM: one.result(SUM),
        **{name: said for name, said in one.to_data().items() if name not in {"reports", "figures"}},
    }


def _row(one: Comparison) -> list[Any]:
    """The cells under :data:`_SHOWN`: what is smaller than it must be says so."""
    largest, total = one.largest, one.expected(SUM)
    roster = "" if one.complete else ", perhaps not all"
    return [
        f"{one.whose.name} {one.whose.year}",
        one.key,
        one.found,
        None if largest is None else f"{largest[1]} {_WORDS[one.result(MAXIMUM)]}\n{largest[0].name}",
        None if total is None else f"{total} {_WORDS[one.result(SUM)]}",
        f"{one.own.archived + one.below.archived} of {one.own.owed + one.below.owed}{roster}",
    ]


def _cells(one: Comparison) -> list[Any]:
    """The cells under :data:`_HEADINGS`."""
    largest = one.largest
    return [
        one.whose.name,
        one.whose.scope,
        one.whose.year,
        one.key,
        one.found,
        largest[1] if largest is not None else None,
        largest[0].name if largest is not None else None,
        one.result(MAXIMUM).value,
        one.expected(SUM),
        one.result(SUM).value,
        one.own.archived + one.below.archived,
        one.own.owed + one.below.owed,
        "yes" if one.complete else "not known",
    ]
