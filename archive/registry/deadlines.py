"""Deadlines: by when a publisher's report on a year was or is to be public, and which rule says so.

The rules are data, ``deadlines.toml``, to which an archive may add a file of its own; docs/deadlines.md explains them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from itertools import combinations
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from archive.errors import ArchiveError
from archive.registry.classes import KINDS

FIRST_YEAR = 2008  # 条例 2007 took effect on 1 May 2008
_BUILT_IN = "archive/registry/deadlines.toml"
_LEAP_DAY = (2, 29)
_LEAP_YEAR = 2024


def _known(kind: str) -> str:
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is no class: write one of {', '.join(KINDS)}")
    return kind


Text = Annotated[str, Field(min_length=1)]
Year = Annotated[int, Field(ge=FIRST_YEAR, le=2100)]


class Rule(BaseModel):
    """A rule: for reports on which years, of whom, and where, is what day the last; no day where nothing is owed.

    ``month`` and ``day`` are of the year after the report year; 29 February is the last day of February. ``hard_month``
    and ``hard_day`` are the day the law draws, where the rule's own is earlier.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$")
    title: Text
    kinds: tuple[Annotated[str, AfterValidator(_known)], ...] = ()
    division: str = Field(default="", pattern=r"^\d{0,9}$")
    first_year: Year | None = None
    last_year: Year | None = None
    month: int | None = None
    day: int | None = None
    hard_month: int | None = None
    hard_day: int | None = None
    basis: Text
    source: Text
    binding: Literal["law", "rule", "practice"]

    @model_validator(mode="after")
    def _well_formed(self) -> Self:
        if self.first_year is not None and self.last_year is not None and self.first_year > self.last_year:
            raise ValueError("first_year is after last_year")
        own, hard = (self.month, self.day), (self.hard_month, self.hard_day)
        for name, (month, day) in (("month and day", own), ("hard_month and hard_day", hard)):
            if (month is None) is not (day is None):
                raise ValueError(f"{name} go together")
            if month is not None and day is not None:
                date(_LEAP_YEAR, month, day)
        if None not in hard and (None in own or hard < own):
            raise ValueError("a hard day needs a day, and is never before it")
        return self

    @property
    def precedence(self) -> tuple[bool, int, bool]:
        """What goes first: what binds before practice, then the longest division, then who names kinds."""
        return self.binding == "practice", -len(self.division), not self.kinds

    def in_force(self, report_year: int) -> bool:
        """Whether the rule holds for reports on a year."""
        return (self.first_year or FIRST_YEAR) <= report_year and (
            self.last_year is None or report_year <= self.last_year
        )

    def obstacle(self, kind: str, division: str | None, report_year: int) -> str | None:
        """Why the rule does not fit, or null where it fits."""
        if not self.in_force(report_year):
            return f"it holds for reports on {self.years}, not on {report_year}"
        if not (division or "").startswith(self.division):
            where = f"not in {division}" if division else "and the division is not known"
            return f"it holds in divisions that begin with {self.division} only, {where}"
        if self.kinds and kind not in self.kinds:
            return f"it names {', '.join(self.kinds)}, not {kind}"
        return None

    @property
    def years(self) -> str:
        """The report years in words."""
        first = self.first_year or FIRST_YEAR
        if self.last_year is None:
            return f"{first} and later"
        return str(first) if first == self.last_year else f"{first} to {self.last_year}"

    def due(self, report_year: int) -> Due | None:
        """The deadline for reports on a year; null where nothing is owed."""
        if self.month is None or self.day is None:
            return None
        day = _day(report_year + 1, self.month, self.day)
        hard = day
        if self.hard_month is not None and self.hard_day is not None:
            hard = _day(report_year + 1, self.hard_month, self.hard_day)
        return Due(day, hard, self.id, self.basis, self.source, self.binding)


@dataclass(frozen=True)
class Due:
    """The last day on which a report is on time. ``hard`` is the day the law itself draws, where ``day`` is earlier."""

    day: date
    hard: date
    rule_id: str
    basis: str
    source: str
    binding: str


@dataclass(frozen=True)
class Considered:
    """A rule that was considered for a publisher. ``applies`` is true of the one that decides."""

    rule: Rule
    applies: bool
    because: str


class Rules:
    """The rules of an archive, in the order of their precedence."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = tuple(sorted(rules, key=lambda rule: (rule.precedence, rule.division, rule.id)))
        self._prefixes = sorted({rule.division for rule in self.rules}, key=len, reverse=True)
        self._places: dict[str | None, str] = {}
        self._dues: dict[tuple[str, str, int], Due | None] = {}

    def due(self, kind: str, division: str | None, report_year: int) -> Due | None:
        """By when a publisher of a class in a division must have published; null where it owes nothing.

        ``division`` is a code of six or nine digits; with anything else only rules that hold everywhere fit.
        """
        place = self._places.get(division)
        if place is None:
            place = self._places[division] = self._place(division)
        key = (kind, place, report_year)
        try:
            return self._dues[key]
        except KeyError:
            rule = self.deciding(kind, division, report_year)
            found = self._dues[key] = rule.due(report_year) if rule is not None else None
            return found

    def deciding(self, kind: str, division: str | None, report_year: int) -> Rule | None:
        """The rule that decides, be it that nothing is owed; null where none fits."""
        fitting = (rule for rule in self.rules if rule.obstacle(kind, division, report_year) is None)
        return next(fitting, None)

    def explain(self, kind: str, division: str | None, report_year: int) -> list[Considered]:
        """Every rule in the order of precedence, and why it decides or not."""
        decided = self.deciding(kind, division, report_year)
        return [self._consider(rule, decided, kind, division, report_year) for rule in self.rules]

    def last_days(self, published_in: int) -> list[date]:
        """The days of a year on which any deadline ends, in their order."""
        dues = [rule.due(published_in - 1) for rule in self.rules if rule.in_force(published_in - 1)]
        return sorted({day for due in dues if due is not None for day in (due.day, due.hard)})

    def _place(self, division: str | None) -> str:
        """The longest division of a rule that a code is in: codes with the same one have the same rules."""
        return next((prefix for prefix in self._prefixes if (division or "").startswith(prefix)), "")

    @staticmethod
    def _consider(rule: Rule, decided: Rule | None, kind: str, division: str | None, report_year: int) -> Considered:
        obstacle = rule.obstacle(kind, division, report_year)
        if obstacle is not None:
            return Considered(rule, applies=False, because=obstacle)
        if decided is None or rule is decided:
            whom = f"it names {kind}" if rule.kinds else "it holds for everybody"
            where = f"in divisions that begin with {rule.division}" if rule.division else "everywhere"
            return Considered(rule, applies=True, because=f"{whom}, {where}, for reports on {rule.years}")
        return Considered(
            rule, applies=False, because=f"it fits, but {decided.id} goes before it: {_why(decided, rule)}"
        )


def load(extra: Path | None = None) -> Rules:
    """The built-in rules with those of ``extra``, an archive's own ``deadlines.toml``, which need not exist.

    A rule there is added, or replaces the built-in one of the same id. Raises :class:`ArchiveError`.
    """
    if extra is None or not extra.exists():
        return _built_in_alone()
    try:
        text = extra.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ArchiveError(f"{extra} cannot be read: {error}; make it a TOML file in UTF-8, or remove it") from error
    merged = {rule.id: rule for rule in (*_built_in(), *_read(text, str(extra)))}
    _refuse_ties(merged.values(), str(extra))
    return Rules(merged.values())


def last_days(published_in: int) -> list[date]:
    """The days of a year on which any built-in deadline ends, in their order."""
    return _built_in_alone().last_days(published_in)


@cache
def _built_in_alone() -> Rules:
    _refuse_ties(_built_in(), _BUILT_IN)
    return Rules(_built_in())


@cache
def _built_in() -> tuple[Rule, ...]:
    return tuple(_read(files("archive.registry").joinpath("deadlines.toml").read_text(encoding="utf-8"), _BUILT_IN))


def _read(text: str, path: str) -> Iterator[Rule]:
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ArchiveError(f"{path} is not TOML: {error}; mend that place") from error
    entries = data.pop("rules", [])
    if data or not isinstance(entries, list):
        raise ArchiveError(f"{path} has {', '.join(data) or 'rules'!r} where only [[rules]] may stand: write it as one")
    known: set[str] = set()
    for number, entry in enumerate(entries, 1):
        rule = _rule(entry, number, path)
        if rule.id in known:
            raise ArchiveError(f"{path} has two rules {rule.id}: give one another id")
        known.add(rule.id)
        yield rule


def _rule(entry: Any, number: int, path: str) -> Rule:
    try:
        return Rule.model_validate(entry)
    except ValidationError as error:
        name = entry.get("id", f"number {number}") if isinstance(entry, dict) else f"number {number}"
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        said = first["msg"].removeprefix("Value error, ")
        wrong = f"{place}: {said}" if place else said
        raise ArchiveError(
            f"{path}: rule {name} is not well formed ({wrong}): mend it as docs/deadlines.md says"
        ) from None


def _refuse_ties(rules: Iterable[Rule], path: str) -> None:
    """Raise where two rules could decide for one publisher and neither goes before the other."""
    for one, other in combinations(rules, 2):
        if one.precedence == other.precedence and one.division == other.division and _meet(one, other):
            raise ArchiveError(
                f"{path}: rules {one.id} and {other.id} hold for the same publishers and years: "
                "narrow one, or give it the other's id to replace it"
            )


def _meet(one: Rule, other: Rule) -> bool:
    """Whether two rules, both with kinds or both without, hold for the same class in the same year."""
    first = max(one.first_year or FIRST_YEAR, other.first_year or FIRST_YEAR)
    together = one.in_force(first) and other.in_force(first)
    return together and (not one.kinds or not set(one.kinds).isdisjoint(other.kinds))


def _why(first: Rule, second: Rule) -> str:
    """What puts one rule before another."""
    if first.binding != "practice" and second.binding == "practice":
        return "it binds, and this is practice"
    if len(first.division) > len(second.division):
        return "it is made for the place"
    return "it names the class"


def _day(year: int, month: int, day: int) -> date:
    if (month, day) == _LEAP_DAY:
        return date(year, 3, 1) - timedelta(days=1)
    return date(year, month, day)
