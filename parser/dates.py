"""Dates as portals and reports print them, always days of UTC+8."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import date

EARLIEST = date(2008, 1, 1)  # 条例 2007 is in force since 2008-05-01; older dates are epochs and misprints
_NUMERIC = re.compile(
    r"(?<!\d)(?P<year>(?:19|20)\d\d)\s*(?:年|[-/.．－])\s*(?P<month>\d{1,2})\s*(?:月|[-/.．－])\s*(?P<day>\d{1,2})(?!\d)\s*日?"
)
_CHINESE = re.compile(
    r"(?P<year>二[〇○零0OＯ][〇○零0OＯ一二三四五六七八九]{2})\s*年\s*(?P<month>[元正一二三四五六七八九十]{1,2})\s*月\s*(?P<day>[一二三四五六七八九十〇廿]{1,3})\s*日"
)
_DIGITS = {**dict.fromkeys("〇○零0OＯ", 0), **{char: value for value, char in enumerate("一二三四五六七八九", 1)}}


def find_dates(text: str) -> Iterator[date]:
    """All valid dates a text prints, in order; impossible ones (2月30日, the epoch) are left out."""
    clean = unicodedata.normalize("NFKC", text).replace("∶", ":")
    found: list[tuple[int, date]] = []
    for match in _NUMERIC.finditer(clean):
        day = _date(int(match["year"]), int(match["month"]), int(match["day"]))
        if day is not None:
            found.append((match.start(), day))
    for match in _CHINESE.finditer(clean):
        year = int("".join(str(_DIGITS[char]) for char in match["year"].replace("二", "二")))
        day = _date(year, _number(match["month"]), _number(match["day"]))
        if day is not None:
            found.append((match.start(), day))
    return (day for _, day in sorted(found))


def first_date(text: str) -> date | None:
    """The first valid date a text prints."""
    return next(find_dates(text), None)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        found = date(year, month, day)
    except ValueError:
        return None
    return found if found >= EARLIEST else None


def _number(text: str) -> int:
    """元 and 正 are 1; 十一 11, 二十 20, 廿三 23, 三十一 31."""
    text = text.replace("元", "一").replace("正", "一").replace("廿", "二十")
    if "十" not in text:
        return int("".join(str(_DIGITS.get(char, 0)) for char in text)) if text else 0
    tens, _, ones = text.partition("十")
    return 10 * (_DIGITS.get(tens, 1) if tens else 1) + (_DIGITS.get(ones, 0) if ones else 0)
