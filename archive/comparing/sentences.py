"""Sentences: a text cut where a reader stops, and the form in which two of them are held to be the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from parser.labels import normal

READ = 60_000  # characters of a section that are compared; the longest of a province has some thirty thousand
LONGEST = 1_000  # characters of a sentence; what runs on is cut
_ENDS = "。！？；!?;"
_PAIRS = {
    "（": "）",
    "(": ")",
    "《": "》",
    "〈": "〉",
    "“": "”",
    "「": "」",
    "『": "』",
    "【": "】",
    "〔": "〕",
    "‘": "’",
}
_CLOSED_WITHIN = 300  # characters; a bracket that is not closed by then is a slip, and holds nothing together
_RUNS_ON = 60  # the same where a line ends inside it: the next line may bring the other bracket of another
_WRAPPED, _WIDEST = 40, 128  # half widths of a line that may have been broken because it was full
_RAGGED = 5  # by so much such lines differ: a number or a bracket is not broken
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*%?")


@dataclass(frozen=True)
class Sentence:
    """A sentence as printed, on one line. ``key`` is alike where two are the same but for spacing, width and variants of signs.

    ``mask`` is the key with every number alike.
    """

    text: str
    key: str
    mask: str


def sentences(text: str) -> Iterator[Sentence]:
    """The sentences of a text: cut at 。！？； and where a line ends, not inside brackets and quotes, nor where a line was full."""
    for said in _pieces(text[:READ]):
        plain = " ".join(said.split())
        key = normal(said)
        if key:
            yield Sentence(plain, key, _NUMBER.sub("0", key))


def _pieces(text: str) -> Iterator[str]:
    text = _unwrapped(text)
    closed = _closed(text)
    start = position = 0
    while position < len(text):
        end = closed.get(position)
        if end is not None and end - start < LONGEST:
            position = end
        sign = text[position]
        position += 1
        if sign in _ENDS or sign == "\n" or position - start >= LONGEST:
            yield text[start:position]
            start = position
    yield text[start:]


def _closed(text: str) -> dict[int, int]:
    """Where each bracket and quote is closed, by where it opens; those that are not closed soon are left out."""
    found: dict[int, int] = {}
    waiting: list[int] = []
    for position, sign in enumerate(text):
        if sign in _PAIRS:
            waiting.append(position)
        elif sign in _CLOSING:
            while waiting and _PAIRS[text[waiting[-1]]] != sign and position - waiting[-1] > _CLOSED_WITHIN:
                waiting.pop()
            if waiting and _PAIRS[text[waiting[-1]]] == sign:
                start = waiting.pop()
                within = _RUNS_ON if "\n" in text[start : min(position, start + _CLOSED_WITHIN)] else _CLOSED_WITHIN
                if position - start <= within:
                    found[start] = position
    return found


_CLOSING = frozenset(_PAIRS.values())


def _unwrapped(text: str) -> str:
    """The text without the ends of lines that were only full: those after a comma, and of a page of one width."""
    lines = text.split("\n")
    widths = [_width(line) for line in lines]
    width = max(widths)
    near = width - _RAGGED
    wrapped = _WRAPPED <= width <= _WIDEST and sum(each >= near for each in widths) * 2 > len(lines)
    out: list[str] = []
    for line, each in zip(lines, widths, strict=True):
        out.append(line)
        end = line.rstrip()[-1:]
        full = wrapped and each >= near and end not in _ENDS
        if end and end not in "，、," and not full:
            out.append("\n")
    return "".join(out)


def _width(line: str) -> int:
    """How wide a line is printed: Chinese signs are two wide."""
    return len(line) + sum(sign > "\u2e7f" for sign in line)
