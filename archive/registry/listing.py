"""The registry, asked for: which publishers are known, under which names, from where, and what became of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select
from sqlalchemy.orm import Session

from archive.addresses import with_fragment
from archive.among import among
from archive.divisions import Book
from archive.errors import UnknownPublisher
from archive.registry.publishers import DIRECTORY, ROSTER, naming, resolve, standing_for
from archive.schema import (
    Article,
    Base,
    Portal,
    Publisher,
    PublisherAlias,
    PublisherSource,
    Report,
    ReportColumn,
    RosterRow,
    RosterUnit,
    Sighting,
    Succession,
    UnitRow,
    Version,
)
from archive.store import Archive

_COLUMNS = Base.metadata.tables[Publisher.__tablename__].columns  # very many rows are not to become objects
REPORTS, COLUMN, DECLARED = "reports", "column", "declared"  # where one is known from beside directory, roster, import
_FIRST, _FURTHER = 60, 500  # publishers of which all is asked for at once: a page, then the rest of a download


@dataclass(frozen=True)
class Wanted:
    """What narrows a list: ``division`` is a code, that one and all below it; a town's has nine digits. ``portal`` is an address.

    ``called`` is in the name or another name, or is a scope and name (``220200/财政局``) in any spelling. ``year`` asks for those
    with a report on it.
    """

    division: str | None = None
    kind: str | None = None
    scope: str | None = None
    portal: str | None = None
    merged: bool = False
    called: str | None = None
    year: int | None = None


@dataclass(frozen=True)
class Change:
    """A publisher that came before or after another; ``on`` is the first day of the later one."""

    publisher: str
    on: date | None
    because: str | None


@dataclass(frozen=True)
class PublisherLine:
    """A publisher in a list.

    ``division`` are the names of its division from the province down, null where none is known; ``today`` the codes of
    those in force that hold its area where its own ended. ``successors`` and ``predecessors`` were said by people.
    ``first_year`` and ``last_year`` are report years. Others are named as :func:`archive.registry.publishers.resolve` takes them.
    """

    id: int
    scope: str
    name: str
    aliases: tuple[str, ...]
    kind: str
    township: str | None
    division: str | None
    since: date | None
    until: date | None
    first_year: int | None
    last_year: int | None
    reports: int
    known_from: tuple[str, ...]
    predecessors: tuple[Change, ...]
    successors: tuple[Change, ...]
    today: tuple[str, ...]
    merged_into: str | None

    @property
    def reference(self) -> str:
        """Scope and name: what names it and no other."""
        return f"{self.scope}/{self.name}"

    def to_data(self) -> dict[str, Any]:
        """Plain values, as JSON has them."""
        data = {**asdict(self), "class": self.kind, "since": _iso(self.since), "until": _iso(self.until)}
        del data["kind"]
        for name, changes in (("predecessors", self.predecessors), ("successors", self.successors)):
            data[name] = [{**asdict(each), "on": _iso(each.on)} for each in changes]
        return data


@dataclass(frozen=True)
class ReportOn:
    """A report of a publisher: on which year, since when public as far as is known, and where."""

    id: int
    year: int | None
    state: str
    published_on: date | None
    first_seen_at: datetime
    url: str


@dataclass(frozen=True)
class Source:
    """Where a publisher is known from: ``column``, ``directory``, ``roster`` or ``import``, and the address or file."""

    source: str
    place: str
    seen_at: datetime | None


@dataclass(frozen=True)
class PublisherView:
    """One publisher with all that is known of it; ``merged`` are those that were found to be the same."""

    line: PublisherLine
    reports: tuple[ReportOn, ...]
    sources: tuple[Source, ...]
    merged: tuple[str, ...]

    def to_data(self) -> dict[str, Any]:
        """Plain values, as JSON has them."""
        return {
            **self.line.to_data(),
            "reports": [
                {
                    **asdict(each),
                    "published_on": _iso(each.published_on),
                    "first_seen_at": each.first_seen_at.isoformat(),
                }
                for each in self.reports
            ],
            "sources": [{**asdict(each), "seen_at": _iso(each.seen_at)} for each in self.sources],
            "merged": list(self.merged),
        }


def list_publishers(archive: Archive, wanted: Wanted = Wanted()) -> list[PublisherLine]:
    """The publishers, by scope and name; those that were merged into others only where they are wanted."""
    with archive.session() as session:
        return lines(session, archive.book, select_wanted(wanted, archive.book))


def iterate_publishers(archive: Archive, wanted: Wanted = Wanted(), after: int = 0) -> Iterator[PublisherLine]:
    """As :func:`list_publishers`, some at a time: those behind the publisher of a number, from the first for 0.

    Raises :class:`UnknownPublisher` where there is no such number.
    """
    chosen = select_wanted(wanted, archive.book)
    order = Publisher.scope, Publisher.name, Publisher.id
    with archive.session() as session:
        size = _FIRST
        while True:
            query = chosen
            if after:
                last = session.get(Publisher, after)
                if last is None:
                    raise UnknownPublisher(f"no publisher has the number {after}: begin with the first page")
                query = query.where(_behind(last))
            numbers = list(session.scalars(query.order_by(*order).limit(size)))
            if not numbers:
                return
            yield from lines(session, archive.book, select(Publisher.id).where(among(Publisher.id, numbers)))
            after, size = numbers[-1], _FURTHER


def count_publishers(archive: Archive, wanted: Wanted = Wanted()) -> int:
    """How many publishers are wanted."""
    with archive.session() as session:
        chosen = select_wanted(wanted, archive.book).subquery()
        return session.scalar(select(func.count()).select_from(chosen)) or 0


def _behind(last: Publisher) -> ColumnElement[bool]:
    """What comes after a publisher, by scope, name and number; the scope first, since an index has it."""
    same = and_(Publisher.scope == last.scope, Publisher.name == last.name, Publisher.id > last.id)
    further = and_(Publisher.scope == last.scope, Publisher.name > last.name)
    return and_(Publisher.scope >= last.scope, or_(Publisher.scope > last.scope, further, same))


def view_of(archive: Archive, number: int) -> PublisherView:
    """As :func:`view`, of the publisher of a number, or of the one it was merged into."""
    with archive.session() as session:
        one = session.get(Publisher, standing_for(session, number))
        if one is None:
            raise UnknownPublisher(f"no publisher has the number {number}: `xxgk publishers` lists them")
        return _view(session, archive.book, one)


def numbers_of(archive: Archive, named: Iterable[str]) -> dict[str, int]:
    """The numbers of publishers by scope and name, as a line names others; those that are not known are left out."""
    found: dict[str, int] = {}
    with archive.session() as session:
        for reference in named:
            scope, _, name = reference.partition("/")
            query = select(Publisher.id).where(Publisher.scope == scope, Publisher.name == name)
            number = session.scalars(query.order_by(Publisher.id).limit(1)).first()
            if number is not None:
                found[reference] = number
    return found


def view(archive: Archive, name: str) -> PublisherView:
    """One publisher in full. Raises :class:`archive.errors.UnknownPublisher` where there is none or several of them."""
    with archive.session() as session:
        return _view(session, archive.book, resolve(session, name, archive.book))


def select_wanted(wanted: Wanted, book: Book) -> Select[int]:
    """A query for the numbers of the publishers that are wanted."""
    query = select(Publisher.id)
    if not wanted.merged:
        query = query.where(Publisher.merged_into_id.is_(None))
    if wanted.division is not None and len(wanted.division) == 9:
        query = query.where(Publisher.township == wanted.division)
    elif wanted.division is not None:
        digits = book.prefix(wanted.division)
        query = query.where(Publisher.scope >= digits, Publisher.scope < f"{digits}:")  # ':' comes after the digits
    if wanted.kind is not None:
        query = query.where(Publisher.kind == wanted.kind)
    if wanted.scope is not None:
        query = query.where(Publisher.scope == wanted.scope)
    if wanted.portal is not None:
        query = query.where(Publisher.id.in_(_on_portal(wanted.portal)))
    if wanted.called is not None:
        query = query.where(_called(wanted.called, book))
    if wanted.year is not None:
        on_it = select(Report.id).where(Report.publisher_id == Publisher.id, Report.report_year == wanted.year)
        query = query.where(on_it.exists())
    return query


def _called(name: str, book: Book) -> ColumnElement[bool]:
    others = select(PublisherAlias.publisher_id).where(PublisherAlias.name.icontains(name, autoescape=True))
    within = [Publisher.id.in_(naming(name, book))] if "/" in name else []
    return or_(Publisher.name.icontains(name, autoescape=True), Publisher.id.in_(others), *within)


def lines(session: Session, book: Book, chosen: Select[int]) -> list[PublisherLine]:
    """The publishers whose numbers a query gives, by scope and name."""
    facts = _Facts(session, chosen)
    rows = select(*_COLUMNS).where(Publisher.id.in_(chosen)).order_by(Publisher.scope, Publisher.name, Publisher.id)
    labels: dict[str, str] = {}

    def label(code: str) -> str:
        if code not in labels:
            labels[code] = book.label(code)
        return labels[code]

    return [_line(row, facts, book, label) for row in session.execute(rows)]


def _line(one: Any, facts: _Facts, book: Book, label: Callable[[str], str]) -> PublisherLine:
    first, last, count = facts.reports.get(one.id, (None, None, 0))
    known = facts.known_from[one.id] | ({DECLARED} if one.declared else set()) | ({REPORTS} if count else set())
    return PublisherLine(
        id=one.id,
        scope=one.scope,
        name=one.name,
        aliases=tuple(facts.aliases[one.id]),
        kind=one.kind,
        township=one.township,
        division=label(one.township or one.scope) or label(one.scope) or None,
        since=one.since,
        until=one.until,
        first_year=first,
        last_year=last,
        reports=count,
        known_from=tuple(sorted(known)),
        predecessors=tuple(facts.predecessors[one.id]),
        successors=tuple(facts.successors[one.id]),
        today=_today(one.scope, book),
        merged_into=facts.names.get(one.merged_into_id) if one.merged_into_id is not None else None,
    )


def _today(scope: str, book: Book) -> tuple[str, ...]:
    division = book.get(scope) if scope.isdecimal() else None
    if division is None or division.until is None:
        return ()
    return tuple(heir.code for heir in book.today(scope))


@dataclass
class _Facts:
    """What stands in other tables of the publishers of a query, read at once."""

    session: Session
    chosen: Select[int]
    reports: dict[int, tuple[int | None, int | None, int]] = field(init=False)
    aliases: dict[int, list[str]] = field(init=False)
    known_from: dict[int, set[str]] = field(init=False)
    predecessors: dict[int, list[Change]] = field(init=False)
    successors: dict[int, list[Change]] = field(init=False)
    names: dict[int, str] = field(init=False)  # of those named beside them

    def __post_init__(self) -> None:
        session, chosen = self.session, self.chosen
        counted = select(Report.publisher_id, func.min(Report.report_year), func.max(Report.report_year), func.count())
        counted = counted.where(Report.publisher_id.in_(chosen)).group_by(Report.publisher_id)
        self.reports = {
            number: (first, last, count)
            for number, first, last, count in session.execute(counted)
            if number is not None
        }
        self.aliases = defaultdict(list)
        named = select(PublisherAlias.publisher_id, PublisherAlias.name).order_by(PublisherAlias.name)
        for number, name in session.execute(named.where(PublisherAlias.publisher_id.in_(chosen))):
            self.aliases[number].append(name)
        self.known_from = defaultdict(set)
        for source in (
            select(ReportColumn.publisher_id, literal(COLUMN)).where(ReportColumn.publisher_id.in_(chosen)),
            select(UnitRow.publisher_id, literal(DIRECTORY)).where(UnitRow.publisher_id.in_(chosen)),
            select(RosterUnit.publisher_id, literal(ROSTER)).where(RosterUnit.publisher_id.in_(chosen)),
            select(PublisherSource.publisher_id, PublisherSource.source).where(
                PublisherSource.publisher_id.in_(chosen)
            ),
        ):
            for known, place in session.execute(source.distinct()):
                if known is not None:
                    self.known_from[known].add(place)
        self._relate()

    def _relate(self) -> None:
        session, chosen = self.session, self.chosen
        alike = select(Publisher.id).where(or_(Publisher.id.in_(chosen), Publisher.merged_into_id.in_(chosen)))
        pairs = select(Succession).order_by(Succession.on, Succession.predecessor_id, Succession.successor_id)
        pairs = pairs.where(or_(Succession.predecessor_id.in_(alike), Succession.successor_id.in_(alike)))
        into = standings(session)
        found = [(into(row.predecessor_id), into(row.successor_id), row) for row in session.scalars(pairs)]
        merged = select(Publisher.merged_into_id).where(Publisher.id.in_(chosen), Publisher.merged_into_id.is_not(None))
        numbers = {number for one, other, _ in found for number in (one, other)} | set(
            session.scalars(merged.distinct())
        )
        self.names = references(session, [number for number in numbers if number is not None])
        self.predecessors, self.successors = defaultdict(list), defaultdict(list)
        for one, other, row in found:
            if one != other:  # not two names of one by now
                self.successors[one].append(Change(self.names[other], row.on, row.because))
                self.predecessors[other].append(Change(self.names[one], row.on, row.because))


def standings(session: Session) -> Callable[[int], int]:
    """As :func:`archive.registry.publishers.standing_for`, for very many."""
    merged = select(Publisher.id, Publisher.merged_into_id).where(Publisher.merged_into_id.is_not(None))
    into = {row.id: row.merged_into_id for row in session.execute(merged)}

    def standing(number: int) -> int:
        passed = {number}
        while (other := into.get(number)) is not None and other not in passed:
            passed.add(other)
            number = other
        return number

    return standing


def references(session: Session, numbers: Iterable[int]) -> dict[int, str]:
    """Scope and name of publishers, by number."""
    wanted, found = sorted(set(numbers)), {}
    for start in range(0, len(wanted), 500):
        query = select(Publisher.id, Publisher.scope, Publisher.name)
        query = query.where(Publisher.id.in_(wanted[start : start + 500]))
        found.update({number: f"{scope}/{name}" for number, scope, name in session.execute(query)})
    return found


def _view(session: Session, book: Book, one: Publisher) -> PublisherView:
    (line,) = lines(session, book, select(Publisher.id).where(Publisher.id == one.id))
    reports = session.scalars(
        select(Report).where(Report.publisher_id == one.id).order_by(Report.report_year, Report.id)
    ).all()
    return PublisherView(
        line=line,
        reports=tuple(
            ReportOn(each.id, each.report_year, each.state, each.published_on, each.first_seen_at, each.url)
            for each in reports
        ),
        sources=tuple(_sources(session, one.id)),
        merged=tuple(sorted(references(session, _merged(session, one.id)).values())),
    )


def _sources(session: Session, number: int) -> list[Source]:
    columns = select(ReportColumn.url).where(ReportColumn.publisher_id == number).order_by(ReportColumn.id)
    found = [Source(COLUMN, url, None) for url in session.scalars(columns)]
    units = select(UnitRow.page_url, UnitRow.last_seen_at).where(UnitRow.publisher_id == number)
    rosters = select(RosterRow.url, RosterRow.read_at).join(RosterUnit, RosterUnit.roster_id == RosterRow.id)
    for source, query in ((DIRECTORY, units), (ROSTER, rosters.where(RosterUnit.publisher_id == number))):
        found += [Source(source, place, at) for place, at in session.execute(query).all()]
    stated = select(PublisherSource.source, PublisherSource.place, PublisherSource.seen_at)
    stated = stated.where(PublisherSource.publisher_id == number).order_by(PublisherSource.seen_at)
    known = {(each.source, each.place) for each in found}
    found += [Source(*row) for row in session.execute(stated).all() if (row.source, row.place) not in known]
    return found


def _iso(moment: date | None) -> str | None:
    return moment.isoformat() if moment is not None else None


def _merged(session: Session, number: int) -> list[int]:
    """All that was merged into a publisher, at once or by way of another."""
    found: list[int] = []
    waiting = [number]
    while waiting:
        query = select(Publisher.id).where(Publisher.merged_into_id == waiting.pop())
        new = [each for each in session.scalars(query) if each != number and each not in found]
        found += new
        waiting += new
    return found


def _on_portal(portal: str) -> Any:
    """The publishers whose reports, columns or names stand on a portal."""
    here = Portal.url == with_fragment(portal)
    reporting = select(Report.publisher_id).join(Version, Version.report_id == Report.id)
    reporting = reporting.join(Sighting, Sighting.version_id == Version.id)
    reporting = reporting.join(Article, Article.id == Sighting.article_id)
    reporting = reporting.join(Portal, Portal.id == Article.portal_id).where(here)
    owning = select(ReportColumn.publisher_id).join(Portal, Portal.id == ReportColumn.portal_id).where(here)
    listed = select(UnitRow.publisher_id).join(Portal, Portal.id == UnitRow.portal_id).where(here)
    on_roster = select(RosterUnit.publisher_id).join(RosterRow, RosterRow.id == RosterUnit.roster_id)
    on_roster = on_roster.join(Portal, Portal.id == RosterRow.portal_id).where(here)
    return reporting.union(owning, listed, on_roster)
