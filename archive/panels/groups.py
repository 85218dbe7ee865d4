"""Groups: whose reports a panel counts, and by what. A government's report repeats what those below it report.

So sums are of agencies without governments, or of governments of one level that do not contain each other (国办发〔2014〕32号:
逐级向上一级…报送汇总统计情况). A department's report covers the institutions below it: theirs are left aside with them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal, NamedTuple, TypeVar

from sqlalchemy import Select

from archive.divisions import Book
from archive.errors import ArchiveError
from archive.monitor.totals import Level, level_below
from archive.panels.panels import Panel
from archive.registry.classes import GOVERNMENT, INSTITUTION, KINDS
from archive.schema import Publisher, Report

Of = Literal["agencies", "governments", "all"]
REPEATING = frozenset({GOVERNMENT, INSTITUTION})  # what they report is in others' sums, or has others' in it

_Query = TypeVar("_Query", bound=Select[*tuple[Any, ...]])
_OF_A_TOWN = 9  # digits


class By(StrEnum):
    """What the rows of a panel are told apart by."""

    YEAR = "year"
    DIVISION = "division"
    KIND = "kind"


class Group(NamedTuple):
    """What a row is about; null is what the rows are not told apart by. A division that is not known is ``""``."""

    year: int | None
    division: str | None
    kind: str | None


@dataclass(frozen=True)
class Asked:
    """What is asked of a panel.

    ``division`` is a code, that one and all below it; ``kinds`` are classes, none: all that ``of`` names. ``level`` is that of
    the governments that are counted, by default the one right below the division. ``of`` is null for what the panel takes
    by itself: agencies where it adds figures, all where it counts publishers.
    """

    first_year: int | None = None
    last_year: int | None = None
    division: str | None = None
    kinds: tuple[str, ...] = ()
    of: Of | None = None
    level: Level | None = None
    by: tuple[By, ...] = (By.YEAR,)
    consistent: bool = False


EVERYTHING = Asked()


class Membership:
    """Who counts in a panel, and in which group."""

    def __init__(self, panel: Panel, asked: Asked, book: Book) -> None:
        unknown = [kind for kind in asked.kinds if kind not in KINDS]
        if unknown:
            raise ArchiveError(f"{unknown[0]} is no class of publishers: name one of {', '.join(KINDS)}")
        if asked.division is not None and book.get(asked.division) is None:
            raise ArchiveError(f"no division has the code {asked.division}: give the six digits of GB/T 2260")
        self.of = _of(panel, asked)
        self._asked = asked
        self._book = book
        self._below = level_below(asked.division, book)
        self.level = _level(panel, asked, self.of, self._below)
        self.kinds = _kinds(asked, self.of)
        self.set_aside = tuple(sorted(REPEATING - self.kinds)) if self.of == "agencies" and not asked.kinds else ()
        self._places: dict[str, str] = {}
        self._counted: dict[str, bool] = {}

    def narrow(self, query: _Query, kinds: frozenset[str] | tuple[str, ...]) -> _Query:
        """Narrow a query over reports and publishers to the years, the division and some classes."""
        asked = self._asked
        if asked.first_year is not None:
            query = query.where(Report.report_year >= asked.first_year)
        if asked.last_year is not None:
            query = query.where(Report.report_year <= asked.last_year)
        if asked.division is not None and len(asked.division) == _OF_A_TOWN:
            query = query.where(Publisher.township == asked.division)
        elif asked.division is not None:
            digits = self._book.prefix(asked.division)
            query = query.where(Publisher.scope >= digits, Publisher.scope < _after(digits))
        return query if len(kinds) == len(KINDS) else query.where(Publisher.kind.in_(sorted(kinds)))

    def counts(self, scope: str, kind: str) -> bool:
        """Whether a publisher counts: of the governments those of the level."""
        if kind not in self.kinds:
            return False
        if self.level is None or kind != GOVERNMENT:
            return True
        if scope not in self._counted:
            self._counted[scope] = scope.isdecimal() and _is_at(scope, self._book, self.level)
        return self._counted[scope]

    def group(self, year: int | None, scope: str, kind: str) -> Group:
        """The group of a publisher's report on a year."""
        by = self._asked.by
        return Group(
            year if By.YEAR in by else None,
            self._place(scope) if By.DIVISION in by else None,
            kind if By.KIND in by else None,
        )

    def _place(self, scope: str) -> str:
        """The division right below the one asked for; one administered from further above stands under what is above it."""
        if scope not in self._places:
            place = ""
            for division in self._book.path(scope) if scope.isdecimal() else ():
                place = division.code
                if division.level == self._below:
                    break
            self._places[scope] = place
        return self._places[scope]


def _after(digits: str) -> str:
    """The first text behind all that begin with these digits, in whatever order a database sorts signs and letters."""
    return str(int(digits) + 1) if digits.strip("9") else "a"


def _of(panel: Panel, asked: Asked) -> Of:
    only_governments = set(asked.kinds) == {GOVERNMENT}
    of: Of
    if asked.of is not None:
        of = asked.of
    elif not panel.reads_cells:
        of = "all"
    else:
        of = "governments" if only_governments else "agencies"
    if panel.reads_cells and of == "all":
        raise ArchiveError(
            f"{panel.name} adds figures, and a government's report repeats those of the agencies below it: ask of agencies or of "
            f"governments"
        )
    if of == "agencies" and GOVERNMENT in asked.kinds:
        raise ArchiveError("governments are not added to agencies, whose figures they repeat: ask of governments alone")
    if of == "governments" and asked.kinds and not only_governments:
        raise ArchiveError(f"of governments only the class {GOVERNMENT} is asked: leave the other classes out")
    return of


def _level(panel: Panel, asked: Asked, of: Of, below: Level) -> Level | None:
    if asked.level is not None and of != "governments":
        raise ArchiveError("a level is that of governments: ask of governments with it")
    return asked.level or (below if of == "governments" and panel.reads_cells else None)


def _kinds(asked: Asked, of: Of) -> frozenset[str]:
    if of == "governments":
        return frozenset({GOVERNMENT})
    if asked.kinds:
        return frozenset(asked.kinds)
    return frozenset(KINDS) if of == "all" else frozenset(KINDS) - REPEATING


def _is_at(code: str, book: Book, level: Level) -> bool:
    """Whether a division is of a level: those of one level do not contain each other, and hold the whole of what is above.

    Right below a province stand its prefectures, and the counties it administers itself; at the level of counties a city
    without counties (东莞市) counts too.
    """
    path = book.path(code)
    if not path or path[-1].level == "township":
        return False
    if level != "county":
        return len(path) == (1 if level == "province" else 2)
    division = path[-1]
    childless = division.until is None and not any(below.level == "county" for below in book.children(code))
    return division.level == "county" or (division.level == "prefecture" and childless)
