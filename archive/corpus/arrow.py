"""Arrow: the types of the columns, and rows as batches; what Parquet and DuckDB are written from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archive.corpus.columns import DIGITS, PLACES, Column, Kind
from archive.errors import ArchiveError


def arrow() -> Any:
    """The library. Raises :class:`ArchiveError` where it is not installed."""
    try:
        import pyarrow as pa  # noqa: PLC0415 - an extra; the other formats need none
    except ImportError as error:
        raise _lacking("pyarrow") from error
    return pa


def parquet() -> Any:
    """Its part for Parquet. Raises :class:`ArchiveError` where it is not installed."""
    arrow()
    import pyarrow.parquet as found  # noqa: PLC0415 - as above

    return found


def duckdb() -> Any:
    """The library DuckDB. Raises :class:`ArchiveError` where it is not installed."""
    try:
        import duckdb as found  # noqa: PLC0415 - as above
    except ImportError as error:
        raise _lacking("duckdb") from error
    return found


def schema(columns: Sequence[Column], metadata: dict[str, str] | None = None) -> Any:
    """The columns as Arrow has them; what they mean stands in the schemas beside the files."""
    library = arrow()
    fields = [library.field(column.name, _type(column.kind)) for column in columns]
    return library.schema(fields, metadata=metadata)


def batch(values: Sequence[Sequence[Any]], described: Any) -> Any:
    """Rows in the types of a schema."""
    library = arrow()
    arrays = [library.array(column, type=field.type) for column, field in zip(values, described, strict=True)]
    return library.RecordBatch.from_arrays(arrays, schema=described)


def _type(kind: Kind) -> Any:
    library = arrow()
    return {
        Kind.TEXT: library.string,
        Kind.WHOLE: library.int64,
        Kind.DECIMAL: lambda: library.decimal128(DIGITS, PLACES),
        Kind.DAY: library.date32,
        Kind.MOMENT: lambda: library.timestamp("us", tz="UTC"),
    }[kind]()


def _lacking(library: str) -> ArchiveError:
    return ArchiveError(
        f"this format needs the library {library}, which is not installed: add the extra `corpus`, or export as csv"
    )
