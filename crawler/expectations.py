"""What is expected of portals, held against what the archive has of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from archive import listings
from archive.days import day_of
from archive.listings import PortalState
from archive.registry.deadlines import last_days
from archive.store import Archive
from crawler.entries import Expectation, PortalEntry
from crawler.portals import UNREGISTERED, Registry
from spiders.outcomes import OK


@dataclass(frozen=True)
class PortalCheck:
    """A portal, how it was last read, the reports found on each year, and in words what needs attention."""

    id: str | None
    url: str
    outcome: str | None
    expects: Expectation | None
    found: Mapping[int, int]
    attention: tuple[str, ...]


def judge_all(archive: Archive, registry: Registry, named: Sequence[PortalEntry] = ()) -> list[PortalCheck]:
    """Check these portals, or all that the archive knows."""
    states = {state.url: state for state in listings.portals(archive)}
    entries: dict[str, PortalEntry | None] = {url: registry.find(url) for url in states}
    if named:
        entries = {entry.url: entry for entry in named}
    found = listings.reports_per_year(archive, list(entries))
    today = day_of(archive.clock())
    return [_judge(url, entry, states.get(url), found.get(url, {}), today) for url, entry in entries.items()]


def _judge(
    url: str, entry: PortalEntry | None, state: PortalState | None, found: Mapping[int, int], today: date
) -> PortalCheck:
    expects = entry.expects if entry is not None else None
    registered = entry is not None and entry.id != UNREGISTERED
    return PortalCheck(
        id=entry.id if entry is not None and registered else None,
        url=url,
        outcome=state.outcome if state is not None else None,
        expects=expects,
        found=found,
        attention=(*_unread(state), *(shortfalls(expects, found, today) if expects is not None else ())),
    )


def _unread(state: PortalState | None) -> Iterator[str]:
    if state is None or state.outcome is None:
        yield "it was never read to an end"
    elif state.outcome != OK:
        yield state.detail or state.outcome


def shortfalls(expects: Expectation, found: Mapping[int, int], today: date) -> Iterator[str]:
    """The years with too few reports, of those whose deadlines have all passed."""
    for year in range(expects.since, today.year):
        if (
            today > max(last_days(year + 1), default=date(year, 12, 31))
            and found.get(year, 0) < expects.reports_per_year
        ):
            yield f"{found.get(year, 0)} reports on {year}, where at least {expects.reports_per_year} are expected"
