"""Tables for spreadsheets: CSV that opens with its Chinese whole, and in which no cell is taken for a formula; and back."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from archive.formulas import SIGNS, defuse
from crawler.errors import WrongUsage

__all__ = ["Sheet", "defuse", "read_csv", "write_csv"]


def write_csv(path: Path, headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write a table as UTF-8 with the mark by which spreadsheets know it. Raises :class:`WrongUsage`."""
    try:
        with path.open("w", encoding="utf-8-sig", errors="replace", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(headings)
            writer.writerows([defuse(cell) for cell in row] for row in rows)
    except OSError as error:
        raise WrongUsage(f"{path} cannot be written: {error.strerror or error}") from error


@dataclass(frozen=True)
class Sheet:
    """A table as it was read. ``encoding`` is what it was written in; ``rows`` come with the line they begin on.

    Cells are by heading, as they were before they were defused; what is behind the last heading stands under "".
    """

    encoding: str
    headings: tuple[str, ...]
    rows: tuple[tuple[int, dict[str, str]], ...]


def read_csv(path: Path) -> Sheet:
    """Read a table whose first row names the columns: UTF-8, else GB18030. Raises :class:`WrongUsage`."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise WrongUsage(f"{path} cannot be read: {error.strerror or error}") from error
    text, encoding = _decoded(data, path)
    try:
        lines = list(_lines(text))
    except csv.Error as error:
        raise WrongUsage(f"{path} is no CSV ({error}): save it as CSV UTF-8") from error
    if not lines:
        raise WrongUsage(f"{path} is empty: write the names of the columns on its first line")
    headings = tuple(cell.strip() for cell in lines[0][1])
    rows = tuple((line, _by_heading(headings, cells)) for line, cells in lines[1:])
    return Sheet(encoding, headings, rows)


def _decoded(data: bytes, path: Path) -> tuple[str, str]:
    for encoding in ("utf-8-sig", "gb18030"):  # Excel on Chinese Windows writes the second unless it is told otherwise
        try:
            return data.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    raise WrongUsage(f"{path} is neither UTF-8 nor GB18030 text: save it as CSV UTF-8")


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """The rows that hold something, each with the line it begins on."""
    reader = csv.reader(StringIO(text, newline=""), strict=True)
    begun = 1
    for cells in reader:
        if any(cell.strip() for cell in cells):
            yield begun, cells
        begun = reader.line_num + 1


def _by_heading(headings: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    plain = [cell[1:] if cell.startswith("'") and cell[1:].startswith(SIGNS) else cell for cell in cells]
    return {"": "".join(plain[len(headings) :]), **dict(zip(headings, plain, strict=False))}
