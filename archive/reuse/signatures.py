"""Signatures: MinHash of a section's prose, and its bands, by which those that may be alike find each other.

The digests come from :mod:`rensa`; a release that draws others is seen by a test, since the signatures of an archive must go on
meaning the same.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Sequence
from hashlib import blake2b

from rensa import RMinHash  # type: ignore[import-untyped] # it has neither annotations nor stubs

BANDS, ROWS = 20, 4  # half of those that share 0.43 of their shingles meet, of those that share 0.7 all but 0.4 %
SHINGLE = 5  # characters: unrelated reports share 1 to 3 of 100 of these
_SEED = 711
_YEAR_BITS = 51  # what of a band's key is a digest; the year stands above, so that a year's keys lie together
_DRAWS = BANDS * ROWS


def signature(text: str) -> bytes:
    """The signature of plain prose: of each of its draws the lower 16 bits."""
    drawn = RMinHash(num_perm=_DRAWS, seed=_SEED)
    drawn.update([text[start : start + SHINGLE] for start in range(max(len(text) - SHINGLE + 1, 1))])
    return _bytes(array("H", [number & 0xFFFF for number in drawn.digest()]))


def bands(year: int, signed: bytes) -> list[int]:
    """The keys under which a signature stands in the index of a report year."""
    size = 2 * ROWS
    above = (year & 0xFFF) << _YEAR_BITS
    return [
        above | int.from_bytes(blake2b(signed[at : at + size], digest_size=8, salt=bytes([band])).digest()) >> 13
        for band, at in enumerate(range(0, len(signed), size))
    ]


def opened(signed: bytes) -> Sequence[int]:
    """The draws of a signature, for :func:`alike`."""
    drawn = array("H", signed)
    if sys.byteorder == "big":
        drawn.byteswap()
    return drawn


def alike(one: Sequence[int], other: Sequence[int]) -> float:
    """The share of shingles that two texts have in common, of all that either has, as their signatures tell it: 0 to 1."""
    return sum(drawn == there for drawn, there in zip(one, other, strict=True)) / _DRAWS


def within(resemblance: float, length: int, other: int) -> float:
    """The share of a text's shingles that another has, by the share of both that they have in common."""
    return min(1.0, resemblance * (length + other) / ((1 + resemblance) * max(length, 1)))


def _bytes(drawn: array[int]) -> bytes:
    if sys.byteorder == "big":
        drawn.byteswap()
    return drawn.tobytes()
