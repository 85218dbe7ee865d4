"""Captures of web archives that were looked at and not kept: they are not asked for again.

A text file per web archive in the archive's folder. It is a memory and no evidence: without it they are asked for once more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self, TextIO

from crawler.cdx import Line
from crawler.errors import CrawlerError

FOLDER = "backfill"  # below the archive's folder


class Passed:
    """What was passed over, over all runs."""

    def __init__(self, known: set[str], file: TextIO) -> None:
        self._known = known
        self._file = file

    @classmethod
    @contextmanager
    def open(cls, folder: Path, web_archive: str) -> Iterator[Self]:
        """The memory for one web archive. Raises :class:`CrawlerError`."""
        name = re.sub(r"[^a-z0-9.]+", "-", web_archive.lower()).strip("-.")[:100]
        path = folder / FOLDER / f"{name}.txt"
        try:
            path.parent.mkdir(exist_ok=True)
            known = set(path.read_text(encoding="utf-8").split("\n")) if path.exists() else {""}
            file = path.open("a", encoding="utf-8")
        except OSError as error:
            raise CrawlerError(f"{path} cannot be written: {error.strerror or error}; give the right to") from error
        with file:
            if "" not in known:  # a kill left half a line
                file.write("\n")
            yield cls(known, file)

    def __contains__(self, line: Line) -> bool:
        return _place(line) in self._known

    def add(self, line: Line) -> None:
        """Remember a capture, at once."""
        self._known.add(_place(line))
        self._file.write(f"{_place(line)}\n")
        self._file.flush()


def _place(line: Line) -> str:
    return f"{line.timestamp} {line.url}"
