"""Duplicates: publishers that may be one, or of which one may follow the other, with what speaks for it and against it.

Nothing is merged here: each proposal names the command by which a person says so.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from shlex import quote as quote_all
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.addresses import host_of, site_of
from archive.among import among
from archive.divisions import Book, short
from archive.registry.identity import Place, identify
from archive.registry.listing import Wanted, select_wanted, standings
from archive.registry.reforms import longest, reforms
from archive.schema import ColumnPublisher, Portal, Publisher, Report, Succession, Version
from archive.store import Archive

Reason = Literal["short", "site", "column", "division", "reform"]
MOST_IN_COLUMN = 4  # publishers; in a column of more, years that follow each other mean nothing
_LEVELS = "省市州盟县区旗"  # what the name of a place ends with
_PLAIN = re.compile(r"[\w/.:][\w/.:-]*")
_LEAST_PLACE = 3  # characters of a place and what ends it: 青湾市


@dataclass(frozen=True)
class Candidate:
    """A publisher of a proposal."""

    id: int
    scope: str
    key: str
    name: str

    @property
    def reference(self) -> str:
        """Scope and name: what names it and no other."""
        return f"{self.scope}/{self.name}"


@dataclass(frozen=True)
class Proposal:
    """Two publishers that may be one (``merge``), or the second of which may follow the first (``succession``).

    ``because`` says in words why, ``evidence`` what else speaks for it, ``against`` what does not. ``command`` is what
    a person types who agrees.
    """

    kind: Literal["merge", "succession"]
    reason: Reason
    one: Candidate
    other: Candidate
    because: str
    evidence: tuple[str, ...]
    against: tuple[str, ...]
    command: str


@dataclass(frozen=True)
class _Pair:
    reason: Reason
    one: Candidate
    other: Candidate
    because: str

    @property
    def succession(self) -> bool:
        return self.reason in {"column", "division", "reform"}


def propose(archive: Archive, division: str | None = None) -> list[Proposal]:
    """What may be one, or one after the other; where little speaks against it first. ``division`` is a code."""
    book = archive.book
    with archive.session() as session:
        chosen = select_wanted(Wanted(division), book)
        columns = Publisher.id, Publisher.scope, Publisher.key, Publisher.name
        candidates = [Candidate(*row) for row in session.execute(select(*columns).where(Publisher.id.in_(chosen)))]
        everybody = _everybody(session, candidates, division)
        found = [*_short(candidates, book), *_sites(session, everybody, book, division)]
        found += [*_divisions(candidates, everybody, book), *_reforms(candidates)]
        found += _columns(session, candidates)
        pairs = list(_once(found, _said(session)))
        years = _years(session, {each.id for pair in pairs for each in (pair.one, pair.other)})
    proposals = [_proposal(pair, years) for pair in pairs]
    return sorted(proposals, key=lambda each: (len(each.against), each.one.scope, each.one.name, each.other.name))


def _everybody(
    session: Session, candidates: list[Candidate], division: str | None
) -> Callable[[str, str], Candidate | None]:
    """Looks for a publisher by scope and key, also outside the division asked about."""
    known = {(each.scope, each.key): each for each in candidates}

    def find(scope: str, key: str) -> Candidate | None:
        if division is None or (scope, key) in known:
            return known.get((scope, key))
        columns = Publisher.id, Publisher.scope, Publisher.key, Publisher.name
        query = select(*columns).where(Publisher.scope == scope, Publisher.key == key)
        row = session.execute(query.where(Publisher.merged_into_id.is_(None))).first()
        return None if row is None else Candidate(*row)

    return find


def _short(candidates: list[Candidate], book: Book) -> Iterator[_Pair]:
    """A bare name beside the same with the name of its place, in one scope: 财政局, 市财政局 and 吉林市财政局."""
    scopes: dict[str, dict[str, Candidate]] = defaultdict(dict)
    for each in candidates:
        scopes[each.scope][each.key] = each
    for scope, here in scopes.items():
        place = book.get(scope) if scope.isdecimal() else None
        heads = [book.label(scope), place.name, short(place), place.name[-1]] if place is not None else _heads(here)
        for key, one in here.items():
            for bare in (key, key[1:]) if key[:1] in _LEVELS else (key,):
                names = [here[head + bare] for head in heads if len(bare) > 1 and head + bare in here]
                for other in names[:1]:
                    if other is not one and not (place is not None and key.startswith(place.name)):
                        yield _Pair("short", one, other, f"{other.name} is {one.name} with the name of the place")


def _heads(here: dict[str, Candidate]) -> list[str]:
    """The place of a site of no known division: that with which most of its publishers begin."""
    counts: dict[str, int] = defaultdict(int)
    for key in here:
        ends = [end for end in range(_LEAST_PLACE, len(key)) if key[end - 1] in _LEVELS]
        for end in ends[:1]:
            counts[key[:end]] += 1
    best = sorted(counts, key=lambda head: (-counts[head], head))
    return best[:1] if len(best) == 1 or (best and counts[best[0]] > counts[best[1]]) else []


def _sites(
    session: Session, find: Callable[[str, str], Candidate | None], book: Book, division: str | None
) -> Iterator[_Pair]:
    """A publisher of a site beside one of a division: by the site's own division, else by a full name that only one has."""
    divisions: dict[str, set[str]] = defaultdict(set)
    for url, code in session.execute(select(Portal.url, Portal.division).where(Portal.division.is_not(None))):
        divisions[f"host:{site_of(host_of(url))}"].add(code or "")
    query = select(Publisher.id, Publisher.scope, Publisher.key, Publisher.name).where(
        Publisher.merged_into_id.is_(None)
    )
    loose = [Candidate(*row) for row in session.execute(query.where(Publisher.scope > ":"))]  # ':' follows the digits
    placed: dict[str, list[Candidate]] = defaultdict(list)
    for row in session.execute(
        query.where(Publisher.scope < ":", among(Publisher.key, sorted({each.key for each in loose})))
    ):
        placed[row.key].append(Candidate(*row))
    for one in loose:
        pairs = []
        for code in sorted(divisions[one.scope]):
            identity = identify(one.name, Place(code, book))
            other = find(identity.scope, identity.key)
            pairs.append((other, f"the portal of {one.scope.removeprefix('host:')} is that of {code}"))
        if any(one.key[end - 1] in _LEVELS for end in range(_LEAST_PLACE, len(one.key))) and len(placed[one.key]) == 1:
            pairs.append((placed[one.key][0], "the same full name, found on a site whose division is not known"))
        for other, because in pairs:
            if other is not None and (division is None or book.within(other.scope, division)):
                yield _Pair("site", one, other, because)


def _divisions(
    candidates: list[Candidate], find: Callable[[str, str], Candidate | None], book: Book
) -> Iterator[_Pair]:
    """An agency of a division that is no more, beside that of the division which took its place."""
    for one in candidates:
        before = book.get(one.scope) if one.scope.isdecimal() else None
        if before is None or before.until is None or not one.key.startswith(before.name):
            continue
        for heir in book.today(before.code):
            other = find(heir.code, heir.name + one.key.removeprefix(before.name))
            if other is not None:
                because = f"{before.name} ({before.code}) ended in {before.until.year}, {heir.name} ({heir.code}) holds its area"
                yield _Pair("division", one, other, because)


def _reforms(candidates: list[Candidate]) -> Iterator[_Pair]:
    """An agency beside one to which a reform of government gave its work."""
    known = {(each.scope, each.key): each for each in candidates}

    for one in candidates:
        for length in range(min(longest(), len(one.key)), 1, -1):
            head, words = one.key[:-length], one.key[-length:]
            several = reforms().get(words)
            if several is None:
                continue
            for reform in several:
                other = known.get((one.scope, head + reform.after))
                if other is not None:
                    yield _Pair(
                        "reform",
                        one,
                        other,
                        f"{words} became {reform.after} by the reform of {reform.year}: {reform.source}",
                    )
            break


def _columns(session: Session, candidates: list[Candidate]) -> Iterator[_Pair]:
    """Publishers of one column whose years follow each other: perhaps one agency with a new name."""
    known = {each.id: each for each in candidates}
    into = standings(session)
    columns: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    query = select(ColumnPublisher.column_id, ColumnPublisher.publisher_id)
    for row in session.execute(query.add_columns(ColumnPublisher.first_year, ColumnPublisher.last_year)):
        columns[row.column_id].append((row.first_year, row.last_year, into(row.publisher_id)))
    for several in columns.values():
        if not 1 < len(several) <= MOST_IN_COLUMN:
            continue
        several.sort()
        for before, after in pairwise(several):
            one, other = known.get(before[2]), known.get(after[2])
            if one is None or other is None or one is other or after[0] not in {before[1] + 1, before[1] + 2}:
                continue
            because = f"in one column stand {_span(*before[:2])} of {one.name} and {_span(*after[:2])} of {other.name}"
            yield _Pair("column", one, other, because)


def _span(first: int, last: int) -> str:
    return str(first) if first == last else f"{first} to {last}"


def _said(session: Session) -> set[frozenset[int]]:
    """The pairs of which people said already that one follows the other."""
    into = standings(session)
    pairs = session.execute(select(Succession.predecessor_id, Succession.successor_id)).all()
    return {frozenset((into(before), into(after))) for before, after in pairs}


def _once(pairs: Iterable[_Pair], said: set[frozenset[int]]) -> Iterator[_Pair]:
    """Each pair once, for the first reason that names it."""
    seen = set(said)
    for pair in pairs:
        both = frozenset((pair.one.id, pair.other.id))
        if both not in seen:
            seen.add(both)
            yield pair


_Years = dict[int, dict[int, set[str]]]  # of each publisher: the digests of its reports by year


def _years(session: Session, numbers: set[int]) -> _Years:
    found: _Years = defaultdict(lambda: defaultdict(set))
    query = select(Report.publisher_id, Report.report_year, Version.digest)
    query = query.join(Version, Version.id == Report.version_id).where(among(Report.publisher_id, sorted(numbers)))
    for number, year, digest in session.execute(query):
        if number is not None and year is not None:
            found[number][year].add(digest)
    return found


def _proposal(pair: _Pair, years: _Years) -> Proposal:
    one, other = years[pair.one.id], years[pair.other.id]
    both = sorted(set(one) & set(other))
    same = [year for year in both if one[year] & other[year]]
    differ = [year for year in both if year not in same]
    evidence, against = [], []
    for name, own in ((pair.one.name, one), (pair.other.name, other)):
        if own:
            evidence.append(f"{name} reports on {_listed(sorted(own))}")
    if same:
        evidence.append(f"both show the same report on {_listed(same)}")
    if differ:
        against.append(f"both have a report of their own on {_listed(differ)}")
    if one and other and not both:
        follows = max(one) < min(other)
        if follows or not pair.succession:
            evidence.append("their years do not overlap")
        else:
            against.append(f"{pair.one.name} reports after {pair.other.name} began to")
    verb = "succeed" if pair.succession else "merge"
    return Proposal(
        kind="succession" if pair.succession else "merge",
        reason=pair.reason,
        one=pair.one,
        other=pair.other,
        because=pair.because,
        evidence=tuple(evidence),
        against=tuple(against),
        command=f"xxgk publishers {verb} {_quoted(pair.one.reference)} {_quoted(pair.other.reference)}",
    )


def _quoted(reference: str) -> str:
    """As a shell takes it: Chinese characters need no quotes."""
    return reference if _PLAIN.fullmatch(reference) else quote_all(reference)


def _listed(years: list[int]) -> str:
    return ", ".join(map(str, years))
