"""Picture files as pages: opened within limits, upright, without transparency."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterable, Iterator
from itertools import chain

from PIL import Image, ImageOps, ImageSequence

from parser.errors import UnreadableDocument

MAX_PAGES = 40
A4_WIDTH = 595.0  # points: how wide a picture without a size of its own is taken to be
_MAX_SIDE = 40_000
_MAX_PIXELS = 80_000_000  # of the file: A3 at 600 dots an inch


def frames(files: Iterable[bytes]) -> Iterator[Image.Image]:
    """The pages of picture files in their order, on white, several where one is a TIFF; UnreadableDocument where one is damaged."""
    for number, page in enumerate(chain.from_iterable(map(_pictures, files)), 1):
        if number > MAX_PAGES:
            message = f"there are more than {MAX_PAGES} pages that are pictures; ask the publisher for one with text"
            raise UnreadableDocument(message)
        yield page


def _pictures(data: bytes) -> Iterator[Image.Image]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of what is checked here: sizes, odd metadata
            with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "GIF", "BMP", "TIFF")) as file:
                many = file.format == "TIFF"
                for number, frame in enumerate(ImageSequence.Iterator(file), 1):
                    if max(frame.size) > _MAX_SIDE or frame.width * frame.height > _MAX_PIXELS or number > MAX_PAGES:
                        message = (
                            f"the picture is larger than a page can be ({frame.width} x {frame.height}, page {number})"
                        )
                        raise UnreadableDocument(message)
                    yield _on_white(ImageOps.exif_transpose(frame))
                    if not many:  # a GIF's further frames move
                        return
    except (
        OSError,
        ValueError,
        SyntaxError,
        KeyError,
        IndexError,
        TypeError,
        EOFError,
        Image.DecompressionBombError,
    ) as error:
        message = f"the picture is cut or damaged ({type(error).__name__}); fetch it again or open it in a viewer"
        raise UnreadableDocument(message) from error


def _on_white(frame: Image.Image) -> Image.Image:
    """The picture without transparency, as a page shows it."""
    if frame.mode in {"RGBA", "LA", "PA"} or "transparency" in frame.info:
        layer = frame.convert("RGBA")
        paper = Image.new("RGBA", layer.size, "white")
        paper.alpha_composite(layer)
        return paper.convert("RGB")
    return frame.convert("RGB")
