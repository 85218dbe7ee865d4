"""Comparisons on a terminal: in colour where there is one, and with a mark for each colour."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from archive.comparing.comparison import Comparison
from archive.comparing.figures import FigureRow
from archive.comparing.labels import Label
from archive.comparing.prose import Kind, Passage, SectionRow
from archive.comparing.wording import Change
from archive.comparing.years import Years
from archive.web.comparing.words import (
    MARKS,
    Words,
    by_table,
    change_of,
    clean,
    left_out,
    place_of,
    section_heading,
    share_of,
    shown,
    years_by_table,
)
from parser.record import Finding

_STYLES = {Kind.MOVED: "blue", Kind.CHANGED: "yellow", Kind.ADDED: "green", Kind.DROPPED: "red", Kind.REUSED: "dim"}
_WORDS = Words("en", labels="zh")
_PASSAGES = 200  # of a section; --json and --html have more


def print_comparison(found: Comparison, *, everything: bool) -> None:
    """Two years, or two versions of one: what differs, or every figure."""
    console = _console()
    _say(console, _title(found))
    names = _WORDS.names(found)
    rows = shown(found, everything=everything)
    for heading, told in by_table(rows, found.after):
        lines = [_Line(words, row.key, _cells(row), _WORDS.remark_on(row)) for words, row in told]
        _print_table(console, heading, [*names, "change", "percent"], lines)
    _say(console, Text(_counted(found, len(rows), everything=everything), style="dim"))
    for change in found.names:
        _say(console, Text(f"~ {change.name}: {_or_nothing(change.before)} → {_or_nothing(change.after)}", "yellow"))
    _print_chains(console, found.chains)
    _say(console, Text(f"\nProse: {share_of(found.prose.reused)} of {names[1]} stands in {names[0]}", "bold"))
    for section in found.sections:
        _say(console, Text.assemble((f"{section_heading(section)}  ", "bold"), _WORDS.section_summary(section)))
        _say(console, *_passages(section))


def print_years(found: Years, *, everything: bool) -> None:
    """All years: a column a report."""
    console = _console()
    _say(console, Text(f"{clean(found.publisher)}: {len(found.years)} reports, {_WORDS.listed(found.years)}", "bold"))
    if found.gaps:
        _say(console, Text(f"! no report on {_WORDS.listed(found.gaps)}", "yellow"))
    rows = [row for row in found.rows if everything or row.differs]
    for heading, told in years_by_table(rows):
        lines = [_Line(words, row.key, [_WORDS.year_cell(cell) for cell in row.cells]) for words, row in told]
        _print_table(console, heading, list(map(str, found.years)), lines)
    _say(
        console,
        Text(
            f"{len(rows)} of {len(found.rows)} rows; in brackets the change since the report before (in percent with --html and --json);"
            " Σ a sum of rows, ≈ near and not the same, empty: the form has none",
            style="dim",
        ),
    )
    _say(console, *(Text(reason, "dim") for reason in _WORDS.reasons_of(found)))
    for side in found.sides:
        _say(console, Text(f"{side.year}: form {_WORDS.forms_of(side)}, {clean(side.url)}", style="dim"))
    for step in found.steps:
        before, after = step.years
        apart = "" if after == before + 1 else ", years apart: no chain is judged"
        _say(console, Text(f"\n{before} to {after}: {share_of(step.prose.reused)} reused{apart}", "bold"))
        for section in step.prose.sections:
            _say(console, Text(f"  {section_heading(section)}  {_WORDS.section_summary(section)}"))
        _print_chains(console, step.chains)


def _console() -> Console:
    return Console(highlight=False, markup=False, emoji=False, soft_wrap=False)


def _title(found: Comparison) -> Text:
    text = Text(f"{clean(found.publisher)}: {_WORDS.title(found)}", "bold")
    forms = _WORDS.forms_of(found.before), _WORDS.forms_of(found.after)
    if forms[0] != forms[1]:
        text.append(f"\nform {forms[0]} and {forms[1]}", "dim")
    return text


@dataclass(frozen=True)
class _Line:
    """A figure: its labels, what stands in the columns, and a remark below."""

    words: Label
    key: str
    cells: list[str]
    remark: str = ""


def _print_table(console: Console, heading: str, columns: Sequence[str], lines: Sequence[_Line]) -> None:
    """The rows of a form under their own headings, so that their labels need not be broken."""
    first = max(16, *(2 + cell_len(f"{line.words.column} {_last(line.key)}") for line in lines))
    widths = [max(map(cell_len, column)) for column in zip(columns, *(line.cells for line in lines), strict=True)]
    head = "".join(f"  {_right(name, width)}" for name, width in zip(columns, widths, strict=True))
    _say(console, Text(f"\n{heading}", "bold"), Text(" " * first + head, "bold"))
    for (row, above), group in groupby(lines, key=lambda line: (line.words.row, line.key.rpartition(".")[0])):
        _say(console, Text.assemble(row, ("  " + clean(above), "dim")))
        for line in group:
            text = Text.assemble("  ", line.words.column, " " * bool(line.words.column), (_last(line.key), "dim"))
            text.append(" " * (first - text.cell_len))
            for name, cell, width in zip(columns, line.cells, widths, strict=True):
                text.append(f"  {_right(cell, width)}", _style(name, cell))
            _say(console, text)
            if line.remark:
                _say(console, Text(f"    {line.remark}", "dim"))


def _cells(row: FigureRow) -> list[str]:
    before, after = _WORDS.value_of(row.before, row.before_keys), _WORDS.value_of(row.after, row.after_keys)
    return [before, after, change_of(row.change), _WORDS.percent_of(row)]


def _style(column: str, cell: str) -> str:
    if column not in {"change", "percent"}:
        return ""
    return "green" if cell.startswith("+") else "red" if cell.startswith("-") else ""


def _last(key: str) -> str:
    return clean(key.rpartition(".")[2])


def _right(text: str, width: int) -> str:
    return " " * (width - cell_len(text)) + text


def _say(console: Console, *texts: Text) -> None:
    """Lines that only the terminal breaks: what is piped stays whole."""
    for text in texts:
        console.print(text, soft_wrap=True)


def _counted(found: Comparison, shown_rows: int, *, everything: bool) -> str:
    differ = sum(row.differs for row in found.figures)
    apart = left_out(found)
    said = f"{differ} of {len(found.figures)} figures differ"
    if apart and not everything:
        said += f"; {apart} of them have no like in the other report's form"
    return f"{said}; {shown_rows} shown, --all prints every figure" if not everything else said


def _print_chains(console: Console, broken: Iterable[Finding]) -> None:
    for finding in broken:
        _say(console, Text(f"! {finding.rule} {place_of(finding)}: {clean(finding.message)}", "yellow"))


def _told(row: SectionRow) -> list[Passage]:
    return [passage for passage in row.passages if passage.kind is not Kind.REUSED]


def _passages(row: SectionRow) -> Iterator[Text]:
    told = _told(row)
    for passage in told[:_PASSAGES]:
        yield _passage(passage)
    if len(told) > _PASSAGES:
        yield Text(f"… and {len(told) - _PASSAGES} sentences more; --json has all of them", "dim")
    if row.unread:
        yield Text(f"… and {row.unread} characters that were too many to compare", "dim")


def _passage(passage: Passage) -> Text:
    style = _STYLES[passage.kind]
    text = Text.assemble((f"  {MARKS[passage.kind]} ", style))
    if passage.kind is Kind.CHANGED:
        for piece in passage.pieces:
            if piece.change is Change.SAME:
                text.append(clean(piece.text))
            elif piece.change is Change.DROPPED:
                text.append(f"[-{clean(piece.text)}-]", "red")
            else:
                text.append(f"{{+{clean(piece.text)}+}}", "green")
    else:
        text.append(clean(passage.after or passage.before or ""), style)
    if passage.moved:
        elsewhere = passage.before_section != passage.after_section
        text.append(f" (from section {passage.before_section})" if elsewhere else " (from another place)", "blue")
    return text


def _or_nothing(value: str | int | None) -> str:
    return "(none)" if value is None else clean(str(value))
