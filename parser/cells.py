"""A cell's text read as it is printed: number, blank, dash or text. Nothing is repaired, converted or guessed."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from parser.labels import squeeze
from parser.record import Number, State

UNITS = (
    "万元", "亿元", "元", "件次", "件", "条次", "条", "项次", "项", "个", "人次", "人", "次", "份", "宗", "起", "篇", "期", "场", "例", "家", "户", "部",
)  # fmt: skip
_DASHES = frozenset(
    {
        "/",
        "-",
        "--",
        "---",
        "—",
        "——",
        "―",
        "–",
        "―――",
        "———",
        "-/-",
        "//",
        "\\",
        "无",
        "∕",
        "﹣",
        "－",
        "－－",
        "╱",
        "⁄",
    }
)
_NUMBER = re.compile(
    r"(?P<sign>[+-]?)(?P<digits>\d{1,3}(?:,\d{3})+|\d+)(?P<fraction>\.\d+)?"
    rf"(?P<unit>{'|'.join(UNITS)})?[。;]?(?P<note>\((?P<remark>[^()]*(?:\([^()]*\)[^()]*)*)\))?[。.;;]?"
)
_MINUS = str.maketrans(
    {"−": "-", "﹣": "-", "－": "-", "–": "-", "＋": "+", "﹢": "+", "，": ",", "（": "(", "）": ")"}
)
_BROKEN_NUMBER = re.compile(r"[\d.,]\s+[\d.,]")
_MAX_DIGITS = 15  # more than any agency counts; longer runs are joined cells or identifiers


@dataclass(frozen=True, slots=True)
class Reading:
    """What a cell prints. ``unit`` only where printed in the cell."""

    value: Number | None
    state: State
    unit: str | None = None
    note: str | None = None


_BLANK = Reading(None, State.BLANK)
_DASH = Reading(None, State.DASH)
_TEXT = Reading(None, State.TEXT)


@lru_cache(maxsize=16384)
def read_cell(text: str) -> Reading:
    """The reading of one cell.

    A number may carry a sign, thousand separators, a fraction, a unit and one remark in brackets (``22（其中修订16件）``
    is 22 with a note). White space between digits makes it text: two numbers in one cell are nobody's value.
    """
    bare = squeeze(text)
    if not bare:
        return _BLANK
    if bare in _DASHES:
        return _DASH
    printed = unicodedata.normalize("NFKC", bare.translate(_MINUS)).translate(_MINUS)
    match = _NUMBER.fullmatch(printed)
    if match is None or _BROKEN_NUMBER.search(text.strip()):
        return _TEXT
    digits = match["digits"].replace(",", "")
    fraction = match["fraction"] or ""
    if len(digits) + len(fraction) > _MAX_DIGITS:
        return _TEXT
    number = match["sign"].replace("+", "") + digits + fraction
    value: Number = Decimal(number) if fraction else int(number)
    return Reading(value, State.NUMBER, match["unit"], _note(bare) if match["note"] else None)


def _note(bare: str) -> str:
    """The remark as printed, without its own brackets."""
    start = min(index for index in (bare.find("（"), bare.find("(")) if index >= 0)
    return bare[start + 1 :].rstrip("。.;；").removesuffix(")").removesuffix("）")
