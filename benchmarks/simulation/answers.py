"""What is asked of the simulation, and its answers as lines for people or JSON for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.simulation.engine import Rules
from benchmarks.simulation.figures import Figures
from benchmarks.simulation.nation import Portal, nation
from benchmarks.simulation.runs import HOUR, JANUARY, MOST, Found, first_crawl, january

AS_IT_IS = "as it is"
_FEW = 3  # nights where one thing is changed
_CHANGED_TURN = ("turn_unchanged", "turn_new", "report_turn", "start_turn")


@dataclass(frozen=True)
class Table:
    """What is reckoned with."""

    figures: Figures

    def json(self) -> dict[str, Any]:
        """One object."""
        return {"said": "table", "figures": {name: asdict(figure) for name, figure in self.figures.table.items()}}

    def lines(self) -> Iterator[str]:
        """How much of it nobody measured."""
        bases = [figure.basis for figure in self.figures.table.values()]
        counts = ", ".join(f"{bases.count(basis)} {basis}" for basis in ("measured", "counted", "set", "assumed"))
        yield f"{len(bases)} figures: {counts} (benchmarks/simulation/figures.toml)"
        yield f"assumed: {', '.join(self.figures.assumed)}"


@dataclass(frozen=True)
class Nation:
    """Who is crawled."""

    portals: Sequence[Portal]

    def json(self) -> dict[str, Any]:
        """One object."""
        return {
            "said": "nation",
            "portals": len(self.portals),
            "hosts": len({portal.host for portal in self.portals}),
            "publishers": sum(portal.publishers for portal in self.portals),
            "reports": sum(portal.articles for portal in self.portals),
            "exchanges": sum(portal.exchanges for portal in self.portals),
        }

    def lines(self) -> Iterator[str]:
        """One line."""
        said = self.json()
        yield ", ".join(f"{said[name]:,} {name}" for name in list(said)[1:]) + " in a crawl of all"


@dataclass(frozen=True)
class Answer:
    """One run; ``otherwise`` says what was changed in it."""

    otherwise: str
    found: Found

    def json(self) -> dict[str, Any]:
        """One object."""
        return {"said": "run", "otherwise": self.otherwise, **asdict(self.found), "bottleneck": self.found.bottleneck}

    def lines(self) -> Iterator[str]:
        """One line, and for a run in which nothing was changed what stands behind it."""
        one, polite = self.found, self.found.polite
        overtaken = f"; {one.skipped / one.tasks:.0%} overtaken by the next night's" if one.skipped else ""
        yield (
            f"{one.what}, {one.workers} workers, {self.otherwise}: {MOST:.0%} of portals after {one.most:.1f} h, "
            f"the last after {one.finished:.1f} h; bottleneck: {one.bottleneck}{overtaken}"
        )
        if self.otherwise != AS_IT_IS:
            return
        yield "    least hours by " + ", ".join(f"{name} {hours:.1f}" for name, hours in one.limits.items())
        yield "    busiest hour: " + ", ".join(f"{name} {share:.0%}" for name, share in one.used.items())
        yield f"    waits for a worker: {_waits(one.waits)}; behind a host's lock: {_waits(one.behind)}"
        yield (
            f"    {one.exchanges:,} exchanges, {one.read:.1%} of crawls ok, {one.given_up} given up; "
            f"longest portal {_longest(one.longest)}; longest host {_longest(one.chain)}"
        )
        yield (
            f"    politeness: {polite.broken} gaps too short among {polite.exchanges:,} exchanges in {polite.stints:,} crawls; "
            f"the smallest margin {polite.margin:.4f} s"
        )


Said = Table | Nation | Answer


def simulate(
    figures: Figures, workers: Sequence[int], *, seed: int = 0, nights: int = JANUARY, share: float = 1.0
) -> Iterator[Said]:
    """The nation against each number of workers; then, with the number in the middle, what changes where one thing does.

    ``share`` is of the nation's places.
    """
    yield Table(figures)
    portals = nation(figures, seed, share)
    yield Nation(portals)
    for number in workers:
        yield Answer(AS_IT_IS, first_crawl(portals, figures, number, seed=seed))
        yield Answer(AS_IT_IS, january(portals, figures, number, seed=seed, nights=nights))
    number = workers[len(workers) // 2]
    for name, changed, rules in _otherwise(figures):
        portals = nation(changed, seed, share)
        yield Answer(name, first_crawl(portals, changed, number, seed=seed, rules=rules))
        yield Answer(name, january(portals, changed, number, seed=seed, nights=min(nights, _FEW), rules=rules))


def _otherwise(figures: Figures) -> Iterator[tuple[str, Figures, Rules | None]]:
    """One thing changed at a time."""
    for delay in (1, 2, 5, 10):
        yield f"a delay of {delay} s", figures.but(delay=delay), None
    yield "every host a tenth slower", figures.but(latency=1.1 * figures["latency"]), None
    yield "a tenth of the hosts 10 times slower", figures.but(slow_hosts=0.1, slower=10), None
    yield "a worker lost every hour", figures, Rules(lost_every=HOUR)
    yield "the writers' turn half as long", figures.but(**{name: figures[name] / 2 for name in _CHANGED_TURN}), None
    yield "no hosts shared, no gateways", figures.but(shared_prefectures=0, gateway_provinces=0), None
    yield "a worker with 64 crawls side by side", figures.but(side_by_side=64), None


def _waits(seconds: dict[str, float]) -> str:
    return ", ".join(f"{name} {value / 60:.0f} min" for name, value in seconds.items())


def _longest(one: Any) -> str:
    return f"{one.name} ({one.exchanges:,} exchanges, {one.hours:.1f} h)"
