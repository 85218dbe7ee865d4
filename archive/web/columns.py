"""Columns: what a cell of a table is, once for its page, its downloads and the description of its lines."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from archive.web.words import Language

Row = Mapping[str, Any]


class Kind(StrEnum):
    """What the values of a column are."""

    TEXT = "text"
    NUMBER = "number"
    SHARE = "share"  # 0 to 1
    YEAR = "year"  # a number that is never grouped
    DAY = "day"
    MOMENT = "moment"
    FLAG = "flag"
    CODE = "code"  # of a division, of a cell, a digest: read letter by letter
    ADDRESS = "address"  # of the web: shown, and led to by itself
    DATA = "data"  # values of values; only in JSON


TYPES: Mapping[Kind, Any] = {
    Kind.TEXT: str,
    Kind.NUMBER: int | float,
    Kind.SHARE: float,
    Kind.YEAR: int,
    Kind.DAY: date,
    Kind.MOMENT: datetime,
    Kind.FLAG: bool,
    Kind.CODE: str,
    Kind.ADDRESS: str,
    Kind.DATA: Any,
}


@dataclass(frozen=True)
class Column:
    """A column. ``name`` stands in JSON and in the first line of a download; its heading stands in the tables of words.

    ``href`` is the page of ours that a cell leads to, null where it leads nowhere. ``said`` puts a value into words for
    people (the downloads keep the value itself). ``tone`` makes a sign of it: good, warn, bad, or empty. ``hidden``
    columns are in the downloads and not on the page. ``doc`` is for the description of the API, in English.
    """

    name: str
    kind: Kind = Kind.TEXT
    href: Callable[[Row], str | None] | None = None
    said: Callable[[Any, Language], str] | None = None
    tone: Callable[[Any], str] | None = None
    hidden: bool = False
    doc: str | None = None


def plain(value: Any) -> Any:
    """A value as JSON and spreadsheets have it."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, StrEnum):
        return value.value
    return value
