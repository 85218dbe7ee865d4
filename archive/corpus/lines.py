"""JSON lines: an object to a row, every column named in each, decimals as exact numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import simplejson

from archive.corpus.columns import Column, Kind, Table
from archive.corpus.rows import Columns
from archive.corpus.selection import Part
from archive.corpus.writing import Files, Manner, moment

_ENCODER = simplejson.JSONEncoder(ensure_ascii=False, use_decimal=True, separators=(",", ":"))


class _Lines:
    def __init__(self, path: Path, table: Table) -> None:
        self._path = path
        self._table = table
        self._rows = 0
        self._file = path.open("w", encoding="utf-8", errors="replace", newline="\n")

    def write(self, columns: Columns) -> None:
        self._rows += len(columns[0])
        names = self._table.names
        plain = [_plain(column, values) for column, values in zip(self._table.columns, columns, strict=True)]
        encode = _ENCODER.encode
        self._file.writelines(f"{encode(dict(zip(names, row, strict=True)))}\n" for row in zip(*plain, strict=True))

    def close(self) -> list[tuple[Path, int]]:
        self._file.close()
        return [(self._path, self._rows)]

    def abandon(self) -> None:
        self._file.close()


def writer(folder: Path, manner: Manner) -> Files:
    """What writes tables as JSON lines, parted by year and province."""
    del manner

    def opener(path: Path, table: Table, part: Part | None) -> _Lines:
        del part
        return _Lines(path, table)

    return Files(folder, ".jsonl", opener)


def _plain(column: Column, values: Any) -> Any:
    if column.kind is Kind.DAY:
        return [None if value is None else value.isoformat() for value in values]
    if column.kind is Kind.MOMENT:
        return [None if value is None else moment(value) for value in values]
    return values
