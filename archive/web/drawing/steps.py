"""The chains between the years of a publisher as links: a lane for each rule, that hold, break, or cannot be judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from archive.histories.chains import RULES, Step
from parser.record import Result

PITCH, LANE, RADIUS = 116, 58, 7
_LEFT, _TOP = 34, 54
MARKS: Mapping[Result, str] = {Result.HOLDS: "✓", Result.FAILS: "✗", Result.UNJUDGED: "?"}


@dataclass(frozen=True)
class Node:
    """A year; ``there`` is whether there is a report."""

    x: float
    year: int
    there: bool


@dataclass(frozen=True)
class Tie:
    """A step between two years, from ``x1`` to ``x2``; ``middle`` is where its mark stands."""

    step: Step
    result: Result
    x1: float
    x2: float
    middle: float
    mark: str

    @property
    def name(self) -> str:
        """By which its row in the table is led to."""
        return anchor(self.step)


@dataclass(frozen=True)
class Lane:
    """A rule with its ties; ``y`` is its height."""

    rule: str
    y: float
    ties: tuple[Tie, ...]


@dataclass(frozen=True)
class Chart:
    """Lanes over the years; those without any tie are left out."""

    width: float
    height: float
    nodes: tuple[Node, ...]
    lanes: tuple[Lane, ...]


def chart(steps: Sequence[Step], years: Mapping[int, bool]) -> Chart | None:
    """The chart over years, of each whether there is a report; null where nothing can be held against anything.

    It begins with the first year from which anything follows: the forms before carry nothing over.
    """
    first = min((step.from_year for step in steps if step.lines), default=None)
    if first is None:
        return None
    shown = [year for year in sorted(years) if year >= first]
    places = {year: _LEFT + place * PITCH for place, year in enumerate(shown)}
    lanes: list[Lane] = []
    for rule in RULES:
        ties = tuple(_tie(step, places) for step in steps if step.rule == rule and step.lines)
        if ties:
            lanes.append(Lane(rule, _TOP + len(lanes) * LANE + LANE / 2, ties))
    nodes = tuple(Node(places[year], year, years[year]) for year in shown)
    return Chart(_LEFT * 2 + (len(shown) - 1) * PITCH, _TOP + len(lanes) * LANE, nodes, tuple(lanes))


def anchor(step: Step) -> str:
    """The name of the row of a step."""
    return f"step-{step.from_year}-{step.to_year}-{step.rule.removeprefix('chain.')}"


def _tie(step: Step, places: Mapping[int, float]) -> Tie:
    result = step.result or Result.UNJUDGED
    count, every = step.counts[result], len(step.lines)
    mark = f"{MARKS[result]} {count}" if count == every else f"{MARKS[result]} {count}/{every}"
    x1, x2 = places[step.from_year] + RADIUS, places[step.to_year] - RADIUS
    return Tie(step, result, x1, x2, (x1 + x2) / 2, mark)
