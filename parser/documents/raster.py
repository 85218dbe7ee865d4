"""A page as pixels: ink, ruled lines, the angle it was scanned at, and the lines of text within a box.

All with numpy: opencv's own wheel does not import where libGL is missing, as on a server without a screen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Gray = NDArray[np.float32]  # 0 black to 1 white
Mask = NDArray[np.bool_]

_WINDOW = 41  # pixels: the neighbourhood a pixel is compared with
_DARKER = 0.86  # ink is darker than so much of its neighbourhood
_STRAIGHT = 0.05  # degrees: less is not turned back
_STEEPEST = 4.0  # degrees: a page further off was not scanned but photographed
_LEAST_SHARPER = 1.02


@dataclass(frozen=True, slots=True)
class Area:
    """A box of pixels, the right and bottom edges not in it."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Pixels across."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Pixels down."""
        return self.bottom - self.top


def gray(picture: Image.Image) -> Gray:
    """The brightness of a picture."""
    return np.asarray(picture.convert("L"), dtype=np.float32) / np.float32(255)


def ink(page: Gray, window: int = _WINDOW, darker: float = _DARKER) -> Mask:
    """Pixels clearly darker than what is around them, whatever the paper's own shade."""
    around = _mean(page, window)
    return np.asarray(page < around * darker, dtype=np.bool_)


def smooth(page: Gray, window: int = 3) -> Gray:
    """Each pixel as the mean of its neighbours: single specks lose their weight."""
    return _mean(page, window)


def specks(dark: Mask) -> Mask:
    """Dark pixels with at most one dark neighbour: dust; the thinnest stroke is two pixels wide."""
    return np.asarray(dark & (_mean(dark.astype(np.float32), 3) < 2.5 / 9), dtype=np.bool_)


def grain(page: Gray) -> float:
    """How rough the paper is: the usual distance of a pixel from the mean of its neighbours."""
    return float(np.median(np.abs(page - smooth(page))))


def _mean(page: Gray, window: int) -> Gray:
    half = window // 2
    padded = np.pad(page, half, mode="edge").astype(np.float64)
    sums = np.pad(padded.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    size = 2 * half + 1
    total = sums[size:, size:] - sums[:-size, size:] - sums[size:, :-size] + sums[:-size, :-size]
    return np.asarray(total / (size * size), dtype=np.float32)


def straightened(picture: Image.Image) -> Image.Image:
    """The picture turned back by the angle at which its lines of text and rules are sharpest."""
    small = picture.convert("L")
    small.thumbnail((900, 1300))
    dark = Image.fromarray(np.asarray(ink(gray(small)), dtype=np.uint8) * 255)

    def sharpness(angle: float) -> float:
        rows = np.asarray(dark.rotate(angle, Image.Resampling.BILINEAR), dtype=np.float32).mean(axis=1)
        return float(np.square(np.diff(rows)).sum())

    best = 0.0
    for step, reach in ((0.5, _STEEPEST), (0.1, 0.5), (0.02, 0.1)):
        angles = np.arange(best - reach, best + reach + step / 2, step)
        best = max((float(angle) for angle in angles), key=sharpness)
    if abs(best) < _STRAIGHT or sharpness(best) < _LEAST_SHARPER * sharpness(0.0):
        return picture
    return picture.rotate(best, Image.Resampling.BICUBIC, fillcolor="white")


def rules(dark: Mask, across: int, down: int, thickest: int) -> tuple[list[Area], list[Area]]:
    """Horizontal and vertical ruled lines: straight runs of at least so many pixels, not thicker than ``thickest``."""
    lying = [area for area in components(_runs(dark, across)) if area.height <= thickest]
    upright = [_turned(area) for area in components(_runs(dark.T, down)) if area.height <= thickest]
    return lying, upright


def _turned(area: Area) -> Area:
    return Area(area.top, area.left, area.bottom, area.right)


def _runs(dark: Mask, least: int, gap: int = 3) -> Mask:
    """The pixels of horizontal runs of ink at least so long; gaps of a few pixels are bridged."""
    height, width = dark.shape
    found = np.zeros((height, width), dtype=np.bool_)
    starts, ends, lines = _spans(dark)
    if not len(starts):
        return found
    joined = (lines[1:] == lines[:-1]) & (starts[1:] - ends[:-1] <= gap)
    first = np.concatenate(([True], ~joined))
    last = np.concatenate((~joined, [True]))
    for line, start, end in zip(lines[first], starts[first], ends[last], strict=True):
        if end - start >= least:
            found[line, start:end] = True
    return found


def _spans(mask: Mask) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Starts, ends and rows of all horizontal runs, top to bottom and left to right."""
    edges = np.diff(np.pad(mask.astype(np.int8), ((0, 0), (1, 1))), axis=1)
    lines, starts = np.nonzero(edges == 1)
    _, ends = np.nonzero(edges == -1)
    return starts, ends, lines


def components(mask: Mask) -> list[Area]:
    """The boxes of what hangs together, diagonals included."""
    starts, ends, lines = (part.tolist() for part in _spans(mask))
    parent = list(range(len(starts)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    above, here, line = range(0), 0, -2
    for index, row in enumerate(lines):
        if row != line:
            above = range(here, index) if row == line + 1 else range(0)
            here, line = index, row
        for other in above:
            if starts[other] > ends[index]:
                break
            if ends[other] >= starts[index]:
                parent[root(other)] = root(index)
    boxes: dict[int, Area] = {}
    for index, row in enumerate(lines):
        name = root(index)
        box = boxes.get(name)
        if box is None:
            boxes[name] = Area(starts[index], row, ends[index], row + 1)
        else:
            boxes[name] = Area(
                min(box.left, starts[index]), min(box.top, row), max(box.right, ends[index]), max(box.bottom, row + 1)
            )
    return list(boxes.values())


def groups(profile: Any, gap: int) -> Iterator[tuple[int, int]]:
    """Start and end of what is printed along one direction; gaps of fewer than ``gap`` pixels do not part it."""
    printed = np.flatnonzero(profile)
    if not len(printed):
        return
    start = previous = int(printed[0])
    for at in (int(item) for item in printed[1:]):
        if at - previous - 1 >= gap:
            yield start, previous + 1
            start = at
        previous = at
    yield start, previous + 1


def text_lines(dark: Mask, area: Area, parting: float = 1.6) -> Iterator[Area]:
    """Lines of text within a box, top to bottom, each cut where it leaves more room than ``parting`` times its height."""
    inside = dark[area.top : area.bottom, area.left : area.right]
    for top, bottom in _whole(list(groups(inside.any(axis=1), 2))):
        line = inside[top:bottom]
        for left, right in groups(line.any(axis=0), max(4, round(parting * (bottom - top)))):
            rows = np.flatnonzero(line[:, left:right].any(axis=1))
            yield Area(
                area.left + left, area.top + top + int(rows[0]), area.left + right, area.top + top + int(rows[-1]) + 1
            )


def _whole(lines: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Lines of which a faint stroke was lost put together again: the bar of a 5, close above its bowl."""
    found: list[tuple[int, int]] = []
    for top, bottom in lines:
        if found:
            above, end = found[-1]
            heights = sorted((end - above, bottom - top))
            if heights[0] < 0.7 * heights[1] and top - end < 0.6 * heights[1]:
                found[-1] = (above, bottom)
                continue
        found.append((top, bottom))
    return found
