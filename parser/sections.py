"""The six sections: their headings among the lines outside tables, and the prose that follows each."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache, lru_cache
from importlib.resources import files

from parser.documents.document import Line
from parser.labels import core, normal, squeeze
from parser.record import Section

SIMILAR = 0.86
_MAX_HEADING = 40
_SENTENCE_ENDS = "。；;!！?？"
_LEVEL_TWO = re.compile(r"^\((?:[一二三四五六七八九十]{1,3}|\d{1,2})\)")
_LEVEL_ONE = re.compile(
    r"^(?:[一二三四五六七八九十]{1,3}[、.．,，:：]?|\d{1,2}[、.．,，](?!\d)|第[一二三四五六七]部分[、:：]?)"
)
_CHINESE_ORDINAL = re.compile(r"^[一二三四五六][、.．,，]")
_TRAILING = re.compile(r"[.…·\s]*\d*$")
_MOST_HEADINGS = 200  # six, twice for a twin, and a table of contents; more are made up
_CONTENTS_RUN = 4  # so many headings one after another with nothing between are a table of contents


@dataclass(frozen=True)
class _Heading:
    line: int  # index into the lines
    number: int
    printed: str  # without its ordinal, as printed
    rest: str  # what follows in the same line
    before: str = ""  # what stands before it in the same line: the end of the section above


@cache
def _tables() -> tuple[dict[str, int], dict[str, int]]:
    data = tomllib.loads(files("parser").joinpath("sections.toml").read_text(encoding="utf-8"))
    exact = {core(text): entry["number"] for entry in data["sections"] for text in entry["exact"]}
    loose = {core(text): entry["number"] for entry in data["sections"] for text in entry["loose"]}
    return exact, {**exact, **loose}


@lru_cache(maxsize=4096)
def is_heading(text: str) -> bool:
    """Whether a line is the heading of one of the six sections and nothing else."""
    return _number(text, loose=False) is not None


def read_sections(lines: Sequence[Line], *, loose: bool = False) -> tuple[Section, ...]:
    """The sections in order of their number; ``loose`` also takes the headings of the older forms.

    A heading is a line of its own (whatever its ordinal) or stands in running text after a full stop with its ordinal;
    of two with the same number the first counts, a table of contents does not.
    """
    found = _without_contents(_headings(lines, loose=loose)[:_MOST_HEADINGS], len(lines))
    ordered = sorted(_chosen(found), key=lambda heading: heading.line)
    sections: list[Section] = []
    for position, heading in enumerate(ordered):
        end = ordered[position + 1].line if position + 1 < len(ordered) else len(lines)
        same_line = position + 1 < len(ordered) and ordered[position + 1].line == heading.line
        body = [heading.rest] if heading.rest else []
        if not same_line:
            body += [line.text for line in lines[heading.line + 1 : end]]
            body += [ordered[position + 1].before] if position + 1 < len(ordered) else []
        sections.append(Section(number=heading.number, heading=heading.printed, text="\n".join(body).strip()))
    return tuple(sorted(sections, key=lambda section: section.number))


def printed_order(lines: Sequence[Line], *, loose: bool = False) -> tuple[int, ...]:
    """The numbers of the sections in the order they are printed."""
    found = _without_contents(_headings(lines, loose=loose)[:_MOST_HEADINGS], len(lines))
    return tuple(heading.number for heading in sorted(_chosen(found), key=lambda heading: heading.line))


def _chosen(found: list[_Heading]) -> list[_Heading]:
    """One heading a number: the longest run in ascending order (the first of equal ones), then what it leaves out."""
    runs: list[list[_Heading]] = []
    for heading in found:
        best = max((run for run in runs if run[-1].number < heading.number), key=len, default=[])
        runs.append([*best, heading])
    chosen = max(runs, key=len, default=[])
    numbers = {heading.number for heading in chosen}
    for heading in found:
        if heading.number not in numbers:
            chosen.append(heading)
            numbers.add(heading.number)
    return chosen


def _headings(lines: Sequence[Line], *, loose: bool) -> list[_Heading]:
    found: list[_Heading] = []
    for index, line in enumerate(lines):
        number = _number(line.text, loose=loose)
        if number is not None:
            found.append(_Heading(index, number, _without_ordinal(line.text), ""))
        elif len(line.text) > 6:
            found.extend(_in_running_text(index, line.text))
    return found


def _number(text: str, *, loose: bool) -> int | None:
    if len(text) > 2 * _MAX_HEADING:
        return None
    flat = normal(text)
    if not flat or len(flat) > _MAX_HEADING or _LEVEL_TWO.match(flat):
        return None
    words = _words(flat)
    exact, both = _tables()
    number = (both if loose else exact).get(words)
    if number is not None:
        return number
    if len(words) >= 8 and _CHINESE_ORDINAL.match(flat):
        return _similar(words, exact)
    return None


def _words(flat: str) -> str:
    words = core(_LEVEL_ONE.sub("", flat, count=1) if _LEVEL_ONE.match(flat) else flat)
    return _TRAILING.sub("", words.rstrip(":：。.;；,，"))


@lru_cache(maxsize=4096)
def _similar_cached(words: str) -> int | None:
    exact, _ = _tables()
    best = max(exact, key=lambda text: SequenceMatcher(None, words, text).ratio())
    return exact[best] if SequenceMatcher(None, words, best).ratio() >= SIMILAR else None


def _similar(words: str, exact: dict[str, int]) -> int | None:
    """A misprinted heading; only where it carries the numeral of a section."""
    shared = set("公开情况问题总体事项申请")
    return _similar_cached(words) if exact and len(set(words) & shared) >= 3 else None


def _in_running_text(index: int, text: str) -> list[_Heading]:
    """Headings inside a paragraph: at its start or after a full stop, with their ordinal and in full (quirk 3)."""
    found: list[_Heading] = []
    cuts: list[tuple[int, int, int, str]] = []
    for match in _running_pattern().finditer(text):
        number = _tables()[0].get(core(match["words"]))
        if number is not None:
            cuts.append((match.start("ordinal"), match.end(), number, match["words"]))
    for position, (start, end, number, words) in enumerate(cuts):
        stop = cuts[position + 1][0] if position + 1 < len(cuts) else len(text)
        rest = text[end:stop].lstrip("：:。. ").strip()
        found.append(_Heading(index, number, squeeze(words), rest, text[:start].strip() if position == 0 else ""))
    return found


@cache
def _running_pattern() -> re.Pattern[str]:
    exact, _ = _tables()
    spaced = "|".join(r"\s*".join(map(re.escape, text)) for text in sorted(exact, key=len, reverse=True))
    return re.compile(rf"(?:^|(?<=[{_SENTENCE_ENDS}\s]))(?P<ordinal>[一二三四五六][、.．]\s*)(?P<words>{spaced})")


def _without_ordinal(text: str) -> str:
    """The heading as printed, without its numeral and inner layout spaces."""
    bare = squeeze(text)
    flat = normal(text)
    match = _LEVEL_ONE.match(flat)
    if match and len(flat) == len(bare):
        bare = bare[match.end() :]
    elif match:
        bare = flat[match.end() :]
    return re.sub(r"[.…·]+\d*$", "", bare).rstrip(":：。")


def _without_contents(found: list[_Heading], lines: int) -> list[_Heading]:
    """Drop a table of contents: a run of headings with no line between, if the same headings come again."""
    run = 1
    for position in range(1, len(found) + 1):
        adjacent = (
            position < len(found)
            and found[position].line <= found[position - 1].line + 1
            and not found[position - 1].rest
        )
        if adjacent:
            run += 1
            continue
        numbers = {heading.number for heading in found[position - run : position]}
        later = {heading.number for heading in found[position:]}
        if run >= _CONTENTS_RUN and len(numbers) >= _CONTENTS_RUN and numbers <= later | {found[position - 1].number}:
            return found[position:]
        run = 1
    return found if lines else []
