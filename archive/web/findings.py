"""Findings as the site asks for them: those of reports a page at a time, and those between reports, computed beside."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from archive.divisions.asked import code_of
from archive.findings import across as between
from archive.findings.counting import Counts, Summary, count_lines, count_noted, count_own, summed
from archive.findings.lines import FindingLine, Wanted, fitting, with_note
from archive.findings.telling import line_data
from archive.findings.walking import BEGINNING, Place, noted, own_called, reports_with, walk
from archive.registry.classes import KINDS
from archive.web.asking import Asking
from archive.web.columns import Row
from archive.web.listing import Parameters
from archive.web.report.shown import acknowledgements
from archive.web.rows import Page, WrongCursor, number

OPEN, ACKNOWLEDGED, ALL = "open", "acknowledged", "all"
_FEW = 20_000  # findings; the reports of fewer are named to the database, more are met in passing
_STUDY = 60.0  # seconds for which copied prose waits for the index to know what is new
_BETWEEN = "b"  # what the cursors of findings between reports begin with
_LINES = "lines"  # the key of a row with the finding itself, for our page


def _class(name: str) -> str:
    if name not in KINDS:
        raise ValueError(f"no class of publishers: name one of {', '.join(KINDS)}")
    return name


class FindingQuery(Parameters):
    """Which findings are asked for."""

    rule: Annotated[
        str | None,
        Field(description="Only this rule, or a family of them: requests.balance, requests, chain.", max_length=64),
    ] = None
    severity: Annotated[Literal["error", "warning", "info"] | None, Field(description="Only of this severity.")] = None
    year: Annotated[int | None, Field(description="Only this report year.", ge=1949, le=2999)] = None
    publisher: Annotated[
        str | None,
        Field(description="Only this publisher, in any spelling; 220200/财政局 for one place.", max_length=200),
    ] = None
    division: Annotated[
        str | None,
        Field(description="Only this division and all below it: its code, or its full name.", max_length=60),
    ] = None
    kind: Annotated[
        str | None,
        AfterValidator(_class),
        Field(description="Only this class of publishers.", json_schema_extra={"enum": list(KINDS)}),
    ] = None
    portal: Annotated[
        str | None, Field(description="Only what was found from this portal: its address.", max_length=500)
    ] = None
    state: Annotated[
        Literal["open", "acknowledged", "all"],
        Field(description="Those that are open, those that somebody acknowledged, or all. Counts have both."),
    ] = "open"
    between: Annotated[
        bool | None,
        Field(
            description="Whether those between reports (chain, jump, copy, hierarchy, date, roster) are among them, which "
            "takes from seconds to minutes; else only where a rule of theirs, a publisher, a division or a portal is named."
        ),
    ] = None


def wanted_of(asking: Asking, given: FindingQuery) -> Wanted:
    """What is asked for. Raises :class:`archive.errors.ArchiveError` for a division that is not known."""
    code = code_of(given.division, asking.archive.book)
    return Wanted(given.rule, given.severity, given.year, given.publisher, code, given.portal, given.kind)


@dataclass(frozen=True)
class Between:
    """The findings between reports, as far as they are there.

    ``asked``: whether any can be among those asked for; ``included``: whether they are looked for. ``running``: they are
    not all there yet, for ``seconds`` by now. ``prose``: whether copied prose is looked for too; of ``unread`` versions the
    index did not know it yet.
    """

    asked: bool
    included: bool
    prose: bool
    running: bool = False
    seconds: float = 0.0
    unread: int = 0
    lines: tuple[FindingLine, ...] = ()


class Findings:
    """The findings asked for; ``wait`` are the seconds for which those between reports may be waited for, null for as long as it takes."""

    def __init__(self, asking: Asking, given: FindingQuery, wait: float | None = None) -> None:
        self._asking = asking
        self._given = given
        self._wait = wait
        self.wanted = wanted_of(asking, given)
        self._known = acknowledgements(asking)

    @cached_property
    def own(self) -> Counts:
        """How many the reports have in themselves."""
        memory = self._asking.house.memory
        return memory.recall(("findings counted", self.wanted), lambda: count_own(self._asking.archive, self.wanted))

    @cached_property
    def noted(self) -> list[tuple[Place, FindingLine]]:
        """Those of them that are acknowledged."""
        known = self._known
        question = ("findings noted", self.wanted)
        return self._asking.house.memory.recall(
            question, lambda: noted(self._asking.archive, self.wanted, known), most=8
        )

    @cached_property
    def between(self) -> Between:
        """Those between reports."""
        wanted, given = self.wanted, self._given
        asked = wanted.asks(between.RULES)
        own_rules = wanted.rule is not None and asked
        narrow = own_rules or (wanted.publisher, wanted.division, wanted.portal) != (None, None, None)
        included = asked and (narrow if given.between is None else given.between)
        prose = between.looks_for_copies(wanted)
        if not included:
            return Between(asked, included, prose)
        house = self._asking.house
        unread = house.studying.left().versions if prose else 0  # these are being read now
        looked = house.looking.look(
            question_of(wanted, whole=not unread), lambda: _between(self._asking, wanted, prose=prose), self._wait
        )
        lines = tuple(with_note(line, self._known) for line in looked.answer or ())
        return Between(asked, included, prose, looked.running, looked.begun, unread, lines)

    @cached_property
    def summary(self) -> Summary:
        """How many there are by rule and year, and by division."""
        done = [line for line in self.between.lines if line.acknowledged is not None]
        return summed(
            (self.own, count_lines(self.between.lines)),
            (count_noted(self._asking.archive, (line for _, line in self.noted)), count_lines(done)),
            self._asking.archive.book,
            self.wanted.division,
        )

    @property
    def total(self) -> int:
        """How many there are of the state asked for."""
        counted = {OPEN: self.summary.open, ACKNOWLEDGED: self.summary.acknowledged}
        return counted.get(self._given.state, self.summary.open + self.summary.acknowledged)

    def page(self, after: str | None, limit: int) -> Page:
        """The rows behind a place. Raises :class:`WrongCursor`."""
        found = list(islice(self._walk(after), limit + 1))
        rows = [_row(line, reference) for _, reference, line in found[:limit]]
        return Page(rows, found[limit - 1][0] if len(found) > limit else None, self.total)

    def __iter__(self) -> Iterator[Row]:
        """All of them."""
        return (_row(line, reference) for _, reference, line in self._walk(None))

    def _walk(self, after: str | None) -> Iterator[tuple[str, str, FindingLine]]:
        """Each with the cursor behind it, and with what a form calls it."""
        begin = 0
        if after is not None and after.startswith(_BETWEEN):
            begin = number(after.removeprefix(_BETWEEN))
        else:
            for (report, position), line in self._own(_place(after)):
                yield f"{report}.{position}", f"{report}.{line.id}", line
        lines = self.between.lines
        for at in range(begin, len(lines)):
            if self._is_asked(lines[at]):
                line = lines[at]
                yield f"{_BETWEEN}{at + 1}", f"-.{line.id}.{line.finding['rule']} {line.subject}", line

    def _own(self, after: Place) -> Iterator[tuple[Place, FindingLine]]:
        if not self.own.total:
            return
        if self._given.state == ACKNOWLEDGED:
            places = [place for place, _ in self.noted]
            yield from self.noted[bisect_right(places, after) :]
            return
        archive, reports = self._asking.archive, None
        if self.own.total <= _FEW:
            question = ("findings of", self.wanted)
            reports = self._asking.house.memory.recall(question, lambda: reports_with(archive, self.wanted), most=16)
        start = max(after, (self.own.first, -1))
        for place, line in walk(archive, self.wanted, self._known, after=start, reports=reports):
            if self._is_asked(line):
                yield place, line

    def _is_asked(self, line: FindingLine) -> bool:
        return self._given.state == ALL or (line.acknowledged is not None) == (self._given.state == ACKNOWLEDGED)


def question_of(wanted: Wanted, *, whole: bool) -> tuple[str, Wanted, bool]:
    """What the findings between reports are kept under; ``whole``: all prose was known to the index."""
    return "between reports", wanted, whole


def line_of(row: Row) -> FindingLine:
    """The finding of a row."""
    found: FindingLine = row[_LINES]
    return found


def referred(asking: Asking, wanted: Wanted, references: list[str]) -> list[FindingLine] | None:
    """The findings that a form names; null where one of them is there no more."""
    known = acknowledgements(asking)
    looking = asking.house.looking
    at_hand = {
        line.id: line for whole in (True, False) for line in looking.known(question_of(wanted, whole=whole), list) or ()
    }
    found: dict[str, FindingLine] = {}
    for reference in references:
        where, _, rest = reference.partition(".")
        name, _, told = rest.partition(".")
        line: FindingLine | None = None
        if where.isascii() and where.isdecimal() and len(where) <= 18:
            line = own_called(asking.archive, int(where), name, known)
        elif where == "-":
            rule, _, subject = told.partition(" ")
            line = at_hand.get(name) or between.called(asking.archive, rule, subject, name)
        if line is None:
            return None
        found[line.id] = line
    return list(found.values())


def _between(asking: Asking, wanted: Wanted, *, prose: bool) -> list[FindingLine]:
    archive = asking.archive
    if prose:
        asking.house.studying.wait(_STUDY)
    with archive.session() as session:
        return list(fitting(archive, session, wanted, between.across(archive, wanted, prose=prose)))


def _place(after: str | None) -> Place:
    if after is None:
        return BEGINNING
    report, point, position = after.partition(".")
    if not point:
        raise WrongCursor(after)
    return number(report), number(position)


def _row(line: FindingLine, reference: str) -> dict[str, Any]:
    said = line.acknowledged
    return {
        **line_data(line),
        "state": OPEN if said is None else ACKNOWLEDGED,
        "note": None if said is None else said.note,
        "by": None if said is None else said.by,
        "acknowledged_at": None if said is None else said.at,
        "reference": reference,
        _LINES: line,
    }
