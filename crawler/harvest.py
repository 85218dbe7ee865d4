"""The harvest of a backfill: which captures of a web archive are asked for, and which of them are taken over."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlsplit

from archive.addresses import canonical
from archive.captures import Answer
from archive.deposit import deposit
from archive.errors import PayloadRefused
from archive.intake import gaps
from archive.intake.candidates import is_never, may_be_report
from archive.intake.taking import Intake
from archive.intake.transcripts import NO_DOCUMENT, TOO_LARGE
from archive.journal.notes import BackfillNote
from archive.store import Archive
from archive.warcs.codings import decode
from crawler.cdx import REVISIT, Line, Query
from crawler.passed import Passed
from crawler.replay import NO_CAPTURE, is_proven, with_source
from parser.documents import encoding
from parser.titles import judge
from parser.titles import read as read_title

FOREIGN, OTHER_TIME, OTHER_STATUS = "another host or scheme", "another time", "another status"
SAME, OTHER_YEAR, LIST = "the same bytes", "another year", "a list"
UNFETCHED, PASSED = "could not be fetched", "looked at before"
_AGAIN = frozenset({UNFETCHED, NO_CAPTURE, OTHER_YEAR})  # another run may find it otherwise
_BATCH = 8  # captures in one writing: what a kill loses, at a second each
_FIRST_YEAR = 1996  # of the oldest web archive
_TITLE = re.compile(r"<title[^<>]*>(.{1,300}?)</title", re.IGNORECASE | re.DOTALL)
_TITLE_WITHIN = 1 << 16  # characters


@dataclass(frozen=True)
class Errand:
    """One question about one portal. ``lists`` are addresses (canonical) that are lists and no reports."""

    portal: str
    query: Query
    lists: frozenset[str] = frozenset()


@dataclass
class Tally:
    """What was found of one portal."""

    lines: int = 0
    captures: int = 0
    known: int = 0


class Harvest:
    """Takes captures over into an archive, at most ``limit`` of them being asked for; every method may raise :class:`archive.errors.ArchiveError`.

    ``unproven`` captures are kept although their bytes are not what the index says, ``damaged`` lines said nothing, and
    ``cut`` says that more would have been asked for.
    """

    def __init__(self, archive: Archive, passed: Passed, server: str, *, limit: int, years: Collection[int]) -> None:
        self.tallies: dict[str, Tally] = {}
        self.reasons: Counter[str] = Counter()
        self.cut = False
        self.damaged = 0
        self.unproven = 0
        self.unfetched: list[str] = []
        self._archive = archive
        self._passed = passed
        self._server = server
        self._left = limit
        self._years = frozenset(years)
        self._intake = Intake(archive)
        self._seen: set[tuple[str, str]] = set()
        self._asked: set[tuple[str, datetime]] = set()
        self._waiting = 0  # captures to be written, all of one portal
        self._writing_for: str | None = None
        self._counted = (0, 0)  # kept and known, as the intake has counted them
        self._latest = archive.clock() + timedelta(days=1)
        self._by_reason: dict[str, Counter[str]] = {}

    @property
    def is_full(self) -> bool:
        """Whether as many captures were asked for as may be."""
        return self._left <= 0

    def select(self, lines: Sequence[Line], errand: Errand, largest: int) -> list[Line]:
        """The captures to ask for: at most ``largest`` bytes each, of each body of an address the first."""
        tally = self.tally(errand.portal)
        tally.lines += len(lines)
        wanted = [line for line in lines if self._is_wanted(line, errand, largest)]
        here = gaps.held(self._archive, [(line.url, line.moment) for line in wanted])
        chosen: list[Line] = []
        for line in wanted:
            place = line.url, line.moment
            if place in self._asked:  # by another question
                continue
            if place in here:
                self._asked.add(place)
                tally.known += 1
                self._is_seen(line)
                continue
            again = self._is_seen(line)
            if again or line in self._passed:
                self.count(errand.portal, PASSED if line in self._passed else SAME)
                continue
            if self.is_full:
                self.cut = True
                break
            self._left -= 1
            self._asked.add(place)
            chosen.append(line)
        return chosen

    def take(self, line: Line, answer: Answer, errand: Errand) -> None:
        """Keep a capture that may be a report, with the time it had."""
        try:
            body = decode(answer.body, answer.header("Content-Encoding"), line.url)
        except PayloadRefused:  # deriving says so
            body = answer.body
        if not may_be_report(answer.header("Content-Type"), None, body):
            self.drop(line, errand, NO_DOCUMENT)
            return
        if self._is_of_another_year(answer, body):
            self.drop(line, errand, OTHER_YEAR)
            return
        if self._writing_for != errand.portal:
            self.flush()
        self.unproven += is_proven(line, answer) is False
        self._intake.take(with_source(answer, line, self._server), portal=errand.portal)
        self._writing_for = errand.portal
        self._waiting += 1
        if self._waiting >= _BATCH:
            self.flush()

    def drop(self, line: Line, errand: Errand, reason: str, why: str | None = None) -> None:
        """Count a capture that is not kept; ``why`` is a sentence on one that could not be fetched."""
        self.count(errand.portal, reason)
        if why is not None:
            self.unfetched.append(why)
        if reason not in _AGAIN:
            self._passed.add(line)

    def flush(self) -> None:
        """Write what was taken."""
        self._intake.flush()
        captures, known = self._counted
        self._counted = self._intake.captures, self._intake.known
        if self._writing_for is not None:
            tally = self.tally(self._writing_for)
            tally.captures += self._intake.captures - captures
            tally.known += self._intake.known - known
        self._waiting = 0

    def note(self, errands: Sequence[Errand]) -> None:
        """Write down in the journal what was asked for and found."""
        moment = self._archive.now()
        notes = [
            BackfillNote(
                moment,
                portal,
                self._server,
                json.dumps([[one.query.match, one.query.url] for one in errands if one.portal == portal]),
                tally.lines,
                tally.captures,
                tally.known,
                self._by_reason.get(portal, Counter()).total(),
            )
            for portal, tally in self.tallies.items()
        ]
        deposit(self._archive, notes=notes)

    def tally(self, portal: str) -> Tally:
        """What was found of a portal so far."""
        return self.tallies.setdefault(portal, Tally())

    def count(self, portal: str, reason: str) -> None:
        """Count a line that brings nothing."""
        self.reasons[reason] += 1
        self._by_reason.setdefault(portal, Counter())[reason] += 1

    def _is_wanted(self, line: Line, errand: Errand, largest: int) -> bool:
        reason = self._refusal(line, errand, largest)
        if reason is not None:
            self.count(errand.portal, reason)
        return reason is None

    def _refusal(self, line: Line, errand: Errand, largest: int) -> str | None:
        if _site(line.url) is None or _site(line.url) != _site(errand.query.url):
            return FOREIGN
        if not _is_within(line.moment, errand.query) or line.moment.year < _FIRST_YEAR or line.moment > self._latest:
            return OTHER_TIME
        if line.status not in {200, None} or (line.status is None and line.media_type != REVISIT):
            return OTHER_STATUS
        if is_never(line.media_type):
            return NO_DOCUMENT
        if canonical(line.url) in errand.lists:
            return LIST
        return TOO_LARGE if line.length is not None and line.length > largest else None

    def _is_seen(self, line: Line) -> bool:
        """Whether this body of this address was met before."""
        if line.digest is None:
            return False
        key = canonical(line.url), line.digest
        if key in self._seen:
            return True
        self._seen.add(key)
        return False

    def _is_of_another_year(self, answer: Answer, body: bytes) -> bool:
        if not self._years or "html" not in (answer.header("Content-Type") or "html").lower():
            return False
        found = _TITLE.search(encoding.decode(body)[0][:_TITLE_WITHIN])
        title = "" if found is None else " ".join(found.group(1).split())
        year = read_title(title).report_year if judge(title).is_report else None
        return year is not None and year not in self._years


def _site(url: str) -> str | None:
    """The host by which an index files an address: without www. and port; null for what is no page of the web."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return None
    return host if parts.scheme.lower() in {"http", "https"} and host and "@" not in parts.netloc else None


def _is_within(moment: datetime, query: Query) -> bool:
    """Some servers pass over the days they are asked for."""
    first, last = query.since or date.min, query.until or date.max
    begun = datetime.combine(first, time(), UTC)
    return begun <= moment and moment.date() <= last
