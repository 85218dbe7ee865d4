"""Figures: what a record's cells say, in few bytes beside it, so that years and agencies are compared without the records.

A cell says its value or its state (``record.md``). Text, unit, remark and place stand in the record only.
"""

from __future__ import annotations

import sys
import zlib
from array import array
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from hashlib import sha256
from itertools import product
from typing import Any

import simplejson
from sqlalchemy import Dialect, LargeBinary, TypeDecorator

from parser.forms import form
from parser.record import Figure, Number, State

TABLES = ("disclosure", "requests", "review", "statistics_2014", "statistics_2008")
_ABSENT = -(1 << 63)  # not printed: the record has no key
_CODES = {State.BLANK: _ABSENT + 1, State.DASH: _ABSENT + 2, State.TEXT: _ABSENT + 3}
_STATES = {code: state for state, code in _CODES.items()}
_APART = _ABSENT + 4  # it stands in the tail: decimals, and what has more digits than fit
_LEAST, _MOST = _ABSENT + 16, (1 << 63) - 1
_MARK = 8  # bytes


class Figures(Mapping[str, "Number | State"]):
    """By key of ``record.md`` a number, or the state of a cell without one; what is not printed has no key."""

    __slots__ = ("_apart", "_cells", "_packed")

    def __init__(self, cells: array[int], apart: dict[str, Any]) -> None:
        self._cells = cells
        self._apart = apart
        self._packed: bytes | None = None

    def __getitem__(self, key: str) -> Number | State:
        """The number or state of a cell. Raises :class:`KeyError` where the report does not print it."""
        position = _positions().get(key)
        code = _APART if position is None else self._cells[position]
        if code == _ABSENT:
            raise KeyError(key)
        if code == _APART:
            return _read(self._apart[key])
        return _STATES[code] if code < _LEAST else code

    def __iter__(self) -> Iterator[str]:
        """The keys that are printed, in the order of the forms."""
        yield from (key for key, code in zip(_layout(), self._cells, strict=True) if code != _ABSENT)
        yield from (key for key in self._apart if key not in _positions())

    def __len__(self) -> int:
        """How many cells are printed."""
        return sum(1 for _ in self)

    def plain(self) -> bytes:
        """The cells one after the other, and behind them what does not fit in eight bytes, as JSON."""
        cells = self._cells[:]
        if sys.byteorder == "big":
            cells.byteswap()
        return cells.tobytes() + (simplejson.dumps(self._apart, ensure_ascii=False).encode() if self._apart else b"")

    @property
    def packed(self) -> bytes:
        """As they are stored: a mark of the layout, then what is :meth:`plain`, compressed."""
        if self._packed is None:
            self._packed = _mark() + zlib.compress(self.plain(), 6)
        return self._packed

    def number(self, key: str) -> Number | None:
        """The number of a cell; null where it is not printed or holds none."""
        said = self.get(key)
        return None if isinstance(said, State) else said

    def numbers(self) -> Iterator[tuple[str, Number]]:
        """The cells that hold a number; those that do not fit among the others come last."""
        yield from self.by_key().items()

    def by_key(self) -> dict[str, Number]:
        """The numbers by key, in the order of :meth:`numbers`: quicker than cell by cell where most are asked for."""
        cells, layout = self._cells, _layout()
        if cells[_current() :] == _no_older():
            cells, layout = cells[: _current()], layout[: _current()]
        found: dict[str, Number] = {key: code for key, code in zip(layout, cells, strict=True) if code >= _LEAST}
        for key, written in self._apart.items():
            said = _read(written)
            if not isinstance(said, State):
                found[key] = said
        return found


class PackedFigures(TypeDecorator[Figures]):
    """Figures as bytes: a mark of the layout, then compressed one number of eight bytes a cell and a tail of JSON.

    What was written under another layout (the forms were extended since) or is damaged is read as null: then the record
    says it, and ``xxgk reparse`` writes it again.
    """

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Figures | None, dialect: Dialect) -> bytes | None:
        """To the database."""
        del dialect
        return None if value is None else value.packed

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Figures | None:
        """From the database."""
        del dialect
        return None if value is None else _unpacked(bytes(value))


def figures_of(printed: Mapping[str, Figure]) -> Figures:
    """The figures of a record."""
    cells = array("q", [_ABSENT]) * len(_layout())
    apart: dict[str, Any] = {}
    for key, figure in printed.items():
        position = _positions().get(key)
        code = _code(figure)
        if position is not None:
            cells[position] = code
        if position is None or code == _APART:
            apart[key] = str(figure.value) if figure.state is State.NUMBER else [figure.state.value]
    return Figures(cells, apart)


def _code(figure: Figure) -> int:
    if figure.state is not State.NUMBER:
        return _CODES[figure.state]
    whole = isinstance(figure.value, int) and _LEAST <= figure.value <= _MOST
    return figure.value if whole and isinstance(figure.value, int) else _APART


def _read(said: Any) -> Number | State:
    if isinstance(said, list):
        return State(said[0])
    return int(said) if said.lstrip("+-").isdecimal() else Decimal(said)


def _unpacked(packed: bytes) -> Figures | None:
    if packed[:_MARK] != _mark():
        return None
    length = len(_layout()) * 8
    try:
        plain = zlib.decompress(packed[_MARK:])
        cells = array("q", plain[:length])
        apart = simplejson.loads(plain[length:]) if len(plain) > length else {}
    except (zlib.error, ValueError):
        return None
    if len(cells) != len(_layout()):
        return None
    if sys.byteorder == "big":
        cells.byteswap()
    return Figures(cells, apart)


@cache
def _layout() -> tuple[str, ...]:
    """Every key of the forms, in their order."""
    keys = []
    for table in TABLES:
        columns = [column.name for column in form(table).columns] or ["value"]
        keys += [f"{table}.{row}.{column}" for row, column in product(form(table).row_names, columns)]
    return tuple(keys)


@cache
def _current() -> int:
    """How many cells the tables of the forms since 2019 have; those of the older ones come behind them."""
    return sum(not key.startswith("statistics_") for key in _layout())


@cache
def _no_older() -> array[int]:
    return array("q", [_ABSENT]) * (len(_layout()) - _current())


@cache
def _positions() -> dict[str, int]:
    return {key: position for position, key in enumerate(_layout())}


@cache
def _mark() -> bytes:
    return sha256("\n".join(_layout()).encode()).digest()[:_MARK]
