"""``xxgk export``: the corpus as tables, for pandas, DuckDB, R and spreadsheets."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from archive.corpus.columns import tables
from archive.corpus.exporting import Exported, export
from archive.corpus.selection import Wanted
from archive.corpus.writing import Manner
from archive.days import CHINA
from archive.divisions.asked import code_of
from archive.parts import exports, ledger
from archive.parts.ledger import EXPORT
from archive.registry.classes import KINDS
from archive.store import Archive
from crawler.cli.in_parts import LEFT, attend
from crawler.cli.invocation import Invocation
from crawler.cli.output import print_json, print_table, progress, remark
from crawler.errors import WrongUsage

EXAMPLE = "Example: xxgk export corpus --format csv --year 2024 --division 220200"
_TABLES = [table.name for table in tables()]
_PROSE = "sections"
_SINCE = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:\d{2})?)?")


def command(
    context: typer.Context,
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A new folder, or that of an earlier export.", show_default=False)
    ],
    format: Annotated[  # noqa: A002 - the option's name
        Literal["parquet", "csv", "jsonl", "xlsx", "duckdb"], typer.Option(help="What to write.")
    ] = "parquet",
    table: Annotated[
        list[str] | None,
        typer.Option(help=f"Only this table, one of {', '.join(_TABLES)}; may be given several times."),
    ] = None,
    prose: Annotated[bool, typer.Option("--prose", help="The sections with their prose too.")] = False,  # noqa: FBT002 - Typer's way to write a flag
    year: Annotated[int | None, typer.Option(help="Only this report year.")] = None,
    division: Annotated[
        str | None, typer.Option(metavar="CODE|NAME", help="Only this division and all below it: 220200, or 吉林市.")
    ] = None,
    kind: Annotated[
        str | None, typer.Option(metavar="CLASS", help=f"Only publishers of this class: {', '.join(KINDS)}.")
    ] = None,
    publisher: Annotated[str | None, typer.Option(help="Only this publisher.")] = None,
    since: Annotated[
        str | None,
        typer.Option(metavar="DATE|TIME", help="Only reports that came, changed, went or came back since (in China)."),
    ] = None,
    bom: Annotated[bool, typer.Option("--bom", help="CSV: the mark by which Excel knows UTF-8.")] = False,  # noqa: FBT002 - as above
    chinese: Annotated[  # noqa: FBT002 - as above
        bool, typer.Option("--chinese", help="CSV and XLSX: headings in Chinese, as the form prints them.")
    ] = False,
    in_parts: Annotated[  # noqa: FBT002 - as above
        bool, typer.Option("--in-parts", help="Let the workers write it, into a folder that all of them share.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="A line of JSON per file.")] = False,  # noqa: FBT002 - as above
) -> None:
    """Write the reports as tables: a row per report, a row per printed cell, findings, publishers, and on request prose.

    `datapackage.json` beside them says what each column is. The folder is replaced whole, or not at all.
    """
    names = _names(table, prose=prose, sheet=format == "xlsx")
    if bom and format != "csv":
        raise WrongUsage("--bom is for --format csv: the other formats say how they are written")
    if chinese and format not in {"csv", "xlsx"}:
        raise WrongUsage("--chinese is for csv and xlsx: programs that read the other formats go by the names")
    if kind is not None and kind not in KINDS:
        raise WrongUsage(f"{kind} is no class of publishers: name one of {', '.join(KINDS)}")
    moment = _moment(since) if since is not None else None
    try:
        with Invocation.of(context).open() as archive, progress() as show:
            code = code_of(division, archive.book)
            wanted, manner = Wanted(year, publisher, code, kind, moment), Manner(bom, chinese)
            if in_parts:
                with exports.begun(
                    archive, folder, wanted, format=format, names=names, manner=manner, say=remark
                ) as run:
                    done = _attended(archive, run, show.say)
            else:
                done = export(
                    archive,
                    folder,
                    wanted,
                    format=format,
                    names=names,
                    manner=manner,
                    progress=lambda now, of: show.say(f"{now:,} of {of:,} reports"),
                )
    except KeyboardInterrupt:
        remark(
            LEFT
            if in_parts
            else f"Stopped: nothing of this export is in {folder}, what stood there before stands there still."
        )
        raise
    if json:
        print_json(_files(done))
    else:
        print_table(["table", "rows", "files", "bytes"], list(_lines(done)))
    _sum_up(done, folder)


def _attended(archive: Archive, run: int, show: Callable[[str], None]) -> Exported:
    """What the workers wrote."""
    attend(archive, EXPORT, run, show, "reports")
    done = exports.summary(archive, run)
    if done is None:  # parts were given up, and the run not yet
        raise WrongUsage("parts of this export were given up: run the same command again")
    ledger.mark_told(archive, EXPORT, run)
    return done


def _names(asked: list[str] | None, *, prose: bool, sheet: bool) -> list[str] | None:
    unknown = [name for name in asked or () if name not in _TABLES]
    if unknown:
        raise WrongUsage(f"there is no table {unknown[0]}: name one of {', '.join(_TABLES)}")
    if not prose:
        return asked
    if asked is None:
        return [name for name in _TABLES if not (sheet and name == "figures")]
    return [*asked, _PROSE]


def _moment(written: str) -> datetime:
    """A day begins in China, and so is a time understood that names no zone."""
    if _SINCE.fullmatch(written) is None:
        raise WrongUsage(f"--since: {written!r} is no day and no time, write 2026-03-01 or 2026-03-01T08:00")
    try:
        if len(written) == 10:
            return datetime.combine(date.fromisoformat(written), time(), CHINA)
        moment = datetime.fromisoformat(written)
    except ValueError:
        raise WrongUsage(f"--since: {written!r} is not in the calendar, write a day or time that is") from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=CHINA)


def _files(done: Exported) -> list[dict[str, Any]]:
    return [
        {
            "file": line.path,
            "tables": {table.name: rows for table, rows in line.tables},
            "rows": line.rows,
            "bytes": line.bytes,
            "sha256": line.sha256,
        }
        for line in done.files
    ]


def _lines(done: Exported) -> list[list[Any]]:
    found = []
    for table, rows in done.rows.items():
        of = [line for line in done.files if any(table == held for held, _ in line.tables)]
        size = sum(line.bytes for line in of if len(line.tables) == 1)
        found.append([table.name, f"{rows:,}", len(of), f"{size:,}" if size else ""])
    return found


def _sum_up(done: Exported, folder: Path) -> None:
    left = done.left
    remark(
        f"{done.reports:,} reports in {folder}, {sum(line.bytes for line in done.files):,} bytes; state {done.version}"
    )
    if done.until is not None:
        remark(f"the archive was written to meanwhile: some of it was read as it was at {done.until}")
    if left.unfit:
        remark(f"{left.unfit:,} numbers fit no column and are null there: their text stands in the table figures")
    if left.unplaced:
        remark(f"{left.unplaced:,} cells are on no form and stand in the table figures only")
    if left.cut:
        remark(
            f"{left.cut:,} texts are longer than a cell of a spreadsheet and were cut: other formats have them whole"
        )
