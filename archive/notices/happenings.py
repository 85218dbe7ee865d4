"""Happenings: what became of reports and portals, each under a key that stays the same however often it is looked for.

Keys are made of what the WARC files say (addresses, times of captures, the registry's names), never of numbers of rows or of
what a parser made of a page: ``reindex`` and ``reparse`` find the same happenings again and not others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, exists, func, select
from sqlalchemy.orm import Session, aliased, undefer

from archive.addresses import canonical
from archive.among import among
from archive.comparing.labels import label, order
from archive.days import day_of, end_of
from archive.deriving.changes import Changes, compare
from archive.deriving.filing import PUBLISHED, WITHDRAWN
from archive.deriving.versions import has_text
from archive.errors import ArchiveError
from archive.monitor import Standing, Status
from archive.notices.kinds import Happening, found
from archive.portions import portions
from archive.reports import record_of
from archive.schema import (
    Absence,
    Article,
    Notice,
    PortalReading,
    Publisher,
    Report,
    Sighting,
    Version,
)

READ = ("ok", "incomplete")  # outcomes of a portal that gave what it had, or a part of it
_UNDATED = "未注明"
_NAMED = 3  # changed figures and sections that a notice names


@dataclass(frozen=True)
class Watch:
    """What is looked for: happenings after ``begun``, of the report year of the season, as of now."""

    begun: datetime
    now: datetime
    year: int

    @property
    def since(self) -> datetime:
        """What happened until then is told nobody."""
        return max(self.begun, self.now - found().fresh)


class Subject(NamedTuple):
    """Whose report on which year, and where it stands."""

    report_id: int
    publisher_id: int | None
    year: int | None
    url: str
    name: str
    division: str | None


class _Place(NamedTuple):
    """An article at which a report was seen."""

    first_seen_at: datetime
    article_id: int
    address: str
    portal_id: int | None


class _Seen(NamedTuple):
    """A version seen at an article."""

    version_id: int
    report_id: int
    article_id: int
    address: str
    first_seen_at: datetime
    last_seen_at: datetime
    read: bool


def beginning(session: Session, prefix: str) -> ColumnElement[bool]:
    """The condition that a notice's key begins so, in a slash."""
    if session.get_bind().dialect.name == "sqlite":  # which finds a range in the index, and compares bytes
        return and_(Notice.key >= prefix, Notice.key < f"{prefix[:-1]}0")  # the nought follows the slash
    return func.starts_with(Notice.key, prefix)  # in the order of a language a range is none


def standings(session: Session, judged: Iterable[Standing], year: int, *, silent: bool = False) -> Iterator[Happening]:
    """Who is late, and who is missing: once a publisher and year."""
    late, missing = (_publishers_told(session, f"report.{status}/{year}/") for status in ("late", "missing"))
    told = {Status.LATE: late, Status.MISSING: missing}
    fresh = [one for one in judged if one.status in told and one.publisher_id not in told[one.status]]
    keys: dict[int, tuple[str, str | None]] = {}
    query = select(Publisher.id, Publisher.scope, Publisher.key, Publisher.township)
    for number, scope, key, township in session.execute(
        query.where(among(Publisher.id, [one.publisher_id for one in fresh]))
    ):
        keys[number] = f"{scope}/{key}", division_of(scope, township)
    for one in fresh:
        key, division = keys[one.publisher_id]
        at = one.first_seen_at if one.status is Status.LATE and one.first_seen_at is not None else end_of(one.due)
        days = "" if one.days is None else f"至少{one.days}" if one.at_least else one.days
        facts = {
            "days": days,
            "due": one.due,
            "published": one.published_on or _UNDATED,
            "seen": _day(one.first_seen_at),
        }
        yield Happening(
            f"report.{one.status}",
            f"report.{one.status}/{year}/{key}",
            at,
            {"publisher": one.publisher, "basis": one.basis, **facts},
            division,
            one.publisher_id,
            year,
            one.url,
            silent,
        )


def new_reports(session: Session, watch: Watch) -> Iterator[Happening]:
    """Reports on the year that were not there before; those that a portal's first reading brought are none."""
    told = _publishers_told(session, f"report.new/{watch.year}/")
    query = select(Report.id, Report.publisher_id, Report.first_seen_at, Report.published_on).where(
        Report.report_year == watch.year, Report.first_seen_at > watch.since, Report.state == PUBLISHED
    )
    fresh = {row.id: row for row in session.execute(query) if row.publisher_id not in told}
    subjects, places = _subjects(session, fresh), _places(session, fresh)
    first = _first_readings(session, {places[number][0].portal_id for number in fresh if places[number]})
    for number, row in fresh.items():
        subject, seen = subjects[number], places[number]
        if not seen:
            continue
        portal = seen[0].portal_id
        if portal is not None and portal not in first:
            continue  # its portal is just being read for the first time
        keys = tuple(f"report.new/{watch.year}/{place.address}" for place in seen)
        yield Happening(
            "report.new",
            keys[0],
            row.first_seen_at,
            {"publisher": subject.name, "published": row.published_on or _UNDATED, "seen": _day(row.first_seen_at)},
            subject.division,
            subject.publisher_id,
            watch.year,
            subject.url,
            silent=portal is None or row.first_seen_at <= first[portal],
            others=keys[1:],
        )


def edits(session: Session, watch: Watch) -> Iterator[Happening]:
    """Reports of which an article shows another text than it did, on whatever year."""
    several = select(Version.report_id).group_by(Version.report_id).having(func.count() > 1)
    for numbers in portions(session.scalars(several)):
        by_report: dict[int, list[_Seen]] = defaultdict(list)
        for seen in _sightings(session, numbers):
            by_report[seen.report_id].append(seen)
        turns = {number: list(_turns(seen, watch)) for number, seen in by_report.items()}
        known = _known(session, (key for each in turns.values() for _, _, keys in each for key in keys))
        fresh = {
            number: [turn for turn in each if known.isdisjoint(turn[2])]
            for number, each in turns.items()
            if any(known.isdisjoint(keys) for _, _, keys in each)
        }
        subjects = _subjects(session, fresh)
        for number, each in fresh.items():
            for before, after, keys in each:
                yield _edit(session, subjects[number], before, after, keys)


def _turns(seen: Sequence[_Seen], watch: Watch) -> Iterator[tuple[_Seen, _Seen, tuple[str, ...]]]:
    """Each version that took the place of another at an article, once; with the keys it may be known by."""
    by_article: dict[int, list[_Seen]] = defaultdict(list)
    for one in sorted(seen, key=lambda one: (one.first_seen_at, one.article_id, one.version_id)):
        by_article[one.article_id].append(one)
    turns: dict[int, list[tuple[_Seen, _Seen]]] = defaultdict(list)
    for several in by_article.values():
        for before, after in pairwise(one for one in several if one.read):
            turns[after.version_id].append((before, after))
    for pairs in turns.values():
        pairs.sort(key=lambda pair: (pair[1].first_seen_at, pair[1].article_id))
        before, after = pairs[0]
        if after.first_seen_at > watch.since and after.first_seen_at - before.last_seen_at <= found().edit:
            yield before, after, tuple(f"report.edited/{one.address}/{stamp(one.first_seen_at)}" for _, one in pairs)


def _edit(session: Session, subject: Subject, before: _Seen, after: _Seen, keys: tuple[str, ...]) -> Happening:
    query = select(Version).options(undefer(Version.record))
    one, other = (session.scalars(query.where(Version.id == seen.version_id)).one() for seen in (before, after))
    try:
        changes = compare(record_of(one), record_of(other))
    except ArchiveError:  # damaged rows: verify tells of them
        changes = Changes()
    named = [*(_called(change.key) for change in changes.figures), *(change.heading for change in changes.sections)]
    facts = {
        "publisher": subject.name,
        "figures": len(changes.figures),
        "sections": len(changes.sections),
        "named": f"（{'、'.join(named[:_NAMED])}{'等' if len(named) > _NAMED else ''}）" if named else "",
        "before": _day(before.last_seen_at),
        "seen": _day(after.first_seen_at),
    }
    return Happening(
        "report.edited",
        keys[0],
        after.first_seen_at,
        facts,
        subject.division,
        subject.publisher_id,
        subject.year,
        subject.url,
        silent=not changes,
        others=keys[1:],
    )


def _called(key: str) -> str:
    return str(label(key)) if key in order() else key


def withdrawals(session: Session, watch: Watch) -> Iterator[Happening]:
    """Reports on whatever year that are gone since their last return."""
    query = select(Report.id, Report.withdrawn_at, Report.withdrawn_because)
    rows = {row.id: row for row in session.execute(query.where(Report.state == WITHDRAWN)) if row.withdrawn_at}
    if not rows:
        return
    gone = _gone(session)
    told = {(one.publisher_id, one.report_year) for one in gone if one.publisher_id is not None}
    addresses = {one.url for one in gone}
    for subject in _subjects(session, rows).values():
        if (subject.publisher_id, subject.year) in told or subject.url in addresses:
            continue
        row = rows[subject.report_id]
        yield Happening(
            "report.withdrawn",
            f"report.withdrawn/{canonical(subject.url)}/{stamp(row.withdrawn_at)}",
            row.withdrawn_at,
            {"publisher": subject.name, "since": _day(row.withdrawn_at), "because": row.withdrawn_because},
            subject.division,
            subject.publisher_id,
            subject.year,
            subject.url,
            silent=row.withdrawn_at <= watch.since,
        )


def returns(session: Session, watch: Watch) -> Iterator[Happening]:
    """Reports that were noticed to be gone, and are there again."""
    gone = _gone(session)
    back: dict[str, int] = {}
    for notices in portions(gone):
        named: dict[tuple[int | None, int | None], str] = {
            (one.publisher_id, one.report_year): one.key for one in notices if one.publisher_id is not None
        }
        query = select(Report.id, Report.publisher_id, Report.report_year).where(
            Report.publisher_id.in_({number for number, _ in named}), Report.state == PUBLISHED
        )
        for number, publisher, year in session.execute(query):
            if (publisher, year) in named:
                back[named[publisher, year]] = number
        nameless = {f"address:{canonical(one.url or '')}": one.key for one in notices if one.publisher_id is None}
        query_ = select(Report.id, Report.identity).where(Report.identity.in_(nameless), Report.state == PUBLISHED)
        back.update((nameless[identity], number) for number, identity in session.execute(query_))
    ends = _ends(session, back.values())
    subjects = _subjects(session, back.values())
    for one in gone:
        if one.key in back:
            subject = subjects[back[one.key]]
            at = max(ends.get(subject.report_id, watch.now), one.at)
            yield Happening(
                "report.returned",
                one.key.replace("withdrawn", "returned", 1),
                at,
                {"publisher": subject.name, "since": _day(one.at), "seen": _day(at)},
                subject.division,
                subject.publisher_id,
                subject.year,
                subject.url,
                silent=at <= watch.begun,
            )


def _gone(session: Session) -> list[Notice]:
    """The withdrawals that are known and not over."""
    later = aliased(Notice)
    ended = exists().where(later.key == func.replace(Notice.key, "report.withdrawn/", "report.returned/"))
    query = select(Notice).where(beginning(session, "report.withdrawn/"), ~ended)
    return list(session.scalars(query.order_by(Notice.id)))


def _ends(session: Session, reports: Iterable[int]) -> dict[int, datetime]:
    """When the last absence of each report's articles ended."""
    found: dict[int, datetime] = {}
    query = select(Version.report_id, func.max(Absence.until))
    query = query.join(Sighting, Sighting.version_id == Version.id)
    query = query.join(Absence, Absence.article_id == Sighting.article_id)
    query = query.where(among(Version.report_id, reports)).group_by(Version.report_id)
    found.update((number, at) for number, at in session.execute(query) if at is not None)
    return found


def _publishers_told(session: Session, prefix: str) -> set[int]:
    query = select(Notice.publisher_id).where(beginning(session, prefix))
    return {number for number in session.scalars(query) if number is not None}


def _known(session: Session, keys: Iterable[str]) -> set[str]:
    known: set[str] = set()
    known.update(session.scalars(select(Notice.key).where(among(Notice.key, keys))))
    return known


def _sightings(session: Session, reports: Sequence[int]) -> Iterator[_Seen]:
    query = (
        select(
            Sighting.version_id,
            Version.report_id,
            Sighting.article_id,
            Article.address,
            Sighting.first_seen_at,
            Sighting.last_seen_at,
            Version.figures,
            Version.prose_digest,
        )
        .join(Version, Version.id == Sighting.version_id)
        .join(Article, Article.id == Sighting.article_id)
        .where(among(Version.report_id, reports))
    )
    for version, report, article, address, first, last, figures, prose in session.execute(query):
        yield _Seen(version, report, article, address, first, last, has_text(figures, prose))


def _subjects(session: Session, reports: Iterable[int]) -> dict[int, Subject]:
    found: dict[int, Subject] = {}
    query = (
        select(Report, Publisher.name, Publisher.scope, Publisher.township, Version.title)
        .outerjoin(Publisher, Publisher.id == Report.publisher_id)
        .outerjoin(Version, Version.id == Report.version_id)
        .where(among(Report.id, reports))
    )
    for report, name, scope, township, title in session.execute(query):
        division = division_of(scope, township) if report.publisher_id is not None else None
        called = name or (f"公布单位不明（{title}）" if title else "公布单位不明")
        found[report.id] = Subject(report.id, report.publisher_id, report.report_year, report.url, called, division)
    return found


def _places(session: Session, reports: Iterable[int]) -> dict[int, list[_Place]]:
    """The articles of each report, the first one first."""
    found: dict[int, list[_Place]] = defaultdict(list)
    query = select(Version.report_id, Sighting.first_seen_at, Article.id, Article.address, Article.portal_id)
    query = query.join(Sighting, Sighting.version_id == Version.id)
    query = query.join(Article, Article.id == Sighting.article_id).where(among(Version.report_id, reports))
    for number, at, article, address, portal in session.execute(query):
        found[number].append(_Place(at, article, address, portal))
    for places in found.values():
        places.sort()
    return found


def _first_readings(session: Session, portals: Iterable[int | None]) -> dict[int, datetime]:
    """When each portal had been read for the first time."""
    found: dict[int, datetime] = {}
    query = select(PortalReading.portal_id, func.min(PortalReading.read_at))
    query = query.where(
        among(PortalReading.portal_id, [number for number in portals if number is not None]),
        PortalReading.outcome.in_(READ),
    )
    rows = session.execute(query.group_by(PortalReading.portal_id))
    found.update({number: at for number, at in rows})  # noqa: C416 - rows of two are no pairs to mypy
    return found


def division_of(scope: str, township: str | None) -> str | None:
    """The code of a publisher's division, where it is known."""
    return township or (scope if scope.isdecimal() else None)


def stamp(moment: datetime) -> str:
    """A time in a key."""
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _day(moment: datetime | None) -> date | None:
    return None if moment is None else day_of(moment)
