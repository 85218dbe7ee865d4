"""Rows of the registry as people write them: one publisher each, checked by itself before anything is imported."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from archive.divisions import Book
from archive.registry.classes import KINDS
from archive.registry.declaring import place_of_alias
from archive.registry.identity import Identity, Place, identify
from archive.registry.publishers import LOCAL_FILES

COLUMNS = (
    "name",
    "division",
    "class",
    "since",
    "until",
    "aliases",
    "successor",
    "successor_division",
    "on",
    "merged_into",
    "merged_into_division",
    "because",
)
LONGEST = 120  # characters of a name; the longest agencies of the country have about 60
_SCOPE = re.compile(r"[1-9]\d{5}|0{6}|host:[^/\s]+|files")
_TOWN = re.compile(r"[1-9]\d{8}")
_DAY = re.compile(r"(\d{4})(?:[-/.](\d{1,2})[-/.](\d{1,2}))?")  # spreadsheets write 2018/3/1
_BETWEEN = re.compile(r"[;；]")
_WORDS = re.compile(r"\w")
_NATIONAL = "000000"


class WrongCell(ValueError):
    """What a row says cannot be so; the message says what to write."""


@dataclass(frozen=True)
class Named:
    """A publisher as a row names it: the scope it is to be looked for in, its name, and what these identify."""

    scope: str
    name: str
    identity: Identity

    @property
    def place(self) -> tuple[str, str]:
        """Scope and key."""
        return self.identity.scope, self.identity.key


@dataclass(frozen=True)
class Row:
    """A row that can be understood. What is null or empty is not said.

    ``placed``: it says its division; ``alias_places`` are the scope and key under which each other name stands.
    """

    line: int
    own: Named
    placed: bool
    kind: str | None
    since: date | None
    until: date | None
    aliases: tuple[str, ...]
    alias_places: tuple[tuple[str, tuple[str, str]], ...]
    successor: Named | None
    on: date | None
    merged_into: Named | None
    because: str | None


def read_row(line: int, cells: Mapping[str, str], book: Book) -> Row:
    """A row of these cells, by column; those that are missing are empty, and under "" stands what is too much.

    Raises :class:`WrongCell`.
    """
    if cells.get("", "").strip():
        raise WrongCell("it has more cells than there are columns, put names with commas in quotes")
    said = {name: cells.get(name, "").strip() for name in COLUMNS}
    own = _own(said["name"], said["division"], book)
    kind, since, until = said["class"] or None, _day(said["since"], "since"), _day(said["until"], "until", (12, 31))
    if kind is not None and kind not in KINDS:
        raise WrongCell(f"{kind!r} is no class, write one of {', '.join(KINDS)}")
    if since is not None and until is not None and since > until:
        raise WrongCell(f"it ends ({until}) before it begins ({since}), put the days right")
    aliases = tuple(dict.fromkeys(_name(part.strip()) for part in _BETWEEN.split(said["aliases"]) if part.strip()))
    successor = _other(said["successor"], said["successor_division"], "successor", own, book)
    merged = _other(said["merged_into"], said["merged_into_division"], "merged_into", own, book)
    on = _day(said["on"], "on")
    if on is not None and successor is None:
        raise WrongCell("it says on and no successor: write whose first day that is")
    places = ((alias, place_of_alias(alias, own.identity, own.scope, book)) for alias in aliases)
    return Row(
        line=line,
        own=own,
        placed=bool(said["division"]),
        kind=kind,
        since=since,
        until=until,
        aliases=aliases,
        alias_places=tuple((alias, place) for alias, place in places if place is not None),
        successor=successor,
        on=on,
        merged_into=merged,
        because=said["because"] or None,
    )


def named_in(name: str, scope: str, book: Book) -> Named:
    """A publisher by its name in a scope."""
    identity = identify(name, Place(scope, book))
    return Named(identity.scope, name, identity)


def unknown_columns(headings: Sequence[str]) -> str | None:
    """What is wrong with the headings of a file, in a sentence; null where they can be read."""
    strange = [heading for heading in headings if heading not in COLUMNS]
    if strange:
        return f"the column {strange[0]!r} is not known, leave it out or name it as one of {', '.join(COLUMNS)}"
    twice = [heading for number, heading in enumerate(headings) if heading in headings[:number]]
    if twice:
        return f"the column {twice[0]!r} stands there twice, leave one of them out"
    return None if "name" in headings else "it has no column 'name', write a row with the columns' names first"


def _own(name: str, division: str, book: Book) -> Named:
    name = _name(name)
    if not division:
        return named_in(name, LOCAL_FILES, book)
    own = named_in(name, _scope(division, book), book)
    if len(division) == 9 and own.identity.township != division:
        town = book.get(division)
        raise WrongCell(
            f"{name} is not the name of {division} ({town.name if town is not None else 'unknown'}), "
            "write the six digits of its county or the name of the town"
        )
    return own


def _other(name: str, division: str, column: str, own: Named, book: Book) -> Named | None:
    """The publisher of which a row speaks beside its own: where its name does not say whose it is, of the same division."""
    if not name:
        if division:
            raise WrongCell(f"it says {column}_division and no {column}: write its name")
        return None
    if division:
        found = named_in(_name(name), _scope(division, book), book)
    else:
        found = named_in(_name(name), LOCAL_FILES, book)
        if found.identity.scope == LOCAL_FILES:
            found = named_in(name, own.identity.scope, book)
    if found.place == own.place:
        raise WrongCell(f"its {column} is itself, name another one or leave it empty")
    return found


def _scope(division: str, book: Book) -> str:
    if _TOWN.fullmatch(division):
        town = book.get(division)
        if town is None:
            raise WrongCell(f"the town {division} is unknown, correct it or add it to the archive's divisions.csv")
        return next((above.code for above in reversed(book.path(division)) if len(above.code) == 6), division[:6])
    if not _SCOPE.fullmatch(division):
        raise WrongCell(f"{division!r} is no division, write its six digits, or the nine of a town")
    if division.isdecimal() and division != _NATIONAL and book.get(division) is None:
        raise WrongCell(f"the division {division} is unknown, correct it or add it to the archive's divisions.csv")
    return division


def _name(name: str) -> str:
    if _WORDS.search(name) is None:
        raise WrongCell(f"{name!r} is no name, write the full name of an agency" if name else "it has no name")
    if len(name) > LONGEST:
        raise WrongCell(f"its name has {len(name)} characters ({name[:20]}…), write no more than {LONGEST}")
    return name


def _day(written: str, column: str, of_year: tuple[int, int] = (1, 1)) -> date | None:
    if not written:
        return None
    found = _DAY.fullmatch(written)
    try:
        if found is not None:
            year, month, day = found.groups()
            return date(int(year), *(of_year if month is None else (int(month), int(day))))
    except ValueError:
        pass
    raise WrongCell(f"{written!r} in {column} is no date, write a year (2016) or a day (2016-05-20)")
