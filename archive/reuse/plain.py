"""Plain prose: what is compared of a report, and where each sign of it is printed.

White space, punctuation and digits are left out, so is the agency's own name, and so are the phrases that the form prescribes
(``statutory.toml``): a copy with other figures and another name is a copy, and what everybody must write is not.
"""

from __future__ import annotations

import re
import tomllib
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from itertools import compress

from parser.record import Section

MOST = 50_000  # characters of a section that are compared; the longest of a ministry has a tenth of that
LEAST = 100  # characters: what is shorter says what anybody would say
JUDGED = frozenset({1, 5, 6})  # the sections that are free prose on every form
_KEPT = re.compile(r"[^\W\d_]+")
_PLACE = re.compile(r"[^省市区县旗州盟]{2,}[省市区县旗州盟]")
_SHORTEST_NAME = 3  # characters
_LONGEST_NAME = 60


@dataclass(frozen=True)
class Passage:
    """The plain text of one section; ``places`` says of each of its characters where it stands in what is ``printed``."""

    section: int
    text: str
    places: Sequence[int]
    printed: str


@dataclass(frozen=True)
class Prose:
    """The plain prose of a report."""

    parts: tuple[Passage, ...]

    @cached_property
    def length(self) -> int:
        """Characters of all sections together."""
        return sum(len(part.text) for part in self.parts)


def plain(sections: Iterable[Section], publisher: str | None) -> Prose:
    """The prose of a report's sections as it is compared; ``publisher`` is the name on the report."""
    names = _names(publisher or "")
    return Prose(tuple(_plain(section, names) for section in sections))


def _plain(section: Section, names: Sequence[str]) -> Passage:
    pieces: list[str] = []
    places = array("I")
    for found in _KEPT.finditer(section.text[:MOST]):
        pieces.append(found.group())
        places.extend(range(*found.span()))
    text = "".join(pieces)
    kept = bytearray(b"\1") * len(text)
    for phrase in (*statutory(), *names):
        start = text.find(phrase)
        while start >= 0:
            kept[start : start + len(phrase)] = bytes(len(phrase))
            start = text.find(phrase, start + len(phrase))
    left = array("I", compress(places, kept))
    return Passage(section.number, "".join(compress(text, kept)), left, section.text)


@cache
def statutory() -> tuple[str, ...]:
    """The phrases that the form and its notices prescribe, without white space, punctuation and digits."""
    data = tomllib.loads(files("archive.reuse").joinpath("statutory.toml").read_text(encoding="utf-8"))
    phrases = {"".join(_KEPT.findall(phrase)) for table in data["phrases"] for phrase in table["texts"]}
    return tuple(sorted(phrases, key=lambda phrase: (-len(phrase), phrase)))


def _names(publisher: str) -> tuple[str, ...]:
    """What an agency calls itself: its name, its name without what it begins with, and its divisions."""
    name = "".join(_KEPT.findall(publisher))[-_LONGEST_NAME:]
    ends = [name[start:] for start in range(len(name) - _SHORTEST_NAME + 1)]
    return (*ends, *_PLACE.findall(name))
