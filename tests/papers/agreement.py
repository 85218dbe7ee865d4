"""Whether a record says what a paper prints: nothing wrong ever, and nothing missing where nothing was lost."""

from __future__ import annotations

from collections.abc import Callable

from parser import Hints, Record, parse
from parser.cells import read_cell
from parser.record import Severity
from tests.papers.paper import Paper
from tests.papers.render import html


def record_of(item: Paper, render: Callable[[Paper], str | bytes] = html, hints: Hints | None = None) -> Record:
    """What the parser reads from a paper's page."""
    made = render(item)
    return parse(made.encode() if isinstance(made, str) else made, hints)


def wrong(record: Record, item: Paper) -> dict[str, str]:
    """The figures that are not what the paper prints, as found; one it does not print at all is wrong too."""
    found: dict[str, str] = {}
    for key, figure in record.figures.items():
        printed = item.figures.get(key)
        reading = read_cell(printed) if printed is not None else None
        if reading is None or (figure.value, figure.state) != (reading.value, reading.state):
            found[key] = f"{figure.text!r} for {printed!r}"
    return found


def missing(record: Record, item: Paper) -> set[str]:
    """The paper's figures that have no key."""
    return item.figures.keys() - record.figures.keys()


def assert_exact(record: Record, item: Paper) -> None:
    """Every figure of the paper as it is printed, and no other."""
    assert_never_wrong(record, item, lost=set())


def assert_never_wrong(record: Record, item: Paper, *, lost: set[str] | None = None) -> None:
    """No figure differs; where ``lost`` is given, exactly those are missing."""
    assert not wrong(record, item), f"wrong: {wrong(record, item)}; {_said(record)}"
    if lost is not None:
        assert missing(record, item) == lost, f"missing: {sorted(missing(record, item) ^ lost)}; {_said(record)}"


def _said(record: Record) -> str:
    return "; ".join(f"{finding.rule}: {finding.message}" for finding in record.findings)


def rules(record: Record, *severities: Severity) -> list[str]:
    """The rules of the findings, in order; of some severities where they are named."""
    return [item.rule for item in record.findings if not severities or item.severity in severities]


def places(record: Record, rule: str) -> set[str]:
    """Where a rule was found broken: its columns, else its rows."""
    return {item.column or item.row or "" for item in record.findings if item.rule == rule}


def headings(record: Record) -> list[tuple[int, str]]:
    """The sections' numbers and headings."""
    return [(section.number, section.heading) for section in record.sections]
