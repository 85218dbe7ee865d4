"""Identity: of which division an agency is, by the portal and its own name, and under which key it is known there.

Names repeat across the country (城关镇, 鼓楼区), and one agency is written 吉林市昌邑区政务服务局, 昌邑区政务服务局 and, on the
district's own portal, 政务服务局. What can be told apart for certain is one publisher; what cannot stays two.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path

from archive.divisions import Book, Division, book, short

_NOISE = re.compile(r"[\s\W_]+")
_GOVERNMENT = re.compile(r"人民政府|政府")
_STREET_OFFICE = re.compile(r"(?<=街)(?:道办事处|道办|办事处|办)$")
_TOWN_OFFICE = re.compile(r"(?<=.地区)办事处$")
_TOWN = re.compile(r"(?:[镇乡]|苏木|街道|地区)(?:人民政府|办事处|办)?$")  # in Beijing a town may be called 地区
_NATIONAL = re.compile(r"国家|中国|中共|中华|全国")
_REMEMBERED = 262_144  # names; about as many publishers as the country has
_LONGEST = 15  # characters of a division's name: 双江拉祜族佤族布朗族傣族自治县


def book_of(folder: Path) -> Book:
    """The divisions as an archive knows them: the built-in ones, and what its own ``divisions.csv`` says otherwise.

    Raises :class:`ArchiveError` where that is wrong.
    """
    own = folder / "divisions.csv"
    try:
        found = own.stat()
    except OSError:
        return book()
    return _own_book(own, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=4)
def _own_book(path: Path, _written: int, _size: int) -> Book:
    """One book for as long as its file stays as it is: what was identified in it is remembered."""
    return book(path)


@dataclass(frozen=True)
class Place:
    """Where a name was found: the code of the portal's division, or what stands in for it, and the table of divisions."""

    scope: str
    book: Book


@dataclass(frozen=True)
class Identity:
    """What makes a publisher one: scope and key. ``township`` has nine digits where the agency is a town's or street's."""

    scope: str
    key: str
    township: str | None = None


def key(name: str) -> str:
    """The name for comparison: 同江市, 同江市政府 and 同江市人民政府 are one, …人民政府办公室 and …政府办公室 another.

    White space, brackets and full-width forms do not tell agencies apart, 人民政府 is written or left out at will, and so
    is the office of a street (街道办事处).
    """
    plain = _plain(name)
    return _TOWN_OFFICE.sub("", _STREET_OFFICE.sub("道", _GOVERNMENT.sub("", plain) or plain))


def identify(name: str, place: Place) -> Identity:
    """The identity of an agency by its name where it was found.

    The division is that which the name begins with, if it lies within the portal's, above it, or is the only one of its
    name; else the portal's own where a bare name can mean nothing else there: on the portal of a county or district, or with the
    word for its level (市财政局) where no division below it is called by the same word.
    """
    return _identify(name, place.scope, place.book)


@lru_cache(maxsize=_REMEMBERED)
def _identify(name: str, scope: str, book: Book) -> Identity:
    plain = _plain(name)
    portal = book.get(scope) if scope.isdecimal() else None
    division, rest = _own_prefix(plain, portal, book)
    if division is None and portal is not None:
        division, rest = _of_the_portal(plain, portal, book)
    town = None if division is None else _town(rest, division, book)
    if division is None:
        if portal is None:
            return Identity(scope, key(name))
        town = _town(plain, portal, book)
        if town is None:
            return Identity(scope, key(name))
        rest = plain
    if town is not None:
        division = book.get(town.parent or "") or division
    if division is None:
        return Identity(scope, key(name))
    return Identity(division.code, key(f"{division.name}{rest}"), town.code if town is not None else None)


def _own_prefix(plain: str, portal: Division | None, book: Book) -> tuple[Division | None, str]:
    """The division that a name begins with, down to the lowest it names, in force or in its place; and what is left."""
    found: Division | None = None
    rest = plain
    while rest:
        length, codes = _next(rest, found, portal, book)
        if len(codes) != 1:
            break
        found, rest = book.get(codes.pop()), rest[length:]
    return found, rest


def _next(rest: str, above: Division | None, portal: Division | None, book: Book) -> tuple[int, set[str]]:
    for length in range(min(_LONGEST, len(rest)), 1, -1):
        named = book.named(rest[:length])
        if above is not None:
            codes = {each.code for each in named if each.code != above.code and book.within(each.code, above.code)}
        elif portal is not None:
            codes = {each.code for each in named if _related(each, portal, book)}
        else:
            codes = {each.code for each in named}
        if codes:
            return length, codes
    return 0, set()


def _related(division: Division, portal: Division, book: Book) -> bool:
    """Whether an agency of a division may stand on a portal: below it, above it, or of a division it took the place of."""
    codes = (division.code, *division.successors)
    return any(book.within(code, portal.code) or book.within(portal.code, code) for code in codes)


def _of_the_portal(plain: str, portal: Division, book: Book) -> tuple[Division | None, str]:
    """The portal's own division where a bare name means it, and the name without the word for the level."""
    if _NATIONAL.match(plain) or short(portal) in plain:
        return None, plain
    below = _words_below(portal.code, book)
    word = portal.name[-1]
    bare = _without_level(plain, word)
    if bare is not None and word not in below:
        return portal, bare
    if portal.level == "county" or not below:  # 东莞 has no counties
        return portal, plain if bare is None else bare
    return None, plain


@cache
def _words_below(code: str, book: Book) -> frozenset[str]:
    """What the names of the divisions right below one end with, towns apart."""
    return frozenset(each.name[-1] for each in book.children(code) if each.level != "township")


def _without_level(plain: str, word: str) -> str | None:
    pattern = _level_words().get(word)
    if pattern is None or pattern.match(plain) is None:
        return None
    return plain[len(word) :]


def _town(rest: str, division: Division, book: Book) -> Division | None:
    """The town or street that the rest of a name means, if only one below the division is called so."""
    if _TOWN.search(rest) is None:
        return None
    found = _towns(division.code, book).get(key(rest), ())
    return found[0] if len(found) == 1 else None


@cache
def _towns(code: str, book: Book) -> dict[str, list[Division]]:
    towns: dict[str, list[Division]] = {}
    for county in _counties(code, book):
        above = "".join(each.name for each in book.path(county)[1:])
        for town in book.townships(county):  # some stand there as 四平市铁东区平东街道
            name = town.name.removeprefix(above).removeprefix(book.path(county)[-1].name) or town.name
            towns.setdefault(key(name), []).append(town)
    return towns


def _counties(code: str, book: Book) -> list[str]:
    below = [each.code for each in book.children(code) if each.level != "township"]
    return [county for each in below for county in _counties(each, book)] or [code]


def _plain(name: str) -> str:
    return _NOISE.sub("", unicodedata.normalize("NFKC", name))


@cache
def _level_words() -> dict[str, re.Pattern[str]]:
    data = tomllib.loads(files("archive.registry").joinpath("level_words.toml").read_text(encoding="utf-8"))
    return {each["word"]: re.compile(f"{each['word']}(?!{each['not_before']}|$)") for each in data["words"]}
