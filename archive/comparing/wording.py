"""Wording: what one sentence says otherwise than another, word by word, with the numbers marked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import groupby

from parser.labels import normal

_WORD = re.compile(r"\d+(?:[.,]\d+)*%?|[A-Za-z]+|\s+|.", re.DOTALL)  # a number, a Latin word, a Chinese character
_FIGURE = re.compile(r"\d+(?:[.,]\d+)*%?")
_SHORT = 2  # characters two texts have in common between two changes say nothing by themselves


class Change(StrEnum):
    """Of which side a piece is."""

    SAME = "same"
    DROPPED = "dropped"
    ADDED = "added"


class Differs(StrEnum):
    """What two sentences differ in."""

    FIGURES = "figures"  # numbers only
    WORDS = "words"


@dataclass(frozen=True)
class Piece:
    """A run of characters that both sentences have, or one of them. ``figure``: it is a number."""

    change: Change
    text: str
    figure: bool = False


class Effort:
    """How much may still be compared word by word: what is left over of hostile texts stands as a whole."""

    def __init__(self, steps: int = 3_000_000) -> None:
        self._left = steps

    def allows(self, one: Sequence[str], other: Sequence[str]) -> bool:
        """Whether two sentences may be compared; then their cost is taken off."""
        cost = len(one) * len(other)
        if cost > self._left:
            return False
        self._left -= cost
        return True


def wording(before: str, after: str, effort: Effort) -> tuple[Piece, ...]:
    """The pieces of two sentences in order, what was dropped before what was added in its place."""
    one, other = _WORD.findall(before), _WORD.findall(after)
    head = _common(one, other)
    tail = _common(one[head:][::-1], other[head:][::-1])
    old, new = one[head : len(one) - tail], other[head : len(other) - tail]
    found: list[tuple[Change, list[str]]] = [(Change.SAME, one[:head])]
    found += _middle(old, new) if effort.allows(old, new) else [(Change.DROPPED, old), (Change.ADDED, new)]
    found.append((Change.SAME, one[len(one) - tail :]))
    return tuple(_joined(found))


def differing(pieces: Sequence[Piece]) -> Differs:
    """Whether numbers alone differ."""
    changed = [piece for piece in pieces if piece.change is not Change.SAME]
    return Differs.FIGURES if all(piece.figure for piece in changed) else Differs.WORDS


def alike(pieces: Sequence[Piece]) -> int:
    """The characters that both sentences have, in normal form."""
    return sum(len(normal(piece.text)) for piece in pieces if piece.change is Change.SAME)


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    for place, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return place
    return min(len(one), len(other))


def _middle(old: Sequence[str], new: Sequence[str]) -> list[tuple[Change, list[str]]]:
    """The differences, without the islands that stand by chance between two of them."""
    found: list[tuple[Change, list[str]]] = []
    dropped: list[str] = []
    added: list[str] = []
    for what, start, end, begin, stop in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        common = what == "equal"
        if common and (end - start >= _SHORT or _FIGURE.fullmatch(old[start])):
            found += [(Change.DROPPED, dropped), (Change.ADDED, added), (Change.SAME, list(old[start:end]))]
            dropped, added = [], []
        else:
            dropped += old[start:end]
            added += new[begin:stop]
    return [*found, (Change.DROPPED, dropped), (Change.ADDED, added)]


def _joined(found: Sequence[tuple[Change, list[str]]]) -> Iterator[Piece]:
    """What changed is told word by word as far as numbers are told from words."""
    for change, words in found:
        if change is Change.SAME and words:
            yield Piece(change, "".join(words))
        elif words:
            for figure, run in groupby(words, key=lambda word: _FIGURE.fullmatch(word) is not None):
                yield Piece(change, "".join(run), figure)
