"""The places in a sentence that change from case to case: what may stand there, and how it is put into Chinese.

What a portal wrote stands in such places only. It is kept as it is, and matching costs no more than its length.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from archive.comparing.labels import OWN_FORM, label, order
from archive.registry.classes import KINDS
from archive.web.speech.names import figure_name, named, names
from parser.forms import form

Speaker = Callable[[str], str | None]  # a phrase in Chinese, null where none is known

# Kinds whose end their own signs tell; all others end where the words behind them begin.
_KEY = r"[a-z_0-9]{1,40}(?:\.[a-z_0-9]{1,60}){2}"
_SIGNS = {
    "day": r"\d{4}-\d\d-\d\d",
    "moment": r"\d{4}-\d\d-\d\d \d\d:\d\d",
    "number": r"-?\d{1,40}(?:,\d{3}){0,12}(?:\.\d{1,40})?",
    "size": r"\d{1,20} (?:MiB|bytes)",
    "share": r"\d{1,3}%",
    "url": r"(?:(?![:;,)…]{0,3}(?:\s|\Z))\S)++[:;,)…]{0,3}?",
    "quoted": r"""(?:'(?:[^'\\]|\\.)*+'|"(?:[^"\\]|\\.)*+")""",
    "key": _KEY,
    "error": r"[A-Z]\w{2,60}",
    "systems": r"[a-z0-9-]{1,60}",
    "requests.columns": r"[a-z_]{1,60}",
    "requests.rows": r"[a-z_]{1,60}",
    "review.rows": r"[a-z_]{1,60}",
    "statistics.rows": r"[a-z_0-9]{1,60}",
}
_LISTED = ("sources", "statuses", "bodies", "formats", "stated", "verbs")  # tables whose names alone may stand there
FREE = frozenset({"words", "phrase", "said", "list", "figures", "columns"})
OF_ANY_LENGTH = frozenset({"url", "quoted"})  # these may not be searched for: many could begin where one is
_ENGLISH = re.compile(r"[A-Za-z]{2}")
_A_KEY = re.compile(rf"(?<![\w.]){_KEY}(?![\w.])")


@cache
def signs(kind: str) -> str:
    """The pattern of a kind that is not free. Raises :class:`KeyError` for one that is not known."""
    if kind in _LISTED:
        return f"(?:{'|'.join(sorted(map(re.escape, names(kind)), key=len, reverse=True))})"
    if kind == "classes":
        one = f"(?:{'|'.join(KINDS)})"
        return f"{one}(?:, {one}){{0,{len(KINDS)}}}"
    return _SIGNS[kind]


def in_chinese(kind: str, text: str, speak: Speaker, *, loose: bool) -> str | None:
    """What stands at a place, in Chinese where it is the program's.

    Null where a phrase is nothing that is known; if ``loose``, only ``said`` must be known and any other is kept.
    """
    match kind:
        case "said":
            return speak(text)
        case "phrase":
            return _phrase(text, speak, loose=loose)
        case "list":
            found = [_phrase(each, speak, loose=loose) for each in text.split(", ")]
            return None if None in found else "、".join(each for each in found if each is not None)
        case "quoted":
            return text[1:-1]
        case "day" | "moment":
            return _day(text)
        case "error":
            return named("errors", text, "zh")
        case "classes":
            return "、".join(named(kind, each, "zh") for each in text.split(", "))
        case _ if kind in _LISTED or kind == "systems":
            return named(kind, text, "zh")
        case _:
            return _of_forms(kind, text)


def _phrase(text: str, speak: Speaker, *, loose: bool) -> str | None:
    found = speak(text)
    return text if found is None and (loose or _ENGLISH.search(text) is None) else found


def _day(text: str) -> str:
    year, month, day = text[:10].split("-")
    return f"{year}年{int(month)}月{int(day)}日{text[11:]}"


def _of_forms(kind: str, text: str) -> str:
    match kind:
        case "key":
            return figure_name(text, "zh")
        case "figures":
            return _A_KEY.sub(lambda found: figure_name(found[0], "zh"), text)
        case "columns":
            return "、".join(map(_column, text.split(", ")))
        case "requests.columns":
            return _column(text)
        case "requests.rows" | "review.rows":
            key = f"{kind.partition('.')[0]}.{text}.total"
            return label(key).row if key in order() else text
        case "statistics.rows":
            keys = (f"{table}.{text}.value" for table in OWN_FORM if text in form(table).row_names)
            return next((figure_name(key, "zh") for key in keys), text)
        case _:
            return text


def _column(name: str) -> str:
    """A column by its name, or of 表四 by its group and name."""
    if "." in name:
        return figure_name(f"review.{name}", "zh") if f"review.{name}" in order() else name
    for table, row in (("requests", "new"), ("disclosure", None)):
        if name in {column.name for column in form(table).columns}:
            found = label(f"{table}.{row or _row_with(name)}.{name}").column
            return found or name
    return name


@cache
def _row_with(column: str) -> str:
    """A row of 表二 that has a column."""
    return next(key.split(".")[1] for key in order() if key.startswith("disclosure.") and key.endswith(f".{column}"))
