"""CSV: UTF-8, quoted as RFC 4180 has it; no cell is taken for a formula when it is opened in a spreadsheet."""

from __future__ import annotations

import csv
from functools import lru_cache
from pathlib import Path

from archive.corpus.columns import Table
from archive.corpus.rows import Columns
from archive.corpus.selection import Part
from archive.corpus.writing import Files, Manner, as_text, cleaned
from archive.formulas import defuse_printed

_REMEMBERED = 65_536  # texts: names of agencies, keys and units come again and again


class _Sheet:
    def __init__(self, path: Path, table: Table, manner: Manner) -> None:
        self._path = path
        self._table = table
        self._rows = 0
        self._file = path.open("w", encoding="utf-8-sig" if manner.bom else "utf-8", newline="")
        self._writer = csv.writer(self._file)
        self._writer.writerow(table.headings(chinese=manner.chinese))

    def write(self, columns: Columns) -> None:
        self._rows += len(columns[0])
        self._writer.writerows(as_text(columns, self._table, _safe))

    def close(self) -> list[tuple[Path, int]]:
        self._file.close()
        return [(self._path, self._rows)]

    def abandon(self) -> None:
        self._file.close()


def writer(folder: Path, manner: Manner) -> Files:
    """What writes tables as CSV, parted by year and province."""

    def opener(path: Path, table: Table, part: Part | None) -> _Sheet:
        del part
        return _Sheet(path, table, manner)

    return Files(folder, ".csv", opener)


@lru_cache(maxsize=_REMEMBERED)
def _safe(text: str) -> str:
    return defuse_printed(cleaned(text))
