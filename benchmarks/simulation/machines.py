"""Workers as machines that share their cores among crawls: a crawl whose machine has too much to do goes on slower.

Each machine has a clock of work done: it runs as fast as the wall's where nothing is short, and slower where the cores, the
line, the database server or the writers' turn are. So a change costs one look at each machine, however many crawls it has.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from math import inf

from benchmarks.simulation.crawls import Phase
from benchmarks.simulation.figures import Figures


@dataclass
class Running:
    """A crawl on a machine; ``left`` are the phases to come, the first of them the one it is at."""

    task: int
    machine: Machine
    left: list[Phase]
    begun: float
    phase_begun: float = 0.0
    phase_work: float = 0.0  # the machine's clock at the phase's beginning
    at_work: bool = False  # false while it waits for a host
    lost: bool = False


@dataclass
class Used:
    """What was used of something, in its own seconds (or bytes)."""

    processor: float = 0.0
    moved: float = 0.0
    slots: float = 0.0
    up: float = 0.0


@dataclass
class Machine:
    """A worker: ``slots`` crawls side by side on so many cores."""

    number: int
    slots: int
    cores: float
    bandwidth: float
    clock: float = 0.0
    speed: float = 1.0
    up: bool = True
    crawls: set[int] = field(default_factory=set)  # by task
    used: Used = field(default_factory=Used)
    processor: float = 0.0
    moved: float = 0.0
    server: float = 0.0
    turn: float = 0.0
    _at_work: list[tuple[float, int, Running]] = field(default_factory=list)
    _numbers: count[int] = field(default_factory=count)

    @property
    def free(self) -> int:
        """Crawls that it could begin."""
        return self.slots - len(self.crawls) if self.up else 0

    def begin(self, crawl: Running, now: float) -> None:
        """Begin the crawl's next phase."""
        phase = crawl.left[0]
        crawl.phase_begun, crawl.phase_work, crawl.at_work = now, self.clock, True
        heapq.heappush(self._at_work, (self.clock + phase.seconds, next(self._numbers), crawl))
        self._weigh(phase, 1)

    def next_end(self, now: float) -> float | None:
        """When the next phase ends, if nothing changes."""
        while self._at_work and self._at_work[0][2].lost:
            heapq.heappop(self._at_work)
        return now + max(0.0, self._at_work[0][0] - self.clock) / self.speed if self._at_work else None

    def end(self) -> Running:
        """The crawl whose phase ends now."""
        crawl = heapq.heappop(self._at_work)[2]
        crawl.at_work = False
        self._weigh(crawl.left[0], -1)
        return crawl

    def lose(self, crawl: Running) -> float:
        """Take away a crawl that is at work in a phase; returns the share of the phase that was done."""
        phase = crawl.left[0]
        crawl.lost, crawl.at_work = True, False
        self._weigh(phase, -1)
        return min(1.0, (self.clock - crawl.phase_work) / phase.seconds) if phase.seconds else 1.0

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.clock += seconds * self.speed
        if self.up:
            self.used.up += seconds
        self.used.processor += seconds * self.speed * self.processor
        self.used.moved += seconds * self.speed * self.moved
        self.used.slots += seconds * len(self.crawls)

    def _weigh(self, phase: Phase, sign: int) -> None:
        if phase.seconds:
            self.processor += sign * phase.processor / phase.seconds
            self.moved += sign * phase.moved / phase.seconds
            self.server += sign * phase.server / phase.seconds
            self.turn += sign * phase.turn / phase.seconds


@dataclass
class Server:
    """The database: its cores, and the one turn of all writers."""

    cores: float
    used: float = 0.0
    turn: float = 0.0

    def pace(self, machines: Sequence[Machine]) -> None:
        """Set the speed of each machine, so that nothing is used more than there is of it."""
        own = [max(1.0, one.processor / one.cores, one.moved / one.bandwidth) for one in machines]
        slow = max(
            _slowest([one.turn for one in machines], own, 1.0),
            _slowest([one.server for one in machines], own, self.cores),
        )
        for one, factor in zip(machines, own, strict=True):
            one.speed = 1 / max(factor, slow)

    def advance(self, machines: Sequence[Machine], seconds: float) -> None:
        """Let time pass."""
        self.turn += seconds * sum(one.turn * one.speed for one in machines)
        self.used += seconds * sum(one.server * one.speed for one in machines)


def _slowest(demands: Sequence[float], own: Sequence[float], capacity: float) -> float:
    """By how much all must be slower so that what they demand is there; who is slower already has no need to be."""
    left = capacity - sum(demand / factor for demand, factor in zip(demands, own, strict=True))
    if left >= 0:
        return 1.0
    order = sorted(zip(own, demands, strict=True))
    together = 0.0
    for (factor, demand), following in zip(order, [*(one for one, _ in order[1:]), inf], strict=True):
        together, left = together + demand, left + demand / factor
        if left > 0 and together / left <= following:
            return max(1.0, together / left)
    raise AssertionError("all slower together need less than there is")


def machines(figures: Figures, workers: int) -> list[Machine]:
    """So many workers of one kind."""
    slots, cores = round(figures["side_by_side"]), figures["cores"]
    return [Machine(number, slots, cores, figures["bandwidth"]) for number in range(workers)]
