"""Notices: what happened and somebody may want to be told, found once and kept in a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, insert, select, update
from sqlalchemy.orm import Session

from archive.among import among
from archive.days import CHINA, day_of
from archive.deposit import deposit
from archive.divisions import Book
from archive.errors import ArchiveError
from archive.journal.notes import SentNote
from archive.monitor import Standing, missing
from archive.notices import happenings
from archive.notices import portals as portal_happenings
from archive.notices.happenings import Watch
from archive.notices.kinds import BASELINE, SEEN, Happening, found, kinds
from archive.portions import portions
from archive.schema import Delivery, JournalRow, Notice, Report
from archive.store import Archive

__all__ = ["BASELINE", "SEEN", "Wanted", "find", "kinds", "line", "listed", "wanted_rows"]

NOBODY = ""  # the target of what was sent to nobody: the beginning of the noticing


@dataclass(frozen=True)
class Wanted:
    """Which notices are asked for; empty and null ask for all. ``divisions`` are codes: those and all below them."""

    since: datetime | None = None
    kinds: tuple[str, ...] = ()
    divisions: tuple[str, ...] = ()
    years: tuple[int, ...] = ()


def find(archive: Archive, now: datetime, *, eager: bool = True) -> list[Notice]:
    """Find what happened and was not noticed yet; the new rows, in their order. The archive is open for writing.

    The first time, what is there is marked as seen, and one notice says so. Who is late or missing is asked once a day,
    and where something was kept since; with ``eager`` at once, else not within the hour. Raises :class:`ArchiveError`.
    """
    begun = _begin(archive, now)
    watch = Watch(begun, now, season(now))
    with archive.session() as session:
        first = not _has_begun(session)
        due = _standings_due(session, watch, eager=eager)
    judged = missing(archive, watch.year, day_of(now)) if due else []
    then = missing(archive, watch.year, day_of(begun)) if first and season(begun) == watch.year else []
    with archive.session() as session:  # the looking takes a while: others may write meanwhile
        happened = _look(session, watch, judged, archive.book)
    with archive.writing() as session:
        told: list[Notice] = []
        if first and not _has_begun(session):  # another process may just have
            silent = list(happenings.standings(session, then, watch.year, silent=True))
            told.append(_baseline(session, watch, Counter(_keep(session, silent, watch, again=True, into=[]))))
        _keep(session, happened, watch, again=first, into=told)
        if due:
            _mark(session, watch)
    return told


def season(now: datetime) -> int:
    """The report year that is watched: the year before the day in China."""
    return day_of(now).year - 1


def wanted_rows(wanted: Wanted) -> Select[Notice]:
    """A query for the notices that are wanted, without what is only marked as seen."""
    query = select(Notice).where(Notice.kind.in_(wanted.kinds or [*kinds(), BASELINE]))
    if wanted.since is not None:
        query = query.where(Notice.noticed_at >= wanted.since)
    if wanted.years:
        query = query.where(Notice.report_year.in_(wanted.years) | Notice.report_year.is_(None))
    return query.order_by(Notice.noticed_at, Notice.id)


def listed(archive: Archive, wanted: Wanted, limit: int | None = None) -> list[Notice]:
    """The notices that are wanted, the newest ``limit`` of them, oldest first.

    Raises :class:`ArchiveError` for a kind that there is not.
    """
    unknown = set(wanted.kinds) - {*kinds(), BASELINE}
    if unknown:
        raise ArchiveError(f"there is no kind of notice {unknown.pop()}: name one of {', '.join(kinds())}")
    query = wanted_rows(wanted).order_by(None).order_by(Notice.noticed_at.desc(), Notice.id.desc())
    with archive.session() as session:
        rows = [row for row in session.scalars(query) if lies_within(row, wanted, archive)]
    return list(reversed(rows if limit is None else rows[:limit]))


def line(row: Notice) -> dict[str, Any]:
    """A notice as ``xxgk notices --json`` and the dashboard hand it on."""
    return {
        "kind": row.kind,
        "at": row.at,
        "noticed_at": row.noticed_at,
        "division": row.division,
        "report_year": row.report_year,
        "title": row.title,
        "text": row.text,
        "url": row.url,
        "key": row.key,
    }


def lies_within(row: Notice, wanted: Wanted, archive: Archive) -> bool:
    """Whether a notice is of one of the divisions asked for."""
    if not wanted.divisions:
        return True
    return row.division is not None and any(archive.book.within(row.division, code) for code in wanted.divisions)


def since_day(day: date) -> datetime:
    """The moment at which a day begins in China."""
    return datetime(day.year, day.month, day.day, tzinfo=CHINA)


def _look(session: Session, watch: Watch, judged: Sequence[Standing], book: Book) -> list[Happening]:
    return [
        *happenings.standings(session, judged, watch.year),
        *happenings.new_reports(session, watch),
        *happenings.edits(session, watch),
        *happenings.returns(session, watch),
        *happenings.withdrawals(session, watch),
        *portal_happenings.first_readings(session, watch, book),
        *portal_happenings.recoveries(session, watch, book),
        *portal_happenings.troubles(session, watch, book),
    ]


def _begin(archive: Archive, now: datetime) -> datetime:
    """When this archive began to notice; it stands in the journal, so that it outlives the tables."""
    with archive.session() as session:
        known = session.get(Delivery, (BASELINE, NOBODY))
    if known is not None:
        return known.sent_at
    deposit(archive, notes=[SentNote(now, NOBODY, (BASELINE,))])
    with archive.session() as session:  # another process may have been the first
        return session.get_one(Delivery, (BASELINE, NOBODY)).sent_at


def _has_begun(session: Session) -> bool:
    return session.scalar(select(Notice.id).where(Notice.key == BASELINE)) is not None


def _baseline(session: Session, watch: Watch, counts: Counter[str]) -> Notice:
    """Say that what is there is no news."""
    query = select(func.count()).select_from(Report)
    year = watch.year
    reports = session.scalar(query.where(Report.report_year == year, Report.first_seen_at <= watch.begun)) or 0
    row = Notice(
        key=BASELINE,
        kind=BASELINE,
        at=watch.begun,
        noticed_at=watch.begun,
        report_year=year,
        title="开始记录通知",
        text=(
            f"此前已有的不再通知：{year}年年报{reports}份，逾期公布{counts['report.late']}家，"
            f"逾期未公布{counts['report.missing']}家。"
        ),
    )
    session.add(row)
    session.flush()
    return row


def _keep(
    session: Session, happened: Iterable[Happening], watch: Watch, *, again: bool, into: list[Notice]
) -> list[str]:
    """Keep what is not known; the told ones go ``into`` a list. ``again``: the tables were lost, and it is found anew.

    Gives the kinds of all that was new. One writer at a time: nobody else can find the same meanwhile.
    """
    kept: list[str] = []
    for several in portions(happened):
        keys = [key for one in several for key in (one.key, *one.others)]
        known: dict[str, int | None] = {}
        query = select(Notice.key, Notice.publisher_id).where(among(Notice.key, keys))
        known.update((key, number) for key, number in session.execute(query))
        new: dict[str, Happening] = {}
        for one in several:
            there = next((key for key in (one.key, *one.others) if key in known), None)
            if there is None:
                new.setdefault(one.key, one)
            elif known[there] != one.publisher_id:  # its publisher was merged, or is another by now
                moved = update(Notice).where(Notice.key == there).values(publisher_id=one.publisher_id)
                session.execute(moved, execution_options={"synchronize_session": False})
        if new:
            session.execute(insert(Notice), [_row(one, watch, again=again) for one in new.values()])
        kept += [one.kind for one in new.values()]
        told = [one.key for one in new.values() if not one.silent]
        into += session.scalars(select(Notice).where(among(Notice.key, told)).order_by(Notice.id))
    return kept


def _row(one: Happening, watch: Watch, *, again: bool) -> dict[str, object]:
    noticed = min(watch.now, max(one.at, watch.begun)) if again else watch.now
    title, text = one.told()
    return {
        "key": one.key,
        "kind": SEEN if one.silent else one.kind,
        "at": one.at,
        "noticed_at": noticed,
        "division": one.division,
        "publisher_id": one.publisher_id,
        "report_year": one.report_year,
        "title": "" if one.silent else title,
        "text": "" if one.silent else text,
        "url": one.url,
    }


def _standings_due(session: Session, watch: Watch, *, eager: bool) -> bool:
    """Whether it is time to ask who is late or missing."""
    asked = session.scalar(select(Notice.noticed_at).where(Notice.key == f"standings/{watch.year}"))
    if asked is None or day_of(asked) != day_of(watch.now):
        return True
    if not eager and watch.now - asked < found().standings:
        return False
    kept = session.scalar(select(JournalRow.written_at).order_by(JournalRow.id.desc()).limit(1))
    return kept is not None and kept >= asked


def _mark(session: Session, watch: Watch) -> None:
    """Keep when it was asked who is late or missing."""
    key = f"standings/{watch.year}"
    values = {"at": watch.now, "noticed_at": watch.now}
    row = session.scalars(select(Notice).where(Notice.key == key)).first()
    if row is None:
        session.add(Notice(key=key, kind=SEEN, title="", text="", report_year=watch.year, **values))
    else:
        row.at = row.noticed_at = watch.now
