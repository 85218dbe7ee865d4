"""``xxgk diff``: one publisher's years side by side."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from archive.compare import Comparison, diff
from crawler.cli.invocation import ATTENTION, Invocation
from crawler.cli.output import print_json, print_table, remark
from parser.record import Figure

EXAMPLE = "Example: xxgk diff 清湾市财政局 2023 2024"


def command(
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
