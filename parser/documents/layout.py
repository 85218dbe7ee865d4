"""Prose inside tables: rows of a wide table that are headings or paragraphs become lines, what is left stays grids."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from parser.documents.document import Cell, Grid
from parser.forms import form
from parser.labels import core, normal
from parser.sections import is_heading

# Words only the statutory tables print; a table that has one holds data.
MARKERS = (
    "第二十条", "本年新收政府信息公开申请", "结转下年度继续办理", "结果维持", "统计指标", "指标名称", "信息内容", "勾稽关系", "行政事业性收费",
    "发布总数", "予以公开",
)  # fmt: skip
_ITEM = re.compile(r"\d{1,2}[.、]\D")
_PROSE = 60  # a full-width row longer than this is a paragraph (the identity sentence has 35 characters)


def holds_marker(text: str) -> bool:
    """Whether a text (in normal form) has words only the statutory tables print."""
    return any(marker in text for marker in MARKERS)


def unwrap(grid: Grid, *, every: bool = False) -> Iterator[Grid | Cell]:
    """The grid in pieces, and the cells between them that are prose, each the only one printed in its row.

    ``every`` takes each row of a single printed cell for a line (a worksheet has nothing else to write a line in).
    Pieces keep the table's number and their rows' numbers, so that a place still names the source.
    """
    open_rows: list[tuple[Cell, ...]] = []
    for row in grid.rows:
        told = _prose(row, every=every and not (open_rows and _is_item(row)))
        if told is None:
            open_rows.append(row)
            continue
        if any(not cell.is_blank for kept in open_rows for cell in kept):
            yield Grid(grid.number, tuple(open_rows), grid.aligned)
        open_rows = []
        yield told
    if any(not cell.is_blank for kept in open_rows for cell in kept):
        yield Grid(grid.number, tuple(open_rows), grid.aligned)


def _prose(row: tuple[Cell, ...], *, every: bool) -> Cell | None:
    printed = [cell for cell in row if not cell.is_blank]
    if len(printed) != 1 or printed[0].rowspan > 1:
        return None
    told, text = printed[0], printed[0].text
    if is_heading(text):
        return told
    sentence = "。" in text and "发布总数" not in text  # 本年新收政府信息公开申请61件，均已办结。
    if holds_marker(normal(text)) and len(text) <= 2 * _PROSE and not sentence:
        return None
    if every and core(text) in _labels():  # a row of blank cells, or the name of a group
        return None
    return told if every or len(text) > _PROSE or (sentence and len(row) == 1) else None


def _is_item(row: tuple[Cell, ...]) -> bool:
    """Whether a row inside a table prints nothing but an item's label (2.其他法律行政止公开), its values blank."""
    text = "".join(normal(cell.text) for cell in row)
    return _ITEM.match(text) is not None and "。" not in text


@cache
def _labels() -> frozenset[str]:
    tables = [form(name) for name in ("disclosure", "requests", "review", "statistics_2014", "statistics_2008")]
    return frozenset(label for table in tables for row in table.rows for label in row.labels)
