"""The cluster at work, event by event: portals become due, workers take them, hosts block and rest, machines are lost.

What is due and when it is tried again are the program's own rules: :mod:`crawler.campaign`, :mod:`archive.crawling.rests`.
"""

from __future__ import annotations

import heapq
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import Any

from archive.crawling.duework import GIVEN_UP, SKIPPED
from archive.crawling.rests import Rest, after
from benchmarks.simulation.crawls import Wanted, Work, work
from benchmarks.simulation.figures import Figures
from benchmarks.simulation.machines import Machine, Running, Server, machines
from benchmarks.simulation.nation import Portal
from benchmarks.simulation.politeness import Stint
from crawler.campaign import Campaign, campaign
from crawler.hours import Hours, opening
from crawler.working.crew import LEASE
from spiders.outcomes import is_blocked

EPOCH = datetime(2025, 12, 31, 16, tzinfo=UTC)  # midnight in China: the new year begins
_HOUR = 3600.0  # seconds
_HOURS = "20:00-06:00"  # of portals that are asked at night only


@dataclass
class Task:
    """A portal that is due: at ``planned`` seconds, with so many new reports. What became of it stands behind."""

    portal: Portal
    planned: float
    new: int
    night: int = 0
    tries: int = 0
    had: float = 0.0
    waits_since: float = 0.0
    first_begun: float | None = None
    ended: float | None = None  # its last try
    outcome: str | None = None
    settled: bool = False
    parked: bool = False  # it waited behind another crawl of its host
    waits: list[float] = field(default_factory=list)  # seconds it waited for a worker, each time
    behind: list[float] = field(default_factory=list)  # and behind another crawl of its host


@dataclass(frozen=True)
class Rules:
    """What could be otherwise: tests switch single rules off, to see that it shows."""

    one_crawl_to_a_host: bool = True
    turns_by_the_database: bool = True
    lost_every: float | None = None  # seconds
    lost_for: float = 600.0  # until a lost worker is back


@dataclass
class Simulated:
    """What happened: the tasks as they ended, what hosts were asked, what was used."""

    tasks: list[Task]
    stints: list[Stint]
    machines: list[Machine]
    server: Server
    losses: int
    asked_seconds: dict[str, float]  # by host, without what stood in the way
    busiest: dict[str, float]  # the shares of what there is that were used in the busiest hour of each


class Cluster:
    """Workers, the queue and the hosts."""

    def __init__(
        self, tasks: Sequence[Task], figures: Figures, workers: int, *, seed: int = 0, rules: Rules | None = None
    ) -> None:
        self._tasks = list(tasks)
        self._figures = figures
        self._seed = seed
        self._rules = rules or Rules()
        self._plan: Campaign = campaign()
        self._machines = machines(figures, workers)
        self._server = Server(figures["database_cores"])
        self._now = min((task.planned for task in tasks), default=0.0)
        self._begun = self._now
        self._events: list[tuple[float, int, Any, tuple[Any, ...]]] = []
        self._numbers = count()
        self._ready: list[tuple[float, int]] = []
        self._running: dict[int, Running] = {}
        self._busy: dict[str, int] = {}  # hosts, each with its task
        self._parked: dict[str, list[int]] = defaultdict(list)  # tasks behind a host's lock
        self._waiting: dict[str, int] = {}  # by portal, the task that is not settled
        self._rests: dict[str, Rest] = {}
        self._gateways: dict[str, deque[Running]] = {}
        self._last: dict[str, tuple[float, float]] = {}  # by host: the end of its last exchange, and the gap behind it
        self._asked: dict[str, float] = defaultdict(float)
        self._stints: list[Stint] = []
        self._losses = 0
        self._looked: tuple[float, dict[str, float], dict[str, float]] = (self._now, {}, {})
        self._busiest: dict[str, float] = {}
        self._open = len(self._tasks)

    def run(self) -> Simulated:
        """Until nothing is left to be done."""
        for number, task in enumerate(self._tasks):
            self._at(task.planned, self._due, number)
        if self._rules.lost_every is not None:
            self._at(self._begun + self._rules.lost_every, self._lose)
        self._look_on()
        while self._open:
            self._step()
        self._look()
        return Simulated(
            self._tasks, self._stints, self._machines, self._server, self._losses, dict(self._asked), self._busiest
        )

    def _step(self) -> None:
        moment, first = self._events[0][0] if self._events else None, None
        for machine in self._machines:
            end = machine.next_end(self._now)
            if end is not None and (moment is None or end < moment):
                moment, first = end, machine
        assert moment is not None, "nothing is left to happen, and tasks are open"
        seconds = max(0.0, moment - self._now)
        for machine in self._machines:
            machine.advance(seconds)
        self._server.advance(self._machines, seconds)
        self._now = max(self._now, moment)
        if first is not None:
            self._phase_ended(first.end())
        else:
            _, _, happen, arguments = heapq.heappop(self._events)
            happen(*arguments)
        self._claim()
        self._server.pace(self._machines)

    def _at(self, moment: float, happen: Any, *arguments: Any) -> None:
        heapq.heappush(self._events, (moment, next(self._numbers), happen, arguments))

    def _look_on(self) -> None:
        """Once an hour: what was used since, of what there was."""
        self._look()
        self._at(self._now + _HOUR, self._look_on)

    def _look(self) -> None:
        used = [machine.used for machine in self._machines]
        up, seconds = sum(one.up for one in used), self._now - self._begun
        had = {
            "crawls side by side": up * self._figures["side_by_side"],
            "processors": up * self._figures["cores"],
            "network": up * self._figures["bandwidth"],
            "writers' turn": seconds,
            "database server": seconds * self._figures["database_cores"],
        }
        taken = {
            "crawls side by side": sum(one.slots for one in used),
            "processors": sum(one.processor for one in used),
            "network": sum(one.moved for one in used),
            "writers' turn": self._server.turn,
            "database server": self._server.used,
        }
        since, before_had, before_taken = self._looked
        for name in taken if self._now > since else ():
            there = had[name] - before_had.get(name, 0.0)
            share = (taken[name] - before_taken.get(name, 0.0)) / there if there > 0 else 0.0
            self._busiest[name] = max(self._busiest.get(name, 0.0), share)
        self._looked = self._now, had, taken

    # What is due

    def _due(self, number: int) -> None:
        task = self._tasks[number]
        before = self._waiting.get(task.portal.url)
        if before is not None and before not in self._running and not self._tasks[before].settled:
            self._settle(self._tasks[before], SKIPPED)  # the newest stands for it
        self._waiting[task.portal.url] = number
        self._make_ready(number)

    def _make_ready(self, number: int, since: float | None = None) -> None:
        task = self._tasks[number]
        if task.settled:
            return
        opens = self._opening(task.portal)
        if opens > self._now:
            self._at(opens, self._make_ready, number)
            return
        task.waits_since = self._now if since is None else since
        heapq.heappush(self._ready, (task.planned, number))

    def _opening(self, portal: Portal) -> float:
        if not portal.habits.hours:
            return self._now
        opens = opening([Hours.read(_HOURS)], _moment(self._now))
        return self._now if opens is None else max(self._now, _seconds(opens))

    def _settle(self, task: Task, outcome: str) -> None:
        task.outcome, task.settled = outcome, True
        self._open -= 1

    # Who does it

    def _claim(self) -> None:
        while self._ready:
            machine = max(self._machines, key=lambda one: (one.free, -one.number))
            if not machine.free:
                return
            _, number = heapq.heappop(self._ready)
            task = self._tasks[number]
            if task.settled or number in self._running:
                continue
            host = task.portal.host
            rest = self._rests.get(host)
            if host in self._busy and self._rules.one_crawl_to_a_host:
                self._parked[host].append(number)
                task.parked = True
            elif rest is not None and _seconds(rest.until) > self._now:
                self._at(_seconds(rest.until), self._make_ready, number)
            else:
                self._begin(number, machine)

    def _begin(self, number: int, machine: Machine) -> None:
        task = self._tasks[number]
        (task.behind if task.parked else task.waits).append(self._now - task.waits_since)
        task.parked = False
        if task.first_begun is None:
            task.first_begun = self._now
        crawl = Running(number, machine, list(self._work(task).phases), self._now)
        self._running[number] = crawl
        self._busy[task.portal.host] = number
        machine.crawls.add(number)
        machine.begin(crawl, self._now)

    def _work(self, task: Task) -> Work:
        luck = Random(f"{self._seed} {task.portal.url} {task.night} {task.tries}")  # noqa: S311 - the same luck every time
        return work(task.portal, Wanted(task.new, task.had), self._figures, luck)

    # How it goes on

    def _phase_ended(self, crawl: Running) -> None:
        phase = crawl.left.pop(0)
        if phase.host is not None:
            self._note(crawl, phase.host, phase.exchanges, phase.gap, phase.least)
            self._asked[phase.host] += phase.seconds
            if phase.host in self._gateways:
                self._leave_gateway(phase.host)
        self._next_phase(crawl)

    def _next_phase(self, crawl: Running) -> None:
        if crawl.lost:
            return
        if not crawl.left:
            self._end(crawl)
            return
        phase = crawl.left[0]
        if phase.host is None:
            crawl.machine.begin(crawl, self._now)
        elif phase.host == self._tasks[crawl.task].portal.gateway:
            waiting = self._gateways.setdefault(phase.host, deque())
            waiting.append(crawl)
            if len(waiting) == 1:
                self._ask(crawl)
        else:
            self._ask(crawl)

    def _ask(self, crawl: Running) -> None:
        """Begin to ask a host, once its turn has come and its hours have."""
        if crawl.lost:
            return
        phase = crawl.left[0]
        assert phase.host is not None
        free = self._opening(self._tasks[crawl.task].portal)
        if self._rules.turns_by_the_database and phase.host in self._last:
            ended, gap = self._last[phase.host]
            free = max(free, ended + max(gap, phase.gap))
        if free > self._now:
            self._at(free, self._ask, crawl)
        else:
            crawl.machine.begin(crawl, self._now)

    def _leave_gateway(self, host: str) -> None:
        waiting = self._gateways[host]
        waiting.popleft()
        while waiting and waiting[0].lost:
            waiting.popleft()
        if waiting:
            self._ask(waiting[0])

    def _note(self, crawl: Running, host: str, exchanges: int, gap: float, least: float) -> None:
        self._stints.append(Stint(host, crawl.task, crawl.phase_begun, self._now, exchanges, gap, least))
        self._last[host] = self._now, gap

    def _end(self, crawl: Running) -> None:
        task, number = self._tasks[crawl.task], crawl.task
        outcome = self._work(task).outcome
        task.tries, task.had, task.ended = task.tries + 1, 0.0, self._now
        crawl.machine.crawls.discard(number)
        del self._running[number]
        self._unlock(number)
        self._rest(task, outcome)
        pause = self._plan.again.pause(task.tries) if self._plan.again.wanted(outcome) else None
        if pause is not None and self._waiting[task.portal.url] == number:
            task.outcome = outcome
            self._at(self._now + pause.total_seconds(), self._make_ready, number)
        else:
            given_up = pause is None and self._plan.again.wanted(outcome)
            self._settle(task, GIVEN_UP if given_up else outcome)

    def _unlock(self, number: int) -> None:
        host = self._tasks[number].portal.host
        if self._busy.get(host) == number:
            del self._busy[host]
        poll = self._figures["poll"] * Random(f"{self._seed} poll {number}").random()  # noqa: S311 - the same every time
        for parked in self._parked.pop(host, []):  # who waits behind a lock looks again at its next poll
            self._at(self._now + poll, self._make_ready, parked, self._tasks[parked].waits_since)

    def _rest(self, task: Task, outcome: str) -> None:
        host = task.portal.host
        if is_blocked(outcome):
            self._rests[host] = after(self._rests.get(host), host, "simulated", _moment(self._now))
        else:
            self._rests.pop(host, None)

    # What is lost

    def _lose(self) -> None:
        """A machine is gone: its leases run out, and others go on with its crawls; after a while it is back."""
        chosen = Random(f"{self._seed} lost {self._losses}")  # noqa: S311 - the same every time
        self._losses += 1
        up = [machine for machine in self._machines if machine.up]
        if up:
            machine = chosen.choice(up)
            machine.up = False
            for number in sorted(machine.crawls):
                self._lose_crawl(self._running.pop(number))
            machine.crawls.clear()
            self._at(self._now + self._rules.lost_for, setattr, machine, "up", True)  # noqa: FBT003 - it is an attribute's value
        assert self._rules.lost_every is not None
        self._at(self._now + self._rules.lost_every, self._lose)

    def _lose_crawl(self, crawl: Running) -> None:
        task = self._tasks[crawl.task]
        phase, at_work = crawl.left[0], crawl.at_work
        done = crawl.machine.lose(crawl) if at_work else 0.0
        crawl.lost = True
        if phase.host is not None:
            if at_work:
                asked = max(1, round(done * phase.exchanges))
                self._note(crawl, phase.host, asked, phase.gap, phase.least)
                self._asked[phase.host] += done * phase.seconds
            if phase.host == task.portal.host:
                task.had += (1 - task.had) * done
            if next(iter(self._gateways.get(phase.host, ())), None) is crawl:
                self._leave_gateway(phase.host)
        self._at(self._now + LEASE.total_seconds(), self._lease_ran_out, crawl.task)

    def _lease_ran_out(self, number: int) -> None:
        self._unlock(number)
        self._make_ready(number)


def _moment(seconds: float) -> datetime:
    return EPOCH + timedelta(seconds=seconds)


def _seconds(moment: datetime) -> float:
    return (moment - EPOCH).total_seconds()
