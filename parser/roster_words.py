"""The words of rosters: which text is a unit's name, what a column's header says, which number of the prose is which."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from parser.labels import normal, squeeze
from parser.titles import is_name, judge
from parser.titles import read as read_title

_ORDINAL = re.compile(
    r"^\s*(?:[（(]\s*[\d一二三四五六七八九十]{1,3}\s*[）)]|\d{1,4}(?:\s*[、.．,，:：)）]|\s+)|[一二三四五六七八九十]{1,3}\s*[、.．,，])\s*"
)
_SIGNS = " \t\r\n\u3000\u00a0:：-—–_·•●■◆★※▶»>|,，。;；、《》“”\"'[]【】"
_REPORT_BEHIND = re.compile(
    r"(?:的)?(?P<year>(?:19|20)\d\d)?年?度?(?:政府|政务)?(?:信息公开)?(?:工作)?(?:年度)?(?:工作)?(?:年报|报告)$"
)
_YEAR_BEFORE = re.compile(r"^(?P<year>(?:19|20)\d\d)年度?")
_LONGEST_NAME = 40
_LONGEST_HEADER = 24
_LONGEST_STATUS = 30
_LEVELS = (
    re.compile(r"^\s*[一二三四五六七八九十]{1,3}\s*[、.．]"),
    re.compile(r"^\s*[（(]\s*[一二三四五六七八九十]{1,3}\s*[）)]"),
)
_DEEPEST = len(_LEVELS) + 1


class Heads(StrEnum):
    """What a column of a roster's table holds; the first whose words stand at its head."""

    DAY = "day"
    LINK = "link"
    SAID = "said"
    UNIT = "unit"
    OTHER = "other"


@cache
def tables() -> Mapping[str, Any]:
    """``rosters.toml``."""
    return tomllib.loads(files("parser").joinpath("rosters.toml").read_text(encoding="utf-8"))


def unit_name(text: str, year: int | None = None) -> str | None:
    """The unit a text names and nothing else, without its number and the words of its report behind it; null where it names none.

    ``year`` is that of the roster: a report of another year makes no unit of it.
    """
    bare = squeeze(_ORDINAL.sub("", text)).strip(_SIGNS)
    if len(bare) > 2 * _LONGEST_NAME:
        return None
    if judge(bare).is_report:
        parts = read_title(bare)
        named = parts.publisher if is_name(parts.publisher) and parts.report_year in {None, year} else None
        return named if named is not None and is_unit(named) else None
    before, behind = _YEAR_BEFORE.search(bare), _REPORT_BEHIND.search(bare)
    years = {match["year"] for match in (before, behind) if match is not None and match["year"]}
    if years - {str(year)}:
        return None
    if behind is not None:
        bare = bare[: behind.start()]
        bare = _YEAR_BEFORE.sub("", bare)
    bare = bare.strip(_SIGNS)
    return bare if is_unit(bare) else None


@lru_cache(maxsize=4096)
def is_unit(name: str) -> bool:
    """Whether a text is the name of a unit: it ends as such names do, and is no name of several."""
    words, text = tables()["units"], normal(name)
    if not 2 <= len(name) <= _LONGEST_NAME or text in words["none_whole"]:
        return False
    if text.startswith(tuple(words["none_begins"])) or text.endswith(tuple(words["none_ends"])):
        return False
    return text in words["alone"] or _unit_pattern().fullmatch(text) is not None


@cache
def _unit_pattern() -> re.Pattern[str]:
    endings = _one_of(tables()["units"]["endings"])
    han = r"\u3400-\u9fff\ue000-\ufaff\U00020000-\U000323af"
    return re.compile(rf"(?=.*[{han}])[{han}\d·()]{{1,38}}{endings}(?:\([^()]*\))?")


@lru_cache(maxsize=1024)
def head(text: str) -> Heads | None:
    """What a column holds by the words at its head; null for words that no roster's column has."""
    words, bare = tables()["columns"], re.sub(r"\([^()]*\)", "", normal(text)).lower()
    if not bare or len(bare) > _LONGEST_HEADER:
        return None
    if bare in words["exact"]:
        return Heads(words["exact"][bare])
    if any(word in bare for word in words["other"]):
        return Heads.OTHER
    if bare.endswith(tuple(words["unit"])):
        return Heads.UNIT  # 按时公布单位 too
    return next((kind for kind in Heads if kind is not Heads.OTHER and any(word in bare for word in words[kind])), None)


def is_mute(text: str) -> bool:
    """Whether a link's words name nothing by themselves (查看, 点击这里, an address)."""
    bare = squeeze(text).strip(_SIGNS)
    return not bare or bare.startswith(tuple(tables()["links"]["mute"])) or bare.endswith(("查看", "链接", "详情"))


def is_mark(text: str) -> bool:
    """Whether a cell says yes or no to what stands at its column's head."""
    return squeeze(text).strip(_SIGNS) in tables()["said"]["marks"]


def status(text: str) -> str | None:
    """The one word on publishing that a short text holds (按时公布, 逾期), as printed; null where it holds none or several."""
    bare = squeeze(text)
    if len(bare) > _LONGEST_STATUS:
        return None
    found = list(_status_pattern().finditer(bare))
    return found[0].group() if len(found) == 1 else None


@cache
def _status_pattern() -> re.Pattern[str]:
    return re.compile(_one_of(tables()["said"]["words"]))


def level(text: str) -> int:
    """How deep a heading stands by its number: 一、 1, （一） 2, any other 3, none 0."""
    for deep, pattern in enumerate(_LEVELS, 1):
        if pattern.match(text):
            return deep
    return _DEEPEST if _ORDINAL.match(text) else 0


def numbers(lines: Iterable[str]) -> dict[str, int]:
    """The numbers that the prose prints, by class (expected, published, on_time, late).

    A class of which two different numbers are printed (one for each kind of unit) has none.
    """
    found: dict[str, list[tuple[int, int]]] = {}  # how good the counter is, and the number
    for line in lines:
        for clause in re.split(r"[,。;!?、]", normal(line)):
            for kind, counter, number in _in_clause(clause):
                found.setdefault(kind, []).append((counter, number))
    best = {
        kind: {number for counter, number in several if counter == min(several)[0]} for kind, several in found.items()
    }
    told = {kind: several.pop() for kind, several in best.items() if len(several) == 1}
    everybody = told.pop("all", None)
    if everybody is not None and "expected" not in best:
        told["expected"] = everybody
    return told


def _in_clause(clause: str) -> Iterable[tuple[str, int, int]]:
    words = tables()["numbers"]
    for said in words["not_verbs"]:
        clause = clause.replace(said, "")
    matches = list(_number_pattern().finditer(clause))
    if not matches:
        return
    start = 0
    for at, match in enumerate(matches):
        end = len(clause) if len(matches) == 1 else match.start()
        kind = _class_of(clause[start:end] if len(matches) > 1 else clause)
        if kind is None and len(matches) > 1 and at == len(matches) - 1:
            kind = _class_of(clause[match.end() :])
        if kind is not None and kind != "unpublished":
            yield kind, words["counters"].index(match["counter"]), int(match["number"])
        start = match.end()


def _class_of(text: str) -> str | None:
    words = tables()["numbers"]
    for kind in words["order"]:
        if any(word in text for word in words[kind]):
            return str(kind)
    return "all" if any(word in text for word in words["all"]) else None


@cache
def _number_pattern() -> re.Pattern[str]:
    words = tables()["numbers"]
    return re.compile(
        rf"(?<![\d第.])(?P<number>\d{{1,5}})(?P<counter>{_one_of(words['counters'])})(?!{_one_of(words['no_counter'])})"
    )


def _one_of(words: Sequence[str]) -> str:
    return f"(?:{'|'.join(map(re.escape, sorted(words, key=lambda word: (-len(word), word))))})"
