"""Checks across years, same publisher: what one report carries out the next must carry in."""

from __future__ import annotations

from collections.abc import Iterator

from parser.forms import form
from parser.record import Finding, Number, Record, Severity

_ITEM_ROWS = ("licensing", "other_administration", "penalties", "coercion", "fees")
_DOCUMENT_ROWS = ("rules", "normative_documents")


def chains(previous: Record, current: Record) -> tuple[Finding, ...]:
    """The chains that break from one report year to the next; none where the years do not follow each other.

    ``chain.requests`` does not cross from 2018 (the form of 2014 carries nothing); ``chain.normative_documents`` holds
    within the form of 2021, ``chain.items`` from 2019 to 2020 only .
    """
    if previous.report_year is None or current.report_year != previous.report_year + 1:
        return ()
    return (*_requests(previous, current), *_documents(previous, current), *_items(previous, current))


def _value(record: Record, key: str) -> Number | None:
    item = record.figures.get(key)
    return item.value if item is not None else None


def _broken(rule: str, key: str, expected: Number | None, found: Number | None, words: str) -> Iterator[Finding]:
    if expected is None or found is None or expected == found:
        return
    table, row, column = key.split(".")
    yield Finding(
        rule=rule, severity=Severity.WARNING, table=table, row=row, column=column, expected=expected, found=found,
        message=f"{words}: expected {expected}, found {found}",
    )  # fmt: skip


def _requests(previous: Record, current: Record) -> Iterator[Finding]:
    for column in form("requests").columns:
        key = f"requests.carried_in.{column.name}"
        expected = _value(previous, f"requests.carried_out.{column.name}")
        words = f"{column.name} carried in is what {previous.report_year} carried out"
        yield from _broken("chain.requests", key, expected, _value(current, key), words)


def _documents(previous: Record, current: Record) -> Iterator[Finding]:
    for row in _DOCUMENT_ROWS:
        key = f"disclosure.{row}.in_force"
        before = _value(previous, key)
        made, repealed = (_value(current, f"disclosure.{row}.{name}") for name in ("made", "repealed"))
        expected = (
            before + made - repealed if before is not None and made is not None and repealed is not None else None
        )
        yield from _broken(
            "chain.normative_documents", key, expected, _value(current, key), "in_force = last year's + made - repealed"
        )


def _items(previous: Record, current: Record) -> Iterator[Finding]:
    if (previous.template, current.template) != ("2019", "2019"):
        return
    for row in _ITEM_ROWS:
        key = f"disclosure.{row}.previous_items"
        before, change = _value(previous, key), _value(previous, f"disclosure.{row}.change")
        expected = before + change if before is not None and change is not None else None
        yield from _broken("chain.items", key, expected, _value(current, key), "previous_items = last year's + change")
    for row in _DOCUMENT_ROWS:
        key = f"disclosure.{row}.total_disclosed"
        before, new = _value(previous, key), _value(current, f"disclosure.{row}.newly_disclosed")
        expected = before + new if before is not None and new is not None else None
        yield from _broken(
            "chain.items", key, expected, _value(current, key), "total_disclosed = last year's + newly_disclosed"
        )
