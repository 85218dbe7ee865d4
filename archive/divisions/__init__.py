"""Administrative divisions: province, prefecture, county and township, with those that ended since 2002.

``counties.csv`` (民政部 2025 and the lists of GB/T 2260 since 2002) and ``townships/NN.csv`` (国家统计局 2023) are written
by ``.ci/divisions``. Codes are of six digits, townships of nine. The code 660000 is ours: 新疆生产建设兵团 is no division,
but publishes as a province does.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from typing import Literal, NamedTuple

from archive.errors import ArchiveError

Level = Literal["province", "prefecture", "county", "township"]

COLUMNS = ("code", "name", "since", "until", "successors")

_CODE = re.compile(r"[1-9]\d{5}(?:\d{3})?")
_MUNICIPALITIES = ("11", "12", "31", "50")
# 国家统计局 codes towns of zones, of 嘉峪关市 and of 大柴旦 under counties that are none: 71 to 79, and these two.
_NO_COUNTY = re.compile(r"\d{4}7[1-9]|620201|632857")
_PEOPLES = re.compile(
    r"(?:各族|朝鲜族|蒙古族?|回族|藏族|羌族|彝族|傣族|景颇族|傈僳族|白族|哈尼族|壮族|苗族|布依族|侗族|土家族|黎族|"
    r"哈萨克族?|柯尔克孜族?|满族|畲族|瑶族|仫佬族|毛南族|仡佬族|水族|佤族|拉祜族|布朗族|独龙族|怒族|普米族|纳西族|"
    r"土族|撒拉族|东乡族|保安族|裕固族|塔吉克族?|锡伯族?|达斡尔族|鄂温克族|鄂伦春族|各族)+$"
)
_KIND = re.compile(r"(?:特别行政区|地区|特区|(?<=神农架)林区|新区|街道|苏木|[省市县区旗盟镇乡])$")
_WHOLE = re.compile(r"(?:矿区|[左右前中后]旗)$")  # 井陉矿区 lies beside 井陉县, 土默特左旗 beside 土默特右旗


@dataclass(frozen=True, slots=True)
class Division:
    """A division under one of its names.

    ``since`` and ``until`` are empty where nothing is known; ``until`` is empty exactly where the name is in force. A
    change known to its year only counts from the first or to the last day of it. ``successors`` are the codes that
    took over its area when it ended; a name that gave way to another under the same code has none.
    """

    code: str
    name: str
    since: date | None = None
    until: date | None = None
    successors: tuple[str, ...] = ()

    @property
    def level(self) -> Level:
        """Its level, read off the code; 东莞市 and the others without counties are prefectures."""
        if len(self.code) == 9:
            return "township"
        if self.code.endswith("0000"):
            return "province"
        return "prefecture" if self.code.endswith("00") else "county"

    @property
    def province(self) -> str:
        """The code of its province."""
        return f"{self.code[:2]}0000"

    @property
    def parent(self) -> str | None:
        """The code of the division above it: the province for what it administers directly; none above a province.

        :meth:`Book.path` also knows the zones that an archive counts as counties.
        """
        prefecture = f"{self.code[:4]}00"
        if self.level == "province":
            return None
        if self.level == "township":
            return prefecture if _NO_COUNTY.fullmatch(self.code[:6]) else self.code[:6]
        directly = self.code[2:4] == "90" or self.code.startswith(_MUNICIPALITIES)
        return self.province if self.level == "prefecture" or directly else prefecture


def short(division: Division) -> str:
    """Its name without its kind and its peoples: 吉林, 延边, 内蒙古; a name of two characters stays (忠县)."""
    name = division.name
    if len(name) <= 2 or _WHOLE.search(name):
        return name
    if name.endswith("兵团"):
        return "兵团"
    if name.endswith("自治区"):
        return re.sub(r"(?:维吾尔|壮族|回族)?自治区$", "", name)
    ethnic = re.sub(r"(?:自治[州县旗]|民族乡|(?<=族)[乡区])$", "", name)
    if ethnic != name:
        return _PEOPLES.sub("", ethnic) or ethnic.removesuffix("族")
    stem = _KIND.sub("", name)
    return stem if len(stem) > 1 else name[:-1]  # 清新区


def book(extra: Path | None = None) -> Book:
    """The divisions of this package, with those of ``extra``: a CSV with the columns of ``COLUMNS``.

    What ``extra`` says of a code stands instead of all that the package says of it. Dates are a year or a day, several
    successors stand with ``;`` between them, a line with ``#`` first is a remark. Raises :class:`ArchiveError` with file
    and line where it is wrong.
    """
    if extra is None:
        return _built_in()
    entries = list(_entries(_text_of(extra), extra.name))
    added = Book({**_rows(), **_by_code(entry.division for entry in entries)})
    for entry in entries:
        _check(entry, added, extra.name)
    return added


class Book:
    """Divisions by code, name and place. Townships are read when they are asked for, a province at a time."""

    def __init__(self, divisions: Mapping[str, tuple[Division, ...]]) -> None:
        self._divisions = {code: found for code, found in divisions.items() if len(code) == 6}
        self._own_towns = {code: found for code, found in divisions.items() if len(code) == 9}
        self._towns: dict[str, Mapping[str, tuple[Division, ...]]] = {}

    def names(self, code: str) -> tuple[Division, ...]:
        """All that ever stood under this code, by time; the one in force is the last."""
        if len(code) == 9:
            return self._towns_of(code[:2]).get(code, ())
        return self._divisions.get(code, ())

    def get(self, code: str) -> Division | None:
        """The division of this code: the one in force, else the last; none where nothing ever had the code."""
        found = self.names(code)
        return found[-1] if found else None

    def today(self, code: str) -> tuple[Division, ...]:
        """The divisions in force that hold its area: itself, or its successors and theirs, where they are known."""
        waiting, seen, found = [code], {code}, []
        while waiting:
            division = self.get(waiting.pop(0))
            if division is None:
                continue
            if division.until is None:
                found.append(division)
            new = [heir for heir in division.successors if heir not in seen]
            waiting += new
            seen.update(new)
        return tuple(found)

    def path(self, code: str) -> tuple[Division, ...]:
        """The divisions from the province down to this code, as they stand now or stood last; empty for an unknown code."""
        division = self.get(code)
        return () if division is None else (*(self.path(above) if (above := self._above(code)) else ()), division)

    def label(self, code: str) -> str:
        """The names of its path in one (吉林省吉林市昌邑区); empty for an unknown code."""
        return "".join(division.name for division in self.path(code))

    def children(self, code: str) -> tuple[Division, ...]:
        """The divisions in force right below: of a province without townships, of a prefecture also its own towns."""
        larger = self._children.get(code, ())
        if code.endswith("0000") or len(code) == 9:
            return larger
        return (*larger, *(town for town in self.townships(code) if self._above(town.code) == code))

    def townships(self, code: str) -> tuple[Division, ...]:
        """The townships in force below a division, by code."""
        start = self.prefix(code)
        found = (names[-1] for town, names in self._towns_of(code[:2]).items() if town.startswith(start))
        return tuple(sorted((town for town in found if town.until is None), key=lambda town: town.code))

    def named(self, name: str) -> tuple[Division, ...]:
        """Every province, prefecture and county that ever had exactly this name, by code and time."""
        return self._named.get(name, ())

    def within(self, code: str, above: str) -> bool:
        """Whether a code is another one or lies below it, by their digits."""
        return code.startswith(self.prefix(above))

    def prefix(self, code: str) -> str:
        """The digits that all codes below it share: 22, 2202, 220202."""
        if len(code) == 6:
            return code.removesuffix("0000") if code.endswith("0000") else code.removesuffix("00")
        return code

    def _above(self, code: str) -> str | None:
        """The nearest division above that is in the book: 429004 has no prefecture, and a zone's town no county."""
        above = (code[:6], f"{code[:4]}00", f"{code[:2]}0000")
        return next(
            (other for other in above if other in self._divisions and self.prefix(other) != self.prefix(code)), None
        )

    @cached_property
    def _children(self) -> dict[str, tuple[Division, ...]]:
        found = defaultdict(list)
        for code, names in sorted(self._divisions.items()):
            above = self._above(code)
            if above and names[-1].until is None:
                found[above].append(names[-1])
        return {above: tuple(divisions) for above, divisions in found.items()}

    @cached_property
    def _named(self) -> dict[str, tuple[Division, ...]]:
        found = defaultdict(list)
        for _, names in sorted(self._divisions.items()):
            for division in names:
                found[division.name].append(division)
        return {name: tuple(divisions) for name, divisions in found.items()}

    def _towns_of(self, province: str) -> Mapping[str, tuple[Division, ...]]:
        if province not in self._towns:
            own = {code: names for code, names in self._own_towns.items() if code.startswith(province)}
            self._towns[province] = {**_townships(province), **own} if own else _townships(province)
        return self._towns[province]


class _Entry(NamedTuple):
    line: int
    division: Division


@cache
def _built_in() -> Book:
    return Book(_rows())


@cache
def _rows() -> Mapping[str, tuple[Division, ...]]:
    text = files("archive.divisions").joinpath("counties.csv").read_text(encoding="utf-8")
    return _by_code(entry.division for entry in _entries(text, "counties.csv"))


@cache
def _townships(province: str) -> Mapping[str, tuple[Division, ...]]:
    table = files("archive.divisions").joinpath("townships", f"{province}.csv")
    if not table.is_file():  # 台湾省, the two regions and the corps have none there
        return {}
    rows = csv.reader(table.read_text(encoding="utf-8").splitlines()[2:])
    return {code: (Division(code, name),) for code, name in rows}


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")  # Excel puts a mark before the first column
    except (OSError, UnicodeDecodeError) as error:
        raise ArchiveError(f"{path.name} cannot be read as UTF-8 text ({error}): save it as CSV UTF-8") from error


def _by_code(divisions: Iterable[Division]) -> dict[str, tuple[Division, ...]]:
    found: dict[str, list[Division]] = defaultdict(list)
    for division in divisions:
        found[division.code].append(division)
    return {
        code: tuple(sorted(names, key=lambda one: (one.until or date.max, one.since or date.min)))
        if len(names) > 1
        else (names[0],)
        for code, names in found.items()
    }


def _entries(text: str, name: str) -> Iterator[_Entry]:
    """The rows of a table; remarks and empty lines are skipped, the first row must be the columns' names."""
    head = False
    for line, written in enumerate(text.splitlines(), start=1):
        if not written.strip() or written.startswith("#"):
            continue
        cells = next(csv.reader([written])) if '"' in written else written.split(",")
        cells = [cell.strip() for cell in cells]
        if not head:
            if tuple(cells) != COLUMNS:
                raise ArchiveError(f"{name}, line {line}: the first row is not {','.join(COLUMNS)}, write that there")
            head = True
            continue
        yield _Entry(line, _division(cells, f"{name}, line {line}"))
    if not head:
        raise ArchiveError(f"{name} has no rows, write {','.join(COLUMNS)} on its first line")


def _division(cells: list[str], place: str) -> Division:
    if len(cells) != len(COLUMNS):
        raise ArchiveError(f"{place}: {len(cells)} columns instead of {len(COLUMNS)}, leave unknown ones empty")
    code, name, since, until, listed = cells
    if not _CODE.fullmatch(code):
        raise ArchiveError(f"{place}: {code!r} is no division code, write six digits, or nine for a township")
    if not name:
        raise ArchiveError(f"{place}: {code} has no name, write its full name")
    successors = tuple(listed.split(";")) if listed else ()
    wrong = [other for other in successors if not _CODE.fullmatch(other) or other == code]
    if wrong:
        raise ArchiveError(
            f"{place}: {wrong[0]!r} is no successor of {code}, write codes of others with ; between them"
        )
    if successors and not until:
        raise ArchiveError(f"{place}: {code} has successors and no end, write the year it ended in the column until")
    began, ended = _day(since, place, (1, 1)), _day(until, place, (12, 31))
    if began and ended and began > ended:
        raise ArchiveError(f"{place}: {code} ends ({until}) before it begins ({since}), put the dates right")
    return Division(code, name, began, ended, successors)


def _day(written: str, place: str, of_year: tuple[int, int]) -> date | None:
    if not written:
        return None
    try:
        return date(int(written), *of_year) if re.fullmatch(r"\d{4}", written) else date.fromisoformat(written)
    except ValueError:
        raise ArchiveError(f"{place}: {written!r} is no date, write a year (2016) or a day (2016-05-20)") from None


def _check(entry: _Entry, added: Book, name: str) -> None:
    """Refuses what is wrong only beside the other rows."""
    place, division = f"{name}, line {entry.line}", entry.division
    if added.get(division.province) is None:
        raise ArchiveError(
            f"{place}: {division.code} lies in no province, add a row for {division.province} or correct it"
        )
    in_force = [one for one in added.names(division.code) if one.until is None]
    if len(in_force) > 1:
        raise ArchiveError(f"{place}: {division.code} is in force under two names, write in until when the first ended")
    unknown = [code for code in division.successors if added.get(code) is None]
    if unknown:
        raise ArchiveError(f"{place}: the successor {unknown[0]} is unknown, add a row for it or correct the code")
