"""Across: the findings that no report has in itself, of whatever family; only those asked for are computed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from archive.findings import chains, hierarchy, likeness
from archive.findings.doubts import doubts
from archive.findings.lines import ALL, FindingLine, Wanted
from archive.store import Archive


def across(archive: Archive, wanted: Wanted = ALL, *, prose: bool = True) -> Iterator[FindingLine]:
    """Of the monitor, of years and versions against each other, of copied prose, of governments and those below them.

    ``prose``: whether copies are looked for; for a nation that takes minutes.
    """
    return chain(
        doubts(archive, wanted),
        chains.findings(archive, wanted),
        likeness.findings(archive, wanted) if prose else (),
        hierarchy.findings(archive, wanted),
    )
