"""``xxgk copies``: reports whose prose stands in another report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from archive.divisions.asked import code_of
from archive.findings.likeness import SHARE, Against, Copy, copies, percent, said_of
from archive.findings.lines import Wanted
from archive.registry.classes import KINDS
from archive.words.folding import visible
from crawler.cli.invocation import ATTENTION, Invocation
from crawler.cli.output import print_json, print_table, remark
from crawler.cli.spreadsheets import write_csv
from crawler.cli.studying import catch_up
from crawler.errors import WrongUsage

EXAMPLE = "Example: xxgk copies --year 2024 --division 220200 --passages"
_LEAST = 0.5  # below it the index misses more than it finds
_HEADINGS = (
    "report", "url", "publisher", "scope", "kind", "report_year", "share", "section", "share_of_all", "against", "later",
    "other_report", "other_url", "other_publisher", "other_scope", "other_year",
)  # fmt: skip


def command(
    context: typer.Context,
    publisher: Annotated[str | None, typer.Argument(help="Only this publisher's reports.", show_default=False)] = None,
    year: Annotated[int | None, typer.Option(help="Only this report year.")] = None,
    division: Annotated[
        str | None, typer.Option(metavar="CODE|NAME", help="Only this division and those below it.")
    ] = None,
    kind: Annotated[str | None, typer.Option(help=f"Only this class of publishers: {', '.join(KINDS)}.")] = None,
    share: Annotated[
        float, typer.Option(min=_LEAST, max=1.0, help="From what share of the prose on a report is a copy.")
    ] = SHARE,
    against: Annotated[
        Against | None,
        typer.Option(
            help="Only earlier years of the publisher, or only other publishers on the year.", show_default=False
        ),
    ] = None,
    passages: Annotated[bool, typer.Option("--passages", help="Also what they have in common.")] = False,  # noqa: FBT002 - Typer's way to write a flag
    csv: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", dir_okay=False, help="Write a table for a spreadsheet.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="A line of JSON per copy, passages included.")] = False,  # noqa: FBT002 - Typer's way to write a flag
) -> None:
    """List the reports of which most stands in another: the publisher's own of an earlier year, or another's on the same.

    The share is of the prose alone: tables, figures, names, and phrases that the form prescribes do not count.
    """
    if kind is not None and kind not in KINDS:
        raise WrongUsage(f"{kind} is no class of publishers: name one of {', '.join(KINDS)}")
    if csv is not None and (json or passages):
        raise WrongUsage("--csv writes every copy to a file: give it without --json and --passages")
    counts: Counter[Against] = Counter()
    with Invocation.of(context).open() as archive:
        wanted = Wanted(year=year, publisher=publisher, division=code_of(division, archive.book), kind=kind)
        catch_up(archive)
        found = copies(archive, wanted, share=share, against=(against,) if against is not None else tuple(Against))
        found = _counted(found, counts)
        if json:
            print_json(_data(copy) for copy in found)
        elif csv is not None:
            write_csv(csv, _HEADINGS, (_cells(copy) for copy in found))
        elif passages:
            _print_passages(found)
        else:
            _print(found)
    remark(
        f"{counts[Against.YEARS]:,} reports repeat an earlier year, {counts[Against.PUBLISHERS]:,} stand in another "
        f"publisher's of the year, by {share:.0%} or more"
    )
    if counts:
        raise typer.Exit(ATTENTION)


def _counted(found: Iterable[Copy], counts: Counter[Against]) -> Iterator[Copy]:
    for copy in found:
        counts[copy.against] += 1
        yield copy


def _data(copy: Copy) -> dict[str, Any]:
    one = copy.report
    return {
        "report": one.report_id,
        "url": one.url,
        "publisher": one.publisher,
        "scope": one.scope,
        "kind": one.kind,
        "report_year": one.report_year,
        **said_of(copy),
    }


def _cells(copy: Copy) -> list[Any]:
    """The cells under :data:`_HEADINGS`."""
    data = _data(copy)
    other = data["other"]
    return [
        *(data[name] for name in _HEADINGS[:9]),
        copy.against.value,
        {True: "yes", False: "no", None: ""}[copy.later],
        *(other[name] for name in ("report", "url", "publisher", "scope", "report_year")),
    ]


def _print(found: Iterable[Copy]) -> None:
    print_table(
        ["report", "publisher", "year", "share", "of", "stands in", "year", "report", "which came later"],
        [
            [
                copy.report.report_id,
                copy.report.publisher,
                copy.report.report_year,
                percent(copy.share),
                _part(copy),
                "its own" if copy.against is Against.YEARS else copy.other.publisher,
                copy.other.report_year,
                copy.other.report_id,
                "this one" if copy.later else "not known",
            ]
            for copy in found
        ],
    )


def _part(copy: Copy) -> str:
    return "all prose" if copy.section is None else f"section {copy.section}"


def _print_passages(found: Iterable[Copy]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    for copy in found:
        one, other = copy.report, copy.other
        order = "" if copy.later else ", and which came first is not known"
        head = (
            f"{one.publisher} {one.report_year} (report {one.report_id}): {percent(copy.share)} of {_part(copy)} stands in "
            f"{other.publisher} {other.report_year} (report {other.report_id}){order}"
        )
        console.print(Text(visible(head), style="bold"))
        for passage in copy.reuse.passages:
            place = f"  section {passage.section}, {passage.start + 1} to {passage.end}: "
            console.print(Text.assemble((place, "dim"), visible(" ".join(passage.text.split()))))
