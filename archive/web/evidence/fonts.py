"""The font of an evidence sheet: one of this machine, embedded, or the one that every reader of PDF knows for Chinese."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFError, TTFont

from archive.fonts import chinese_fonts

BY_NAME = "STSong-Light"  # of Adobe's Asian fonts: not embedded, a reader shows it by the font it has
_TRIED = 12  # files of fonts


def font_for(text: str, files: Iterable[Path] | None = None) -> str:
    """The name of a font that has these characters, registered with reportlab."""
    wanted = frozenset(text)
    for file in list(_candidates() if files is None else files)[:_TRIED]:
        font = _loaded(file)
        if font is not None and all(sign.isspace() or ord(sign) in font.face.charToGlyph for sign in wanted):
            return str(font.fontName)
    pdfmetrics.registerFont(UnicodeCIDFont(BY_NAME))
    return BY_NAME


@lru_cache(maxsize=1)
def _candidates() -> tuple[Path, ...]:
    return tuple(chinese_fonts())


@lru_cache(maxsize=_TRIED)
def _loaded(file: Path) -> TTFont | None:
    """The font of a file; null where it is none that can be embedded, as those whose outlines are PostScript's."""
    name = f"xxgk-{file.stem}"
    try:
        font = TTFont(name, str(file))
    except (TTFError, OSError, ValueError, KeyError, IndexError):  # a damaged file fails in any of these ways
        return None
    pdfmetrics.registerFont(font)
    return font
