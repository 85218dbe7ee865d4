"""The words of portals as patterns: ``words.toml`` has the lists, here stands how they follow one another."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files


@cache
def lists(section: str) -> Mapping[str, tuple[str, ...]]:
    """The lists of a section of ``words.toml``. Raises :class:`KeyError` for a section that is not there."""
    found = tomllib.loads(files("spiders").joinpath("words.toml").read_text(encoding="utf-8"))[section]
    return {name: tuple(words) for name, words in found.items()}


def one_of(words: Iterable[str]) -> str:
    """A pattern of any of these words, the longest first."""
    return f"(?:{'|'.join(map(re.escape, sorted(words, key=lambda word: (-len(word), word))))})"


def disclosure() -> re.Pattern[str]:
    """What a link to a page of disclosure says (政府信息公开专栏)."""
    words = lists("disclosure")
    return re.compile(
        rf"^{one_of(words['before'])}?{one_of(words['names'])}{one_of(words['behind'])}?$|^{one_of(words['alone'])}$"
    )


def directory() -> re.Pattern[str]:
    """What a link to a directory of units says (市直部门信息公开目录, 各县市区); without signs between its words."""
    words, disclosed = lists("units"), one_of(lists("disclosure")["names"])
    behind = rf"{one_of(words['behind'])}*"
    several = rf"{one_of(words['names'])}(?:(?:及|和|与)?{one_of((*words['names'], *words['joined']))})*"
    levels = rf"{one_of(words['all'])}?{one_of(words['whose'])}?{one_of(words['levels'])}*{one_of(words['kinds'])}*"
    return re.compile(rf"^{disclosed}?(?:{levels}{several}{behind}|各{one_of(words['whose'])}{behind})$")


def agency() -> re.Pattern[str]:
    """An agency's name and nothing else."""
    endings = one_of(lists("agencies")["endings"])
    return re.compile(rf"^[\u4e00-\u9fff（）()·]{{2,40}}{endings}(?:[（(][^（）()]*[)）])?$")


def ranked_agency() -> re.Pattern[str]:
    """An agency's short name with its rank before it (市残联)."""
    known = lists("agencies")
    return re.compile(rf"^{one_of(known['ranks'])}[\u4e00-\u9fff]{{1,10}}?{one_of(known['ranked'])}$")


def short_name() -> re.Pattern[str]:
    """What may be a unit's name where it stands among other units (残联, 农科园)."""
    return re.compile(rf"^(?!.*{one_of(lists('agencies')['no_unit'])})[\u4e00-\u9fff（）()·]{{2,16}}$")


def division() -> re.Pattern[str]:
    """A division's, a town's or a zone's name and nothing else."""
    endings = one_of(lists("divisions")["endings"])
    return re.compile(rf"^[\u4e00-\u9fff]{{1,12}}(?:自治)?{endings}(?:人民政府|政府)?$")


def bare_reports() -> re.Pattern[str]:
    """What a link says that may lead to reports and does not say of what (历年年报, 市政府年报)."""
    words = lists("reports")
    whose = r"(?:本|各)?(?:省|市|区|县|州|旗|镇|乡)?(?:人民)?政府"
    return re.compile(
        rf"^(?:{one_of(words['before'])}|{whose})?(?:工作)?(?:年度报告|年报|年度工作报告){one_of(words['behind'])}?$"
    )


def earlier_reports() -> re.Pattern[str]:
    """What a link to earlier years of a column says (历史年报, 2015年以前年度报告, 年报归档)."""
    earlier = one_of(lists("reports")["earlier"])
    return re.compile(rf"^(?:{earlier}|(?:19|20)\d\d).{{0,16}}(?:年报|年度报告)|^(?:年报|年度报告)(?:归档|存档|历史)")
