"""The panels as data: ``panels.toml`` says which cells are added or divided, for which years, and by whose form."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from archive.errors import ArchiveError

Measure = Literal["sum", "share", "standings", "findings"]
Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")


@dataclass(frozen=True)
class Words:
    """A name in both languages."""

    en: str
    zh: str

    def __getitem__(self, language: Language) -> str:
        """The name in one language."""
        return self.zh if language == "zh" else self.en


@dataclass(frozen=True)
class Series:
    """One line of a panel.

    ``cells`` are keys of the record that are added; several tuples are those of different forms, of which the first that a
    report prints counts. ``per`` are the keys a share is divided by. ``total`` is what the others sum to, as printed.
    """

    name: str
    label: Words
    cells: tuple[tuple[str, ...], ...] = ()
    per: tuple[str, ...] = ()
    total: bool = False


@dataclass(frozen=True)
class Panel:
    """A panel. ``first_year`` and ``last_year`` are report years; null: still in force.

    ``together``: a report counts in all series or in none. ``identities`` are the sums of the form that bind its cells, as
    (rule, place). ``formula`` and ``source`` say what a number is and by which form.
    """

    name: str
    title: Words
    unit: Words
    measure: Measure
    first_year: int
    last_year: int | None
    together: bool
    identities: tuple[tuple[str, str], ...]
    formula: Words
    source: Words
    series: tuple[Series, ...]

    @property
    def is_share(self) -> bool:
        """Whether its values are shares (0 to 1, where the reports add up) and no sums."""
        return self.measure != "sum"

    @property
    def reads_cells(self) -> bool:
        """Whether it adds figures of reports: those of a government repeat those of the agencies below it."""
        return self.measure in {"sum", "share"}

    def years(self, first: int | None, last: int | None) -> tuple[int | None, int | None]:
        """The report years asked for, as far as its form goes; null: no end."""
        ends = [year for year in (last, self.last_year) if year is not None]
        return max(first or self.first_year, self.first_year), min(ends) if ends else None


@cache
def panels() -> dict[str, Panel]:
    """Every panel by its name, in the order of the file."""
    data = tomllib.loads(files("archive.panels").joinpath("panels.toml").read_text(encoding="utf-8"))
    return {entry["name"]: _panel(entry) for entry in data["panels"]}


def panel(name: str) -> Panel:
    """The panel of a name. Raises :class:`ArchiveError` where there is none."""
    found = panels().get(name)
    if found is None:
        raise ArchiveError(f"there is no panel {name}: name one of {', '.join(panels())}")
    return found


def _panel(entry: dict[str, Any]) -> Panel:
    return Panel(
        name=entry["name"],
        title=Words(**entry["title"]),
        unit=Words(**entry["unit"]),
        measure=entry["measure"],
        first_year=entry["first_year"],
        last_year=entry.get("last_year"),
        together=entry["together"],
        identities=tuple(_identity(written) for written in entry.get("identities", ())),
        formula=Words(**entry["formula"]),
        source=Words(**entry["source"]),
        series=tuple(_series(each) for each in entry["series"]),
    )


def _identity(written: str) -> tuple[str, str]:
    rule, _, place = written.partition(":")
    return rule, place


def _series(entry: dict[str, Any]) -> Series:
    alternatives = (entry.get("cells", ()), entry.get("or", ()))
    return Series(
        name=entry["name"],
        label=Words(entry["en"], entry["zh"]),
        cells=tuple(tuple(cells) for cells in alternatives if cells),
        per=tuple(entry.get("per", ())),
        total=entry.get("total", False),
    )
