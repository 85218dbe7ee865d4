"""Portions of prose: as many sentences of each section as a page holds, and where the others begin."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from archive.comparing.prose import Kind, Passage, SectionRow

_OF_EACH, _OF_ONE = 2_400, 16_000  # signs and marks of a section: beside the others, and by itself
_PIECE = 12  # what marking a changed piece costs


@dataclass(frozen=True)
class Portion:
    """Sentences of a section. ``first`` is the place of the first of them, 1 and up, among ``all`` that could be shown.

    ``following`` is the place behind the last, null at the end.
    """

    row: SectionRow
    passages: tuple[Passage, ...]
    first: int
    all: int

    @property
    def following(self) -> int | None:
        """Where the page goes on."""
        last = self.first - 1 + len(self.passages)
        return last if last < self.all else None

    @property
    def left(self) -> int:
        """How many sentences are behind."""
        return self.all - (self.first - 1) - len(self.passages)


def portions(sections: Sequence[SectionRow], *, reused: bool) -> list[Portion]:
    """The beginnings of all sections; sentences that were reused stand among the others if ``reused``."""
    return [portion(row, 0, reused=reused, most=_OF_EACH) for row in sections]


def portion(row: SectionRow, after: int, *, reused: bool, most: int = _OF_ONE) -> Portion:
    """What stands behind a place of one section."""
    told = [passage for passage in row.passages if reused or passage.kind is not Kind.REUSED]
    return Portion(row, tuple(_fitting(told[after:], most)), min(after, len(told)) + 1, len(told))


def _fitting(passages: Sequence[Passage], most: int) -> Iterator[Passage]:
    """At least one, and no more than fill the place."""
    for at, passage in enumerate(passages):
        most -= _size(passage)
        if most < 0 and at:
            return
        yield passage


def _size(passage: Passage) -> int:
    texts = (passage.before, passage.after) if passage.kind is Kind.CHANGED else (passage.after or passage.before,)
    return 60 + sum(len(text or "") for text in texts) + _PIECE * len(passage.pieces)
