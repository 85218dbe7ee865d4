"""``xxgk reports`` and ``xxgk show``: the reports of the archive, in a list and one by one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from archive.errors import ArchiveError
from archive.report_data import figure_data, taken_from, view_data
from archive.reports import ReportView, VersionLine, find, iterate_reports, show
from archive.store import Archive
from archive.viewing.documents import document_of
from crawler.cli.invocation import WRONG, Invocation
from crawler.cli.output import print_json, print_table, remark
from crawler.cli.parse import print_record
from crawler.errors import WrongUsage
from parser.provenance import SourceRow, source_row
from parser.record import Figure

LIST_EXAMPLE = "Example: xxgk reports --year 2024"
SHOW_EXAMPLE = "Example: xxgk show 17 --cell requests.new.total"
_CHANGES_SHOWN = 40  # lines per version
Json = Annotated[bool, typer.Option("--json", help="A line of JSON per report.")]


def reports(
    context: typer.Context,
    year: Annotated[int | None, typer.Option(help="Only this report year.")] = None,
    publisher: Annotated[str | None, typer.Option(help="Only this publisher.")] = None,
    portal: Annotated[str | None, typer.Option(help="Only what was found from this portal.")] = None,
    json: Json = False,  # noqa: FBT002 - Typer's way to write a flag
) -> None:
    """List the reports of the archive."""
    with Invocation.of(context).open() as archive:
        lines = iterate_reports(archive, year=year, publisher=publisher, portal=portal)
        if json:
            print_json(line.to_data() for line in lines)
            return
        print_table(
            ["id", "publisher", "year", "published", "form", "figures", "findings", "state", "address"],
            ([
                line.id, line.publisher, line.report_year, line.published_on, line.template, line.figures,
                f"{line.errors}/{line.warnings}/{line.infos}", line.state, line.url,
            ] for line in lines),
        )  # fmt: skip


def view(
    context: typer.Context,
    references: Annotated[
        list[str],
        typer.Argument(metavar="REPORT...", help="Ids or addresses; or a publisher and a year.", show_default=False),
    ],
    cell: Annotated[
        str | None, typer.Option(metavar="KEY", help="Print the row of the source that a figure stands in.")
    ] = None,
    json: Json = False,  # noqa: FBT002 - Typer's way to write a flag
) -> None:
    """Show reports with their figures, findings, versions and captures."""
    missing = 0
    with Invocation.of(context).open() as archive:
        for reference, found in _views(archive, references):
            if found is None:
                missing += 1
                remark(f"xxgk: there is no report {reference!r}; `xxgk reports` lists them")
                if json:
                    print_json([{"reference": reference, "error": "unknown_report"}])
            elif cell is not None:
                _print_cell(archive, found, cell, json=json)
            elif json:
                print_json([view_data(archive, found)])
            else:
                _print_view(archive, found)
    if missing:
        raise typer.Exit(WRONG)


def _views(archive: Archive, references: list[str]) -> Iterator[tuple[str, ReportView | None]]:
    """The reports asked for, in order; a name followed by a year is one reference."""
    position = 0
    while position < len(references):
        reference = references[position]
        after = references[position + 1] if position + 1 < len(references) else ""
        if not reference.isdecimal() and "://" not in reference and after.isdecimal() and len(after) == 4:
            yield f"{reference} {after}", find(archive, reference, int(after))
            position += 2
        else:
            yield reference, show(archive, reference)
            position += 1


def _print_view(archive: Archive, found: ReportView) -> None:
    print_record(found.record, title=f"{found.line.id} {found.line.url}")
    print_table(
        ["version", "first seen", "figures", "read from", ""],
        [
            [
                version.id,
                f"{version.first_seen_at:%Y-%m-%d %H:%M}",
                version.figures,
                version.url,
                "current" if version.current else "",
            ]
            for version in found.versions
        ],
    )
    for version in found.versions:
        _print_changes(version)
    print_table(
        ["capture", "fetched", "status", "address", "WARC file", "offset"],
        [
            [
                capture.id,
                f"{capture.fetched_at:%Y-%m-%d %H:%M}",
                capture.status,
                capture.url,
                capture.file,
                capture.position,
            ]
            for capture in found.captures
        ],
    )
    for capture in found.captures:
        where = taken_from(archive, capture)
        if where is not None:
            remark(f"capture {capture.id} was taken from {where}")
    since = f" since {found.withdrawn_at:%Y-%m-%d %H:%M} UTC" if found.withdrawn_at is not None else ""
    because = f": {found.withdrawn_because}" if found.withdrawn_because is not None else ""
    remark(f"state: {found.state}{since}{because}")


def _print_changes(version: VersionLine) -> None:
    if version.changes is None:
        return
    lines = list(version.changes.words()) or ["other bytes of a document that is not readable here"]
    shown = lines[:_CHANGES_SHOWN]
    if len(lines) > len(shown):
        shown.append(f"… and {len(lines) - len(shown)} lines more; --json has all of them")
    print_table([f"version {version.id} against the one before it"], [[line] for line in shown])


def _print_cell(archive: Archive, found: ReportView, key: str, *, json: bool) -> None:
    figure = found.record.figures.get(key)
    if figure is None:
        near = sorted(name for name in found.record.figures if name.split(".")[:2] == key.split(".")[:2])
        raise WrongUsage(
            f"report {found.line.id} has no figure {key!r}" + (f"; it has {', '.join(near[:8])}" if near else "")
        )
    printed = _source(archive, found, figure)
    if json:
        print_json(
            [
                {
                    "id": found.line.id,
                    "key": key,
                    **figure_data(figure),
                    "source": {"row": list(printed.cells), "index": printed.index},
                }
            ]
        )
        return
    remark(
        f"{key} = {figure.value if figure.value is not None else figure.state} (printed {figure.text!r}, {printed.place})"
    )
    print_table([str(number) for number, _ in enumerate(printed.cells, 1)], [
        [f"»{text}«" if number == printed.index else text for number, text in enumerate(printed.cells)]
    ])  # fmt: skip


def _source(archive: Archive, found: ReportView, figure: Figure) -> SourceRow:
    version = next(version for version in found.versions if version.current)
    document = document_of(archive, version.capture_id)
    row = source_row(document.data, document.hints, figure.at)
    if row is None:
        raise ArchiveError(
            f"the row of that figure is not in {document.capture.url} any more; `xxgk reparse` reads the report again"
        )
    return row
