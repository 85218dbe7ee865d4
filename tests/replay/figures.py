"""Invented figures that hold together: every printed identity, and from year to year."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from tests.replay.forms import APPLICANTS, GROUPS, NOT_PROCESSED, OTHER_HANDLING, REFUSED, UNAVAILABLE

KINDS = tuple(name for name in APPLICANTS if name != "total")
# How often each result occurs, out of a hundred; the others do not occur in this city.
_RESULTS = {
    "granted": 52,
    "partly_granted": 11,
    "refused_third_party": 3,
    "refused_internal_affairs": 3,
    "refused_deliberative": 3,
    "refused_administrative_query": 2,
    "unavailable_not_held": 16,
    "unavailable_needs_creation": 4,
    "not_processed_petition": 3,
    "other_uncorrected": 3,
}
_ALL_RESULTS = ("granted", "partly_granted", *REFUSED, *UNAVAILABLE, *NOT_PROCESSED, *OTHER_HANDLING)
_SHARES = {
    "natural_person": 78,
    "business": 14,
    "research": 1,
    "social_organisation": 2,
    "legal_service": 4,
    "other": 1,
}


@dataclass(frozen=True)
class Business:
    """What an agency does in a year, roughly: the figures vary around it."""

    applications: int
    documents: int  # 行政规范性文件 in force
    licences: int
    penalties: int
    coercions: int = 0
    fees: int = 0  # 万元


def years(agency: str, business: Business, first: int, last: int) -> Iterator[tuple[int, dict[str, str]]]:
    """The figures of each year as they are printed, each year going on from the one before.

    ``carried_in(Y) = carried_out(Y-1)`` per applicant, ``in_force(Y) = in_force(Y-1) + made - repealed``; nothing grows
    or shrinks more than by a third.
    """
    chance = Random(f"{agency}/{first}")
    carried = _spread(chance, business.applications // 9)
    in_force = business.documents
    for year in range(first, last + 1):
        figures: dict[str, int] = {}
        new = _spread(chance, _around(chance, business.applications))
        out = {
            kind: min(count, new[kind] + carried[kind]) for kind, count in _spread(chance, new_total(new) // 9).items()
        }
        for kind in KINDS:
            figures[f"requests.new.{kind}"] = new[kind]
            figures[f"requests.carried_in.{kind}"] = carried[kind]
            figures[f"requests.carried_out.{kind}"] = out[kind]
            done = new[kind] + carried[kind] - out[kind]
            for result, count in _handle(chance, done).items():
                figures[f"requests.{result}.{kind}"] = count
            figures[f"requests.total.{kind}"] = done
        _sum_up(figures)
        made = chance.randint(0, 2) if business.documents > 4 else 0
        repealed = min(chance.randint(0, 2), in_force) if business.documents > 4 else 0
        in_force += made - repealed
        figures |= {
            "disclosure.normative_documents.made": made,
            "disclosure.normative_documents.repealed": repealed,
            "disclosure.normative_documents.in_force": in_force,
            "disclosure.licensing.decisions": _around(chance, business.licences),
            "disclosure.penalties.decisions": _around(chance, business.penalties),
            "disclosure.coercion.decisions": _around(chance, business.coercions),
        }
        figures |= _review(chance, business.applications)
        printed = {key: str(value) for key, value in figures.items()}
        if business.fees:
            printed["disclosure.fees.amount"] = f"{_around(chance, business.fees)}.{chance.randint(1, 9)}"
        yield year, printed
        carried = out


def new_total(counts: dict[str, int]) -> int:
    """The sum over all applicants."""
    return sum(counts.values())


def break_balance(figures: dict[str, str]) -> dict[str, str]:
    """The same figures with one application too many, so that only ``requests.balance`` fails (two columns)."""
    broken = dict(figures)
    for column in ("natural_person", "total"):
        broken[f"requests.new.{column}"] = str(int(figures[f"requests.new.{column}"]) + 1)
    return broken


def _around(chance: Random, base: int) -> int:
    return base if base < 2 else max(1, round(base * chance.uniform(0.85, 1.15)))


def _spread(chance: Random, count: int) -> dict[str, int]:
    """A number of applications dealt out to the kinds of applicants."""
    drawn = chance.choices(KINDS, weights=[_SHARES[kind] for kind in KINDS], k=count)
    return {kind: drawn.count(kind) for kind in KINDS}


def _handle(chance: Random, count: int) -> dict[str, int]:
    drawn = chance.choices(list(_RESULTS), weights=list(_RESULTS.values()), k=count)
    return {result: drawn.count(result) for result in _ALL_RESULTS}


def _sum_up(figures: dict[str, int]) -> None:
    for row in {key.split(".")[1] for key in figures}:
        figures[f"requests.{row}.total"] = sum(figures[f"requests.{row}.{kind}"] for kind in KINDS)


def _review(chance: Random, applications: int) -> dict[str, int]:
    """A dispute for every thirty applications or so."""
    figures: dict[str, int] = {}
    for group in GROUPS:
        results = {
            "upheld": chance.randint(0, applications // 25),
            "corrected": chance.randint(0, applications // 45),
            "other": 0,
        }
        results["pending"] = chance.randint(0, applications // 45)
        results["total"] = sum(results.values())
        figures |= {f"review.{group}.{result}": count for result, count in results.items()}
    return figures
