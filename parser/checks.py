"""The checks: each a name, a severity and one small function; an identity holds, fails, or cannot be judged."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from parser.documents.document import Line
from parser.forms import form
from parser.narrative import authority, mismatches, stale_years
from parser.record import Check, Figure, Finding, Number, Record, Result, Severity, State

Figures = Mapping[str, Figure]
_TABLE_OF_SECTION = {2: "disclosure", 3: "requests", 4: "review"}
_ZEROABLE = frozenset({State.NUMBER, State.BLANK})


@dataclass(frozen=True)
class Sides:
    """One identity at one place: the keys whose sums must be equal."""

    left: tuple[str, ...]
    right: tuple[str, ...]
    row: str | None = None
    column: str | None = None


@dataclass(frozen=True)
class Identity:
    """An identity printed on the form; ``sides`` gives its places in a report of one template."""

    rule: str
    table: str
    words: str
    sides: Callable[[str], Iterator[Sides]]


def _columns(table: str) -> tuple[str, ...]:
    return tuple(column.name for column in form(table).columns)


def _balance(_: str) -> Iterator[Sides]:
    for column in _columns("requests"):
        yield Sides(
            (f"requests.new.{column}", f"requests.carried_in.{column}"),
            (f"requests.total.{column}", f"requests.carried_out.{column}"),
            column=column,
        )


def _results(template: str) -> Iterator[Sides]:
    rows = [row.name for row in form("requests").rows_of(template) if row.outcome]
    for column in _columns("requests"):
        yield Sides((f"requests.total.{column}",), tuple(f"requests.{row}.{column}" for row in rows), column=column)


def _requests_columns(template: str) -> Iterator[Sides]:
    parts = [column for column in _columns("requests") if column != "total"]
    for row in form("requests").rows_of(template):
        yield Sides(
            (f"requests.{row.name}.total",), tuple(f"requests.{row.name}.{part}" for part in parts), row=row.name
        )


def _review(_: str) -> Iterator[Sides]:
    parts = [column for column in _columns("review") if column != "total"]
    for row in form("review").rows:
        yield Sides((f"review.{row.name}.total",), tuple(f"review.{row.name}.{part}" for part in parts), row=row.name)


# Printed on the form as 勾稽关系 (国办公开办函〔2019〕60号, 〔2021〕30号); a failure is an error.
IDENTITIES = (
    Identity("requests.balance", "requests", "new + carried_in = total + carried_out", _balance),
    Identity("requests.results", "requests", "total = the sum of the result rows", _results),
    Identity("requests.columns", "requests", "total = the sum of the six applicant columns", _requests_columns),
    Identity("review.total", "review", "total = upheld + corrected + other + pending", _review),
)


def identities(figures: Figures, tables: Mapping[str, str]) -> Iterator[Check]:
    """The answer of every identity at every place of the tables that were read."""
    for identity in IDENTITIES:
        if not any(key.startswith(f"{identity.table}.") for key in figures):
            continue
        for sides in sides_of(identity, tables):
            yield _judge(identity, sides, figures)


def _judge(identity: Identity, sides: Sides, figures: Figures) -> Check:
    left, right = _sum(sides.left, figures), _sum(sides.right, figures)
    result, as_zero = Result.UNJUDGED, None
    if left is not None and right is not None:
        result = Result.HOLDS if left == right else Result.FAILS
    elif all(key in figures and figures[key].state in _ZEROABLE for key in sides.left + sides.right):
        as_zero = _sum(sides.left, figures, blank=0) == _sum(sides.right, figures, blank=0)
    judged = result is not Result.UNJUDGED
    return Check(
        rule=identity.rule,
        result=result,
        table=identity.table,
        row=sides.row,
        column=sides.column,
        expected=right if judged else None,
        found=left if judged else None,
        holds_if_blank_is_zero=as_zero,
    )


def sides_of(identity: Identity, tables: Mapping[str, str]) -> tuple[Sides, ...]:
    """The places of an identity in a report; ``tables`` names the form of each of its tables."""
    return _sides(identity, tables.get(identity.table) or tables.get("disclosure") or "2021")


@cache
def _sides(identity: Identity, template: str) -> tuple[Sides, ...]:
    return tuple(identity.sides(template))


def _sum(keys: Sequence[str], figures: Figures, blank: int | None = None) -> Number | None:
    total: Number = 0
    for key in keys:
        item = figures.get(key)
        value = item.value if item is not None else None
        if value is None and item is not None and item.state is State.BLANK:
            value = blank
        if value is None:
            return None
        total += value
    return total


def findings(record: Record, period_year: int | None, lines: Sequence[Line], order: Sequence[int]) -> Iterator[Finding]:
    """Everything the checks of one report find; ``lines`` are the article's prose, ``order`` its sections as printed.

    The record carries its ``checks`` already: their failures are the errors.
    """
    words = {identity.rule: identity.words for identity in IDENTITIES}
    for check in record.checks:
        if check.result is Result.FAILS:
            where = check.column or check.row
            yield Finding(
                rule=check.rule, severity=Severity.ERROR, table=check.table, row=check.row, column=check.column,
                expected=check.expected, found=check.found,
                message=f"{words[check.rule]}, but {where} has {check.found} against {check.expected}",
            )  # fmt: skip
    yield from _cells(record.figures)
    yield from _missing_cells(record)
    yield from _sections(record, order)
    yield from _title(record, period_year, "\n".join(line.text for line in lines))
    yield from _stock(record.figures)
    yield from _statistics(record.figures)
    yield from mismatches(record, lines)
    yield from stale_years(record.sections, record.report_year)
    yield from authority(record)


def _cells(figures: Figures) -> Iterator[Finding]:
    for key, item in figures.items():
        table, row, column = key.split(".")
        if item.state is State.BLANK:
            yield Finding(
                rule="cells.blank", severity=Severity.WARNING, table=table, row=row, column=column, at=item.at,
                message="nothing is printed; the form asks for 0 where nothing happened",
            )  # fmt: skip
        elif item.state is not State.NUMBER:
            yield Finding(
                rule="cells.not_a_number", severity=Severity.WARNING, table=table, row=row, column=column, at=item.at,
                message=f"the cell prints {item.text[:60]!r}",
            )  # fmt: skip
        elif item.value is not None and item.value < 0 and column != "change":
            yield Finding(
                rule="cells.not_a_number", severity=Severity.WARNING, table=table, row=row, column=column, at=item.at,
                message=f"the cell prints {item.text[:60]!r}; a count cannot be negative",
            )  # fmt: skip


@cache
def expected_keys(table: str, template: str) -> tuple[str, ...]:
    """The keys one table of one form prints."""
    return tuple(_expected_keys(table, template))


def _expected_keys(table: str, template: str) -> Iterator[str]:
    if table == "disclosure":
        for block in form("disclosure").blocks:
            if block.template == template:
                yield from (f"disclosure.{row}.{column}" for row in block.rows for column in block.columns)
    elif table == "requests":
        for row in form("requests").rows_of(template):
            yield from (f"requests.{row.name}.{column}" for column in _columns("requests"))
    elif table == "review":
        for row in form("review").rows:
            yield from (f"review.{row.name}.{column}" for column in _columns("review"))


def _missing_cells(record: Record) -> Iterator[Finding]:
    """Cells the form prints and the document does not, by table: a number that is not on the page has no key."""
    if record.template not in {"2019", "2021"}:
        return
    for table in ("disclosure", "requests", "review"):
        own = record.tables.get(table)
        expected = expected_keys(table, own.template if own is not None else record.template)
        missing = [key for key in expected if key not in record.figures]
        if missing:
            what = "the table is not in the text" if len(missing) == len(expected) else f"first {missing[0]}"
            yield Finding(
                rule="cells.missing", severity=Severity.WARNING, table=table,
                message=f"{len(missing)} of {len(expected)} cells of the form could not be read: {what}",
            )  # fmt: skip


def _sections(record: Record, order: Sequence[int]) -> Iterator[Finding]:
    if record.template not in {"2019", "2021", None}:
        return  # the older forms have headings of their own
    present = [section.number for section in record.sections]
    for number in range(1, 7):
        if number not in present:
            yield Finding(
                rule="sections.missing",
                severity=Severity.WARNING,
                message=f"section {number} has no heading",
                row=str(number),
            )
    if list(order) != sorted(order):
        printed = ", ".join(str(number) for number in order)
        yield Finding(
            rule="sections.order", severity=Severity.WARNING, message=f"the sections stand in the order {printed}"
        )
    told = {number for number, table in _TABLE_OF_SECTION.items() if _prints(record.figures, table)}
    for section in record.sections:
        if section.number not in told and not section.text.strip():  # its table may be a picture or an attachment
            yield Finding(
                rule="sections.empty", severity=Severity.WARNING, row=str(section.number),
                message=f"section {section.number} {section.heading} says nothing",
            )  # fmt: skip


def _prints(figures: Figures, table: str) -> bool:
    return any(key.startswith(f"{table}.") for key in figures)


def _title(record: Record, period_year: int | None, text: str) -> Iterator[Finding]:
    if record.title is None or record.publisher is None:
        missing = "no title" if record.title is None else "no publisher"
        yield Finding(rule="title.missing", severity=Severity.INFO, message=f"the document names {missing}")
    if period_year is not None and record.report_year is not None and period_year != record.report_year:
        yield Finding(
            rule="title.year_mismatch", severity=Severity.INFO, expected=record.report_year, found=period_year,
            message=f"the title says {record.report_year}, the period {period_year}",
        )  # fmt: skip
    if record.template == "2021" and re.search(r"2019\s*[〕】\])）]\s*60\s*号", text):
        yield Finding(
            rule="template.outdated_reference", severity=Severity.INFO,
            message="the text cites 国办公开办函〔2019〕60号 over tables of 〔2021〕30号",
        )  # fmt: skip


def stocks_of(row: str) -> tuple[tuple[str, str], tuple[str, str, str]]:
    """The cells from which the stock of a row of 表二 follows: in the form of 2019, and in that of 2021."""
    of_2019 = (f"disclosure.{row}.previous_items", f"disclosure.{row}.change")
    return of_2019, (f"disclosure.{row}.made", f"disclosure.{row}.repealed", f"disclosure.{row}.in_force")


def _stock(figures: Figures) -> Iterator[Finding]:
    """Stocks that cannot be: below zero in 2019's 表二, fewer in force than were made in 2021's."""
    for row in form("disclosure").row_names:
        items, documents = stocks_of(row)
        stock = _sum(items, figures)
        if stock is not None and stock < 0:
            yield Finding(
                rule="disclosure.stock", severity=Severity.WARNING, table="disclosure", row=row, found=stock,
                message=f"previous_items + change = {stock}, below zero",
            )  # fmt: skip
        made, repealed, in_force = (_sum((key,), figures) for key in documents)
        if made is not None and repealed is not None and in_force is not None and in_force < made - repealed:
            yield Finding(
                rule="disclosure.stock", severity=Severity.WARNING, table="disclosure", row=row,
                expected=made - repealed, found=in_force,
                message=f"in_force {in_force} is less than made - repealed = {made - repealed}",
            )  # fmt: skip


def sum_of(table: str, total: str, parts: Sequence[str]) -> tuple[str, ...]:
    """The cells of a sum in one of the older forms, the total first."""
    return tuple(f"{table}.{row}.value" for row in (total, *parts))


def _statistics(figures: Figures) -> Iterator[Finding]:
    """The sums of the 统计表 of 2014 and the annex of 2008; part sums need every part printed."""
    for table in ("statistics_2014", "statistics_2008"):
        for total, parts in form(table).sums:
            whole, *keys = sum_of(table, total, parts)
            expected = (
                _sum([key for key in keys if key in figures], figures) if all(key in figures for key in keys) else None
            )
            found = _sum((whole,), figures)
            if expected is not None and found is not None and expected != found:
                yield Finding(
                    rule="statistics.sums", severity=Severity.WARNING, table=table, row=total, expected=expected, found=found,
                    message=f"{total} is {found}, its parts sum to {expected}",
                )  # fmt: skip
