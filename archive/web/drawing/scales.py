"""Scales: where a number stands on an axis that begins at 0 and ends at a round number."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, log10

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_TICKS = 4


@dataclass(frozen=True)
class Scale:
    """An axis from 0 to ``top``, marked at each ``step``."""

    top: float
    step: float

    def share(self, value: float) -> float:
        """How far along the axis a value stands, 0 to 1."""
        return min(1.0, max(0.0, value / self.top))

    def marks(self) -> list[float]:
        """The values that are marked, from 0 on."""
        return [self.step * at for at in range(round(self.top / self.step) + 1)]


def scale(largest: float, *, whole: bool) -> Scale:
    """An axis that holds everything up to a number; ``whole``: only whole numbers are marked."""
    if largest <= 0:
        largest = 1.0
    size = 10.0 ** floor(log10(largest / _TICKS))
    step = next(size * each for each in _STEPS if size * each * _TICKS >= largest * (1 - 1e-9))
    if whole:
        step = max(1.0, float(-floor(-step)))
    count = max(1, -floor(-(largest * (1 - 1e-9)) / step))
    return Scale(step * count, step)
