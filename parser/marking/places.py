"""The name of a place: what the element that shows it is called, in every drawing of a document."""

from __future__ import annotations

from parser.record import Place


def anchor_of(place: Place) -> str | None:
    """The id of the element that shows a place; null where the place names neither a table nor a line.

    ``at-2-3-1`` is a cell (table, row, column), ``at-2-3`` a row, ``at-2`` a table, ``at-l17`` a line of text.
    """
    if place.table is not None:
        return table_anchor(place.table, place.row, place.column if place.row is not None else None)
    return line_anchor(place.line) if place.line is not None else None


def table_anchor(table: int, row: int | None = None, column: int | None = None) -> str:
    """The id of a table, of a row of it, or of the cell that begins there."""
    return "-".join(str(part) for part in ("at", table, row, column) if part is not None)


def line_anchor(line: int) -> str:
    """The id of a line."""
    return f"at-l{line}"
