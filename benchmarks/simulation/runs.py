"""The questions: how long the first crawl of all portals takes, how long the nights of January, and what holds them up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random

from archive.crawling.duework import GIVEN_UP, SKIPPED
from benchmarks.simulation.engine import EPOCH, Cluster, Rules, Simulated, Task
from benchmarks.simulation.figures import Figures
from benchmarks.simulation.nation import Portal
from benchmarks.simulation.politeness import Kept, kept
from crawler.campaign import campaign, next_runs
from spiders.outcomes import OK

HOUR = 3600.0
_DAY = 24 * HOUR
_LAST_DAYS = 5
MOST = 0.99  # of the portals that can be read
JANUARY = 31  # nights
FIRST, NIGHT = "first crawl", "January night"


@dataclass(frozen=True)
class Longest:
    """A portal or host, how often it is asked, and the hours that takes where nothing else is in the way."""

    name: str
    exchanges: int
    hours: float


@dataclass(frozen=True)
class Found:
    """What a run came to. Hours and shares of what there is; ``waits`` are seconds in the queue, ``behind`` a host's lock.

    ``finished`` is when the last portal was done that could be read: after the beginning, or after the evening's. ``most``
    is when 99 in 100 were. ``limits`` are the least hours that each limit alone would need for these 99; the largest is the
    bottleneck. Of the ``tasks`` so many were ``skipped``: the next night's came first. ``chain`` is the host that is asked
    for longest. ``used`` are shares of the busiest hour of each.
    """

    what: str
    workers: int
    finished: float
    most: float
    read: float
    tasks: int
    skipped: int
    given_up: int
    longest: Longest
    chain: Longest
    used: dict[str, float]
    waits: dict[str, float]
    behind: dict[str, float]
    limits: dict[str, float]
    polite: Kept
    losses: int
    exchanges: int

    @property
    def bottleneck(self) -> str:
        """The limit that needs most hours."""
        return max(self.limits, key=lambda name: self.limits[name])


def first_crawl(
    portals: Sequence[Portal], figures: Figures, workers: int, *, seed: int = 0, rules: Rules | None = None
) -> Found:
    """All portals at once, whose reports are all new; what failed is tried again as ever."""
    tasks = [Task(portal, 0.0, portal.articles) for portal in portals]
    found = Cluster(tasks, figures, workers, seed=seed, rules=rules).run()
    ends = sorted(task.ended for task in found.tasks if task.outcome == OK and task.ended is not None)
    limits = _limits(found, figures, _quantile(_alone_ends(found, 0, 0.0), MOST))
    return _found(FIRST, found, workers, ends, limits, 1)


def january(
    portals: Sequence[Portal],
    figures: Figures,
    workers: int,
    *,
    seed: int = 0,
    nights: int = JANUARY,
    rules: Rules | None = None,
) -> Found:
    """The last nights of January, each portal in its own minute; the hours are those of the worst night.

    The night after them is crawled too: what was not begun by then is left to it.
    """
    tasks = list(_nights(portals, nights + 1, figures))
    found = Cluster(tasks, figures, workers, seed=seed, rules=rules).run()
    each = [sorted(_ends(found, night)) for night in range(nights)]
    ends = max(each, key=lambda ends: _quantile(ends, MOST))
    night = each.index(ends)
    evening = min(_evening(task) for task in found.tasks if task.night == night)
    limits = _limits(found, figures, _quantile(_alone_ends(found, night, evening), MOST), nights + 1)
    return _found(NIGHT, found, workers, ends, limits, nights + 1)


def _nights(portals: Sequence[Portal], nights: int, figures: Figures) -> Iterator[Task]:
    first = EPOCH + timedelta(days=JANUARY + 1 - nights)
    for portal in portals:
        luck = Random(portal.url)  # noqa: S311 - the same every time
        for number, run in enumerate(next_runs(portal.url, first + timedelta(hours=12), nights)):
            last = JANUARY - _LAST_DAYS <= JANUARY + 1 - nights + number < JANUARY
            share = (figures["last_days"] / _LAST_DAYS) if last else (1 - figures["last_days"]) / (JANUARY - _LAST_DAYS)
            expected = portal.publishers * figures["published"] * share
            new = int(expected) + (luck.random() < expected % 1)
            yield Task(portal, (run.at - EPOCH).total_seconds(), new, number)


def _evening(task: Task) -> float:
    """When the window of the task's night began."""
    begins = campaign().window.begin
    return (task.planned - begins.hour * HOUR) // _DAY * _DAY + begins.hour * HOUR


def _ends(found: Simulated, night: int) -> list[float]:
    return [
        task.ended - _evening(task)
        for task in found.tasks
        if task.night == night and task.outcome == OK and task.ended is not None
    ]


def _alone_ends(found: Simulated, night: int, begun: float) -> list[float]:
    """Seconds until each portal that was read would be with all the workers of the world: those of a host one by one."""
    ends: list[float] = []
    hosts: dict[str, float] = {}
    for task in sorted((task for task in found.tasks if task.night == night), key=lambda task: task.planned):
        host = task.portal.host
        hosts[host] = max(hosts.get(host, 0.0), task.planned - begun) + _alone(task.portal)
        if task.outcome == OK:
            ends.append(hosts[host])
    return sorted(ends)


def _limits(found: Simulated, figures: Figures, chain: float, nights: int = 1) -> dict[str, float]:
    machines = found.machines
    slots = sum(machine.slots for machine in machines)
    asked = sum(found.asked_seconds.values()) / nights
    processor = sum(machine.used.processor for machine in machines) / nights
    moved = sum(machine.used.moved for machine in machines) / nights
    seconds = {
        "politeness": chain,
        "crawls side by side": asked / slots,
        "processors": processor / (figures["cores"] * len(machines)),
        "writers' turn": found.server.turn / nights,
        "database server": found.server.used / nights / figures["database_cores"],
        "network": moved / (figures["bandwidth"] * len(machines)),
    }
    return {name: value / HOUR for name, value in seconds.items()}


def _found(
    what: str,
    found: Simulated,
    workers: int,
    ends: list[float],
    limits: dict[str, float],
    nights: int,
) -> Found:
    tried = [task for task in found.tasks if task.outcome != SKIPPED]
    longest = max((task.portal for task in found.tasks), key=_alone)
    hosts: dict[str, int] = defaultdict(int)
    for stint in found.stints:
        hosts[stint.host] += stint.exchanges
    host, seconds = max(found.asked_seconds.items(), key=lambda one: one[1])
    polite = kept(found.stints)
    return Found(
        what,
        workers,
        finished=ends[-1] / HOUR if ends else 0.0,
        most=_quantile(ends, MOST) / HOUR,
        read=sum(task.outcome == OK for task in tried) / len(found.tasks),
        tasks=len(found.tasks),
        skipped=len(found.tasks) - len(tried),
        given_up=sum(task.outcome == GIVEN_UP for task in tried),
        longest=Longest(longest.url, longest.exchanges, _alone(longest) / HOUR),
        chain=Longest(host, hosts[host] // nights, seconds / HOUR / nights),
        used=found.busiest,
        waits=_spread(wait for task in found.tasks for wait in task.waits),
        behind=_spread(wait for task in found.tasks for wait in task.behind),
        limits=limits,
        polite=polite,
        losses=found.losses,
        exchanges=polite.exchanges // nights,
    )


def _alone(portal: Portal) -> float:
    return 0.0 if portal.habits.dead else portal.exchanges * (portal.habits.latency + portal.habits.gap)


def _spread(values: Iterable[float]) -> dict[str, float]:
    ordered = sorted(values)
    return {
        "median": _quantile(ordered, 0.5),
        "95 in 100": _quantile(ordered, 0.95),
        "longest": _quantile(ordered, 1.0),
    }


def _quantile(values: Sequence[float], share: float) -> float:
    return values[min(len(values) - 1, int(share * len(values)))] if values else 0.0
