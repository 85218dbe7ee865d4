"""Text: the grammar of text made from Word (cells begin with a TAB), pipe tables of PDF tools, and plain lines."""

from __future__ import annotations

import re
from collections.abc import Iterator

from parser.cells import read_cell
from parser.dates import first_date
from parser.documents.document import Block, Document, Grid, Line, RawCell, ragged, resolve
from parser.labels import squeeze
from parser.record import State
from parser.sections import is_heading

_SEPARATOR = re.compile(r"^\|?\s*:?-{3,}:?\s*(\|\s*:?-{3,}:?\s*)*\|?$")
_PIPE = re.compile(r"(?<!\\)\|")
_PAGE_NUMBER = re.compile(r"^(?:[-—–]\s*)?\d{1,3}(?:\s*[-—–])?$|^第?\s*\d{1,3}\s*页(?:\s*[/共]\s*\d{1,3}\s*页?)?$")
_BOOKMARK = re.compile(r"\[bookmark:[^\]]*\]", re.IGNORECASE)
_OPEN_NUMBER = re.compile(r"(?:^|(?<=[\s|]))[+-]?[\d,.]*\d\S{0,2}$")
_HEADING_MARK = re.compile(r"^#{1,6}\s+")


def read_text(text: str, kind: str = "text") -> Document:
    """A document from text: TAB tables, pipe tables, or lines alone."""
    lines = _BOOKMARK.sub("", text).replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n").split("\n")
    _drop_open_number(lines)
    blocks: list[Block] = []
    grids = 0
    number = 0
    index = 0
    while index < len(lines):
        line = lines[index]
        if line.startswith("\t"):
            rows, index = _tab_table(lines, index)
            if index == len(lines) and lines[-1]:
                rows.pop()  # the file may be cut inside this row
            grids += 1
            blocks.append(ragged(grids, rows))
        elif line.lstrip().startswith("|") and _PIPE.search(line.strip()[1:]):
            piped, index = _pipe_rows(lines, index)
            if index == len(lines) and lines[-1] and _is_open(piped):
                piped.pop()  # as above
            for grid in _pipe_grids(piped, grids):
                grids += 1
                blocks.append(grid)
        else:
            index += 1
            number += 1
            if squeeze(line):
                heading = _HEADING_MARK.match(line) is not None
                blocks.append(Line(_HEADING_MARK.sub("", line).strip(), number, heading))
    return Document(kind, tuple(_without_page_numbers(blocks)))


def _drop_open_number(lines: list[str]) -> None:
    """A number that is the last thing of a file without a newline may have lost digits: it is left out (dates stay)."""
    if not lines[-1].startswith(("\t", "|")) and first_date(lines[-1]) is None:
        lines[-1] = _OPEN_NUMBER.sub("", lines[-1])


def is_page_number(text: str) -> bool:
    """A line that holds nothing but a page number (1, - 3 -, 第 2 页)."""
    return _PAGE_NUMBER.match(text.strip()) is not None


def _is_folio(block: Block) -> bool:
    return isinstance(block, Line) and is_page_number(block.text)


def _without_page_numbers(blocks: list[Block]) -> Iterator[Block]:
    """Drop a lone page number as the last line, where a footer leaves it (quirk 27)."""
    kept = list(blocks)
    while kept and _is_folio(kept[-1]):
        kept.pop()
    return iter(kept)


def _tab_table(lines: list[str], index: int) -> tuple[list[list[str]], int]:
    """The rows of a table whose cells begin with a TAB, and the index of the first line after it.

    A TAB line after an empty line begins a row; empty lines followed by text without TAB belong to the open cell
    while it is empty and waits for a label (a cell that starts with blank lines), and end the table otherwise.
    """
    rows: list[list[list[str]]] = []
    gap = 1
    while index < len(lines):
        line = lines[index]
        if line.startswith("\t"):
            if gap or not rows:
                rows.append([])
            rows[-1].extend([part] for part in line[1:].split("\t"))
            gap = 0
        elif not squeeze(line):
            gap += 1
        else:
            cell = rows[-1][-1]
            if gap and (any(squeeze(part) for part in cell) or _is_after_table(line, rows[-1])):
                break
            cell.append(line)
            gap = 0
        index += 1
    return [["\n".join(part.strip() for part in cell if squeeze(part)) for cell in row] for row in rows], index


def _is_after_table(line: str, row: list[list[str]]) -> bool:
    """Whether a line below an empty cell is no part of it: a heading, a sentence, a number, or words where values stand."""
    alone = is_heading(line) or "。" in line or is_page_number(line) or _is_number(line)
    return alone or any(_is_number("\n".join(cell)) for cell in row)


def _is_number(text: str) -> bool:
    return read_cell(text).state is State.NUMBER


def _pipe_rows(lines: list[str], index: int) -> tuple[list[str], int]:
    rows: list[str] = []
    while index < len(lines) and lines[index].strip().startswith("|"):
        rows.append(lines[index].strip())
        index += 1
    return rows, index


def _is_open(rows: list[str]) -> bool:
    """Whether the last row of a pipe table lacks its end, or cells that the row above has."""
    return not rows[-1].endswith("|") or (len(rows) > 1 and rows[-1].count("|") < rows[-2].count("|"))


def _pipe_grids(rows: list[str], grids: int) -> Iterator[Grid]:
    """Pipe tables; the row above a separator line begins a table of its own where one is open already."""
    tables: list[list[list[RawCell]]] = [[]]
    for index, row in enumerate(rows):
        if _SEPARATOR.match(row):
            continue
        if index + 1 < len(rows) and _SEPARATOR.match(rows[index + 1]) and tables[-1]:
            tables.append([])
        parts = _PIPE.split(row[1:])
        if parts and not squeeze(parts[-1]) and row.endswith("|"):
            parts = parts[:-1]
        tables[-1].append([RawCell(part.replace("\\|", "|").replace("<br>", "\n").strip()) for part in parts])
    for table in tables:
        if table:
            grids += 1
            yield resolve(grids, table)
