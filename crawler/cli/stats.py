"""``xxgk stats``: the panels that researchers draw, with the count each number rests on, as tables, lines and charts."""

from __future__ import annotations

import csv as tables
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from archive.divisions import Book
from archive.divisions.asked import code_of
from archive.formulas import defuse
from archive.panels.drawing import Drawn, Row, draw
from archive.panels.groups import Asked, By
from archive.panels.lines import COLUMNS, LEFT_OUT, facts_of, left_out_of, line_of, name_of, panel_line
from archive.panels.panels import Language, Panel, panel, panels
from archive.registry.classes import KINDS
from crawler.cli.invocation import Invocation
from crawler.cli.output import print_json, print_table, progress, remark
from crawler.cli.spreadsheets import write_csv
from crawler.errors import WrongUsage

EXAMPLE = "Example: xxgk stats applicants --from 2019 --to 2024 --division 220000 --by year"
STANDARD_OUTPUT = Path("-")
_MOST_COLUMNS = 8  # of a table for a terminal: beyond that each number has a row


def command(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="PANEL", help="One of those listed without.")] = None,
    first: Annotated[int | None, typer.Option("--from", metavar="YEAR", help="From this report year on.")] = None,
    last: Annotated[int | None, typer.Option("--to", metavar="YEAR", help="To this report year.")] = None,
    division: Annotated[
        str | None,
        typer.Option(metavar="CODE|NAME", help="Only this division and all below it: 220000, 22, or 吉林省."),
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option(metavar="CLASS", help=f"Only one of {', '.join(KINDS)}; may be given several times."),
    ] = None,
    of: Annotated[
        Literal["agencies", "governments", "all"] | None,
        typer.Option(help="Whose reports: a government's repeats those of the agencies below it.", show_default=False),
    ] = None,
    level: Annotated[
        Literal["province", "prefecture", "county"] | None,
        typer.Option(help="Which governments, with --of governments [those right below].", show_default=False),
    ] = None,
    by: Annotated[
        list[By] | None,
        typer.Option(help="A row for each; may be given several times [year].", show_default=False),
    ] = None,
    consistent: Annotated[  # noqa: FBT002 - Typer's way to write a flag
        bool, typer.Option("--consistent", help="Only reports of which the form's own sums hold.")
    ] = False,
    as_of: Annotated[
        datetime | None,
        typer.Option("--as-of", formats=["%Y-%m-%d"], metavar="DATE", help="The day to judge standings by [today]."),
    ] = None,
    language: Annotated[Literal["en", "zh"], typer.Option(help="Of titles and labels.")] = "en",
    chart: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a chart: .svg or .png.")] = None,
    csv: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a table for a spreadsheet; - prints it.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="A line of JSON per number.")] = False,  # noqa: FBT002 - Typer's way to write a flag
) -> None:
    """List the panels, or count one: requests, results, reasons, reviews, punctuality by division, year and class.

    Each number comes with the count of reports it rests on. A blank cell is not read as 0: the report is left out and counted.
    """
    if json and csv == STANDARD_OUTPUT:
        raise WrongUsage("--json and --csv - both write to standard output: give one of them")
    if name is None:
        _list(language, json=json)
        return
    chosen = panel(name)
    if consistent and not chosen.identities:
        raise WrongUsage(f"no sum of the form binds the cells of {name}: leave --consistent away")
    if as_of is not None and chosen.measure != "standings":
        raise WrongUsage(f"{name} is not judged by a day: leave --as-of away")
    plot = _chart(chart) if chart is not None else None
    with Invocation.of(context).open() as archive:
        code = code_of(division, archive.book)
        ways = tuple(dict.fromkeys(by or (By.YEAR,)))
        asked = Asked(first, last, code, tuple(kind or ()), of, level, ways, consistent)
        with progress() as shown:
            read = _Counting(shown.say)
            drawn = draw(archive, chosen, asked, as_of=as_of.date() if as_of is not None else None, progress=read)
        book = archive.book
    if csv is not None:
        _write(csv, drawn, language, book)
    if plot is not None and chart is not None:
        plot(chart, drawn, language, lambda code: name_of(code, book))
        remark(f"the chart is in {chart}")
    if json:
        print_json(line_of(drawn, row, language, book) for row in drawn.rows)
    elif csv is None:
        _print(drawn, language, book)
    _tell(drawn, language, consistent=consistent)


class _Counting:
    """Says how many reports were read."""

    def __init__(self, say: Callable[[str], object]) -> None:
        self._say = say
        self._read = 0

    def __call__(self, reports: int) -> None:
        self._read += reports
        self._say(f"{self._read:,} reports read")


def _chart(path: Path) -> Callable[[Path, Drawn, Language, Callable[[str], str]], None]:
    """What draws charts; asked for before anything is counted, so that what it lacks is told at once."""
    from crawler.charts import check, plot  # noqa: PLC0415 - matplotlib takes a second to import

    check(path)
    return plot


def _list(language: Language, *, json: bool) -> None:
    if json:
        print_json(panel_line(each, language) for each in panels().values())
        return
    print_table(
        ["panel", "what", "report years", "series"],
        [
            [each.name, each.title[language], _span(each.first_year, each.last_year), len(each.series)]
            for each in panels().values()
        ],
    )
    remark("`xxgk stats PANEL` counts one, by year; --by division, --by kind, --json, --csv and --chart do more")


def _write(path: Path, drawn: Drawn, language: Language, book: Book) -> None:
    headings = [*COLUMNS, *LEFT_OUT]
    rows = _cells(drawn, language, book)
    if path == STANDARD_OUTPUT:
        writer = tables.writer(sys.stdout, lineterminator="\n")
        writer.writerow(headings)
        writer.writerows([defuse(cell) for cell in row] for row in rows)
        sys.stdout.flush()
        return
    write_csv(path, headings, rows)
    remark(f"{len(drawn.rows):,} rows are in {path}")


def _cells(drawn: Drawn, language: Language, book: Book) -> Iterator[list[Any]]:
    for row in drawn.rows:
        facts = facts_of(drawn, row, language, book) | left_out_of(row)
        yield [facts[name] for name in (*COLUMNS, *LEFT_OUT)]


def _print(drawn: Drawn, language: Language, book: Book) -> None:
    """Years stand side by side as in a yearbook; else a row to a group, or to a number where each rests on others."""
    shown, by, size = drawn.panel, drawn.asked.by, len(drawn.panel.series)
    title = f"{shown.title[language]} ({shown.unit[language]})"
    groups = [drawn.rows[start : start + size] for start in range(0, len(drawn.rows), size)]
    if by == (By.YEAR,):
        counted = [] if not shown.together else [
            ["reports", *(f"{rows[0].reports:,}" for rows in groups)],
            ["left out", *(_left_out(rows[0]) for rows in groups)],
        ]  # fmt: skip
        print_table(
            ["", *(str(rows[0].group.year) for rows in groups)],
            [
                *(
                    [each.label[language], *(_shown(rows[at], shown) for rows in groups)]
                    for at, each in enumerate(shown.series)
                ),
                *counted,
            ],
            title=title if shown.together else f"{title}; in brackets the reports a number rests on",
        )
    elif shown.together and len(by) + size <= _MOST_COLUMNS:
        print_table(
            [*by, *(each.label[language] for each in shown.series), "reports", "left out"],
            [
                [
                    *_keys(rows[0], by, book),
                    *(_shown(row, shown) for row in rows),
                    f"{rows[0].reports:,}",
                    _left_out(rows[0]),
                ]
                for rows in groups
            ],
            title=title,
        )
    else:
        print_table(
            [*by, "series", "value", "reports", "left out"],
            [
                [
                    *_keys(row, by, book),
                    row.series.label[language],
                    _value(row, shown),
                    f"{row.reports:,}",
                    _left_out(row),
                ]
                for row in drawn.rows
            ],
            title=title,
        )


def _keys(row: Row, by: Sequence[By], book: Book) -> list[Any]:
    keys: dict[By, Any] = {
        By.YEAR: row.group.year,
        By.DIVISION: None if row.group.division is None else name_of(row.group.division, book),
        By.KIND: row.group.kind,
    }
    return [keys[each] for each in by]


def _value(row: Row, of: Panel) -> str:
    return "–" if row.value is None else f"{row.value:.1%}" if of.is_share else f"{row.value:,}"


def _shown(row: Row, of: Panel) -> str:
    value = _value(row, of)
    return value if of.together else f"{value} ({row.reports:,})"


def _left_out(row: Row) -> str:
    return ", ".join(f"{count:,} {reason.replace('_', ' ')}" for reason, count in row.left_out.items())


def _span(first: int | None, last: int | None) -> str:
    return f"{first}–{last}" if last is not None else f"{first}–"


def _tell(drawn: Drawn, language: Language, *, consistent: bool) -> None:
    """What the numbers are and what they are not, on standard error."""
    shown = drawn.panel
    remark(f"{shown.title[language]}: {shown.formula[language]}; {shown.source[language]}")
    aside = ", ".join(f"{count:,} of the class {kind}" for kind, count in drawn.set_aside.items())
    if drawn.of == "agencies":
        left = f"; not added are the reports of others: {aside}" if aside else ""
        remark(
            f"added are the figures of agencies, not of governments, whose reports repeat them{left}; --of governments shows those"
        )
    elif drawn.of == "governments" and drawn.level is not None:
        left = f"; not added are those of other levels, whose figures they hold or repeat: {aside}" if aside else ""
        remark(f"added are the reports of governments at the level {drawn.level}, each with what lies below it{left}")
    if any(row.failing for row in drawn.rows) and not consistent:
        remark(
            "in some of these reports a sum printed on the form fails (identities_failing): --consistent leaves them out"
        )
    if not drawn.rows:
        remark("no report that counts here is in the archive: ask of other years, another division or other classes")
    if drawn.unplaced:
        remark(f"{drawn.unplaced:,} reports whose publisher or year is not known stand in no row")
