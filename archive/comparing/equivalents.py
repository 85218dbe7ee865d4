"""Equivalents: what a figure of one form is in another. ``equivalents.toml`` says it, with its reasons, for people to review."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from archive.comparing.labels import keys_of

FORMS = ("2008", "2014", "2019", "2021")  # from the oldest to the newest


class Relation(StrEnum):
    """What two figures are to each other."""

    SAME = "same"
    SUM = "sum"  # the one is the sum of the several
    NEAR = "near"  # they stand for each other and are not the same
    ONLY = "only"  # one form has it
    PART = "part"  # it is one of several that another row adds up


@dataclass(frozen=True)
class Line:
    """A line of the table."""

    older: str
    newer: tuple[str, ...]
    relation: Relation
    before: tuple[str, ...]  # keys or patterns on the older form
    after: tuple[str, ...]  # on the newer ones
    each: bool  # the keys of both sides stand for each other one by one, and are not added up
    reason: str
    evidence: str


@dataclass(frozen=True)
class Equivalent:
    """What one figure or several of a form are on another; ``theirs`` is empty where that form has nothing of the kind.

    ``evidence`` says how well the reason is known: V read, I inferred, R recalled.
    """

    relation: Relation
    own: tuple[str, ...]
    theirs: tuple[str, ...]
    reason: str | None = None
    evidence: str | None = None


@cache
def equivalents(form: str, other: str) -> MappingProxyType[str, Equivalent]:
    """What each figure of a form is on another one, by its key; each stands for itself where the two are one form."""
    if form == other:
        return MappingProxyType({key: Equivalent(Relation.SAME, (key,), (key,)) for key in keys_of(form)})
    older, newer = sorted((form, other))
    found: dict[str, Equivalent] = {}
    for before, after, line in _pairs(older, newer):
        own, theirs = (before, after) if form == older else (after, before)
        for key in own:
            found.setdefault(key, Equivalent(line.relation, own, theirs, line.reason, line.evidence))
    return MappingProxyType(found)


@cache
def lines() -> tuple[Line, ...]:
    """The table."""
    data = tomllib.loads(files("archive.comparing").joinpath("equivalents.toml").read_text(encoding="utf-8"))
    return tuple(
        Line(
            entry["older"],
            tuple(entry["newer"]),
            Relation(entry["relation"]),
            tuple(entry["from"]),
            tuple(entry["to"]),
            entry.get("each", False),
            entry["reason"],
            entry["evidence"],
        )
        for entry in data["lines"]
    )


def _pairs(older: str, newer: str) -> Iterator[tuple[tuple[str, ...], tuple[str, ...], Line]]:
    """The keys that stand for each other on two forms, in the order of the table; those of a line that names them first."""
    taken: set[str] = set()
    for line in lines():
        if line.older == older and newer in line.newer:
            free = [
                pair
                for pair in _of_line(line, keys_of(older), keys_of(newer))
                if taken.isdisjoint((*pair[0], *pair[1]))
            ]
            yield from ((before, after, line) for before, after in free)
            taken.update(key for pair in free for side in pair for key in side)


def _of_line(
    line: Line, before: Sequence[str], after: Sequence[str]
) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    if line.each:
        yield from (((one,), (other,)) for one, other in zip(line.before, line.after, strict=True))
    elif not line.after or not line.before:
        yield from (((key,), ()) for key in before if _stands_for(line.before, key))
        yield from (((), (key,)) for key in after if _stands_for(line.after, key))
    elif any("*" in pattern for pattern in line.before):
        known, others = set(before), set(after)
        for key in before:
            star = _star(line.before[0], key)
            if star is None:
                continue
            one, other = (tuple(p.replace("*", star) for p in side) for side in (line.before, line.after))
            if known.issuperset(one) and others.issuperset(other):
                yield one, other
    else:
        yield line.before, line.after


def _stands_for(patterns: Sequence[str], key: str) -> bool:
    return any(_star(pattern, key) is not None for pattern in patterns)


def _star(pattern: str, key: str) -> str | None:
    """What the star of a pattern stands for in a key; an empty text where there is no star, null where they do not fit."""
    found = re.fullmatch(re.escape(pattern).replace(r"\*", "(.+)"), key)
    return None if found is None else "".join(found.groups())
