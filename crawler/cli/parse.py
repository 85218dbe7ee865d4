"""``xxgk parse``: the records of files, nothing stored."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer

from crawler.cli.invocation import ATTENTION, WRONG
from crawler.cli.output import print_json, print_table, progress, remark
from parser.documents import MAX_BYTES
from parser.errors import NotAReport, ParserError, UnreadableDocument
from parser.hints import Hints
from parser.isolation import IsolatedParser
from parser.record import Record, Severity

EXAMPLE = "Example: xxgk parse report.html --json"


def command(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="HTML, .docx, .pdf, .ofd, .xlsx, .xls, text.", show_default=False),
    ],
    json: Annotated[bool, typer.Option("--json", help="A line of JSON per file: the record, and `file`.")] = False,  # noqa: FBT002 - Typer's way to write a flag
) -> None:
    """Read annual reports from files and print their records; nothing is stored.

    A file that is not an annual report is said to be none (exit status 1), one that cannot be read too (2).
    """
    worst = 0
    with IsolatedParser() as parser, progress() as show:
        for number, path in enumerate(files, 1):
            if len(files) > 1:
                show.say(f"{number} of {len(files)}: {path}")
            try:
                record = parser.parse(_bytes(path), Hints(name=path.name))
            except ParserError as error:
                worst = max(worst, ATTENTION if isinstance(error, NotAReport) else WRONG)
                remark(f"xxgk: {path}: {error}")
                if json:
                    print_json([{"file": str(path), "error": _kind(error), "message": str(error)}])
                continue
            if any(finding.severity is Severity.ERROR for finding in record.findings):
                worst = max(worst, ATTENTION)
            if json:
                print_json([{"file": str(path), **record.to_data()}])
            else:
                print_record(record, title=str(path))
    raise typer.Exit(worst)


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)  # one more than the parser takes: enough for it to say so
    except OSError as error:
        message = f"cannot be opened ({error.strerror or error}); check the name and who may read it"
        raise UnreadableDocument(message) from error


def _kind(error: ParserError) -> str:
    return {"NotAReport": "not_a_report", "UnsupportedFormat": "unsupported_format"}.get(
        type(error).__name__, "unreadable"
    )


def print_record(record: Record, *, title: str) -> None:
    """A record for people: who, when, which form, what was read and what was found."""
    source = f" ({record.published_source})" if record.published_source is not None else ""
    contact = ", ".join(value for value in record.contact.model_dump().values() if value is not None)
    facts: list[tuple[str, Any]] = [
        ("title", record.title),
        ("publisher", record.publisher),
        ("report year", record.report_year),
        ("published on", f"{record.published_on}{source}" if record.published_on is not None else None),
        ("form", record.template),
        ("contact", contact or None),
        ("sections", "; ".join(f"{section.number} {section.heading}" for section in record.sections) or None),
        ("figures", _figures(record)),
    ]
    judged = Counter(check.result for check in record.checks)
    if judged:
        facts.append(("identities", ", ".join(f"{count} {result}" for result, count in judged.items())))
    print_table(["", ""], [(name, "–" if value is None else value) for name, value in facts], title=title)
    if record.findings:
        rows, blank = [], 0
        for finding in record.findings:
            if finding.rule == "cells.blank":
                blank += 1
                continue
            rows.append((finding.severity, finding.rule, finding.table, finding.row or finding.column, finding.message))
        if blank:
            rows.append((Severity.WARNING, "cells.blank", None, None, f"{blank} cells are blank; the form asks for 0"))
        print_table(["severity", "rule", "table", "row or column", "what"], rows)


def _figures(record: Record) -> str | None:
    tables = Counter(key.split(".")[0] for key in record.figures)
    states = Counter(figure.state for figure in record.figures.values())
    if not tables:
        return None
    counted = ", ".join(f"{table} {count}" for table, count in tables.items())
    return f"{counted} ({', '.join(f'{count} {state}' for state, count in states.items())})"
