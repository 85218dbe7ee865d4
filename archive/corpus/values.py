"""Values as the columns take them: exact, or none. What does not fit is null and counted; its text stands in ``figures``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import Any

from archive.corpus.columns import DIGITS, PLACES
from parser.record import Number

_LEAST, _MOST = -(1 << 63), (1 << 63) - 1
_TOO_MANY = 10 ** (DIGITS - PLACES)
_LAST_PLACE = Decimal(1).scaleb(-PLACES)
_EXACT = Context(prec=DIGITS, traps=[Inexact, InvalidOperation])


@dataclass
class Left:
    """What the tables could not take.

    ``unfit`` are numbers that are no whole number of 64 bits, or no decimal of the column's digits; ``unplaced`` are cells
    whose key is on no form and so in no column of ``reports``; ``cut`` are texts longer than a spreadsheet's cell.
    """

    unfit: int = 0
    unplaced: int = 0
    cut: int = 0


def whole(value: Number) -> int | None:
    """The number, if it is a whole one of 64 bits."""
    if isinstance(value, int):
        return value if _LEAST <= value <= _MOST else None
    if value.adjusted() > DIGITS or value != value.to_integral_value():
        return None
    return whole(int(value))


def decimal(value: Number) -> Number | None:
    """The number, if it is a decimal with the digits of the columns: exact, never rounded."""
    if isinstance(value, int):
        return value if -_TOO_MANY < value < _TOO_MANY else None
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int):  # no number at all
        return None
    try:
        padded = value.quantize(_LAST_PLACE, context=_EXACT)
    except (Inexact, InvalidOperation):
        return None
    return value if -PLACES <= exponent <= 0 else padded


def plain(value: Number) -> str:
    """A number in digits, without an exponent."""
    return str(value) if isinstance(value, int) else format(value, "f")


def box(edges: Sequence[Any] | None) -> str | None:
    """A rectangle on a page: its four edges with commas between them."""
    return None if edges is None else ",".join(str(edge) for edge in edges)
