"""Snippets: the piece of a section in which the words stand, on one line, and where in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from archive.words.folding import traced, visible

BEFORE, LENGTH = 24, 96  # characters


@dataclass(frozen=True)
class Snippet:
    """``marks`` are the places of the words in ``text``, in characters; ``occurrences`` counts the whole section's."""

    text: str
    marks: tuple[tuple[int, int], ...]
    occurrences: int


def snippet(section: str, words: Sequence[str]) -> Snippet:
    """The piece around the first word that stands in a section, given folded words."""
    text = traced(section)
    spans = [span for word in words for span in text.spans(word)]
    joined = _joined(sorted(spans))
    begin = max(0, joined[0][0] - BEFORE) if joined else 0
    end = begin + LENGTH
    shown = "…" if begin else ""
    marks = []
    at = begin
    for start, stop in joined:
        if start >= end:
            break
        shown += visible(text.source[at:start])
        place = len(shown)
        at = min(stop, max(end, start + LENGTH))
        shown += visible(text.source[start:at])
        if len(shown) > place:
            marks.append((place, len(shown)))
    if at < end:
        shown += visible(text.source[at:end])
    if max(at, end) < len(text.source):
        shown += "…"
    return Snippet(shown, tuple(marks), len(spans))


def _joined(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Sorted spans, those that overlap as one."""
    found: list[tuple[int, int]] = []
    for start, end in spans:
        if found and start < found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found
