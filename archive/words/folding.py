"""Folding: one writing for whatever a reader takes for the same word.

Width and compatibility forms (NFKC) and case are folded, invisible signs dropped. White space counts only between two
letters or digits that are not Chinese: within Chinese it is layout. Traditional characters stay as they are.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from operator import add

_UNSEEN = frozenset({"Cc", "Cf", "Cs"})  # controls, turners of direction, half surrogates
_OTHER = r"[^\W\u2e80-\U0010ffff]"  # a letter or digit of a script that puts spaces between words
_LAYOUT = re.compile(rf" (?<!{_OTHER} )| (?! *{_OTHER})")
_RUNS = re.compile(r"\w{2,}")


class _Signs(dict[int, str]):
    """What each character is folded to; learnt as they come."""

    def __missing__(self, code: int) -> str:
        self[code] = folded = _fold_sign(chr(code))
        return folded


_SIGNS = _Signs()


@dataclass(frozen=True)
class Traced:
    """A folded text, and for each of its characters the place in ``source`` that it comes from."""

    source: str
    text: str
    places: tuple[int, ...]

    def spans(self, word: str) -> list[tuple[int, int]]:
        """Where a folded word stands in the source, without overlaps; no end is within what one character folds to."""
        found, at = [], self.text.find(word)
        while at >= 0:
            end = at + len(word)
            found.append((self.places[at], self.places[end - 1] + 1))
            at = self.text.find(word, end)
        return found


def fold(text: str) -> str:
    """The writing that texts and words are compared in."""
    return _LAYOUT.sub("", unicodedata.normalize("NFC", text).translate(_SIGNS))


def traced(text: str) -> Traced:
    """As :func:`fold`, with where each character comes from; the source is the text in NFC."""
    source = unicodedata.normalize("NFC", text)
    pieces = source.translate(_SIGNS)
    places = [at for at, sign in enumerate(source) for _ in _SIGNS[ord(sign)]]
    layout = {space.start() for space in _LAYOUT.finditer(pieces)}
    kept = [at for at in range(len(pieces)) if at not in layout]
    return Traced(source, "".join(pieces[at] for at in kept), tuple(places[at] for at in kept))


def grams(folded: str) -> set[str]:
    """What a folded text is indexed under: its single characters, and the pairs of neighbours that are letters or digits."""
    found = set(folded)
    for run in _RUNS.findall(folded):
        found.update(map(add, run, run[1:]))
    found.discard(" ")
    return found


def needed(word: str) -> set[str]:
    """The grams of a folded word that say most: a single character only where no pair has it."""
    found = grams(word)
    paired = {sign for gram in found if len(gram) == 2 for sign in gram}
    return found - paired


def is_whole(word: str) -> bool:
    """Whether the grams of a folded word say all of it, so that no text need be looked at."""
    return len(word) == 1 or (len(word) == 2 and _RUNS.fullmatch(word) is not None)


def visible(text: str) -> str:
    """A text as it may be shown on one line: white space is a blank, controls and turners of direction are gone."""
    signs = (" " if sign.isspace() else sign for sign in text)
    return "".join(sign for sign in signs if unicodedata.category(sign) not in _UNSEEN)


def _fold_sign(sign: str) -> str:
    if sign.isspace():
        return " "
    if unicodedata.category(sign) in _UNSEEN or "\ufe00" <= sign <= "\ufe0f" or "\U000e0100" <= sign <= "\U000e01ef":
        return ""  # also the selectors of variants, which choose among shapes of the same character
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", sign).casefold())
    return "".join(" " if one.isspace() else one for one in folded)
