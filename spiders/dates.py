"""Dates as lists and article pages show them. Which of them counts is decided by the archive."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta

from parser.dates import find_dates, first_date

_LABEL = r"(?:发布|公开|更新|发文|添加)?(?:日期|时间)|时间发布"
_AROUND = re.compile(
    rf"{_LABEL}|\d{{1,2}}[:时]\d{{1,2}}(?:[:分]\d{{1,2}}秒?|分)?|[\[\](){{}}【】〔〕|·:：,，\s]|星期[一二三四五六日天]"
)
_A_DATE = re.compile(
    r"(?:19|20)\d\d\s*[年\-/.]\s*\d{1,2}\s*[月\-/.]\s*\d{1,2}\s*日?|二[〇○零0][〇○零0一二三四五六七八九]{2}年[元正一二三四五六七八九十]{1,2}月[一二三四五六七八九十廿]{1,3}日"
)
_MONTH_BELOW_DAY = re.compile(r"^(?P<day>\d{1,2})日?\s+(?P<year>(?:19|20)\d\d)\s*[年\-/.]\s*(?P<month>\d{1,2})月?$")
_DAY_BELOW_MONTH = re.compile(r"^(?P<year>(?:19|20)\d\d)\s*[年\-/.]\s*(?P<month>\d{1,2})月?\s+(?P<day>\d{1,2})日?$")
_COMPACT = re.compile(r"^(?P<year>20\d\d)(?P<month>\d\d)(?P<day>\d\d)$")
_MONTH_FIRST = re.compile(r"^(?P<month>\d{1,2})[-/](?P<day>\d{1,2})[-/](?P<year>20\d\d)$")
_LONGEST = 48  # characters of a cell that holds nothing but a date, its label and a time

# Best first; 成文日期, 生成日期, 生效时间, 页面生成时间 … are other things and must not match by their tails. The value is
# only looked at: behind a blank 发布日期 the next label may be the one that has the date.
_PAGE_LABELS = (
    re.compile(
        r"(?:发布日期|发布时间|时间发布|公开日期|公开时间|发布于|发文日期)\s*[:：]?\s*(?=(?P<value>.{6,40}))", re.DOTALL
    ),
    re.compile(
        r"(?<![成生归失作效止档文布开新成印])(?:日\s*期|时\s*间|更新时间|更新日期)\s*[:：]\s*(?=(?P<value>.{6,40}))",
        re.DOTALL,
    ),
)


def read_cell(text: str) -> date | None:
    """The date of a text that is nothing but a date (with label, brackets, time of day); None for any other text."""
    flat = " ".join(unicodedata.normalize("NFKC", text).replace("∶", ":").split())
    if not flat or len(flat) > _LONGEST:
        return None
    bare = flat.strip("[](){}【】 ")
    for pattern in (_MONTH_BELOW_DAY, _DAY_BELOW_MONTH, _COMPACT, _MONTH_FIRST):
        match = pattern.match(bare)
        if match is not None:
            return first_date(f"{match['year']}-{match['month']}-{match['day']}")
    if _AROUND.sub("", _A_DATE.sub("", flat)):
        return None
    return first_date(flat)


def read_line(text: str) -> date | None:
    """The last date a short text holds beside other words; None where it is too long to be the margin of a row."""
    if len(text) > 2 * _LONGEST:
        return None
    found = list(find_dates(" ".join(text.split())))
    return found[-1] if found else None


def read_labelled(text: str) -> date | None:
    """The date behind the best label of publication in the text of a page outside its body."""
    for pattern in _PAGE_LABELS:
        for match in pattern.finditer(text):
            value = match["value"].strip("\u3000\u00a0 \r\n\t[(（【")
            day = first_date(value[:30])
            if day is not None and _starts_with_a_date(value):
                return day
    return None


def believable(day: date | None, today: date) -> date | None:
    """The date, unless it lies in the future: a placeholder or misprint (a day ahead is another clock)."""
    return day if day is not None and day <= today + timedelta(days=1) else None


def _starts_with_a_date(value: str) -> bool:
    """Whether the label's own value is the date, not the next field's (``发布时间：    来源：… 2019-01-02``)."""
    return re.match(r"\D{0,3}(?:19|20)\d\d|二[〇○零0]", unicodedata.normalize("NFKC", value)) is not None
