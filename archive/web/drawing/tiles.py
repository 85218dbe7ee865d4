"""The map of the provinces in equal tiles, each with its rate."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from archive.divisions import Book, Division, short
from archive.monitor.totals import Total
from archive.web.words import Language

PITCH_X, PITCH_Y, GAP = 72, 64, 4
BOUNDS = (0.5, 0.7, 0.85, 0.95)  # rates between two colours


@dataclass(frozen=True)
class Tile:
    """A province at its place. ``step`` is its colour, 1 to 5, null where nobody was judged.

    ``sign`` is what its second line says: the rate, – where there are publishers and nobody was judged, ○ where there are
    none, × where ``applies`` is false. ``name`` is short, ``full`` is whole.
    """

    code: str
    x: int
    y: int
    name: str
    full: str
    applies: bool
    sign: str
    step: int | None
    total: Total | None


@dataclass(frozen=True)
class Map:
    """The tiles, and how wide and high they are together."""

    tiles: tuple[Tile, ...]
    width: int
    height: int

    def of(self, code: str) -> Tile:
        """The tile of a province. Raises :class:`KeyError`."""
        return {each.code: each for each in self.tiles}[code]


def tile_map(totals: Mapping[str, Total], book: Book, language: Language) -> Map:
    """The map of these totals, by the codes of provinces."""
    tiles = tuple(_tile(entry, totals.get(entry["code"]), book, language) for entry in _table())
    tiles = tuple(sorted(tiles, key=lambda tile: (tile.y, tile.x)))  # the keyboard goes as the eye does
    return Map(tiles, max(each.x for each in tiles) + PITCH_X, max(each.y for each in tiles) + PITCH_Y)


def step_of(rate: float | None) -> int | None:
    """The colour of a rate, 1 to 5."""
    return None if rate is None else 1 + sum(rate >= bound for bound in BOUNDS)


def percent(rate: float) -> str:
    """A rate in whole per cent, never more than it is: 100 % is everybody."""
    return f"{int(rate * 100 + 1e-9)}%"


def legend() -> tuple[tuple[int, str], ...]:
    """The colours with the rates they stand for."""
    edges = [0, *(round(bound * 100) for bound in BOUNDS), 100]
    steps = range(1, len(edges))
    return tuple((step, f"{edges[step - 1]}%–{'<' if step < len(edges) - 1 else ''}{edges[step]}%") for step in steps)


def provinces(book: Book) -> list[Division]:
    """The provinces to which the 条例 applies, by code."""
    found = (book.get(entry["code"]) for entry in _table() if entry.get("applies", True))
    return sorted((each for each in found if each is not None), key=lambda each: each.code)


def _tile(entry: Mapping[str, Any], total: Total | None, book: Book, language: Language) -> Tile:
    division = book.get(entry["code"])
    full = entry["en"] if language == "en" or division is None else division.name
    name = entry["letters"] if language == "en" or division is None else short(division)
    applies = entry.get("applies", True)
    rate = total.on_time_rate if total is not None else None
    if not applies:
        sign = "×"
    elif total is None or not total.publishers:
        sign = "○"
    else:
        sign = "–" if rate is None else percent(rate)
    place = entry["column"] * PITCH_X, entry["row"] * PITCH_Y
    return Tile(entry["code"], *place, name, full, applies, sign, step_of(rate) if applies else None, total)


@cache
def _table() -> tuple[dict[str, Any], ...]:
    return tuple(tomllib.loads(files("archive.web.drawing").joinpath("tiles.toml").read_text("utf-8"))["tiles"])
