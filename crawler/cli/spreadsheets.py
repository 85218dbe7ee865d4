"""Tables for spreadsheets: CSV that opens with its Chinese whole, and in which no cell is taken for a formula."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from crawler.errors import WrongUsage

# A title or a note that begins so would be reckoned, or run, when the file is opened; some programs read full-width
# forms alike.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def defuse(cell: Any) -> Any:
    """The cell, with an apostrophe before text that a spreadsheet would take for a formula; numbers stay numbers."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def write_csv(path: Path, headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write a table as UTF-8 with the mark by which spreadsheets know it. Raises :class:`WrongUsage`."""
    try:
        with path.open("w", encoding="utf-8-sig", errors="replace", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(headings)
            writer.writerows([defuse(cell) for cell in row] for row in rows)
    except OSError as error:
        raise WrongUsage(f"{path} cannot be written: {error.strerror or error}") from error
