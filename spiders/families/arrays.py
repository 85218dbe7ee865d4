"""Rows that stand as objects in a page's script: ``var listData = [{title: …, url: …, publishDate: …}]``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from parser.titles import judge, read
from spiders.addresses import is_directory
from spiders.families.literals import values_after
from spiders.families.pages import Page
from spiders.families.records import COMMON, Fields, objects, rows_of
from spiders.items import Row

_NAMES_A_REPORT: Final = re.compile(r"年报|年度报告|工作报告|\\u5e74\\u62a5|\\u62a5\\u544a", re.IGNORECASE)
_VALUE: Final = re.compile(
    r"[=:(]\s*(?=\[\s*\{)|=\s*(?=\{\s*[\"'\w]+\s*:\s*[\[{])|\bparse\(\s*(?=['\"]\s*[\[{])"
)  # a list, an object of objects, or either in a string
_REMARK: Final = re.compile(r"/\*.{0,100000}?\*/|^[ \t]*//[^\n]*$", re.DOTALL | re.MULTILINE)
_NO_SCRIPT: Final = re.compile(r"template|html|handlebars|mustache|x-", re.IGNORECASE)
_MOST_VALUES = 20  # of one script: a page sets its menu, its pictures and its list
_MOST_OBJECTS = 10_000
_URL_NAME: Final = re.compile(r"^(?!.*(?:img|pic|cover|thumb|logo|icon|video)).*(?:url|link|href|path)", re.IGNORECASE)
_TITLE_NAME: Final = re.compile(r"title|name|text|subject|biaoti", re.IGNORECASE)
_DAY_NAME: Final = re.compile(r"(?:pub|release|issue|show|write).*(?:date|time|day)|^(?:date|day|time|riqi|fbrq|fbsj)$")


def read_arrays(page: Page) -> tuple[Row, ...]:
    """The reports a page's scripts hold as objects with a title and an address, whatever they call these."""
    found: dict[str, Row] = {}
    for record in islice(_records(page), _MOST_OBJECTS):
        for row in rows_of(page, [record], _fields(record)):
            if _is_one(row):
                found.setdefault(row.url, row)
    return tuple(found.values())


def _records(page: Page) -> Iterator[dict[str, Any]]:
    for script in page.tree.iter("script"):
        text = script.text or ""
        if _NAMES_A_REPORT.search(text) is None or _NO_SCRIPT.search(script.get("type") or ""):
            continue
        for value in values_after(_REMARK.sub("", text), _VALUE, _MOST_VALUES):
            yield from objects(list(value.values()) if isinstance(value, dict) else value)


def _is_one(row: Row) -> bool:
    """Whether a row is one report: not a menu's 政府信息公开年报, which names neither year nor publisher."""
    if not judge(row.title).is_report:
        return False
    parts = read(row.title)
    return parts.report_year is not None or (parts.publisher is not None and not is_directory(row.url))


def _fields(record: dict[str, Any]) -> Fields:
    """What a record calls its parts: the usual names first, then those that sound like them."""
    names = [str(name).lower() for name in record]
    return Fields(
        url=(*COMMON.url, *filter(_URL_NAME.search, names)),
        title=(*COMMON.title, *filter(_TITLE_NAME.search, names)),
        day=(*COMMON.day, *filter(_DAY_NAME.search, names)),
    )
