"""What one crawl of a portal asks, how long that takes where nothing else is in the way, and how it ends."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from benchmarks.simulation.figures import Figures
from benchmarks.simulation.nation import Portal
from spiders.outcomes import DISALLOWED, INCOMPLETE, OK, UNREACHABLE, blocked

BLOCKED = blocked("simulated")
_EVIDENCE = 3  # pages that block, and the host is left alone


@dataclass(frozen=True)
class Phase:
    """A part of a crawl: seconds where nothing else is in the way, and what it takes of others meanwhile.

    ``host`` is the one that is asked ``exchanges`` times, with ``gap`` seconds between them and never less than ``least``;
    null where the crawl is by itself. Seconds of the worker's processors, of the server's and of the writers' turn; bytes.
    """

    seconds: float
    host: str | None = None
    exchanges: int = 0
    gap: float = 0.0
    least: float = 0.0
    processor: float = 0.0
    server: float = 0.0
    turn: float = 0.0
    moved: float = 0.0


@dataclass(frozen=True)
class Work:
    """A crawl: its phases in order, and how it ends."""

    phases: tuple[Phase, ...]
    outcome: str

    @property
    def seconds(self) -> float:
        """How long it takes where nothing else is in the way."""
        return sum(phase.seconds for phase in self.phases)


@dataclass(frozen=True)
class Wanted:
    """What is crawled: reports that are ``new``, and the share of all pages that was ``had`` by a crawl that was lost."""

    new: int
    had: float = 0.0


def work(portal: Portal, wanted: Wanted, figures: Figures, luck: Random) -> Work:
    """A crawl with so much luck: the same for the same."""
    fate = luck.random()
    pages, outcome = _fate(portal, fate, figures)
    left = pages * (1 - wanted.had)
    documents = portal.articles + portal.attachments
    finding = portal.exchanges - documents - (portal.lists if portal.gateway else 0)
    beside = portal.lists if portal.gateway and pages == 1.0 else 0
    asked = max(1, round((finding if pages == 1.0 else 0) + (documents if pages == 1.0 else portal.exchanges) * left))
    new = wanted.new if pages == 1.0 else 0
    phases = [_start(figures)]
    if beside and portal.gateway is not None:
        phases.append(_asking(portal, portal.gateway, beside, 0, figures, luck))
    if outcome == UNREACHABLE:
        phases.append(_vain(portal, figures))
    else:
        phases.append(_asking(portal, portal.host, asked, round(new * left), figures, luck))
    if new:
        phases.append(_filing(new, figures))
    return Work(tuple(phases), outcome)


def _fate(portal: Portal, fate: float, figures: Figures) -> tuple[float, str]:
    """The share of the portal's pages that is asked for, and the outcome."""
    habits = portal.habits
    if habits.dead:
        return 0.0, UNREACHABLE
    if habits.disallows:
        return 0.0, DISALLOWED
    if fate < habits.blocks:
        share = fate / habits.blocks  # anywhere in the crawl
        return min(0.99, max(share, _EVIDENCE / portal.exchanges)), BLOCKED
    rest = (fate - habits.blocks) / (1 - habits.blocks)
    if rest < figures["unreachable"]:
        return 0.0, UNREACHABLE
    if rest < figures["unreachable"] + figures["incomplete"]:
        return 1.0, INCOMPLETE
    return 1.0, OK


def _start(figures: Figures) -> Phase:
    seconds = figures["start_processor"]
    return Phase(seconds, processor=seconds, server=figures["start_server"], turn=figures["start_turn"])


def _asking(portal: Portal, host: str, asked: int, new: int, figures: Figures, luck: Random) -> Phase:
    habits = portal.habits
    jitter = luck.gauss(figures["jitter"] / 2, figures["jitter"] / (12 * asked) ** 0.5)  # the mean of so many draws
    jitter = min(max(jitter, 0.0), figures["jitter"])
    least = habits.gap * (1 + figures["jitter"] * (1 - luck.random() ** (1 / asked)))  # the least of so many
    latency = habits.latency * max(0.5, luck.gauss(1.0, figures["latency_within"] / asked**0.5))
    seconds = asked * latency + (asked - 1) * habits.gap * (1 + jitter)
    if habits.limits:
        seconds += asked // figures["limit_every"] * figures["limit_pause"]
    processor = asked * figures["page_processor"]
    return Phase(
        max(seconds, processor),  # one process works on one thing at a time
        host,
        asked,
        habits.gap,
        least,
        processor,
        asked * figures["page_server"],
        new * figures["turn_new"] + (asked - new) * figures["turn_unchanged"],
        asked * figures["page_bytes"] + new * figures["attachments"] * figures["attachment_bytes"],
    )


def _vain(portal: Portal, figures: Figures) -> Phase:
    tries = round(figures["tries"])
    gap = portal.habits.gap
    return Phase(tries * figures["timeout"] + (tries - 1) * gap, portal.host, tries, gap, gap)


def _filing(new: int, figures: Figures) -> Phase:
    """The records of new reports are read on all the worker's cores."""
    processor, cores = new * figures["report_processor"], min(figures["cores"], new)
    return Phase(
        processor / cores,
        processor=processor,
        server=new * figures["report_server"],
        turn=new * figures["report_turn"],
        moved=new * figures["report_kept"],
    )
