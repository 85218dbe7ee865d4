"""Reforms: which department took the place of which in the reforms of government, for proposals of successions."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Reform:
    """One kind of agency that gave way to another: the words that end their names, the year of the plan, and the plan."""

    before: str
    after: str
    year: int
    source: str


@cache
def reforms() -> dict[str, tuple[Reform, ...]]:
    """Every kind of agency that gave way to others, by the words that end its name (环境保护局)."""
    data = tomllib.loads(files("archive.registry").joinpath("reforms.toml").read_text(encoding="utf-8"))
    found: dict[str, list[Reform]] = {}
    for reform in data["reforms"]:
        for pair in reform["successions"]:
            for before in pair["from"]:
                new = [Reform(before, after, reform["year"], reform["source"]) for after in pair["to"]]
                found.setdefault(before, []).extend(one for one in new if one.after != before)
    return {before: tuple(several) for before, several in found.items()}


@cache
def longest() -> int:
    """The characters of the longest such words."""
    return max(len(before) for before in reforms())
