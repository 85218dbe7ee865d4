"""Filing: a reading becomes a version of its report, and a report's own row follows from its versions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session, undefer

from archive.deriving.arrivals import refresh_arrivals
from archive.deriving.documents import Reading
from archive.deriving.versions import rank, signed_on
from archive.registry.identity import Place
from archive.registry.publishers import find_or_add
from archive.registry.speakers import refresh_publishers
from archive.schema import Article, CaptureRow, FindingRow, Report, Sighting, Version
from archive.study import await_study, forget
from archive.warcs.records import digest
from parser.record import Record, Severity, dump_json

PUBLISHED, WITHDRAWN = "published", "withdrawn"
_Seen = dict[int, list[tuple[Sighting, Article]]]  # by version


@dataclass(frozen=True)
class Filed:
    """Where a reading was filed, and whether the report or the version was new."""

    report_id: int
    version_id: int
    new_report: bool
    new_version: bool


class Filer:
    """Files the readings of a batch within one transaction that writes; :meth:`close` belongs to it.

    Others wait meanwhile: what readings have in common is asked once, and nothing is asked that is known.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._publishers: dict[tuple[str, str], int] = {}  # by scope and name
        self._unstudied: list[int] = []

    def file(self, article: Article, reading: Reading, place: Place, at: datetime) -> Filed:
        """File a reading that has a record: the same meaning is the same version, whenever and wherever it is seen."""
        record, capture = reading.record, reading.capture
        if record is None or capture is None:
            raise ValueError("a reading without a record is not filed")
        session = self._session
        report, new_report = self._report(article, reading, place, at)
        version = None if new_report else self._version(report.id, reading.meant.digest)
        new_version = version is None
        if version is None:
            version = Version(report_id=report.id, first_seen_at=at, last_seen_at=at, capture_id=capture.id)
            session.add(version)
        if capture.id == version.capture_id or at < version.first_seen_at:  # the record is that of the first document
            another = version.prose_digest != reading.meant.prose
            _fill(version, record, reading)
            version.document_url, version.capture_id = capture.url, capture.id
            session.flush()
            if another:
                self._unstudied.append(version.id)
            if not new_version:
                session.execute(delete(FindingRow).where(FindingRow.version_id == version.id))
            _file_findings(session, version.id, record)
        sighting = None if new_version else session.get(Sighting, (version.id, article.id))
        _sight(session, sighting, version.id, article.id, capture_id=capture.id, record=record, at=at)
        return Filed(report.id, version.id, new_report, new_version)

    def close(self) -> None:
        """Do what is done for the whole batch at once."""
        self._session.flush()
        await_study(self._session, self._unstudied)

    def _version(self, report_id: int, digest: str) -> Version | None:
        known = select(Version).where(Version.report_id == report_id, Version.digest == digest)
        return self._session.scalars(known.options(undefer(Version.record))).first()

    def _report(self, article: Article, reading: Reading, place: Place, at: datetime) -> tuple[Report, bool]:
        publisher_id = self._publisher(place, reading.publisher) if reading.publisher else None
        identity = f"publisher:{publisher_id}:{reading.report_year}"
        if publisher_id is None or reading.report_year is None:
            identity = f"address:{article.address}"
        report = self._session.scalars(select(Report).where(Report.identity == identity)).first()
        if report is not None:
            return report, False
        report = Report(
            identity=identity,
            publisher_id=publisher_id,
            report_year=reading.report_year,
            state=PUBLISHED,
            first_seen_at=at,
            url=article.url,
        )
        self._session.add(report)
        self._session.flush()  # writers take turns: nobody else inserts it
        return report, True

    def _publisher(self, place: Place, name: str) -> int:
        number = self._publishers.get((place.scope, name))
        if number is None:
            number = self._publishers[place.scope, name] = find_or_add(self._session, place, name)
        return number


def refresh(session: Session, report_ids: Iterable[int]) -> None:
    """Bring the rows of reports into line with what is seen of their versions; what nobody sees any more is dropped."""
    session.flush()
    ids = sorted(report_ids)
    versions: dict[int, list[Version]] = {}
    for version in session.scalars(select(Version).where(Version.report_id.in_(ids)).order_by(Version.id)):
        versions.setdefault(version.report_id, []).append(version)
    query = select(Sighting, Article).join(Article, Article.id == Sighting.article_id)
    query = query.join(Version, Version.id == Sighting.version_id).where(Version.report_id.in_(ids))
    seen: _Seen = {}
    for sighting, article in session.execute(query):
        seen.setdefault(sighting.version_id, []).append((sighting, article))
    publishers: set[int] = set()
    kept: list[int] = []
    for report in session.scalars(select(Report).where(Report.id.in_(ids)).order_by(Report.id)):
        if report.publisher_id is not None:
            publishers.add(report.publisher_id)
        left = [version for version in versions.get(report.id, ()) if version.id in seen]
        for version in left:
            _refresh_version(session, version, [sighting for sighting, _ in seen[version.id]])
        if left:
            _choose(report, left, seen)
            kept.append(report.id)
    session.flush()
    _drop(session, ids, [one.id for several in versions.values() for one in several if one.id not in seen])
    refresh_publishers(session, publishers)
    refresh_arrivals(session, kept)


def _drop(session: Session, report_ids: list[int], unseen: list[int]) -> None:
    """Versions nobody sees any more, and reports without a version, children first."""
    if unseen:
        session.execute(delete(FindingRow).where(FindingRow.version_id.in_(unseen)))
        forget(session, unseen)
        session.execute(delete(Version).where(Version.id.in_(unseen)))
    without = ~exists().where(Version.report_id == Report.id)
    session.execute(
        delete(Report).where(Report.id.in_(report_ids), without), execution_options={"synchronize_session": "fetch"}
    )


def _fill(version: Version, record: Record, reading: Reading) -> None:
    line, meant = reading.line, reading.meant
    counts = {severity: sum(finding.severity is severity for finding in record.findings) for severity in Severity}
    version.digest, version.record_digest, version.prose_digest = meant.digest, meant.record, meant.prose
    version.record, version.line_digest = line, digest(line.encode())
    version.cells = reading.cells
    version.publisher, version.report_year = reading.publisher, reading.report_year
    version.title, version.template, version.figures = record.title, record.template, len(record.figures)
    version.errors, version.warnings = counts[Severity.ERROR], counts[Severity.WARNING]
    version.infos = counts[Severity.INFO]
    version.signed_on = signed_on(record)


def _file_findings(session: Session, version_id: int, record: Record) -> None:
    for position, finding in enumerate(record.findings):
        line = dump_json(finding.model_dump(mode="python", exclude_none=True))
        session.add(
            FindingRow(
                version_id=version_id, position=position, rule=finding.rule, severity=finding.severity.value, line=line
            )
        )


def _sight(
    session: Session,
    sighting: Sighting | None,
    version_id: int,
    article_id: int,
    *,
    capture_id: int,
    record: Record,
    at: datetime,
) -> None:
    """A version is seen at an article, once more where there is a sighting."""
    source = record.published_source.value if record.published_source is not None else None
    if sighting is None:
        sighting = Sighting(
            version_id=version_id,
            article_id=article_id,
            capture_id=capture_id,
            first_seen_at=at,
            last_seen_at=at,
            published_on=record.published_on,
            published_source=source,
        )
        session.add(sighting)
        return
    if at < sighting.first_seen_at:  # an older copy was imported later
        sighting.first_seen_at, sighting.capture_id = at, capture_id
    sighting.last_seen_at = max(sighting.last_seen_at, at)
    if record.published_on is not None and rank(source) < rank(sighting.published_source):
        sighting.published_on, sighting.published_source = record.published_on, source


def _refresh_version(session: Session, version: Version, sightings: list[Sighting]) -> None:
    first = min(sightings, key=lambda sighting: (sighting.first_seen_at, sighting.article_id))
    version.first_seen_at = first.first_seen_at
    if version.capture_id != first.capture_id:
        version.capture_id = first.capture_id
        version.document_url = session.get_one(CaptureRow, first.capture_id).url
    version.last_seen_at = max(sighting.last_seen_at for sighting in sightings)
    dated = [
        (rank(one.published_source), one.published_on, one.published_source) for one in sightings if one.published_on
    ]
    if dated:
        _, version.published_on, version.published_source = min(dated)
    else:
        version.published_on = version.published_source = None


def _choose(report: Report, versions: list[Version], seen: _Seen) -> None:
    """The current version is what a live address shows: the one with most figures, then the earliest (portals: rule 7)."""
    shown = {
        version.id: [article for _, article in seen[version.id] if article.version_id == version.id]
        for version in versions
    }
    live = {key: [one for one in articles if one.withdrawn_at is None] for key, articles in shown.items()}
    candidates = [version for version in versions if live[version.id]]
    report.state, report.withdrawn_at, report.withdrawn_because = PUBLISHED, None, None
    if not candidates:
        report.state = WITHDRAWN
        gone = [one for articles in shown.values() for one in articles]
        ends = [(one.withdrawn_at, one.withdrawn_because) for one in gone if one.withdrawn_at is not None]
        elsewhere = (max(version.last_seen_at for version in versions), "its addresses show another report by now")
        report.withdrawn_at, report.withdrawn_because = max(ends, default=elsewhere, key=lambda end: end[0])
        candidates = [version for version in versions if shown[version.id]]
    if candidates:
        current = min(candidates, key=lambda version: (-version.figures, version.first_seen_at, version.id))
    else:  # its addresses show another report by now
        current = max(versions, key=lambda version: (version.last_seen_at, version.id))
    places = live[current.id] or shown[current.id] or [article for _, article in seen[current.id]]
    firsts = {article.id: sighting.first_seen_at for sighting, article in seen[current.id]}
    report.version_id = current.id
    report.published_on, report.published_source = current.published_on, current.published_source
    report.signed_on = current.signed_on
    report.url = min(places, key=lambda article: (firsts[article.id], article.id)).url
    report.first_seen_at = min(version.first_seen_at for version in versions)
