"""Verdicts: which rows of a list are reports, and which article is none although its row said so."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

from parser.titles import judge
from spiders import dates, titles
from spiders.families.family import Article
from spiders.families.pages import Page
from spiders.items import RefusedRow, Row

_NO_WORDS = "no report words"
# What a title that the list cut must say to be looked at: a year, or the subject.
_MAY_BEGIN_ONE = re.compile(r"(?:19|20)\d\d|政府信息|信息公开")
# A title cut without an ellipsis: it ends within 政府信息公开工作年度报告.
_BREAKS_OFF = re.compile(r"(?:19|20)\d\d.*(?:政府信息?|信息公开?)(?:工作?)?(?:年度?)?$|(?:19|20)\d\d年度?政府?$")


def part(rows: tuple[Row, ...], today: date, *, trusted: bool) -> tuple[tuple[Row, ...], tuple[RefusedRow, ...]]:
    """Reports, and the rest with the reason each is none; ``trusted`` where the list is known to be of reports.

    In such a list a row whose title is cut before its last words counts as one: its article decides (:func:`refusal`).
    """
    reports: list[Row] = []
    refused: list[RefusedRow] = []
    for found in rows:
        row = replace(found, listed_on=dates.believable(found.listed_on, today))
        verdict = judge(row.title, in_report_column=trusted)
        if verdict.is_report or (trusted and verdict.reason == _NO_WORDS and _is_cut(row)):
            reports.append(row)
        else:
            refused.append(RefusedRow(row, verdict.reason))
    return tuple(reports), tuple(refused)


def are_most(reports: tuple[Row, ...], rows: tuple[Row, ...]) -> bool:
    """Whether a page that was only given as an address is a column: reports alone, or two and as many as other rows."""
    return 0 < len(reports) == len(rows) or (len(reports) > 1 and 2 * len(reports) >= len(rows))


def proof(page: Page, article: Article) -> str | None:
    """Why an article is no report whose row did not say what it is: nothing on it says so either; None where it is."""
    names = [article.title or "", *(link.name for link in article.attachments)]
    if page.has_report_body or any(judge(name, in_report_column=True).is_report for name in names):
        return None
    return "no report words"


def refusal(page: Page, title: str | None, row: Row) -> str | None:
    """Why an article is no report although its row said so: its own, full title names another class of document."""
    if title is None or (page.has_report_body and not row.cut):
        return None
    verdict = judge(title, in_report_column=True)
    if verdict.is_report or not titles.same_start(row.title, title):
        return None
    if verdict.reason == _NO_WORDS and (page.has_report_body or not _is_cut(row)):
        return None
    return verdict.reason


def _is_cut(row: Row) -> bool:
    """Whether a row's title may be the beginning of a report's."""
    return _BREAKS_OFF.search(row.title) is not None or (row.cut and _MAY_BEGIN_ONE.search(row.title) is not None)
