"""``xxgk search``: the sections of reports that have some words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from archive.divisions import Book
from archive.divisions.asked import code_of
from archive.registry.classes import KINDS
from archive.words.folding import visible
from archive.words.lines import line_of, place_of
from archive.words.queries import read
from archive.words.search import Asked, Hit, Search
from crawler.cli.invocation import Invocation
from crawler.cli.output import print_json, remark
from crawler.cli.studying import catch_up
from crawler.errors import WrongUsage

EXAMPLE = "Example: xxgk search '大数据 -收费' --section 5 --year 2024 --division 22"
_SHOWN = 20
_MARK = "bold yellow"


def command(
    context: typer.Context,
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="WORDS",
            help="All of them in one section; a phrase in quotation marks, -word for what must not be there.",
            show_default=False,
        ),
    ],
    section: Annotated[
        list[int] | None,
        typer.Option(min=1, max=6, help="Only this section, 1 to 6; may be given several times."),
    ] = None,
    year: Annotated[int | None, typer.Option(help="Only this report year.")] = None,
    publisher: Annotated[str | None, typer.Option(help="Only this publisher.")] = None,
    division: Annotated[
        str | None, typer.Option(metavar="CODE|NAME", help="Only this division and all below it: 2202, or 吉林市.")
    ] = None,
    kind: Annotated[str | None, typer.Option(help=f"Only this class of publishers: {', '.join(KINDS)}.")] = None,
    versions: Annotated[  # noqa: FBT002 - Typer's way to write a flag
        bool, typer.Option("--versions", help="Also what reports said before they were edited.")
    ] = False,
    limit: Annotated[int, typer.Option(min=0, metavar="N", help="How many to show; 0 shows all.")] = _SHOWN,
    json: Annotated[bool, typer.Option("--json", help="A line of JSON per section.")] = False,  # noqa: FBT002 - Typer's way to write a flag
) -> None:
    """Find words in the prose of reports: newest year first, then by publisher.

    Width, case and the white space within Chinese do not count. A word that begins with `-` goes into the same quotation
    marks of the shell as the others.
    """
    if kind is not None and kind not in KINDS:
        raise WrongUsage(f"{kind} is no class of publishers: name one of {', '.join(KINDS)}")
    query = read(" ".join(words))
    with Invocation.of(context).open() as archive:
        code = code_of(division, archive.book)
        search = Search(archive, query, Asked(frozenset(section or ()), year, publisher, code, kind, versions))
        catch_up(archive)
        hits = search.hits(limit or None)
        if json:
            print_json(_line(hit, archive.book) for hit in hits)
        else:
            _print(hits, archive.book)
    remark(_count(search, limit))
    if search.damaged:
        remark(f"{search.damaged:,} records are damaged and could not be searched: `xxgk reparse` makes them anew")


def _line(hit: Hit, book: Book) -> dict[str, Any]:
    line = line_of(hit, book)
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in line.items()}


def _print(hits: Iterable[Hit], book: Book) -> None:
    console = Console(highlight=False, soft_wrap=True)
    for hit in hits:
        parts = [
            str(hit.report_year or "year not known"),
            hit.publisher or hit.url,
            place_of(hit, book),
            f"section {hit.section} {hit.heading}",
            f"report {hit.report_id}",
            f"{hit.snippet.occurrences:,} times" if hit.snippet.occurrences > 1 else None,
            "withdrawn" if hit.state == "withdrawn" else None,
            None if hit.current else f"as it was {hit.first_seen_at:%Y-%m-%d} to {hit.last_seen_at:%Y-%m-%d}",
        ]
        console.print(Text(visible("  ".join(part for part in parts if part)), style="bold"))
        line = Text(f"    {hit.snippet.text}")
        for start, end in hit.snippet.marks:
            line.stylize(_MARK, 4 + start, 4 + end)
        console.print(line)


def _count(search: Search, limit: int) -> str:
    if search.most == 0:
        return "no section has these words"
    if search.least < search.most:
        return f"{search.least:,} sections at least have these words, {search.most:,} at most: --limit 0 shows all"
    more = f", the first {limit:,} are shown" if limit and limit < search.least else ""
    return f"{search.least:,} sections have these words{more}"
