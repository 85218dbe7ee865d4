"""The table the simulation reckons with: each figure with its unit, what it rests on, and its source (``figures.toml``)."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

Basis = Literal["measured", "counted", "set", "assumed"]
_FILE = Path(__file__).with_name("figures.toml")
_BASES: dict[Any, Basis] = {"measured": "measured", "counted": "counted", "set": "set", "assumed": "assumed"}


@dataclass(frozen=True)
class Figure:
    """One figure. ``basis``: measured by our own code, counted in documents at hand, set by us in the program, or assumed."""

    value: float
    unit: str
    basis: Basis
    source: str


@dataclass(frozen=True)
class Figures:
    """The table; ``figures["delay"]`` is a value. KeyError for a name that is not there."""

    table: dict[str, Figure]

    def __getitem__(self, name: str) -> float:
        return self.table[name].value

    def but(self, **values: float) -> Figures:
        """The same with other values, which are assumed. KeyError for a name that is not there."""
        changed = {
            name: Figure(value, self.table[name].unit, "assumed", "given for this run")
            for name, value in values.items()
        }
        return Figures({**self.table, **changed})

    @property
    def assumed(self) -> list[str]:
        """The names of what nobody measured."""
        return [name for name, figure in self.table.items() if figure.basis == "assumed"]


@cache
def figures() -> Figures:
    """The table as it stands in ``figures.toml``."""
    read = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return Figures(
        {
            name: Figure(float(row.pop("value")), row.pop("unit"), _BASES[row.pop("basis")], row.pop("source"), **row)
            for name, row in read.items()
        }
    )
