"""Measures: what one report says for a panel, or why it is left out; and what many say together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import NamedTuple

from archive.panels.panels import Panel, Series
from parser.checks import IDENTITIES
from parser.forms import form
from parser.record import Number, Result, State

Cells = Mapping[str, "Number | State"]


class LeftOut(StrEnum):
    """Why a number does not rest on a report; of several reasons the first of these is told."""

    ABSENT = "absent"  # a cell is not printed, or its table could not be read
    TEXT = "text"
    DASH = "dash"
    BLANK = "blank"
    NEGATIVE = "negative"  # no count is below zero
    FAILS = "fails"  # with `consistent`: an identity fails
    UNJUDGED = "unjudged"  # with `consistent`: an identity cannot be judged
    NOT_DUE = "not_due"
    UNCHECKED = "unchecked"
    BLOCKED = "blocked"


_CELLS = (LeftOut.ABSENT, LeftOut.TEXT, LeftOut.DASH, LeftOut.BLANK, LeftOut.NEGATIVE)
_WEIGHT = {reason: weight for weight, reason in enumerate(LeftOut)}
_OF_STATE = {State.TEXT: LeftOut.TEXT, State.DASH: LeftOut.DASH, State.BLANK: LeftOut.BLANK}


class Sides(NamedTuple):
    """An identity at one place: two sums of cells that must be equal."""

    left: tuple[str, ...]
    right: tuple[str, ...]


class Part(NamedTuple):
    """What a report adds to a series; ``per`` is 0 in a sum."""

    value: Number
    per: Number


class Said(NamedTuple):
    """What a report says for a panel: for each series its part or why there is none, and how its identities stand."""

    parts: tuple[Part | LeftOut, ...]
    result: Result | None  # null: no identity of the form binds these cells


class Gauge:
    """Reads a panel off the cells of reports. ``consistent`` leaves out those whose identities do not hold."""

    def __init__(self, panel: Panel, *, consistent: bool = False) -> None:
        self._panel = panel
        self._consistent = consistent
        self._places = identities(panel)
        printed = [key for series in panel.series for keys in (*series.cells, series.per) for key in keys]
        bound = [key for forms in self._places for sides in forms for key in sides.left + sides.right]
        self._keys = tuple(dict.fromkeys(printed + bound))

    def read(self, figures: Cells) -> Said:
        """What a report says."""
        cells = {key: said for key in self._keys if (said := figures.get(key)) is not None}
        parts = [_part(series, cells) for series in self._panel.series]
        result = judge(self._places, cells) if self._places else None
        if self._panel.together:
            reasons = [part for part in parts if isinstance(part, LeftOut)]
            if reasons:
                parts = [min(reasons, key=_WEIGHT.__getitem__)] * len(parts)
        if self._consistent and result not in {None, Result.HOLDS}:
            because = LeftOut.FAILS if result is Result.FAILS else LeftOut.UNJUDGED
            parts = [part if isinstance(part, LeftOut) else because for part in parts]
        return Said(tuple(parts), result)


@dataclass
class Basis:
    """What a number rests on: ``reports``, and those left out.

    Of ``reports`` ``failing`` break an identity of the form, and of ``unjudged`` it cannot be said.
    """

    reports: int = 0
    failing: int = 0
    unjudged: int = 0
    left_out: Counter[LeftOut] = field(default_factory=Counter)

    def add(self, part: Part | LeftOut, result: Result | None) -> None:
        """Take in one report."""
        if isinstance(part, LeftOut):
            self.left_out[part] += 1
            return
        self.reports += 1
        if result is not None and result is not Result.HOLDS:
            self.failing += result is Result.FAILS
            self.unjudged += result is Result.UNJUDGED


class Tally:
    """What many reports say for a panel: by series the sums, and what they rest on, which may be the same for all."""

    def __init__(self, panel: Panel) -> None:
        count = len(panel.series)
        self.values: list[Number] = [0] * count
        self.pers: list[Number] = [0] * count
        self.bases = [Basis()] * count if panel.together else [Basis() for _ in range(count)]
        self._together = panel.together

    def add(self, said: Said) -> None:
        """Take in what one report says."""
        parts, values, pers = said.parts, self.values, self.pers
        if self._together:
            self.bases[0].add(parts[0], said.result)
        for at, part in enumerate(parts):
            if not self._together:
                self.bases[at].add(part, said.result)
            if not isinstance(part, LeftOut):
                values[at] += part[0]
                if part[1]:
                    pers[at] += part[1]


def identities(panel: Panel) -> tuple[tuple[Sides, ...], ...]:
    """The places of the identities that bind a panel's cells; a place has the same identity under each of the forms."""
    return tuple(place for rule, where in panel.identities for place in _places(rule, where))


def judge(places: Sequence[Sequence[Sides]], cells: Cells) -> Result:
    """How the identities stand: one that fails decides, then one that cannot be judged; not printed at all: unjudged."""
    results = [_judged(sides, cells) for forms in places if (sides := _printed(forms, cells)) is not None]
    if Result.FAILS in results:
        return Result.FAILS
    return Result.HOLDS if results and Result.UNJUDGED not in results else Result.UNJUDGED


def _judged(sides: Sides, cells: Cells) -> Result:
    left, right = _sum(sides.left, cells), _sum(sides.right, cells)
    if isinstance(left, LeftOut) or isinstance(right, LeftOut):
        return Result.UNJUDGED
    return Result.HOLDS if left == right else Result.FAILS


def _printed(forms: Sequence[Sides], cells: Cells) -> Sides | None:
    """The identity under the form that a report prints most of; null where it prints no cell of it."""
    best, most = None, 0
    for sides in forms:
        count = sum(key in cells for key in sides.left + sides.right)
        if count > most:
            best, most = sides, count
    return best


def _part(series: Series, cells: Cells) -> Part | LeftOut:
    value = _group(series.cells, cells)
    if isinstance(value, LeftOut) or not series.per:
        return value if isinstance(value, LeftOut) else Part(value, 0)
    per = _sum(series.per, cells)
    return per if isinstance(per, LeftOut) else Part(value, per)


def _group(alternatives: Sequence[Sequence[str]], cells: Cells) -> Number | LeftOut:
    """The sum of that of several groups of cells which is printed most, as :func:`_printed` chooses the form."""
    if len(alternatives) == 1:
        return _sum(alternatives[0], cells)
    return _sum(max(alternatives, key=lambda keys: sum(key in cells for key in keys)), cells)


def _sum(keys: Sequence[str], cells: Cells) -> Number | LeftOut:
    """The sum of cells, or why there is none: a cell without a number is never read as 0."""
    total: Number = 0
    reason: LeftOut | None = None
    for key in keys:
        said = cells.get(key)
        if type(said) is int and said >= 0:  # nearly always
            total += said
            continue
        if said is None:
            return LeftOut.ABSENT
        why = _OF_STATE[said] if isinstance(said, State) else LeftOut.NEGATIVE if said < 0 else None
        if why is None and not isinstance(said, State):
            total += said
        elif why is not None and (reason is None or _WEIGHT[why] < _WEIGHT[reason]):
            reason = why
    return total if reason is None else reason


@cache
def _places(rule: str, where: str) -> tuple[tuple[Sides, ...], ...]:
    """The places of a rule that ``where`` names (``*``: all), each under the forms that print it."""
    if rule == "statistics.sums":
        return (tuple(_statistics(where)),)
    (identity,) = (each for each in IDENTITIES if each.rule == rule)
    found: dict[str, dict[Sides, None]] = {}
    for template in ("2019", "2021"):
        for sides in identity.sides(template):
            place = sides.column or sides.row or ""
            if where in {"*", place}:
                found.setdefault(place, {})[Sides(sides.left, sides.right)] = None
    if not found:
        raise LookupError(f"{rule} has no place {where}")
    return tuple(tuple(sides) for sides in found.values())


def _statistics(total: str) -> list[Sides]:
    return [
        Sides((f"{table}.{total}.value",), tuple(f"{table}.{part}.value" for part in parts))
        for table in ("statistics_2014", "statistics_2008")
        for name, parts in form(table).sums
        if name == total
    ]
