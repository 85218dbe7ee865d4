"""Comparison: exactly what of a report's prose stands in another's, and where."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from archive.reuse.plain import JUDGED, LEAST, Passage, Prose

RUN = 13  # characters: unrelated reports share up to 10 of 100 in runs of ten, up to 4 in runs of thirteen


@dataclass(frozen=True)
class Reused:
    """A passage that stands in the other report too. Starts and ends count characters of the sections' texts from 0."""

    section: int
    start: int
    end: int
    other_section: int
    other_start: int
    other_end: int
    length: int  # characters that count: neither punctuation nor digits, names, phrases of the form
    text: str  # as this report prints it


@dataclass(frozen=True)
class SectionShare:
    """Of a section: how many characters count, and how many of them stand in the other report."""

    section: int
    length: int
    reused: int

    @property
    def share(self) -> float:
        """0 to 1; 0 where nothing counts."""
        return self.reused / self.length if self.length else 0.0


@dataclass(frozen=True)
class Reuse:
    """What of a report stands in another."""

    sections: tuple[SectionShare, ...]
    passages: tuple[Reused, ...]

    @cached_property
    def share(self) -> float:
        """The share of all prose together, 0 to 1."""
        length = self._all()
        return sum(one.reused for one in self.sections) / length if length else 0.0

    def most(self, enough: float = 1.0) -> tuple[float, int | None]:
        """The share that is reused of all prose together (null) if that is enough, else of that of which most is.

        That is one of the sections of free prose, or all together; what is too short is not looked at.
        """
        whole = self.share if self._all() >= LEAST else 0.0
        found = max(self._long(), key=lambda one: one.share, default=None)
        if found is None or whole >= min(found.share, enough):
            return whole, None
        return found.share, found.section

    def _long(self) -> list[SectionShare]:
        return [one for one in self.sections if one.section in JUDGED and one.length >= LEAST]

    def _all(self) -> int:
        return sum(one.length for one in self.sections)


def reuse(own: Prose, other: Prose) -> Reuse:
    """What of a report's prose stands in another's, in runs of :data:`RUN` characters and more, in whichever section."""
    runs: dict[str, tuple[Passage, int]] = {}
    for part in other.parts:
        text = part.text
        for start in range(len(text) - RUN + 1):
            runs.setdefault(text[start : start + RUN], (part, start))
    passages: list[Reused] = []
    shares: list[SectionShare] = []
    for part in own.parts:
        found = list(_passages(part, runs))
        passages += found
        shares.append(SectionShare(part.section, len(part.text), sum(one.length for one in found)))
    return Reuse(tuple(shares), tuple(passages))


def _passages(part: Passage, runs: dict[str, tuple[Passage, int]]) -> Iterator[Reused]:
    """The stretches of a section that stand elsewhere, none overlapping another."""
    text, size = part.text, len(part.text)
    at = end = 0  # where the next run may begin, and up to where it is reused already
    while at <= size - RUN:
        met = runs.get(text[at : at + RUN])
        if met is None:
            at += 1
            continue
        there, place = met
        length = _common(text, at, there.text, place)
        begun = max(at, end)
        yield _reused(part, begun, at + length, there, place + begun - at)
        end = at + length
        at = end - RUN + 1


def _common(text: str, start: int, other: str, place: int) -> int:
    """How many characters are the same from there on; at least a run is."""
    length, most = RUN, min(len(text) - start, len(other) - place)
    while length < most and text[start + length] == other[place + length]:
        length += 1
    return length


def _reused(part: Passage, start: int, end: int, there: Passage, place: int) -> Reused:
    last = place + end - start - 1
    first, behind = part.places[start], part.places[end - 1] + 1
    return Reused(
        section=part.section,
        start=first,
        end=behind,
        other_section=there.section,
        other_start=there.places[place],
        other_end=there.places[last] + 1,
        length=end - start,
        text=part.printed[first:behind],
    )
