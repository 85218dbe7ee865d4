"""Comparisons that are asked for, computed once: long texts take seconds."""

from __future__ import annotations

from starlette.exceptions import HTTPException

from archive.comparing.comparison import Comparison, diff, two_versions
from archive.comparing.years import Years, all_years
from archive.web.asking import Asking
from archive.web.comparing.asked import Choice, PairQuery, ReportAsked, one_publisher, report_asked, years_of

_KEPT = 12  # comparisons; one of long reports takes some megabytes
_READ = 800_000  # characters of prose that are compared for all years: some five seconds; most publishers have 200,000


def years_compared(asking: Asking, publisher: Choice, before: int, after: int) -> Comparison:
    """Two years of a publisher."""

    def compute() -> Comparison:
        return diff(asking.archive, publisher.id, before, after)

    return asking.house.memory.recall(("compared", publisher.id, before, after), compute, most=_KEPT)


def versions_compared(asking: Asking, report: ReportAsked, before: int, after: int) -> Comparison:
    """Two versions of a report, by their numbers."""

    def compute() -> Comparison:
        return two_versions(asking.archive, report.id, before, after)

    return asking.house.memory.recall(("compared", "versions", report.id, before, after), compute, most=_KEPT)


def every_year(asking: Asking, publisher: Choice) -> Years:
    """All years of a publisher."""
    question = ("compared years", publisher.id)
    return asking.house.memory.recall(question, lambda: all_years(asking.archive, publisher.id, most=_READ), most=_KEPT)


def pair(asking: Asking, asked: PairQuery) -> Comparison | None:
    """What programs ask for; null where they name no two sides. Raises :class:`UnknownPublisher`, :class:`HTTPException`."""
    before, after = asked.earlier, asked.later
    if before is None or after is None or (asked.report is None and asked.publisher is None):
        return None
    if asked.report is not None:
        report = report_asked(asking.archive, asked.report)
        if report is None:
            raise HTTPException(404, f"there is no report {asked.report}")
        sides = [report.version(name) for name in (before, after)]
        one, other = sides
        if one is None or other is None:
            raise HTTPException(404, f"report {report.id} has no such version: /api/v1/reports/{report.id} lists them")
        _unlike(one.id, other.id)
        return versions_compared(asking, report, one.id, other.id)
    publisher = one_publisher(asking.archive, asked.publisher or "")
    known = {str(year): year for year in years_of(asking.archive, publisher.id)}
    for year in (before, after):
        if year not in known:
            raise HTTPException(404, f"there is no report of {publisher.reference} on {year}")
    _unlike(known[before], known[after])
    return years_compared(asking, publisher, known[before], known[after])


def _unlike(one: int, other: int) -> None:
    if one == other:
        raise HTTPException(404, f"{one} is on both sides: name two that differ")
