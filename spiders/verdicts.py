"""Verdicts: which rows of a list are reports, and which article is none although its row said so."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from parser.titles import judge
from spiders import dates, titles
from spiders.families.pages import Page
from spiders.items import RefusedRow, Row


def part(rows: tuple[Row, ...], today: date, *, trusted: bool) -> tuple[tuple[Row, ...], tuple[RefusedRow, ...]]:
    """Reports, and the rest with the reason each is none; ``trusted`` where the list is known to be of reports."""
    reports: list[Row] = []
    refused: list[RefusedRow] = []
    for found in rows:
        row = replace(found, listed_on=dates.believable(found.listed_on, today))
        verdict = judge(row.title, in_report_column=trusted)
        if verdict.is_report:
            reports.append(row)
        else:
            refused.append(RefusedRow(row, verdict.reason))
    return tuple(reports), tuple(refused)


def are_most(reports: tuple[Row, ...], rows: tuple[Row, ...]) -> bool:
    """Whether a page that was only given as an address is a column: at least two reports, and as many as other rows."""
    return len(reports) > 1 and 2 * len(reports) >= len(rows)


def refusal(page: Page, title: str | None, row: Row) -> str | None:
    """Why an article is no report although its row said so: its own, full title names another class of document."""
    if title is None or page.has_report_body:
        return None
    verdict = judge(title, in_report_column=True)
    if verdict.is_report or verdict.reason == "no report words" or not titles.same_start(row.title, title):
        return None
    return verdict.reason
