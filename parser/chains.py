"""Chains: what one report says of the year before, held against that year's report. Pure rules over two years of a publisher.

They work on the cells of two reports that follow each other, by key of ``record.md``: a number, or the state of a cell without
one; what is not printed has no key. So forms need not be named: a chain is there where both years print its cells, whichever
form each table has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from parser.forms import form
from parser.record import Finding, Number, Record, Result, Severity, State

Cells = Mapping[str, "Number | State"]

BASE = 20  # of a figure that jumps: below it a few cases more are five times as many
FOLD = 5
TELLING = 3  # different numbers: fewer are alike by chance

_ITEM_ROWS = ("licensing", "other_administration", "penalties", "coercion", "fees")
_DOCUMENT_ROWS = ("rules", "normative_documents")
_STOCKS = ("in_force", "total_disclosed", "previous_items")  # the same as last year where nothing happened
# Printed on both forms under one key, but of another meaning: 本年新制作数量 is not 本年制发件数.
_OF_ONE_FORM = frozenset(
    [f"disclosure.{row}.made" for row in _DOCUMENT_ROWS]
    + [f"disclosure.{row}.decisions" for row in ("licensing", "penalties", "coercion")]
)
_MARKS = {  # columns that only one form of 表二 has
    "2019": tuple(f"disclosure.{row}.total_disclosed" for row in _DOCUMENT_ROWS)
    + tuple(f"disclosure.{row}.previous_items" for row in _ITEM_ROWS),
    "2021": tuple(f"disclosure.{row}.{column}" for row in _DOCUMENT_ROWS for column in ("in_force", "repealed")),
}


class Chain(NamedTuple):
    """A cell of a report that follows from last year's: ``before`` of that, and ``plus`` less ``minus`` of this one.

    With ``at_most`` a smaller number says nothing: what was taken back in the year is not printed.
    """

    rule: str
    key: str
    before: tuple[str, ...]
    words: str
    plus: tuple[str, ...] = ()
    minus: tuple[str, ...] = ()
    at_most: bool = False
    alone: bool = False  # one cell is to be the same as one of last year's

    @property
    def now(self) -> tuple[str, ...]:
        """The cells of this year's report that it rests on."""
        return (self.key, *self.plus, *self.minus)


class Link(NamedTuple):
    """A chain between two reports: whether it holds, and the numbers where they are known."""

    chain: Chain
    result: Result
    expected: Number | None = None
    found: Number | None = None


class Jump(NamedTuple):
    """A figure that is more than :data:`FOLD` times last year's, or less than that part of it."""

    key: str
    before: Number
    after: Number


class Repeated(NamedTuple):
    """Tables that are last year's: ``figures`` are the numbers that are not 0.

    ``telling`` where enough of them differ from each other: one application a year is granted in many a town.
    """

    figures: dict[str, Number]
    telling: bool

    @property
    def tables(self) -> tuple[str, ...]:
        """Which tables hold them."""
        return tuple(dict.fromkeys(key.partition(".")[0] for key in self.figures))


CHAINS = (
    *(
        Chain(
            "chain.requests",
            f"requests.carried_in.{column.name}",
            (f"requests.carried_out.{column.name}",),
            "carried in is what the year before carried out",
            alone=True,
        )
        for column in form("requests").columns
    ),
    *(
        Chain(
            "chain.normative_documents",
            f"disclosure.{row}.in_force",
            (f"disclosure.{row}.in_force",),
            "in force are last year's and those made, less those repealed",
            plus=(f"disclosure.{row}.made",),
            minus=(f"disclosure.{row}.repealed",),
        )
        for row in _DOCUMENT_ROWS
    ),
    *(
        Chain(
            "chain.items",
            f"disclosure.{row}.previous_items",
            (f"disclosure.{row}.previous_items", f"disclosure.{row}.change"),
            "last year's items are those of its report and their change",
        )
        for row in _ITEM_ROWS
    ),
    *(
        Chain(
            "chain.items",
            f"disclosure.{row}.total_disclosed",
            (f"disclosure.{row}.total_disclosed",),
            "disclosed in all are at most last year's and the newly disclosed",
            plus=(f"disclosure.{row}.newly_disclosed",),
            at_most=True,
        )
        for row in _DOCUMENT_ROWS
    ),
)


def links(previous: Cells, current: Cells) -> Iterator[Link]:
    """The answer of every chain whose cells both reports print; one without a number cannot be judged."""
    for chain in CHAINS:
        if chain.key in current and all(key in previous for key in chain.before):
            yield _judge(chain, previous, current)


def broken(previous: Cells, current: Cells) -> Iterator[Link]:
    """The chains that fail."""
    for chain in CHAINS:
        found = current.get(chain.key)
        if found is None or (chain.alone and found == previous.get(chain.before[0])):
            continue
        link = _judge(chain, previous, current)
        if link.result is Result.FAILS:
            yield link


def chains(previous: Record, current: Record) -> tuple[Finding, ...]:
    """The chains that break from one report year to the next; none where the years do not follow each other.

    ``chain.requests`` does not cross from 2018 (the form of 2014 carries nothing over), ``chain.normative_documents`` stays
    within the form of 2021 and ``chain.items`` within that of 2019: no other prints their cells.
    """
    if previous.report_year is None or current.report_year != previous.report_year + 1:
        return ()
    found = broken(cells_of(previous), cells_of(current))
    return tuple(_finding(link, previous.report_year) for link in found)


def jumps(previous: Cells, current: Cells) -> Iterator[Jump]:
    """The figures from :data:`BASE` on that grew or shrank more than fivefold, where they mean the same in both reports.

    ``change`` (本年增/减) is left out: it is a difference already.
    """
    for key, before in previous.items():
        if isinstance(before, State) or before < BASE or key.endswith(".change"):
            continue
        after = current.get(key)
        if after is None or isinstance(after, State) or before <= after * FOLD <= before * FOLD * FOLD:
            continue
        if key not in _OF_ONE_FORM or _same_form(previous, current):
            yield Jump(key, before, after)


def repeated(previous: Cells, current: Cells) -> Repeated | None:
    """All that is not 0 in a report's tables, if it is last year's; null otherwise.

    Tables of which every cell is 0 prove nothing, nor do stocks: what was in force still is.
    """
    figures = _other_than_zero(current)
    if not figures or figures != _other_than_zero(previous):
        return None
    flows = [said for key, said in figures.items() if not key.endswith(_STOCKS)]
    return Repeated(figures, len(set(flows)) >= TELLING) if flows else None


def restated(before: Cells, after: Cells) -> dict[str, tuple[Number, Number]]:
    """The figures that two versions of one report state otherwise; what only one of them states is none."""
    return {
        key: (said, now)
        for key, said in before.items()
        if not isinstance(said, State)
        and (now := after.get(key)) is not None
        and not isinstance(now, State)
        and said != now
    }


def cells_of(record: Record) -> dict[str, Number | State]:
    """The cells of a record."""
    return {key: item.state if item.value is None else item.value for key, item in record.figures.items()}


def _judge(chain: Chain, previous: Cells, current: Cells) -> Link:
    found = _number(current, chain.key)
    if found is None:
        return Link(chain, Result.UNJUDGED)
    expected: Number = 0
    for cells, keys, sign in ((previous, chain.before, 1), (current, chain.plus, 1), (current, chain.minus, -1)):
        for key in keys:
            said = _number(cells, key)
            if said is None:
                return Link(chain, Result.UNJUDGED)
            expected += sign * said
    if found == expected:
        return Link(chain, Result.HOLDS, expected, found)
    if chain.at_most and found < expected:
        return Link(chain, Result.UNJUDGED)
    return Link(chain, Result.FAILS, expected, found)


def _number(cells: Cells, key: str) -> Number | None:
    said = cells.get(key)
    return None if isinstance(said, State) else said


def _finding(link: Link, year: int) -> Finding:
    table, row, column = link.chain.key.split(".")
    return Finding(
        rule=link.chain.rule, severity=Severity.WARNING, table=table, row=row, column=column,
        expected=link.expected, found=link.found, message=message_of(link, year),
    )  # fmt: skip


def message_of(link: Link, year: int) -> str:
    """A failing link in a sentence; ``year`` is that of the earlier report."""
    return f"{link.chain.words}: the report on {year} makes it {link.expected}, found {link.found}"


def _same_form(previous: Cells, current: Cells) -> bool:
    """Whether 表二 of both reports is of one form, for certain."""
    one, other = _forms(previous), _forms(current)
    return one == other and len(one) == 1


def _forms(cells: Cells) -> frozenset[str]:
    return frozenset(name for name, marks in _MARKS.items() if any(key in cells for key in marks))


def _other_than_zero(cells: Cells) -> dict[str, Number]:
    return {key: said for key, said in cells.items() if said and not isinstance(said, State)}
