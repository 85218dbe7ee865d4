"""Whether hosts were left in peace: what each was asked, and the gaps between, checked after the fact."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from math import inf


@dataclass(frozen=True)
class Stint:
    """Exchanges of one crawl with a host: from the beginning of the first to the end of the last.

    ``gap`` is to lie between two of them, ``least`` is the smallest that did. Seconds.
    """

    host: str
    task: int
    begun: float
    ended: float
    exchanges: int
    gap: float
    least: float


@dataclass(frozen=True)
class Kept:
    """How politeness was kept: ``margin`` is the least time by which a gap was longer than it had to be.

    It is negative where a host was asked too early or twice at once; ``broken`` counts these. ``between`` is the margin
    between two crawls, ``stints`` and ``exchanges`` say how much was looked at.
    """

    margin: float
    between: float
    broken: int
    stints: int
    exchanges: int


_ROUNDING = 1e-6  # seconds: times of a month are sums of hundreds of thousands of parts


def kept(stints: Iterable[Stint]) -> Kept:
    """Look at every gap of every host."""
    by_host: dict[str, list[Stint]] = defaultdict(list)
    for stint in stints:
        by_host[stint.host].append(stint)
    within = between = inf
    broken = looked = exchanges = 0
    for host in by_host.values():
        host.sort(key=lambda stint: (stint.begun, stint.ended))
        last, gap = -inf, 0.0
        for stint in host:
            looked, exchanges = looked + 1, exchanges + stint.exchanges
            found = stint.begun - last - max(gap, stint.gap)
            between = min(between, found)
            broken += found < -_ROUNDING
            if stint.exchanges > 1:
                within = min(within, stint.least - stint.gap)
                broken += stint.least - stint.gap < -_ROUNDING
            last, gap = max(last, stint.ended), stint.gap
    return Kept(_rounded(min(within, between)), _rounded(between), broken, looked, exchanges)


def _rounded(seconds: float) -> float:
    return round(seconds, 6) + 0.0  # never -0.0
