"""The words for what a comparison found, the same on a terminal and on a page."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from archive.comparing.comparison import Comparison
from archive.comparing.equivalents import Relation
from archive.comparing.figures import NEW, FigureRow
from archive.comparing.labels import TABLES, Label, label
from archive.comparing.prose import Kind, SectionRow
from archive.comparing.sides import Side
from archive.comparing.years import YearCell, YearRow, Years
from parser.record import Figure, Finding, Number, State

MARKS = {Kind.REUSED: "=", Kind.MOVED: ">", Kind.CHANGED: "~", Kind.ADDED: "+", Kind.DROPPED: "-"}
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_NUMERALS = "一二三四五六七八九十"


def clean(text: str) -> str:
    """A text of a portal on one line, without what commands a terminal or turns the direction of writing."""
    return "".join(" " if sign in "\n\r\t" else sign for sign in text if sign in "\n\r\t" or _is_seen(sign))


def _is_seen(sign: str) -> bool:
    return (sign.isascii() and sign.isprintable()) or unicodedata.category(sign) not in _UNSEEN


def printed(figure: Figure | None) -> str:
    """What a cell prints; a state that has no text of its own in brackets."""
    if figure is None:
        return "(not printed)"
    said = clean(figure.text).strip() or ("(blank)" if figure.state is State.BLANK else f"({figure.state.value})")
    return f"{said} {clean(figure.note)}" if figure.note else said


def value_of(figure: Figure | None, keys: Sequence[str]) -> str:
    """What a report prints for a row; of a sum its value and its parts."""
    said = printed(figure)
    return f"{figure.value} = {said}" if figure is not None and figure.value is not None and len(keys) > 1 else said


def change_of(change: Number | None) -> str:
    """A change with its sign."""
    return "" if change is None else f"{change:+,}" if change else "0"


def percent_of(row: FigureRow) -> str:
    """The percentage with its sign, or that there was none before."""
    return "new" if NEW in row.said else "" if row.percent is None else f"{row.percent:+,} %"


def share_of(share: float | None) -> str:
    """A share as a percentage."""
    return "–" if share is None else f"{share:.0%}"


def remark_on(row: FigureRow) -> str:
    """What keeps two figures from being compared, or what kind of pair they are."""
    said = [one for one in row.said if one.startswith("units")]
    if row.relation is Relation.SUM and row.because is not None:
        said.append(f"sum: {row.because}")
    if row.relation is Relation.NEAR and row.because is not None:
        said.append(f"not the same: {row.because}")
    if row.relation is Relation.ONLY and row.because is not None:
        said.append(row.because)
    return "; ".join(said)


def place_of(finding: Finding) -> str:
    """The key of the figure a chain breaks at, as much of it as is named."""
    return ".".join(part for part in (finding.table, finding.row, finding.column) if part)


def shown(found: Comparison, *, everything: bool) -> list[FigureRow]:
    """The rows worth showing: what differs, without what one form only can print and the parts of a sum."""
    return [row for row in found.figures if everything or (row.differs and not _stands_alone(row))]


def left_out(found: Comparison) -> int:
    """How many figures one of the two forms only can print, or one of the two reports prints to a row of its own."""
    return sum(row.differs and _stands_alone(row) and row.relation is not Relation.PART for row in found.figures)


def _stands_alone(row: FigureRow) -> bool:
    if row.relation is Relation.NEAR:
        return row.before is None or row.after is None
    return row.relation in {Relation.ONLY, Relation.PART}


def by_table(rows: Iterable[FigureRow], side: Side) -> Iterator[tuple[str, list[tuple[Label, FigureRow]]]]:
    """The rows under the headings of their tables, with their labels as the form of the later report has them."""
    told = [(label(row.key, side.forms.get(row.key.partition(".")[0])), row) for row in rows]
    for table in TABLES:
        here = [(words, row) for words, row in told if row.key.partition(".")[0] == table]
        if here:
            yield here[0][0].table, here


def years_by_table(rows: Iterable[YearRow]) -> Iterator[tuple[str, list[tuple[Label, YearRow]]]]:
    """As :func:`by_table`, for all years."""
    told = [(label(row.key), row) for row in rows]
    for table in TABLES:
        here = [(words, row) for words, row in told if row.key.partition(".")[0] == table]
        if here:
            yield here[0][0].table, here


def year_cell(cell: YearCell | None, *, percent: bool = False) -> str:
    """What a report prints for a row of all years, with its change; ≈ before what is near and not the same, Σ before a sum."""
    if cell is None or (cell.relation is Relation.NEAR and cell.figure is None):
        return ""
    mark = {Relation.NEAR: "≈ ", Relation.SUM: "Σ "}.get(cell.relation, "")
    change = change_of(cell.change) if cell.change else ""
    if change and percent and cell.percent is not None:
        change += f", {cell.percent:+,} %"
    return f"{mark}{value_of(cell.figure, cell.keys)}{f' ({change})' if change else ''}"


def reasons_of(found: Years) -> list[str]:
    """Why figures of one form stand in the rows of another, each once."""
    marks = {Relation.NEAR: "≈", Relation.SUM: "Σ"}
    told = [
        f"{marks[cell.relation]} {cell.because}"
        for row in found.rows
        for cell in row.cells
        if cell is not None and cell.figure is not None and cell.relation in marks and cell.because is not None
    ]
    return list(dict.fromkeys(told))


def section_heading(row: SectionRow) -> str:
    """The heading of a section, of the later report where it has one."""
    section = row.after or row.before
    number = _NUMERALS[row.number - 1] if 0 < row.number <= len(_NUMERALS) else str(row.number)
    return f"{number}、{clean(section.heading)}" if section is not None else number


def section_summary(row: SectionRow) -> str:
    """How much of a section is reused, and what became of the sentences."""
    if row.before is None or row.after is None:
        return "in one report only"
    counts = ", ".join(f"{row.count(kind)} {kind.value}" for kind in Kind if row.count(kind))
    if not counts:
        return "no prose"
    return f"{share_of(row.reused)} reused: {counts}" if row.reused is not None else f"no prose any more: {counts}"


def forms_of(side: Side) -> str:
    """The forms of a report's tables; one where all are of it."""
    names = sorted(set(side.forms.values()))
    if len(names) < 2:
        return names[0] if names else "no form"
    return ", ".join(f"{table}: {name}" for table, name in side.forms.items())


def listed(numbers: Sequence[int]) -> str:
    """Numbers in a sentence."""
    return ", ".join(map(str, numbers))
