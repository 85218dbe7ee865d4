"""Characters from pixels: the PP-OCRv4 models that rapidocr-onnxruntime carries in its wheel, run by onnxruntime.

Only its models are used: its own code imports opencv, which needs libGL, and hides how sure each character is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import Any

import numpy as np
from PIL import Image

from parser.documents.raster import Area, Gray, Mask, components
from parser.errors import UnsupportedFormat

THREADS = 1  # a crawl parses beside itself; two are no faster on short lines
_HEIGHT = 48  # pixels: what the recogniser was trained on
_NARROWEST, _WIDEST = 96, 2400
_BATCH = 8
_TEXTLIKE = 0.3
_UNCLIP = 1.6  # the detector marks the middle of a line; its box is so much of area by girth larger
_LEAST_SURE_LINE = 0.5
_LEAST_SIDE = 3
_SAME = {"丶": "、"}  # a radical that no report prints, read for the comma of enumerations
_SLAB = 1600  # pixels: taller pictures are searched in slabs, which bounds the memory


@dataclass(frozen=True, slots=True)
class Character:
    """One character: where it stands in its line (0 to 1) and how sure the model is of it (0 to 1)."""

    text: str
    at: float
    confidence: float


class Recogniser:
    """The two models, loaded once in a process."""

    def __init__(self) -> None:
        self._detector = _session("ch_PP-OCRv4_det_infer.onnx")
        self._reader = _session("ch_PP-OCRv4_rec_infer.onnx")
        listed = self._reader.get_modelmeta().custom_metadata_map["character"].splitlines()
        self._alphabet = ("", *listed, " ")  # the first is the blank of CTC

    def read(self, crops: Sequence[Gray]) -> list[list[Character]]:
        """The characters of each line of text; pixels that occur again (a page never printed nor scanned) are read once."""
        alike: dict[tuple[tuple[int, ...], bytes], int] = {}
        which = [alike.setdefault((crop.shape, crop.tobytes()), len(alike)) for crop in crops]
        different = list(dict(zip(which, crops, strict=True)).values())
        read = self._read([_scaled(crop) for crop in different])
        return [read[name] for name in which]

    def _read(self, scaled: Sequence[Gray]) -> list[list[Character]]:
        found: list[list[Character]] = [[] for _ in scaled]
        order = sorted(range(len(scaled)), key=lambda index: scaled[index].shape[1])
        for start in range(0, len(order), _BATCH):
            part = order[start : start + _BATCH]
            width = max(_NARROWEST, *(scaled[index].shape[1] for index in part))
            batch = np.zeros((len(part), 3, _HEIGHT, width), dtype=np.float32)
            for row, index in enumerate(part):
                batch[row, :, :, : scaled[index].shape[1]] = scaled[index] * 2 - 1
            (scores,) = self._reader.run(None, {self._reader.get_inputs()[0].name: batch})
            for row, index in enumerate(part):
                found[index] = list(self._decoded(scores[row], width / scaled[index].shape[1]))
        return found

    def _decoded(self, scores: Any, stretch: float) -> Iterator[Character]:
        """CTC: the best character of each step, repeated ones once, blanks left out."""
        best = scores.argmax(axis=1)
        previous = 0
        steps = len(best)
        for step, index in enumerate(int(item) for item in best):
            if index not in (0, previous):
                until = step + 1
                while until < steps and best[until] == index:
                    until += 1
                sure = float(scores[step:until, index].max())
                yield Character(
                    _SAME.get(self._alphabet[index], self._alphabet[index]),
                    min(1.0, (step + until) / 2 / steps * stretch),
                    sure,
                )
            previous = index

    def lines(self, page: Gray, scale: float) -> list[Area]:
        """Where lines of text stand; ``scale`` is how much of the page's resolution is searched."""
        found: list[Area] = []
        for top, bottom in _slabs(page, round(_SLAB / scale)):
            found += [
                Area(area.left, area.top + top, area.right, area.bottom + top)
                for area in self._detected(page[top:bottom], scale)
            ]
        return found

    def _detected(self, page: Gray, scale: float) -> Iterator[Area]:
        height, width = (max(32, round(side * scale / 32) * 32) for side in page.shape)
        small = np.asarray(_image(page).resize((width, height), Image.Resampling.BILINEAR), dtype=np.float32) / 255
        batch = np.repeat((small * 2 - 1)[None, None], 3, axis=1)
        (scores,) = self._detector.run(None, {self._detector.get_inputs()[0].name: batch})
        likely = scores[0, 0]
        down, across = page.shape[0] / height, page.shape[1] / width
        textlike: Mask = likely > _TEXTLIKE
        for box in components(textlike):
            if box.width < _LEAST_SIDE or box.height < _LEAST_SIDE:
                continue
            inside = likely[box.top : box.bottom, box.left : box.right]
            if float(inside[textlike[box.top : box.bottom, box.left : box.right]].mean()) < _LEAST_SURE_LINE:
                continue
            more = box.width * box.height * _UNCLIP / (2 * (box.width + box.height))
            yield Area(
                max(0, round((box.left - more) * across)),
                max(0, round((box.top - more) * down)),
                min(page.shape[1], round((box.right + more) * across)),
                min(page.shape[0], round((box.bottom + more) * down)),
            )


@cache
def recogniser() -> Recogniser:
    """The one recogniser of this process; UnsupportedFormat where the ocr extra is there and does not load."""
    try:
        return Recogniser()
    except ImportError as error:
        raise UnsupportedFormat("picture", f"the ocr extra does not load here ({error}); install it again") from error


def _session(name: str) -> Any:
    import onnxruntime  # noqa: PLC0415  an extra

    spec = find_spec("rapidocr_onnxruntime")
    if spec is None or not spec.submodule_search_locations:
        message = "rapidocr_onnxruntime is not installed"
        raise ModuleNotFoundError(message)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    model = f"{spec.submodule_search_locations[0]}/models/{name}"
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _image(page: Gray) -> Image.Image:
    return Image.fromarray((page * 255).clip(0, 255).astype(np.uint8))


def _scaled(crop: Gray) -> Gray:
    height, width = crop.shape
    wanted = min(_WIDEST, max(8, round(_HEIGHT * width / height)))
    resized = _image(crop).resize((wanted, _HEIGHT), Image.Resampling.BICUBIC)
    return np.asarray(resized, dtype=np.float32) / np.float32(255)


def _slabs(page: Gray, tallest: int) -> Iterator[tuple[int, int]]:
    """The page in parts, cut at the emptiest row within the last quarter of each."""
    height = page.shape[0]
    top = 0
    while height - top > tallest:
        first = top + tallest * 3 // 4
        cut = first + int(page[first : top + tallest].std(axis=1).argmin())
        yield top, cut
        top = cut
    yield top, height
