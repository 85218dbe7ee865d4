"""Likeness: reports whose prose stands in another report, of the same publisher or of another, and what they have of it.

Compared are current versions: a report with its publisher's earlier years and with every publisher's reports on the same year.
The index of signatures (:mod:`archive.reuse`) names who may be alike; what is said of them is counted on the texts themselves.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from heapq import nlargest
from typing import Any, NamedTuple

from sqlalchemy import Select, select, text
from sqlalchemy.orm import Session, undefer

from archive.among import among
from archive.divisions import Book
from archive.findings.lines import ALL, FindingLine, Wanted, further_line, of_publishers
from archive.findings.scarring import SCAR, scarred
from archive.registry.classes import GOVERNMENT, OFFICE
from archive.reports import narrowed
from archive.reuse.comparison import Reuse, reuse
from archive.reuse.plain import Prose, plain
from archive.reuse.signatures import alike, bands, opened, within
from archive.schema import Likeness, Publisher, Report, Version
from archive.store import Archive
from parser.record import Section

COPY = "copy.text"
RULES = dict.fromkeys((COPY, SCAR), ("warning",))  # what the indexes of prose are needed for
SHARE = 0.90  # CASS found reports that repeat nine tenths of last year's
BUCKET = 32  # versions that are looked at under one key: where thousands print one text, some of them do
BATCH = 50  # reports at a time
_YEARS, _PUBLISHERS = 2, 4  # of each report, the most promising are compared exactly
_SLACK = 0.1  # by which a signature may err
_SCATTERED = 0.2  # of the share: a text changed in many places keeps fewer shingles than characters
_LAST = 2**31 - 1  # above the numbers of versions


class Against(StrEnum):
    """Whose report the other one is."""

    YEARS = "years"  # the same publisher's, on an earlier year
    PUBLISHERS = "publishers"  # another publisher's, on the same year


class Side(NamedTuple):
    """A report that is compared, as it stands now."""

    report_id: int
    version_id: int
    publisher_id: int
    publisher: str
    scope: str
    key: str
    township: str | None
    kind: str
    report_year: int
    url: str
    document_url: str
    first_seen_at: datetime
    seen_at: datetime | None
    lacked_at: datetime | None
    published_on: date | None

    @property
    def subject(self) -> str:
        """As findings name it."""
        return f"{self.scope}/{self.key}/{self.report_year}"

    @property
    def known_from(self) -> datetime:
        """When a list named it first, or it was seen."""
        return min(self.first_seen_at, self.seen_at or self.first_seen_at)


@dataclass(frozen=True)
class Copy:
    """A report much of whose prose stands in another.

    ``share`` (0 to 1) is of all its prose, or of the ``section`` of which most is reused. ``later`` is whether it came after the
    other, null where nobody can tell.
    """

    report: Side
    other: Side
    against: Against
    later: bool | None
    reuse: Reuse
    share: float
    section: int | None


class _Signed(NamedTuple):
    length: int
    signature: bytes
    drawn: Sequence[int]


_Signatures = Mapping[int, Sequence[_Signed]]  # by version


def copies(
    archive: Archive, wanted: Wanted = ALL, *, share: float = SHARE, against: Collection[Against] = tuple(Against)
) -> Iterator[Copy]:
    """The reports asked for of which that share stands in another, by report, each with the other that has most of it.

    At most one other year and one other publisher each. Only what was studied is found (:func:`archive.study.study`). The
    memory does not grow with the reports. Raises :class:`ArchiveError` for a code that is no division's.
    """
    query = narrowed(_sides(), archive.book, wanted.year, wanted.publisher, wanted.portal)
    query = of_publishers(query, archive.book, wanted).order_by(Report.id)
    with archive.session() as session:
        search = _Search(session, archive.book, share, against)
        for rows in session.execute(query.execution_options(yield_per=BATCH)).partitions():
            yield from search.copies([Side(*row) for row in rows])


def findings(archive: Archive, wanted: Wanted = ALL) -> Iterator[FindingLine]:
    """``copy.text`` and ``copy.scar`` of the reports asked for, as further lines of :func:`archive.findings.lines.iterate`.

    ``copy.text`` names the other report by the publisher's scope and key with the year; how much stands there, and where, is
    in ``rests_on``. Raises :class:`ArchiveError` for a code that is no division's.
    """
    if wanted.asks({COPY: ("warning",)}):
        for copy in copies(archive, wanted):
            yield _line(copy)
    if wanted.asks({SCAR: ("warning",)}):
        yield from scarred(archive, wanted)


def said_of(copy: Copy) -> dict[str, Any]:
    """What a copy rests on, for JSON: both reports, the shares, the passages with their places."""
    return {
        "against": copy.against,
        "later": copy.later,
        "share": round(copy.share, 4),
        "section": copy.section,
        "share_of_all": round(copy.reuse.share, 4),
        "sections": [
            {"section": one.section, "share": round(one.share, 4), "length": one.length} for one in copy.reuse.sections
        ],
        "other": {
            "report": copy.other.report_id,
            "url": copy.other.url,
            "publisher": copy.other.publisher,
            "scope": copy.other.scope,
            "report_year": copy.other.report_year,
        },
        "passages": [vars(passage) for passage in copy.reuse.passages],
    }


def sentence(copy: Copy) -> str:
    """What a copy is, in one sentence."""
    what = "its prose" if copy.section is None else f"section {copy.section}"
    said = f"{percent(copy.share)} of {what} stands in the report "
    if copy.against is Against.YEARS:
        return f"{said}on {copy.other.report_year} too"
    order = "which was there before" if copy.later else "and which of the two was first is not known"
    return f"{said}of {copy.other.publisher} too, {order}"


def percent(share: float) -> str:
    """A share in words; 100% where nothing is left."""
    return f"{int(share * 100 + 1e-9)}%"


def _line(copy: Copy) -> FindingLine:
    one = copy.report
    return further_line(
        rule=COPY,
        severity="warning",
        message=sentence(copy),
        scope=one.scope,
        key=one.key,
        publisher=one.publisher,
        report_year=one.report_year,
        township=one.township,
        kind=one.kind,
        report_id=one.report_id,
        url=one.url,
        rests_on=said_of(copy),
        other=copy.other.subject,
    )


def _sides() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Report.id, Report.version_id, Publisher.id, Publisher.name, Publisher.scope, Publisher.key, Publisher.township,
            Publisher.kind, Report.report_year, Report.url, Version.document_url, Report.first_seen_at, Report.seen_at,
            Report.lacked_at, Report.published_on,
        )
        .join(Publisher, Publisher.id == Report.publisher_id)
        .join(Version, Version.id == Report.version_id)
        .where(Report.report_year.is_not(None))
    )  # fmt: skip


class _Search:
    """Looks for what a few reports at a time are alike."""

    def __init__(self, session: Session, book: Book, share: float, against: Collection[Against]) -> None:
        self._session = session
        self._book = book
        self._share = share
        self._against = against

    def copies(self, reports: Sequence[Side]) -> Iterator[Copy]:
        """What these are copies of."""
        signed = self._signatures([one.version_id for one in reports])
        reports = [one for one in reports if one.version_id in signed]
        chosen: dict[int, list[tuple[Side, Against]]] = {one.report_id: [] for one in reports}
        for against, found in (
            (Against.YEARS, self._other_years(reports)),
            (Against.PUBLISHERS, self._other_publishers(reports, signed)),
        ):
            theirs = self._signatures({other.version_id for several in found.values() for other in several})
            most = _YEARS if against is Against.YEARS else _PUBLISHERS
            for one in reports:
                likely = self._likely(signed[one.version_id], found.get(one.report_id, ()), theirs, most)
                chosen[one.report_id] += [(other, against) for other in likely]
        needed = {one.version_id for one in reports if chosen[one.report_id]}
        needed |= {other.version_id for several in chosen.values() for other, _ in several}
        proses = self._proses(needed)
        for one in reports:
            yield from self._best(one, chosen[one.report_id], proses)

    def _best(self, one: Side, chosen: Sequence[tuple[Side, Against]], proses: Mapping[int, Prose]) -> Iterator[Copy]:
        found: dict[Against, Copy] = {}
        for other, against in chosen:
            if one.version_id not in proses or other.version_id not in proses:
                continue
            shared = reuse(proses[one.version_id], proses[other.version_id])
            copy = Copy(one, other, against, is_later(one, other), shared, *shared.most(self._share))
            before = found.get(against)
            if copy.share >= self._share and (before is None or _rank(copy) > _rank(before)):
                found[against] = copy
        yield from found.values()

    def _likely(self, own: Sequence[_Signed], others: Iterable[Side], theirs: _Signatures, most: int) -> Sequence[Side]:
        """Those that may have the share asked for, the most promising first."""
        promising = [
            (promise, other.version_id, other)
            for other in others
            if (promise := _promise(own, theirs.get(other.version_id, ()))) >= self._share - _SCATTERED
        ]
        return [other for _, _, other in nlargest(most, promising)]

    def _other_years(self, reports: Sequence[Side]) -> dict[int, list[Side]]:
        """Of each report, its publisher's on earlier years."""
        if Against.YEARS not in self._against:
            return {}
        query = _sides().where(among(Report.publisher_id, {one.publisher_id for one in reports}))
        by_publisher: dict[int, list[Side]] = defaultdict(list)
        for row in self._session.execute(query):
            by_publisher[row[2]].append(Side(*row))
        return {
            one.report_id: [other for other in by_publisher[one.publisher_id] if is_later(one, other)]
            for one in reports
        }

    def _other_publishers(self, reports: Sequence[Side], signed: _Signatures) -> dict[int, list[Side]]:
        """Of each report, those of other publishers on its year that stand under one of its keys."""
        if Against.PUBLISHERS not in self._against:
            return {}
        asking: dict[int, set[int]] = defaultdict(set)
        for at, one in enumerate(reports):
            for each in signed[one.version_id]:
                for key in bands(one.report_year, each.signature):
                    asking[key].add(at)
        met: dict[int, set[int]] = defaultdict(set)
        for key, version_id in self._session.execute(_MEETING[self._dialect], {"keys": self._keys(asking)}):
            met[version_id] |= asking[key]
        known = self._session.execute(_sides().where(among(Report.version_id, met)))
        found: dict[int, list[Side]] = defaultdict(list)
        for other in (Side(*row) for row in known):
            for one in (reports[at] for at in met[other.version_id]):
                if not _is_one_voice(one, other) and is_later(one, other) is not False:
                    found[one.report_id].append(other)
        return found

    def _signatures(self, version_ids: Collection[int]) -> dict[int, list[_Signed]]:
        query = select(Likeness.version_id, Likeness.length, Likeness.signature)
        found: dict[int, list[_Signed]] = defaultdict(list)
        for number, length, signed in self._session.execute(query.where(among(Likeness.version_id, version_ids))):
            found[number].append(_Signed(length, signed, opened(signed)))
        return found

    def _proses(self, version_ids: Collection[int]) -> dict[int, Prose]:
        """The prose of versions; one whose record is damaged has none, ``verify`` names it."""
        query = select(Version).where(among(Version.id, version_ids)).options(undefer(Version.record))
        found = {}
        for version in self._session.scalars(query):
            try:
                said = json.loads(version.record)["sections"]
            except ValueError:
                continue
            found[version.id] = plain((Section.model_validate(each) for each in said), version.publisher)
            self._session.expunge(version)
        return found

    @property
    def _dialect(self) -> str:
        return self._session.get_bind().dialect.name

    def _keys(self, keys: Collection[int]) -> Any:
        return json.dumps(list(keys)) if self._dialect == "sqlite" else list(keys)


_ASKED = """
SELECT b.key, b.version_id FROM (
  SELECT asked.value AS key, coalesce((
    SELECT c.version_id FROM likeness_bands c WHERE c.key = asked.value ORDER BY c.version_id LIMIT 1 OFFSET {bucket}
  ), {last}) AS last
  FROM {asked}
) a JOIN likeness_bands b ON b.key = a.key AND b.version_id <= a.last
"""
_MEETING = {
    dialect: text(_ASKED.format(bucket=BUCKET - 1, last=_LAST, asked=asked))
    for dialect, asked in {
        "sqlite": "json_each(:keys) AS asked",
        "postgresql": "unnest(CAST(:keys AS bigint[])) AS asked(value)",
    }.items()
}


def is_later(one: Side, other: Side) -> bool | None:
    """Whether a report came after another; null where nobody can tell.

    Of one publisher the later year did. Of two, the one whose columns were read without it when the other was known already,
    or the one that was both seen and published on a later day: a crawl that meets two old reports one day after another has
    not seen which was there first.
    """
    if one.publisher_id == other.publisher_id:
        return None if one.report_year == other.report_year else one.report_year > other.report_year
    if _lacked(one, other) != _lacked(other, one):
        return _lacked(one, other)
    if one.published_on is None or other.published_on is None:
        return None
    seen = (one.known_from.date(), other.known_from.date())
    if seen[0] > seen[1] and one.published_on > other.published_on:
        return True
    if seen[0] < seen[1] and one.published_on < other.published_on:
        return False
    return None


def _lacked(one: Side, other: Side) -> bool:
    """Whether a report was proved to be absent when another was known."""
    return one.lacked_at is not None and one.lacked_at >= other.known_from


def _is_one_voice(one: Side, other: Side) -> bool:
    """Whether two reports are of one agency, or of a government and its own office, which writes the government's report.

    Where the place of one is not known, two of the same name are taken for one agency that was found twice.
    """
    if one.publisher_id == other.publisher_id or one.document_url == other.document_url:
        return True
    if one.scope == other.scope:
        return {one.kind, other.kind} == {GOVERNMENT, OFFICE}
    if one.scope.isdecimal() and other.scope.isdecimal():
        return False
    return one.key.endswith(other.key) or other.key.endswith(one.key)


def _promise(own: Sequence[_Signed], theirs: Sequence[_Signed]) -> float:
    """The most that one of the sections can share with one of the other's, as their signatures tell it."""
    return max(
        (
            within(min(1.0, alike(mine.drawn, their.drawn) + _SLACK), mine.length, their.length)
            for mine in own
            for their in theirs
        ),
        default=0.0,
    )


def _rank(copy: Copy) -> tuple[float, float, int, int]:
    """Which of several is named: of which most is reused, then the later year, then the one found first."""
    return round(copy.share, 2), round(copy.reuse.share, 2), copy.other.report_year, -copy.other.report_id
