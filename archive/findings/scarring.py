"""Scars over the archive: what the index noted, held against the registry; an agency above or beside may be spoken of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from archive.divisions import Book
from archive.findings.lines import ALL, FindingLine, Wanted, further_line, of_publishers
from archive.registry.classes import GOVERNMENT, OFFICE, VERTICAL
from archive.registry.identity import Place, identify
from archive.registry.publishers import find
from archive.reports import narrowed
from archive.reuse.scars import DOUBLED, NAMED, NATIONAL
from archive.schema import Publisher, Report, ScarRow, Succession
from archive.store import Archive

SCAR = "copy.scar"
_OVERSEERS = ("政务公开", "政务服务", "行政审批", "大数据")  # bureaus that report on others' disclosure too


def scarred(archive: Archive, wanted: Wanted = ALL) -> Iterator[FindingLine]:
    """The scars in the reports asked for, by report and place: one line each, the first of several that say the same."""
    query = (
        select(ScarRow, Publisher, Report.id, Report.url, Report.report_year)
        .join(Report, Report.version_id == ScarRow.version_id)
        .join(Publisher, Publisher.id == Report.publisher_id)
        .where(Report.report_year.is_not(None))
        .order_by(Report.id, ScarRow.position)
    )
    query = narrowed(query, archive.book, wanted.year, wanted.publisher, wanted.portal)
    query = of_publishers(query, archive.book, wanted)
    with archive.session() as session:
        last, said = 0, set[str]()
        for scar, publisher, report_id, url, year in session.execute(query.execution_options(yield_per=500)):
            if report_id != last:
                last, said = report_id, set()
            if scar.said in said or (scar.what == NAMED and not _is_anothers(session, archive.book, publisher, scar)):
                continue
            said.add(scar.said)
            yield _line(scar, publisher, report_id, url, year)


def _is_anothers(session: Session, book: Book, own: Publisher, scar: ScarRow) -> bool:
    """Whether the agency that is named as the one that reports is known, and is another that need not be named there."""
    if own.kind in {GOVERNMENT, OFFICE} or any(word in own.name for word in _OVERSEERS):
        return False
    number = find(session, identify(scar.said, Place(own.scope, book)), scar.said)
    if number is None:
        return scar.said in NATIONAL and own.kind != VERTICAL
    other = session.get_one(Publisher, number)
    if other.id == own.id or other.key.endswith(own.key) or own.key.endswith(other.key):
        return False
    if other.kind in {GOVERNMENT, OFFICE} and _is_above(book, other.scope, own.scope):
        return False
    return not _follow_each_other(session, own.id, other.id)


def _is_above(book: Book, above: str, code: str) -> bool:
    """Whether a division is another or lies within it; where one is not known, it may be."""
    return not (above.isdecimal() and code.isdecimal()) or book.within(code, above)


def _follow_each_other(session: Session, one: int, other: int) -> bool:
    before, after = Succession.predecessor_id, Succession.successor_id
    either = or_((before == one) & (after == other), (before == other) & (after == one))
    return session.scalars(select(before).where(either).limit(1)).first() is not None


def _line(scar: ScarRow, publisher: Publisher, report_id: int, url: str, year: int) -> FindingLine:
    return further_line(
        rule=SCAR,
        severity="warning",
        message=f"section {scar.section}: {_SAYS.get(scar.what, _SAYS[''])}".format(said=scar.said),
        scope=publisher.scope,
        key=publisher.key,
        publisher=publisher.name,
        report_year=year,
        township=publisher.township,
        kind=publisher.kind,
        report_id=report_id,
        url=url,
        rests_on=_place(scar),
        said=scar.said,
    )


_SAYS = {
    NAMED: "the sentence that says whose report it is names {said}",
    DOUBLED: "{said} has the ending of a government behind that of a bureau",
    "": "a town says {said}",
}


def _place(scar: ScarRow) -> dict[str, Any]:
    return {"what": scar.what, "section": scar.section, "start": scar.start, "end": scar.end}
