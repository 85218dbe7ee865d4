"""Exporting the registry: publishers as the rows from which :mod:`archive.registry.imports` makes the same again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date

from archive.registry.listing import Change, PublisherLine
from archive.registry.rows import COLUMNS

_BETWEEN = re.compile(r"[;；]")  # what stands between names cannot stand in one; no key knows the difference


def rows(lines: Iterable[PublisherLine]) -> list[dict[str, str]]:
    """A row for each publisher, by column; one more for each successor after the first."""
    return [row for line in lines for row in _rows(line)]


def _rows(line: PublisherLine) -> Iterator[dict[str, str]]:
    row = dict.fromkeys(COLUMNS, "") | {"name": line.name, "division": line.township or line.scope}
    into, merged_into = _parted(line.merged_into)
    facts = {
        "class": line.kind,
        "since": _iso(line.since),
        "until": _iso(line.until),
        "aliases": ";".join(_BETWEEN.sub("、", alias) for alias in line.aliases),
        "merged_into": merged_into,
        "merged_into_division": into,
    }
    first, *further = [_succession(change) for change in line.successors] or [{}]
    yield row | facts | first
    yield from (row | succession for succession in further)


def _succession(change: Change) -> dict[str, str]:
    division, name = _parted(change.publisher)
    told = {"on": _iso(change.on), "because": change.because or ""}
    return {"successor": name, "successor_division": division, **told}


def _parted(reference: str | None) -> tuple[str, str]:
    scope, _, name = (reference or "").partition("/")
    return scope, name


def _iso(day: date | None) -> str:
    return day.isoformat() if day is not None else ""
