"""Findings over the archive: what does not add up, by rule, publisher, division and year; and what people say of it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from hashlib import sha256
from itertools import chain, pairwise
from typing import Any

import simplejson
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from archive.deposit import deposit
from archive.divisions import Book
from archive.errors import ArchiveError
from archive.journal.acknowledging import Acknowledged, Acknowledgements, read_all, subject_of
from archive.journal.notes import AcknowledgedNote
from archive.registry.publishers import naming
from archive.reports import narrowed
from archive.schema import FindingRow, Publisher, Report, Version
from archive.store import Archive

SHORTEST = 8  # letters of an id that a person types
LONGEST_NOTE = 2000  # characters
_ID = re.compile(rf"[0-9a-f]{{{SHORTEST},64}}")

# Of these the rule and the place say all; any other finding without values has them in its message only.
_SAID_BY_PLACE = frozenset({
    "cells.blank", "copy.scar", "copy.text", "ocr.used", "sections.empty", "sections.missing", "template.outdated_reference", "title.missing",
})  # fmt: skip
_VALUES = re.compile(  # what a message takes over: quotations, keys, numbers and days, Chinese
    r"""(?<!\w)'[^']*'(?!\w)|(?<!\w)"[^"]*"(?!\w)|[a-z]\w*(?:\.\w+){2,}|\d+(?:[.:-]\d+)*|[\u3400-\u9fff]+"""
)


@dataclass(frozen=True)
class Wanted:
    """Which findings are asked for; null asks for all.

    ``rule`` may be a whole family (``requests``), ``publisher`` is a name in any spelling, ``division`` a code or what
    several begin with, ``portal`` an address, ``kind`` a class of publishers.
    """

    rule: str | None = None
    severity: str | None = None
    year: int | None = None
    publisher: str | None = None
    division: str | None = None
    portal: str | None = None
    kind: str | None = None

    def asks(self, rules: Mapping[str, Collection[str]]) -> bool:
        """Whether findings of one of these rules may be asked for; with each stand the severities that it has."""
        return any(
            self.rule in {None, rule} or rule.startswith(f"{self.rule}.")
            for rule, severities in rules.items()
            if self.severity is None or self.severity in severities
        )


ALL = Wanted()


@dataclass(frozen=True)
class FindingLine:
    """A finding of a report's current version, or another of a publisher and a year; ``finding`` has the record's names.

    ``subject`` is the publisher's scope and key with the year, or the report's address where one of them is unknown.
    ``rests_on`` is what a finding about several reports was judged by; it does not tell one finding from another.
    """

    report_id: int | None
    url: str | None
    publisher: str | None
    report_year: int | None
    finding: dict[str, Any]
    subject: str
    scope: str | None = None
    township: str | None = None
    kind: str | None = None
    rests_on: Mapping[str, Any] | None = None
    acknowledged: Acknowledged | None = field(default=None, compare=False)

    @cached_property
    def fingerprint(self) -> str:
        """What the finding says, as :func:`fingerprint_of` has it."""
        return fingerprint_of(self.finding)

    @cached_property
    def id(self) -> str:
        """A digest of whose finding it is and of what it says; its first letters name it."""
        return sha256(f"{self.subject}\n{self.fingerprint}".encode("utf-8", "surrogatepass")).hexdigest()


def fingerprint_of(finding: dict[str, Any]) -> str:
    """A digest of a finding's rule, of the cells it names and of its values; how it is worded does not count.

    Nor does its severity, or where on the page it stands.
    """
    said = {name: _plain(value) for name, value in finding.items() if name not in {"message", "severity", "at"}}
    values = []
    if not {"expected", "found"} & said.keys() and finding["rule"] not in _SAID_BY_PLACE:
        values = _VALUES.findall(str(finding.get("message", "")))
    facts = simplejson.dumps([said, values], sort_keys=True)
    return sha256(facts.encode()).hexdigest()


def iterate(archive: Archive, wanted: Wanted = ALL, further: Iterable[FindingLine] = ()) -> Iterator[FindingLine]:
    """The findings of current versions by report, and then ``further`` ones, each with its acknowledgement.

    Further ones are narrowed here too, but not by portal. Raises :class:`ArchiveError` for a code that is none.
    """
    with archive.session() as session:
        known = read_all(session)
        query = own_query(archive, wanted).order_by(Report.id, FindingRow.position)
        for row in session.execute(query.execution_options(yield_per=500)):
            yield with_note(own_line(row), known)
        for line in fitting(archive, session, wanted, further):
            yield with_note(line, known)


def shortest(ids: Iterable[str]) -> int:
    """How many letters of each id are needed to tell it from the others, at least eight."""
    shared = (_shared(*pair) for pair in pairwise(sorted(set(ids))))
    return max(SHORTEST, max(shared, default=0) + 1)


def find(
    archive: Archive, ids: Sequence[str], further: Iterable[FindingLine] = (), last: Iterable[FindingLine] = ()
) -> list[FindingLine]:
    """The findings whose ids begin so, each once. The ``last`` are looked through where an id is none of the others'.

    Raises :class:`ArchiveError` where one is no finding's, or of several.
    """
    for each in ids:
        if _ID.fullmatch(each) is None:
            raise ArchiveError(f"{each!r} is no id of a finding: `xxgk check` shows them, eight letters at least")
    found: dict[str, dict[str, FindingLine]] = {each: {} for each in ids}
    beginnings = {each[:SHORTEST] for each in ids}

    def if_needed() -> Iterator[FindingLine]:
        if not all(found.values()):
            yield from last

    for line in iterate(archive, further=chain(further, if_needed())):
        if line.id[:SHORTEST] in beginnings:
            for each in (each for each in ids if line.id.startswith(each)):
                found[each].setdefault(line.id, line)
    for each, lines in found.items():
        if not lines:
            raise ArchiveError(f"no finding has the id {each}: `xxgk check --all` shows the ids of today")
        if len(lines) > 1:
            length = shortest(lines)
            choices = ", ".join(sorted(one[:length] for one in lines)[:5])
            raise ArchiveError(
                f"{len(lines)} findings have ids that begin with {each}: write more of one, as {choices}"
            )
    return list({one: line for lines in found.values() for one, line in lines.items()}.values())


def acknowledge(archive: Archive, lines: Iterable[FindingLine], *, note: str, by: str) -> None:
    """Keep a person's note on findings, in the journal too. Raises :class:`ArchiveError` where it or the name is empty."""
    said, who = _one_line(note), _one_line(by)
    if not said:
        raise ArchiveError("the note of an acknowledgement is empty: say what was looked at")
    if not who:
        raise ArchiveError("nobody is named who acknowledges: say by whom")
    if max(len(said), len(who)) > LONGEST_NOTE:
        raise ArchiveError(f"a note has {LONGEST_NOTE:,} characters at most: shorten it")
    at = archive.clock()
    deposit(
        archive,
        notes=[AcknowledgedNote(at, each.subject, each.finding["rule"], each.fingerprint, said, who) for each in lines],
    )


def reopen(archive: Archive, lines: Iterable[FindingLine], *, by: str) -> int:
    """Take back the acknowledgements of findings; how many of these had one."""
    at = archive.clock()
    with archive.session() as session:
        known = read_all(session)
    several = [(line, known.get((line.subject, line.fingerprint), ())) for line in lines]
    deposit(
        archive,
        notes=[
            AcknowledgedNote(at, each.subject, line.finding["rule"], line.fingerprint, "", _one_line(by))
            for line, said in several
            for each in said
        ],
    )
    return sum(bool(said) for _, said in several)


def further_line(
    *,
    rule: str,
    severity: str,
    message: str,
    scope: str,
    key: str,
    publisher: str,
    report_year: int,
    township: str | None = None,
    kind: str | None = None,
    report_id: int | None = None,
    url: str | None = None,
    rests_on: Mapping[str, Any] | None = None,
    **named: object,
) -> FindingLine:
    """A finding that is no report's own but of a publisher on a year; ``named`` are cells and values it names.

    Without any, the numbers, days and quotations in its message tell one finding from the next; ``rests_on`` never does.
    """
    values = {name: value for name, value in named.items() if value is not None}
    return FindingLine(
        report_id=report_id,
        url=url,
        publisher=publisher,
        report_year=report_year,
        finding={"rule": rule, "severity": severity, "message": message, **values},
        subject=subject_of(scope, key, report_year),
        scope=scope,
        township=township,
        kind=kind,
        rests_on=rests_on,
    )


def of_publishers(query: Any, book: Book, wanted: Wanted) -> Any:
    """A query that has the table of publishers, narrowed to the class and the division asked for.

    Raises :class:`ArchiveError` for a code that is none.
    """
    if wanted.kind is not None:
        query = query.where(Publisher.kind == wanted.kind)
    if wanted.division is not None:
        beginning = beginning_of(wanted.division, book)
        column = Publisher.township if len(beginning) == 9 else Publisher.scope
        query = query.where(column.startswith(beginning, autoescape=True))
    return query


def own_query(archive: Archive, wanted: Wanted) -> Any:
    """A query for the findings of current versions that are asked for, in no order: a row for :func:`own_line` each.

    Raises :class:`ArchiveError` for a code that is no division's.
    """
    query = (
        select(
            Report.id, Report.url, Report.identity, Report.report_year.label("year_filed"), FindingRow.line,
            Version.publisher, Version.report_year, Publisher.scope, Publisher.key, Publisher.township, Publisher.kind,
            FindingRow.position,
        )
        .join(Version, Version.id == Report.version_id)
        .join(FindingRow, FindingRow.version_id == Version.id)
        .outerjoin(Publisher, Publisher.id == Report.publisher_id)
    )  # fmt: skip
    return own_asked_for(query, archive, wanted)


def own_asked_for(query: Any, archive: Archive, wanted: Wanted) -> Any:
    """A query over reports, their findings and publishers, narrowed to what is asked for. Raises as :func:`own_query`."""
    query = narrowed(query, archive.book, wanted.year, wanted.publisher, wanted.portal)
    if wanted.rule is not None:
        family = FindingRow.rule.startswith(f"{wanted.rule}.", autoescape=True)
        query = query.where(or_(FindingRow.rule == wanted.rule, family))
    if wanted.severity is not None:
        query = query.where(FindingRow.severity == wanted.severity)
    return of_publishers(query, archive.book, wanted)


def own_line(row: Any) -> FindingLine:
    """The finding of a row of :func:`own_query`."""
    known = row.scope is not None and row.year_filed is not None
    return FindingLine(
        report_id=row.id,
        url=row.url,
        publisher=row.publisher,
        report_year=row.report_year,
        finding=simplejson.loads(row.line, use_decimal=True),
        subject=subject_of(row.scope, row.key, row.year_filed) if known else row.identity.partition(":")[2],
        scope=row.scope,
        township=row.township,
        kind=row.kind,
    )


def fitting(archive: Archive, session: Session, wanted: Wanted, lines: Iterable[FindingLine]) -> Iterator[FindingLine]:
    """Those of further findings that are asked for, but for the portal. Raises as :func:`own_query`."""
    fits = _Fits(archive, session, wanted)
    return (line for line in lines if fits(line))


def with_note(line: FindingLine, known: Acknowledgements) -> FindingLine:
    """A finding with what somebody said of it."""
    if not known:
        return line
    said = known.get((line.subject, line.fingerprint))
    return line if said is None else replace(line, acknowledged=said[0])


def _shared(one: str, other: str) -> int:
    return next((place for place, (left, right) in enumerate(zip(one, other, strict=False)) if left != right), len(one))


class _Fits:
    """Whether a line is one of those asked for; what a publisher's name means is looked up once."""

    def __init__(self, archive: Archive, session: Session, wanted: Wanted) -> None:
        self._wanted = wanted
        self._beginning = None if wanted.division is None else beginning_of(wanted.division, archive.book)
        self._named: set[str] | None = None
        if wanted.publisher is not None:
            query = select(Publisher.scope, Publisher.key).where(
                Publisher.id.in_(naming(wanted.publisher, archive.book))
            )
            self._named = {f"{scope}/{key}" for scope, key in session.execute(query)}

    def __call__(self, line: FindingLine) -> bool:
        wanted, rule = self._wanted, line.finding["rule"]
        if wanted.rule is not None and rule != wanted.rule and not rule.startswith(f"{wanted.rule}."):
            return False
        if wanted.severity not in {None, line.finding["severity"]} or wanted.year not in {None, line.report_year}:
            return False
        if wanted.kind not in {None, line.kind}:
            return False
        if self._named is not None and line.subject.rpartition("/")[0] not in self._named:
            return False
        if self._beginning is None:
            return True
        code = line.township if len(self._beginning) == 9 else line.scope
        return code is not None and code.startswith(self._beginning)


def beginning_of(code: str, book: Book) -> str:
    """What the codes within a division begin with."""
    if not (code.isascii() and code.isdecimal()) or len(code) not in {2, 4, 6, 9}:
        raise ArchiveError(
            f"{code!r} is no code of a division: write the six digits of GB/T 2260, or the nine of a town"
        )
    return book.prefix(code)


def _plain(value: object) -> str:
    """A value in one writing: 5, 5.0 and 5.00 are the same."""
    if isinstance(value, int | Decimal):
        return format(Decimal(value).normalize(), "f")
    return str(value)


def _one_line(text: str) -> str:
    """The text without what a terminal or a file could take for a command: control signs, and the turners of direction."""
    signs = (" " if sign.isspace() else sign for sign in text)
    return " ".join("".join(sign for sign in signs if unicodedata.category(sign) not in {"Cc", "Cf", "Cs"}).split())
