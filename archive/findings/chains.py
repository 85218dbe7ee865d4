"""Chains over the archive: two years of a publisher against each other, read off the figures beside their records.

Judged on the fly, publisher by publisher; nothing is stored. A withdrawn report counts with its last version. Who took the place
of another publisher has no chain with it: each has its own figures.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, pairwise, zip_longest
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive.among import among
from archive.days import day_of
from archive.findings.compared import ROWS, WHOSE, WITHDRAWN, Whose, cell, figures_at, line_of
from archive.findings.lines import ALL, FindingLine, Wanted, of_publishers
from archive.monitor import Status, missing
from archive.registry.publishers import naming
from archive.reports import narrowed
from archive.schema import Publisher, Report, Version
from archive.store import Archive
from parser.chains import FOLD, TELLING, Jump, Link, Repeated, broken, jumps, message_of, repeated, restated
from parser.record import Number

_OPEN, _RESTATED, _JUMP, _COPIED = "chain.open", "chain.restated", "jump", "copy.tables"
RULES: Mapping[str, tuple[str, ...]] = {
    "chain.requests": ("warning",),
    "chain.normative_documents": ("warning",),
    "chain.items": ("warning",),
    _OPEN: ("warning", "info"),  # a warning where its column was read and lacks it: nobody can see what became of them
    _RESTATED: ("info",),  # to put a report right is no fault
    _JUMP: ("info",),
    _COPIED: ("warning", "info"),  # info where few numbers are alike
}
_CARRIED_OUT = "requests.carried_out.total"
_NAMED = 5  # figures in a sentence


def findings(archive: Archive, wanted: Wanted = ALL) -> Iterator[FindingLine]:
    """The findings between reports of a publisher on years that follow each other, and between versions of one report.

    Raises :class:`archive.errors.ArchiveError` for a code that is no division's.
    """
    families = frozenset(rule for rule, severities in RULES.items() if wanted.asks({rule: severities}))
    if not families:
        return
    with archive.session() as session:
        chosen = _Chosen(archive, session, wanted)
        if families != {_RESTATED}:
            yield from _across_years(archive, session, wanted, chosen, families)
        if _RESTATED in families:
            yield from _across_versions(session, chosen)


class _Chosen:
    """The reports asked for: a query is narrowed to their publishers, the reports of a portal are picked from those."""

    def __init__(self, archive: Archive, session: Session, wanted: Wanted) -> None:
        self._year = wanted.year
        self._here: frozenset[int] | None = None
        publishers: set[int] | None = None
        if wanted.portal is not None:
            found = session.execute(
                narrowed(select(Report.id, Report.publisher_id), archive.book, None, None, wanted.portal)
            )
            numbers = {report: publisher for report, publisher in found if publisher is not None}
            self._here, publishers = frozenset(numbers), set(numbers.values())
        for asked, query in (
            (wanted.publisher is not None, naming(wanted.publisher or "", archive.book)),
            ((wanted.kind, wanted.division) != (None, None), of_publishers(select(Publisher.id), archive.book, wanted)),
        ):
            if asked:
                some = set(session.scalars(query))
                publishers = some if publishers is None else publishers & some
        self._publishers = publishers

    def narrow(self, query: Any, around: int = 1) -> Any:
        """A query over reports, narrowed to the publishers asked for, and to the year asked for with those around it."""
        if self._publishers is not None:
            query = query.where(among(Report.publisher_id, sorted(self._publishers)))
        if self._year is not None:
            query = query.where(Report.report_year.between(self._year - around, self._year + around))
        return query

    def __contains__(self, whose: Whose) -> bool:
        return self._year in {None, whose.year} and (self._here is None or whose.report_id in self._here)


class _Year(NamedTuple):
    whose: Whose
    cells: dict[str, Number]


_Unfinished = tuple[Whose, Number, Whose | None]  # whose requests, how many, and the next report where it was withdrawn


def _across_years(
    archive: Archive, session: Session, wanted: Wanted, chosen: _Chosen, families: frozenset[str]
) -> Iterator[FindingLine]:
    unfinished: dict[int, list[_Unfinished]] = {}
    for _, group in groupby(_years(session, chosen), key=lambda each: each.whose.publisher_id):
        years = list(_one_a_year(group))
        for before, after in pairwise(years):
            if after.whose.year == before.whose.year + 1 and after.whose in chosen:
                yield from _between(before, after, families)
        if _OPEN in families:
            for year, following in zip_longest(years, years[1:]):
                next_one = following.whose if following and following.whose.year == year.whose.year + 1 else None
                open_end = next_one is None or next_one.state == WITHDRAWN
                if open_end and year.cells.get(_CARRIED_OUT, 0) > 0 and year.whose in chosen:
                    unfinished.setdefault(year.whose.year + 1, []).append(
                        (year.whose, year.cells[_CARRIED_OUT], next_one)
                    )
    for due in sorted(unfinished):
        yield from _unfinished(archive, wanted, due, unfinished[due])


def _years(session: Session, chosen: _Chosen) -> Iterator[_Year]:
    """The reports by publisher and year, a few thousand of them in memory at a time."""
    query = select(*WHOSE, Version.id, Version.cells).join(Version, Version.id == Report.version_id)
    query = query.join(Publisher, Publisher.id == Report.publisher_id).where(Report.report_year.is_not(None))
    query = chosen.narrow(query).order_by(Report.publisher_id, Report.report_year, Report.id)
    for *whose, version_id, figures in session.execute(query.execution_options(yield_per=ROWS)):
        yield _Year(Whose(*whose), figures_at(session, version_id, figures).by_key())


def _one_a_year(years: Iterable[_Year]) -> Iterator[_Year]:
    """Where a publisher has two reports on a year, the one that is still published, else the one that was found first."""
    for _, several in groupby(years, key=lambda each: each.whose.year):
        yield min(several, key=lambda each: each.whose.state == WITHDRAWN)


def _between(before: _Year, after: _Year, families: frozenset[str]) -> Iterator[FindingLine]:
    for link in broken(before.cells, after.cells):
        if link.chain.rule in families:
            yield _of_link(link, before, after)
    if _JUMP in families:
        yield from (_of_jump(jump, before, after) for jump in jumps(before.cells, after.cells))
    if _COPIED in families:
        copied = repeated(before.cells, after.cells)
        if copied is not None:
            yield _of_copy(copied, before, after)


def _of_link(link: Link, before: _Year, after: _Year) -> FindingLine:
    chain = link.chain
    return line_of(
        after.whose,
        chain.rule,
        "warning",
        message_of(link, before.whose.year),
        _rests_on(before, chain.before, after, chain.now),
        **cell(chain.key),
        expected=link.expected,
        found=link.found,
    )


def _of_jump(jump: Jump, before: _Year, after: _Year) -> FindingLine:
    year = before.whose.year
    how = "grew" if jump.after > jump.before else "shrank"
    unit = ", or the unit changed" if jump.key.endswith(".amount") else ""
    return line_of(
        after.whose,
        _JUMP,
        "info",
        f"{jump.key} {how} more than {FOLD} times{unit}: {jump.before} on {year}, {jump.after} on {year + 1}",
        _rests_on(before, (jump.key,), after, (jump.key,)),
        **cell(jump.key),
        expected=jump.before,
        found=jump.after,
    )


def _of_copy(copied: Repeated, before: _Year, after: _Year) -> FindingLine:
    named = [f"{key} {said}" for key, said in copied.figures.items()][:_NAMED]
    more = f" and {len(copied.figures) - _NAMED} more" if len(copied.figures) > _NAMED else ""
    doubt = "" if copied.telling else f"; with fewer than {TELLING} different numbers it may be chance"
    return line_of(
        after.whose,
        _COPIED,
        "warning" if copied.telling else "info",
        f"all that is not 0 is what the report on {before.whose.year} says: {', '.join(named)}{more}{doubt}",
        _rests_on(before, copied.figures, after, copied.figures),
    )


def _unfinished(archive: Archive, wanted: Wanted, due: int, several: Sequence[_Unfinished]) -> Iterator[FindingLine]:
    """Requests carried into a year on which there is no report any more, or none where its column was read for one."""
    lacking: dict[int, str] = {}
    days = archive.rules.last_days(due + 1)
    if not days or min(days) <= day_of(archive.clock()):  # before, nobody is missing
        scopes, owners = {whose.scope for whose, _, _ in several}, {whose.publisher_id for whose, _, _ in several}
        one = next(iter(scopes)) if len(scopes) == 1 else ""
        division = one if one.isdecimal() else wanted.division and wanted.division.ljust(6, "0")
        only = next(iter(owners)) if len(owners) == 1 else None
        standings = missing(archive, due, division=division, kind=wanted.kind, publisher=only)
        lacking = {each.publisher_id: each.basis for each in standings if each.status is Status.MISSING}
    for whose, carried, withdrawn in several:
        if withdrawn is not None:
            severity, why = "info", f"the report on {due} was withdrawn; what it said is kept"
        elif whose.publisher_id in lacking:
            severity, why = "warning", f"there is no report on {due}: {lacking[whose.publisher_id]}"
        else:
            continue
        yield line_of(
            whose,
            _OPEN,
            severity,
            f"{carried} requests were carried into {due}, and {why}",
            {"reports": {str(whose.year): whose.report_id}, "figures": {str(whose.year): {_CARRIED_OUT: carried}}},
            **cell(_CARRIED_OUT),
            found=carried,
        )


def _across_versions(session: Session, chosen: _Chosen) -> Iterator[FindingLine]:
    """What a later version of one report states otherwise than the one before it."""
    several = chosen.narrow(select(Version.report_id).join(Report, Report.id == Version.report_id), around=0)
    several = several.group_by(Version.report_id).having(func.count() > 1)
    query = select(*WHOSE, Version.id, Version.cells, Version.first_seen_at).join(
        Version, Version.report_id == Report.id
    )
    query = query.join(Publisher, Publisher.id == Report.publisher_id).where(Report.report_year.is_not(None))
    query = chosen.narrow(query.where(Report.id.in_(several)), around=0)
    query = query.order_by(Report.id, Version.first_seen_at, Version.id).execution_options(yield_per=ROWS)
    versions = (
        (Whose(*whose), version_id, figures_at(session, version_id, figures).by_key(), day_of(seen))
        for *whose, version_id, figures, seen in session.execute(query)
    )
    for whose, group in groupby(versions, key=itemgetter(0)):
        if whose not in chosen:
            continue
        for (_, one, before, seen), (_, other, after, again) in pairwise(group):
            changed = restated(before, after)
            if changed:
                named = [f"{key} {now} instead of {said}" for key, (said, now) in changed.items()]
                more = f" and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
                yield line_of(
                    whose,
                    _RESTATED,
                    "info",
                    f"the version first seen on {again} states otherwise than that of {seen}: "
                    f"{', '.join(named[:_NAMED])}{more}",
                    {"versions": [one, other], "figures": {key: list(said) for key, said in changed.items()}},
                )


def _rests_on(before: _Year, of_before: Iterable[str], after: _Year, of_after: Iterable[str]) -> dict[str, Any]:
    return {
        "reports": {str(each.whose.year): each.whose.report_id for each in (before, after)},
        "figures": {
            str(each.whose.year): {key: each.cells[key] for key in keys}
            for each, keys in ((before, of_before), (after, of_after))
        },
    }
