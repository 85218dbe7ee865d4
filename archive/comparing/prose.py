"""Prose side by side: by section, which sentences were added, dropped, moved, changed, and which are reused as they were.

Sentences that are the same are found by their text, then those that differ in numbers only; the rest are looked for by the
runs of three characters they share, so a text of any length takes a time that grows with its length alone.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from archive.comparing.sentences import READ, Sentence, sentences
from archive.comparing.wording import Change, Differs, Effort, Piece, alike, differing, wording
from parser.record import Section

SIMILAR = (
    0.5  # of the runs of three characters of two sentences: below, they are two sentences and not one that changed
)
_TELLING = 8  # characters; shorter sentences (无。) say nothing where they stand elsewhere, or changed
_GRAM = 3
_COMMON = 16  # sentences that share a run of three characters; more, and the run tells nothing
_CANDIDATES = 6
_SHARED = 5  # characters of a run by which two sections are held alike; shorter ones any two reports share


class Kind(StrEnum):
    """What became of a sentence."""

    REUSED = "reused"
    MOVED = "moved"  # the same, in another place or section
    CHANGED = "changed"
    ADDED = "added"
    DROPPED = "dropped"


@dataclass(frozen=True)
class Passage:
    """A sentence in both reports, or in one of them.

    ``before_section`` and ``after_section`` are the numbers of the sections it stands in; ``pieces`` say word by word what
    changed, and ``differs`` whether that is more than numbers; ``moved`` that a changed one stands elsewhere too.
    """

    kind: Kind
    before: str | None = None
    after: str | None = None
    before_section: int | None = None
    after_section: int | None = None
    moved: bool = False
    differs: Differs | None = None
    pieces: tuple[Piece, ...] = ()


@dataclass(frozen=True)
class SectionRow:
    """A section in both reports, null where one has none of that number.

    ``similarity`` is the share of five-character runs they have in common, ``reused`` the share of the later one's
    characters that the earlier report has (0 to 1, null for an empty section). Sentences from other sections stand where
    they stand now. ``unread`` counts the characters that were too many to compare.
    """

    number: int
    before: Section | None
    after: Section | None
    similarity: float | None
    reused: float | None
    passages: tuple[Passage, ...]
    unread: int = 0

    def count(self, kind: Kind) -> int:
        """How many sentences came to that."""
        return sum(passage.kind is kind for passage in self.passages)


@dataclass(frozen=True)
class Prose:
    """All sections; ``reused`` is the share of the later report's characters that the earlier one has, null where it has none."""

    sections: tuple[SectionRow, ...]
    reused: float | None


@dataclass(eq=False)
class _Said:
    """A sentence where it stands, and what became of it."""

    sentence: Sentence
    section: int
    position: int
    other: _Said | None = None
    same: bool = False
    moved: bool = False


def compare_prose(before: Sequence[Section], after: Sequence[Section]) -> Prose:
    """Two reports' sections, sentence by sentence."""
    old, new = _said(before), _said(after)
    _match(old, new)
    effort = Effort()
    earlier, later = ({section.number: section for section in sections} for sections in (before, after))
    rows, shared, whole = [], 0, 0
    for number in sorted({*earlier, *later}):
        gone = [one for one in old if one.section == number]
        here = [one for one in new if one.section == number]
        told = [(one, _passage(one, effort)) for one in here]
        kept = sum(_kept(one, passage) for one, passage in told)
        length = sum(len(one.sentence.key) for one in here)
        shared, whole = shared + kept, whole + length
        pair = earlier.get(number), later.get(number)
        rows.append(
            SectionRow(
                number=number,
                before=pair[0],
                after=pair[1],
                similarity=None if pair[0] is None or pair[1] is None else similarity(pair[0].text, pair[1].text),
                reused=kept / length if length else None,
                passages=tuple(_in_order(told, gone)),
                unread=sum(max(0, len(section.text) - READ) for section in pair if section is not None),
            )
        )
    return Prose(tuple(rows), shared / whole if whole else None)


def similarity(before: str, after: str) -> float:
    """The share of five-character runs two texts have in common, spaces left out; 1 for two empty texts."""
    left, right = (_runs("".join(text[:READ].split()), _SHARED) for text in (before, after))
    if not left and not right:
        return 1.0
    return len(left & right) / len(left | right)


def _said(sections: Sequence[Section]) -> list[_Said]:
    return [
        _Said(sentence, section.number, position)
        for section in sections
        for position, sentence in enumerate(sentences(section.text))
    ]


def _match(old: Sequence[_Said], new: Sequence[_Said]) -> None:
    """Give each sentence of the one report at most one of the other: the same ones first, the likest of the others last."""
    _pair(old, new, lambda one: (one.section, one.sentence.key), same=True)
    _mark_moved(new)
    _pair(_telling(old), _telling(new), lambda one: one.sentence.key, same=True)
    _pair(_telling(old), _telling(new), lambda one: (one.section, one.sentence.mask), same=False)
    _pair(_telling(old), _telling(new), lambda one: one.sentence.mask, same=False)
    for one, other in _likest(_telling(old), _telling(new)):
        if one.other is None and other.other is None:
            one.other, other.other = other, one
    for one in new:
        if one.other is not None and one.other.section != one.section:
            one.moved = one.other.moved = True


def _telling(said: Sequence[_Said]) -> list[_Said]:
    """The sentences that have no other yet and are long enough to be known elsewhere."""
    return [one for one in said if one.other is None and len(one.sentence.key) >= _TELLING]


def _pair(old: Sequence[_Said], new: Sequence[_Said], by: Callable[[_Said], object], *, same: bool) -> None:
    waiting: dict[object, deque[_Said]] = defaultdict(deque)
    for one in old:
        if one.other is None:
            waiting[by(one)].append(one)
    for one in new:
        found = waiting.get(by(one)) if one.other is None else None
        if found:
            one.other = found.popleft()
            one.other.other = one
            one.same = one.other.same = same


def _mark_moved(new: Sequence[_Said]) -> None:
    """Of the sentences that stand in one section in both: those out of order, as few as can be."""
    for section in {one.section for one in new}:
        paired = [one for one in new if one.section == section and one.other is not None]
        in_order = _rising([one.other.position for one in paired if one.other is not None])
        for place, one in enumerate(paired):
            one.moved = place not in in_order


def _rising(numbers: Sequence[int]) -> set[int]:
    """The places of a longest rising run of numbers."""
    tails: list[int] = []
    places: list[int] = []
    before: list[int] = []
    for place, number in enumerate(numbers):
        at = bisect_left(tails, number)
        tails[at : at + 1] = [number]
        places[at : at + 1] = [place]
        before.append(places[at - 1] if at else -1)
    found: set[int] = set()
    place = places[-1] if places else -1
    while place >= 0:
        found.add(place)
        place = before[place]
    return found


def _likest(old: Sequence[_Said], new: Sequence[_Said]) -> Iterator[tuple[_Said, _Said]]:
    """The pairs of sentences that are alike, the likest first, and of equals those that stand nearest to each other."""
    grams = [_runs(one.sentence.mask, _GRAM) for one in old]
    having: dict[str, list[int]] = defaultdict(list)
    for place, runs in enumerate(grams):
        for run in runs:
            if len(having[run]) <= _COMMON:
                having[run].append(place)
    pairs: list[tuple[float, bool, int, int, int]] = []
    for number, one in enumerate(new):
        runs = _runs(one.sentence.mask, _GRAM)
        shared = Counter(_of_few(runs, having))
        for place, _ in sorted(shared.items(), key=lambda item: (-item[1], item[0]))[:_CANDIDATES]:
            score = 2 * len(runs & grams[place]) / (len(runs) + len(grams[place]))
            if score >= SIMILAR:
                away = old[place].section != one.section
                pairs.append((-score, away, abs(old[place].position - one.position), number, place))
    yield from ((old[place], new[number]) for *_, number, place in sorted(pairs))


def _of_few(runs: Iterable[str], having: Mapping[str, Sequence[int]]) -> Iterator[int]:
    for run in runs:
        places = having.get(run, ())
        if len(places) <= _COMMON:
            yield from places


def _runs(text: str, length: int) -> set[str]:
    """The runs of so many characters; a shorter text is one."""
    return {text[start : start + length] for start in range(max(len(text) - length + 1, min(len(text), 1)))}


def _passage(one: _Said, effort: Effort) -> Passage:
    """What became of a sentence of the later report."""
    former = one.other
    if former is None:
        return Passage(Kind.ADDED, after=one.sentence.text, after_section=one.section)
    texts = former.sentence.text, one.sentence.text
    if one.same:
        return Passage(Kind.MOVED if one.moved else Kind.REUSED, *texts, former.section, one.section, one.moved)
    pieces = wording(*texts, effort)
    return Passage(Kind.CHANGED, *texts, former.section, one.section, one.moved, differing(pieces), pieces)


def _kept(one: _Said, passage: Passage) -> int:
    """The characters of a sentence that the earlier report has."""
    length = len(one.sentence.key)
    if passage.kind is Kind.ADDED:
        return 0
    return min(length, alike(passage.pieces)) if passage.kind is Kind.CHANGED else length


def _in_order(told: Sequence[tuple[_Said, Passage]], gone: Sequence[_Said]) -> Iterator[Passage]:
    """The passages of a section as they stand now; what was dropped stands behind what it followed."""
    dropped: dict[_Said | None, list[Passage]] = defaultdict(list)
    behind: _Said | None = None
    for one in gone:
        if one.other is None:
            passage = Passage(Kind.DROPPED, before=one.sentence.text, before_section=one.section)
            dropped[behind].append(passage)
        elif not one.other.moved:
            behind = one.other
    yield from dropped[None]
    for one, passage in told:
        yield passage
        yield from dropped.get(one, ())


__all__ = ["Change", "Kind", "Passage", "Prose", "SectionRow", "compare_prose", "similarity"]
