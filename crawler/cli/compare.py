"""``xxgk diff``: one publisher's years, or the versions of one report, side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from archive.comparing import data
from archive.comparing.comparison import Comparison, diff, versions
from archive.comparing.years import Years, all_years
from archive.store import Archive
from crawler.cli.comparing import print_comparison, print_years
from crawler.cli.invocation import ATTENTION, Invocation
from crawler.cli.output import print_json, remark
from crawler.errors import WrongUsage

_Found = TypeVar("_Found", Comparison, Years)
EXAMPLE = "Example: xxgk diff 清湾市财政局 2023 2024 --html diff.html"


def command(
    context: typer.Context,
    publisher: Annotated[
        str,
        typer.Argument(
            help="As `xxgk reports` names it; with --versions also a report's id or address.", show_default=False
        ),
    ],
    first: Annotated[int | None, typer.Argument(metavar="Y1", help="A report year.", show_default=False)] = None,
    second: Annotated[int | None, typer.Argument(metavar="Y2", help="Another.", show_default=False)] = None,
    every_year: Annotated[  # noqa: FBT002 - Typer's way to write a flag
        bool, typer.Option("--all-years", help="Every report of the publisher, a column each.")
    ] = False,
    every_version: Annotated[  # noqa: FBT002 - as above
        bool, typer.Option("--versions", help="The versions of one report, each against the one before it.")
    ] = False,
    everything: Annotated[bool, typer.Option("--all", help="Every figure, not only what differs.")] = False,  # noqa: FBT002 - as above
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a page that stands alone.")] = None,
    json: Annotated[bool, typer.Option("--json", help="A line of JSON, with --versions one per pair.")] = False,  # noqa: FBT002 - as above
) -> None:
    """Compare two years of a publisher, all its years, or the versions of a report: figures, prose, and the chains between."""
    if every_year and every_version:
        raise WrongUsage("--all-years and --versions exclude each other: ask for one of them")
    with Invocation.of(context).open() as archive:
        if every_year:
            years = _all_years(archive, publisher, first)
            _tell([years], data.of_all_years, print_years, html, json=json, everything=everything)
            broken = any(step.chains for step in years.steps)
        elif every_version:
            if second is not None:
                raise WrongUsage(f"--versions compares within one report year: leave {second} out")
            found = list(versions(archive, publisher, first))
            _tell(found, data.of_versions, print_comparison, html, json=json, everything=everything)
            if not found:
                remark("there is one version of that report")
            broken = False
        else:
            one = diff(archive, publisher, *_two(first, second))
            _tell([one], data.of_two_years, print_comparison, html, json=json, everything=everything)
            broken = bool(one.chains)
    if broken:
        raise typer.Exit(ATTENTION)


def _two(first: int | None, second: int | None) -> tuple[int, int]:
    if first is None or second is None:
        raise WrongUsage("name two report years, as in `diff 清湾市财政局 2023 2024`, or --all-years, or --versions")
    if first == second:
        raise WrongUsage(f"{first} is one year: name two, or ask for its --versions")
    return first, second


def _all_years(archive: Archive, publisher: str, first: int | None) -> Years:
    if first is not None:
        raise WrongUsage(f"--all-years takes every year: leave {first} out")
    return all_years(archive, publisher)


def _tell(
    found: Sequence[_Found],
    to_data: Callable[[_Found], dict[str, Any]],
    show: Callable[..., None],
    html: Path | None,
    *,
    json: bool,
    everything: bool,
) -> None:
    if html is not None:
        from archive.web.comparing.page import page  # noqa: PLC0415 - templates are not needed for the rest

        _write(html, page(found, everything=everything))
        remark(f"{html} is written: open it in a browser")
    if json:
        print_json(map(to_data, found))
    elif html is None:
        for one in found:
            show(one, everything=everything)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8", errors="replace", newline="\n")
    except OSError as error:
        raise WrongUsage(f"{path} cannot be written: {error.strerror or error}") from error
