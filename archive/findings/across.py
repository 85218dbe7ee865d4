"""Across: the findings that no report has in itself, of whatever family; only those asked for are computed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain

from archive.findings import chains, doubts, hierarchy, likeness
from archive.findings.lines import ALL, FindingLine, Wanted
from archive.store import Archive

RULES: Mapping[str, tuple[str, ...]] = {**doubts.RULES, **chains.RULES, **likeness.RULES, **hierarchy.RULES}
_UNKNOWN_UNIT = "roster.unknown"  # its subject is no publisher


def across(archive: Archive, wanted: Wanted = ALL, *, prose: bool = True) -> Iterator[FindingLine]:
    """Of the monitor, of years and versions against each other, of copied prose, of governments and those below them.

    ``prose``: whether copies are looked for; for a nation that takes minutes.
    """
    return chain(
        doubts.doubts(archive, wanted),
        chains.findings(archive, wanted),
        likeness.findings(archive, wanted) if prose else (),
        hierarchy.findings(archive, wanted),
    )


def looks_for_copies(wanted: Wanted) -> bool:
    """Whether what is asked for is narrow enough to look for copied prose without being told to; it may be none of it."""
    narrow = {wanted.rule, wanted.publisher, wanted.division, wanted.portal} != {None}
    return narrow and wanted.asks(likeness.RULES)


def called(archive: Archive, rule: str, subject: str, name: str) -> FindingLine | None:
    """One of these findings by its rule, its subject and its whole id; null where there is none, or none any more."""
    owner, _, year = subject.rpartition("/")
    if rule not in RULES or not (year.isascii() and year.isdecimal() and len(year) == 4):
        return None
    wanted = Wanted(rule=rule, year=int(year), publisher=None if rule == _UNKNOWN_UNIT else owner)
    found = [line for line in across(archive, wanted) if line.id == name]  # to their end, so that no cursor stays open
    return found[0] if found else None
