"""Deadlines: by when a publisher's report on a year was or is to be public, and which rule says so."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True)
class Due:
    """The last day on which a report is on time. ``hard`` is the day the law itself draws, where ``day`` is practice."""

    day: date
    hard: date
    publisher_class: str
    basis: str


@dataclass(frozen=True)
class _Rule:
    publisher_class: str
    until: int | None
    pattern: re.Pattern[str] | None
    exception: re.Pattern[str] | None
    day: tuple[int, int]
    hard: tuple[int, int]
    basis: str

    def fits(self, name: str, report_year: int) -> bool:
        if self.until is not None and report_year > self.until:
            return False
        if self.exception is not None and self.exception.search(name):
            return False
        return self.pattern is None or self.pattern.search(name) is not None


def due(publisher_name: str, report_year: int) -> Due:
    """When the report is due, in the year after the one it reports on (条例 2019 第四十九条; 条例 2007 第三十一条)."""
    name = re.sub(r"\s+|[(（][^()（）]*[)）]$", "", publisher_name)
    rule = next(rule for rule in _rules() if rule.fits(name, report_year))
    published_in = report_year + 1
    return Due(date(published_in, *rule.day), date(published_in, *rule.hard), rule.publisher_class, rule.basis)


def last_days(published_in: int) -> list[date]:
    """The days of a year on which any deadline ends, in their order."""
    days = {day for rule in _rules() for day in (rule.day, rule.hard)}
    return sorted(date(published_in, month, day) for month, day in days)


@cache
def _rules() -> tuple[_Rule, ...]:
    data = tomllib.loads(files("archive").joinpath("deadlines.toml").read_text(encoding="utf-8"))
    return tuple(_rule(entry) for entry in data["rules"])


def _rule(entry: dict[str, Any]) -> _Rule:
    day = (entry["month"], entry["day"])
    return _Rule(
        publisher_class=entry["class"],
        until=entry.get("until"),
        pattern=re.compile(entry["pattern"]) if "pattern" in entry else None,
        exception=re.compile(entry["except"]) if "except" in entry else None,
        day=day,
        hard=(entry["hard_month"], entry["hard_day"]) if "hard_month" in entry else day,
        basis=entry["basis"],
    )
