"""What is asked to be compared: a publisher by number or name, a report by number or address, and which of their years or versions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, Field
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive.comparing.sides import Side, VersionAt, versions_of
from archive.divisions import Book
from archive.errors import UnknownPublisher
from archive.registry.identity import key
from archive.registry.publishers import called, resolve, standing_for
from archive.reports import report_at
from archive.schema import Publisher, Report
from archive.store import Archive
from archive.web.asking import query
from archive.web.listing import Parameters
from archive.words.folding import visible

PATH = "/compare"
CHOICES = 20  # publishers that are offered where several are meant
_NUMBER = 18  # digits of a number that any database holds
_DIGEST = 12  # letters by which a version is named in a link that is sent


class PairQuery(Parameters):
    """Which two are compared: two years of a publisher, or two versions of a report."""

    publisher: Annotated[
        str | None,
        AfterValidator(visible),
        Field(description="Its number, its name, or scope and name: 220200/财政局.", max_length=300),
    ] = None
    report: Annotated[
        str | None,
        AfterValidator(visible),
        Field(description="Instead of a publisher: the number of a report, or its address.", max_length=2_000),
    ] = None
    earlier: Annotated[
        str | None,
        Field(
            alias="from",
            description="The earlier side: a report year; of a report a version, by number or by the beginning of its digest.",
            pattern="^[0-9a-f]{1,64}$",
        ),
    ] = None
    later: Annotated[
        str | None, Field(alias="to", description="The later side, in the same way.", pattern="^[0-9a-f]{1,64}$")
    ] = None


class PublisherQuery(Parameters):
    """Whose years are compared."""

    publisher: Annotated[
        str | None,
        AfterValidator(visible),
        Field(description="Its number, its name, or scope and name: 220200/财政局.", max_length=300),
    ] = None


class WholeQuery(PairQuery):
    """What is compared: a pair, or all years of a publisher."""

    every_year: Annotated[bool, Field(alias="all", description="All years of the publisher.")] = False


@dataclass(frozen=True)
class Choice:
    """A publisher that may be meant. ``reference`` names it and no other, in every archive that has it."""

    id: int
    scope: str
    name: str
    reference: str


@dataclass(frozen=True)
class Publishers:
    """The publishers of a name: the one it means, or those it may mean; ``like`` where they only have it in theirs.

    ``more``: there are more than are told.
    """

    one: Choice | None
    others: tuple[Choice, ...] = ()
    like: bool = False
    more: bool = False


@dataclass(frozen=True)
class ReportAsked:
    """A report with its versions, the oldest first."""

    id: int
    url: str
    versions: tuple[VersionAt, ...]

    def version(self, name: str) -> VersionAt | None:
        """The version of a number, or of the beginning of a digest."""
        by_number = [one for one in self.versions if name.isdecimal() and str(one.id) == name]
        found = by_number or [one for one in self.versions if one.digest.startswith(name)]
        return found[0] if len(found) == 1 else None


def publishers(archive: Archive, name: str) -> Publishers:
    """Who is meant by a number or a name."""
    with archive.session() as session:
        if name.isdecimal() and name.isascii():
            found = session.get(Publisher, standing_for(session, int(name))) if len(name) <= _NUMBER else None
            return Publishers(None if found is None else _choice(session, found, archive.book))
        try:
            return Publishers(_choice(session, resolve(session, name, archive.book), archive.book))
        except UnknownPublisher:
            several = called(session, name, archive.book)
        like = not several
        if like:
            several = _like(session, name)
        some = tuple(_choice(session, one, archive.book) for one in several[:CHOICES])
        return Publishers(None, some, like, more=len(several) > CHOICES)


def one_publisher(archive: Archive, name: str) -> Choice:
    """The publisher of a number or a name. Raises :class:`UnknownPublisher` where there is none, or several."""
    found = publishers(archive, name).one
    if found is None:
        with archive.session() as session:
            resolve(session, name, archive.book)  # says why
        raise UnknownPublisher(f"no publisher is called {name}: `xxgk publishers` lists them")
    return found


def years_of(archive: Archive, publisher_id: int) -> tuple[int, ...]:
    """The years of a publisher's reports, the oldest first."""
    wanted = select(Report.report_year).where(Report.publisher_id == publisher_id).distinct()
    with archive.session() as session:
        return tuple(sorted(year for year in session.scalars(wanted) if year is not None))


def counts_of(archive: Archive, some: Sequence[Choice]) -> dict[int, int]:
    """How many reports these publishers have."""
    wanted = select(Report.publisher_id, func.count()).where(Report.publisher_id.in_([one.id for one in some]))
    with archive.session() as session:
        return {number: count for number, count in session.execute(wanted.group_by(Report.publisher_id)) if number}


def report_asked(archive: Archive, reference: str) -> ReportAsked | None:
    """The report of a number or an address; null where there is none."""
    if reference.isdecimal() and not (reference.isascii() and len(reference) <= _NUMBER):
        return None
    with archive.session() as session:
        number = report_at(session, reference)
        url = None if number is None else session.scalar(select(Report.url).where(Report.id == number))
    if number is None or url is None:
        return None
    return ReportAsked(number, url, versions_of(archive, number))


def years_link(reference: str, before: object = None, after: object = None, **shown: object) -> str:
    """The page of two years of a publisher."""
    return query(PATH, {"publisher": reference, "from": before, "to": after, **shown})


def all_years_link(reference: str, **shown: object) -> str:
    """The page of all years of a publisher."""
    return query(PATH, {"publisher": reference, "all": 1, **shown})


def versions_link(reference: object, before: object, after: object, **shown: object) -> str:
    """The page of two versions of a report."""
    return query(PATH, {"report": reference, "from": before, "to": after, **shown})


def versions_link_to_send(report: ReportAsked, before: VersionAt, after: VersionAt, **shown: object) -> str:
    """The page of two versions of a report, named so that every archive that has them knows them."""
    return versions_link(report.url, before.digest[:_DIGEST], after.digest[:_DIGEST], **shown)


def side_link(side: Side) -> str:
    """The page of a report in the version that is compared."""
    return query(f"/reports/{side.report_id}", {"version": None if side.current else side.version_id})


def _choice(session: Session, found: Publisher, book: Book) -> Choice:
    reference = f"{found.scope}/{found.name}"
    try:
        known = resolve(session, reference, book).id == found.id
    except UnknownPublisher:
        known = False
    return Choice(found.id, found.scope, found.name, reference if known else str(found.id))


def _like(session: Session, name: str) -> list[Publisher]:
    """Publishers whose names hold what was typed."""
    _, _, bare = name.rpartition("/")
    wanted = select(Publisher).where(Publisher.merged_into_id.is_(None))
    wanted = wanted.where(Publisher.key.contains(key(bare), autoescape=True)).order_by(Publisher.scope, Publisher.id)
    return list(session.scalars(wanted.limit(CHOICES + 1))) if key(bare) else []
