"""Sentences of the archive in Chinese: ``sentences.toml`` says how, this module finds the line that fits.

No line is tried in more than one way, so a sentence takes time in proportion to its length, whoever wrote what stands in it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from importlib.resources import files

from archive.notices.kinds import kinds
from archive.web.speech import slots

LONGEST = 20_000  # characters; nothing the archive says is longer
_REMEMBERED = 500  # characters: longer ones are put into Chinese anew each time
_DEEPEST = 8  # sentences within each other
_MOST_PARTS = 8  # sentences in a row, with "; " between them
_BETWEEN = "; "
_CUT = "…"
_ENOUGH = 20  # characters by which the beginning of a sentence is known
_SLOT = re.compile(r"\{(\w+)(?::([\w.]+))?\}")


@dataclass(frozen=True)
class Template:
    """A sentence with places that change: ``patterns`` are what stands between those whose end only the next words tell.

    ``kinds`` has what may stand at each place, ``free`` those between the patterns, ``literals`` the sentence's own words.
    """

    english: str
    chinese: str
    patterns: tuple[re.Pattern[str], ...]
    free: tuple[str, ...]
    kinds: dict[str, str]
    literals: tuple[str, ...]

    @cached_property
    def _longest(self) -> str:
        return max(self.literals, key=len)

    @property
    def first_word(self) -> str | None:
        """The word every such sentence begins with; null where it begins with a place."""
        head, space, _ = self.literals[0].partition(" ")
        return head if head and (space or not self.kinds) else None

    @property
    def begins_with(self) -> str | None:
        """The kind of place it begins with; null where that is a word."""
        return None if self.literals[0] else next(iter(self.kinds.values()))

    @property
    def weight(self) -> int:
        """How many characters are its own."""
        return sum(map(len, self.literals))

    def read(self, sentence: str) -> dict[str, str] | None:
        """What stands at each place of a sentence, or null where it is another one."""
        if self._longest not in sentence:
            return None
        found: dict[str, str] = {}
        at = 0
        for number, pattern in enumerate(self.patterns):
            match = pattern.search(sentence, at) if number else pattern.match(sentence)
            if match is None:
                return None
            if number:
                found[self.free[number - 1]] = sentence[at : match.start()]
            found |= match.groupdict()
            at = match.end()
        return found


def in_chinese(sentence: str) -> str | None:
    """A sentence of the archive in Chinese; null where no line of the table fits, as for what is Chinese already.

    Plain text: names, addresses and quotations in it are what portals wrote, and have to be escaped.
    """
    if len(sentence) <= _REMEMBERED:
        return _remembered(sentence)
    return _Speaking().say(sentence) if len(sentence) <= LONGEST else None


@lru_cache(maxsize=16_384)
def _remembered(sentence: str) -> str | None:
    return _Speaking().say(sentence)


class _Speaking:
    """One sentence being put into Chinese; nothing within it is looked at twice."""

    def __init__(self) -> None:
        self._said: dict[str, str | None] = {}
        self._depth = 0

    def say(self, sentence: str) -> str | None:
        """The sentence, or those it consists of."""
        if sentence in self._said:
            return self._said[sentence]
        if self._depth == _DEEPEST or not sentence:
            return None
        self._depth += 1
        found = self._say(sentence)
        self._depth -= 1
        self._said[sentence] = found
        return found

    def _say(self, sentence: str) -> str | None:
        """What is known word for word goes before what keeps English within it, and last comes what begins with anything."""
        table = _table()
        found = _cut_short(sentence) or self._by(table.around, sentence, loose=False)
        for loose in (False, True):
            found = found or self._in_parts(sentence, loose=loose)
            found = found or self._by(table.fitting(sentence), sentence, loose=loose)
        return found or self._by(table.of_anything, sentence, loose=True)

    def _by(self, templates: tuple[Template, ...], sentence: str, *, loose: bool) -> str | None:
        for template in templates:
            places = template.read(sentence)
            if places is None:
                continue
            words = {
                name: slots.in_chinese(template.kinds[name], text, self.say, loose=loose)
                for name, text in places.items()
            }
            if None not in words.values():
                return template.chinese.format_map(words)
        return None

    def _in_parts(self, sentence: str, *, loose: bool) -> str | None:
        """Several sentences in a row; one may have the sign between them in itself."""
        parts = sentence.split(_BETWEEN)
        if not 1 < len(parts) <= _MOST_PARTS:
            return None
        rest: dict[int, str] = {len(parts): ""}  # by where it begins, what follows there
        for begin in range(len(parts) - 1, -1, -1):
            for end in range(begin + 1, len(parts) + 1):
                if end not in rest or end - begin == len(parts):
                    continue
                part = _BETWEEN.join(parts[begin:end])
                said = self._by(_table().fitting(part), part, loose=loose)
                if said is not None:
                    rest[begin] = f"{said}；{rest[end]}" if rest[end] else said
                    break
        return rest.get(0)


def _cut_short(sentence: str) -> str | None:
    """Of a sentence without places whose end a notice left out."""
    if not sentence.endswith(_CUT) or len(sentence) < _ENOUGH:
        return None
    whole = [each for each in templates() if not each.kinds and each.english.startswith(sentence[: -len(_CUT)])]
    return whole[0].chinese if len(whole) == 1 else None


@dataclass(frozen=True)
class _Table:
    """The templates, those with most words of their own first.

    ``around`` are those that begin with another sentence, ``of_anything`` those that begin with any words.
    """

    around: tuple[Template, ...]
    by_word: dict[str, tuple[Template, ...]]
    others: tuple[Template, ...]
    of_anything: tuple[Template, ...]

    def fitting(self, sentence: str) -> tuple[Template, ...]:
        """Those that a sentence may be of."""
        return self.by_word.get(sentence.partition(" ")[0], self.others)


@cache
def _table() -> _Table:
    ordered = sorted(templates(), key=lambda each: -each.weight)
    plain = [each for each in ordered if each.begins_with not in slots.FREE]
    others = tuple(each for each in plain if each.first_word is None)
    words = {each.first_word for each in plain if each.first_word is not None}
    return _Table(
        around=tuple(each for each in ordered if each.begins_with == "said"),
        by_word={word: tuple(each for each in plain if each.first_word in {word, None}) for word in words},
        others=others,
        of_anything=tuple(each for each in ordered if each.begins_with in slots.FREE - {"said"}),
    )


@cache
def templates() -> tuple[Template, ...]:
    """Every line of the table, and the texts of notices, whose facts are such sentences. Raises :class:`ValueError`."""
    return tuple(_template(english, chinese) for english, chinese in (*_lines(), *_notices()))


def _lines() -> Iterator[tuple[str, str]]:
    data = tomllib.loads(files(__package__).joinpath("sentences.toml").read_text(encoding="utf-8"))
    for lines in data.values():
        yield from lines.items()


def _notices() -> Iterator[tuple[str, str]]:
    for kind in kinds().values():
        yield _SLOT.sub(r"{\1:phrase}", kind.text), kind.text


def _template(english: str, chinese: str) -> Template:
    """A line of the table. Raises :class:`ValueError` where its places do not agree, or could be read in many ways."""
    kinds_, free, literals, patterns = {}, [], [""], [""]
    end = 0
    for slot in _SLOT.finditer(english):
        name, kind = slot[1], slot[2] or "words"
        literals[-1] += english[end : slot.start()]
        patterns[-1] += re.escape(english[end : slot.start()])
        kinds_[name] = kind
        literals.append("")
        end = slot.end()
        if kind in slots.FREE:
            free.append(name)
            patterns.append("")
        elif free and kind in slots.OF_ANY_LENGTH:
            raise ValueError(f"{english!r}: {{{name}}} stands behind a place of any length: put it first")
        else:
            patterns[-1] += f"(?P<{name}>{slots.signs(kind)})"
    literals[-1] += english[end:]
    patterns[-1] += re.escape(english[end:]) + r"\Z"
    if "" in patterns[1:]:
        raise ValueError(f"{english!r}: two places of any length stand side by side: put words between them")
    if {slot[1] for slot in _SLOT.finditer(chinese)} != kinds_.keys():
        raise ValueError(f"{english!r}: the Chinese has other places: give both the same")
    return Template(english, chinese, tuple(map(re.compile, patterns)), tuple(free), kinds_, tuple(literals))
