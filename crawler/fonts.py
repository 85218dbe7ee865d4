"""Fonts that have Chinese: an SVG names them for its reader, a PNG needs one on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from archive.fonts import CHINESE_FILES, plain_name
from crawler.errors import CrawlerError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PLAIN = "DejaVu Sans"  # comes with matplotlib
CHINESE = (  # families that have Chinese, as systems call them
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei",
    "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "SimHei", "sans-serif",
)  # fmt: skip


def missing(figure: Figure) -> frozenset[str]:
    """The characters of a chart that the plain font does not have."""
    from matplotlib.font_manager import findfont  # noqa: PLC0415 - an extra, and slow to import
    from matplotlib.text import Text  # noqa: PLC0415 - as above

    figure.draw_without_rendering()  # only then the axes have their labels
    written = "".join(found.get_text() for found in figure.findobj(Text))
    return frozenset(written) - _covered(findfont(PLAIN)) - {"\n"}


def _covered(file: str) -> frozenset[str]:
    from matplotlib.ft2font import FT2Font  # noqa: PLC0415 - as above

    return frozenset(map(chr, FT2Font(file).get_charmap()))


def add_font(characters: frozenset[str]) -> str:
    """The family of a font of this machine that has all these characters. Raises :class:`CrawlerError` where none has."""
    from matplotlib import font_manager  # noqa: PLC0415 - as above
    from matplotlib.ft2font import FT2Font  # noqa: PLC0415 - as above

    named = {file: plain_name(Path(file)) for file in font_manager.findSystemFonts()}
    known = sorted(
        (rank, file) for file, name in named.items() for rank, part in enumerate(CHINESE_FILES) if part in name
    )
    for _, file in known:
        try:
            if characters <= _covered(file):
                font_manager.fontManager.addfont(file)
                return str(FT2Font(file).family_name)
        except (OSError, RuntimeError):  # no font after all
            continue
    raise CrawlerError(
        f"no font of this machine has the Chinese of this chart ({''.join(sorted(characters))[:8]}…): install one, as Noto Sans "
        f"CJK (fonts-noto-cjk), or write .svg"
    )
