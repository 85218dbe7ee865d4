"""``xxgk missing`` and ``xxgk diff``: who published when, and one publisher's years side by side."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from typing import Annotated, Any

import typer

from archive.compare import Comparison, diff
from archive.monitor import Standing, Status, missing
from crawler.cli.invocation import ATTENTION, Invocation
from crawler.cli.output import print_json, print_table, remark
from parser.record import Figure

MISSING_EXAMPLE = "Example: xxgk missing --year 2024 --as-of 2025-04-01"
DIFF_EXAMPLE = "Example: xxgk diff 清湾市财政局 2023 2024"


def standings(
    context: typer.Context,
    year: Annotated[int, typer.Option(help="The report year.", show_default=False)],
    as_of: Annotated[
        datetime | None,
        typer.Option("--as-of", formats=["%Y-%m-%d"], metavar="DATE", help="The day to judge by [today]."),
    ] = None,
    portal: Annotated[str | None, typer.Option(help="Only publishers found from this portal.")] = None,
    json: Annotated[bool, typer.Option("--json", help="A line of JSON per publisher.")] = False,  # noqa: FBT002 - Typer's way to write a flag
) -> None:
    """Say who reported in time, late, or not at all.

    A report is called missing only if its publisher's column was read to the end after the deadline; where the archive
    cannot tell, the status is `unchecked` and the basis says why.
    """
    with Invocation.of(context).open() as archive:
        found = missing(archive, year, as_of.date() if as_of is not None else None, portal)
    if json:
        print_json(_standing(standing) for standing in found)
    else:
        shown = [standing for standing in found if standing.status is not Status.ON_TIME]
        print_table(
            ["publisher", "status", "due", "published", "days", "basis"],
            [[each.publisher, each.status, each.due, each.published_on, each.days, each.basis] for each in shown],
        )
        counts = Counter(standing.status for standing in found)
        remark(
            f"{year}: {len(found)} publishers; "
            + ", ".join(f"{count} {status}" for status, count in counts.most_common())
        )
    if any(standing.status in {Status.MISSING, Status.LATE, Status.WITHDRAWN} for standing in found):
        raise typer.Exit(ATTENTION)


def _standing(standing: Standing) -> dict[str, Any]:
    return {
        "publisher": standing.publisher,
        "scope": standing.scope,
        "status": standing.status,
        "due": _iso(standing.due),
        "published_on": _iso(standing.published_on),
        "first_seen_at": _iso(standing.first_seen_at),
        "days": standing.days,
        "basis": standing.basis,
        "url": standing.url,
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day is not None else None


def comparison(
    context: typer.Context,
    publisher: Annotated[str, typer.Argument(help="As `xxgk reports` names it.", show_default=False)],
    first: Annotated[int, typer.Argument(metavar="Y1", help="A report year.", show_default=False)],
    second: Annotated[int, typer.Argument(metavar="Y2", help="Another.", show_default=False)],
    json: Annotated[bool, typer.Option("--json", help="A line of JSON.")] = False,  # noqa: FBT002 - Typer's way to write a flag
) -> None:
    """Compare two years of a publisher: figures and prose side by side, chains checked."""
    with Invocation.of(context).open() as archive:
        found = diff(archive, publisher, first, second)
    if json:
        print_json([_comparison(found)])
    else:
        _print(found)
    if found.chains:
        raise typer.Exit(ATTENTION)


def _comparison(found: Comparison) -> dict[str, Any]:
    return {
        "publisher": found.publisher,
        "years": list(found.years),
        "urls": list(found.urls),
        "figures": [
            {
                "key": row.key,
                str(found.years[0]): _cell(row.before),
                str(found.years[1]): _cell(row.after),
                "change": row.change,
            }
            for row in found.figures
        ],
        "sections": [
            {
                "number": row.number,
                "headings": [section.heading if section is not None else None for section in (row.before, row.after)],
                "similarity": row.similarity,
                "texts": [section.text if section is not None else None for section in (row.before, row.after)],
            }
            for row in found.sections
        ],
        "chains": [finding.model_dump(exclude_none=True) for finding in found.chains],
    }


def _cell(figure: Figure | None) -> dict[str, Any] | None:
    return {"value": figure.value, "text": figure.text, "state": figure.state} if figure is not None else None


def _print(found: Comparison) -> None:
    before, after = found.years
    changed = [
        row for row in found.figures if row.before is None or row.after is None or row.before.text != row.after.text
    ]
    print_table(
        ["figure", str(before), str(after), "change"],
        [
            [
                row.key,
                row.before.text if row.before is not None else "not printed",
                row.after.text if row.after is not None else "not printed",
                f"{row.change:+}" if row.change is not None else "",
            ]
            for row in changed
        ],
        title=f"{found.publisher}: {len(changed)} of {len(found.figures)} figures differ",
    )
    print_table(
        ["section", "heading", "alike"],
        [
            [
                row.number,
                (row.after or row.before).heading if row.after is not None or row.before is not None else "",  # type: ignore[union-attr]
                f"{row.similarity:.0%}" if row.similarity is not None else "in one year only",
            ]
            for row in found.sections
        ],
    )
    for finding in found.chains:
        remark(f"{finding.rule}: {finding.message}")
