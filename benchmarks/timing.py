"""Two pieces of work timed in turn, so that whatever else the machine does hits both."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Ratio:
    """What the work costs and what it is measured against: median seconds, or another ``unit``."""

    name: str
    ours: float
    baseline: float
    limit: float | None  # null where the figure is for comparison only
    against: str
    unit: str = "s"

    @property
    def value(self) -> float:
        """How many times the baseline."""
        return self.ours / self.baseline

    @property
    def holds(self) -> bool:
        """Whether it is within its limit."""
        return self.limit is None or self.value <= self.limit

    def line(self) -> str:
        """One line for people."""
        verdict = "" if self.limit is None else f", at most {self.limit:g} x: {'holds' if self.holds else 'FAILS'}"
        factor, unit = (1000, "ms") if self.unit == "s" else (1, self.unit)
        return (
            f"{self.name:<34} {self.ours * factor:8.2f} {unit} against {self.baseline * factor:8.2f} {unit} "
            f"({self.against}): {self.value:.2f} x{verdict}"
        )


def measure(
    name: str,
    ours: Callable[[], object],
    baseline: Callable[[], object],
    *,
    limit: float | None,
    against: str,
    rounds: int = 15,
) -> Ratio:
    """The ratio of two pieces of work over alternating rounds, after one round of warming up each."""
    ours()
    baseline()
    mine: list[float] = []
    theirs: list[float] = []
    for _ in range(rounds):
        for work, times in ((ours, mine), (baseline, theirs)):
            gc.collect()
            started = time.perf_counter()
            work()
            times.append(time.perf_counter() - started)
    return Ratio(name, median(mine), median(theirs), limit, against)
