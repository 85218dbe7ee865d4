"""Classes of publishers: what a name says of the place an agency has in the order of government.

The class decides by when a report is due (:mod:`archive.registry.deadlines`). The names stand in ``classes.toml``.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

GOVERNMENT, OFFICE, DEPARTMENT, VERTICAL, TOWNSHIP, STREET, ZONE, STATE_COUNCIL, INSTITUTION = KINDS = (
    "government",
    "office",
    "department",
    "vertical",
    "township",
    "street",
    "zone",
    "state_council",
    "institution",
)
_REMEMBERED = 262_144  # names; about as many publishers as the country has
_SPACE = re.compile(r"\s+")
_REMARK = re.compile(r"(?<=.)\([^()]*\)$")  # 临江区人民政府（本级）


@dataclass(frozen=True)
class ClassTable:
    """One table of ``classes.toml``: names of a class, why they are of it, and names that show it."""

    kind: str
    pattern: re.Pattern[str]
    exception: re.Pattern[str] | None
    divisions: frozenset[str]
    because: str
    examples: tuple[str, ...]

    def holds(self, name: str, division: str | None) -> bool:
        """Whether a name in its plain form is of this class."""
        if self.divisions and (division if _is_code(division) else "") not in self.divisions:
            return False
        return self.pattern.search(name) is not None and (self.exception is None or self.exception.search(name) is None)


@lru_cache(maxsize=_REMEMBERED)
def kind_of(name: str, division: str | None = None) -> str:
    """The class of a publisher, one of :data:`KINDS`, by its name and the code of its division where that is known.

    A name that no table knows is a department's. The caller knows better where a name is a division's own, or where
    somebody declared the class.
    """
    found = table_of(name, division)
    return found.kind if found is not None else DEPARTMENT


def table_of(name: str, division: str | None = None) -> ClassTable | None:
    """The table that decides the class of a name, or null where none knows it."""
    plain = _REMARK.sub("", _SPACE.sub("", unicodedata.normalize("NFKC", name)))
    return next((table for table in tables() if table.holds(plain, division)), None)


@cache
def tables() -> tuple[ClassTable, ...]:
    """The tables in the order in which they are tried."""
    data = tomllib.loads(files("archive.registry").joinpath("classes.toml").read_text(encoding="utf-8"))
    return tuple(_table(entry) for entry in data["tables"])


def _is_code(division: str | None) -> bool:
    return division is not None and division.isdecimal()


def _table(entry: dict[str, Any]) -> ClassTable:
    return ClassTable(
        kind=entry["kind"],
        pattern=re.compile(entry["pattern"]),
        exception=re.compile(entry["except"]) if "except" in entry else None,
        divisions=frozenset(entry.get("divisions", ())),
        because=entry["because"],
        examples=tuple(entry["examples"]),
    )
