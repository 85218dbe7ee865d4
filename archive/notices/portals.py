"""Happenings of portals: read for the first time, in trouble, and out of it again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive.among import among
from archive.days import day_of
from archive.divisions import Book
from archive.notices.happenings import READ, Watch, beginning, stamp
from archive.notices.kinds import Happening, found, kinds
from archive.portions import portions
from archive.schema import Article, Notice, Portal, PortalReading, Report, Sighting, Version

_OK = "ok"
_TROUBLES = ("blocked", "incomplete", "unreachable", "disallowed")


class _Run(NamedTuple):
    """Readings of a portal one after the other that ended alike."""

    family: str
    begun_at: datetime
    detail: str


def first_readings(session: Session, watch: Watch, book: Book) -> Iterator[Happening]:
    """Portals that were read for the first time, each with the number of reports that it had then."""
    known = set(session.scalars(select(Notice.key).where(beginning(session, "portal.new/"))))
    rows = session.execute(select(Portal.id, Portal.url, Portal.host, Portal.division)).all()
    fresh = {row.id: row for row in rows if f"portal.new/{row.url}" not in known}
    first = select(PortalReading.portal_id, func.min(PortalReading.read_at)).where(
        among(PortalReading.portal_id, fresh), PortalReading.outcome.in_(READ)
    )
    for number, at in session.execute(first.group_by(PortalReading.portal_id)).all():
        row = fresh[number]
        silent = at <= watch.since
        count = 0 if silent else _reports(session, number, at)
        yield Happening(
            "portal.new",
            f"portal.new/{row.url}",
            at,
            {"portal": _name(row.host, row.division, book), "reports": count},
            row.division,
            url=row.url,
            silent=silent,
        )


def troubles(session: Session, watch: Watch, book: Book) -> Iterator[Happening]:
    """Portals that were not read well the last time: once for all readings in a row that ended so."""
    columns = Portal.id, Portal.url, Portal.host, Portal.division
    query = select(*columns).where(Portal.outcome.is_not(None), Portal.outcome != _OK).order_by(Portal.id)
    rows = {row.id: row for row in session.execute(query)}
    for numbers in portions(rows):
        for number, run in _runs(session, numbers, watch).items():
            row, kind = rows[number], f"portal.{run.family}"
            if kind not in kinds():
                continue
            yield Happening(
                kind,
                f"{kind}/{row.url}/{stamp(run.begun_at)}",
                run.begun_at,
                {
                    "portal": _name(row.host, row.division, book),
                    "since": day_of(run.begun_at),
                    "detail": run.detail,
                },
                row.division,
                url=row.url,
                silent=run.begun_at <= watch.begun,
            )


def recoveries(session: Session, watch: Watch, book: Book) -> Iterator[Happening]:
    """Portals whose trouble was noticed, and that were read to their end the last time."""
    last: dict[str, Notice] = {}
    for family in _TROUBLES:
        recent = select(Notice).where(beginning(session, f"portal.{family}/"), Notice.at > watch.now - found().run)
        for one in session.scalars(recent):
            url = one.url or ""
            if url not in last or last[url].at < one.at:
                last[url] = one
    query = select(Portal.url, Portal.host, Portal.division, Portal.read_at)
    for url, host, division, read_at in session.execute(query.where(among(Portal.url, last), Portal.outcome == _OK)):
        trouble = last[url]
        if read_at is None or read_at <= trouble.at:
            continue
        yield Happening(
            "portal.recovered",
            f"portal.recovered/{url}/{stamp(trouble.at)}",
            read_at,
            {"portal": _name(host, division, book), "since": day_of(trouble.at), "seen": day_of(read_at)},
            division,
            url=url,
            silent=read_at <= watch.begun,
        )


def _runs(session: Session, portals: Sequence[int], watch: Watch) -> dict[int, _Run]:
    """The last run of each portal."""
    query = select(PortalReading.portal_id, PortalReading.outcome, PortalReading.detail, PortalReading.read_at)
    query = query.where(PortalReading.portal_id.in_(portals), PortalReading.read_at > watch.now - found().run)
    readings: dict[int, list[_Run]] = defaultdict(list)
    for number, outcome, detail, at in session.execute(query.order_by(PortalReading.read_at, PortalReading.id)):
        family, _, system = outcome.partition(":")
        runs = readings[number]
        if not runs or runs[-1].family != family:
            runs.append(_Run(family, at, detail or system or outcome))
    return {number: runs[-1] for number, runs in readings.items()}


def _reports(session: Session, portal: int, until: datetime) -> int:
    query = (
        select(func.count(Report.id.distinct()))
        .join(Version, Version.report_id == Report.id)
        .join(Sighting, Sighting.version_id == Version.id)
        .join(Article, Article.id == Sighting.article_id)
        .where(Article.portal_id == portal, Sighting.first_seen_at <= until)
    )
    return session.scalar(query) or 0


def _name(host: str, division: str | None, book: Book) -> str:
    label = book.label(division) if division is not None else ""
    return f"{label}网站（{host}）" if label else host
