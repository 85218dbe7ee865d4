"""``python -m benchmarks [NAME…]``: every ratio, one line each; exit status 1 where one does not hold.

Names are those of ``BENCHMARKS`` below; without a name the quick ones, the others take their time. ``simulate`` is by itself
and has options of its own (:mod:`benchmarks.simulation`).
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable, Iterator
from itertools import chain

from benchmarks import (
    archiving,
    crawling,
    dashboard,
    export,
    likeness,
    memory,
    nation,
    panels,
    parsing,
    scale,
    search,
    workers,
)
from benchmarks.simulation import __main__ as simulation
from benchmarks.simulation import measuring
from benchmarks.timing import Ratio

BENCHMARKS: dict[str, Callable[[], Iterator[Ratio | str]]] = {
    "parsing": parsing.ratios,
    "archiving": lambda: chain(archiving.ratios(), archiving.levels()),
    "crawling": crawling.ratios,
    "scale": lambda: chain(scale.ratios(), scale.postgresql()),
    "memory": memory.ratios,
    "nation": nation.ratios,
    "panels": panels.ratios,
    "dashboard": dashboard.ratios,
    "search": search.ratios,
    "export": export.ratios,
    "likeness": lambda: chain(likeness.ratios(), likeness.postgresql()),
    "sizing": measuring.lines,
    "workers": workers.ratios,
}
SIMULATE = "simulate"
QUICK = ("parsing", "archiving", "crawling")


def main(names: list[str]) -> int:
    """Measure and print."""
    if names[:1] == [SIMULATE]:
        return simulation.main(names[1:])
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        print(f"there is no benchmark {unknown[0]}: name one of {', '.join([*BENCHMARKS, SIMULATE])}", file=sys.stderr)
        return 2
    print(
        f"{platform.python_implementation()} {platform.python_version()}, {platform.machine()}, medians of alternating rounds"
    )
    failed = False
    for name in names or QUICK:
        for said in BENCHMARKS[name]():
            print(said.line() if isinstance(said, Ratio) else said, flush=True)
            failed = failed or (isinstance(said, Ratio) and not said.holds)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
