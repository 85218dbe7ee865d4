"""Search: which sections have the words, newest year first, then by publisher.

The index names candidates, and each is looked up in its record: a hit is never wrong, and none that was studied is missing.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice
from json import JSONDecodeError, JSONDecoder
from typing import Any

from sqlalchemy import Row, func, literal, or_, select, tuple_
from sqlalchemy.orm import Session

from archive.among import among
from archive.errors import UnknownPublisher
from archive.findings.lines import beginning_of
from archive.registry.publishers import called
from archive.schema import Publisher, Report, Version
from archive.store import Archive
from archive.words.blocks import SECTIONS, bit_of
from archive.words.folding import fold, is_whole, needed
from archive.words.index import candidates
from archive.words.queries import Query
from archive.words.snippets import Snippet, snippet
from parser.record import Record, Section

MOST_GRAMS = 32  # of a query that the index is asked for; a longer one is told by its text
FEW = 10_000  # candidates that are put in order at once; of more a year's publishers are gone through
CHECKED = 400  # candidates that are all looked up, so that their number is exact
COUNTED = 50_000  # versions whose sections are told apart where no text need be read
_GROUPS = (8, 32, 128)  # candidates to a question for their records
_STEPS = (500, 2_000, 8_000)  # publishers to a question
_UNKNOWN = or_(Report.publisher_id.is_(None), Report.report_year.is_(None))
_BY_PUBLISHER = (Publisher.scope.nullslast(), Publisher.key.nullslast(), Report.id, Version.id.desc())
_WITHIN = 1_000  # places of a version: no report has so many sections
_SECTIONS = '"sections": '  # in a record's line; within a text its quotation marks would not stand so


class Order(StrEnum):
    """In which order hits are given."""

    NEWEST = "newest"  # the newest report year, then by publisher
    OLDEST = "oldest"
    FILED = "filed"  # what came to the archive last


@dataclass(frozen=True)
class Asked:
    """Where is looked, and what first; null or empty asks for everywhere.

    ``publisher`` is a name in any spelling, ``division`` a code, ``kind`` a class of publishers. ``versions``: also those
    that are no longer the current one of their report.
    """

    sections: frozenset[int] = frozenset()
    year: int | None = None
    publisher: str | None = None
    division: str | None = None
    kind: str | None = None
    versions: bool = False
    order: Order = Order.NEWEST


@dataclass(frozen=True)
class Hit:
    """A section that has the words. ``current``: of the version that its report shows now."""

    report_id: int
    url: str
    publisher: str | None
    scope: str | None
    report_year: int | None
    title: str | None
    state: str
    version_id: int
    current: bool
    first_seen_at: datetime
    last_seen_at: datetime
    section: int
    heading: str
    snippet: Snippet


class Search:
    """A search; when its hits were gone through it knows how many sections have the words: between ``least`` and ``most``.

    ``damaged`` counts versions whose record could not be read, ``cut`` says whether :meth:`sections` left any out.
    """

    def __init__(self, archive: Archive, query: Query, asked: Asked) -> None:
        self._archive = archive
        self._query = query
        self._asked = asked
        grams = sorted(set().union(*map(needed, query.words)))
        step = -(-len(grams) // MOST_GRAMS)
        self._grams = grams[::step]
        self._whole = step == 1 and not query.without and all(map(is_whole, query.words))
        self._bits = SECTIONS
        if asked.sections:
            self._bits = sum({bit_of(number) for number in asked.sections})
        self._named: list[int] | None = None
        self.least = self.most = self.damaged = 0
        self.cut = False

    def hits(self, limit: int | None = None) -> Iterator[Hit]:
        """The hits in their order, at most so many. Raises :class:`ArchiveError` for a code or a name that is none."""
        return (hit for _, hit in self.placed(limit))

    def placed(self, limit: int | None = None, after: int = 0) -> Generator[tuple[int, Hit], None, None]:
        """The hits behind a place, each with its own place, which grows. What is passed over is not looked up.

        How many there are is known only where it began at the beginning. Raises as :meth:`hits`.
        """
        passed = after // _WITHIN
        seen = total = at = 0
        left = False  # whether there are candidates that nobody looked up
        with self._archive.session() as session:
            self._name(session)
            masks = candidates(session, self._grams, self._bits)
            for ids, year in self._slices(session, masks):
                total += sum(masks[number].bit_count() for number in ids)
                skipped = min(len(ids), max(0, passed - at))
                at += skipped
                if left or skipped == len(ids):
                    continue
                for group in _grouped(islice(self._sorted(session, masks, ids, year), skipped, None)):
                    if limit is not None and seen >= limit and (self._whole or len(ids) > CHECKED):
                        left = True
                        break
                    found = [
                        (place, number, section)
                        for place, number, section in self._look_up(session, masks, group, at)
                        if place > after
                    ]
                    at += len(group)
                    shown = found if limit is None else found[: max(0, limit - seen)]
                    seen += len(found)
                    yield from self._hits(session, shown)
                if left and not self._whole:
                    break
        self.least = self.most = seen
        if left and self._whole:
            self.least = self.most = total
        elif left:
            self.most = sum(mask.bit_count() for mask in masks)

    def sections(self, most: int) -> Generator[tuple[int, int], None, None]:
        """The versions and the numbers of their sections that have the words, in their order.

        No more are gone through than :data:`COUNTED` versions where the index says all of the words, and ``most`` where the
        texts have to be read; ``cut`` says whether there are more. Raises as :meth:`hits`.
        """
        bound = COUNTED if self._whole else most
        with self._archive.session() as session:
            self._name(session)
            masks = candidates(session, self._grams, self._bits)
            for ids, year in self._slices(session, masks):
                if bound <= 0:
                    self.cut = self.cut or bool(ids)
                    break
                taken = islice(self._sorted(session, masks, ids, year), bound)
                if self._whole:
                    for number in taken:
                        yield from ((number, section) for section in range(8) if masks[number] & bit_of(section))
                else:
                    for group in _grouped(taken):
                        found = self._look_up(session, masks, group, 0)
                        yield from ((number, section.number) for _, number, section in found)
                self.cut = self.cut or len(ids) > bound
                bound -= len(ids)

    def _name(self, session: Session) -> None:
        """Look up which publishers are meant."""
        if self._asked.publisher is None:
            return
        self._named = [one.id for one in called(session, self._asked.publisher, self._archive.book)]
        if not self._named:
            raise UnknownPublisher(f"no publisher is called {self._asked.publisher}: `xxgk publishers` lists them")

    def _slices(self, session: Session, masks: bytearray) -> Iterator[tuple[list[int], int | None]]:
        """The candidates among the versions asked for: all at once where they are few, else year by year, newest first."""
        if len(masks) - masks.count(0) <= FEW:
            ids = [found.start() for found in re.finditer(rb"[^\0]", masks)]
            yield list(session.scalars(self._versions().where(among(Version.id, ids)))), None
            return
        if self._asked.order is Order.FILED:
            yield [number for number in session.scalars(self._versions()) if _has(masks, number)], None
            return
        year = self._year(session, None)
        while year is not None:
            within = self._versions().where(Report.report_year == year, ~_UNKNOWN)
            yield [number for number in session.scalars(within) if _has(masks, number)], year
            year = self._year(session, year)
        yield [number for number in session.scalars(self._versions().where(_UNKNOWN)) if _has(masks, number)], None

    def _year(self, session: Session, before: int | None) -> int | None:
        """The report year that comes behind another, or first."""
        oldest = self._asked.order is Order.OLDEST
        query = select((func.min if oldest else func.max)(Report.report_year))
        if before is not None:
            query = query.where(Report.report_year > before if oldest else Report.report_year < before)
        if self._asked.year is not None:
            query = query.where(Report.report_year == self._asked.year)
        return session.scalar(query)

    def _sorted(self, session: Session, masks: bytearray, ids: Sequence[int], year: int | None) -> Iterator[int]:
        """Candidates in their order. Of very many the publishers are gone through: the first hits are soon found so."""
        if self._asked.order is Order.FILED:
            yield from sorted(ids, reverse=True)
            return
        years = Report.report_year
        ordering = years.asc() if self._asked.order is Order.OLDEST else years.desc()
        order = (_UNKNOWN, ordering.nullslast(), *_BY_PUBLISHER)
        if year is None or len(ids) <= FEW:
            yield from session.scalars(self._versions().where(among(Version.id, ids)).order_by(*order))
            return
        wanted = bytearray(len(masks))
        for number in ids:
            wanted[number] = 1
        for publishers in self._publishers(session):
            query = self._versions().where(Report.report_year == year, among(Report.publisher_id, publishers))
            yield from (number for number in session.scalars(query.order_by(*order)) if _has(wanted, number))

    def _publishers(self, session: Session) -> Iterator[list[int]]:
        """The publishers in their order, some at a time."""
        query: Any = select(Publisher.id, Publisher.scope, Publisher.key)
        query = query.order_by(Publisher.scope, Publisher.key)
        query = self._narrowed(query)
        last: tuple[str, str] | None = None
        for size in _growing(_STEPS):
            onward = query
            if last is not None:
                onward = query.where(tuple_(Publisher.scope, Publisher.key) > tuple_(*map(literal, last)))
            rows = session.execute(onward.limit(size)).all()
            if not rows:
                return
            yield [row.id for row in rows]
            last = rows[-1].scope, rows[-1].key

    def _versions(self) -> Any:
        """A query for the numbers of the versions asked for."""
        shown = Version.report_id == Report.id if self._asked.versions else Version.id == Report.version_id
        query: Any = select(Version.id).select_from(Report).join(Version, shown)
        query = query.outerjoin(Publisher, Publisher.id == Report.publisher_id)
        if self._asked.year is not None:
            query = query.where(Report.report_year == self._asked.year)
        return self._narrowed(query)

    def _narrowed(self, query: Any) -> Any:
        """A query that has the table of publishers, narrowed to those asked for."""
        asked = self._asked
        if self._named is not None:
            query = query.where(among(Publisher.id, self._named))
        if asked.kind is not None:
            query = query.where(Publisher.kind == asked.kind)
        if asked.division is not None:
            beginning = beginning_of(asked.division, self._archive.book)
            if len(beginning) == 9:
                return query.where(Publisher.township == beginning)
            return query.where(Publisher.scope >= beginning, Publisher.scope < _after(beginning))
        return query

    def _look_up(
        self, session: Session, masks: bytearray, ids: Sequence[int], at: int
    ) -> Iterator[tuple[int, int, Section]]:
        """The sections of some candidates that have the words, in their order, with their places and versions.

        The first of the candidates is the one numbered ``at``.
        """
        query = select(Version.id, Version.record).where(among(Version.id, ids))
        lines: dict[int, str] = dict(session.execute(query).all())
        for candidate, number in enumerate(ids, at):
            if number not in lines:  # PostgreSQL: it may have been dropped just now
                continue
            try:
                sections = sections_of(lines[number])
            except ValueError:
                self.damaged += 1
                continue
            fitting = (section for section in sections if self._fits(section, masks[number]))
            yield from ((candidate * _WITHIN + nth, number, section) for nth, section in enumerate(fitting, 1))

    def _fits(self, section: Section, mask: int) -> bool:
        if self._asked.sections and section.number not in self._asked.sections:
            return False
        return mask & bit_of(section.number) != 0 and self._query.fits(fold(section.text))

    def _hits(self, session: Session, found: Sequence[tuple[int, int, Section]]) -> Iterator[tuple[int, Hit]]:
        query: Any = select(Report, Version, Publisher.name, Publisher.scope)
        query = query.select_from(Report).join(Version, Version.report_id == Report.id)
        query = query.outerjoin(Publisher, Publisher.id == Report.publisher_id)
        query = query.where(among(Version.id, [number for _, number, _ in found]))
        rows = {row.Version.id: row for row in session.execute(query)} if found else {}
        for place, number, section in found:
            if number in rows:
                yield place, _hit(rows[number], section, self._query)


def sections_of(line: str) -> Sequence[Section]:
    """The sections of a record's line; the rest of it, which is most, is not read. Raises :class:`ValueError`."""
    at = line.find(_SECTIONS)
    if at >= 0:
        try:
            data, _ = _DECODER.raw_decode(line, at + len(_SECTIONS))
            return [Section.model_construct(**one) for one in data]
        except (JSONDecodeError, TypeError):
            pass
    return Record.from_json(line).sections


_DECODER = JSONDecoder()


def _hit(row: Row[Any], section: Section, query: Query) -> Hit:
    report, version = row.Report, row.Version
    return Hit(
        report_id=report.id,
        url=report.url,
        publisher=row.name or version.publisher,
        scope=row.scope,
        report_year=report.report_year,
        title=version.title,
        state=report.state,
        version_id=version.id,
        current=report.version_id == version.id,
        first_seen_at=version.first_seen_at,
        last_seen_at=version.last_seen_at,
        section=section.number,
        heading=section.heading,
        snippet=snippet(section.text, query.words),
    )


def _after(digits: str) -> str:
    """The first text behind all that begin with these digits."""
    return str(int(digits) + 1) if digits.strip("9") else "a"


def _has(masks: bytearray, number: int) -> bool:
    return number < len(masks) and masks[number] != 0


def _grouped(ids: Iterable[int]) -> Iterator[list[int]]:
    """Some at a time, first few, then more."""
    rest = iter(ids)
    for size in _growing(_GROUPS):
        group = list(islice(rest, size))
        if not group:
            return
        yield group


def _growing(sizes: Sequence[int]) -> Iterator[int]:
    yield from sizes
    while True:
        yield sizes[-1]
