"""Parquet: compressed with zstd; what the folders' names say (year and province) does not stand in the files again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from archive.corpus import arrow
from archive.corpus.columns import PROVINCE, YEAR, Kind, Table
from archive.corpus.rows import Columns
from archive.corpus.selection import Part
from archive.corpus.writing import Files, Manner

_CELLS = 1 << 21  # held until they are written together as a row group
_LEVEL = 3
_STATISTICS = 64  # columns; of the hundreds of figures they would take more room than the figures


class _File:
    """One file. Rows are gathered, for a row group of few rows wastes room."""

    def __init__(self, path: Path, table: Table, part: Part | None) -> None:
        self._path = path
        left_out = {YEAR, PROVINCE} if part is not None else set()
        self._kept = [number for number, column in enumerate(table.columns) if column.name not in left_out]
        columns = [table.columns[number] for number in self._kept]
        told = {"table": table.name, "title": table.title, "description": table.description}
        if part is not None:
            told |= {YEAR: str(part.report_year or ""), PROVINCE: str(part.province)}
        self._schema = arrow.schema(columns, told)
        self._most = max(1, _CELLS // len(columns))
        self._waiting: list[Any] = []
        self._held = self._rows = 0
        self._writer = arrow.parquet().ParquetWriter(
            str(path),
            self._schema,
            compression="zstd",
            compression_level=_LEVEL,
            use_dictionary=[column.name for column in columns if column.kind is not Kind.WHOLE],
            store_schema=False,  # Arrow's own writing of it, in every file, outweighs a province of figures
            write_statistics=[column.name for column in columns[:_STATISTICS]],
        )

    def write(self, columns: Columns) -> None:
        self._waiting.append(arrow.batch([columns[number] for number in self._kept], self._schema))
        self._held += self._waiting[-1].num_rows
        if self._held >= self._most:
            self._flush()

    def close(self) -> list[tuple[Path, int]]:
        self._flush()
        self._writer.close()
        return [(self._path, self._rows)]

    def abandon(self) -> None:
        self._waiting.clear()
        self._writer.close()

    def _flush(self) -> None:
        if self._held:
            gathered = arrow.arrow().Table.from_batches(self._waiting).combine_chunks()
            self._writer.write_table(gathered, row_group_size=max(self._held, 1))
            self._rows += self._held
        self._waiting, self._held = [], 0


def writer(folder: Path, manner: Manner) -> Files:
    """What writes tables as Parquet, parted by year and province. Raises :class:`ArchiveError` without the extra."""
    del manner
    arrow.parquet()
    return Files(folder, ".parquet", _File)
