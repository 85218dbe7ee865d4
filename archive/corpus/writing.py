"""Writing: what every format has in common. A file to a table, or to each year and province of it; rows come in their order."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from archive.corpus.columns import PROVINCE, YEAR, Column, Kind, Table
from archive.corpus.rows import Columns
from archive.corpus.selection import Part
from archive.corpus.values import plain

NO_YEAR = "__HIVE_DEFAULT_PARTITION__"  # Hive's name for null: DuckDB, polars and Arrow read it so
# What no CSV or XML may hold; some reports have it from the program they were made with.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")


@dataclass(frozen=True)
class Written:
    """A file of the export: its path below the folder, the tables in it with their rows, and what part it holds."""

    path: str
    tables: tuple[tuple[Table, int], ...]
    part: Part | None = None

    @property
    def rows(self) -> int:
        """The rows of all its tables."""
        return sum(rows for _, rows in self.tables)


@dataclass(frozen=True)
class Manner:
    """How files are written: with the mark by which Excel knows UTF-8, and with headings in Chinese."""

    bom: bool = False
    chinese: bool = False


class Sink(Protocol):
    """Takes the rows of one file."""

    def write(self, columns: Columns) -> None:
        """Write rows."""

    def close(self) -> Iterable[tuple[Path, int]]:
        """Finish the file, or the files it became; each with its rows."""

    def abandon(self) -> None:
        """Let go of what is open, without finishing it."""


class Writer(Protocol):
    """Writes an export in one format."""

    def write(self, table: Table, part: Part | None, columns: Columns) -> None:
        """Write rows of a table; parts come one after the other."""

    def end(self, part: Part) -> None:
        """All of this part was written."""

    def finish(self) -> list[Written]:
        """Finish all files, and name them."""

    def abandon(self) -> None:
        """Let go of what is open."""


Opener = Callable[[Path, Table, Part | None], Sink]


class Files:
    """Writes a file to each table, and where files are parted to each year and province of it."""

    def __init__(self, folder: Path, suffix: str, opener: Opener, *, parted: bool = True) -> None:
        self._folder = folder
        self._suffix = suffix
        self._opener = opener
        self._parted = parted
        self._open: dict[tuple[Table, Part | None], Sink] = {}
        self._written: list[Written] = []

    def write(self, table: Table, part: Part | None, columns: Columns) -> None:
        """Write rows of a table."""
        held = part if self._parted and table.parted else None
        key = table, held
        if key not in self._open:
            path = self._folder / path_of(table, held, self._suffix, parted=self._parted)
            path.parent.mkdir(parents=True, exist_ok=True)
            self._open[key] = self._opener(path, table, held)
        self._open[key].write(columns)

    def end(self, part: Part) -> None:
        """Close the files of a part."""
        for key in [key for key in self._open if key[1] == part]:
            self._close(key)

    def finish(self) -> list[Written]:
        """Close what is open; the files in the order in which they were closed."""
        for key in list(self._open):
            self._close(key)
        return self._written

    def abandon(self) -> None:
        """Let go of what is open."""
        while self._open:
            _, sink = self._open.popitem()
            sink.abandon()

    def _close(self, key: tuple[Table, Part | None]) -> None:
        table, part = key
        sink = self._open.pop(key)
        try:
            closed = list(sink.close())
        except BaseException:
            sink.abandon()
            raise
        self._written += [
            Written(path.relative_to(self._folder).as_posix(), ((table, rows),), part) for path, rows in closed
        ]


def path_of(table: Table, part: Part | None, suffix: str, *, parted: bool) -> str:
    """Where the rows of a part of a table stand, as Hive and its heirs expect it."""
    if not parted:
        return f"{table.name}{suffix}"
    if part is None:
        return f"{table.name}/part-0{suffix}"
    year = NO_YEAR if part.report_year is None else part.report_year
    return f"{table.name}/{YEAR}={year}/{PROVINCE}={part.province}/part-0{suffix}"


def as_text(columns: Columns, table: Table, text: Callable[[str], str]) -> Iterator[tuple[Any, ...]]:
    """Rows of text and numbers, for formats that know no more; null stays null, ``text`` is done to every text."""
    return zip(
        *(_texts(column, values, text) for column, values in zip(table.columns, columns, strict=True)), strict=True
    )


def cleaned(text: str) -> str:
    """The text without the control characters that CSV and XML cannot hold, and without broken surrogates."""
    clean = _CONTROL.sub("", text)
    return clean if clean.isascii() else clean.encode("utf-8", "replace").decode("utf-8")


def moment(value: datetime) -> str:
    """A time in UTC, to the second: 2024-01-20T04:00:00Z."""
    return f"{value:%Y-%m-%dT%H:%M:%S}Z"


def _texts(column: Column, values: Sequence[Any], text: Callable[[str], str]) -> Iterable[Any]:
    match column.kind:
        case Kind.TEXT:
            return (None if value is None else text(value) for value in values)
        case Kind.DECIMAL:
            return (None if value is None else plain(value) for value in values)
        case Kind.DAY:
            return (None if value is None else value.isoformat() for value in values)
        case Kind.MOMENT:
            return (None if value is None else moment(value) for value in values)
        case Kind.WHOLE:
            return values
