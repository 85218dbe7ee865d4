"""``python -m benchmarks simulate``: how long a nation takes so many workers, and what holds them up."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter
from collections.abc import Sequence

from benchmarks.simulation.answers import Answer, simulate
from benchmarks.simulation.figures import figures
from benchmarks.simulation.runs import JANUARY

WORKERS = (1, 2, 4, 8, 16)
NIGHTS = 7  # the last of January: more than half of a year's reports come then


def main(arguments: Sequence[str]) -> int:
    """Simulate and print; status 1 where a host was asked too early, or twice at once."""
    given = _parser().parse_args(arguments)
    broken = 0
    for said in simulate(figures(), given.workers, seed=given.seed, nights=given.nights, share=given.share):
        if isinstance(said, Answer):
            broken += said.found.polite.broken
        lines = [json.dumps(said.json(), ensure_ascii=False)] if given.json else said.lines()
        for line in lines:
            print(line, flush=True)
    return int(broken > 0)


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        "python -m benchmarks simulate", description=__doc__, formatter_class=RawDescriptionHelpFormatter
    )
    parser.add_argument("--workers", type=_numbers, default=WORKERS, help="how many, as 1,2,4 (default: 1,2,4,8,16)")
    parser.add_argument("--nights", type=_nights, default=NIGHTS, help=f"the last of January (default: {NIGHTS})")
    parser.add_argument("--share", type=_share, default=1.0, help="of the nation's places (default: 1)")
    parser.add_argument("--seed", type=int, default=0, help="the same for the same seed (default: 0)")
    parser.add_argument("--json", action="store_true", help="a line of JSON for each answer")
    return parser


def _numbers(written: str) -> tuple[int, ...]:
    numbers = tuple(int(part) for part in written.split(",") if part.strip().isdecimal())
    if not numbers or min(numbers) < 1 or len(numbers) != written.count(",") + 1:
        raise ArgumentTypeError(f"{written!r} is no list of numbers of workers like 1,2,4")
    return numbers


def _nights(written: str) -> int:
    if not written.isdecimal() or not 1 <= int(written) <= JANUARY:
        raise ArgumentTypeError(f"{written!r} is no number of nights from 1 to {JANUARY}")
    return int(written)


def _share(written: str) -> float:
    try:
        share = float(written)
    except ValueError:
        share = 0.0
    if not 0 < share <= 1:
        raise ArgumentTypeError(f"{written!r} is no share above 0 and at most 1")
    return share


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
