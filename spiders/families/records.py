"""Rows out of JSON answers, whatever the keys are called: raw newlines, wrong types and missing values are expected."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from parser.titles import judge
from spiders import titles
from spiders.addresses import plain
from spiders.dates import read_cell
from spiders.families.pages import Page
from spiders.items import Row

_WRAPPED = re.compile(r"^[\w.$]{1,80}\s*\((?P<json>.*)\)\s*;?$", re.DOTALL)
_MARKUP = re.compile(r"<[^>]*>")
_CHINA = timedelta(hours=8)
_SECONDS, _MILLISECONDS = 10, 13  # digits of a time since 1970
_MOST_PARTS = 50_000  # objects and lists of an answer that are looked at
_DEEPEST = 12


@dataclass(frozen=True)
class Fields:
    """What a record calls its address, title and date: names in lower case, best first."""

    url: tuple[str, ...] = ("url", "puburl", "docpuburl", "link", "linkurl", "href", "pageurl")
    title: tuple[str, ...] = ("title", "doctitle", "titlehtml", "name", "headline", "subtitle")
    day: tuple[str, ...] = (
        "display_date",
        "displaydate",
        "pubdate",
        "publishdate",
        "publishtime",
        "pubtime",
        "publishedtimestr",
        "releasedate",
        "docreltime",
        "date",
    )


COMMON: Final = Fields()


def read_json(text: str) -> Any:
    """The value an answer holds, bare or wrapped in a callback; None where it cannot be understood."""
    bare = text.strip().strip("\ufeff").strip()
    wrapped = _WRAPPED.match(bare)
    try:
        return json.loads(wrapped["json"] if wrapped is not None else bare, strict=False)
    except (ValueError, RecursionError):
        return None


def objects(found: Any) -> Iterator[dict[str, Any]]:
    """Every object of an answer, outer ones first, so that a list is found whatever it is called."""
    waiting, seen = [(found, 0)], 0
    while waiting and seen < _MOST_PARTS:
        following: list[tuple[Any, int]] = []
        for part, depth in waiting:
            seen += 1
            if isinstance(part, dict):
                yield part
                following += [(value, depth + 1) for value in part.values() if isinstance(value, dict | list)]
            elif isinstance(part, list):
                following += [(value, depth + 1) for value in part if isinstance(value, dict | list)]
        waiting = [(part, depth) for part, depth in following if depth <= _DEEPEST]


def rows_of(page: Page, found: Any, fields: Fields = COMMON) -> tuple[Row, ...]:
    """The rows of an answer, each address once; an object without address or title is none."""
    rows = (row for record in objects(found) if (row := _row(page, record, fields)) is not None)
    return tuple({row.url: row for row in rows}.values())


def number(record: Any, *names: str) -> int | None:
    """A whole number of an object, given as a number or in a string; None for anything else."""
    if not isinstance(record, dict):
        return None
    for name in names:
        value = record.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if isinstance(value, str) and value.strip().isdecimal() and len(value) < _SECONDS:
            return int(value)
    return None


def _row(page: Page, record: dict[str, Any], fields: Fields) -> Row | None:
    lower = {str(name).lower(): value for name, value in record.items()}
    given = (value for value in _texts(lower, fields.url) if re.search(r"[/.?]", value))
    url = next((address for value in given if (address := page.resolve(html.unescape(value))) is not None), None)
    named = [title for value in _texts(lower, fields.title) if (title := _words(value)).text]
    if url is None or not named:
        return None
    title = next((title for title in named if judge(title.text, in_report_column=True).is_report), named[0])
    days = (day for name in fields.day if (day := _day(lower.get(name))) is not None)
    return Row(plain(url), title.text, next(days, None), title.cut)


def _texts(record: Mapping[str, Any], names: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        value = record.get(name)
        if isinstance(value, str) and value.strip():
            yield value


def _words(value: str) -> titles.LinkTitle:
    """A title without the markup and entities that answers leave in it."""
    return titles.whole(_MARKUP.sub("", html.unescape(value)), None)


def _day(value: Any) -> date | None:
    """The day a record gives, as a date in words or as seconds or milliseconds since 1970."""
    text = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if text.isdecimal() and len(text) in {_SECONDS, _MILLISECONDS}:
        moment = int(text) / (1000 if len(text) == _MILLISECONDS else 1)
        return (datetime.fromtimestamp(moment, UTC) + _CHINA).date()
    return read_cell(text)
