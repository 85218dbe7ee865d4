"""Counting: how many findings there are, by rule and year and by division, without reading each of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from sqlalchemy import func, select

from archive.among import among
from archive.divisions import Book
from archive.findings.lines import FindingLine, Wanted, fitting, own_asked_for, with_note
from archive.findings.walking import noted
from archive.journal.acknowledging import read_all
from archive.schema import FindingRow, Publisher, Report
from archive.store import Archive


@dataclass(frozen=True)
class Counts:
    """How many findings there are, by rule and report year, and by the publisher's scope.

    ``first`` is the number of the first report that has one, 0 where nobody asked.
    """

    rules: Counter[tuple[str, int | None]] = field(default_factory=Counter)
    scopes: Counter[str | None] = field(default_factory=Counter)
    first: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.rules.total()


@dataclass(frozen=True)
class Tally:
    """How many findings are open and how many acknowledged."""

    open: int
    acknowledged: int


@dataclass(frozen=True)
class OfRule:
    """How many of a rule on a year."""

    rule: str
    report_year: int | None
    tally: Tally


@dataclass(frozen=True)
class OfDivision:
    """How many of a division with all below it; ``code`` is empty where the publisher is not known, else a code or what stands in for it."""

    code: str
    name: str | None
    tally: Tally


@dataclass(frozen=True)
class Summary:
    """Findings by rule and year, and by division."""

    rules: tuple[OfRule, ...] = field(default=())
    divisions: tuple[OfDivision, ...] = field(default=())

    @property
    def open(self) -> int:
        """How many are open."""
        return sum(each.tally.open for each in self.rules)

    @property
    def acknowledged(self) -> int:
        """How many are acknowledged."""
        return sum(each.tally.acknowledged for each in self.rules)


def count_own(archive: Archive, wanted: Wanted) -> Counts:
    """How many findings the reports have in themselves, open or not, counted by the database.

    Raises :class:`archive.errors.ArchiveError` for a code that is no division's.
    """
    by = (FindingRow.rule, Report.report_year, Publisher.scope)
    query = (
        select(*by, func.count(), func.min(Report.id))
        .select_from(Report)
        .join(FindingRow, FindingRow.version_id == Report.version_id)
        .outerjoin(Publisher, Publisher.id == Report.publisher_id)
        .group_by(*by)
    )
    rules: Counter[tuple[str, int | None]] = Counter()
    scopes: Counter[str | None] = Counter()
    first = 0
    with archive.session() as session:
        for rule, year, scope, count, report in session.execute(own_asked_for(query, archive, wanted)):
            rules[rule, year] += count
            scopes[scope] += count
            first = min(first or report, report)
    return Counts(rules, scopes, first)


def count_noted(archive: Archive, lines: Iterable[FindingLine]) -> Counts:
    """The same of some that reports have in themselves, under the years under which these are filed."""
    several = list(lines)
    numbers = {line.report_id for line in several if line.report_id is not None}
    with archive.session() as session:
        query = select(Report.id, Report.report_year).where(among(Report.id, sorted(numbers)))
        years = {row.id: row.report_year for row in session.execute(query)}
    return Counts(
        Counter((line.finding["rule"], years.get(line.report_id or 0)) for line in several),
        Counter(line.scope for line in several),
    )


def count_lines(lines: Iterable[FindingLine]) -> Counts:
    """The same of findings that are at hand."""
    several = list(lines)
    return Counts(
        Counter((line.finding["rule"], line.report_year) for line in several), Counter(line.scope for line in several)
    )


def summary_of(archive: Archive, wanted: Wanted, further: Iterable[FindingLine]) -> Summary:
    """The findings asked for, counted; ``further`` are looked at one by one. Raises as :func:`count_own`."""
    own = count_own(archive, wanted)
    with archive.session() as session:
        known = read_all(session)
        others = [with_note(line, known) for line in fitting(archive, session, wanted, further)]
    done = count_noted(archive, (line for _, line in noted(archive, wanted, known)))
    done_others = count_lines(line for line in others if line.acknowledged is not None)
    return summed((own, count_lines(others)), (done, done_others), archive.book, wanted.division)


def summed(every: Iterable[Counts], acknowledged: Iterable[Counts], book: Book, division: str | None) -> Summary:
    """All counts together, those of the acknowledged findings apart, by the divisions right below the one asked for."""
    rules: dict[tuple[str, int | None], list[int]] = {}
    places: dict[str, list[int]] = {}
    for at, counts in _both(every, acknowledged):
        for key, count in counts.rules.items():
            rules.setdefault(key, [0, 0])[at] += count
        for scope, count in counts.scopes.items():
            places.setdefault(_place(scope, book, division), [0, 0])[at] += count
    by_rule = sorted(rules.items(), key=lambda each: (each[0][0], each[0][1] or 0))
    return Summary(
        tuple(OfRule(rule, year, Tally(number - done, done)) for (rule, year), (number, done) in by_rule),
        tuple(
            OfDivision(code, _label(code, book), Tally(number - done, done))
            for code, (number, done) in sorted(places.items())
        ),
    )


def _both(every: Iterable[Counts], acknowledged: Iterable[Counts]) -> Iterator[tuple[int, Counts]]:
    yield from ((0, counts) for counts in every)
    yield from ((1, counts) for counts in acknowledged)


def _place(scope: str | None, book: Book, division: str | None) -> str:
    """Under which division the findings of a scope are counted: provinces, or those right below the one asked for."""
    asked = "" if division is None else book.prefix(division)
    for each in book.path(scope) if scope is not None and scope.isdecimal() else ():
        own = book.prefix(each.code)
        if own != asked and own.startswith(asked):
            return each.code
    return scope or ""


def _label(code: str, book: Book) -> str | None:
    if not code:
        return "publisher not known"
    return book.label(code) if code.isdecimal() and book.get(code) is not None else None
