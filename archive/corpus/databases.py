"""A DuckDB file: all tables in one database, with a comment on each table and column."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from archive.corpus import arrow
from archive.corpus.columns import DIGITS, PLACES, Column, Kind, Table
from archive.corpus.rows import Columns
from archive.corpus.selection import Part
from archive.corpus.writing import Manner, Written
from archive.errors import ArchiveError

NAME = "corpus.duckdb"
_TYPES = {
    Kind.TEXT: "VARCHAR",
    Kind.WHOLE: "BIGINT",
    Kind.DECIMAL: f"DECIMAL({DIGITS},{PLACES})",
    Kind.DAY: "DATE",
    Kind.MOMENT: "TIMESTAMPTZ",
}
# What its bytes and its memory do not depend on: the machine.
_SETTINGS = {"threads": 1, "memory_limit": "256MB", "preserve_insertion_order": True}


class Database:
    """Writes all tables into one file. The same rows stand in it every time, but not the same bytes: it numbers itself."""

    def __init__(self, folder: Path) -> None:
        library = arrow.duckdb()
        arrow.arrow()
        self._error = library.Error
        self._rows: dict[Table, int] = {}
        self._schemas: dict[Table, Any] = {}
        self._connection = library.connect(str(folder / NAME), config=_SETTINGS)
        self._connection.execute(
            "BEGIN"
        )  # hundreds of comments, each brought to the disk by itself, would take seconds

    def write(self, table: Table, part: Part | None, columns: Columns) -> None:
        """Write rows of a table."""
        del part
        try:
            if table not in self._rows:
                self._make(table)
            self._connection.register("rows", arrow.batch(columns, self._schemas[table]))
            self._connection.execute(f"INSERT INTO {_quoted(table.name)} SELECT * FROM rows")  # noqa: S608 - of our own names
            self._connection.unregister("rows")
        except self._error as error:
            raise _explained(error) from error
        self._rows[table] += len(columns[0])

    def end(self, part: Part) -> None:
        """Bring what was written to the file, and out of the memory."""
        del part
        try:
            self._connection.execute("COMMIT")
            self._connection.execute("BEGIN")
        except self._error as error:
            raise _explained(error) from error

    def finish(self) -> list[Written]:
        """Close the file."""
        try:
            self._connection.execute("COMMIT")
            self._connection.execute("CHECKPOINT")
            self._connection.close()
        except self._error as error:
            raise _explained(error) from error
        return [Written(NAME, tuple(self._rows.items()))]

    def abandon(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def _make(self, table: Table) -> None:
        name = _quoted(table.name)
        described = ", ".join(f"{_quoted(column.name)} {_TYPES[column.kind]}" for column in table.columns)
        self._connection.execute(f"CREATE TABLE {name} ({described})")
        self._connection.execute(f"COMMENT ON TABLE {name} IS {_literal(f'{table.title}: {table.description}')}")
        for column in table.columns:
            self._connection.execute(f"COMMENT ON COLUMN {name}.{_quoted(column.name)} IS {_literal(_comment(column))}")
        self._rows[table] = 0
        self._schemas[table] = arrow.schema(table.columns)


def writer(folder: Path, manner: Manner) -> Database:
    """What writes all tables into one DuckDB file. Raises :class:`ArchiveError` without the extra."""
    del manner
    return Database(folder)


def _comment(column: Column) -> str:
    unit = f" ({column.unit})" if column.unit is not None else ""
    return f"{column.title}{unit}: {column.description}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _explained(error: Exception) -> ArchiveError:
    return ArchiveError(f"the DuckDB file cannot be written: {str(error).strip().partition(chr(10))[0]}")
