"""Fonts of this machine that have Chinese, by the names of their files."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

# What the names of their files begin with or hold, in the order in which they are wanted.
CHINESE_FILES = (
    "notosanscjk",
    "notosanssc",
    "sourcehansans",
    "pingfang",
    "hiragino",
    "msyh",
    "wqy",
    "simhei",
    "droidsansfallback",
)
_ENDINGS = (".ttf", ".ttc", ".otf")
_MOST = 20_000  # files looked at


def plain_name(file: Path) -> str:
    """The name of a font's file as :data:`CHINESE_FILES` has it."""
    return file.name.lower().replace("-", "").replace("_", "")


def folders() -> tuple[Path, ...]:
    """Where this system keeps fonts."""
    home = Path.home()
    if sys.platform == "darwin":
        return home / "Library/Fonts", Path("/Library/Fonts"), Path("/System/Library/Fonts")
    if sys.platform == "win32":
        windows = Path(os.environ.get("WINDIR", r"C:\Windows"))
        return home / "AppData/Local/Microsoft/Windows/Fonts", windows / "Fonts"
    return home / ".local/share/fonts", home / ".fonts", Path("/usr/local/share/fonts"), Path("/usr/share/fonts")


def chinese_fonts(within: tuple[Path, ...] | None = None) -> list[Path]:
    """The files of fonts that may have Chinese, the one that is wanted most first; whether one has a character is not asked."""
    ranked = []
    for at, file in enumerate(_files(folders() if within is None else within)):
        if at == _MOST:
            break
        rank = next((rank for rank, part in enumerate(CHINESE_FILES) if part in plain_name(file)), None)
        if rank is not None:
            ranked.append((rank, str(file)))
    return [Path(file) for _, file in sorted(ranked)]


def _files(within: tuple[Path, ...]) -> Iterator[Path]:
    for folder in within:
        for here, _, names in os.walk(folder):
            yield from (Path(here, name) for name in names if name.lower().endswith(_ENDINGS))
