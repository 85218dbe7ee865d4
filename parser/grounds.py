"""Grounds: the cells of a report that a finding rests on, by the definitions the checks themselves have."""

from __future__ import annotations

from collections.abc import Iterator

from parser.chains import CHAINS
from parser.checks import IDENTITIES, sides_of, stocks_of, sum_of
from parser.forms import form
from parser.narrative import cells_meant
from parser.record import Finding, Record


def cells_of(record: Record, finding: Finding) -> tuple[str, ...]:
    """The keys of ``record.figures`` a finding was judged by, in the order of its rule; none where it names no printed cell.

    Of a finding between two years, the cells of this report. What is not in a cell has its place in ``finding.at``.
    """
    return tuple(dict.fromkeys(key for key in _keys(record, finding) if key in record.figures))


def _keys(record: Record, finding: Finding) -> Iterator[str]:
    rule, named = finding.rule, f"{finding.table}.{finding.row}.{finding.column}"
    templates = {name: table.template for name, table in record.tables.items()}
    for identity in IDENTITIES:
        if identity.rule == rule:
            for sides in sides_of(identity, templates):
                if (sides.row, sides.column) == (finding.row, finding.column):
                    yield from (*sides.left, *sides.right)
    for chain in CHAINS:
        if chain.rule == rule and chain.key == named:
            yield from chain.now
    if rule == "disclosure.stock" and finding.row is not None:
        of_2019, of_2021 = stocks_of(finding.row)
        yield from of_2019 if finding.expected is None else of_2021
    elif rule == "statistics.sums" and finding.table is not None:
        for total, parts in form(finding.table).sums:
            if total == finding.row:
                yield from sum_of(finding.table, total, parts)
    elif rule == "narrative.mismatch":
        yield from cells_meant(finding, record.figures)
    else:
        yield named  # of the other rules, those about a cell name it
